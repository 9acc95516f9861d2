package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// clock is a time that passes when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// sender is a node of two processes on one database, whose time is a clock's
// and whose jobs run when the clock says so.
type sender struct {
	*nodetest.Node
	clock     *clock
	processes []*nodetest.Node
	next      int
}

func newSender(t testing.TB) *sender {
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	s := &sender{clock: &clock{now: time.Now()}}
	for range 2 {
		s.processes = append(s.processes, s.process(t, db))
	}
	s.Node = s.processes[0]
	return s
}

// process is one more, with nothing in memory, as after a restart.
func (s *sender) process(t testing.TB, db *store.DB) *nodetest.Node {
	n := nodetest.Wire(t, db)
	n.Outbox.Now = s.clock.Now
	return n
}

func (s *sender) restart() {
	for i := range s.processes {
		s.processes[i] = s.process(s.T, s.DB)
	}
}

// run does all that is due, until there is nothing more; both processes take
// their share at the same time.
func (s *sender) run() {
	for {
		now := store.TimeOf(s.clock.Now())
		due, err := s.DB.Stranded(now+1, 1000)
		require.NoError(s.T, err)
		probes, err := s.DB.Forgotten(now+1, 100)
		require.NoError(s.T, err)
		if len(due)+len(probes) == 0 {
			return
		}
		slices.Sort(due)
		var all sync.WaitGroup
		for _, id := range due {
			s.next++
			n := s.processes[s.next%len(s.processes)]
			all.Go(func() { _ = n.Outbox.Deliver(s.T.Context(), outbox.DeliverJob{ActivityID: id}) }) // asks to be run again, or is done
		}
		for _, h := range probes {
			for _, n := range s.processes {
				all.Go(func() { _ = n.Outbox.Probe(s.T.Context(), outbox.ProbeJob{Host: h.Host}) })
			}
		}
		all.Wait()
		for _, h := range probes {
			if h, err := s.DB.Host(h.Host); err == nil && h.State == store.Healthy {
				require.NoError(s.T, s.Outbox.Wake(s.T.Context(), outbox.WakeJob{Host: h.Host}))
			}
		}
	}
}

// partner is a node of somebody else, with one who follows.
type partner struct {
	*nodetest.Node
	mu    sync.Mutex
	tries []time.Time
	told  map[string][]string // kinds of activities taken, by object
}

func newPartner(t testing.TB, s *sender, whom *store.Actor) *partner {
	p := &partner{Node: nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite"))), told: map[string][]string{}}
	p.answer(s.clock, nil)
	bob := p.Person("bob")
	other, err := p.Actors.Find(t.Context(), whom.URI)
	require.NoError(t, err)
	require.NoError(t, p.Outbox.Follow(t.Context(), bob.ID, other.ID, outbox.FollowOptions{}))
	nodetest.Eventually(t, "the follow is accepted", func() bool {
		s.clock.pass(time.Second)
		s.run()
		f, err := p.DB.Follow(bob.ID, other.ID)
		return err == nil && f.Accepted
	})
	return p
}

// answer has deliveries answered by f; with nil they are taken.
func (p *partner) answer(c *clock, f func(http.ResponseWriter)) {
	front := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tries = append(p.tries, c.Now())
		if f != nil {
			f(w)
			return true
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		var a struct {
			Type   string
			Object struct{ ID string }
		}
		if json.Unmarshal(body, &a) == nil && a.Object.ID != "" {
			p.told[a.Object.ID] = append(p.told[a.Object.ID], a.Type)
		}
		return false
	}
	p.Front.Store(&front)
}

func refuse(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// tried is how often the partner was asked, from then on.
func (p *partner) tried(from time.Time) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.tries {
		if !at.Before(from) {
			n++
		}
	}
	return n
}

// says is what the partner shows of a post, empty if it does not.
func (p *partner) says(uri string) string {
	if found := p.Stored(uri); found != nil && found.DeletedAt == 0 {
		return found.Content
	}
	return ""
}

// story is a post with what became of it.
type story struct {
	post  *store.Post
	kinds []string
	ends  string
}

// tell posts, and changes or takes back some of it.
func (s *sender) tell(author *store.Actor, i int) *story {
	t := &story{post: s.Post(author, store.Public, fmt.Sprintf("number %d", i)), kinds: []string{"Create"}, ends: fmt.Sprintf("<p>number %d</p>", i)}
	if i%2 == 0 {
		_, err := s.Outbox.Edit(s.T.Context(), author.ID, t.post.ID, outbox.Draft{Text: fmt.Sprintf("number %d, changed", i)})
		require.NoError(s.T, err)
		t.kinds, t.ends = append(t.kinds, "Update"), fmt.Sprintf("<p>number %d, changed</p>", i)
	}
	if i%5 == 0 {
		_, err := s.Outbox.Delete(s.T.Context(), author.ID, t.post.ID)
		require.NoError(s.T, err)
		t.kinds, t.ends = append(t.kinds, "Delete"), ""
	}
	return t
}

// away is promise 3.
func away(t testing.TB, full bool) {
	s := newSender(t)
	alice := s.Person("alice")
	gone, there := newPartner(t, s, alice), newPartner(t, s, alice)
	step := 10 * time.Minute
	if full {
		step = 2 * time.Minute
	}
	left := s.clock.Now()
	stories := aDayAway(t, s, gone, there, alice, step)
	returns(t, s, gone, stories, left)
	retryAfter(t, s, gone, alice)
	final(t, s, alice)
	forGood(t, s, gone, alice)
}

// aDayAway has a partner away for a day while much is posted.
func aDayAway(t testing.TB, s *sender, gone, there *partner, alice *store.Actor, step time.Duration) []*story {
	gone.answer(s.clock, refuse)
	from := s.clock.Now()
	var stories []*story
	for i := 1; s.clock.Now().Before(from.Add(24 * time.Hour)); i++ {
		if s.clock.Now().Before(from.Add(12 * time.Hour)) {
			stories = append(stories, s.tell(alice, i))
		}
		if i == 30 {
			s.restart()
		}
		s.run()
		for _, one := range stories[max(0, len(stories)-1):] {
			require.Equal(t, one.ends, there.says(one.post.URI), "the other partner has it at once")
		}
		s.clock.pass(step)
	}
	tries := gone.tried(from)
	require.LessOrEqual(t, tries, 40)
	require.Greater(t, tries, 10)
	host, err := s.DB.Host(hostOf(gone))
	require.NoError(t, err)
	require.Equal(t, store.Unavailable, host.State)
	t.Logf("away for a day: asked %d times, by two processes and after a restart, with %d posts waiting; the other partner had each at once", tries, len(stories))
	return stories
}

func hostOf(p *partner) string { return strings.TrimPrefix(p.URL, "http://") }

// returns has it come back.
func returns(t testing.TB, s *sender, gone *partner, stories []*story, left time.Time) {
	gone.answer(s.clock, nil)
	back := s.clock.Now()
	open := func() []*store.QueueLine {
		rows, err := s.DB.Queue("pending", "", store.Page{Limit: 10})
		require.NoError(t, err)
		return rows
	}
	for len(open()) > 0 && s.clock.Now().Before(back.Add(3*time.Hour)) {
		s.clock.pass(time.Minute)
		s.run()
	}
	require.Empty(t, open(), "everything has gone out")
	took := s.clock.Now().Sub(back)
	require.LessOrEqual(t, took, 95*time.Minute)
	gone.Settle()
	for _, one := range stories {
		require.Equal(t, one.ends, gone.says(one.post.URI))
		require.Equal(t, one.kinds, gone.told[one.post.URI], "in order, and each once")
	}
	t.Logf("back: all %d posts with their changes arrived within %s, in order for each, none twice", len(stories), took)
}

// retryAfter has a partner ask for two hours.
func retryAfter(t testing.TB, s *sender, busy *partner, alice *store.Actor) {
	s.clock.pass(time.Minute)
	busy.answer(s.clock, func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	from := s.clock.Now()
	one := s.tell(alice, 1)
	s.run()
	busy.answer(s.clock, nil)
	s.tell(alice, 3)
	for s.clock.Now().Before(from.Add(2*time.Hour - time.Minute)) {
		s.clock.pass(10 * time.Minute)
		if s.clock.Now().Before(from.Add(2 * time.Hour)) {
			s.run()
		}
	}
	require.Equal(t, 1, busy.tried(from), "it is left alone for as long as it asked")
	s.clock.pass(10 * time.Minute)
	s.run()
	require.Equal(t, one.ends, busy.says(one.post.URI))
	t.Logf("Retry-After: two hours were asked for and kept, for all that waited")
}

// final has inboxes that do not exist.
func final(t testing.TB, s *sender, alice *store.Actor) {
	for _, code := range []int{http.StatusNotFound, http.StatusGone} {
		far := nodetest.Play(t, fmt.Sprint("final-", code))
		far.Actor("eve").Follow(s.Node, alice.URI)
		s.run()
		far.Answer(func(w http.ResponseWriter, _ *http.Request, _ nodetest.Doc) bool { w.WriteHeader(code); return true })
		s.Post(alice, store.Public, "to nobody")
		s.run()
		dead, err := s.DB.Queue("dead", far.Name, store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, dead, 1)
		require.Equal(t, [2]int{code, 1}, [2]int{dead[0].LastStatus, dead[0].Attempts})
		far.Answer(nil)
	}
	t.Logf("404 and 410: given up at once, with the reason")
}

// forGood has a partner away for longer than a delivery may take.
func forGood(t testing.TB, s *sender, gone *partner, alice *store.Actor) {
	gone.answer(s.clock, refuse)
	from := s.clock.Now()
	one, other := s.tell(alice, 1), s.tell(alice, 3)
	dead := func() []*store.QueueLine {
		rows, err := s.DB.Queue("dead", hostOf(gone), store.Page{Limit: 10})
		require.NoError(t, err)
		return rows
	}
	for s.clock.Now().Before(from.Add(7 * 24 * time.Hour)) {
		s.clock.pass(30 * time.Minute)
		s.run()
	}
	require.Empty(t, dead(), "seven days it is tried")
	for s.clock.Now().Before(from.Add(9 * 24 * time.Hour)) {
		s.clock.pass(30 * time.Minute)
		s.run()
	}
	require.Len(t, dead(), 2, "then the owner sees it")
	require.NotEmpty(t, dead()[0].LastError)
	gone.answer(s.clock, nil)
	total, err := s.Outbox.RetryDead(t.Context(), 0, hostOf(gone))
	require.NoError(t, err)
	require.Equal(t, 2, total)
	s.run()
	s.clock.pass(2 * time.Hour)
	s.run()
	require.Equal(t, []string{one.ends, other.ends}, []string{gone.says(one.post.URI), gone.says(other.post.URI)})
	t.Logf("away for good: given up after seven days, visible with the reason, and delivered when the owner tried again")
}
