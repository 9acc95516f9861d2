package outbox

import (
	"context"

	"parley/actors"
	"parley/federation"
	"parley/internal/store"
)

// Stand carries out a StandingJob. What each state means:
//
//	              | ours                                 | of others
//	active        | Update says so; what was held goes   | our follows are asked for again
//	suspended     | no access, no act; held posts stay;  | activities get 403; posts, boosts, favourites and
//	              | nothing is shown; Update(suspended)  | notifications are hidden; follows both ways end with
//	              | to followers; follows stay           | Undo and Reject, and are kept to be restored
//	erased        | no access, nothing shown, 410;       | as suspended, for good: their own node said so, or
//	              | Delete to every inbox; follows end   | answers 410
//	deprovisioned | no access; what was said stays       | -
//
// The job reads the state anew: only the last of several changes counts.
func (o *Outbox) Stand(ctx context.Context, job actors.StandingJob) error {
	actor, err := o.DB.With(ctx).Actor(job.ActorID)
	if err != nil {
		return err
	}
	switch {
	case actor.Local() && actor.Lifecycle == store.Erased:
		return o.DB.Write(ctx, func(tx *store.Tx) error { return o.farewell(ctx, tx, actor) })
	case actor.Local():
		return o.DB.Write(ctx, func(tx *store.Tx) error { return o.standing(ctx, tx, actor) })
	case actor.Lifecycle == store.Suspended:
		err = o.suspend(ctx, actor)
	case actor.Lifecycle == store.Active:
		err = o.readmit(ctx, actor)
	}
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.RecountActor(actor.ID) })
}

// standing tells the followers of one of ours how he stands, and sends what was
// held back if he may act.
func (o *Outbox) standing(ctx context.Context, tx *store.Tx, me *store.Actor) error {
	if err := o.announceProfile(ctx, tx, me); err != nil || me.Lifecycle != store.Active {
		return err
	}
	held, err := tx.HeldBy(me.ID)
	if err != nil {
		return err
	}
	for _, id := range held {
		p, err := tx.Post(id)
		if err != nil {
			return err
		}
		if err := o.Queue.InsertAt(ctx, tx, ReleaseJob{PostID: id}, p.HeldUntil.Time()); err != nil {
			return err
		}
	}
	return tx.RecountActor(me.ID)
}

// farewell tells every node that we know that one of ours is gone: who has a
// post of his, or only an answer to one, is not written down anywhere. Mastodon
// does the same.
func (o *Outbox) farewell(ctx context.Context, tx *store.Tx, me *store.Actor) error {
	inboxes, err := tx.KnownInboxes()
	if err != nil {
		return err
	}
	err = o.publish(ctx, tx, me, me.URI, federation.Activity{ID: me.URI + "#delete", Type: "Delete", Actor: me.URI, To: []string{federation.Public}, Object: me.URI}, inboxes)
	if err != nil {
		return err
	}
	if err := tx.EndFollows(me.ID); err != nil {
		return err
	}
	if err := tx.ForgetScheduled(me.ID); err != nil {
		return err
	}
	return tx.RecountActor(me.ID)
}

// suspend ends the follows between our people and somebody elsewhere, who is
// told: else his node went on showing him what his followers see.
func (o *Outbox) suspend(ctx context.Context, actor *store.Actor) error {
	s := &store.Severance{ID: store.NewID(), Kind: "account_suspension", Target: actor.Acct(), ActorID: actor.ID}
	first, err := o.DB.With(ctx).FollowsWith(actor.ID, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	if err := o.DB.Write(ctx, func(tx *store.Tx) error { return tx.CreateSeverance(s) }); err != nil {
		return err
	}
	return o.sever(ctx, s, true, func(r store.Reader) ([]*store.Follow, error) { return r.FollowsWith(actor.ID, severAtOnce) })
}

// readmit takes up again the follows that ended when the actor was suspended.
func (o *Outbox) readmit(ctx context.Context, actor *store.Actor) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		all, err := tx.Unrestored("account_suspension", actor.Acct())
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.ActorID != actor.ID {
				continue
			}
			if err := o.restore(ctx, tx, s); err != nil {
				return err
			}
		}
		return nil
	})
}
