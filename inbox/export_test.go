package inbox

import (
	"context"

	"parley/federation"
	"parley/internal/store"
)

// Take is take, for documents that no test can have a host serve.
func (i *Inbox) Take(ctx context.Context, o *federation.Object) (*store.Post, error) {
	return i.take(ctx, o, 0)
}

// MaxSpoiler and the like are the bounds that the tests look at.
const (
	MaxSpoiler     = maxSpoiler
	MaxAttachments = maxAttachments
)
