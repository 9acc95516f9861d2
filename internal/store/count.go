package store

import (
	"errors"
	"sync/atomic"

	"gorm.io/gorm"
)

// CountQueries counts from now on what the database is asked outside of Write,
// for tests that hold a page to its number of queries. Call it once, before
// anything is under way.
func (db *DB) CountQueries() (*atomic.Int64, error) {
	var n atomic.Int64
	count := func(*gorm.DB) { n.Add(1) }
	callbacks := db.g.Callback()
	return &n, errors.Join(
		callbacks.Query().Before("*").Register("count", count),
		callbacks.Row().Before("*").Register("count", count),
	)
}
