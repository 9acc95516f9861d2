package outbox

import (
	"context"

	"parley/internal/store"
)

// MuteThread has the actor hear nothing more of the thread of a post.
func (o *Outbox) MuteThread(ctx context.Context, actor, id int64) error {
	return o.inThread(ctx, actor, id, (*store.Tx).MuteThread)
}

// UnmuteThread ends that.
func (o *Outbox) UnmuteThread(ctx context.Context, actor, id int64) error {
	return o.inThread(ctx, actor, id, (*store.Tx).UnmuteThread)
}

func (o *Outbox) inThread(ctx context.Context, actor, id int64, act func(tx *store.Tx, reader, thread int64) error) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := visible(tx.Reader, actor, id)
		if err != nil {
			return err
		}
		return act(tx, actor, p.ThreadID)
	})
}

// ReadConversation marks one of the actor's conversations as read, or not.
func (o *Outbox) ReadConversation(ctx context.Context, actor, id int64, unread bool) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.ReadConversation(actor, id, unread) })
}

// DeleteConversation removes one from the actor's list.
func (o *Outbox) DeleteConversation(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.DeleteConversation(actor, id) })
}
