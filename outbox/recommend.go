package outbox

import (
	"context"

	"parley/internal/fault"
	"parley/internal/store"
)

// Endorse recommends somebody whom the actor follows on the actor's profile.
func (o *Outbox) Endorse(ctx context.Context, actor, target int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		follows, err := tx.Endorse(actor, target)
		if err == nil && !follows {
			err = fault.New(fault.Invalid, "Validation failed: You must be already following the person you want to endorse")
		}
		return err
	})
}

// Unendorse ends that.
func (o *Outbox) Unendorse(ctx context.Context, actor, target int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.Unendorse(actor, target) })
}

// DismissSuggestion has target not suggested to the actor again.
func (o *Outbox) DismissSuggestion(ctx context.Context, actor, target int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.DismissSuggestion(actor, target) })
}
