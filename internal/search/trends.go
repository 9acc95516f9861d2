package search

import (
	"context"

	"parley/internal/store"
)

// TrendsJob has what many are about counted anew.
type TrendsJob struct{}

// Kind names the job.
func (TrendsJob) Kind() string { return "trends" }

// Trends counts what many are about, while others write.
func (x *Index) Trends(ctx context.Context, _ TrendsJob) error {
	trends, err := x.DB.With(ctx).CountTrends()
	if err != nil {
		return err
	}
	return x.DB.Write(ctx, func(tx *store.Tx) error { return tx.SetTrends(trends) })
}
