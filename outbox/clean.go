package outbox

import (
	"context"
	"time"

	"parley/internal/store"
)

// CleanJob drops what nobody needs any more.
type CleanJob struct{}

// Kind names the job.
func (CleanJob) Kind() string { return "clean" }

// What is kept, and for how long.
const (
	keepUnused  = 24 * time.Hour      // uploads that were never posted
	keepSettled = 30 * 24 * time.Hour // deliveries made, arrivals
	keepHome    = 800                 // entries of a home timeline
)

// Clean forgets uploads never posted, deliveries long made, and the far end of
// home timelines.
func (o *Outbox) Clean(ctx context.Context, _ CleanJob) error {
	var unused []*store.Media
	err := o.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if unused, err = tx.DropUnusedMedia(store.Now().Add(-keepUnused), 500); err != nil {
			return err
		}
		if err := tx.Prune(store.Now().Add(-keepSettled)); err != nil {
			return err
		}
		return tx.TrimHomes(keepHome)
	})
	if err != nil {
		return err
	}
	for _, m := range unused {
		o.discard(ctx, m.Files()...)
	}
	return nil
}

// discard removes files that nothing names any more. One that cannot be
// removed is no reason to stop: it is not shown.
func (o *Outbox) discard(ctx context.Context, files ...string) {
	for _, file := range files {
		if err := o.Files.Remove(ctx, file); err != nil {
			o.Log.Warn("cannot remove a file", "file", file, "error", err)
		}
	}
}
