package outbox

import (
	"cmp"
	"context"
	"slices"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// visible is a post that the actor may see, and for a boost what it boosts.
func visible(r store.Reader, actor, id int64) (*store.Post, error) {
	p, err := r.VisiblePost(actor, id)
	if err == nil && p.BoostOfID != 0 {
		return r.VisiblePost(actor, p.BoostOfID)
	}
	return p, err
}

// actOn is visible for something new, which only those do who may act.
func actOn(tx *store.Tx, actor, id int64) (*store.Post, error) {
	me, err := tx.Actor(actor)
	if err != nil {
		return nil, err
	}
	if err := mayAct(me); err != nil {
		return nil, err
	}
	return visible(tx.Reader, actor, id)
}

// Favourite tells the author of a post that it was liked.
func (o *Outbox) Favourite(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := actOn(tx, actor, id)
		if err != nil {
			return err
		}
		uri := o.newURI("like")
		fresh, err := tx.CreateFavourite(uri, actor, p.ID)
		if err != nil || !fresh {
			return err
		}
		if err := o.Notify.Tell(tx, p.ActorID, "favourite", actor, p.ID); err != nil {
			return err
		}
		me, author, err := pair(tx.Reader, actor, p.ActorID)
		if err != nil || author.Local() {
			return err
		}
		return o.publish(ctx, tx, me, uri, federation.Activity{ID: uri, Type: "Like", Actor: me.URI, To: []string{author.URI}, Object: p.URI}, []string{author.InboxURI})
	})
}

// Unfavourite takes that back.
func (o *Outbox) Unfavourite(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := visible(tx.Reader, actor, id)
		if err != nil {
			return err
		}
		uri, err := tx.DeleteFavourite(actor, p.ID)
		if err != nil || uri == "" {
			return err
		}
		me, author, err := pair(tx.Reader, actor, p.ActorID)
		if err != nil || author.Local() {
			return err
		}
		return o.publish(ctx, tx, me, uri, o.undo(me, "Like", uri, p.URI, []string{author.URI}, nil), []string{author.InboxURI})
	})
}

// pair are two actors.
func pair(r store.Reader, a, b int64) (*store.Actor, *store.Actor, error) {
	found, err := r.Actors([]int64{a, b})
	if err != nil {
		return nil, nil, err
	}
	if found[a] == nil || found[b] == nil {
		return nil, nil, fault.New(fault.NotFound, "Record not found")
	}
	return found[a], found[b], nil
}

// Boost shows a post to the actor's followers, or with no visibility to those
// whom the actor writes for by default; where it was boosted already, that boost
// is given. Nobody boosts what is for few, but an author may repeat to his
// followers what was for them.
func (o *Outbox) Boost(ctx context.Context, actor, id int64, v store.Visibility) (boost *store.Post, err error) {
	if v != "" && !slices.Contains([]store.Visibility{store.Public, store.Unlisted, store.Private}, v) {
		return nil, fault.New(fault.Invalid, "Validation failed: Visibility is not included in the list")
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := actOn(tx, actor, id)
		if err != nil {
			return err
		}
		if p.Visibility == store.Direct || p.Visibility == store.Private && p.ActorID != actor || p.HeldUntil != 0 {
			return fault.New(fault.NotFound, "Record not found")
		}
		if boost, err = tx.BoostBy(actor, p.ID); !fault.Is(err, fault.NotFound) {
			return err
		}
		user, err := tx.User(actor)
		if err != nil {
			return err
		}
		if v = cmp.Or(v, user.DefaultVisibility, store.Public); v == store.Direct || p.Visibility == store.Private {
			v = store.Private
		}
		now, bid := store.Now(), store.NewID()
		boost = &store.Post{ID: bid, URI: o.boostURI(bid), ActorID: actor, Kind: "Announce", Local: true, Visibility: v, Scope: p.Scope,
			BoostOfID: p.ID, ThreadID: bid, PublishedAt: now, ReceivedAt: now}
		if _, err := tx.InsertPost(boost, nil, nil); err != nil {
			return err
		}
		return o.spread(ctx, tx, boost, p)
	})
	return boost, err
}

// spread tells everybody concerned of a boost.
func (o *Outbox) spread(ctx context.Context, tx *store.Tx, boost, p *store.Post) error {
	if err := o.Notify.Posted(tx, boost, nil); err != nil {
		return err
	}
	if err := o.Notify.Tell(tx, p.ActorID, "reblog", boost.ActorID, p.ID); err != nil {
		return err
	}
	me, author, err := pair(tx.Reader, boost.ActorID, p.ActorID)
	if err != nil {
		return err
	}
	inboxes, err := o.inboxes(tx.Reader, boost, []*store.Actor{author})
	if err != nil {
		return err
	}
	return o.publish(ctx, tx, me, boost.URI, o.announce(me, boost, p, author), inboxes)
}

// Unboost takes a boost back; id is the post's.
func (o *Outbox) Unboost(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := visible(tx.Reader, actor, id)
		if err != nil {
			return err
		}
		boost, err := tx.BoostBy(actor, p.ID)
		if err != nil {
			if fault.Is(err, fault.NotFound) {
				return nil
			}
			return err
		}
		me, author, err := pair(tx.Reader, actor, p.ActorID)
		if err != nil {
			return err
		}
		inboxes, err := o.inboxes(tx.Reader, boost, []*store.Actor{author})
		if err != nil {
			return err
		}
		if err := o.Notify.Deleted(tx, boost); err != nil {
			return err
		}
		if err := tx.TombstonePost(boost); err != nil {
			return err
		}
		to, cc := audience(me, boost.Visibility, []string{author.URI})
		return o.publish(ctx, tx, me, boost.URI, o.undo(me, "Announce", boost.URI, p.URI, to, cc), inboxes)
	})
}

// Bookmark keeps a post for the actor alone.
func (o *Outbox) Bookmark(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := visible(tx.Reader, actor, id)
		if err != nil {
			return err
		}
		return tx.SetBookmark(actor, p.ID)
	})
}

// Unbookmark lets go of it.
func (o *Outbox) Unbookmark(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := visible(tx.Reader, actor, id)
		if err != nil {
			return err
		}
		return tx.DeleteBookmark(actor, p.ID)
	})
}

// MaxPins is how many posts an account may feature.
const MaxPins = 5

// Pin features a post of the actor on the profile.
func (o *Outbox) Pin(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.VisiblePost(actor, id)
		switch {
		case err != nil:
			return err
		case p.ActorID != actor:
			return fault.New(fault.Invalid, "Validation failed: Someone else's post cannot be pinned")
		case p.BoostOfID != 0:
			return fault.New(fault.Invalid, "Validation failed: A boost cannot be pinned")
		}
		pins, err := tx.Pins(actor)
		if err != nil {
			return err
		}
		if pins >= MaxPins {
			return fault.New(fault.Invalid, "Validation failed: You have already pinned the maximum number of posts")
		}
		if p.Visibility == store.Direct {
			return fault.New(fault.Invalid, "Validation failed: Posts that are only visible to mentioned users cannot be pinned")
		}
		fresh, err := tx.SetPin(actor, id)
		if err != nil || !fresh {
			return err
		}
		return o.feature(ctx, tx, "Add", p)
	})
}

// Unpin ends that.
func (o *Outbox) Unpin(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := o.own(tx.Reader, actor, id)
		if err != nil {
			return err
		}
		gone, err := tx.DeletePin(actor, id)
		if err != nil || !gone {
			return err
		}
		return o.feature(ctx, tx, "Remove", p)
	})
}

func (o *Outbox) feature(ctx context.Context, tx *store.Tx, kind string, p *store.Post) error {
	if p.Visibility == store.Private || p.HeldUntil != 0 {
		return nil
	}
	me, err := tx.Actor(p.ActorID)
	if err != nil {
		return err
	}
	inboxes, err := o.inboxes(tx.Reader, p, nil)
	if err != nil {
		return err
	}
	return o.publish(ctx, tx, me, me.FeaturedURI, federation.Activity{ID: o.newURI("feature"), Type: kind, Actor: me.URI,
		To: []string{federation.Public}, Cc: []string{me.FollowersURI}, Object: p.URI, Target: me.FeaturedURI}, inboxes)
}
