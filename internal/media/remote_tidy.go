package media

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// TidyJob lets go of the copies that nobody looked at for longest, until the
// rest fits into the budget.
type TidyJob struct{}

// Kind names the job.
func (TidyJob) Kind() string { return "tidy" }

// Tidy carries out the job.
func (r *Remote) Tidy(ctx context.Context, _ TidyJob) error {
	r.grown.Store(0)
	if err := r.remember(ctx); err != nil {
		return err
	}
	if err := r.dropParts(); err != nil {
		return err
	}
	size, err := r.DB.With(ctx).RemoteFilesSize()
	for err == nil && size > r.Budget {
		size, err = r.drop(ctx, size)
	}
	return err
}

// drop removes the oldest copies, the files before their rows: a row without a
// file is mended when somebody looks, a file without a row never.
func (r *Remote) drop(ctx context.Context, size int64) (int64, error) {
	oldest, err := r.DB.With(ctx).OldestRemoteFiles(200)
	if err != nil || len(oldest) == 0 {
		return 0, err
	}
	var keys []string
	for _, f := range oldest {
		if size <= r.Budget {
			break
		}
		if err := r.root.Remove(pathOf(f.Key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fault.Wrap(fault.Internal, err, "Cannot remove a copy of a file")
		}
		keys, size = append(keys, f.Key), size-f.Size-store.RemoteFileRow
	}
	return size, r.DB.Write(ctx, func(tx *store.Tx) error { return tx.DropRemoteFiles(keys) })
}

// dropParts removes what a process that died had not finished.
func (r *Remote) dropParts() error {
	list, err := fs.ReadDir(r.root.FS(), ".")
	for _, entry := range list {
		info, ierr := entry.Info()
		if ierr == nil && strings.HasPrefix(entry.Name(), partPrefix) && time.Since(info.ModTime()) > time.Hour {
			err = errors.Join(err, r.root.Remove(entry.Name()))
		}
	}
	return err
}

// looks are the copies that were looked at since that was last written down.
type looks struct {
	sync.Mutex
	seen  map[string]bool
	since time.Time
}

// How many looks, and how long, are kept in memory before they are written.
const (
	maxLooks = 500
	maxSince = 5 * time.Minute
)

// look notes that a copy was looked at. Nothing is written for one look.
func (r *Remote) look(key string) {
	r.looks.Lock()
	defer r.looks.Unlock()
	r.looks.seen[key] = true
	if len(r.looks.seen) < maxLooks && time.Since(r.looks.since) < maxSince {
		return
	}
	r.looks.since = time.Now()
	go func() {
		if err := r.remember(context.Background()); err != nil {
			r.Log.Warn("cannot write down which files were looked at", "error", err)
		}
	}()
}

// remember writes the looks down.
func (r *Remote) remember(ctx context.Context) error {
	r.looks.Lock()
	seen := r.looks.seen
	r.looks.seen, r.looks.since = map[string]bool{}, time.Now()
	r.looks.Unlock()
	if len(seen) == 0 {
		return nil
	}
	keys := make([]string, 0, len(seen))
	for key := range seen {
		keys = append(keys, key)
	}
	return r.DB.Write(ctx, func(tx *store.Tx) error { return tx.TouchRemoteFiles(keys, store.Now()) })
}
