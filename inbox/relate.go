package inbox

import (
	"context"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// follow stores the wish of the sender to hear one of ours, and answers it.
func (i *Inbox) follow(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	target, err := tx.ActorByURI(a.ObjectID())
	if fault.Is(err, fault.NotFound) || err == nil && (!target.Local() || target.Lifecycle != store.Active) {
		return nil
	}
	if err != nil {
		return err
	}
	dead, err := tx.Dead(sender.ID, a.ID)
	if err != nil || dead {
		return err // taken back before it came
	}
	f, err := tx.Follow(sender.ID, target.ID)
	switch {
	case fault.Is(err, fault.NotFound):
		f = &store.Follow{ID: store.NewID(), URI: a.ID, FollowerID: sender.ID, TargetID: target.ID, ShowBoosts: true}
	case err != nil:
		return err
	case f.Accepted:
		f.URI = a.ID // the sender forgot, or lost our answer
		if err := tx.UpdateFollow(f); err != nil {
			return err
		}
		return i.Outbox.Accept(ctx, tx, f)
	}
	blocked, err := tx.HasBlocked(target.ID, sender.ID)
	if err != nil {
		return err
	}
	f.URI = a.ID
	if blocked || target.Moved() {
		return i.Outbox.Reject(ctx, tx, f)
	}
	if err := tx.CreateFollow(f); err != nil {
		return err
	}
	if target.Locked || target.Kind == "Application" || sender.Limited {
		return i.Notify.Tell(tx, target.ID, "follow_request", sender.ID, 0)
	}
	return i.Outbox.Accept(ctx, tx, f)
}

// ours is the follow by one of ours that an Accept or Reject of the sender is
// about: by the id of the Follow, else by who and whom. An id of ours that is
// not the follow's is of an earlier one: a late answer to that says nothing of
// the one that stands.
func (i *Inbox) ours(tx *store.Tx, sender *store.Actor, a *federation.Object) (*store.Follow, error) {
	f, err := tx.FollowByURI(a.ObjectID())
	if fault.Is(err, fault.NotFound) && a.Object != nil && a.Object.Actor != "" && !i.Actors.IsOurs(a.ObjectID()) {
		follower, ferr := tx.ActorByURI(a.Object.Actor)
		if ferr != nil {
			return nil, ferr
		}
		if !follower.Local() {
			return nil, err
		}
		f, err = tx.Follow(follower.ID, sender.ID)
	}
	if err != nil {
		return nil, err
	}
	if f.TargetID != sender.ID {
		return nil, fault.New(fault.NotFound, "Follow not found")
	}
	return f, nil
}

// accept makes a pending follow of one of ours a fact.
func (i *Inbox) accept(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	if done, err := i.answered(ctx, tx, sender, a); done || err != nil {
		return err
	}
	f, err := i.ours(tx, sender, a)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err = tx.AcceptFollow(f); err != nil {
		return err
	}
	return i.look(ctx, tx, sender.ID)
}

// reject ends a follow of one of ours, pending or not.
func (i *Inbox) reject(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	if done, err := i.answered(ctx, tx, sender, a); done || err != nil {
		return err
	}
	f, err := i.ours(tx, sender, a)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.DeleteFollow(f)
}

// block keeps one of ours away from the sender.
func (i *Inbox) block(_ context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	target, err := tx.ActorByURI(a.ObjectID())
	if err != nil || !target.Local() {
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	}
	if dead, err := tx.Dead(sender.ID, a.ID); err != nil || dead {
		return err
	}
	for _, pair := range [][2]int64{{sender.ID, target.ID}, {target.ID, sender.ID}} {
		f, err := tx.Follow(pair[0], pair[1])
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := tx.DeleteFollow(f); err != nil {
			return err
		}
	}
	fresh, err := tx.CreateBlock(a.ID, sender.ID, target.ID)
	if err != nil || fresh {
		return err
	}
	return tx.RenewBlock(a.ID, sender.ID, target.ID)
}

// undo takes back what the sender did before. What has not come yet is dead
// when it comes. Who takes back that he accepted something rejects it.
func (i *Inbox) undo(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	uri := a.ObjectID()
	switch {
	case a.Object == nil:
		return nil
	case !a.Object.Embedded() && i.Actors.IsOurs(uri): // snac, of a Follow that it does not know any more
		_, err := i.unfollow(tx, sender, &federation.Object{Type: "Follow", Object: a.Object})
		return err
	case uri != "" && !federation.SameOrigin(uri, sender.URI):
		return nil
	case a.Object.Type == "Accept":
		return i.reject(ctx, tx, sender, &federation.Object{Type: "Reject", Object: a.Object.Object})
	}
	for _, take := range []func(*store.Tx, *store.Actor, *federation.Object) (bool, error){i.unfollow, i.unlike, i.unannounce, i.unblock} {
		if done, err := take(tx, sender, a.Object); err != nil || done {
			return err
		}
	}
	if uri == "" {
		return nil
	}
	return tx.Bury(sender.ID, uri)
}

// replaced reports whether an act that is taken back did come, so that one
// which stands under another id was done anew after it. Where it never came
// the id may be made up, as some servers do, and who and what decide.
func replaced(tx *store.Tx, sender *store.Actor, o *federation.Object) (bool, error) {
	return tx.Arrived(o.ID, string(federation.HostOf(sender.URI)))
}

func (i *Inbox) unfollow(tx *store.Tx, sender *store.Actor, o *federation.Object) (bool, error) {
	if o.Type != "" && o.Type != "Follow" {
		return false, nil
	}
	f, err := tx.FollowByURI(o.ID)
	if fault.Is(err, fault.NotFound) && o.Type == "Follow" {
		if past, err := replaced(tx, sender, o); err != nil || past {
			return false, err
		}
		target, terr := tx.ActorByURI(o.ObjectID())
		if terr != nil {
			return false, ignoreMissing(terr)
		}
		f, err = tx.Follow(sender.ID, target.ID)
	}
	if err != nil || f.FollowerID != sender.ID {
		return false, ignoreMissing(err)
	}
	return true, tx.DeleteFollow(f)
}

func (i *Inbox) unlike(tx *store.Tx, sender *store.Actor, o *federation.Object) (bool, error) {
	if o.Type != "" && o.Type != "Like" && o.Type != "EmojiReact" {
		return false, nil
	}
	actor, post, err := tx.FavouriteByURI(o.ID)
	if fault.Is(err, fault.NotFound) && o.ObjectID() != "" {
		if past, err := replaced(tx, sender, o); err != nil || past {
			return false, err
		}
		liked, perr := tx.PostByURI(o.ObjectID())
		if perr != nil {
			return false, ignoreMissing(perr)
		}
		actor, post, err = sender.ID, liked.ID, nil
	}
	if err != nil || actor != sender.ID {
		return false, ignoreMissing(err)
	}
	uri, err := tx.DeleteFavourite(actor, post)
	return uri != "", err
}

func (i *Inbox) unannounce(tx *store.Tx, sender *store.Actor, o *federation.Object) (bool, error) {
	if o.Type != "" && o.Type != "Announce" {
		return false, nil
	}
	boost, err := tx.PostByURI(o.ID)
	if fault.Is(err, fault.NotFound) && o.ObjectID() != "" {
		if past, err := replaced(tx, sender, o); err != nil || past {
			return false, err
		}
		boosted, perr := tx.PostByURI(o.ObjectID())
		if perr != nil {
			return false, ignoreMissing(perr)
		}
		boost, err = tx.BoostBy(sender.ID, boosted.ID)
	}
	if err != nil || boost.ActorID != sender.ID || boost.BoostOfID == 0 {
		return false, ignoreMissing(err)
	}
	if err := i.Notify.Deleted(tx, boost); err != nil {
		return false, err
	}
	return true, tx.TombstonePost(boost)
}

func (i *Inbox) unblock(tx *store.Tx, sender *store.Actor, o *federation.Object) (bool, error) {
	if o.Type != "" && o.Type != "Block" {
		return false, nil
	}
	actor, target, err := tx.BlockByURI(o.ID)
	if fault.Is(err, fault.NotFound) && o.ObjectID() != "" {
		if past, err := replaced(tx, sender, o); err != nil || past {
			return false, err
		}
		blocked, terr := tx.ActorByURI(o.ObjectID())
		if terr != nil {
			return false, ignoreMissing(terr)
		}
		actor, target, err = sender.ID, blocked.ID, nil
	}
	if err != nil || actor != sender.ID {
		return false, ignoreMissing(err)
	}
	uri, err := tx.DeleteBlock(actor, target)
	return uri != "", err
}

func ignoreMissing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
