package outbox

import (
	"context"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// FollowOptions are how the follower wants to hear the other. Nil leaves a
// value as it is, or at its default.
type FollowOptions struct {
	ShowBoosts, Notify *bool
	Languages          []string
}

func (opt FollowOptions) apply(f *store.Follow) {
	if opt.ShowBoosts != nil {
		f.ShowBoosts = *opt.ShowBoosts
	}
	if opt.Notify != nil {
		f.Notify = *opt.Notify
	}
	if opt.Languages != nil {
		f.Languages = opt.Languages
	}
}

// Follow asks to hear target, or changes how.
func (o *Outbox) Follow(ctx context.Context, actor, target int64, opt FollowOptions) error {
	if actor == target {
		return fault.New(fault.Forbidden, "You cannot follow yourself")
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return o.follow(ctx, tx, actor, target, opt) })
}

func (o *Outbox) follow(ctx context.Context, tx *store.Tx, actor, target int64, opt FollowOptions) error {
	me, other, err := pair(tx.Reader, actor, target)
	if err != nil {
		return err
	}
	f, err := tx.Follow(actor, target)
	if err == nil && (f.Accepted || other.Local()) {
		opt.apply(f)
		return tx.UpdateFollow(f)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := mayFollow(tx, me, other); err != nil {
		return err
	}
	f = &store.Follow{ID: store.NewID(), URI: o.newURI("follow"), FollowerID: actor, TargetID: target, ShowBoosts: true,
		Accepted: other.Local() && !other.Locked && !me.Limited}
	opt.apply(f)
	if err := tx.CreateFollow(f); err != nil {
		return err
	}
	return o.asked(ctx, tx, me, other, f)
}

// mayFollow refuses a follow between two of whom one has blocked the other, of
// whom one has gone elsewhere, or of somebody who is not shown.
func mayFollow(tx *store.Tx, me, other *store.Actor) error {
	if err := mayAct(me); err != nil {
		return err
	}
	blocked, err := tx.Blocked(me.ID, other.ID)
	if err == nil && (blocked || other.Lifecycle != store.Active || other.Hidden() || other.Local() && other.Moved()) {
		err = fault.New(fault.Forbidden, "This action is not allowed")
	}
	return err
}

// mayAct refuses those who act no more: who is suspended or gone, and who has
// moved.
func mayAct(me *store.Actor) error {
	switch {
	case me.Lifecycle != store.Active:
		return fault.New(fault.Forbidden, "This account is suspended")
	case me.Moved():
		return fault.New(fault.Forbidden, "This account has moved: it does nothing here until that is undone in its settings")
	}
	return nil
}

// asked tells the one to be followed.
func (o *Outbox) asked(ctx context.Context, tx *store.Tx, me, other *store.Actor, f *store.Follow) error {
	if !other.Local() {
		return o.publish(ctx, tx, me, f.URI, federation.Activity{ID: f.URI, Type: "Follow", Actor: me.URI, To: []string{other.URI}, Object: other.URI}, []string{other.InboxURI})
	}
	kind := "follow"
	if !f.Accepted {
		kind = "follow_request"
	}
	return o.Notify.Tell(tx, other.ID, kind, me.ID, 0)
}

// Unfollow stops hearing target, or takes the request back.
func (o *Outbox) Unfollow(ctx context.Context, actor, target int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return o.unfollow(ctx, tx, actor, target) })
}

func (o *Outbox) unfollow(ctx context.Context, tx *store.Tx, actor, target int64) error {
	f, err := ended(tx, actor, target)
	if err != nil || f == nil {
		return err
	}
	me, other, err := pair(tx.Reader, actor, target)
	if err != nil || other.Local() {
		return err
	}
	return o.publish(ctx, tx, me, f.URI, o.undo(me, "Follow", f.URI, other.URI, []string{other.URI}, nil), []string{other.InboxURI})
}

// ended removes a follow and gives it as it was, nil if there was none.
func ended(tx *store.Tx, follower, target int64) (*store.Follow, error) {
	f, err := tx.Follow(follower, target)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return f, tx.DeleteFollow(f)
}

// AcceptFollow lets follower hear the actor.
func (o *Outbox) AcceptFollow(ctx context.Context, actor, follower int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		f, err := tx.Follow(follower, actor)
		if err != nil {
			return err
		}
		return o.Accept(ctx, tx, f)
	})
}

// Accept makes a request of somebody to hear one of ours a fact, in the
// transaction that found or stored it.
func (o *Outbox) Accept(ctx context.Context, tx *store.Tx, f *store.Follow) error {
	fresh, err := tx.AcceptFollow(f)
	if err != nil {
		return err
	}
	if fresh {
		if err := o.Notify.Tell(tx, f.TargetID, "follow", f.FollowerID, 0); err != nil {
			return err
		}
	}
	// An Accept is sent again for a Follow that comes again: the first may be lost.
	return o.answer(ctx, tx, "Accept", f)
}

// RemoveFollower ends that follower hears the actor, or refuses the wish to.
func (o *Outbox) RemoveFollower(ctx context.Context, actor, follower int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return o.removeFollower(ctx, tx, actor, follower) })
}

func (o *Outbox) removeFollower(ctx context.Context, tx *store.Tx, actor, follower int64) error {
	f, err := ended(tx, follower, actor)
	if err != nil || f == nil {
		return err
	}
	return o.answer(ctx, tx, "Reject", f)
}

// Reject refuses a follow that was not stored.
func (o *Outbox) Reject(ctx context.Context, tx *store.Tx, f *store.Follow) error {
	return o.answer(ctx, tx, "Reject", f)
}

// answer sends an Accept or Reject of a follow to a remote follower.
func (o *Outbox) answer(ctx context.Context, tx *store.Tx, kind string, f *store.Follow) error {
	me, follower, err := pair(tx.Reader, f.TargetID, f.FollowerID)
	if err != nil || follower.Local() {
		return err
	}
	return o.publish(ctx, tx, me, f.URI, federation.Activity{ID: o.newURI("answer"), Type: kind, Actor: me.URI, To: []string{follower.URI},
		Object: federation.Activity{ID: f.URI, Type: "Follow", Actor: follower.URI, Object: me.URI}}, []string{follower.InboxURI})
}

// Block keeps target away: neither follows the other any more, and target sees
// nothing of the actor.
func (o *Outbox) Block(ctx context.Context, actor, target int64) error {
	if actor == target {
		return fault.New(fault.Forbidden, "You cannot block yourself")
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		me, other, err := pair(tx.Reader, actor, target)
		if err != nil {
			return err
		}
		if err := o.part(ctx, tx, actor, target); err != nil {
			return err
		}
		uri := o.newURI("block")
		fresh, err := tx.CreateBlock(uri, actor, target)
		if err != nil || !fresh || other.Local() {
			return err
		}
		return o.publish(ctx, tx, me, uri, federation.Activity{ID: uri, Type: "Block", Actor: me.URI, To: []string{other.URI}, Object: other.URI}, []string{other.InboxURI})
	})
}

// part ends that either hears the other.
func (o *Outbox) part(ctx context.Context, tx *store.Tx, actor, target int64) error {
	if err := o.unfollow(ctx, tx, actor, target); err != nil {
		return err
	}
	return o.removeFollower(ctx, tx, actor, target)
}

// Unblock ends a block.
func (o *Outbox) Unblock(ctx context.Context, actor, target int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		uri, err := tx.DeleteBlock(actor, target)
		if err != nil || uri == "" {
			return err
		}
		me, other, err := pair(tx.Reader, actor, target)
		if err != nil || other.Local() {
			return err
		}
		return o.publish(ctx, tx, me, uri, o.undo(me, "Block", uri, other.URI, []string{other.URI}, nil), []string{other.InboxURI})
	})
}
