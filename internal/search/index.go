package search

import (
	"context"
	"log/slog"
	"time"

	"parley/internal/store"
)

// Index keeps the words of posts and people as they are. It runs some moments
// behind what is written, for many at once: that costs a tenth of doing it with
// each post, and nobody who posts waits for it.
type Index struct {
	DB  *store.DB
	Log *slog.Logger
}

const (
	every = 400 * time.Millisecond
	batch = 200
)

// Run keeps the index until ctx ends, while this process is the one of several
// that leads.
func (x *Index) Run(ctx context.Context, leads func() bool) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if leads() {
			if err := x.Update(ctx); err != nil && ctx.Err() == nil {
				x.Log.WarnContext(ctx, "take out words for the search", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Update takes out the words of all that is new or has changed.
func (x *Index) Update(ctx context.Context) error {
	for _, some := range []func(context.Context) (int, error){x.posts, x.actors} {
		for n := batch; n == batch; {
			var err error
			if n, err = some(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// posts indexes some posts and tells how many it looked at.
func (x *Index) posts(ctx context.Context) (int, error) {
	r := x.DB.With(ctx)
	changes, err := r.UnindexedPosts(batch)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	ids := store.ChangedIDs(changes)
	posts, err := r.Posts(ids)
	if err != nil {
		return 0, err
	}
	media, err := r.PostMedia(ids)
	if err != nil {
		return 0, err
	}
	polls, err := r.Polls(ids)
	if err != nil {
		return 0, err
	}
	for i, c := range changes {
		if p := posts[c.ID]; p != nil && p.DeletedAt == 0 && p.HeldUntil == 0 { // what is held is not used yet, nor are its hashtags
			changes[i].Words = ofPost(p, media[c.ID], polls[c.ID])
			changes[i].Tags, changes[i].At = p.Tags, p.PublishedAt
		}
	}
	return len(changes), x.DB.Write(ctx, func(tx *store.Tx) error { return tx.IndexPosts(changes) })
}

// actors is posts for people.
func (x *Index) actors(ctx context.Context) (int, error) {
	r := x.DB.With(ctx)
	changes, err := r.UnindexedActors(batch)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	ids := store.ChangedIDs(changes)
	actors, err := r.Actors(ids)
	if err != nil {
		return 0, err
	}
	shown, err := r.ShownTags(ids)
	if err != nil {
		return 0, err
	}
	for i, c := range changes {
		if a := actors[c.ID]; a != nil {
			changes[i].Words = ofActor(a, shown[c.ID])
		}
	}
	return len(changes), x.DB.Write(ctx, func(tx *store.Tx) error { return tx.IndexActors(changes) })
}
