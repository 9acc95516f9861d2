// Package store keeps everything a node knows, in SQLite or PostgreSQL.
//
// It is the only room with GORM and with SQL. A Reader has every query; a Tx,
// handed out by DB.Write, adds the writes, so that who holds a Reader cannot
// write. One file holds one noun. Times are milliseconds since 1970 (see
// Time), ids are 64 bits ordered by time (see NewID), and what a reader may
// see of a post is decided in visibility.go, once as a predicate and once as
// a condition in SQL.
package store
