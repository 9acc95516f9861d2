package queue_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

type tick struct{}

func (tick) Kind() string { return "tick" }

// process is one of several on a database, with a clock that ticks each minute
// and once at its start.
type process struct {
	db *store.DB
	*queue.Queue
	ran atomic.Int64 // jobs of either kind
}

func begin(t *testing.T, url string, roles queue.Roles) *process {
	t.Helper()
	p := &process{db: storetest.Open(t, url)}
	require.NoError(t, queue.Migrate(t.Context(), p.db))
	var err error
	p.Queue, err = queue.New(p.db, quiet, roles,
		queue.Do(5*time.Second, func(context.Context, job) error { p.ran.Add(1); return nil }),
		queue.Do(5*time.Second, func(context.Context, tick) error { p.ran.Add(1); return nil }),
		queue.Every(time.Minute, tick{}))
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context()))
	t.Cleanup(func() { stop(t, p.Queue) })
	return p
}

func (p *process) put(t *testing.T) {
	t.Helper()
	require.NoError(t, p.db.Write(t.Context(), func(tx *store.Tx) error { return p.Insert(t.Context(), tx, job{}) }))
}

// Each process does what its roles say: who answers requests puts jobs there,
// who works carries them out, who schedules has the clock.
func TestRoles(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "postgres")
	web := begin(t, url, queue.Roles{})
	worker := begin(t, url, queue.Roles{Work: true})
	web.put(t)
	nodetest.Eventually(t, "the worker does it", func() bool { return worker.ran.Load() == 1 })
	require.False(t, worker.Leads())
	require.Zero(t, nodetest.Number(t, web.db, `SELECT COUNT(*) FROM river_job WHERE kind = 'tick'`), "nobody keeps the clock")

	scheduler := begin(t, url, queue.Roles{Schedule: true})
	require.True(t, scheduler.Leads())
	nodetest.Eventually(t, "the clock ticks, and the worker does what is to be done then", func() bool { return worker.ran.Load() == 2 })
	require.Zero(t, web.ran.Load()+scheduler.ran.Load(), "who does not work carries out nothing")
}

// Of several that may lead one does, and when it goes the next.
func TestOneLeads(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "postgres")
	first := begin(t, url, queue.All)
	second := begin(t, url, queue.All)
	require.True(t, first.Leads())
	require.False(t, second.Leads())
	stop(t, first.Queue)
	require.False(t, first.Leads())
	nodetest.Eventually(t, "the other leads", second.Leads)
}

// The lock by which others see that a process lives, and the lead, come back
// after their connection broke, and no job of the living is taken for one of
// the dead meanwhile.
func TestABrokenConnectionIsMadeAnew(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "postgres")
	db := storetest.Open(t, url)
	require.NoError(t, queue.Migrate(t.Context(), db))
	var begun atomic.Int64
	release := make(chan struct{})
	works := queue.Do(time.Minute, func(context.Context, job) error { begun.Add(1); <-release; return nil })
	var all []*queue.Queue
	for range 2 {
		q, err := queue.New(db, quiet, queue.All, works)
		require.NoError(t, err)
		require.NoError(t, q.Start(t.Context()))
		t.Cleanup(func() { stop(t, q) })
		all = append(all, q)
	}
	t.Cleanup(func() { close(release) }) // before they stop
	require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error { return all[0].Insert(t.Context(), tx, job{}) }))
	nodetest.Eventually(t, "the job runs", func() bool { return begun.Load() == 1 })
	const living = `FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() WHERE l.locktype = 'advisory' AND l.classid = 7033418`
	connections := func() (pids []int32) {
		require.NoError(t, db.Postgres.QueryRow(t.Context(), `SELECT COALESCE(array_agg(l.pid), '{}') `+living).Scan(&pids))
		return pids
	}
	old := connections()
	require.Len(t, old, 2)
	nodetest.Exec(t, db, `SELECT pg_terminate_backend(l.pid) `+living)
	nodetest.Eventually(t, "both have shown again that they live", func() bool {
		now := connections()
		return len(now) == 2 && !slices.ContainsFunc(now, func(c int32) bool { return slices.Contains(old, c) })
	})
	nodetest.Eventually(t, "one leads", func() bool { return all[0].Leads() != all[1].Leads() })
	require.EqualValues(t, 1, begun.Load(), "the job was not taken for a dead process's")
	require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*) FROM river_job WHERE state = 'running'`))
}
