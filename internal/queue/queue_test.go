package queue_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

type job struct{ Name string }

func (job) Kind() string { return "test" }

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// start is a queue that runs do for each job.
func start(t *testing.T, db *store.DB, do func(context.Context, job) error) *queue.Queue {
	t.Helper()
	require.NoError(t, queue.Migrate(t.Context(), db))
	require.NoError(t, queue.Migrate(t.Context(), db), "a second time there is nothing to do")
	q, err := queue.New(db, quiet, queue.All, queue.Do(5*time.Second, do))
	require.NoError(t, err)
	require.NoError(t, q.Start(t.Context()))
	t.Cleanup(func() { stop(t, q) })
	return q
}

func stop(t *testing.T, q *queue.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = q.Stop(ctx) // a job that would not end is cancelled
}

func TestAJobAndItsRowAreOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ran := make(chan string, 10)
		q := start(t, db, func(_ context.Context, j job) error {
			// What the job's transaction wrote is there to be read.
			rows, err := db.Partners()
			if err == nil && len(rows) != 1 {
				err = errors.New("the row is missing")
			}
			ran <- j.Name
			return err
		})
		put := func(ctx context.Context, name string, fail error) error {
			return db.Write(ctx, func(tx *store.Tx) error {
				if err := tx.SetPartner(&store.Partner{Domain: "x.example", Policy: name}); err != nil {
					return err
				}
				if err := q.Insert(ctx, tx, job{name}); err != nil {
					return err
				}
				return fail
			})
		}
		spoiled := errors.New("spoiled")
		require.ErrorIs(t, put(t.Context(), "failed", spoiled), spoiled)
		require.Zero(t, nodetest.Number(t, db, `SELECT COUNT(*) FROM river_job WHERE kind = 'test'`))
		require.NoError(t, put(t.Context(), "allow", nil))
		require.Equal(t, "allow", <-ran)
		rows, err := db.Partners()
		require.NoError(t, err)
		require.Equal(t, "allow", rows[0].Policy)
	})
}

func TestAJobThatFailsComesAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var runs atomic.Int64
		q := start(t, db, func(context.Context, job) error {
			switch runs.Add(1) {
			case 1:
				return errors.New("not yet")
			case 2:
				panic("not yet")
			case 3:
				return queue.Later(0)
			}
			return nil
		})
		require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error { return q.Insert(t.Context(), tx, job{}) }))
		nodetest.Eventually(t, "it runs four times", func() bool {
			nodetest.Exec(t, db, `UPDATE river_job SET state = 'available', scheduled_at = created_at WHERE state IN ('retryable', 'scheduled')`)
			return runs.Load() >= 4
		})
	})
}

func TestAJobWaitsForItsTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ran := make(chan string, 2)
		q := start(t, db, func(_ context.Context, j job) error { ran <- j.Name; return nil })
		require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error {
			if err := q.InsertAt(t.Context(), tx, job{"later"}, time.Now().Add(time.Hour)); err != nil {
				return err
			}
			return q.Insert(t.Context(), tx, job{"now"})
		}))
		require.Equal(t, "now", <-ran)
		require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*) FROM river_job WHERE kind = 'test' AND state = 'scheduled'`))
	})
}

// Two processes on one database share the work, and nothing is done twice.
func TestTwoProcessesShareTheWork(t *testing.T) {
	url := storetest.URL(t, "postgres")
	var runs atomic.Int64
	count := func(context.Context, job) error { runs.Add(1); return nil }
	db := storetest.Open(t, url)
	q := start(t, db, count)
	start(t, storetest.Open(t, url), count)
	require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error {
		for range 50 {
			if err := q.Insert(t.Context(), tx, job{}); err != nil {
				return err
			}
		}
		return nil
	}))
	nodetest.Eventually(t, "all is done", func() bool {
		return nodetest.Number(t, db, `SELECT COUNT(*) FROM river_job WHERE kind = 'test' AND state = 'completed'`) == 50
	})
	require.EqualValues(t, 50, runs.Load())
}

// A process whose connections were cut shows again that it lives: else another
// would take its jobs for those of a dead one.
func TestTheLockComesBack(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t, "postgres"))
	start(t, db, func(context.Context, job) error { return nil })
	const held = ` FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() WHERE l.locktype = 'advisory' AND l.classid = 7033418 AND l.granted`
	require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*)`+held))
	require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(pg_terminate_backend(l.pid))`+held))
	nodetest.Eventually(t, "the lock is free", func() bool { return nodetest.Number(t, db, `SELECT COUNT(*)`+held) == 0 })
	nodetest.Eventually(t, "it is held again", func() bool { return nodetest.Number(t, db, `SELECT COUNT(*)`+held) == 1 })
}
