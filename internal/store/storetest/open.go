// Package storetest opens throw-away databases for tests, on SQLite and on
// PostgreSQL, and holds the conformance suite that both must pass.
package storetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"parley/internal/store"
)

// PostgresEnv names the variable with the URL of a PostgreSQL server on which
// tests may make databases. `make test` sets it.
const PostgresEnv = "PARLEY_TEST_POSTGRES"

// Each runs test on every kind of database, each time on an empty one.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) { test(t, Open(t, URL(t, kind))) })
	}
}

// URL is the address of a new, empty database of the kind, sqlite or postgres,
// that is gone after the test.
func URL(t testing.TB, kind string) string {
	t.Helper()
	if kind == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "parley.db")
	}
	server := os.Getenv(PostgresEnv)
	if server == "" {
		t.Skipf("%s is not set: run `make test`, or set it to the URL of a PostgreSQL server on which databases may be made", PostgresEnv)
	}
	ctx := context.Background()
	name := fmt.Sprintf("parley_test_%d", store.NewID())
	admin(t, ctx, server, "CREATE DATABASE "+name)
	admin(t, ctx, server, "ALTER DATABASE "+name+" SET synchronous_commit = off") // nobody cuts its power
	t.Cleanup(func() { admin(t, ctx, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Open opens and migrates the database at url, and closes it after the test.
func Open(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

func admin(t testing.TB, ctx context.Context, server, query string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, query); err != nil {
		t.Fatal(err)
	}
}
