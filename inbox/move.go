package inbox

import (
	"context"

	"parley/federation"
	"parley/internal/store"
)

// MovedJob looks whether an account that says it has moved is named by the one
// it says it has moved to.
type MovedJob struct {
	ActorID int64  `json:"actor_id"`
	Target  string `json:"target"`
}

// Kind names the job.
func (MovedJob) Kind() string { return "moved" }

// move sends for the target of the sender's move. Only he says it of himself.
func (i *Inbox) move(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	if a.ObjectID() != sender.URI || address(a.Target) == "" || a.Target == sender.URI {
		return nil
	}
	return i.Queue.Insert(ctx, tx, MovedJob{ActorID: sender.ID, Target: a.Target})
}

// Moved carries out the job. The target is read from where it lives, so that it
// is the target's own word which account is its own too.
func (i *Inbox) Moved(ctx context.Context, job MovedJob) error {
	target, err := i.Actors.Known(ctx, job.Target)
	if !i.Actors.IsOurs(job.Target) {
		target, err = i.Actors.Fetch(ctx, job.Target)
	}
	if err != nil {
		return lasting(err)
	}
	source, err := i.DB.With(ctx).Actor(job.ActorID)
	if err != nil || target.URI != job.Target {
		return err
	}
	return i.Outbox.Moved(ctx, source, target)
}
