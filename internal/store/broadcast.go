package store

import (
	"context"
	"errors"
	"time"
)

// channel is the one that the processes on a PostgreSQL database listen to.
const channel = "parley_events"

// MaxBroadcast is how long a text may be that goes to the other processes, in
// bytes: PostgreSQL takes less than 8000.
const MaxBroadcast = 7900

// Broadcast tells all processes that listen on the database, this one
// included. Who does not listen at that moment misses it. On SQLite there is
// only one process and nothing is done.
func (db *DB) Broadcast(ctx context.Context, text string) error {
	if db.Postgres == nil {
		return nil
	}
	_, err := db.Postgres.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, text)
	return err
}

// Listen hears what is broadcast until ctx ends or the connection does. ready
// is called when it does hear.
func (db *DB) Listen(ctx context.Context, ready func(), hear func(text string)) error {
	if db.Postgres == nil {
		<-ctx.Done()
		return nil
	}
	pooled, err := db.Postgres.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // it goes on listening, so nobody else may have it
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(last)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	ready()
	for {
		n, err := conn.WaitForNotification(ctx)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		hear(n.Payload)
	}
}
