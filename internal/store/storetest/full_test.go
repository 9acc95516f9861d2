package storetest_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// Where a database is full, SQLite gives up the transaction that many share. Each
// of them is told so or is stored, and the writer goes on when there is space.
func TestFullSQLite(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	run := func(query string, args ...any) error {
		return db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.SQL.Exec(query, args...)
			return err
		})
	}
	require.NoError(t, run(`CREATE TABLE things (name TEXT, body TEXT)`))
	pages := nodetest.Number(t, db, `PRAGMA page_count`)
	require.NoError(t, run(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+100)))
	var mu sync.Mutex
	taken, refused := map[string]bool{}, 0
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			name := fmt.Sprint(i)
			err := run(`INSERT INTO things VALUES (?, ?)`, name, strings.Repeat("x", 20_000))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				taken[name] = true
				return
			}
			refused++
			if !store.Away(err) {
				t.Errorf("not taken for what passes: %v", err)
			}
		})
	}
	all.Wait()
	require.Positive(t, refused)
	require.EqualValues(t, len(taken), nodetest.Number(t, db, `SELECT COUNT(*) FROM things`))
	for name := range taken {
		require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*) FROM things WHERE name = '`+name+`'`))
	}
	require.NoError(t, run(`PRAGMA max_page_count = 1000000`))
	require.NoError(t, run(`INSERT INTO things VALUES ('last', ?)`, strings.Repeat("x", 20_000)))
	require.EqualValues(t, len(taken)+1, nodetest.Number(t, db, `SELECT COUNT(*) FROM things`))
}

// A commit that fails does not keep those after it from writing.
func TestFailedCommit(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	write := func(queries ...string) error {
		return db.Write(t.Context(), func(tx *store.Tx) error {
			for _, q := range queries {
				if _, err := tx.SQL.Exec(q); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, write(`CREATE TABLE parents (id INTEGER PRIMARY KEY)`, `CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)`))
	require.ErrorContains(t, write(`INSERT INTO children VALUES (7)`), "commit")
	require.NoError(t, write(`INSERT INTO parents VALUES (8)`, `INSERT INTO children VALUES (8)`))
	require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*) FROM children`))
}

func TestAway(t *testing.T) {
	for code, want := range map[string]bool{"57P01": true, "57P03": true, "53300": true, "53100": true, "08006": true, "58030": true, "23505": false, "42601": false} {
		require.Equal(t, want, store.Away(fmt.Errorf("write: %w", &pgconn.PgError{Code: code})), code)
	}
	require.False(t, store.Away(errors.New("something else")))
}
