package ui_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"parley/about"
	"parley/actors"
	"parley/auth"
	"parley/auth/scim"
	"parley/federation"
	"parley/inbox"
	"parley/internal/fault"
	"parley/internal/health"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
	"parley/partners"
	"parley/web/ui"
)

// node is a node's pages over everything below them, without its jobs.
type node struct {
	*ui.UI
	t    testing.TB
	db   *store.DB
	auth *auth.Auth
	url  string
}

func newNode(t testing.TB) *node {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	door := gin.New()
	server := httptest.NewServer(door)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	n := &node{t: t, db: db, url: server.URL, UI: wire(t, db, server.URL)}
	n.auth = &auth.Auth{DB: db, URL: server.URL, Actors: n.Actors, Notify: n.Notify}
	n.Auth, n.SCIM = n.auth, &scim.SCIM{DB: db, Auth: n.auth, Actors: n.Actors, URL: server.URL}
	for _, r := range n.auth.Routes() {
		door.Handle(r.Method, r.Path, r.Handler)
	}
	door.GET("/media/*path", func(c *gin.Context) {
		if n.Outbox.Files.Serve(c.Writer, c.Request, c.Param("path")[1:]) != nil {
			c.Status(http.StatusNotFound)
		}
	})
	for _, r := range n.Routes() {
		door.Handle(r.Method, r.Path, append(n.entry(r), r.Handler)...)
	}
	return n
}

// entry does what the front door does.
func (n *node) entry(r ui.Route) []gin.HandlerFunc {
	if r.Needs == "" {
		return map[ui.Entry][]gin.HandlerFunc{ui.Visitor: {n.auth.OptionalSession()}, ui.Session: {n.auth.RequireSession()}}[r.Entry]
	}
	return []gin.HandlerFunc{n.auth.RequireSession(), func(c *gin.Context) {
		if !c.IsAborted() && !auth.WhoIs(c.Request.Context()).May(r.Needs) {
			n.Fail(c, fault.New(fault.Forbidden, "Your role does not allow this"))
			c.Abort()
		}
	}}
}

func wire(t testing.TB, db *store.DB, address string) *ui.UI {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	require.NoError(t, queue.Migrate(context.Background(), db))
	jobs, err := queue.New(db, log, queue.Roles{})
	require.NoError(t, err)
	files, err := media.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = files.Close() })
	host := federation.HostOf(address)
	tell := &notify.Notify{DB: db, Hub: notify.NewHub()}
	policy := &partners.Partners{DB: db, Queue: jobs, Self: host, Log: log}
	who := &actors.Actors{DB: db, Queue: jobs, Partners: policy, URL: address, Domain: string(host), Title: "Sales", Log: log}
	out := &outbox.Outbox{DB: db, Queue: jobs, Actors: who, Partners: policy, Notify: tell, Files: files, URL: address, MaxCharacters: 500, Log: log, Now: time.Now}
	in := &inbox.Inbox{DB: db, Queue: jobs, Actors: who, Partners: policy, Outbox: out, Notify: tell, Log: log}
	require.NoError(t, who.Open(context.Background()))
	remote := &media.Remote{DB: db, HTTP: safehttp.New(safehttp.Options{}), URL: address, Budget: 1 << 20, Log: log}
	require.NoError(t, remote.Open(context.Background(), t.TempDir()))
	t.Cleanup(func() { _ = remote.Close() })
	return &ui.UI{
		Read: db.Reader, About: &about.About{DB: db, Files: files, Hub: tell.Hub}, Actors: who, Outbox: out, Inbox: in, Notify: tell, Partners: policy, Streams: notify.NewStreams(), Remote: remote,
		Health: &health.Health{DB: db, Queue: jobs, Partners: policy, Auth: &auth.Auth{DB: db}, HTTP: remote.HTTP, DataDir: t.TempDir(), Now: time.Now},
		URL:    address, Domain: string(host), Title: "Sales", Log: log,
	}
}

// person is a browser, and who sits before it.
type person struct {
	n    *node
	id   int64
	name string
	http *http.Client
}

func (n *node) stranger() *person {
	jar, err := cookiejar.New(nil)
	require.NoError(n.t, err)
	return &person{n: n, http: &http.Client{Jar: jar}}
}

// person makes an account and signs it in by a one-time link.
func (n *node) person(name, role string) *person {
	n.t.Helper()
	account, err := n.Actors.Create(context.Background(), actors.Newcomer{Username: name, DisplayName: strings.ToUpper(name[:1]) + name[1:], Email: name + "@sales.example", Role: role})
	require.NoError(n.t, err)
	p := n.stranger()
	p.id, p.name = account.Actor.ID, name
	p.get(p.link()).ok()
	return p
}

// link is an address that signs the person in once.
func (p *person) link() string {
	link, err := p.n.auth.SignInLink(context.Background(), 0, p.id)
	require.NoError(p.n.t, err)
	return link
}

// page is an answer that was read to its end, after redirects.
type page struct {
	t    testing.TB
	code int
	url  *url.URL
	head http.Header
	body string
}

func (p *person) do(method, path string, body io.Reader, header ...string) page {
	p.n.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.n.url + path
	}
	r, err := http.NewRequest(method, path, body)
	require.NoError(p.n.t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := p.http.Do(r)
	require.NoError(p.n.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(p.n.t, err)
	return page{p.n.t, resp.StatusCode, resp.Request.URL, resp.Header, string(text)}
}

func (p *person) get(path string) page { p.n.t.Helper(); return p.do("GET", path, nil) }

// post sends a form, or with picture files a form with those.
func (p *person) post(path string, fields ...string) page {
	p.n.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return p.do("POST", path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

func (p *person) upload(path string, file []byte, fields ...string) page {
	p.n.t.Helper()
	return p.uploadAs("picture1", path, file, fields...)
}

// uploadAs sends a form with a file under a name.
func (p *person) uploadAs(name, path string, file []byte, fields ...string) page {
	p.n.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(p.n.t, w.WriteField(fields[i], fields[i+1]))
	}
	part, err := w.CreateFormFile(name, "a.png")
	require.NoError(p.n.t, err)
	_, err = part.Write(file)
	require.NoError(p.n.t, err)
	require.NoError(p.n.t, w.Close())
	return p.do("POST", path, &b, "Content-Type", w.FormDataContentType())
}

func (a page) ok() page {
	a.t.Helper()
	require.Equal(a.t, http.StatusOK, a.code, a.body)
	return a
}

// has and lacks look for a text in a page's content.
func (a page) has(text string) page {
	a.t.Helper()
	if !strings.Contains(a.body, text) {
		a.t.Errorf("%s lacks %q:\n%s", a.url.Path, text, a.main())
	}
	return a
}

func (a page) lacks(text string) page {
	a.t.Helper()
	if strings.Contains(a.body, text) {
		a.t.Errorf("%s has %q:\n%s", a.url.Path, text, a.main())
	}
	return a
}

func (a page) main() string {
	_, after, _ := strings.Cut(a.body, "<main")
	inside, _, _ := strings.Cut(after, "</main>")
	return inside
}

// write posts, and gives the post's id.
func (p *person) write(text string, fields ...string) string {
	p.n.t.Helper()
	if !slices.Contains(fields, "visibility") {
		fields = append(fields, "visibility", "public")
	}
	body := p.post("/ui/posts", append(fields, "text", text)...).ok().body
	found := regexp.MustCompile(`id="post-(\d+)"`).FindAllStringSubmatch(body, -1)
	require.NotEmpty(p.n.t, found)
	newest := int64(0)
	for _, m := range found {
		n, err := strconv.ParseInt(m[1], 10, 64)
		require.NoError(p.n.t, err)
		newest = max(newest, n)
	}
	return strconv.FormatInt(newest, 10)
}

func (p *person) idText() string { return strconv.FormatInt(p.id, 10) }
