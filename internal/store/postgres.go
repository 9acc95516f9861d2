package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// openPostgres opens one pool for GORM and for the job queue.
func (db *DB) openPostgres(ctx context.Context, url string) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database.url is not a PostgreSQL URL: %w", err)
	}
	config.MaxConns = max(config.MaxConns, int32(8*runtime.NumCPU()))
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	// Our queries are ranges of an index whatever the values are; planning them
	// anew for each set of values costs more than running them.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	// For a page of forty such a join may read the whole table of posts.
	config.ConnConfig.RuntimeParams["enable_hashjoin"] = "off"
	config.ConnConfig.RuntimeParams["enable_mergejoin"] = "off"
	// Several workers for a page cost more than they bring, and begin what is
	// not needed: see byEra.
	config.ConnConfig.RuntimeParams["max_parallel_workers_per_gather"] = "0"
	// To compile a query for a page takes a hundred times as long as to run it.
	config.ConnConfig.RuntimeParams["jit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	conns := stdlib.OpenDBFromPool(pool)
	g, err := gormOver(postgres.New(postgres.Config{Conn: conns}), conns)
	if err != nil {
		pool.Close()
		return err
	}
	db.Postgres = pool
	db.closers = append(db.closers, conns.Close, func() error { pool.Close(); return nil })
	db.Reader = Reader{g: g, postgres: true}
	db.write = func(ctx context.Context, apply func(*Tx) error) error {
		err := inPostgres(ctx, g, conns, pgx.TxOptions{}, apply)
		for tries := 1; tries < maxTries && collided(err); tries++ {
			err = inPostgres(ctx, g, conns, pgx.TxOptions{}, apply)
		}
		return err
	}
	db.frozen = func(ctx context.Context, look func(*Tx) error) error {
		return inPostgres(ctx, g, conns, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, look)
	}
	return nil
}

// maxTries is how often a write is tried that others get in the way of.
const maxTries = 4

// collided reports whether a write met another that was under way: it stored
// what was not there a moment ago, or each waited for the other. Once more,
// and it sees what the other did.
func collided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains([]string{"23505", "40P01", "40001"}, e.Code)
}

// inPostgres runs apply in a transaction that GORM and pgx both hold: pgx
// begins it, GORM speaks over the same connection.
func inPostgres(ctx context.Context, g *gorm.DB, conns *sql.DB, options pgx.TxOptions, apply func(*Tx) error) error {
	conn, err := conns.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var raw *pgx.Conn
	if err := conn.Raw(func(c any) error { raw = c.(*stdlib.Conn).Conn(); return nil }); err != nil {
		return err
	}
	if options.AccessMode != pgx.ReadOnly {
		ctx = context.WithoutCancel(ctx)
	}
	pgxTx, err := raw.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	session := g.Session(&gorm.Session{NewDB: true, Context: ctx})
	session.Statement.ConnPool = conn
	tx := &Tx{Reader: Reader{g: session, postgres: true}, PGX: pgxTx, after: new([]func())}
	if err := applyPostgres(tx, apply); err != nil {
		return errors.Join(err, pgxTx.Rollback(context.WithoutCancel(ctx)))
	}
	if err := pgxTx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range *tx.after {
		f()
	}
	return nil
}

func applyPostgres(tx *Tx, apply func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while writing: %v", p)
		}
	}()
	return apply(tx)
}
