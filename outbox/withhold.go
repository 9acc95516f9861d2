package outbox

import (
	"context"
	"strings"

	"parley/internal/media"
	"parley/internal/store"
)

// WithholdJob gives files of a post that is gone the names that their rows have
// from then on.
type WithholdJob struct {
	Names map[string]string `json:"names"` // new by old
}

// Kind names the job.
func (WithholdJob) Kind() string { return "withhold" }

// Withhold carries out the job. A file that was moved already stays where it is.
func (o *Outbox) Withhold(ctx context.Context, job WithholdJob) error {
	for old, fresh := range job.Names {
		if err := o.Files.Move(ctx, old, fresh); err != nil {
			return err
		}
	}
	return nil
}

// withhold stops showing the files of a post that is gone. They stay for
// evidence, under names that nobody was told.
func (o *Outbox) withhold(ctx context.Context, tx *store.Tx, post int64) error {
	files, err := tx.OwnFiles(post)
	if err != nil || len(files) == 0 {
		return err
	}
	names := map[string]string{}
	for _, m := range files {
		for _, file := range []*string{&m.Path, &m.PreviewPath} {
			if *file != "" && !strings.Contains(*file, "://") {
				fresh := media.Rename(*file)
				names[*file], *file = fresh, fresh
			}
		}
		if err := tx.RenameFiles(m); err != nil {
			return err
		}
	}
	return o.Queue.Insert(ctx, tx, WithholdJob{Names: names})
}
