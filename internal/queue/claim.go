package queue

import (
	"context"
	"time"
)

// lockClass is the first key of the advisory locks by which processes on one
// PostgreSQL see that another is alive. The second is made from its name.
const lockClass = 7033418

// orphans are the jobs in the hands of a process that holds no lock any more.
const orphans = `UPDATE river_job SET state = 'available' WHERE state = 'running' AND NOT EXISTS (
 SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
 WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.granted
 AND l.objid::bigint = (hashtext(attempted_by[array_upper(attempted_by, 1)])::bigint + 4294967296) % 4294967296)`

// claim shows, for as long as this process lives, that it does, and takes over
// what the dead left behind, now and every few seconds. River by itself would
// wait until a job has run for longer than any may.
func (q *Queue) claim(ctx context.Context, name string) error {
	conn, err := q.db.Postgres.Acquire(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1, hashtext($2))`, lockClass, name); err != nil {
		conn.Release()
		return err
	}
	if _, err := conn.Exec(ctx, orphans, lockClass); err != nil {
		conn.Release()
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	q.release = func() { cancel(); <-done }
	go func() {
		defer close(done)
		// Closed, not given back: the lock goes with the connection.
		defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }()
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := conn.Exec(ctx, orphans, lockClass); err != nil && ctx.Err() == nil {
					q.log.Warn("cannot look for jobs of dead processes", "error", err)
				}
			}
		}
	}()
	return nil
}
