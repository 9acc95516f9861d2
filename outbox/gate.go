package outbox

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"parley/federation"
)

// gates keep hosts from getting in each other's way: each takes a few
// deliveries at a time, and one that does not answer is left alone. They are
// what one process knows; what all have to know is in the rows of hosts.
type gates struct {
	mu    sync.Mutex
	hosts map[federation.Host]*gate
}

// At most gateWidth deliveries fail before a host is left alone, in each
// process, and then one goes ahead at growing intervals: with two processes
// that is less than 40 in a day.
const (
	gateWidth    = 8                // deliveries to a host at a time; one while it fails
	gatePatience = 3                // failures in a row before a host is left alone
	gatePause    = time.Minute      // for how long: at first, and then as long as it has failed
	gateLongest  = 90 * time.Minute // at most
	gateGlance   = 2 * time.Second  // when a delivery comes again that found no place
	gateWait     = time.Second      // how long it waits for one before
	maxGates     = 10_000           // hosts remembered, beside those that fail or are busy
)

type gate struct {
	places chan struct{}
	alone  chan struct{} // the one place of a host that fails
	mu     sync.Mutex
	failed int
	since  time.Time
	until  time.Time
}

// of is the gate of a host that, as its row says, failed so often lately.
func (g *gates) of(host federation.Host, failures int, now time.Time) *gate {
	one := g.find(host)
	one.mu.Lock()
	defer one.mu.Unlock()
	switch {
	case one.failed == 0 && failures > 0:
		one.failed, one.since = failures, now
	case failures == 0 && one.failed >= gatePatience && !now.Before(one.until):
		one.failed = 0 // another process found that it answers
	}
	return one
}

func (g *gates) find(host federation.Host) *gate {
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
		one = &gate{places: make(chan struct{}, gateWidth), alone: make(chan struct{}, 1)}
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

// pass is a place at a host.
type pass struct {
	gate  *gate
	alone bool
}

// enter waits a little for a place. Where there is none, or the host is left
// alone, it is until when.
func (g *gate) enter(now func() time.Time) (*pass, time.Time) {
	wait := time.NewTimer(gateWait)
	defer wait.Stop()
	select {
	case g.places <- struct{}{}:
	case <-wait.C:
		return nil, now().Add(gateGlance)
	}
	p := &pass{gate: g}
	if g.fails() {
		select {
		case g.alone <- struct{}{}:
			p.alone = true
		case <-wait.C:
			p.release()
			return nil, now().Add(gateGlance)
		}
	}
	if until := g.shutUntil(); now().Before(until) {
		p.release()
		return nil, until
	}
	return p, time.Time{}
}

func (g *gate) fails() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed > 0
}

func (g *gate) shutUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until
}

func (p *pass) release() {
	if p.alone {
		<-p.gate.alone
	}
	<-p.gate.places
}

// hostNews is a change in how a host takes what we send, for its row.
type hostNews struct {
	answered bool
	failures int // since the last news
	until    time.Time
	reason   string
}

// leave notes how it went, and tells what is new about the host.
func (p *pass) leave(r federation.Result, now time.Time) *hostNews {
	p.release()
	return p.gate.note(r, now)
}

func (g *gate) note(r federation.Result, now time.Time) *hostNews {
	g.mu.Lock()
	defer g.mu.Unlock()
	if answers(r) {
		if g.failed == 0 {
			return nil
		}
		g.failed, g.until = 0, time.Time{}
		return &hostNews{answered: true}
	}
	if now.Before(g.until) {
		return nil // it was under way with one that failed
	}
	if g.failed == 0 {
		g.since = now
	}
	g.failed++
	news := &hostNews{failures: 1, reason: r.Err.Error()}
	switch {
	case g.failed >= gatePatience || r.After > 0: // RFC 9110 10.2.3
		g.until = now.Add(max(probePause(now.Sub(g.since)), r.After))
		news.until = g.until
	case g.failed > 1:
		return nil
	}
	return news
}

// answers reports whether the host is there. Any answer but one of a broken or
// a busy server shows that.
func answers(r federation.Result) bool {
	return r.Status != 0 && r.Status < 500 && r.Status != http.StatusTooManyRequests
}

// probePause is how long a host is left alone that has failed for so long.
func probePause(failing time.Duration) time.Duration {
	return max(gatePause, min(failing, gateLongest))
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
