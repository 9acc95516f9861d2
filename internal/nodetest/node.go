package nodetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/federation"
	"parley/inbox"
	"parley/internal/cards"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/search"
	"parley/internal/store"
	"parley/outbox"
	"parley/partners"
)

// Node is a whole node but for its front door.
type Node struct {
	T        testing.TB
	URL      string
	DB       *store.DB
	Queue    *queue.Queue
	Partners *partners.Partners
	Actors   *actors.Actors
	Notify   *notify.Notify
	Push     *notify.Push
	Cards    *cards.Cards // no room wants any before it is given these
	Outbox   *outbox.Outbox
	Inbox    *inbox.Inbox
	Log      *Log

	// Front, while it is set, sees requests first and answers those for which
	// it returns true: it stands for a network or a machine that fails.
	Front atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

// Log keeps what a node wrote, for the tests that fail.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Start runs a node over db until the test ends.
func Start(t testing.TB, db *store.DB) *Node {
	t.Helper()
	n := Wire(t, db)
	n.Run()
	return n
}

// Run runs the jobs of a node that was only wired, until the test ends.
func (n *Node) Run() {
	n.T.Helper()
	require.NoError(n.T, n.Queue.Start(context.Background()))
	n.T.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = n.Queue.Stop(ctx)
	})
}

// Wire is Start without running jobs.
func Wire(t testing.TB, db *store.DB) *Node {
	t.Helper()
	ctx := context.Background()
	var routes http.Handler
	n := &Node{T: t, DB: db, Log: &Log{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if front := n.Front.Load(); front == nil || !(*front)(w, r) {
			routes.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	n.URL = named(server.URL, "node")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what the node wrote:\n%s", n.Log)
		}
	})
	n.rooms(slog.New(slog.NewTextHandler(n.Log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(t, queue.Migrate(ctx, db))
	require.NoError(t, n.Push.Open(ctx))
	require.NoError(t, n.Cards.Remote.Open(ctx, t.TempDir()))
	t.Cleanup(func() { _ = n.Cards.Remote.Close() })
	require.NoError(t, n.Partners.Load(ctx))
	require.NoError(t, n.Actors.Open(ctx))
	routes = n.routes()
	return n
}

// named is a server's address under a name of its own.
func named(server, name string) string {
	return "http://" + name + ".localhost" + server[strings.LastIndexByte(server, ':'):]
}

func (n *Node) rooms(log *slog.Logger) {
	fed := &federation.Client{Now: time.Now, HTTP: safehttp.New(safehttp.Options{AllowHTTP: true, UserAgent: "Parley test", Timeout: 3 * time.Second,
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Bars:          func(u *url.URL) bool { return n.Partners.Bars(federation.HostOf(u.String())) }})}
	n.T.Cleanup(fed.HTTP.CloseIdle)
	files, err := media.Open(n.T.TempDir())
	require.NoError(n.T, err)
	n.T.Cleanup(func() { _ = files.Close() })
	self := federation.HostOf(n.URL)
	n.Notify = &notify.Notify{DB: n.DB, Hub: notify.NewHub()}
	n.Partners = &partners.Partners{DB: n.DB, Open: true, Self: self, Log: log}
	fed.Admits = n.Partners.Admits
	n.Actors = &actors.Actors{DB: n.DB, Fed: fed, Partners: n.Partners, URL: n.URL, Domain: string(self), Title: "Test", Log: log}
	n.Outbox = &outbox.Outbox{DB: n.DB, Actors: n.Actors, Partners: n.Partners, Notify: n.Notify, Fed: fed, Files: files, FFmpeg: media.FindFFmpeg(), URL: n.URL, MaxCharacters: 500, Log: log, Now: time.Now}
	n.Inbox = &inbox.Inbox{DB: n.DB, Actors: n.Actors, Partners: n.Partners, Outbox: n.Outbox, Notify: n.Notify, Fed: fed, Log: log}
	n.Push = &notify.Push{DB: n.DB, HTTP: fed.HTTP, Remote: &media.Remote{URL: n.URL}, URL: n.URL, Log: log}
	n.Cards = &cards.Cards{DB: n.DB, HTTP: fed.HTTP, Remote: &media.Remote{DB: n.DB, HTTP: fed.HTTP, URL: n.URL, Budget: 1 << 20, Log: log}, Bars: n.Partners.Bars, URL: n.URL, Log: log}
	n.Queue, err = queue.New(n.DB, log, queue.All, queue.Do(time.Minute, n.Push.Send), queue.Do(time.Minute, n.Cards.Make),
		queue.Do(time.Minute, n.Outbox.Deliver), queue.Do(time.Minute, n.Outbox.Release), queue.Do(time.Minute, n.Outbox.Publish), queue.Do(time.Minute, n.Outbox.Convert), queue.Do(time.Minute, n.Outbox.Withhold), queue.Do(time.Minute, files.Clear), queue.Do(time.Minute, n.Outbox.EndPoll), queue.Do(time.Minute, n.Outbox.Counted),
		queue.Do(time.Minute, n.Inbox.Synchronize), queue.Do(time.Minute, n.Inbox.Hint),
		queue.Do(time.Minute, n.Outbox.Probe), queue.Do(time.Minute, n.Outbox.Wake), queue.Do(time.Minute, n.Outbox.Gone),
		queue.Do(time.Minute, n.Inbox.FetchAncestor), queue.Do(time.Minute, n.Inbox.Boosted), queue.Do(time.Minute, n.Inbox.Relay), queue.Do(time.Minute, n.Inbox.ReadReplies), queue.Do(time.Minute, n.Inbox.RefreshActor),
		queue.Do(time.Minute, n.Outbox.Stand), queue.Do(time.Minute, n.Outbox.Policy), queue.Do(time.Minute, n.Outbox.Sever), queue.Do(time.Minute, n.Outbox.Restore),
		queue.Do(time.Minute, n.Inbox.Moved), queue.Do(time.Minute, n.Outbox.MoveFollowers), queue.Do(time.Minute, n.Outbox.Verify), queue.Do(time.Minute, n.Outbox.Welcome), queue.Do(time.Minute, n.Outbox.Introduce), queue.Do(time.Minute, n.Outbox.Answer), queue.Do(time.Minute, n.Outbox.FollowDirectory),
		queue.Do(time.Minute, n.Inbox.ReadFeatured), queue.Do(time.Minute, n.Inbox.VerifyQuote))
	require.NoError(n.T, err)
	n.Cards.Queue, n.Outbox.Queue, n.Inbox.Queue, n.Notify.Queue, n.Actors.Queue, n.Partners.Queue = n.Queue, n.Queue, n.Queue, n.Queue, n.Queue, n.Queue
}

// routes are those that other nodes ask.
func (n *Node) routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(func(c *gin.Context) {
		c.Next()
		if last := c.Errors.Last(); last != nil {
			c.JSON(int(fault.Of(last.Err)), map[string]string{"error": fault.Message(last.Err)})
		}
	})
	e.POST("/inbox", n.Inbox.Serve)
	e.POST("/actors/:id/inbox", n.Inbox.Serve)
	e.GET("/actors/:id", n.Actors.ServeActor)
	e.GET("/actors/:id/outbox", n.Outbox.ServeOutbox)
	e.GET("/actors/:id/featured", n.Outbox.ServeFeatured)
	e.GET("/actors/:id/featured_tags", n.Outbox.ServeFeaturedTags)
	e.GET("/actors/:id/followers", n.Actors.ServeFollowers)
	e.GET("/actors/:id/following", n.Actors.ServeFollowing)
	e.GET("/actors/:id/followers_synchronization", n.Outbox.ServeSynchronization)
	e.GET("/posts/:id", n.Outbox.ServePost)
	e.GET("/posts/:id/activity", n.Outbox.ServeCreate)
	e.GET("/posts/:id/replies", n.Outbox.ServeReplies)
	e.GET("/posts/:id/likes", n.Outbox.ServeLikes)
	e.GET("/posts/:id/shares", n.Outbox.ServeShares)
	e.GET("/posts/:id/stamps/:stamp", n.Outbox.ServeStamp)
	e.GET("/threads/:id", n.Outbox.ServeThread)
	e.GET("/.well-known/webfinger", n.Actors.ServeWebFinger)
	return e
}

// Person makes an account.
func (n *Node) Person(name string) *store.Actor {
	n.T.Helper()
	account, err := n.Actors.Create(n.T.Context(), actors.Newcomer{Username: name, Role: "member", Exact: true})
	require.NoError(n.T, err)
	return &account.Actor
}

// Locked makes an account that decides on its followers.
func (n *Node) Locked(name string) *store.Actor {
	n.T.Helper()
	p, locked := n.Person(name), true
	require.NoError(n.T, n.Outbox.UpdateProfile(n.T.Context(), p.ID, outbox.Profile{Locked: &locked}))
	return p
}

// Post publishes a text.
func (n *Node) Post(author *store.Actor, v store.Visibility, text string) *store.Post {
	n.T.Helper()
	p, err := n.Outbox.Post(n.T.Context(), author.ID, outbox.Draft{Text: text, Visibility: v})
	require.NoError(n.T, err)
	return p
}

// Known is how the node knows a remote actor.
func (n *Node) Known(a *Actor) *store.Actor {
	n.T.Helper()
	actor, err := n.Actors.Find(n.T.Context(), a.URI)
	require.NoError(n.T, err)
	return actor
}

// Follow has one of ours follow a remote actor, who accepts.
func (n *Node) Follow(who *store.Actor, whom *Actor) {
	n.T.Helper()
	other := n.Known(whom)
	require.NoError(n.T, n.Outbox.Follow(n.T.Context(), who.ID, other.ID, outbox.FollowOptions{}))
	f, err := n.DB.Follow(who.ID, other.ID)
	require.NoError(n.T, err)
	whom.Must(n, Doc{"type": "Accept", "object": Doc{"id": f.URI, "type": "Follow", "actor": who.URI, "object": whom.URI}})
	f, err = n.DB.Follow(who.ID, other.ID)
	require.NoError(n.T, err)
	require.True(n.T, f.Accepted)
}

// Stored is the post with the URI, nil where there is none.
func (n *Node) Stored(uri string) *store.Post {
	n.T.Helper()
	p, err := n.DB.PostByURI(uri)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	require.NoError(n.T, err)
	return p
}

// Again is the row as it is now.
func (n *Node) Again(p *store.Post) *store.Post {
	n.T.Helper()
	p, err := n.DB.Post(p.ID)
	require.NoError(n.T, err)
	return p
}

// Notified are the kinds of what a person was told, newest first.
func (n *Node) Notified(who *store.Actor) []string {
	n.T.Helper()
	rows, err := n.DB.Notifications(who.ID, store.Page{Limit: 100}, store.NotificationQuery{})
	require.NoError(n.T, err)
	kinds := []string{}
	for _, r := range rows {
		kinds = append(kinds, r.Kind)
	}
	return kinds
}

// Found are those whom the reader finds by a name.
func (n *Node) Found(reader int64, name string) []*store.Actor {
	n.T.Helper()
	require.NoError(n.T, (&search.Index{DB: n.DB}).Update(n.T.Context()))
	found, err := n.DB.SearchActors(reader, search.People(name, n.Outbox.Actors.IsOurs), 5, 0)
	require.NoError(n.T, err)
	return found
}

// Exec runs SQL on the database, for what only time could bring about.
func (n *Node) Exec(query string) {
	n.T.Helper()
	Exec(n.T, n.DB, query)
}

// Exec runs SQL behind the back of the store.
func Exec(t testing.TB, db *store.DB, query string) {
	t.Helper()
	var err error
	if db.Postgres != nil {
		_, err = db.Postgres.Exec(context.Background(), query)
	} else {
		_, err = db.SQLite.ExecContext(context.Background(), query)
	}
	require.NoError(t, err)
}

// Number asks the database for one number.
func Number(t testing.TB, db *store.DB, query string) (n int64) {
	t.Helper()
	var err error
	if db.Postgres != nil {
		err = db.Postgres.QueryRow(context.Background(), query).Scan(&n)
	} else {
		err = db.SQLite.QueryRowContext(context.Background(), query).Scan(&n)
	}
	require.NoError(t, err)
	return n
}

// Settle waits until no job is to be done now. What is due later stays.
func (n *Node) Settle() {
	n.T.Helper()
	soon := "datetime('now', '+1 second')"
	if n.DB.Postgres != nil {
		soon = "now() + interval '1 second'"
	}
	Eventually(n.T, "the jobs are done", func() bool {
		return Number(n.T, n.DB, `SELECT COUNT(*) FROM river_job WHERE state IN ('available', 'running') OR state IN ('scheduled', 'retryable') AND scheduled_at <= `+soon) == 0
	})
}

// patience is how long something may take that takes no time on an idle machine.
const patience = 15 * time.Second

// Eventually polls until is says so.
func Eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("did not come true in %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

// Fetch asks the node for a document, as who, or as a stranger where that is nil.
func (n *Node) Fetch(uri string, who *Actor) (status int, header http.Header, body string) {
	n.T.Helper()
	r, err := http.NewRequestWithContext(n.T.Context(), http.MethodGet, uri, nil)
	require.NoError(n.T, err)
	r.Header.Set("Accept", federation.ContentType)
	if who != nil {
		require.NoError(n.T, federation.Sign(r, who.scheme(), "", who.Key, time.Now()))
	}
	resp, err := Client.Do(r)
	require.NoError(n.T, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(n.T, err)
	return resp.StatusCode, resp.Header, string(text)
}

// Do sends a request to the node and tells the status of the answer.
func (n *Node) Do(r *http.Request) int {
	n.T.Helper()
	resp, err := Client.Do(r)
	require.NoError(n.T, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(n.T, err)
	if resp.StatusCode >= 300 {
		_, _ = fmt.Fprintf(n.Log, "answered %d %s\n", resp.StatusCode, text)
	}
	return resp.StatusCode
}
