package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"parley/internal/fault"
)

// DB is an open database. Its Reader answers every query; Write is the one
// way to change anything.
type DB struct {
	Reader
	// SQLite is the pool for the job queue where the database is SQLite.
	SQLite *sql.DB
	// Postgres is the pool where the database is PostgreSQL.
	Postgres *pgxpool.Pool

	write   func(context.Context, func(*Tx) error) error
	frozen  func(context.Context, func(*Tx) error) error // on PostgreSQL: as all is at one moment
	closers []func() error
}

// Reader answers queries and cannot write.
type Reader struct {
	g        *gorm.DB
	postgres bool
}

// Tx is a transaction: a Reader that sees what was written in it, and every
// write. Exactly one of SQL and PGX is set, for the job queue.
type Tx struct {
	Reader
	SQL   *sql.Tx
	PGX   pgx.Tx
	after *[]func()

	actedBy int64 // the person who acts as the account that does this
	audited bool  // it has a line in the audit trail
}

// Open opens the database at url, sqlite:PATH or postgres://..., without
// touching its tables: see Migrate.
func Open(ctx context.Context, url string) (*DB, error) {
	db := &DB{}
	var err error
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		if err := os.MkdirAll(filepath.Dir(rest), 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of the database: %w", err)
		}
		err = db.openSQLite(ctx, rest)
	case "postgres", "postgresql":
		err = db.openPostgres(ctx, url)
	default:
		return nil, fmt.Errorf("database.url %q: write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME", scheme+":...")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close lets go of the database. Writes that are under way are answered first.
func (db *DB) Close() error {
	var errs []error
	for _, c := range db.closers {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// Write runs apply in one transaction and returns when it is on disk. When
// apply fails nothing of it is kept. It must be quick and must not wait for
// anything but the database: on SQLite it shares its commit with others, and on
// PostgreSQL it is run again where it collides with another.
func (db *DB) Write(ctx context.Context, apply func(*Tx) error) error {
	return db.write(ctx, witnessed(ctx, apply))
}

// locking ends a query whose rows nobody else may change until the transaction ends.
// SQLite has one writer, who needs no such thing.
func (tx *Tx) locking() string {
	if tx.postgres {
		return " FOR UPDATE"
	}
	return ""
}

// After has f called once the transaction is on disk, and not at all if it is
// given up.
func (tx *Tx) After(f func()) { *tx.after = append(*tx.after, f) }

// With is the Reader for a request: its queries end with ctx.
func (r Reader) With(ctx context.Context) Reader {
	return Reader{g: r.g.WithContext(ctx), postgres: r.postgres}
}

// scan runs a query into rows, a pointer to a slice or a struct.
func (r Reader) scan(rows any, query string, args ...any) error {
	return r.g.Raw(query, args...).Scan(rows).Error
}

// one runs a query for a single row; none is a fault.NotFound with what.
func (r Reader) one(row any, what, query string, args ...any) error {
	res := r.g.Raw(query, args...).Scan(row)
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		return fault.New(fault.NotFound, what+" not found")
	}
	return nil
}

// notFound makes a missing row a fault.NotFound.
func notFound(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, what+" not found")
	}
	return err
}

// number runs a query for one number, 0 where there is no row.
func (r Reader) number(query string, args ...any) (int64, error) {
	var n sql.NullInt64
	err := r.g.Raw(query, args...).Scan(&n).Error
	return n.Int64, err
}

// ids runs a query for a column of ids.
func (r Reader) ids(query string, args ...any) ([]int64, error) {
	rows, err := r.g.Raw(query, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// exec runs a write and tells how many rows it touched.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	res := tx.g.Exec(query, args...)
	return res.RowsAffected, res.Error
}

// in is a condition that column is one of ids, and its argument. The text is
// the same for any number of them, so that the statement is prepared once.
func (r Reader) in(column string, ids []int64) (string, any) {
	if !r.postgres {
		list, _ := json.Marshal(ids)
		return column + " IN (SELECT value FROM json_each(?))", string(list)
	}
	b := []byte{'{'}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return column + " = ANY (CAST(? AS bigint[]))", string(append(b, '}'))
}

// inText is in for texts.
func (r Reader) inText(column string, texts []string) (string, any) {
	list, _ := json.Marshal(append([]string{}, texts...)) // of none, [] and not null
	if !r.postgres {
		return column + " IN (SELECT value FROM json_each(?))", string(list)
	}
	return column + " IN (SELECT jsonb_array_elements_text(CAST(? AS jsonb)))", string(list)
}
