package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// groupWriter commits for everybody who waits at once: SQLite has one writer,
// and a commit costs an fsync however much is in it. Each request runs behind
// a savepoint of its own, so that one that fails takes nothing with it.
type groupWriter struct {
	conn     *sql.Conn
	g        *gorm.DB
	requests chan *request
	done     chan struct{} // closed: take no more
	ended    chan struct{} // closed: what was under way is answered
}

// groupSize bounds how many requests share a commit.
const groupSize = 256

type request struct {
	ctx   context.Context
	apply func(*Tx) error
	after []func()
	err   error
	done  chan struct{}
}

var errClosed = errors.New("the database is closed")

func (w *groupWriter) write(ctx context.Context, apply func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{ctx: ctx, apply: apply, done: make(chan struct{})}
	select {
	case w.requests <- r:
	case <-w.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-r.done:
	case <-w.ended:
		select {
		case <-r.done:
		default:
			return errClosed
		}
	}
	if r.err != nil {
		return r.err
	}
	for _, f := range r.after {
		f()
	}
	return nil
}

func (w *groupWriter) run() {
	defer close(w.ended)
	for {
		select {
		case first := <-w.requests:
			group := w.gather(first)
			w.commit(group)
			for _, r := range group {
				close(r.done)
			}
		case <-w.done:
			return
		}
	}
}

func (w *groupWriter) gather(first *request) []*request {
	group := []*request{first}
	for len(group) < groupSize {
		select {
		case r := <-w.requests:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

func (w *groupWriter) commit(group []*request) {
	ctx := context.Background()
	tx, err := w.conn.BeginTx(ctx, nil)
	if err != nil {
		failAll(group, fmt.Errorf("begin: %w", err))
		return
	}
	for _, r := range group {
		r.err = w.apply(ctx, tx, r, len(group) > 1)
		if errors.Is(r.err, errLost) {
			failAll(group, r.err)
			_ = tx.Rollback() // which SQLite did already
			return
		}
	}
	if len(group) == 1 && group[0].err != nil {
		if err := tx.Rollback(); err != nil {
			group[0].err = errors.Join(group[0].err, err)
		}
		return
	}
	if err := tx.Commit(); err != nil {
		failAll(group, fmt.Errorf("commit: %w", err))
		// After some failures SQLite has ended the transaction and after others it
		// has not; database/sql takes it as ended.
		_, _ = w.conn.ExecContext(ctx, "ROLLBACK")
	}
}

// errLost is what a request ends with where SQLite gave up the transaction that
// it shares, which it does when the disk is full.
var errLost = errors.New("the transaction was given up")

func (w *groupWriter) apply(ctx context.Context, sqlTx *sql.Tx, r *request, savepoint bool) error {
	if err := r.ctx.Err(); err != nil {
		return err // the caller has left
	}
	if !savepoint {
		return w.call(r, sqlTx)
	}
	if err := w.exec(ctx, "SAVEPOINT request"); err != nil {
		return err
	}
	if err := w.call(r, sqlTx); err != nil {
		return errors.Join(err, w.leave(ctx, "ROLLBACK TO request"), w.leave(ctx, "RELEASE request"))
	}
	return w.leave(ctx, "RELEASE request")
}

// call runs the request's function. A panic in it is its caller's failure and
// not the end of everybody's writes.
func (w *groupWriter) call(r *request, sqlTx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while writing: %v", p)
		}
	}()
	g := w.g.Session(&gorm.Session{NewDB: true, Context: context.WithoutCancel(r.ctx)})
	return r.apply(&Tx{Reader: Reader{g: g}, SQL: sqlTx, after: &r.after})
}

// leave is a step out of a savepoint, which is there as long as the transaction is.
func (w *groupWriter) leave(ctx context.Context, query string) error {
	if err := w.exec(ctx, query); err != nil {
		return errors.Join(errLost, err)
	}
	return nil
}

func (w *groupWriter) exec(ctx context.Context, query string) error {
	return w.g.WithContext(ctx).Exec(query).Error
}

func failAll(group []*request, err error) {
	for _, r := range group {
		r.err = err
	}
}

func (w *groupWriter) close() error {
	close(w.done)
	<-w.ended
	return w.conn.Close()
}
