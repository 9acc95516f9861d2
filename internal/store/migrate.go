package store

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the tables up to this program's version and tells how many
// steps that took. Where they are current it costs one look.
func (db *DB) Migrate(ctx context.Context) (int, error) {
	pool := db.SQLite
	if db.Postgres != nil {
		pool = stdlib.OpenDBFromPool(db.Postgres)
		defer pool.Close()
	}
	provider, err := db.provider(pool)
	if err != nil {
		return 0, err
	}
	if pending, err := provider.HasPending(ctx); err != nil || !pending {
		return 0, err
	}
	done, err := provider.Up(ctx)
	return len(done), err
}

func (db *DB) provider(pool *sql.DB) (*goose.Provider, error) {
	dialect, dir, options := goose.DialectSQLite3, "migrations/sqlite", []goose.ProviderOption{
		goose.WithSlog(slog.New(slog.DiscardHandler)),
		goose.WithAllowOutofOrder(true), // steps are made side by side, and one may land after its successors
	}
	if db.Postgres != nil {
		// Two processes that start together must not both migrate.
		locker, err := lock.NewPostgresSessionLocker()
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
