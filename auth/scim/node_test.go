package scim_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/auth/devidp"
	"parley/auth/scim"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// node is this room and auth behind a front door, with a provider beside them
// that knows ada and ben, and another that nobody signs in with.
type node struct {
	*scim.SCIM
	t     *testing.T
	idp   string
	token string
}

func newNode(t *testing.T, db *store.DB) *node {
	t.Helper()
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	log := slog.New(slog.DiscardHandler)
	require.NoError(t, queue.Migrate(t.Context(), db))
	jobs, err := queue.New(db, log, queue.Roles{})
	require.NoError(t, err)
	rules, err := auth.RoleRules("groups", map[string]string{"parley-owners": "owner", "parley-admins": "admin", "g-mods": "moderator"})
	require.NoError(t, err)
	n := &node{t: t, idp: server.URL + "/dev-idp"}
	signIn := &auth.Auth{DB: db, URL: server.URL, Actors: &actors.Actors{DB: db, Queue: jobs, URL: server.URL}, Notify: &notify.Notify{DB: db, Hub: notify.NewHub()},
		Providers: []*auth.Provider{
			{Name: "Corp IdP", Issuer: n.idp, ClientID: "parley", ClientSecret: "secret", Client: server.Client(), Policy: auth.Policy{Rules: rules}},
			{Name: "Other", Issuer: "https://other.example", ClientID: "parley"},
		}}
	n.SCIM = &scim.SCIM{DB: db, Auth: signIn, Actors: signIn.Actors, URL: server.URL, Log: log}
	idp, err := devidp.New(devidp.Options{Issuer: n.idp,
		People: []devidp.Person{
			{Subject: "s-ada", Username: "ada", Name: "Ada", Email: "ada@corp.example", Groups: []string{"parley-admins"}},
			{Subject: "s-ben", Username: "ben", Name: "Ben", Email: "ben@corp.example"},
		},
		Clients: []devidp.Client{{ID: "parley", Secret: "secret", RedirectURIs: []string{server.URL + "/auth/oidc/callback"}}},
	})
	require.NoError(t, err)
	engine.Any("/dev-idp/*any", gin.WrapH(idp.Handler()))
	for _, route := range append(signIn.Routes(), n.Routes()...) {
		engine.Handle(route.Method, route.Path, route.Handler)
	}
	engine.GET("/home", signIn.RequireSession(), func(c *gin.Context) { c.String(http.StatusOK, auth.WhoIs(c.Request.Context()).Username) })
	n.token = n.tokenFor("Corp IdP", 0)
	return n
}

func (n *node) tokenFor(provider string, expires store.Time) string {
	n.t.Helper()
	token, err := n.IssueToken(n.t.Context(), 0, provider, "sync", expires)
	require.NoError(n.t, err)
	return token
}

// each runs a test on every kind of database.
func each(t *testing.T, test func(t *testing.T, n *node)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newNode(t, db)) })
}

type object = map[string]any

// answer is a response that was read to its end.
type answer struct {
	t      *testing.T
	code   int
	header http.Header
	text   string
}

// ask sends what a directory sends. A path begins behind /scim/v2.
func (n *node) ask(method, path, body string, header ...string) answer {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), method, n.URL+"/scim/v2"+path, strings.NewReader(body))
	require.NoError(n.t, err)
	r.Header.Set("Authorization", "Bearer "+n.token)
	r.Header.Set("Content-Type", "application/scim+json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(n.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(n.t, err)
	if len(text) > 0 {
		require.Equal(n.t, "application/scim+json; charset=utf-8", resp.Header.Get("Content-Type"), string(text))
	}
	return answer{n.t, resp.StatusCode, resp.Header, string(text)}
}

func (a answer) is(code int) answer {
	a.t.Helper()
	require.Equal(a.t, code, a.code, a.text)
	return a
}

func (a answer) object() object {
	a.t.Helper()
	var o object
	require.NoError(a.t, json.Unmarshal([]byte(a.text), &o), a.text)
	return o
}

// refused is an error of RFC 7644 3.12.
func (a answer) refused(code int, kind string) string {
	a.t.Helper()
	o := a.is(code).object()
	require.Equal(a.t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, o["schemas"])
	if kind == "" {
		require.NotContains(a.t, o, "scimType")
	} else {
		require.Equal(a.t, kind, o["scimType"], a.text)
	}
	return o["detail"].(string)
}

// found are the ids that a filter finds.
func (n *node) found(kind, filter string) []string {
	n.t.Helper()
	o := n.ask("GET", "/"+kind+"?"+url.Values{"filter": {filter}}.Encode(), "").is(200).object()
	ids := []string{}
	for _, r := range o["Resources"].([]any) {
		ids = append(ids, r.(object)["id"].(string))
	}
	require.EqualValues(n.t, len(ids), o["totalResults"])
	return ids
}

// user makes a user, and gives its id and its account.
func (n *node) user(name, external string) (id string, account *store.Account) {
	n.t.Helper()
	o := n.ask("POST", "/Users", `{"userName":"`+name+`@corp.example","externalId":"`+external+`","displayName":"`+strings.ToUpper(name)+`","emails":[{"type":"work","primary":true,"value":"`+name+`@corp.example"}],"active":true}`).is(201).object()
	return o["id"].(string), n.account(external)
}

// account is that of whom the directory knows by an external id.
func (n *node) account(external string) *store.Account {
	n.t.Helper()
	row, err := n.DB.SCIMPerson(n.idp, external)
	require.NoError(n.t, err)
	account, err := n.DB.Account(row.ActorID)
	require.NoError(n.t, err)
	return account
}

func (n *node) group(name, external string, members ...string) string {
	n.t.Helper()
	list := []object{}
	for _, m := range members {
		list = append(list, object{"value": m})
	}
	body, err := json.Marshal(object{"displayName": name, "externalId": external, "members": list})
	require.NoError(n.t, err)
	return n.ask("POST", "/Groups", string(body)).is(201).object()["id"].(string)
}

func (n *node) patch(path, operations string) answer {
	n.t.Helper()
	return n.ask("PATCH", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operations+`]}`)
}

// audited are the lines of the audit trail about an action.
func (n *node) audited(action string) (details []string) {
	n.t.Helper()
	lines, err := n.DB.AuditLines(0, 500)
	require.NoError(n.t, err)
	for _, line := range lines {
		if line.Action == action {
			details = append(details, line.Detail)
		}
	}
	return details
}

// browser keeps cookies.
func (n *node) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	require.NoError(n.t, err)
	return &http.Client{Jar: jar}
}

func (n *node) home(b *http.Client) string {
	n.t.Helper()
	resp, err := b.Get(n.URL + "/home")
	require.NoError(n.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(n.t, err)
	if resp.Request.URL.Path != "/home" {
		return ""
	}
	return string(text)
}

// signIn goes through the provider as somebody, and tells what is shown then.
func (n *node) signIn(b *http.Client, subject string) string {
	n.t.Helper()
	resp, err := b.Get(n.URL + "/auth/oidc/corp-idp/start?return_to=/home")
	require.NoError(n.t, err)
	_ = resp.Body.Close()
	request := resp.Request.URL.Query().Get("request")
	require.NotEmpty(n.t, request)
	resp, err = b.PostForm(n.idp+"/login", url.Values{"request": {request}, "person": {subject}})
	require.NoError(n.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(n.t, err)
	return string(text)
}
