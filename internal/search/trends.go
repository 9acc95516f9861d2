package search

import (
	"context"

	"parley/internal/store"
)

// TrendsJob has what many are about counted anew.
type TrendsJob struct{}

// Kind names the job.
func (TrendsJob) Kind() string { return "trends" }

// Trends counts what many are about.
func (x *Index) Trends(ctx context.Context, _ TrendsJob) error {
	return x.DB.Write(ctx, func(tx *store.Tx) error { return tx.CountTrends() })
}
