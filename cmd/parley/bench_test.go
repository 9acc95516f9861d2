package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/federation"
	"parley/internal/config"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// The benchmarks measure a whole node, wired as `serve` wires it. Whoever
// sends to it or receives from it is another process, so that the CPU time is
// the node's. On PostgreSQL the server's own time is not in it.

// cpu is the time that this process has spent on the cores.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// meter counts what n operations cost.
type meter struct {
	wall    time.Time
	cpu     time.Duration
	mallocs uint64
}

func start() meter {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return meter{time.Now(), cpu(), m.Mallocs}
}

func (m meter) report(b *testing.B, ops int) {
	spent, wall := cpu()-m.cpu, time.Since(m.wall)
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(ops)/wall.Seconds(), "ops/s")
	b.ReportMetric(spent.Seconds()*1000/float64(ops), "cpu-ms/op")
	b.ReportMetric(float64(after.Mallocs-m.mallocs)/float64(ops), "mallocs/op")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFloor is what the machine can do at best, in the same run.
func BenchmarkFloor(b *testing.B) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(b, err)
	sum := sha256.Sum256([]byte("floor"))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	require.NoError(b, err)
	b.Run("rsa-sign", func(b *testing.B) {
		m := start()
		for range b.N {
			_, _ = rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		}
		m.report(b, b.N)
	})
	b.Run("rsa-verify", func(b *testing.B) {
		m := start()
		for range b.N {
			_ = rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature)
		}
		m.report(b, b.N)
	})
	b.Run("http-post", func(b *testing.B) { // both ends
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusAccepted)
		}))
		defer server.Close()
		body := bytes.Repeat([]byte("x"), 2000)
		m := start()
		for range b.N {
			resp, err := http.Post(server.URL, "text/plain", bytes.NewReader(body))
			require.NoError(b, err)
			resp.Body.Close()
		}
		m.report(b, b.N)
	})
	eachDatabase(b, "commit", func(b *testing.B, url string) {
		db := storetest.Open(b, url)
		m := start()
		for i := range b.N {
			require.NoError(b, db.Write(b.Context(), func(tx *store.Tx) error {
				_, err := tx.Arrive(fmt.Sprint("https://floor/", i), "floor", "Create")
				return err
			}))
		}
		m.report(b, b.N)
	})
}

func eachDatabase(b *testing.B, name string, run func(b *testing.B, url string)) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(name+"/"+kind, func(b *testing.B) { run(b, storetest.URL(b, kind)) })
	}
}

// running is a node that serves, with a person on it.
type running struct {
	*node
	person *store.Account
	token  string
}

func serveForBench(b *testing.B, url string) *running {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	address := listener.Addr().String()
	require.NoError(b, listener.Close())
	cfg := config.Default()
	_, port, _ := net.SplitHostPort(address)
	cfg.PublicURL, cfg.Listen = "http://node.localhost:"+port, address
	cfg.Database.URL, cfg.DataDir = url, b.TempDir()
	cfg.Federation.Mode, cfg.Federation.AllowHTTP, cfg.Federation.AllowNetworks = "open", true, []string{"127.0.0.0/8", "::1/128"}
	cfg.Limits.Enabled = false
	n, err := open(b.Context(), cfg, slog.New(slog.DiscardHandler), everything)
	require.NoError(b, err)
	ctx, stop := context.WithCancel(context.Background())
	up, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- n.serve(ctx, nil, func() { close(up) }) }()
	<-up
	b.Cleanup(func() { stop(); require.NoError(b, <-done) })
	r := &running{node: n}
	r.person, err = n.actors.Create(ctx, actors.Newcomer{Username: "reader", Role: "member", Exact: true})
	require.NoError(b, err)
	r.token, err = n.auth.IssueToken(ctx, 0, r.person.Actor.ID, auth.Scopes{"read", "write"})
	require.NoError(b, err)
	return r
}

// remote stores an actor of another node.
func (r *running) remote(b *testing.B, uri, inbox, publicKey string) *store.Actor {
	b.Helper()
	a := &store.Actor{ID: store.NewID(), URI: uri, Kind: "Person", Username: uri[strings.LastIndexByte(uri, '/')+1:], Domain: string(federation.HostOf(uri)), InboxURI: inbox,
		FollowersURI: uri + "/followers", Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now(), FetchedAt: store.Now()}
	require.NoError(b, r.db.Write(b.Context(), func(tx *store.Tx) error {
		if err := tx.CreateActor(a); err != nil {
			return err
		}
		return tx.SetKey(&store.Key{KeyID: uri + "#main-key", ActorID: a.ID, Algorithm: "rsa", PublicKey: publicKey, CreatedAt: store.Now()})
	}))
	return a
}

func (r *running) follow(b *testing.B, follower, target int64) {
	b.Helper()
	require.NoError(b, r.db.Write(b.Context(), func(tx *store.Tx) error {
		id := store.NewID()
		return tx.CreateFollow(&store.Follow{ID: id, URI: fmt.Sprint("https://follow/", id), FollowerID: follower, TargetID: target, Accepted: true, ShowBoosts: true})
	}))
}

// until polls for a condition, without which the figures mean nothing.
func until(b *testing.B, met func() bool) {
	b.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !met() {
		if time.Now().After(deadline) {
			b.Fatal("what was waited for did not come within two minutes")
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// BenchmarkInbox is a signed POST of a known actor's note, until it is stored
// and in its reader's home.
func BenchmarkInbox(b *testing.B) {
	eachDatabase(b, "note", func(b *testing.B, url string) {
		r, peers := serveForBench(b, url), startPeers(b)
		author := r.remote(b, peers.actor, peers.actor+"/inbox", peers.key)
		r.follow(b, r.person.Actor.ID, author.ID)
		peers.ask(b, "/prepare", "n", fmt.Sprint(b.N), "inbox", r.cfg.PublicURL+"/inbox")
		before := r.homeSize(b)
		m := start()
		peers.ask(b, "/send")
		until(b, func() bool { return r.homeSize(b) >= before+b.N })
		m.report(b, b.N)
	})
}

func (r *running) homeSize(b *testing.B) int {
	actor, err := r.db.Actor(r.person.Actor.ID)
	require.NoError(b, err)
	size, err := r.db.HomeSize(actor.ID)
	require.NoError(b, err)
	return int(size)
}

// BenchmarkFanout is a post to 100 inboxes on 50 hosts; an operation is one
// delivery. The ratio is against a bare RSA-2048 signature in the same run.
func BenchmarkFanout(b *testing.B) {
	for _, latency := range []string{"0s", "100ms"} {
		eachDatabase(b, "peers-answer-after-"+latency, func(b *testing.B, url string) {
			r, peers := serveForBench(b, url), startPeers(b, "-latency="+latency)
			for i := range 100 {
				uri := fmt.Sprintf("http://h%d.localhost:%s/users/f%d", i%50, peers.port, i)
				r.follow(b, r.remote(b, uri, uri+"/inbox", peers.key).ID, r.person.Actor.ID)
			}
			r.postAndWait(b, peers, 1) // connections are open, caches are warm
			signature := signatureCost(b)
			m := start()
			r.postAndWait(b, peers, b.N)
			spent := cpu() - m.cpu
			m.report(b, 100*b.N)
			b.ReportMetric(spent.Seconds()/float64(100*b.N)/signature.Seconds(), "x-rsa-sign")
		})
	}
}

func (r *running) postAndWait(b *testing.B, peers *peers, posts int) {
	want := peers.received(b) + 100*posts
	for i := range posts {
		_, err := r.outbox.Post(b.Context(), r.person.Actor.ID, outbox.Draft{Text: fmt.Sprintf("Post %d for everybody who follows.", i), Visibility: store.Public})
		require.NoError(b, err)
	}
	until(b, func() bool { return peers.received(b) >= want })
	until(b, func() bool {
		open, err := r.db.Queue("pending", "", store.Page{Limit: 1})
		return err == nil && len(open) == 0
	})
}

// BenchmarkReach is one post to 10 000 followers on 1 000 hosts, of which 50
// refuse the connection and 50 never answer. An operation is one delivery to a
// host that is well.
func BenchmarkReach(b *testing.B) {
	const hosts, away, each = 1000, 50, 10
	eachDatabase(b, "10000-followers", func(b *testing.B, url string) {
		r, peers := serveForBench(b, url), startPeers(b)
		for h := range hosts {
			host, path := fmt.Sprintf("h%d.localhost:%s", h, peers.port), "/users/all/inbox"
			if h < away {
				host = fmt.Sprintf("h%d.localhost:1", h)
			} else if h < 2*away {
				path = "/hang/inbox"
			}
			r.crowd(b, "http://"+host, path, each)
		}
		const well = hosts - 2*away
		signature := signatureCost(b)
		memory := watchMemory(b)
		m, begun := start(), time.Now()
		for range b.N {
			want := peers.received(b) + well
			_, err := r.outbox.Post(b.Context(), r.person.Actor.ID, outbox.Draft{Text: "For everybody who follows.", Visibility: store.Public})
			require.NoError(b, err)
			until(b, func() bool { return peers.received(b) >= want })
		}
		spent, took := cpu()-m.cpu, time.Since(begun)
		m.report(b, well*b.N)
		b.ReportMetric(took.Seconds()/float64(b.N), "s/post")
		b.ReportMetric(spent.Seconds()/float64(well*b.N)/signature.Seconds(), "x-rsa-sign")
		b.ReportMetric(float64(memory())/(1<<20), "peak-MiB")
	})
}

// crowd stores followers of the person on a host, behind its shared inbox.
func (r *running) crowd(b *testing.B, host, path string, many int) {
	require.NoError(b, r.db.Write(b.Context(), func(tx *store.Tx) error {
		for i := range many {
			id := store.NewID()
			uri := fmt.Sprintf("%s/users/f%d", host, i)
			a := &store.Actor{ID: id, URI: uri, Kind: "Person", Username: fmt.Sprint("f", i), Domain: string(federation.HostOf(uri)), InboxURI: uri + "/inbox", SharedInboxURI: host + path,
				Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now(), FetchedAt: store.Now()}
			if err := tx.CreateActor(a); err != nil {
				return err
			}
			if err := tx.CreateFollow(&store.Follow{ID: id, URI: uri + "/follow", FollowerID: id, TargetID: r.person.Actor.ID, Accepted: true}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// watchMemory looks at the heap from now on; the function it gives is the most
// there was.
func watchMemory(b *testing.B) func() uint64 {
	var most uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse+m.StackInuse)
			}
		}
	}()
	return func() uint64 { close(stop); <-done; return most }
}

// signatureCost is the CPU time of a bare signature with all cores at it, as
// they are when a node delivers: where two share a core, each is slower.
func signatureCost(b *testing.B) time.Duration {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(b, err)
	sum := sha256.Sum256([]byte("floor"))
	const each = 500
	before := cpu()
	var signers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		signers.Go(func() {
			for range each {
				_, _ = rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
			}
		})
	}
	signers.Wait()
	return (cpu() - before) / time.Duration(each*runtime.GOMAXPROCS(0))
}

// BenchmarkHome is a home timeline of 40 posts by 40 authors, through the whole
// front door.
func BenchmarkHome(b *testing.B) {
	eachDatabase(b, "40", func(b *testing.B, url string) {
		r := serveForBench(b, url)
		for i := range 40 {
			uri := fmt.Sprintf("https://h%d.example/users/a%d", i%10, i)
			author := r.remote(b, uri, uri+"/inbox", "")
			r.follow(b, r.person.Actor.ID, author.ID)
			require.NoError(b, r.db.Write(b.Context(), func(tx *store.Tx) error {
				id := store.NewID()
				p := &store.Post{ID: id, URI: fmt.Sprint(uri, "/", id), ActorID: author.ID, Kind: "Note", Visibility: store.Public, Scope: store.World, Listed: true,
					Content: "<p>" + strings.Repeat("Some words that somebody wrote. ", 10) + "</p>", PublishedAt: store.Now(), ReceivedAt: store.Now()}
				if _, err := tx.InsertPost(p, nil, nil); err != nil {
					return err
				}
				_, err := tx.FanOut(p)
				return err
			}))
		}
		handler, err := r.web.Handler()
		require.NoError(b, err)
		get := func() *httptest.ResponseRecorder {
			req := httptest.NewRequest(http.MethodGet, "/api/v1/timelines/home?limit=40", nil)
			req.Header.Set("Authorization", "Bearer "+r.token)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, req)
			return w
		}
		first := get()
		require.Equal(b, http.StatusOK, first.Code)
		require.Equal(b, 40, strings.Count(first.Body.String(), `"spoiler_text"`))
		m := start()
		for range b.N {
			get()
		}
		m.report(b, b.N)
	})
}
