package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"parley/internal/fault"
)

// sqliteCopy is the file in which Snapshot keeps a database in SQLite.
const sqliteCopy = "parley.db"

// KindOf is the kind of database that a URL names, sqlite or postgres.
func KindOf(url string) string {
	if strings.HasPrefix(url, "sqlite:") {
		return "sqlite"
	}
	return "postgres"
}

// Kind is the kind of database that this is, sqlite or postgres.
func (db *DB) Kind() string {
	if db.Postgres != nil {
		return "postgres"
	}
	return "sqlite"
}

// Snapshot writes the whole database, as it is at one moment and while others go
// on writing, into files below dir, whose names it gives. look reads what was copied.
// The steps of migration that the database has had are needed to fill another.
func (db *DB) Snapshot(ctx context.Context, dir string, look func(Reader) error) (files []string, err error) {
	if db.Postgres != nil {
		return db.snapshotPostgres(ctx, dir, look)
	}
	// The copy is one read of the source, in WAL mode in nobody's way. The backup
	// interface of SQLite would begin anew whenever another process has written.
	file := filepath.Join(dir, sqliteCopy)
	if _, err := db.SQLite.ExecContext(ctx, `VACUUM INTO ?`, file); err != nil {
		return nil, fmt.Errorf("copy the database: %w", err)
	}
	return []string{sqliteCopy}, readCopy(ctx, file, look)
}

// readCopy has look read a copy in SQLite that is whole, and does not touch it.
func readCopy(ctx context.Context, file string, look func(Reader) error) error {
	at := &url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "mode=ro&immutable=1"}
	pool, err := sql.Open("sqlite", at.String())
	if err != nil {
		return err
	}
	defer pool.Close()
	var said string
	if err := pool.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return fmt.Errorf("check the copy of the database: %w", err)
	}
	if said != "ok" {
		return fmt.Errorf("the copy of the database is damaged, and so may be the database: %s", said)
	}
	g, err := gormOver(sqliteDialect{}, pool)
	if err != nil {
		return err
	}
	return look(Reader{g: g}.With(ctx))
}

// Refilled is a database to be filled from what Snapshot wrote.
type Refilled struct {
	URL   string  // of an empty database
	Dir   string  // where the files are
	Steps []int64 // of migration, that it had
	// Queue makes the tables of the job queue, or brings them up to date.
	Queue func(context.Context, *DB) error
	// Finish sees the whole, brought up to date, and may change it.
	Finish func(*Tx) error
}

// Refill fills an empty database and brings it up to this program's version.
// One in SQLite appears under its name when all is done. In PostgreSQL all rows
// are there or none.
func Refill(ctx context.Context, r Refilled) error {
	if file, ok := strings.CutPrefix(r.URL, "sqlite:"); ok {
		return refillSQLite(ctx, r, file)
	}
	db, err := Open(ctx, r.URL)
	if err != nil {
		return err
	}
	return errors.Join(db.refillPostgres(ctx, r), db.Close())
}

func refillSQLite(ctx context.Context, r Refilled, file string) error {
	part := file + ".restoring"
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	if err := forget(part, part+"-wal", part+"-shm"); err != nil { // of one that was killed
		return err
	}
	if err := copyFile(filepath.Join(r.Dir, sqliteCopy), part); err != nil {
		return err
	}
	db, err := Open(ctx, "sqlite:"+part)
	if err != nil {
		return err
	}
	if err := errors.Join(db.finish(ctx, r), db.settle(ctx), db.Close()); err != nil {
		return err
	}
	// All is in the file by now; what lies beside it has its old name.
	if err := forget(part+"-wal", part+"-shm"); err != nil {
		return err
	}
	return os.Rename(part, file)
}

// forget removes files that may be there.
func forget(names ...string) error {
	for _, name := range names {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// settle writes what waits beside the file of a database in SQLite into it.
func (db *DB) settle(ctx context.Context) error {
	var busy, pages, moved int
	if err := db.SQLite.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("the database that is restored is used by somebody else")
	}
	return nil
}

// finish brings a database that has its rows up to date.
func (db *DB) finish(ctx context.Context, r Refilled) error {
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := r.Queue(ctx, db); err != nil {
		return err
	}
	return db.Write(ctx, r.Finish)
}

// copyFile copies to a name that is free, and to the disk.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = target.ReadFrom(source)
	return errors.Join(err, target.Sync(), target.Close())
}

// Exists is a fault where there is no file of a database in SQLite at url, which
// opening it would make.
func Exists(url string) error {
	file, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return nil
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return Current(nil)
	}
	return nil
}

// Vacant is a fault that says what to do where there is something at url already,
// in the way of a database that is to be filled.
func Vacant(ctx context.Context, url string) error {
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		for _, name := range []string{file, file + "-wal"} {
			if _, err := os.Stat(name); err == nil {
				return fault.New(fault.Conflict, fmt.Sprintf("There is a database at %s already. Stop the node and move %s* away, or name another in database.url", file, file))
			} else if !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		return nil
	}
	db, err := Open(ctx, url)
	if err != nil {
		return err
	}
	tables, err := db.With(ctx).number(`SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()`)
	if err = errors.Join(err, db.Close()); err == nil && tables > 0 {
		err = fault.New(fault.Conflict, "The database has tables already. Stop the node, make an empty database (createdb) and name it in database.url")
	}
	return err
}
