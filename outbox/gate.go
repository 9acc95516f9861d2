package outbox

import (
	"maps"
	"sync"
	"time"

	"parley/federation"
	"parley/internal/store"
)

// gates keep hosts from getting in each other's way: each takes a few
// deliveries at a time, and one that does not answer is left alone for a while.
type gates struct {
	mu    sync.Mutex
	hosts map[federation.Host]*gate
}

const (
	gateWidth    = 16               // deliveries to a host at a time
	gatePatience = 3                // failures in a row before a host is left alone
	gatePause    = 30 * time.Second // for how long, doubled with each failure after
	gateLongest  = 90 * time.Minute // so that a host that is away is tried at most 40 times a day
	gateProbe    = 20 * time.Second // how long all wait at most for how one fares that goes ahead
	gateGlance   = 2 * time.Second  // how often they look
	gateWait     = time.Second      // how long a delivery waits for a place before it makes way for others
	maxGates     = 10_000           // hosts remembered, beside those that fail or are busy
)

type gate struct {
	places chan struct{}
	mu     sync.Mutex
	failed int
	until  time.Time
	probe  bool // one goes ahead of the others
}

func (g *gates) of(host federation.Host) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hosts == nil {
		g.hosts = map[federation.Host]*gate{}
	}
	one := g.hosts[host]
	if one == nil {
		if len(g.hosts) >= maxGates {
			maps.DeleteFunc(g.hosts, func(_ federation.Host, other *gate) bool { return other.idle() })
		}
		one = &gate{places: make(chan struct{}, gateWidth)}
		g.hosts[host] = one
	}
	return one
}

// idle reports whether there is nothing to remember of the host.
func (g *gate) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed == 0 && len(g.places) == 0
}

// enter waits a little for a place, and is 0 where it has one. Where there is
// none, or the host is left alone, it is when to come again.
func (g *gate) enter() store.Time {
	wait := time.NewTimer(gateWait)
	defer wait.Stop()
	select {
	case g.places <- struct{}{}:
	case <-wait.C:
		return store.Now().Add(gateGlance)
	}
	until := g.shutUntil()
	if until > 0 {
		<-g.places
	}
	return until
}

// shutUntil is when the host may be tried again, 0 if it may be now. After a
// pause one goes ahead and the others wait for how it fares: a host that is
// still down is asked once, however much waits for it.
func (g *gate) shutUntil() store.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case !now.Before(g.until):
	case g.probe:
		return store.TimeOf(now.Add(gateGlance))
	default:
		return store.TimeOf(g.until)
	}
	if g.failed >= gatePatience {
		g.until, g.probe = now.Add(gateProbe), true
	}
	return 0
}

// leave notes how it went. Any answer but one of a broken server shows that
// the host is there. Those that were under way together and fail together are
// one failure of the host.
func (g *gate) leave(r federation.Result) {
	<-g.places
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Status != 0 && r.Status < 500 {
		g.failed, g.until, g.probe = 0, time.Time{}, false
		return
	}
	if !g.probe && time.Now().Before(g.until) {
		return
	}
	g.probe = false
	g.failed++
	if over := g.failed - gatePatience; over >= 0 {
		g.until = time.Now().Add(min(gatePause<<min(over, 10), gateLongest))
	}
}

// senders are goroutines that wait a little for more work when they are done.
// An RSA signature needs a deep stack, and growing one anew for each delivery
// costs more than the rest of it.
type senders struct {
	once sync.Once
	work chan func()
}

// senderIdle is how long a sender waits for more work.
const senderIdle = 5 * time.Second

func (s *senders) run(f func()) {
	s.once.Do(func() { s.work = make(chan func()) })
	select {
	case s.work <- f:
	default:
		go s.loop(f)
	}
}

func (s *senders) loop(f func()) {
	idle := time.NewTimer(senderIdle)
	defer idle.Stop()
	for {
		f()
		idle.Reset(senderIdle)
		select {
		case f = <-s.work:
		case <-idle.C:
			return
		}
	}
}
