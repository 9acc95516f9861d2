package outbox

import (
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
	gateLongest  = 30 * time.Minute
)

type gate struct {
	places chan struct{}
	mu     sync.Mutex
	failed int
	until  time.Time
}

func (g *gates) of(host federation.Host) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hosts == nil {
		g.hosts = map[federation.Host]*gate{}
	}
	one := g.hosts[host]
	if one == nil {
		one = &gate{places: make(chan struct{}, gateWidth)}
		g.hosts[host] = one
	}
	return one
}

// shutUntil is when the host may be tried again, 0 if it may be now.
func (g *gate) shutUntil() store.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.until) {
		return store.TimeOf(g.until)
	}
	return 0
}

func (g *gate) enter() { g.places <- struct{}{} }

// leave notes how it went. Any answer but one of a broken server shows that
// the host is there. Those that were under way together and fail together are
// one failure of the host.
func (g *gate) leave(r federation.Result) {
	<-g.places
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Status != 0 && r.Status < 500 {
		g.failed, g.until = 0, time.Time{}
		return
	}
	if time.Now().Before(g.until) {
		return
	}
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
