package store

import "context"

// Acting is said of whatever is written while somebody acts as another account:
// who it is, and what each transaction leaves behind that has no audit line of
// its own.
type Acting struct {
	By      int64 // 0: a bot, which acts as itself
	Witness func(*Tx) error
}

type actingKey struct{}

// WithActing is ctx for what somebody does as another account.
func WithActing(ctx context.Context, a Acting) context.Context {
	return context.WithValue(ctx, actingKey{}, a)
}

// witnessed is apply as whoever ctx says has it done.
func witnessed(ctx context.Context, apply func(*Tx) error) func(*Tx) error {
	acting, ok := ctx.Value(actingKey{}).(Acting)
	if !ok {
		return apply
	}
	return func(tx *Tx) error {
		tx.actedBy = acting.By
		if err := apply(tx); err != nil || tx.audited || acting.Witness == nil {
			return err
		}
		return acting.Witness(tx)
	}
}
