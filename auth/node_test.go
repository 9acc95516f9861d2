package auth_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/auth/devidp"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// node is this room behind a front door, with an identity provider beside it.
type node struct {
	*auth.Auth
	t      *testing.T
	idp    string
	played atomic.Pointer[devidp.Provider]
}

// people are those whom the provider knows from now on.
func (n *node) people(all ...devidp.Person) {
	n.t.Helper()
	idp, err := devidp.New(devidp.Options{
		Issuer: n.idp, People: all,
		Clients: []devidp.Client{{ID: "parley", Secret: "secret", RedirectURIs: []string{n.URL + "/auth/oidc/callback"},
			PostLogoutRedirectURIs: []string{n.URL + "/"}}},
	})
	require.NoError(n.t, err)
	n.played.Store(idp)
}

func newNode(t *testing.T, rules ...auth.Rule) *node {
	t.Helper()
	return newNodeOn(t, storetest.Open(t, storetest.URL(t, "sqlite")), rules...)
}

// each runs a test on every kind of database.
func each(t *testing.T, test func(t *testing.T, n *node)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newNodeOn(t, db)) })
}

func newNodeOn(t *testing.T, db *store.DB, rules ...auth.Rule) *node {
	t.Helper()
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	n := &node{t: t, idp: server.URL + "/dev-idp"}
	n.Auth = &auth.Auth{
		DB:  db,
		URL: server.URL,
		Providers: []*auth.Provider{{
			Name: "Corp IdP", Issuer: n.idp, ClientID: "parley", ClientSecret: "secret", Client: server.Client(), Policy: auth.Policy{Rules: rules},
		}},
	}
	require.NoError(t, queue.Migrate(t.Context(), n.DB))
	jobs, err := queue.New(n.DB, slog.New(slog.DiscardHandler), queue.Roles{})
	require.NoError(t, err)
	n.Actors = &actors.Actors{DB: n.DB, Queue: jobs, URL: server.URL}
	n.Notify = &notify.Notify{DB: n.DB, Hub: notify.NewHub()}
	n.people(devidp.Person{Subject: "s-ada", Username: "ada", Name: "Ada", Email: "ada@corp.example", Groups: []string{"parley-owners"}},
		devidp.Person{Subject: "s-ben", Username: "ben", Name: "Ben", Email: "ben@corp.example"})
	engine.Any("/dev-idp/*any", func(c *gin.Context) { n.played.Load().Handler().ServeHTTP(c.Writer, c.Request) })
	for _, route := range n.Routes() {
		engine.Handle(route.Method, route.Path, route.Handler)
	}
	tell := func(c *gin.Context) { c.JSON(http.StatusOK, auth.WhoIs(c.Request.Context())) }
	engine.GET("/home", n.RequireSession(), tell)
	engine.POST("/home", n.RequireSession(), tell)
	engine.GET("/owner", n.RequireSession(), n.RequireProof(), tell)
	engine.POST("/owner", n.RequireSession(), n.RequireProof(), tell)
	engine.POST("/act_as", func(c *gin.Context) {
		account, _ := strconv.ParseInt(c.PostForm("account"), 10, 64)
		if n.ActAs(c.Writer, c.Request, account) != nil {
			c.Status(http.StatusForbidden)
		}
	})
	engine.GET("/api/statuses", n.Require("read:statuses"), tell)
	engine.POST("/api/statuses", n.Require("write:statuses"), tell)
	engine.GET("/api/any", n.RequireToken(), tell)
	engine.POST("/api/admin", n.Require("admin:write:accounts"), n.RequireAdminProof(), tell)
	engine.GET("/api/public", n.Optional("read:statuses"), tell)
	return n
}

// account makes a local person.
func (n *node) account(name string, role auth.Role) int64 {
	n.t.Helper()
	account, err := n.Actors.Create(n.t.Context(), actors.Newcomer{Username: name, Role: string(role)})
	require.NoError(n.t, err)
	return account.Actor.ID
}

func (n *node) write(apply func(*store.Tx) error) {
	n.t.Helper()
	require.NoError(n.t, n.DB.Write(n.t.Context(), apply))
}

// exec changes rows past the rooms, with a ? for each value.
func (n *node) exec(query string, values ...any) {
	n.t.Helper()
	var err error
	if n.DB.Postgres == nil {
		_, err = n.DB.SQLite.ExecContext(n.t.Context(), query, values...)
	} else {
		for i := range values {
			query = strings.Replace(query, "?", "$"+strconv.Itoa(i+1), 1)
		}
		_, err = n.DB.Postgres.Exec(n.t.Context(), query, values...)
	}
	require.NoError(n.t, err)
}

// audited are the actions in the audit trail.
func (n *node) audited() []string {
	n.t.Helper()
	lines, err := n.DB.AuditLines(0, 100)
	require.NoError(n.t, err)
	var actions []string
	for _, line := range lines {
		actions = append(actions, line.Action+" "+line.Subject)
	}
	return actions
}

// browser keeps cookies and follows no redirect by itself.
type browser struct {
	*http.Client
	n *node
}

func (n *node) browser() browser {
	jar, err := cookiejar.New(nil)
	require.NoError(n.t, err)
	return browser{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, n}
}

// signedIn is a browser with a session for the account.
func (n *node) signedIn(actor int64) browser {
	n.t.Helper()
	b := n.browser()
	link, err := n.SignInLink(n.t.Context(), 0, actor)
	require.NoError(n.t, err)
	require.Equal(n.t, http.StatusSeeOther, b.get(link).code)
	return b
}

// answer is a response that was read to its end.
type answer struct {
	code     int
	body     string
	header   http.Header
	location *url.URL
	cookies  []*http.Cookie
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

func (b browser) get(link string, header ...string) answer {
	b.n.t.Helper()
	return b.do(http.MethodGet, link, nil, header...)
}

func (b browser) post(link string, form url.Values, header ...string) answer {
	b.n.t.Helper()
	return b.do(http.MethodPost, link, strings.NewReader(form.Encode()),
		append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

func (b browser) do(method, link string, body io.Reader, header ...string) answer {
	t := b.n.t
	t.Helper()
	if strings.HasPrefix(link, "/") {
		link = b.n.URL + link
	}
	r, err := http.NewRequestWithContext(t.Context(), method, link, body)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := b.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	location, _ := res.Location()
	return answer{res.StatusCode, string(text), res.Header, location, res.Cookies()}
}

// follow goes on to where an answer points, up to and without a path.
func (b browser) follow(from answer, until string) answer {
	b.n.t.Helper()
	for range 10 {
		if from.location == nil || strings.HasPrefix(from.location.Path, until) {
			return from
		}
		next := from.location
		from = b.get(next.String())
		if from.location == nil {
			from.location = next
			return from
		}
	}
	b.n.t.Fatal("it goes round in circles")
	return answer{}
}

// throughTheProvider signs somebody in, beginning at a page of the node, and
// returns the callback's URL without going there.
func (b browser) throughTheProvider(begin, subject string) string {
	t := b.n.t
	t.Helper()
	picker := b.follow(b.get(begin), "/dev-idp/login")
	require.NotNil(t, picker.location, picker.body)
	request := picker.location.Query().Get("request")
	require.NotEmpty(t, request, picker.body)
	picked := b.post(b.n.idp+"/login", url.Values{"request": {request}, "person": {subject}})
	require.Equal(t, http.StatusSeeOther, picked.code)
	back := b.follow(picked, "/auth/oidc/callback")
	return back.location.String()
}

// routesOf is the room's routes without a server.
func routesOf(n *node) http.Handler {
	engine := gin.New()
	for _, route := range n.Routes() {
		engine.Handle(route.Method, route.Path, route.Handler)
	}
	return engine
}

func rulesFor(claim string, roles map[string]string) []auth.Rule {
	rules, err := auth.RoleRules(claim, roles)
	if err != nil {
		panic(err)
	}
	return rules
}
