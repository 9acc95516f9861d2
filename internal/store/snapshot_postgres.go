package store

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The rows of PostgreSQL are kept as one CSV file a table, and the tables are made
// by the same steps that made them first. So neither the programs of PostgreSQL are
// asked for, nor theirs in the version of the server, and what is kept can be read
// by another version of it.
const csvSuffix = ".csv"

// transient are tables that say what a running process does, or which steps made
// the others.
var transient = []string{"goose_db_version", "river_migration", "river_leader", "river_client", "river_client_queue"}

func (db *DB) snapshotPostgres(ctx context.Context, dir string, look func(Reader) error) (files []string, err error) {
	err = db.frozen(ctx, func(tx *Tx) error {
		tables, err := tx.tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := tx.copyOut(ctx, table, filepath.Join(dir, table.name+csvSuffix)); err != nil {
				return fmt.Errorf("copy the table %s: %w", table.name, err)
			}
			files = append(files, table.name+csvSuffix)
		}
		return look(tx.Reader)
	})
	return files, err
}

// table is one of ours.
type table struct {
	name    string
	columns []string // that are stored, and not made of others
}

func (t table) list() string { return identifiers(t.columns) }

func identifiers(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

// tables are all whose rows are kept, each after those that it refers to.
func (tx *Tx) tables(ctx context.Context) ([]table, error) {
	rows, err := tx.PGX.Query(ctx, `SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relname = ANY ($1) GROUP BY c.relname ORDER BY c.relname`, transient)
	if err != nil {
		return nil, err
	}
	left, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t table, err error) { return t, row.Scan(&t.name, &t.columns) })
	if err != nil {
		return nil, err
	}
	rows, err = tx.PGX.Query(ctx, `SELECT c.relname::text, f.relname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
 WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND c.relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return nil, err
	}
	refers := map[string][]string{}
	var from, to string
	if _, err := pgx.ForEachRow(rows, []any{&from, &to}, func() error { refers[from] = append(refers[from], to); return nil }); err != nil {
		return nil, err
	}
	var ordered []table
	placed := map[string]bool{}
	for len(left) > 0 {
		before := len(left)
		left = slices.DeleteFunc(left, func(t table) bool {
			if slices.ContainsFunc(refers[t.name], func(other string) bool { return !placed[other] }) {
				return false
			}
			ordered, placed[t.name] = append(ordered, t), true
			return true
		})
		if len(left) == before {
			return nil, fmt.Errorf("the table %s refers in a circle to itself", left[0].name)
		}
	}
	return ordered, nil
}

func (tx *Tx) copyOut(ctx context.Context, t table, file string) error {
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(out, 1<<20)
	_, err = tx.PGX.Conn().PgConn().CopyTo(ctx, buffered, `COPY `+pgx.Identifier{t.name}.Sanitize()+` (`+t.list()+`) TO STDOUT (FORMAT csv, HEADER)`)
	return errors.Join(err, buffered.Flush(), out.Close())
}

// refillPostgres makes the tables as they were, fills them, and brings them up to date.
func (db *DB) refillPostgres(ctx context.Context, r Refilled) error {
	if err := db.migrateBy(ctx, r.Steps); err != nil {
		return err
	}
	if err := r.Queue(ctx, db); err != nil {
		return err
	}
	if err := db.Write(ctx, func(tx *Tx) error { return tx.fill(ctx, r.Dir) }); err != nil {
		return err
	}
	if _, err := db.Postgres.Exec(ctx, `ANALYZE`); err != nil {
		return err
	}
	return db.finish(ctx, r)
}

// fill replaces all rows, also those that the steps put there themselves.
func (tx *Tx) fill(ctx context.Context, dir string) error {
	tables, err := tx.tables(ctx)
	if err != nil {
		return err
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	if _, err := tx.PGX.Exec(ctx, `TRUNCATE `+identifiers(names)); err != nil {
		return err
	}
	for _, t := range tables {
		if err := tx.copyIn(ctx, t, filepath.Join(dir, t.name+csvSuffix)); err != nil {
			return fmt.Errorf("fill the table %s: %w", t.name, err)
		}
		if err := tx.countOn(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// copyIn reads the columns that the file has. A table without a file has come
// with a newer version of the job queue.
func (tx *Tx) copyIn(ctx context.Context, t table, file string) error {
	in, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	buffered := bufio.NewReaderSize(in, 1<<20)
	head, err := buffered.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read its columns: %w", err)
	}
	columns, err := csv.NewReader(strings.NewReader(head)).Read()
	if err != nil {
		return fmt.Errorf("read its columns: %w", err)
	}
	_, err = tx.PGX.Conn().PgConn().CopyFrom(ctx, buffered, `COPY `+pgx.Identifier{t.name}.Sanitize()+` (`+identifiers(columns)+`) FROM STDIN (FORMAT csv)`)
	return err
}

// countOn has the numbers that the database gives go on after those in the table.
func (tx *Tx) countOn(ctx context.Context, t table) error {
	for _, column := range t.columns {
		var sequence *string
		if err := tx.PGX.QueryRow(ctx, `SELECT pg_get_serial_sequence($1, $2)`, pgx.Identifier{t.name}.Sanitize(), column).Scan(&sequence); err != nil {
			return err
		}
		if sequence == nil {
			continue
		}
		most := `(SELECT MAX(` + pgx.Identifier{column}.Sanitize() + `) FROM ` + pgx.Identifier{t.name}.Sanitize() + `)`
		if _, err := tx.PGX.Exec(ctx, `SELECT setval($1::regclass, COALESCE(`+most+`, 1), `+most+` IS NOT NULL)`, *sequence); err != nil {
			return err
		}
	}
	return nil
}
