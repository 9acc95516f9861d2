package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
)

// database is promise 2: PostgreSQL is stopped, and killed, under a node of two
// processes, which are not started again.
func database(t testing.TB, full bool) {
	away := 8 * time.Second
	if full {
		away = time.Minute
	}
	c := newCluster(t)
	if c == nil {
		t.Skipf("there is no PostgreSQL to stop: install Debian's postgresql, or run `make test`, which does")
	}
	one, other, l := newTwins(t, c.url)
	l.begin(4)
	for _, how := range []struct {
		name string
		end  func()
	}{{"stopped", c.stop}, {"killed", c.kill}} {
		l.moment()
		how.end()
		l.refuses(away)
		refused, slowest, curt := l.statuses(), l.slowest, l.curt
		begun := time.Now()
		c.start()
		up := time.Since(begun)
		l.works(one, how.name)
		back := time.Since(begun) - up
		require.Less(t, back, 10*time.Second)
		require.LessOrEqual(t, slowest, 5*time.Second)
		require.Zero(t, curt, "refused without Retry-After")
		l.allIsWell(one, other, how.name)
		show(t, "database", "postgres", "503 within 5 s, service within 10 s of its return",
			"%s for %s under load: answers meanwhile %s, the slowest refusal after %s; posts are taken again %s after its return; jobs, streams and search are back",
			how.name, away, refused, slowest.Round(time.Millisecond), back.Round(time.Millisecond))
	}
	l.end()
	if !full {
		l.hurry(c.url)
	}
	show(t, "database", "postgres", "no 2xx without its effect", "%s", l.check())
}

// forget begins to count answers anew.
func (l *load) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers, l.slowest, l.curt = map[int]int{}, 0, 0
}

// refuses looks on while the database is away: after the first moment, in which
// what was under way may end in any way, all is refused with 503.
func (l *load) refuses(away time.Duration) {
	l.t.Helper()
	time.Sleep(away / 8)
	l.forget()
	time.Sleep(away - away/8)
	l.mu.Lock()
	defer l.mu.Unlock()
	require.Positive(l.t, l.answers[http.StatusServiceUnavailable])
	for status := range l.answers {
		require.True(l.t, slices.Contains([]int{http.StatusServiceUnavailable}, status), "answers while the database is away: %v", l.answers)
	}
}

// works waits until a post is taken.
func (l *load) works(s *served, name string) {
	l.t.Helper()
	text := "after it was " + name
	nodetest.Eventually(l.t, "posts are taken again", func() bool {
		return l.ask(l.alice, "POST", s.direct+"/api/v1/statuses", url.Values{"status": {text}}, text).yes()
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posts[text] = ""
}

// allIsWell sees that what goes on behind requests has come back, too.
// A stream may have ended, and clients open it again.
func (l *load) allIsWell(one, other *served, name string) {
	l.t.Helper()
	require.True(l.t, one.alive() && other.alive())
	nodetest.Eventually(l.t, "the other answers, too", other.answers)
	heard, n := l.listen(other), 0
	nodetest.Eventually(l.t, "what is posted at one is heard at the other", func() bool {
		text := fmt.Sprintf("heard after it was %s %d", name, n)
		n++
		a := l.ask(l.alice, "POST", one.direct+"/api/v1/statuses", url.Values{"status": {text}}, text)
		if !a.yes() {
			return false
		}
		l.mu.Lock()
		l.posts[text] = ""
		l.mu.Unlock()
		return hearsSoon(heard, text)
	})
	text := "heard after it was " + name
	nodetest.Eventually(l.t, "it is found", func() bool {
		a := l.ask(l.carol, "GET", "/api/v2/search?type=statuses&q="+url.QueryEscape(`"`+text+`"`), nil, "")
		var found struct{ Statuses []json.RawMessage }
		return a.yes() && json.Unmarshal(a.body, &found) == nil && len(found.Statuses) > 0
	})
	nodetest.Eventually(l.t, "it is delivered", func() bool {
		return slices.ContainsFunc(l.far.Arrived("Create"), func(a nodetest.Arrival) bool {
			object, _ := a.Doc["object"].(map[string]any)
			return object["content"] == "<p>"+text+" 0</p>"
		})
	})
}

// hearsSoon reports whether a text comes out of a stream within a second.
func hearsSoon(heard <-chan string, text string) bool {
	deadline := time.After(time.Second)
	for {
		select {
		case said, open := <-heard:
			if said == text || !open {
				return open
			}
		case <-deadline:
			return false
		}
	}
}
