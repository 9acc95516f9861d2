package outbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/store"
)

// CleanJob drops what nobody needs any more.
type CleanJob struct{}

// Kind names the job.
func (CleanJob) Kind() string { return "clean" }

// What is kept, and for how long.
const (
	keepUnused  = 24 * time.Hour       // uploads that were never posted
	keepSettled = 30 * 24 * time.Hour  // deliveries made, arrivals
	keepDevices = 365 * 24 * time.Hour // browsers that nobody signs in by
	keepHome    = 800                  // entries of a home timeline
)

// Clean forgets uploads never posted, deliveries long made, browsers long unused,
// and the far end of home timelines.
func (o *Outbox) Clean(ctx context.Context, _ CleanJob) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		unused, err := tx.DropUnusedMedia(store.Now().Add(-keepUnused), 500)
		if err != nil {
			return err
		}
		var files []string
		for _, m := range unused {
			files = append(files, m.Files()...)
		}
		if err := o.clear(ctx, tx, files...); err != nil {
			return err
		}
		if err := tx.Prune(store.Now().Add(-keepSettled)); err != nil {
			return err
		}
		if err := tx.ForgetDevices(store.Now().Add(-keepDevices)); err != nil {
			return err
		}
		return tx.TrimHomes(keepHome)
	})
}

// clear has files removed that no row names once the transaction is on disk.
func (o *Outbox) clear(ctx context.Context, tx *store.Tx, files ...string) error {
	if files = named(files); len(files) == 0 {
		return nil
	}
	return o.Queue.Insert(ctx, tx, media.ClearJob{Files: files})
}

// abandon gives back err, and has files removed that were kept for what failed
// with it. Where it is not known what went wrong, a row may name them all the
// same: a commit whose answer was lost.
func (o *Outbox) abandon(ctx context.Context, err error, files ...string) error {
	if err == nil || fault.Is(err, fault.Internal) || len(named(files)) == 0 {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	return errors.Join(err, o.DB.Write(ctx, func(tx *store.Tx) error { return o.clear(ctx, tx, files...) }))
}

func named(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(file string) bool { return file == "" })
}
