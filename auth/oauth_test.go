package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

const (
	phanpy = "http://localhost:18310" // without a slash, to be kept so
	oob    = "urn:ietf:wg:oauth:2.0:oob"
)

// app is a client app that registered.
type app struct{ id, secret, redirect, scopes string }

func (n *node) app(redirect, scopes string) app {
	n.t.Helper()
	a := n.browser().post("/api/v1/apps", url.Values{"client_name": {"Test <app>"}, "redirect_uris": {redirect}, "scopes": {scopes}})
	require.Equal(n.t, http.StatusOK, a.code, a.body)
	entity := a.json(n.t)
	return app{entity["client_id"].(string), entity["client_secret"].(string), strings.Fields(redirect)[0], scopes}
}

// ask is the authorization request of the app, with changes.
func (a app) ask(change ...string) string {
	q := url.Values{"client_id": {a.id}, "redirect_uri": {a.redirect}, "response_type": {"code"}, "scope": {a.scopes}}
	for i := 0; i < len(change); i += 2 {
		q.Set(change[i], change[i+1])
	}
	return "/oauth/authorize?" + q.Encode()
}

var field = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// agree opens the page and presses a button, as a person would.
func (b browser) agree(link, decision string) answer {
	t := b.n.t
	t.Helper()
	page := b.get(link)
	require.Equal(t, http.StatusOK, page.code, page.body)
	form := url.Values{"decision": {decision}}
	for _, m := range field.FindAllStringSubmatch(page.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return b.post("/oauth/authorize", form, "Sec-Fetch-Site", "same-origin")
}

// code is what the app gets when somebody agrees.
func (b browser) code(link string) string {
	b.n.t.Helper()
	a := b.agree(link, "allow")
	require.Equal(b.n.t, http.StatusSeeOther, a.code, a.body)
	code := a.location.Query().Get("code")
	require.NotEmpty(b.n.t, code, a.location)
	return code
}

// exchange is the app's request for a token, with changes.
func (n *node) exchange(a app, code string, change ...string) answer {
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {a.id}, "client_secret": {a.secret}, "redirect_uri": {a.redirect}, "code": {code}}
	for i := 0; i < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return n.browser().post("/oauth/token", form)
}

func (n *node) bearer(token, link string) answer {
	return n.browser().get(link, "Authorization", "Bearer "+token)
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestClientWithPKCEAndForms(t *testing.T) {
	n := newNode(t)
	ben := n.account("ben", auth.Member)
	a := n.app(phanpy, "read write follow push")
	b := n.browser()

	// Not signed in: to the provider and back to the question.
	link := a.ask("code_challenge", challenge("the verifier"), "code_challenge_method", "S256", "lang", "de")
	to := b.get(link)
	require.Equal(t, "/auth/sign_in", to.location.Path)
	assert.Equal(t, link, sorted(t, to.location.Query().Get("return_to")))

	b = n.signedIn(ben)
	page := b.get(link)
	assert.Contains(t, page.body, "Test &lt;app&gt;")
	assert.Contains(t, page.body, "@ben")
	assert.Contains(t, page.body, "Post, edit and delete as you")
	assert.Equal(t, "no-store", page.header.Get("Cache-Control"))
	assert.Empty(t, page.header.Get("Cross-Origin-Opener-Policy"))
	assert.NotContains(t, page.header.Get("Content-Security-Policy"), "form-action", "which would hold for the way back to the app too")

	agreed := b.agree(link, "allow")
	assert.True(t, strings.HasPrefix(agreed.header.Get("Location"), phanpy+"?code="), agreed.header.Get("Location"))
	assert.NotContains(t, agreed.header.Get("Location"), "state")

	got := n.exchange(a, agreed.location.Query().Get("code"), "code_verifier", "the verifier")
	require.Equal(t, http.StatusOK, got.code, got.body)
	assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	token := got.json(t)
	assert.Equal(t, "Bearer", token["token_type"])
	assert.Equal(t, "read write follow push", token["scope"])
	assert.IsType(t, 1.0, token["created_at"])
	assert.NotContains(t, token, "expires_in")

	who := n.bearer(token["access_token"].(string), "/api/statuses").json(t)
	assert.Equal(t, "ben", who["Username"])
	assert.Equal(t, "member", who["Role"])
	assert.Contains(t, n.audited(), "app.authorize Test <app>")
	info := n.bearer(token["access_token"].(string), "/oauth/userinfo").json(t)
	assert.Equal(t, "ben", info["preferred_username"])
	assert.Equal(t, n.URL, info["iss"])
}

// sorted writes a link's query in one order.
func sorted(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	require.NoError(t, err)
	u.RawQuery = u.Query().Encode()
	return u.String()
}

func TestClientWithJSONAndState(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	registered := b.do(http.MethodPost, "/api/v1/apps", strings.NewReader(
		`{"client_name":"Elk","website":"https://elk.example","redirect_uris":["https://elk.example/cb?x=1","tusky://app/"],"scopes":"read write"}`),
		"Content-Type", "application/json")
	require.Equal(t, http.StatusOK, registered.code, registered.body)
	entity := registered.json(t)
	assert.Equal(t, []any{"https://elk.example/cb?x=1", "tusky://app/"}, entity["redirect_uris"])
	assert.Equal(t, "https://elk.example/cb?x=1\ntusky://app/", entity["redirect_uri"])
	assert.Equal(t, []any{"read", "write"}, entity["scopes"])
	assert.Equal(t, 0.0, entity["client_secret_expires_at"])
	assert.IsType(t, "", entity["id"])

	a := app{entity["client_id"].(string), entity["client_secret"].(string), "https://elk.example/cb?x=1", "read write"}
	agreed := b.agree(a.ask("state", "a b&c", "force_login", "false"), "allow")
	location := agreed.header.Get("Location")
	assert.True(t, strings.HasPrefix(location, "https://elk.example/cb?x=1&code="), location)
	assert.Equal(t, "a b&c", agreed.location.Query().Get("state"))

	body, err := json.Marshal(map[string]string{"grant_type": "authorization_code", "client_id": a.id, "client_secret": a.secret,
		"redirect_uri": a.redirect, "code": agreed.location.Query().Get("code"), "scope": "read write"})
	require.NoError(t, err)
	got := b.do(http.MethodPost, "/oauth/token", strings.NewReader(string(body)), "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, got.code, got.body)

	a.redirect = "tusky://app/"
	agreed = b.agree(a.ask(), "allow")
	assert.True(t, strings.HasPrefix(agreed.header.Get("Location"), "tusky://app/?code="), agreed.header.Get("Location"))
}

func TestClientOutOfBand(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a := n.app(oob, "read write follow")
	agreed := b.agree(a.ask(), "allow")
	require.Equal(t, "/oauth/authorize/native", agreed.location.Path)
	code := agreed.location.Query().Get("code")
	assert.Contains(t, b.get(agreed.location.String()).body, `value="`+code+`"`)
	require.Equal(t, http.StatusOK, n.exchange(a, code).code)

	assert.Equal(t, http.StatusBadRequest, b.get("/oauth/authorize/native?code=call+555-0100+and+ask+for+Bob").code)
	denied := b.agree(a.ask(), "deny")
	assert.Equal(t, http.StatusBadRequest, denied.code)
}

func TestSayingNo(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a := n.app(phanpy, "read")
	for _, decision := range []string{"deny", "", "Allow"} {
		q := b.agree(a.ask("state", "s"), decision).location.Query()
		assert.Equal(t, "access_denied", q.Get("error"))
		assert.Equal(t, "s", q.Get("state"))
		assert.Empty(t, q.Get("code"))
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a := n.app(phanpy+" tusky://app/", "read write:media")
	for name, change := range map[string][]string{
		"an unknown app":           {"client_id", "guess"},
		"no app":                   {"client_id", ""},
		"an unregistered redirect": {"redirect_uri", "https://evil.example/"},
		"a slash more":             {"redirect_uri", phanpy + "/"},
		"a path below":             {"redirect_uri", phanpy + "/x"},
		"another case":             {"redirect_uri", "HTTP://localhost:18310"},
		"another port":             {"redirect_uri", "http://localhost:18311"},
		"both at once":             {"redirect_uri", phanpy + "\ntusky://app/"},
		"no redirect":              {"redirect_uri", ""},
		"out of band":              {"redirect_uri", oob},
	} {
		t.Run("told to the person: "+name, func(t *testing.T) {
			refused := b.get(a.ask(change...))
			assert.Equal(t, http.StatusBadRequest, refused.code)
			assert.Nil(t, refused.location)
		})
	}
	for name, test := range map[string]struct {
		change []string
		want   string
	}{
		"another response type":   {[]string{"response_type", "token"}, "unsupported_response_type"},
		"no response type":        {[]string{"response_type", ""}, "unsupported_response_type"},
		"an unknown scope":        {[]string{"scope", "root"}, "invalid_scope"},
		"more than registered":    {[]string{"scope", "read write"}, "invalid_scope"},
		"PKCE plain":              {[]string{"code_challenge", challenge("v"), "code_challenge_method", "plain"}, "invalid_request"},
		"PKCE without its method": {[]string{"code_challenge", challenge("v")}, "invalid_request"},
		"PKCE without challenge":  {[]string{"code_challenge_method", "S256"}, "invalid_request"},
		"PKCE cut short":          {[]string{"code_challenge", "abc", "code_challenge_method", "S256"}, "invalid_request"},
	} {
		t.Run("told to the app: "+name, func(t *testing.T) {
			refused := b.get(a.ask(append(test.change, "state", "s")...))
			require.Equal(t, http.StatusSeeOther, refused.code, refused.body)
			assert.Equal(t, "localhost:18310", refused.location.Host)
			assert.Equal(t, test.want, refused.location.Query().Get("error"))
			assert.Equal(t, "s", refused.location.Query().Get("state"))
		})
	}
	assert.Equal(t, http.StatusOK, b.get(a.ask("scope", "read:statuses write:media")).code, "less than registered")
}

func TestTheConsentFormIsChecked(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a := n.app(phanpy, "read")
	form := url.Values{"client_id": {a.id}, "redirect_uri": {phanpy}, "response_type": {"code"}, "scope": {"read"}, "decision": {"allow"}}
	assert.Equal(t, http.StatusForbidden, b.post("/oauth/authorize", form, "Sec-Fetch-Site", "cross-site").code)
	assert.Equal(t, http.StatusForbidden, b.post("/oauth/authorize", form, "Sec-Fetch-Site", "same-site").code, "another node on localhost")
	assert.Equal(t, "/auth/sign_in", n.browser().post("/oauth/authorize", form).location.Path, "nobody")
	form.Set("scope", "read write")
	assert.Equal(t, "invalid_scope", b.post("/oauth/authorize", form).location.Query().Get("error"))
	form.Set("redirect_uri", "https://evil.example/")
	assert.Equal(t, http.StatusBadRequest, b.post("/oauth/authorize", form).code)
	assert.NotContains(t, n.audited(), "app.authorize Test <app>")
}

func TestForceLoginAsksAgain(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	require.Equal(t, http.StatusSeeOther, b.get(b.throughTheProvider("/auth/sign_in?return_to=/home", "s-ben")).code)
	a := n.app(phanpy, "read")
	assert.Equal(t, http.StatusOK, b.get(a.ask("force_login", "true")).code, "a moment ago is fresh enough")

	old := auth.NewSecret()
	identity, err := n.DB.Identity(n.idp, "s-ben")
	require.NoError(t, err)
	n.write(func(tx *store.Tx) error {
		hour := store.Now() - 3600_000
		return tx.CreateSession(&store.Session{ID: store.NewID(), TokenHash: auth.Hash(old), ActorID: identity.ActorID,
			CreatedAt: hour, SeenAt: hour, ExpiresAt: store.Now() + 3600_000})
	})
	b = n.browser()
	session := []string{"Cookie", "parley_session=" + old}
	assert.Equal(t, http.StatusOK, b.get(a.ask("force_login", "false"), session...).code)
	to := b.get(a.ask("force_login", "true"), session...)
	require.Equal(t, "/auth/sign_in", to.location.Path)
	assert.Contains(t, b.follow(b.get(to.location.String(), session...), "/dev-idp/authorize").location.RawQuery, "prompt=login")
	assert.NotContains(t, to.location.Query().Get("return_to"), "force_login", "or it would go round in circles")
}

func TestTokenRefusals(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a, other := n.app(phanpy, "read"), n.app(phanpy, "read")
	bound := []string{"code_challenge", challenge("v"), "code_challenge_method", "S256"}
	tests := []struct {
		name   string
		ask    []string
		change []string
		status int
		code   string
	}{
		{"a guess", nil, []string{"code", "guess"}, 400, "invalid_grant"},
		{"no code", nil, []string{"code", ""}, 400, "invalid_grant"},
		{"another redirect URI", nil, []string{"redirect_uri", phanpy + "/"}, 400, "invalid_grant"},
		{"no redirect URI", nil, []string{"redirect_uri", ""}, 400, "invalid_grant"},
		{"another app", nil, []string{"client_id", other.id, "client_secret", other.secret}, 400, "invalid_grant"},
		{"a wrong secret", nil, []string{"client_secret", "guess"}, 401, "invalid_client"},
		{"no secret", nil, []string{"client_secret", ""}, 401, "invalid_client"},
		{"an unknown app", nil, []string{"client_id", "guess"}, 401, "invalid_client"},
		{"no verifier", bound, nil, 400, "invalid_grant"},
		{"a wrong verifier", bound, []string{"code_verifier", "w"}, 400, "invalid_grant"},
		{"the challenge as verifier", bound, []string{"code_verifier", challenge("v")}, 400, "invalid_grant"},
		{"a verifier out of nowhere", nil, []string{"code_verifier", "v"}, 400, "invalid_grant"},
		{"a password", nil, []string{"grant_type", "password", "username", "ben", "password", "x"}, 400, "unsupported_grant_type"},
		{"a refresh token", nil, []string{"grant_type", "refresh_token"}, 400, "unsupported_grant_type"},
		{"no grant type", nil, []string{"grant_type", ""}, 400, "unsupported_grant_type"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refused := n.exchange(a, b.code(a.ask(test.ask...)), test.change...)
			assert.Equal(t, test.status, refused.code, refused.body)
			assert.Equal(t, test.code, refused.json(t)["error"])
			assert.NotEmpty(t, refused.json(t)["error_description"])
		})
	}
	unknown := n.exchange(app{}, "x")
	assert.Contains(t, unknown.json(t)["error_description"], "Client authentication failed", "clients look for these words")
	big := b.do(http.MethodPost, "/oauth/token", strings.NewReader(strings.Repeat("x=1&", 50_000)), "Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, http.StatusRequestEntityTooLarge, big.code)
	assert.Equal(t, http.StatusBadRequest, b.do(http.MethodPost, "/oauth/token", strings.NewReader(`[`), "Content-Type", "application/json").code)
}

func TestCodeIsUsedOnce(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a := n.app(phanpy, "read")
	code := b.code(a.ask())
	first := n.exchange(a, code)
	require.Equal(t, http.StatusOK, first.code)
	token := first.json(t)["access_token"].(string)
	require.Equal(t, http.StatusOK, n.bearer(token, "/api/statuses").code)

	assert.Equal(t, "invalid_grant", n.exchange(a, code).json(t)["error"])
	assert.Equal(t, http.StatusUnauthorized, n.bearer(token, "/api/statuses").code, "one of the two stole it")

	code = b.code(a.ask())
	assert.Equal(t, http.StatusBadRequest, n.exchange(a, code, "redirect_uri", "x").code)
	assert.Equal(t, http.StatusBadRequest, n.exchange(a, code).code, "nobody gets a second guess")
}

func TestCodeOfSomebodyWhoLeft(t *testing.T) {
	n := newNode(t)
	ben := n.account("ben", auth.Member)
	b := n.signedIn(ben)
	a := n.app(phanpy, "read")
	code := b.code(a.ask())
	token := n.exchange(a, b.code(a.ask())).json(t)["access_token"].(string)
	n.write(func(tx *store.Tx) error { return tx.SetLifecycle(ben, store.Deprovisioned) })
	assert.Equal(t, "invalid_grant", n.exchange(a, code).json(t)["error"])
	assert.Equal(t, http.StatusUnauthorized, n.bearer(token, "/api/statuses").code)
	assert.Equal(t, "/auth/sign_in", b.get(a.ask()).location.Path)
}

func TestExpiredCode(t *testing.T) {
	n := newNode(t)
	ben := n.account("ben", auth.Member)
	a := n.app(phanpy, "read")
	row, err := n.DB.App(a.id)
	require.NoError(t, err)
	n.write(func(tx *store.Tx) error {
		return tx.CreateCode(&store.Code{CodeHash: auth.Hash("old"), AppID: row.ID, ActorID: ben, RedirectURI: phanpy, Scopes: "read",
			CreatedAt: store.Now() - 2, ExpiresAt: store.Now() - 1})
	})
	assert.Equal(t, "invalid_grant", n.exchange(a, "old").json(t)["error"])
}

// A code is good for a minute, and for ten where a person carries it over.
func TestCodesAreShort(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	for redirect, life := range map[string]time.Duration{phanpy: time.Minute, oob: 10 * time.Minute} {
		code := b.code(n.app(redirect, "read").ask())
		n.write(func(tx *store.Tx) error {
			row, err := tx.UseCode(auth.Hash(code))
			require.NoError(t, err)
			assert.Equal(t, int64(life/time.Millisecond), int64(row.ExpiresAt-row.CreatedAt), redirect)
			return nil
		})
	}
}

func TestAppTokensAreNobody(t *testing.T) {
	n := newNode(t)
	a := n.app(phanpy, "read write")
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}
	got := n.browser().post("/oauth/token", form, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.id+":"+a.secret)))
	require.Equal(t, http.StatusOK, got.code, got.body)
	token := got.json(t)["access_token"].(string)
	assert.Equal(t, "read", got.json(t)["scope"])

	assert.Equal(t, http.StatusUnprocessableEntity, n.bearer(token, "/api/statuses").code)
	assert.Equal(t, http.StatusUnprocessableEntity, n.bearer(token, "/oauth/userinfo").code)
	assert.Equal(t, http.StatusOK, n.bearer(token, "/api/any").code)
	assert.Equal(t, http.StatusOK, n.bearer(token, "/api/public").code)
	assert.Equal(t, "Test <app>", n.bearer(token, "/api/v1/apps/verify_credentials").json(t)["name"])
	assert.NotContains(t, n.bearer(token, "/api/v1/apps/verify_credentials").json(t), "client_secret")

	form.Set("scope", "read admin:read")
	form["client_id"], form["client_secret"] = []string{a.id}, []string{a.secret}
	assert.Equal(t, "invalid_scope", n.browser().post("/oauth/token", form).json(t)["error"])
}

func TestScopesAreEnforced(t *testing.T) {
	n := newNode(t)
	ben := n.account("ben", auth.Member)
	issue := func(list string) string {
		scopes, err := auth.ParseScopes(list)
		require.NoError(t, err)
		token, err := n.IssueToken(t.Context(), 0, ben, scopes)
		require.NoError(t, err)
		return token
	}
	assert.Equal(t, http.StatusOK, n.bearer(issue("read"), "/api/statuses").code)
	assert.Equal(t, http.StatusOK, n.bearer(issue("read:statuses"), "/api/public").code)
	wrong := n.bearer(issue("write follow push"), "/api/statuses")
	assert.Equal(t, http.StatusForbidden, wrong.code)
	assert.Equal(t, "This action is outside the authorized scopes", wrong.json(t)["error"])
	assert.Equal(t, http.StatusForbidden, n.bearer(issue("write"), "/api/public").code)
	assert.Equal(t, http.StatusForbidden, n.browser().post("/api/statuses", nil, "Authorization", "Bearer "+issue("read")).code)
	assert.Equal(t, http.StatusUnauthorized, n.bearer(issue("read"), "/api/v1/apps/verify_credentials").code, "a token without an app")
	assert.Contains(t, n.audited(), "account.token ben")

	dead := n.bearer("guess", "/api/statuses")
	assert.Equal(t, http.StatusUnauthorized, dead.code)
	assert.Equal(t, map[string]any{"error": "The access token is invalid"}, dead.json(t))
	assert.Equal(t, http.StatusUnauthorized, n.bearer("guess", "/api/public").code)
	assert.Equal(t, http.StatusUnauthorized, n.browser().get("/api/statuses").code)
	assert.Equal(t, http.StatusOK, n.browser().get("/api/public").code)
	assert.Equal(t, http.StatusUnauthorized, n.signedIn(ben).get("/api/statuses").code, "a cookie is no token")
}

func TestAdminScopesAreForAdministrators(t *testing.T) {
	n := newNode(t)
	a := n.app(phanpy, "read admin:read admin:write:accounts")
	grant := func(name string, role auth.Role) any {
		b := n.signedIn(n.account(name, role))
		return n.exchange(a, b.code(a.ask())).json(t)["scope"]
	}
	assert.Equal(t, "read", grant("ben", auth.Member))
	assert.Equal(t, "read admin:read", grant("uma", auth.Auditor), "who reads and never writes")
	assert.Equal(t, "read admin:read admin:write:accounts", grant("ada", auth.Admin))
	only := n.app(phanpy, "admin:read")
	b := n.signedIn(n.account("cat", auth.Member))
	assert.Equal(t, http.StatusForbidden, b.agree(only.ask(), "allow").code)
}

func TestRevoke(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a, other := n.app(phanpy, "read"), n.app(phanpy, "read")
	token := n.exchange(a, b.code(a.ask())).json(t)["access_token"].(string)
	revoke := func(as app, token string) answer {
		return b.post("/oauth/revoke", url.Values{"client_id": {as.id}, "client_secret": {as.secret}, "token": {token}})
	}
	assert.Equal(t, http.StatusUnauthorized, revoke(app{id: a.id, secret: "guess"}, token).code)
	assert.Equal(t, http.StatusOK, revoke(other, token).code)
	assert.Equal(t, http.StatusOK, n.bearer(token, "/api/statuses").code, "only the app's own")
	assert.Equal(t, "{}\n", revoke(a, token).body)
	assert.Equal(t, http.StatusUnauthorized, n.bearer(token, "/api/statuses").code)
	assert.Equal(t, http.StatusOK, revoke(a, token).code)
}

func TestRegistration(t *testing.T) {
	n := newNode(t)
	for redirect, ok := range map[string]bool{
		"https://elk.example/cb":               true,
		"http://localhost:18310":               true,
		"http://127.0.0.1/x https://b.example": true,
		"tusky://org.example/":                 true,
		"com.example.app:/oauth":               true,
		"mastodon-android-auth://callback":     true,
		oob:                                    true,
		"":                                     false,
		"/local":                               false,
		"example.com":                          false,
		"https://":                             false,
		"https://a.example/#x":                 false,
		"https://a.example/#":                  false,
		"https://user@a.example/":              false,
		"javascript:alert(1)":                  false,
		"JavaScript:alert(1)":                  false,
		"data:text/html,x":                     false,
		"file:///etc/passwd":                   false,
		"urn:other":                            false,
		"https://ok.example javascript:x":      false,
		"https://a.example/" + strings.Repeat("x", 2000):     false,
		strings.Repeat("https://a.example/ ", 21):            false,
		"https://a.example/\nhttps://b.example/\ntusky://c/": true,
	} {
		a := n.browser().post("/api/v1/apps", url.Values{"client_name": {"x"}, "redirect_uris": {redirect}})
		want := http.StatusUnprocessableEntity
		if ok {
			want = http.StatusOK
		}
		assert.Equal(t, want, a.code, "%q: %s", redirect, a.body)
	}
	form := url.Values{"client_name": {"x"}, "redirect_uris": {oob}}
	assert.Equal(t, []any{"read"}, n.browser().post("/api/v1/apps", form).json(t)["scopes"])
	form.Set("scopes", "read root")
	assert.Equal(t, http.StatusUnprocessableEntity, n.browser().post("/api/v1/apps", form).code)
	form.Del("scopes")
	form.Set("website", "javascript:alert(1)")
	assert.Nil(t, n.browser().post("/api/v1/apps", form).json(t)["website"])
	for _, name := range []string{"", "  ", strings.Repeat("x", 256), "a\x00b"} {
		form.Set("client_name", name)
		assert.Equal(t, http.StatusUnprocessableEntity, n.browser().post("/api/v1/apps", form).code)
	}
}

func TestMultipartRegistration(t *testing.T) {
	n := newNode(t)
	body := strings.ReplaceAll("--b\nContent-Disposition: form-data; name=\"client_name\"\n\nx\n--b\nContent-Disposition: form-data; name=\"redirect_uris\"\n\n"+oob+"\n--b--\n", "\n", "\r\n")
	a := n.browser().do(http.MethodPost, "/api/v1/apps", strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=b")
	assert.Equal(t, http.StatusOK, a.code, a.body)
}

func TestMetadata(t *testing.T) {
	n := newNode(t)
	m := n.browser().get("/.well-known/oauth-authorization-server").json(t)
	assert.Equal(t, n.URL, m["issuer"])
	assert.Equal(t, n.URL+"/oauth/authorize", m["authorization_endpoint"])
	assert.Equal(t, n.URL+"/oauth/token", m["token_endpoint"])
	assert.Equal(t, n.URL+"/api/v1/apps", m["app_registration_endpoint"])
	assert.Equal(t, []any{"S256"}, m["code_challenge_methods_supported"])
	assert.Contains(t, m["scopes_supported"], "read:statuses")
}

func TestNothingSecretIsStoredInTheClear(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("ben", auth.Member))
	a := n.app(phanpy, "read")
	row, err := n.DB.App(a.id)
	require.NoError(t, err)
	assert.Equal(t, auth.Hash(a.secret), row.SecretHash)
	code := b.code(a.ask())
	_, err = n.DB.Bearer(code)
	require.Error(t, err)
	token := n.exchange(a, code).json(t)["access_token"].(string)
	_, err = n.DB.Bearer(token)
	require.Error(t, err)
	_, err = n.DB.Bearer(auth.Hash(token))
	require.NoError(t, err)
}
