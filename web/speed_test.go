package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// remote makes actors of other nodes whom the reader follows.
func (n *node) remote(reader int64, count int) []*store.Actor {
	n.t.Helper()
	var all []*store.Actor
	n.write(func(tx *store.Tx) error {
		for i := range count {
			uri := fmt.Sprintf("https://remote%d.example/users/%d", i%7, i)
			a := &store.Actor{ID: store.NewID(), URI: uri, Kind: "Person", Username: fmt.Sprintf("user%d", i), Domain: fmt.Sprintf("remote%d.example", i%7),
				DisplayName: fmt.Sprintf("Number %d", i), Note: "<p>" + strings.Repeat("A few words about me. ", 12) + "</p>", URL: uri + "/page", InboxURI: uri + "/inbox",
				Avatar: uri + "/avatar.png", Header: uri + "/header.png", Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now()}
			if err := tx.CreateActor(a); err != nil {
				return err
			}
			if err := tx.CreateFollow(&store.Follow{ID: store.NewID(), URI: uri + "/f", FollowerID: reader, TargetID: a.ID, Accepted: true, ShowBoosts: true}); err != nil {
				return err
			}
			all = append(all, a)
		}
		return nil
	})
	return all
}

// arrive stores a post of each author, each third of them a boost of the one
// before, with a picture and a mention on every other.
func (n *node) arrive(authors []*store.Actor, mentioned int64) {
	n.t.Helper()
	n.write(func(tx *store.Tx) error {
		var before *store.Post
		for i, a := range authors {
			id, now := store.NewID(), store.Now()
			p := &store.Post{ID: id, URI: fmt.Sprintf("%s/%d", a.URI, id), URL: fmt.Sprintf("%s/%d.html", a.URI, id), ActorID: a.ID, Kind: "Note", Visibility: store.Public, Scope: store.World,
				ThreadID: id, Listed: true, Content: "<p>" + strings.Repeat("Some words that somebody wrote. ", 10) + "</p>", Tags: []string{"Go"}, PublishedAt: now, ReceivedAt: now}
			var mentions []store.Mention
			var files []*store.Media
			if i%3 == 2 {
				p.BoostOfID, p.Content, p.Tags, p.Listed = before.ID, "", nil, false
			} else if i%2 == 0 {
				mentions = []store.Mention{{PostID: id, ActorID: mentioned}}
				files = []*store.Media{{ID: store.NewID(), ActorID: a.ID, Kind: "image", Mime: "image/png", RemoteURL: a.URI + "/p.png", Width: 640, Height: 480, Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj", CreatedAt: now}}
			}
			if _, err := tx.InsertPost(p, mentions, files); err != nil {
				return err
			}
			if _, err := tx.FanOut(p); err != nil {
				return err
			}
			if i%3 != 2 {
				before = p
			}
		}
		return nil
	})
}

// A page costs as many queries for forty posts by forty people, with boosts,
// pictures and mentions, as for one; and once they are rendered, three: whose
// token it is, which posts, and what the viewer did to them.
func TestPageIsAConstantNumberOfQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		authors := n.remote(ada.id, 120)
		n.arrive(authors, ada.id)
		count, err := db.CountQueries()
		require.NoError(t, err)
		queries := func(path string) int64 {
			before := count.Load()
			ada.get(path).ok()
			return count.Load() - before
		}
		first := queries("/api/v1/timelines/home?limit=2")
		page := queries("/api/v1/timelines/home?limit=40")
		assert.LessOrEqual(t, page, int64(9))
		assert.LessOrEqual(t, page-first, int64(2), "a page of forty asks much more than one of two")
		assert.EqualValues(t, 3, queries("/api/v1/timelines/home?limit=40"))
		assert.EqualValues(t, 3, queries("/api/v1/timelines/public?limit=20"))
		assert.LessOrEqual(t, queries("/api/v1/notifications?limit=40"), int64(6))
	})
}

func BenchmarkHome40(b *testing.B) {
	n := sqlite(b)
	n.Limits = false
	ada := n.person("ada")
	n.arrive(n.remote(ada.id, 120), ada.id)
	door, err := n.Handler()
	require.NoError(b, err)
	r := httptest.NewRequest("GET", "/api/v1/timelines/home?limit=40", nil)
	r.Header.Set("Authorization", "Bearer "+ada.token)
	ask := func() {
		w := &sink{header: http.Header{}}
		door.ServeHTTP(w, r.Clone(context.Background()))
		if w.status != http.StatusOK {
			b.Fatal(w.status)
		}
		b.SetBytes(int64(w.bytes))
	}
	ask()
	begun, spent := time.Now(), cpu(b)
	b.ReportAllocs()
	for b.Loop() {
		ask()
	}
	b.ReportMetric(float64(cpu(b)-spent)/float64(b.N)/1e6, "cpu-ms/op")
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "ops/s")
}

// sink is a client that reads everything and keeps nothing.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header    { return s.header }
func (s *sink) WriteHeader(status int) { s.status = status }
func (s *sink) Write(p []byte) (int, error) {
	s.bytes += len(p)
	return io.Discard.Write(p)
}

// cpu is how long this process has computed.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
