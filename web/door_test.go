package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
	"parley/web"
)

func TestEveryRouteStatesAPolicy(t *testing.T) {
	n := sqlite(t)
	seen := map[string]bool{}
	for _, r := range n.Routes() {
		name := r.Method + " " + r.Path
		assert.NotEqual(t, web.Policy{}, r.Policy, name)
		assert.NotNil(t, r.Handler, name)
		assert.False(t, seen[name], "%s is there twice", name)
		seen[name] = true
	}
	assert.Greater(t, len(seen), 100)
}

// Each route of the client API is asked with no token, with a dead one, with
// an app's own, with a person's that has the wrong scopes, and with the right
// one: only the last, and on open routes a stranger, get past the door.
func TestScopesAreEnforced(t *testing.T) {
	n := sqlite(t)
	n.Limits = false
	ada := n.steward("ada", "owner")
	with := func(token string) *client { return &client{n: n, token: token} }
	app := with(n.tokenFor(0, "read write follow push admin:read admin:write"))
	refused := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity}
	for _, r := range n.Routes() {
		if r.Policy.Scopes() == nil {
			continue
		}
		path := strings.NewReplacer(":id", "1", ":hashtag", "go", ":name", "go").Replace(r.Path)
		name := r.Method + " " + r.Path
		assert.Equal(t, http.StatusUnauthorized, with("dead").do(r.Method, path, nil).code, name)
		useless := with(n.tokenFor(ada.id, elseScope(r.Policy.Scopes()[0])))
		assert.Equal(t, http.StatusForbidden, useless.do(r.Method, path, nil).code, name)
		stranger, its := n.stranger().do(r.Method, path, nil), app.do(r.Method, path, nil)
		if r.Policy.Open() {
			assert.NotContains(t, refused[:2], stranger.code, name)
			assert.NotContains(t, refused[:2], its.code, name)
		} else {
			assert.Equal(t, http.StatusUnauthorized, stranger.code, name)
			assert.Equal(t, http.StatusUnprocessableEntity, its.code, name)
			assert.Equal(t, "This method requires an authenticated user", its.object()["error"], name)
		}
		if strings.HasPrefix(path, "/api/v1/streaming") {
			continue // does not end
		}
		for _, scope := range r.Policy.Scopes() {
			right := with(n.tokenFor(ada.id, scope)).do(r.Method, path, nil)
			if r.Path == "/api/v1/emails/confirmations" { // behind the door, it is for nobody here
				assert.Contains(t, right.body, "awaiting confirmation")
				continue
			}
			assert.NotContains(t, refused[:2], right.code, "%s with %s: %s", name, scope, right.body)
		}
	}
}

// elseScope are scopes that do not hold one: of an administrator's, those for
// the other half.
func elseScope(scope string) string {
	switch {
	case strings.HasPrefix(scope, "admin:read"):
		return "read write follow push profile admin:write"
	case strings.HasPrefix(scope, "admin:write"):
		return "read write follow push profile admin:read"
	}
	return "admin:read admin:write"
}

// A route for those who administer asks for the permission of this moment, beside
// the scope: whose role does not have it gets no further, with whatever token.
func TestRolesAreEnforced(t *testing.T) {
	n := sqlite(t)
	n.Limits = false
	somebody := n.steward("ada", "owner")
	asked := 0
	for _, role := range auth.Roles {
		n.role(somebody, role)
		for _, r := range n.Routes() {
			if r.Policy.Needs() == "" || r.Policy.Scopes() == nil {
				continue
			}
			asked++
			a := somebody.do(r.Method, strings.ReplaceAll(r.Path, ":id", "1"), nil)
			if (auth.Powers{Role: role}).May(r.Policy.Needs()) {
				assert.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, a.code, "%s: %s %s: %s", role, r.Method, r.Path, a.body)
				continue
			}
			assert.Equal(t, http.StatusForbidden, a.code, "%s: %s %s", role, r.Method, r.Path)
			assert.JSONEq(t, `{"error":"This action is not allowed"}`, a.body)
		}
	}
	assert.Greater(t, asked, 5*15)
}

// Where the owner asks for a sign-in of late, every route by which an app changes
// something as an administrator wants it, and none by which it reads.
func TestAdministeringWantsASignInOfLate(t *testing.T) {
	n := sqlite(t)
	n.Limits = false
	n.Web.Auth.AdminMaxAge = time.Hour
	ada := n.steward("ada", "owner") // whose token says of no sign-in when it was
	asked := 0
	for _, r := range n.Routes() {
		if r.Policy.Needs() == "" || r.Policy.Scopes() == nil {
			continue
		}
		a := ada.do(r.Method, strings.ReplaceAll(r.Path, ":id", "1"), nil)
		name := r.Method + " " + r.Path
		if strings.HasPrefix(r.Policy.Scopes()[0], "admin:write") {
			asked++
			assert.Equal(t, http.StatusUnauthorized, a.code, name)
			assert.Contains(t, a.header.Get("WWW-Authenticate"), `error="insufficient_user_authentication"`, name)
			assert.Contains(t, a.header.Get("Access-Control-Expose-Headers"), "WWW-Authenticate", name)
			continue
		}
		assert.NotEqual(t, http.StatusUnauthorized, a.code, name)
	}
	assert.Greater(t, asked, 20)
}

// Nothing below /admin/ is for anybody but those who administer: an auditor
// changes nothing there, a member sees nothing.
func TestAdministrationIsNotForMembers(t *testing.T) {
	for _, r := range sqlite(t).Routes() {
		if !strings.Contains(r.Path, "/admin/") {
			continue
		}
		name := r.Method + " " + r.Path
		require.NotEmpty(t, r.Policy.Needs(), name)
		assert.False(t, auth.Powers{Role: auth.Member}.May(r.Policy.Needs()), name)
		assert.True(t, strings.HasPrefix(r.Policy.Scopes()[0], "admin:"), name)
		if strings.HasPrefix(r.Policy.Scopes()[0], "admin:write") {
			assert.False(t, auth.Powers{Role: auth.Auditor}.May(r.Policy.Needs()), name)
		}
	}
}

func TestErrorsAreJSON(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	dead := &client{n: n, token: "dead"}
	for _, c := range []struct {
		who          *client
		method, path string
		code         int
		message      string
	}{
		{ada, "GET", "/api/v1/nothing", 404, "Not Found"},
		{ada, "GET", "/api/v3/instance", 404, "Not Found"},
		{ada, "GET", "/api/v1/statuses/123", 404, "Record not found"},
		{ada, "GET", "/api/v1/statuses/abc", 404, "Record not found"},
		{ada, "GET", "/api/v1/accounts/99999999999999999999", 404, "Record not found"},
		{ada, "DELETE", "/api/v2/instance", 405, "Method Not Allowed"},
		{ada, "GET", "/api/v1/push/subscription", 404, "Record not found"},
		{dead, "GET", "/api/v1/timelines/home", 401, "The access token is invalid"},
		{n.stranger(), "GET", "/api/v1/timelines/home", 401, "The access token is invalid"},
		{&client{n: n, token: n.tokenFor(ada.id, "read:accounts")}, "GET", "/api/v1/timelines/home", 403, "This action is outside the authorized scopes"},
		{ada, "POST", "/api/v1/statuses", 422, "Validation failed: Text can't be blank"},
	} {
		a := c.who.do(c.method, c.path, nil)
		assert.Equal(t, c.code, a.code, c.path)
		assert.Equal(t, "application/json; charset=utf-8", a.header.Get("Content-Type"), c.path)
		assert.Equal(t, c.message, a.object()["error"], c.path)
		assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"), c.path)
		assert.NotEmpty(t, a.header.Get("X-Request-Id"))
	}
	broken := ada.do("POST", "/api/v1/statuses", strings.NewReader(`{"status":`), "Content-Type", "application/json")
	assert.Equal(t, 400, broken.code)
	large := ada.do("POST", "/api/v1/statuses", strings.NewReader(strings.Repeat("x", 2<<20)), "Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, 413, large.code)
}

func TestPanicIsAnAnswer(t *testing.T) {
	n := sqlite(t)
	n.API.Notify = nil
	a := n.person("ada").send("POST", "/api/v1/notifications/clear", object{})
	assert.Equal(t, 500, a.code)
	assert.Equal(t, "Something went wrong on our side", a.object()["error"])
}

func TestOtherOriginsMayAsk(t *testing.T) {
	n := sqlite(t)
	for path, shared := range map[string]bool{
		"/api/v1/apps": true, "/api/v2/instance": true, "/api/v1/nothing": true, "/oauth/token": true, "/oauth/revoke": true, "/oauth/userinfo": true,
		"/.well-known/nodeinfo": true, "/nodeinfo/2.0": true, "/media/aa/bb/x.png": true, "/avatars/original/missing.png": true,
		"/oauth/authorize": false, "/auth/sign_in": false, "/inbox": false, "/actors/1": false,
	} {
		a := n.stranger().do("OPTIONS", path, nil, "Origin", "https://client.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
		if !shared {
			assert.Empty(t, a.header.Get("Access-Control-Allow-Origin"), path)
			continue
		}
		assert.Equal(t, 204, a.code, path)
		assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"), path)
		assert.Equal(t, "Authorization, Content-Type, Idempotency-Key", a.header.Get("Access-Control-Allow-Headers"), path)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			assert.Contains(t, a.header.Get("Access-Control-Allow-Methods"), method)
		}
		assert.NotEmpty(t, a.header.Get("Access-Control-Max-Age"))
		assert.Empty(t, a.header.Get("Access-Control-Allow-Credentials"))
	}
	a := n.stranger().get("/avatars/original/missing.png").ok()
	assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	assert.Contains(t, a.header.Get("Access-Control-Expose-Headers"), "Link")
	assert.Equal(t, "image/png", a.header.Get("Content-Type"))
}

func TestRateLimits(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	first := ada.get("/api/v1/preferences").ok()
	reset, err := time.Parse("2006-01-02T15:04:05.000000Z", first.header.Get("X-RateLimit-Reset"))
	require.NoError(t, err)
	assert.Less(t, time.Until(reset), 6*time.Minute)
	assert.Equal(t, "1500", first.header.Get("X-RateLimit-Limit"))
	assert.Equal(t, "1499", first.header.Get("X-RateLimit-Remaining"))
	door, err := n.Handler()
	require.NoError(t, err)
	var last *recorder
	for range 1501 {
		last = ask(door, ada.token)
	}
	assert.Equal(t, http.StatusTooManyRequests, last.code)
	assert.JSONEq(t, `{"error":"Too many requests"}`, last.body)
	assert.Equal(t, http.StatusOK, ask(door, bob.token).code, "another token is another client")
	n.Limits = false
	door, err = n.Handler()
	require.NoError(t, err)
	assert.Empty(t, ask(door, ada.token).header.Get("X-RateLimit-Limit"))
}

// Who may say where a request came from: listed proxies only.
func TestForwardedHeaders(t *testing.T) {
	n := sqlite(t)
	for proxies, want := range map[string]string{"": "127.0.0.1", "127.0.0.0/8": "9.8.7.6"} {
		if n.TrustedProxies = nil; proxies != "" {
			n.TrustedProxies = []string{proxies}
		}
		var log bytes.Buffer
		n.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		door, err := n.Handler()
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(context.Background(), "GET", "/health", nil)
		require.NoError(t, err)
		r.RemoteAddr = "127.0.0.1:5"
		r.Header.Set("X-Forwarded-For", "9.8.7.6")
		door.ServeHTTP(&recorder{header: http.Header{}}, r)
		assert.Contains(t, log.String(), "address="+want+" ")
	}
}

// The cookie of a browser is worth nothing at the API.
// A write that another site's page began comes with the cookie, and is refused
// at each route that goes by the cookie.
func TestWritesOfOtherSitesAreRefused(t *testing.T) {
	n := sqlite(t)
	n.Limits = false
	ada := n.person("ada")
	secret := auth.NewSecret()
	n.write(func(tx *store.Tx) error {
		return tx.CreateSession(&store.Session{ID: store.NewID(), TokenHash: auth.Hash(secret), ActorID: ada.id, CreatedAt: store.Now(), ExpiresAt: store.Now().Add(time.Hour)})
	})
	tried := 0
	for _, r := range n.Routes() {
		if r.Method == http.MethodGet || r.Policy.Scopes() != nil || assert.ObjectsAreEqual(r.Policy, web.Anyone) || assert.ObjectsAreEqual(r.Policy, web.Inside) || assert.ObjectsAreEqual(r.Policy, web.App) {
			continue
		}
		path := strings.NewReplacer(":id", "1", ":name", "ada").Replace(r.Path)
		for _, site := range []string{"cross-site", "same-site"} {
			answer := n.stranger().do(r.Method, path, nil, "Cookie", "parley_session="+secret, "Sec-Fetch-Site", site)
			assert.Equal(t, http.StatusForbidden, answer.code, r.Method+" "+r.Path)
			assert.Contains(t, answer.body, "another site", r.Method+" "+r.Path)
		}
		tried++
	}
	assert.NotZero(t, tried)
}

func TestSessionIsNoToken(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	secret := auth.NewSecret()
	n.write(func(tx *store.Tx) error {
		return tx.CreateSession(&store.Session{ID: store.NewID(), TokenHash: auth.Hash(secret), ActorID: ada.id, CreatedAt: store.Now(), ExpiresAt: store.Now().Add(time.Hour)})
	})
	a := n.stranger().do("GET", "/api/v1/timelines/home", nil, "Cookie", "parley_session="+secret)
	assert.Equal(t, 401, a.code)
}

// toot ends the address of the sign-in page in a slash, Mastodon.py that of
// the instance.
func TestTrailingSlashes(t *testing.T) {
	n := sqlite(t)
	app := n.stranger().form("POST", "/api/v1/apps", url.Values{"client_name": {"toot"}, "redirect_uris": {"urn:ietf:wg:oauth:2.0:oob"}, "scopes": {"read write follow"}}).ok().object()
	q := url.Values{"client_id": {app["client_id"].(string)}, "redirect_uri": {"urn:ietf:wg:oauth:2.0:oob"}, "response_type": {"code"}, "scope": {"read write follow"}}
	for _, path := range []string{"/oauth/authorize?", "/oauth/authorize/?"} {
		assert.Equal(t, 200, n.stranger().get(path+q.Encode()).code, "shows the sign-in")
	}
	assert.Equal(t, 200, n.stranger().get("/api/v1/instance/").code)
	assert.Equal(t, 404, n.stranger().get("/api/v1/instance//").code)
	assert.Equal(t, 401, n.stranger().get("/api/v1/timelines/home/").code, "the same rule holds")
}

// recorder takes an answer of a handler that is asked without a network.
type recorder struct {
	header http.Header
	code   int
	body   string
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(code int)        { r.code = code }
func (r *recorder) Write(p []byte) (int, error) { r.body += string(p); return len(p), nil }

func ask(door http.Handler, token string) *recorder {
	r, _ := http.NewRequestWithContext(context.Background(), "GET", "/api/v1/preferences", nil)
	r.RemoteAddr = "127.0.0.1:5"
	r.Header.Set("Authorization", "Bearer "+token)
	w := &recorder{header: http.Header{}}
	door.ServeHTTP(w, r)
	return w
}
