package store

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// Time is a moment in milliseconds since 1970, UTC. Zero stands for never.
type Time int64

// Now is the present moment.
func Now() Time { return TimeOf(time.Now()) }

// TimeOf turns a time.Time into a Time. The zero time.Time is never.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Time is the moment as a time.Time in UTC, zero for never.
func (t Time) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

// Add moves t by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// sequence makes ids of one millisecond differ and grow. It starts anywhere,
// so that two processes on one database do not count in step.
var sequence atomic.Uint64

func init() { sequence.Store(rand.Uint64()) }

// last is the newest id given by NewID.
var last atomic.Int64

// NewID is an id for something that happens now. Ids of one process only grow.
func NewID() int64 {
	for {
		id := IDAt(Now())
		before := last.Load()
		if id <= before {
			id = before + 1
		}
		if last.CompareAndSwap(before, id) {
			return id
		}
	}
}

// IDAt is an id for something that happened at t: 48 bits of milliseconds and
// 16 bits that tell apart what happened in the same one. A moment that lies
// ahead counts as now, so that nobody posts from the future.
func IDAt(t Time) int64 {
	t = max(1, min(t, Now()))
	return int64(t)<<16 | int64(sequence.Add(1)&0xffff)
}

// Unique are the ids in order, each once, without 0. It uses the room of ids.
func Unique(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id int64) bool { return id == 0 })
}
