package outbox

import (
	"context"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// Mute lets the actor not hear target for d, or with 0 until Unmute. Target is
// not told.
func (o *Outbox) Mute(ctx context.Context, actor, target int64, notifications bool, d time.Duration) error {
	if actor == target {
		return fault.New(fault.Forbidden, "You cannot mute yourself")
	}
	var until store.Time
	if d > 0 {
		until = store.Now().Add(d)
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.SetMute(actor, target, notifications, until) })
}

// Unmute lets the actor hear target again.
func (o *Outbox) Unmute(ctx context.Context, actor, target int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.DeleteMute(actor, target) })
}

// UnmuteJob ends the mutes whose time has come.
type UnmuteJob struct{}

// Kind names the job.
func (UnmuteJob) Kind() string { return "unmute" }

// endedMutes is how many are ended in one transaction.
const endedMutes = 100

// EndMutes carries out an UnmuteJob. Nobody is muted any longer who waits for
// it: it brings back what was missed.
func (o *Outbox) EndMutes(ctx context.Context, _ UnmuteJob) error {
	for more := true; more; {
		err := o.DB.Write(ctx, func(tx *store.Tx) error {
			ended, err := tx.EndedMutes(endedMutes)
			more = len(ended) == endedMutes
			for _, m := range ended {
				if err := tx.DeleteMute(m.ActorID, m.TargetID); err != nil {
					return err
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
