package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// How long after its followers were moved an account stays where it is: a
// stranger's word for a week, as Mastodon has it, and one of ours a month.
const (
	movedAgain    = 7 * 24 * time.Hour
	movedAgainOur = 30 * 24 * time.Hour
)

// maxAliases bounds the other accounts of one.
const maxAliases = 256

// MoveJob has our followers of an account follow the one that it moved to.
type MoveJob struct {
	ActorID int64 `json:"actor_id"`
	Target  int64 `json:"target"`
	Above   int64 `json:"above,omitempty"` // follow
}

// Kind names the job.
func (MoveJob) Kind() string { return "move" }

// SetAlias says that another account, by handle or URI, is the same person, or
// takes that back: the other may then move its followers here.
func (o *Outbox) SetAlias(ctx context.Context, by, actor int64, other string, add bool) (uri string, err error) {
	uri, action := other, "account.alias_remove"
	if add {
		action = "account.alias_add"
		found, err := o.Actors.Resolve(ctx, other)
		if err != nil {
			return "", err
		}
		uri = found.URI
	} else if found, err := o.Actors.Resolve(ctx, other); err == nil {
		uri = found.URI
	}
	return uri, o.DB.Write(ctx, func(tx *store.Tx) error {
		me, err := tx.Actor(actor)
		if err != nil {
			return err
		}
		others := slices.DeleteFunc(slices.Clone(me.AlsoKnownAs), func(known string) bool { return known == uri })
		if add {
			others = append(others, uri)
		}
		switch {
		case uri == me.URI:
			return fault.New(fault.Invalid, "Validation failed: that is this account")
		case len(others) > maxAliases:
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: an account has at most %d others", maxAliases))
		case slices.Equal(others, me.AlsoKnownAs):
			return nil
		}
		me.AlsoKnownAs = others
		if err := tx.UpdateActor(me); err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Act{ActorID: by, Action: action, Subject: me.Username, Detail: map[string]any{"alias": uri}}); err != nil {
			return err
		}
		return o.announceProfile(ctx, tx, me)
	})
}

// Move sends the followers of one of ours to another account of the same
// person, which has to name this one as its own.
func (o *Outbox) Move(ctx context.Context, by, actor int64, other string) (*store.Actor, error) {
	target, err := o.Actors.Resolve(ctx, other)
	if err == nil && !target.Local() {
		target, err = o.Actors.Fetch(ctx, target.URI) // as it says now
	}
	if err != nil {
		return nil, err
	}
	return target, o.DB.Write(ctx, func(tx *store.Tx) error {
		me, err := tx.Actor(actor)
		if err != nil {
			return err
		}
		if err := mayMove(me, target); err != nil {
			return err
		}
		fresh, err := tx.ClaimMove(me.ID, target.URI, store.TimeOf(o.Now().Add(-movedAgainOur)))
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Conflict, "This account moved less than 30 days ago: wait until they are over")
		}
		if err := audit.Write(tx, audit.Act{ActorID: by, Action: "account.move", Subject: me.Username, Detail: map[string]any{"target": target.URI}}); err != nil {
			return err
		}
		me.MovedToURI = target.URI
		return o.depart(ctx, tx, me, target)
	})
}

func mayMove(me, target *store.Actor) error {
	switch {
	case me.Lifecycle != store.Active:
		return fault.New(fault.Forbidden, "This account is suspended")
	case target.ID == me.ID:
		return fault.New(fault.Invalid, "Validation failed: that is this account")
	case target.Hidden() || target.Moved():
		return fault.New(fault.Invalid, "Validation failed: nobody can move to "+target.Acct())
	case !slices.Contains(target.AlsoKnownAs, me.URI):
		return fault.New(fault.Invalid, "Validation failed: "+target.Acct()+" does not name this account as another of its own. There, set "+me.URI+" as an alias first")
	}
	return nil
}

// depart tells the followers of one of ours where he went, and moves those who
// are ours.
func (o *Outbox) depart(ctx context.Context, tx *store.Tx, me, target *store.Actor) error {
	if err := o.announceProfile(ctx, tx, me); err != nil {
		return err
	}
	inboxes, err := tx.FollowerInboxes(me.ID)
	if err != nil {
		return err
	}
	err = o.publish(ctx, tx, me, me.URI, federation.Activity{ID: o.newURI("move"), Type: "Move", Actor: me.URI, To: []string{me.FollowersURI}, Object: me.URI, Target: target.URI}, inboxes)
	if err != nil {
		return err
	}
	return o.Queue.Insert(ctx, tx, MoveJob{ActorID: me.ID, Target: target.ID})
}

// Return undoes a move of one of ours, who acts here again. Followers who went
// do not come back by that.
func (o *Outbox) Return(ctx context.Context, by, actor int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		me, err := tx.Actor(actor)
		if err != nil || !me.Moved() {
			return err
		}
		before := me.MovedToURI
		me.MovedToURI = ""
		if err := tx.UpdateActor(me); err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Act{ActorID: by, Action: "account.return", Subject: me.Username, Detail: map[string]any{"target": before}}); err != nil {
			return err
		}
		return o.announceProfile(ctx, tx, me)
	})
}

// Moved notes the move of somebody elsewhere, and stores the job that moves our
// people after them. What was checked before is checked: target names source.
func (o *Outbox) Moved(ctx context.Context, source, target *store.Actor) error {
	if mayMove(source, target) != nil {
		return nil
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		fresh, err := tx.ClaimMove(source.ID, target.URI, store.TimeOf(o.Now().Add(-movedAgain)))
		if err != nil || !fresh {
			return err
		}
		return o.Queue.Insert(ctx, tx, MoveJob{ActorID: source.ID, Target: target.ID})
	})
}

// MoveFollowers carries out a MoveJob: some of our people at a time ask to hear
// the target as they heard the source, and leave that.
func (o *Outbox) MoveFollowers(ctx context.Context, job MoveJob) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		follows, err := tx.FollowersToMove(job.ActorID, job.Above, severAtOnce)
		if err != nil {
			return err
		}
		for _, f := range follows {
			if err := o.follows(ctx, tx, f, job.Target); err != nil {
				return err
			}
		}
		if len(follows) < severAtOnce {
			return nil
		}
		return o.Queue.Insert(ctx, tx, MoveJob{ActorID: job.ActorID, Target: job.Target, Above: follows[len(follows)-1].ID})
	})
}

// follows moves one follow. Who may not follow the target stays.
func (o *Outbox) follows(ctx context.Context, tx *store.Tx, f *store.Follow, target int64) error {
	if f.FollowerID != target {
		_, err := tx.Follow(f.FollowerID, target)
		if fault.Is(err, fault.NotFound) {
			err = o.follow(ctx, tx, f.FollowerID, target, FollowOptions{ShowBoosts: &f.ShowBoosts, Notify: &f.Notify, Languages: f.Languages})
		}
		if fault.Is(err, fault.Forbidden) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return o.unfollow(ctx, tx, f.FollowerID, f.TargetID)
}
