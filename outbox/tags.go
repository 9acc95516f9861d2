package outbox

import (
	"context"
	"fmt"

	"parley/internal/fault"
	"parley/internal/store"
)

// maxTagFollows is how many hashtags a person may follow.
const maxTagFollows = 500

// FollowTag has the posts with a hashtag come to the actor's home.
func (o *Outbox) FollowTag(ctx context.Context, actor int64, tag string) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.TagFollows(actor)
		if err != nil {
			return err
		}
		if n >= maxTagFollows {
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d followed hashtags", maxTagFollows))
		}
		return tx.FollowTag(actor, tag)
	})
}

// UnfollowTag ends that.
func (o *Outbox) UnfollowTag(ctx context.Context, actor int64, tag string) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.UnfollowTag(actor, tag) })
}
