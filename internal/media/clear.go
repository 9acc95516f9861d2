package media

import (
	"context"
	"errors"
)

// ClearJob removes files that no row names any more. It is stored with what
// made that so, and runs until all are gone.
type ClearJob struct {
	Files []string `json:"files"`
}

// Kind names the job.
func (ClearJob) Kind() string { return "clear" }

// Clear carries out the job. A file that cannot be removed at the moment does not
// keep the others.
func (s *Store) Clear(ctx context.Context, job ClearJob) error {
	var errs []error
	for _, file := range job.Files {
		errs = append(errs, s.Remove(ctx, file))
	}
	return errors.Join(errs...)
}
