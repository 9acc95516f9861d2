package outbox

import (
	"context"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/partners"
)

// severAtOnce is how many follows end, or begin again, in one transaction.
const severAtOnce = 50

// Policy carries out a PolicyJob. Those on hosts that are blocked now are not
// told: nothing is sent to them.
func (o *Outbox) Policy(ctx context.Context, job partners.PolicyJob) error {
	r := o.DB.With(ctx)
	hosts, err := r.RemoteHosts()
	if err != nil {
		return err
	}
	hosts = partners.Under(job.Domain, hosts)
	if job.Severance != 0 {
		s, err := r.Severance(job.Severance)
		if err != nil {
			return err
		}
		err = o.sever(ctx, s, false, func(r store.Reader) ([]*store.Follow, error) { return r.BarredFollows(hosts, severAtOnce) })
		if err != nil {
			return err
		}
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.Recount(hosts) })
}

// sever ends follows under a decision, some at a time, and then tells those of
// ours who lost any. tell has the others hear of it as well.
func (o *Outbox) sever(ctx context.Context, s *store.Severance, tell bool, next func(store.Reader) ([]*store.Follow, error)) error {
	for more := true; more; {
		err := o.DB.Write(ctx, func(tx *store.Tx) error {
			follows, err := next(tx.Reader)
			if err != nil {
				return err
			}
			more = len(follows) > 0
			for _, f := range follows {
				if err := o.cut(ctx, tx, s, f, tell); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return o.tellLosses(tx, s) })
}

// cut ends one follow. One that was only asked for is not kept.
func (o *Outbox) cut(ctx context.Context, tx *store.Tx, s *store.Severance, f *store.Follow, tell bool) error {
	me, err := tx.Actor(f.FollowerID)
	if err != nil {
		return err
	}
	if f.Accepted {
		if err := tx.Sever(s.ID, f, me.Local()); err != nil {
			return err
		}
	}
	switch {
	case !tell:
		return tx.DeleteFollow(f)
	case me.Local():
		return o.unfollow(ctx, tx, f.FollowerID, f.TargetID)
	default:
		return o.removeFollower(ctx, tx, f.TargetID, f.FollowerID)
	}
}

// tellLosses notifies those of ours who lost a follow.
func (o *Outbox) tellLosses(tx *store.Tx, s *store.Severance) error {
	losses, err := tx.Losses(s.ID)
	if err != nil || len(losses) == 0 {
		return err
	}
	node, err := tx.InstanceActor()
	if err != nil {
		return err
	}
	for _, loss := range losses {
		if err := o.Notify.TellOf(tx, loss.LocalID, "severed_relationships", node.ID, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// restore stores the job that takes up again what a decision ended.
func (o *Outbox) restore(ctx context.Context, tx *store.Tx, s *store.Severance) error {
	if err := tx.Restored(s.ID); err != nil {
		return err
	}
	return o.Queue.Insert(ctx, tx, partners.RestoreJob{Severance: s.ID})
}

// Restore carries out a RestoreJob. Our follows are asked for anew. Theirs
// begin again where nobody told them that they had ended, which is so for a
// blocked domain: on their side they stand. Whoever gave up meanwhile is put
// right by the synchronisation of followers, FEP-8fcf. Whom we sent a Reject
// has to follow again.
func (o *Outbox) Restore(ctx context.Context, job partners.RestoreJob) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		s, err := tx.Severance(job.Severance)
		if err != nil {
			return err
		}
		lost, err := tx.SeveredFollows(s.ID, job.Above, severAtOnce)
		if err != nil {
			return err
		}
		for _, f := range lost {
			if f.Ours {
				err = o.follow(ctx, tx, f.LocalID, f.OtherID, FollowOptions{ShowBoosts: &f.ShowBoosts, Notify: &f.Notify, Languages: f.Languages})
			} else if s.Kind == "domain_block" {
				err = heardAgain(tx, f)
			}
			if err != nil && !fault.Is(err, fault.Forbidden) {
				return err
			}
		}
		if len(lost) < severAtOnce {
			return nil
		}
		return o.Queue.Insert(ctx, tx, partners.RestoreJob{Severance: s.ID, Above: lost[len(lost)-1].ID})
	})
}

// heardAgain makes somebody elsewhere a follower of one of ours again.
func heardAgain(tx *store.Tx, lost *store.SeveredFollow) error {
	me, other, err := pair(tx.Reader, lost.LocalID, lost.OtherID)
	if err != nil || me.Lifecycle != store.Active || other.Lifecycle != store.Active || other.Hidden() {
		return err
	}
	if blocked, err := tx.Blocked(me.ID, other.ID); err != nil || blocked {
		return err
	}
	_, err = tx.Follow(other.ID, me.ID)
	if !fault.Is(err, fault.NotFound) {
		return err // they came by themselves
	}
	return tx.CreateFollow(&store.Follow{ID: store.NewID(), URI: lost.URI, FollowerID: other.ID, TargetID: me.ID, Accepted: true,
		ShowBoosts: lost.ShowBoosts, Notify: lost.Notify, Languages: lost.Languages})
}

// BlockDomain keeps a whole domain away from one of ours: nothing of it in the
// timelines, notifications and searches of the person, and no follows.
func (o *Outbox) BlockDomain(ctx context.Context, actor int64, domain string) error {
	domain, err := o.domain(domain)
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		fresh, err := tx.BlockDomain(actor, domain)
		if err != nil || !fresh {
			return err
		}
		s := &store.Severance{ID: store.NewID(), Kind: "user_domain_block", Target: domain, ActorID: actor}
		if err := tx.CreateSeverance(s); err != nil {
			return err
		}
		return o.Queue.Insert(ctx, tx, SeverJob{Severance: s.ID})
	})
}

// SeverJob ends the follows between one of ours and a domain that the person
// has blocked.
type SeverJob struct {
	Severance int64 `json:"severance"`
}

// Kind names the job.
func (SeverJob) Kind() string { return "sever" }

// Sever carries out a SeverJob.
func (o *Outbox) Sever(ctx context.Context, job SeverJob) error {
	s, err := o.DB.With(ctx).Severance(job.Severance)
	if err != nil {
		return err
	}
	return o.sever(ctx, s, true, func(r store.Reader) ([]*store.Follow, error) {
		return r.FollowsWithDomain(s.ActorID, s.Target, severAtOnce)
	})
}

// UnblockDomain ends that. The follows that ended have to be asked for again.
func (o *Outbox) UnblockDomain(ctx context.Context, actor int64, domain string) error {
	domain, err := o.domain(domain)
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.UnblockDomain(actor, domain) })
}

func (o *Outbox) domain(name string) (string, error) {
	host, err := federation.ParseHost(name)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "Validation failed: Domain is not a valid domain name")
	}
	if string(host) == o.Actors.Domain || host == federation.HostOf(o.URL) {
		return "", fault.New(fault.Invalid, "Validation failed: Domain is this node's own")
	}
	return string(host), nil
}
