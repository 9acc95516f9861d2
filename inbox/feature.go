package inbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

const (
	maxFeatured = 20 // posts, and hashtags, of one profile

	// lookAgain is how long what a profile shows is good for.
	lookAgain = 24 * time.Hour
)

// FeaturedJob reads what a remote actor shows on its profile: pinned posts and
// hashtags, and the profile itself if that is old.
type FeaturedJob struct {
	ActorID int64 `json:"actor_id"`
}

// Kind names the job.
func (FeaturedJob) Kind() string { return "featured" }

// Look has a remote profile that one of ours is looking at read again, at most
// once a day.
func (i *Inbox) Look(ctx context.Context, actor *store.Actor) error {
	if actor.Local() || actor.FeaturedAt > store.Now().Add(-lookAgain) {
		return nil
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error { return i.look(ctx, tx, actor.ID) })
}

func (i *Inbox) look(ctx context.Context, tx *store.Tx, actor int64) error {
	due, err := tx.ClaimFeatured(actor, store.Now().Add(-lookAgain))
	if err != nil || !due {
		return err
	}
	return i.Queue.Insert(ctx, tx, FeaturedJob{ActorID: actor})
}

// ReadFeatured carries out a FeaturedJob. What cannot be had now is left to the
// next look.
func (i *Inbox) ReadFeatured(ctx context.Context, job FeaturedJob) error {
	actor, err := i.DB.With(ctx).Actor(job.ActorID)
	if err != nil || actor.Lifecycle != store.Active {
		return ignoreMissing(err)
	}
	if time.Since(actor.FetchedAt.Time()) > lookAgain {
		if actor, err = i.Actors.Fetch(ctx, actor.URI); err != nil {
			return i.passing(err, "actor", job.ActorID)
		}
	}
	if err := i.readPins(ctx, actor); err != nil {
		return i.passing(err, "actor", actor.URI)
	}
	if err := i.readTags(ctx, actor); err != nil {
		return i.passing(err, "actor", actor.URI)
	}
	return i.passing(i.readOutbox(ctx, actor), "actor", actor.URI)
}

// passing lets errors of this node through, and notes those of others.
func (i *Inbox) passing(err error, args ...any) error {
	if err == nil || fault.Of(err) == fault.Internal {
		return err
	}
	i.Log.Info("what an actor or a post shows could not be read", append(args, "error", err)...)
	return nil
}

// items reads a collection of the actor's own.
func (i *Inbox) items(ctx context.Context, actor *store.Actor, uri string) ([]*federation.Object, error) {
	if err := i.Partners.Admits(federation.HostOf(actor.URI)); err != nil || !federation.SameOrigin(uri, actor.URI) {
		return nil, err
	}
	signer, err := i.Actors.NodeSigner(ctx)
	if err != nil {
		return nil, err
	}
	return i.Fed.Items(ctx, uri, signer, maxFeatured)
}

func (i *Inbox) readPins(ctx context.Context, actor *store.Actor) error {
	items, err := i.items(ctx, actor, actor.FeaturedURI)
	if err != nil {
		return err
	}
	var pins []int64
	for _, item := range items {
		p, err := i.featured(ctx, actor, item)
		if fault.Is(err, fault.Internal) {
			return err
		}
		if err == nil && p.ActorID == actor.ID && p.DeletedAt == 0 && p.BoostOfID == 0 && !slices.Contains(pins, p.ID) {
			pins = append(pins, p.ID)
		}
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error { return tx.SetPins(actor.ID, pins) })
}

// featured is a post that an actor shows: known, or as the collection has it,
// or fetched. The collection speaks for its own host alone.
func (i *Inbox) featured(ctx context.Context, actor *store.Actor, item *federation.Object) (*store.Post, error) {
	if !federation.SameOrigin(item.ID, actor.URI) {
		return nil, fault.New(fault.NotFound, "The post is on another host than its author")
	}
	if item.Embedded() && isPost(item) {
		if p, err := i.DB.With(ctx).PostByURI(item.ID); !fault.Is(err, fault.NotFound) {
			return p, err
		}
		return i.take(ctx, item, 1)
	}
	return i.fetch(ctx, item.ID, 1)
}

func (i *Inbox) readTags(ctx context.Context, actor *store.Actor) error {
	items, err := i.items(ctx, actor, actor.FeaturedTagsURI)
	if err != nil {
		return err
	}
	var names []string
	for _, item := range items {
		if name := strings.TrimPrefix(item.Name, "#"); item.Type == "Hashtag" && text.TagName(name) != "" {
			names = append(names, name)
		}
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error { return tx.SetFeaturedTags(actor.ID, names) })
}

// feature shows a post of the sender on its profile, or with Remove no more.
// Which of the two came last only the collection itself knows: it is read.
func (i *Inbox) feature(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	if a.Target == "" || a.Target != sender.FeaturedURI && a.Target != sender.FeaturedTagsURI {
		return nil
	}
	p, err := tx.PostByURI(a.ObjectID())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil && p.ActorID == sender.ID && p.DeletedAt == 0 && p.BoostOfID == 0 {
		set := tx.SetPin
		if a.Type == "Remove" {
			set = tx.DeletePin
		}
		if _, err := set(sender.ID, p.ID); err != nil {
			return err
		}
	}
	followed, err := tx.HasLocalFollowers(sender.ID)
	if err != nil || !followed {
		return err
	}
	return i.Queue.Insert(ctx, tx, FeaturedJob{ActorID: sender.ID})
}
