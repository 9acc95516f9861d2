package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"parley/internal/fault"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the tables up to this program's version and tells how many
// steps that took. Where they are current it costs one look. A database that a newer
// program has changed is a fault.Conflict, and left alone.
func (db *DB) Migrate(ctx context.Context) (done int, err error) {
	return done, db.migrating(ctx, func(p *goose.Provider) error {
		steps, err := db.Steps(ctx)
		if err != nil {
			return err
		}
		if err := Known(steps); err != nil {
			return err
		}
		if pending, err := p.HasPending(ctx); err != nil || !pending {
			return err
		}
		results, err := p.Up(ctx)
		done = len(results)
		return err
	})
}

// migrateBy makes the tables by the steps, in the order in which they were taken.
func (db *DB) migrateBy(ctx context.Context, steps []int64) error {
	return db.migrating(ctx, func(p *goose.Provider) error {
		for _, step := range steps {
			if _, err := p.ApplyVersion(ctx, step, true); err != nil {
				return err
			}
		}
		return nil
	})
}

func (db *DB) migrating(ctx context.Context, act func(*goose.Provider) error) error {
	pool := db.SQLite
	if db.Postgres != nil {
		pool = stdlib.OpenDBFromPool(db.Postgres)
		defer pool.Close()
	}
	provider, err := db.provider(pool)
	if err != nil {
		return err
	}
	return act(provider)
}

// Steps are the steps of migration that the database has had, in their order;
// none where there is nothing.
func (r Reader) Steps(ctx context.Context) ([]int64, error) {
	r = r.With(ctx)
	there := `SELECT COUNT(*) FROM sqlite_schema WHERE name = 'goose_db_version'`
	if r.postgres {
		there = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'goose_db_version'`
	}
	if n, err := r.number(there); err != nil || n == 0 {
		return nil, err
	}
	return r.ids(`SELECT version_id FROM goose_db_version WHERE is_applied AND version_id <> 0 ORDER BY id`)
}

// Known is a fault.Conflict where a database had steps that this program does not
// know.
func Known(steps []int64) error {
	ours := allSteps()
	for _, step := range steps {
		if !slices.Contains(ours, step) {
			return fault.New(fault.Conflict, fmt.Sprintf("The database was changed by a newer Parley: it has had step %d, and this program knows the steps up to %d. "+
				"Run the newer program, or restore a backup that was made before the upgrade", step, ours[len(ours)-1]))
		}
	}
	return nil
}

// Current is a fault.Conflict where a database that had the steps is not one of
// this program's version.
func Current(steps []int64) error {
	if len(steps) == 0 {
		return fault.New(fault.Conflict, "There is no database of Parley there: see database.url and data_dir in the settings")
	}
	if err := Known(steps); err != nil {
		return err
	}
	if len(steps) < len(allSteps()) {
		return fault.New(fault.Conflict, "The database was not brought up to this version of Parley yet: use the program that serves it, or run parley migrate first")
	}
	return nil
}

// allSteps are the steps that this program knows.
func allSteps() (steps []int64) {
	files, _ := migrations.ReadDir("migrations/sqlite") // embedded
	for _, f := range files {
		if step, err := goose.NumericComponent(f.Name()); err == nil {
			steps = append(steps, step)
		}
	}
	return steps
}

func (db *DB) provider(pool *sql.DB) (*goose.Provider, error) {
	dialect, dir, options := goose.DialectSQLite3, "migrations/sqlite", []goose.ProviderOption{
		goose.WithSlog(slog.New(slog.DiscardHandler)),
		goose.WithAllowOutofOrder(true), // steps are made side by side, and one may land after its successors
	}
	if db.Postgres != nil {
		// Two processes that start together must not both migrate.
		// One that was killed may hold on until its statement ends.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // seconds, tries
		if err != nil {
			return nil, err
		}
		dialect, dir, options = goose.DialectPostgres, "migrations/postgres", append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, pool, files, options...)
}
