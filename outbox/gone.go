package outbox

import (
	"context"
	"net/http"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// GoneJob looks after those whose inbox answered that it is gone: are they?
type GoneJob struct {
	Inbox string `json:"inbox"`
	Above int64  `json:"above,omitempty"` // actor
}

// Kind names the job.
func (GoneJob) Kind() string { return "gone" }

const (
	goneAtOnce = 20        // actors asked for in one job
	goneAgain  = time.Hour // after which one that was seen is asked for again
)

// noteGone sends for the actors behind an inbox that is gone.
func (o *Outbox) noteGone(ctx context.Context, tx *store.Tx, a store.Attempt) error {
	if a.Status != http.StatusGone {
		return nil
	}
	return o.Queue.Insert(ctx, tx, GoneJob{Inbox: a.Delivery.Inbox})
}

// Gone carries out the job: an actor whose own document is gone too follows
// nobody any more, and is followed by nobody. An answer of an inbox alone says
// nothing of them.
func (o *Outbox) Gone(ctx context.Context, job GoneJob) error {
	behind, err := o.DB.With(ctx).ActorsBehind(job.Inbox, job.Above, goneAtOnce)
	if err != nil {
		return err
	}
	seen := store.Now().Add(-goneAgain)
	for _, a := range behind {
		if a.Lifecycle != store.Active || a.FetchedAt > seen {
			continue
		}
		_, err := o.Actors.Fetch(ctx, a.URI)
		if !fault.Is(err, fault.Gone) && !fault.Is(err, fault.NotFound) {
			continue // there it is, or nobody can say
		}
		o.Log.Info("actor is gone", "actor", a.URI, "host", federation.HostOf(a.URI))
		if err := o.DB.Write(ctx, func(tx *store.Tx) error { return o.Depart(tx, a) }); err != nil {
			return err
		}
	}
	if len(behind) < goneAtOnce {
		return nil
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		return o.Queue.Insert(ctx, tx, GoneJob{Inbox: job.Inbox, Above: behind[len(behind)-1].ID})
	})
}

// Depart ends what a remote actor was to us, who is gone for good.
func (o *Outbox) Depart(tx *store.Tx, a *store.Actor) error {
	if err := tx.SetLifecycle(a.ID, store.Erased); err != nil {
		return err
	}
	if err := tx.EndFollows(a.ID); err != nil {
		return err
	}
	return tx.GiveUpInbox(string(federation.HostOf(a.InboxURI)), a.InboxURI, store.TimeOf(o.Now()), a.URI+" is gone")
}
