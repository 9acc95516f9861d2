package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/about"
	"parley/actors"
	"parley/auth"
	"parley/auth/scim"
	"parley/federation"
	"parley/inbox"
	"parley/internal/health"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
	"parley/partners"
	"parley/web"
	"parley/web/mastodon"
	"parley/web/ui"
)

// node is a whole node without its jobs, behind its front door.
type node struct {
	*web.Web
	t   testing.TB
	db  *store.DB
	url string

	place place
	open  func(http.Handler) // puts another front door in place
}

func newNode(t testing.TB, db *store.DB) *node { return newNodeIn(t, db, inFolder(t)) }

// newNodeIn is a node that keeps uploads in the place.
func newNodeIn(t testing.TB, db *store.DB, at place) *node {
	t.Helper()
	var door http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { door.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	n := &node{t: t, db: db, url: server.URL, place: at, open: func(other http.Handler) { door = other }}
	n.Web = wire(t, db, server.URL, at.files)
	t.Cleanup(n.API.Streams.Close)
	var err error
	door, err = n.Handler()
	require.NoError(t, err)
	return n
}

// sqlite is a node over a new SQLite database.
func sqlite(t testing.TB) *node {
	t.Helper()
	return newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
}

func wire(t testing.TB, db *store.DB, address string, files *media.Store) *web.Web {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	require.NoError(t, queue.Migrate(context.Background(), db))
	jobs, err := queue.New(db, log, queue.Roles{})
	require.NoError(t, err)
	host := federation.HostOf(address)
	tell := &notify.Notify{DB: db, Hub: notify.NewHub(), Queue: jobs}
	policy := &partners.Partners{DB: db, Queue: jobs, Open: true, Self: host, Log: log}
	who := &actors.Actors{DB: db, Queue: jobs, Partners: policy, URL: address, Domain: string(host), Title: "Test", Log: log}
	out := &outbox.Outbox{DB: db, Queue: jobs, Actors: who, Partners: policy, Notify: tell, Files: files, FFmpeg: media.FindFFmpeg(), URL: address, MaxCharacters: 500, Log: log, Now: time.Now}
	in := &inbox.Inbox{DB: db, Queue: jobs, Actors: who, Partners: policy, Outbox: out, Notify: tell, Log: log}
	streams := notify.NewStreams()
	remote := &media.Remote{DB: db, HTTP: safehttp.New(safehttp.Options{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Bars: func(u *url.URL) bool { return policy.Bars(federation.HostOf(u.String())) }}), URL: address, Budget: 1 << 20, Log: log}
	require.NoError(t, remote.Open(context.Background(), t.TempDir()))
	t.Cleanup(func() { _ = remote.Close() })
	push := &notify.Push{DB: db, HTTP: remote.HTTP, Remote: remote, URL: address, Log: log}
	require.NoError(t, push.Open(context.Background()))
	says := &about.About{DB: db, Files: files, Hub: tell.Hub}
	signIn := &auth.Auth{DB: db, URL: address, Actors: who, Notify: tell}
	networks := &auth.Networks{DB: db}
	return &web.Web{
		API: &mastodon.API{
			Read: db.Reader, About: says, Actors: who, Outbox: out, Inbox: in, Notify: tell, Push: push, Partners: policy, Auth: signIn, Networks: networks, URL: address, Domain: string(host),
			Node: mastodon.Node{Title: "Test"}, Cache: mastodon.NewCache(32 << 20), Streams: streams, Remote: remote,
		},
		UI: &ui.UI{Health: &health.Health{DB: db, Queue: jobs, Partners: policy, Auth: signIn, HTTP: remote.HTTP, DataDir: t.TempDir(), Now: time.Now},
			Read: db.Reader, Auth: signIn, About: says, Actors: who, Outbox: out, Inbox: in, Notify: tell, Partners: policy, Streams: streams, Remote: remote, URL: address, Domain: string(host), Title: "Test", Log: log},
		Auth: signIn, SCIM: &scim.SCIM{DB: db, Auth: signIn, Actors: who, URL: address, Log: log}, Actors: who, Outbox: out, Inbox: in, Files: files, Remote: remote, Partners: policy, Networks: networks, Health: &health.Health{DB: db}, Limits: true, Log: log,
	}
}

// client is an app that acts for somebody.
type client struct {
	n     *node
	id    int64
	name  string
	token string
}

// person makes an account and an app with all its scopes.
func (n *node) person(name string) *client {
	n.t.Helper()
	account, err := n.Actors.Create(context.Background(), actors.Newcomer{Username: name, DisplayName: strings.ToUpper(name), Role: "member"})
	require.NoError(n.t, err)
	c := &client{n: n, id: account.Actor.ID, name: name}
	c.token = n.tokenFor(c.id, "read write follow push")
	return c
}

func (n *node) tokenFor(actor int64, scopes string) string {
	n.t.Helper()
	secret := auth.NewSecret()
	n.write(func(tx *store.Tx) error {
		return tx.CreateToken(&store.Token{ID: store.NewID(), TokenHash: auth.Hash(secret), ActorID: actor, Scopes: scopes, CreatedAt: store.Now()})
	})
	return secret
}

func (n *node) write(apply func(*store.Tx) error) {
	n.t.Helper()
	require.NoError(n.t, n.db.Write(context.Background(), apply))
}

// stranger has no token.
func (n *node) stranger() *client { return &client{n: n} }

// answer is a response that was read to its end.
type answer struct {
	t      testing.TB
	code   int
	header http.Header
	body   string
}

func (c *client) do(method, path string, body io.Reader, header ...string) answer {
	c.n.t.Helper()
	link := path
	if strings.HasPrefix(path, "/") {
		link = c.n.url + path
	}
	r, err := http.NewRequest(method, link, body)
	require.NoError(c.n.t, err)
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c.n.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(c.n.t, err)
	return answer{c.n.t, resp.StatusCode, resp.Header, string(text)}
}

func (c *client) get(path string) answer { c.n.t.Helper(); return c.do("GET", path, nil) }

// send sends JSON.
func (c *client) send(method, path string, body any) answer {
	c.n.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(c.n.t, err)
	return c.do(method, path, bytes.NewReader(text), "Content-Type", "application/json")
}

// form sends a form.
func (c *client) form(method, path string, form url.Values) answer {
	c.n.t.Helper()
	return c.do(method, path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

type object = map[string]any

func (a answer) ok() answer {
	a.t.Helper()
	require.Equal(a.t, http.StatusOK, a.code, a.body)
	return a
}

func (a answer) object() object {
	a.t.Helper()
	var v object
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

func (a answer) list() []object {
	a.t.Helper()
	var v []object
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

func (a answer) ids() []string {
	a.t.Helper()
	ids := []string{}
	for _, item := range a.ok().list() {
		ids = append(ids, item["id"].(string))
	}
	return ids
}

// post posts, and gives the id.
func (c *client) post(text string, more ...string) string {
	c.n.t.Helper()
	body := object{"status": text}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return c.send("POST", "/api/v1/statuses", body).ok().object()["id"].(string)
}

func (c *client) follow(other *client) {
	c.n.t.Helper()
	c.send("POST", fmt.Sprintf("/api/v1/accounts/%d/follow", other.id), object{}).ok()
}

func (c *client) at(format string) string { return fmt.Sprintf(format, c.id) }
