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
		for range count {
			a := elsewhere()
			if err := tx.CreateActor(a); err != nil {
				return err
			}
			if err := tx.CreateFollow(&store.Follow{ID: store.NewID(), URI: a.URI + "/f", FollowerID: reader, TargetID: a.ID, Accepted: true, ShowBoosts: true}); err != nil {
				return err
			}
			all = append(all, a)
		}
		return nil
	})
	return all
}

// elsewhere is somebody on another node.
func elsewhere() *store.Actor {
	id := store.NewID()
	host := fmt.Sprintf("remote%d.example", id%7)
	uri := fmt.Sprintf("https://%s/users/%d", host, id)
	return &store.Actor{ID: id, URI: uri, Kind: "Person", Username: fmt.Sprintf("user%d", id), Domain: host,
		DisplayName: fmt.Sprintf("Number %d", id), Note: "<p>" + strings.Repeat("A few words about me. ", 12) + "</p>", URL: uri + "/page", InboxURI: uri + "/inbox",
		Avatar: uri + "/avatar.png", Header: uri + "/header.png", Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now()}
}

// note is a post of somebody elsewhere.
func note(a *store.Actor) *store.Post {
	id, now := store.NewID(), store.Now()
	return &store.Post{ID: id, URI: fmt.Sprintf("%s/%d", a.URI, id), URL: fmt.Sprintf("%s/%d.html", a.URI, id), ActorID: a.ID, Kind: "Note", Visibility: store.Public, Scope: store.World,
		ThreadID: id, Listed: true, Content: "<p>" + strings.Repeat("Some words that somebody wrote. ", 10) + "</p>", Tags: []string{"Go"}, PublishedAt: now, ReceivedAt: now}
}

// arrive stores a post of each author. Each third is a boost of somebody whom
// nobody here follows, with a picture and a mention.
func (n *node) arrive(authors []*store.Actor, mentioned int64) {
	n.t.Helper()
	n.write(func(tx *store.Tx) error {
		for i, a := range authors {
			p := note(a)
			if i%3 == 2 {
				other, err := n.original(tx, mentioned)
				if err != nil {
					return err
				}
				p.BoostOfID, p.Content, p.Tags, p.Listed = other.ID, "", nil, false
			}
			if _, err := tx.InsertPost(p, nil, nil); err != nil {
				return err
			}
			if _, err := tx.FanOut(p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (n *node) original(tx *store.Tx, mentioned int64) (*store.Post, error) {
	a := elsewhere()
	if err := tx.CreateActor(a); err != nil {
		return nil, err
	}
	p := note(a)
	file := &store.Media{ID: store.NewID(), ActorID: a.ID, Kind: "image", Mime: "image/png", RemoteURL: a.URI + "/p.png", Width: 640, Height: 480,
		Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj", CreatedAt: store.Now()}
	_, err := tx.InsertPost(p, []store.Mention{{PostID: p.ID, ActorID: mentioned}}, []*store.Media{file})
	return p, err
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
