package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"parley/internal/store"
	"parley/internal/telemetry"
)

// Job is the arguments of a piece of work; its Kind names the work. It is
// stored as JSON.
type Job interface{ Kind() string }

// Queue takes jobs, and after Start runs them.
type Queue struct {
	db      *store.DB
	log     *slog.Logger
	roles   Roles
	config  *river.Config
	onPG    *river.Client[pgx.Tx]
	onLite  *river.Client[*sql.Tx]
	leads   atomic.Bool
	release func()
}

// Roles are what a process does for a queue beside putting jobs into it.
type Roles struct {
	Work     bool // carry jobs out
	Schedule bool // be ready to lead: enqueue by the clock, send on what waits for its time, clean up
}

// All is what the only process on a database does.
var All = Roles{Work: true, Schedule: true}

// Work is what is done for one kind of job.
type Work func(*river.Config)

// Do says that jobs of T's kind are done by do, which gets at most timeout. A
// failure is tried again with a growing pause.
func Do[T Job](timeout time.Duration, do func(context.Context, T) error) Work {
	return func(c *river.Config) { river.AddWorker(c.Workers, &worker[T]{do: do, timeout: timeout}) }
}

// Every says that job is put into the queue at each interval, once for all
// processes.
func Every(interval time.Duration, job Job) Work {
	return func(c *river.Config) {
		c.PeriodicJobs = append(c.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(interval),
			func() (river.JobArgs, *river.InsertOpts) {
				return job, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: interval}}
			}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
}

type worker[T Job] struct {
	river.WorkerDefaults[T]
	do      func(context.Context, T) error
	timeout time.Duration
}

func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	ctx, span := telemetry.Start(telemetry.WithParent(ctx, parentOf(job.Metadata)), telemetry.Consumer, "job "+job.Kind)
	begun := time.Now()
	err := w.do(ctx, job.Args)
	result, failed := "done", err
	if _, later := errors.AsType[*river.JobSnoozeError](err); later {
		result, failed = "later", nil
	} else if err != nil {
		result = "failed"
	}
	telemetry.Job(job.Kind, result, time.Since(begun))
	span.End(failed)
	return err
}

// trace is what a job knows of the span that it was made in.
type trace struct {
	Parent string `json:"traceparent"`
}

func parentOf(metadata []byte) string {
	var t trace
	_ = json.Unmarshal(metadata, &t) // River's own, an object
	return t.Parent
}

func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

// Later, returned by a job, has it run again after d. That is no failure.
func Later(d time.Duration) error { return river.JobSnooze(d) }

// idleQueue is where a process looks for jobs that only leads: River leads
// nothing without a queue. No job is ever put there.
const idleQueue = "none"

// New makes a queue over the database. With a role, and then with all works
// whatever the role is, it can be started.
func New(db *store.DB, log *slog.Logger, roles Roles, works ...Work) (*Queue, error) {
	q := &Queue{db: db, log: log, roles: roles, release: func() {}}
	q.config = &river.Config{Logger: quiet(log), SkipUnknownJobCheck: true}
	if roles != (Roles{}) {
		q.config.Workers = river.NewWorkers()
		q.config.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 200}}
		if !roles.Work {
			q.config.Queues = map[string]river.QueueConfig{idleQueue: {MaxWorkers: 1}}
		}
		q.config.FetchCooldown = 20 * time.Millisecond
		q.config.FetchPollInterval = 500 * time.Millisecond
		q.config.CompletedJobRetentionPeriod = time.Hour
		q.config.RescueStuckJobsAfter = time.Hour
		for _, w := range works {
			w(q.config)
		}
		if !roles.Schedule {
			q.config.PeriodicJobs, q.config.LeaderElectionDisabled = nil, true
		}
	}
	var err error
	if db.Postgres != nil {
		q.onPG, err = river.NewClient(riverpgxv5.New(db.Postgres), q.config)
	} else {
		q.onLite, err = river.NewClient(riversqlite.New(db.SQLite), q.config)
	}
	return q, err
}

// Migrate brings the queue's own tables up to date.
func Migrate(ctx context.Context, db *store.DB) error {
	silent := slog.New(slog.NewTextHandler(io.Discard, nil))
	config := &rivermigrate.Config{Logger: silent}
	if db.Postgres != nil {
		m, err := rivermigrate.New(riverpgxv5.New(db.Postgres), config)
		if err != nil {
			return err
		}
		return migrate(ctx, m)
	}
	m, err := rivermigrate.New(riversqlite.New(db.SQLite), config)
	if err != nil {
		return err
	}
	return migrate(ctx, m)
}

func migrate[T any](ctx context.Context, m *rivermigrate.Migrator[T]) error {
	have, err := m.ExistingVersions(ctx)
	if err != nil || len(have) == len(m.AllVersions()) {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Insert stores a job in the transaction.
func (q *Queue) Insert(ctx context.Context, tx *store.Tx, job Job) error {
	return q.insert(ctx, tx, job, nil)
}

func (q *Queue) insert(ctx context.Context, tx *store.Tx, job Job, opts *river.InsertOpts) error {
	// A transaction, once begun, is not given up because its caller has left.
	ctx = context.WithoutCancel(ctx)
	if parent := telemetry.Parent(ctx); parent != "" {
		metadata, err := json.Marshal(trace{parent})
		if err != nil {
			return err
		}
		if opts == nil {
			opts = &river.InsertOpts{}
		}
		opts.Metadata = metadata
	}
	var err error
	if q.onPG != nil {
		_, err = q.onPG.InsertTx(ctx, tx.PGX, job, opts)
	} else {
		_, err = q.onLite.InsertTx(ctx, tx.SQL, job, opts)
	}
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

// Leads reports whether this process is the one, of all on the database that
// schedule, which does what only one has to do. On a PostgreSQL server that
// goes away nobody leads; of a process that dies another takes over within
// seconds.
func (q *Queue) Leads() bool { return q.leads.Load() }

// Waiting is what a queue has to do now.
type Waiting struct {
	Jobs   int
	Oldest time.Duration // how long the first of them has waited
	Led    bool          // some process leads; on SQLite always, where no other process can tell
}

// Waiting looks at the queue, for all processes.
func (q *Queue) Waiting(ctx context.Context) (w Waiting, err error) {
	var seconds float64
	if q.onPG == nil {
		err = q.db.SQLite.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE((julianday('now') - julianday(MIN(scheduled_at))) * 86400, 0) FROM river_job WHERE state = 'available'`).Scan(&w.Jobs, &seconds)
		w.Led = true // by the one process that serves, or by nobody who could be asked
	} else {
		err = q.db.Postgres.QueryRow(ctx, `SELECT COUNT(*), COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - MIN(scheduled_at)), 0),
 EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.granted)
 FROM river_job WHERE state = 'available'`, leadClass).Scan(&w.Jobs, &seconds, &w.Led)
	}
	w.Oldest = time.Duration(max(seconds, 0) * float64(time.Second))
	return w, err
}

// Start does what the roles say until Stop, with none nothing. What a process
// that died had in hand is taken over first.
func (q *Queue) Start(ctx context.Context) error {
	if q.roles == (Roles{}) {
		return nil
	}
	if q.onPG != nil {
		if err := q.claim(ctx, q.onPG.ID()); err != nil {
			return err
		}
		return q.onPG.Start(ctx)
	}
	if _, err := q.db.SQLite.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`); err != nil {
		return err
	}
	q.leads.Store(q.roles.Schedule)
	return q.onLite.Start(ctx)
}

// Stop lets running jobs finish until ctx ends, then cancels them: they will
// run again.
func (q *Queue) Stop(ctx context.Context) error {
	if q.roles == (Roles{}) {
		return nil
	}
	defer q.release()
	stop, cancel := q.stoppers()
	if err := stop(ctx); err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	last, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer done()
	return cancel(last)
}

func (q *Queue) stoppers() (stop, cancel func(context.Context) error) {
	if q.onPG != nil {
		return q.onPG.Stop, q.onPG.StopAndCancel
	}
	return q.onLite.Stop, q.onLite.StopAndCancel
}

// quiet keeps River's own log to what an operator has to know.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(&atLeast{Handler: log.Handler(), level: slog.LevelWarn})
}

type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h *atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

func (h *atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &atLeast{Handler: h.Handler.WithAttrs(attrs), level: h.level}
}

func (h *atLeast) WithGroup(name string) slog.Handler {
	return &atLeast{Handler: h.Handler.WithGroup(name), level: h.level}
}

// InsertAt stores a job that runs at the given time, within a few seconds.
func (q *Queue) InsertAt(ctx context.Context, tx *store.Tx, job Job, at time.Time) error {
	return q.insert(ctx, tx, job, &river.InsertOpts{ScheduledAt: at})
}
