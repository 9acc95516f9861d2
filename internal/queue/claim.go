package queue

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// lockClass is the first key of the advisory locks by which processes on one
// PostgreSQL see that another is alive. The second is made from its name.
const lockClass = 7033418

// orphans are the jobs in the hands of a process that holds no lock any more.
const orphans = `UPDATE river_job SET state = 'available' WHERE state = 'running' AND NOT EXISTS (
 SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
 WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.granted
 AND l.objid::bigint = (hashtext(attempted_by[array_upper(attempted_by, 1)])::bigint + 4294967296) % 4294967296)`

// leadClass is the first key of the lock that the process holds which leads.
const leadClass = lockClass + 1

// claimEvery is how long a dead process, or one that leads no more, is missed.
const claimEvery = 5 * time.Second

// claim shows, for as long as this process lives, that it does, takes over what
// the dead left behind, now and every few seconds, and leads if nobody does.
// River by itself would wait until a job has run for longer than any may.
func (q *Queue) claim(ctx context.Context, name string) error {
	conn, err := q.show(ctx, name)
	if err != nil {
		return err
	}
	if err := q.again(ctx, conn, false); err != nil {
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	q.release = func() { cancel(); <-done }
	go func() {
		defer close(done)
		q.keep(ctx, name, conn)
	}()
	return nil
}

// show takes the lock by which others see that this process lives. It goes
// with the connection, which is nobody else's.
func (q *Queue) show(ctx context.Context, name string) (*pgx.Conn, error) {
	pooled, err := q.db.Postgres.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1, hashtext($2))`, lockClass, name); err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return conn, nil
}

// inherit takes over the jobs of the dead.
func (q *Queue) inherit(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, orphans, lockClass)
	return err
}

// lead leads, if that is a role and nobody does.
func (q *Queue) lead(ctx context.Context, conn *pgx.Conn) error {
	if !q.roles.Schedule || q.leads.Load() {
		return nil
	}
	var leads bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, 1)`, leadClass).Scan(&leads); err != nil {
		return err
	}
	q.leads.Store(leads)
	return nil
}

// keep goes on with claim until ctx ends. A connection that broke took the
// locks along: there is a new one as soon as the database answers.
func (q *Queue) keep(ctx context.Context, name string, conn *pgx.Conn) {
	tick := time.NewTicker(claimEvery)
	defer tick.Stop()
	fresh := false
	for {
		select {
		case <-ctx.Done():
			q.leads.Store(false)
			if conn != nil {
				_ = conn.Close(context.WithoutCancel(ctx))
			}
			return
		case <-tick.C:
		}
		until, cancel := context.WithTimeout(ctx, claimEvery)
		err := q.again(until, conn, fresh)
		fresh = false
		if err != nil {
			q.leads.Store(false)
			if conn != nil {
				_ = conn.Close(context.WithoutCancel(ctx))
			}
			if conn, err = q.show(until, name); err == nil {
				fresh = true
			}
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "cannot look for jobs of dead processes", "error", err)
		}
	}
}

var errNoConnection = errors.New("no connection")

// again leads if nobody does, and takes over what the dead left behind. After
// the connection was made anew it leaves that for a moment: the others, whose
// connections broke too, get the time to come back before they are called dead.
func (q *Queue) again(ctx context.Context, conn *pgx.Conn, fresh bool) error {
	if conn == nil {
		return errNoConnection
	}
	if err := q.lead(ctx, conn); err != nil || fresh {
		return err
	}
	return q.inherit(ctx, conn)
}
