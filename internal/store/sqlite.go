package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go
)

// sqlite opens the embedded database: several readers and one writer, whose
// connection never changes hands, beside one for the job queue.
func (db *DB) openSQLite(ctx context.Context, path string) error {
	reads, err := sql.Open("sqlite", sqliteDSN(path, "query_only(1)"))
	if err != nil {
		return err
	}
	writes, err := sql.Open("sqlite", sqliteDSN(path, "query_only(0)"))
	if err != nil {
		return err
	}
	readers := max(4, 2*runtime.NumCPU())
	reads.SetMaxOpenConns(readers)
	reads.SetMaxIdleConns(readers)
	writes.SetMaxOpenConns(2)
	writes.SetMaxIdleConns(2)
	db.closers = append(db.closers, reads.Close, writes.Close)

	// The file is made, and put into WAL mode, by the writer.
	conn, err := writes.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	reader, err := gormOver(sqliteDialect{}, reads)
	if err != nil {
		return err
	}
	writer, err := gormOver(sqliteDialect{}, conn)
	if err != nil {
		return err
	}
	db.SQLite = writes
	db.Reader = Reader{g: reader}
	w := &groupWriter{conn: conn, g: writer, requests: make(chan *request, 1024), done: make(chan struct{}), ended: make(chan struct{})}
	db.closers = append([]func() error{w.close}, db.closers...)
	db.write = w.write
	go w.run()
	return nil
}

func sqliteDSN(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"cache_size(-16000)", "temp_store(MEMORY)", "mmap_size(268435456)", "wal_autocheckpoint(4000)",
	}, pragmas...) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func gormOver(d gorm.Dialector, pool gorm.ConnPool) (*gorm.DB, error) {
	_, isSQLite := d.(sqliteDialect)
	g, err := gorm.Open(d, &gorm.Config{
		ConnPool:               pool,
		SkipDefaultTransaction: true,
		PrepareStmt:            isSQLite, // pgx keeps statements itself
		Logger:                 logger.Discard,
		DisableAutomaticPing:   true,
	})
	if err != nil {
		return nil, err
	}
	return g, g.Use(watch{})
}

// sqliteDialect tells GORM how SQLite writes things. Goose makes the tables,
// so there is no migrator, and GORM's own driver, which links SQLite's C even
// when it does not use it, is not needed.
type sqliteDialect struct{}

func (sqliteDialect) Name() string { return "sqlite" }

func (sqliteDialect) Initialize(db *gorm.DB) error {
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses: []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses: []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses: []string{"DELETE", "FROM", "WHERE", "RETURNING"},
	})
	return nil
}

func (sqliteDialect) Migrator(*gorm.DB) gorm.Migrator { return nil }

func (sqliteDialect) DataTypeOf(*schema.Field) string { return "" }

func (sqliteDialect) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

func (sqliteDialect) BindVarTo(writer clause.Writer, _ *gorm.Statement, _ any) {
	_ = writer.WriteByte('?')
}

func (sqliteDialect) QuoteTo(writer clause.Writer, name string) {
	_, _ = writer.WriteString(`"` + strings.ReplaceAll(name, ".", `"."`) + `"`)
}

func (sqliteDialect) Explain(query string, vars ...any) string {
	return logger.ExplainSQL(query, nil, `"`, vars...)
}
