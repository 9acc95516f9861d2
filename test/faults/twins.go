package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store/storetest"
)

// twins is promise 7.
func twins(t testing.TB, full bool) {
	kills := 3
	if full {
		kills = 40
	}
	database := storetest.URL(t, "postgres")
	one, other, l := newTwins(t, database)
	l.begin(4)
	begun, told := time.Now(), 0
	for range kills {
		victim, survivor := one, other
		if rand.N(2) == 0 {
			victim, survivor = other, one
		}
		heard := l.listen(survivor)
		l.moment()
		text := fmt.Sprintf("heard %d", told)
		a := l.ask(l.alice, "POST", victim.direct+"/api/v1/statuses", url.Values{"status": {text}}, text)
		require.True(t, a.yes(), "%d %s", a.status, a.body)
		l.mu.Lock()
		l.posts[text] = "" // who repeats it is not there
		l.mu.Unlock()
		hears(t, heard, text)
		told++
		victim.kill()
		l.moment()
		victim.start()
	}
	ran := time.Since(begun)
	l.end()
	if !full {
		l.hurry(database)
	}
	found := l.check()
	runs, twice := l.scheduled(database)
	require.Zero(t, twice, "scheduled work ran more than once in its time")
	show(t, "twins", "postgres", "as kill; scheduled work runs once",
		"one of two killed %d times in %s: %s; %d deliveries came again under their ids; %d runs of scheduled work, %d of them twice; %d of %d posts at one heard on a stream at the other",
		kills, ran.Round(time.Second), found, found.again, runs, twice, told, kills)
}

// newTwins starts two processes of a node, behind a proxy that asks the other
// where one is not there.
func newTwins(t testing.TB, database string) (one, other *served, l *load) {
	t.Helper()
	front := newFront(t)
	one = newServed(t, "social", database, t.TempDir(), "PUBLIC_URL="+front.url)
	one.url = front.url
	other = one.twin()
	front.behind(one, other)
	one.start()
	other.start()
	return one, other, newLoad(t, one)
}

// front is a proxy before the processes of a node.
type front struct {
	url  string
	next atomic.Pointer[http.Handler]
}

func newFront(t testing.TB) *front {
	f := &front{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*f.next.Load()).ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	f.url = "http://social.localhost" + server.URL[strings.LastIndexByte(server.URL, ':'):]
	return f
}

func (f *front) behind(processes ...*served) {
	var turn atomic.Int64
	var proxy http.Handler = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			to, _ := url.Parse(processes[int(turn.Add(1))%len(processes)].direct)
			r.SetURL(to)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	f.next.Store(&proxy)
}

// listen opens carol's stream at one process; what is said comes out of it.
func (l *load) listen(s *served) <-chan string {
	l.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", s.direct+"/api/v1/streaming/user", nil)
	require.NoError(l.t, err)
	r.Header.Set("Authorization", "Bearer "+l.carol.token)
	answer, err := (&http.Client{Transport: nodetest.Client.Transport}).Do(r)
	require.NoError(l.t, err)
	require.Equal(l.t, http.StatusOK, answer.StatusCode)
	heard := make(chan string, 10_000)
	go func() {
		defer close(heard)
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var s struct{ Content string }
			if data, is := strings.CutPrefix(lines.Text(), "data: "); is && json.Unmarshal([]byte(data), &s) == nil {
				select {
				case heard <- markup.ReplaceAllString(s.Content, ""):
				default: // nobody wants to know any more
				}
			}
		}
	}()
	return heard
}

// hears waits until a text comes out of a stream.
func hears(t testing.TB, heard <-chan string, text string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case said, open := <-heard:
			require.True(t, open, "the stream ended before %q", text)
			if said == text {
				return
			}
		case <-deadline:
			t.Fatalf("not heard: %q", text)
		}
	}
}

// scheduled is how often work ran that the clock asks for, and how often it did
// twice in one of its intervals.
func (l *load) scheduled(database string) (runs, twice int64) {
	db := storetest.Open(l.t, database)
	const kinds = `kind IN ('clean', 'trends', 'unmute', 'sweep', 'tidy', 'recheck') AND state = 'completed'`
	runs = nodetest.Number(l.t, db, `SELECT COUNT(*) FROM river_job WHERE `+kinds)
	twice = nodetest.Number(l.t, db, `SELECT COALESCE(SUM(n - 1), 0)::bigint FROM (SELECT COUNT(*) AS n FROM river_job WHERE `+kinds+` GROUP BY kind, unique_key) j WHERE n > 1`)
	return runs, twice
}
