package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"parley/internal/nodetest"
	"parley/internal/store/storetest"
)

// kill is promise 1.
func kill(t testing.TB, full bool) {
	kills := 3
	if full {
		kills = 50
	}
	each(t, func(t testing.TB, database string) {
		url := storetest.URL(t, database)
		s := newServed(t, "social", url, t.TempDir())
		s.start()
		l := newLoad(t, s)
		l.begin(4)
		var longest time.Duration
		for range kills {
			l.moment()
			s.kill()
			longest = max(longest, s.start())
		}
		l.end()
		if !full {
			l.hurry(url)
		}
		a := l.check()
		show(t, "kill", database, "0 lost, 0 doubled", "%d kills: %s; %d deliveries came again under their ids; answers again within %s", kills, a, a.again, longest.Round(time.Millisecond))
	})
}

// each runs a part of a program on each kind of database.
func each(t testing.TB, run func(t testing.TB, database string)) {
	for _, database := range []string{"sqlite", "postgres"} {
		run(t, database)
	}
}

// moment is any, but not before something more was acknowledged.
func (l *load) moment() {
	l.t.Helper()
	enough := l.acknowledged() + 3 + rand.IntN(30)
	nodetest.Eventually(l.t, "something is acknowledged", func() bool { return l.acknowledged() >= enough })
	time.Sleep(rand.N(20 * time.Millisecond))
}

func (l *load) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.posts) + len(l.notes)
}
