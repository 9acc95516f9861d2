package outbox

import (
	"context"

	"parley/internal/store"
)

// WelcomeJob accepts who asked to follow somebody that approves followers no
// more.
type WelcomeJob struct {
	ActorID int64 `json:"actor_id"`
}

// Kind names the job.
func (WelcomeJob) Kind() string { return "welcome" }

// welcomed is how many requests are accepted in one transaction.
const welcomed = 20

// Welcome carries out a WelcomeJob. Limited accounts go on waiting: they have to
// be approved by everybody.
func (o *Outbox) Welcome(ctx context.Context, job WelcomeJob) error {
	for more := true; more; {
		err := o.DB.Write(ctx, func(tx *store.Tx) error {
			more = false
			me, err := tx.Actor(job.ActorID)
			if err != nil || me.Locked || me.Lifecycle != store.Active {
				return err
			}
			asking, err := tx.Asking(me.ID, welcomed)
			more = len(asking) == welcomed
			for _, f := range asking {
				if err := o.Accept(ctx, tx, f); err != nil {
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
