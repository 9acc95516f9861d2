package outbox

import (
	"context"
	"maps"

	"parley/federation"
	"parley/internal/store"
)

// Forward passes what somebody else did on to the followers of one of ours, to
// whom it is addressed and of whom its own node does not know, [AP] 7.1.2. The
// bytes stay as they came; the owner of the collection signs for having sent
// them, and receivers ask the author's node.
func (o *Outbox) Forward(ctx context.Context, tx *store.Tx, owner, author *store.Actor, a *federation.Object) error {
	inboxes, err := tx.FollowerInboxes(owner.ID)
	if err != nil {
		return err
	}
	ways, from := o.ways(inboxes), string(federation.HostOf(author.URI))
	maps.DeleteFunc(ways, func(_, host string) bool { return host == from })
	if len(ways) == 0 {
		return nil
	}
	if passed, err := tx.Dispatched(a.ID); err != nil || passed {
		return err
	}
	return o.dispatch(ctx, tx, &store.Activity{ID: store.NewID(), URI: a.ID, Kind: a.Type, ActorID: owner.ID, ObjectURI: a.ObjectID(),
		Body: string(a.Raw), CreatedAt: store.TimeOf(o.Now())}, ways)
}
