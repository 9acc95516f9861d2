package inbox

import (
	"context"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// How old what we know of an actor may be when it does something, and how long
// nobody asks again while one asks.
const (
	stale  = 3 * 24 * time.Hour
	asking = time.Hour
)

// RefreshJob reads an actor again: one that says it has changed, or one that
// was not asked for long.
type RefreshJob struct {
	URI   string `json:"uri"`
	Stale bool   `json:"stale,omitempty"`
}

// Kind names the job.
func (RefreshJob) Kind() string { return "refresh" }

// renew has an actor that does something read again if what we know of it is
// old.
func (i *Inbox) renew(ctx context.Context, tx *store.Tx, sender *store.Actor) error {
	before := store.Now().Add(-stale)
	if sender.FetchedAt >= before {
		return nil
	}
	due, err := tx.ClaimRefresh(sender.ID, before, store.Now().Add(asking))
	if err != nil || !due {
		return err
	}
	return i.Queue.Insert(ctx, tx, RefreshJob{URI: sender.URI, Stale: true})
}

// RefreshActor carries out a RefreshJob. One that says it has changed is asked
// until it answers; a stale one is left alone, the longer the more often it was
// asked in vain. Whose node says that they are gone has left.
func (i *Inbox) RefreshActor(ctx context.Context, job RefreshJob) error {
	err := i.Actors.Refresh(ctx, job.URI)
	if !job.Stale && !fault.Is(err, fault.Gone) {
		return lasting(err)
	}
	actor, kerr := i.Actors.Known(ctx, job.URI)
	if kerr != nil {
		return ignoreMissing(kerr)
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error {
		switch {
		case err == nil:
			return tx.RefreshDone(actor.ID)
		case fault.Is(err, fault.Gone) && !actor.Local():
			return i.Outbox.Depart(tx, actor)
		default:
			return tx.RefreshFailed(actor.ID)
		}
	})
}

// readOutbox reads the newest posts of a remote actor whose profile is looked
// at for the first time, so that it is not empty. They are no news: they go to
// nobody's home, and nobody is told of them.
func (i *Inbox) readOutbox(ctx context.Context, actor *store.Actor) error {
	var first bool
	err := i.DB.Write(ctx, func(tx *store.Tx) (err error) {
		first, err = tx.ClaimOutbox(actor.ID)
		return err
	})
	if err != nil || !first {
		return err
	}
	items, err := i.items(ctx, actor, actor.OutboxURI)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := i.posted(ctx, actor, item); fault.Is(err, fault.Internal) {
			return err
		}
	}
	return nil
}

// posted takes a post from its author's outbox. What the outbox embeds is
// believed, because its host speaks for the author.
func (i *Inbox) posted(ctx context.Context, actor *store.Actor, item *federation.Object) error {
	if item.Type == "Create" && item.Object != nil {
		item = item.Object
	}
	if !federation.SameOrigin(item.ID, actor.URI) || item.Embedded() && !isPost(item) {
		return nil
	}
	if _, err := i.DB.With(ctx).PostByURI(item.ID); !fault.Is(err, fault.NotFound) {
		return err
	}
	if !item.Embedded() {
		var err error
		if item, err = i.read(ctx, item.ID); err != nil {
			return err
		}
	}
	if v := visibilityOf(actor, item); item.AttributedTo != actor.URI || v != store.Public && v != store.Unlisted {
		return nil
	}
	_, err := i.take(ctx, item, maxAncestors)
	return err
}
