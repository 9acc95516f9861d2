package devidp_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"parley/auth/devidp"
)

const redirectURI = "http://sales.localhost:4001/auth/oidc/callback"

var people = []devidp.Person{
	{Subject: "s-ada", Username: "ada", Name: "Ada Lindqvist", Email: "ada@corp.example", Title: "Engineer", Department: "Sales", Groups: []string{"staff", "parley-owners"}},
	{Subject: "s-ben", Username: "ben", Name: "Ben <Okoro>", Email: "ben@corp.example"},
}

// start runs a provider under a path of its own and returns its issuer.
func start(t *testing.T, path string) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	issuer := server.URL + path
	p, err := devidp.New(devidp.Options{
		Issuer: issuer,
		People: people,
		Clients: []devidp.Client{
			{ID: "parley", Secret: "very secret", RedirectURIs: []string{redirectURI}, PostLogoutRedirectURIs: []string{"http://sales.localhost:4001/"}},
			{ID: "public", RedirectURIs: []string{redirectURI}},
		},
	})
	require.NoError(t, err)
	mux.Handle(path+"/", p.Handler())
	return issuer
}

// browser follows no redirect, so that a test sees each one.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// flow is a relying party in the middle of a sign-in.
type flow struct {
	config   oauth2.Config
	provider *oidc.Provider
	verifier string
	nonce    string
}

func begin(t *testing.T, issuer, client, secret string) flow {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), issuer)
	require.NoError(t, err)
	return flow{
		provider: provider,
		verifier: oauth2.GenerateVerifier(),
		nonce:    rand.Text(),
		config: oauth2.Config{
			ClientID: client, ClientSecret: secret, RedirectURL: redirectURI, Endpoint: provider.Endpoint(),
			Scopes: []string{"openid", "profile", "email", "groups"},
		},
	}
}

func (f flow) authURL(options ...oauth2.AuthCodeOption) string {
	options = append(options, oauth2.S256ChallengeOption(f.verifier), oidc.Nonce(f.nonce))
	return f.config.AuthCodeURL("the state", options...)
}

// pickerOf goes to the page and returns it with its URL.
func pickerOf(t *testing.T, authURL string) (where *url.URL, page string) {
	t.Helper()
	res := get(t, authURL)
	require.Equal(t, http.StatusFound, res.StatusCode)
	where, err := res.Location()
	require.NoError(t, err)
	res = get(t, where.String())
	require.Equal(t, http.StatusOK, res.StatusCode)
	assert.NotContains(t, res.Header.Get("Content-Security-Policy"), "unsafe")
	return where, body(t, res)
}

// pick posts the form and follows to the redirect back to the node.
func pick(t *testing.T, where *url.URL, subject string) url.Values {
	t.Helper()
	form := url.Values{"person": {subject}, "request": {where.Query().Get("request")}}
	res, err := browser.PostForm(where.Scheme+"://"+where.Host+where.Path, form)
	require.NoError(t, err)
	require.Equal(t, http.StatusSeeOther, res.StatusCode, body(t, res))
	next, err := res.Location()
	require.NoError(t, err)
	res = get(t, next.String())
	require.Equal(t, http.StatusFound, res.StatusCode)
	back, err := res.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(back.String(), redirectURI+"?"), back.String())
	return back.Query()
}

func TestWholeCodeFlow(t *testing.T) {
	for _, path := range []string{"", "/dev-idp"} {
		t.Run("issuer path "+path, func(t *testing.T) {
			issuer := start(t, path)
			f := begin(t, issuer, "parley", "very secret")
			where, page := pickerOf(t, f.authURL(oauth2.SetAuthURLParam("prompt", "select_account")))
			assert.Contains(t, page, "Anybody who can reach this page can be anybody")
			assert.Contains(t, page, "sales.localhost:4001")
			assert.Contains(t, page, "Ben &lt;Okoro&gt;")
			back := pick(t, where, "s-ada")
			assert.Equal(t, "the state", back.Get("state"))

			token, err := f.config.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(f.verifier))
			require.NoError(t, err)
			raw := token.Extra("id_token").(string)
			id, err := f.provider.Verifier(&oidc.Config{ClientID: "parley"}).Verify(t.Context(), raw)
			require.NoError(t, err)
			assert.Equal(t, f.nonce, id.Nonce)
			require.NoError(t, id.VerifyAccessToken(token.AccessToken))
			told := map[string]any{}
			require.NoError(t, id.Claims(&told))
			assertAda(t, told)

			info, err := f.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
			require.NoError(t, err)
			told = map[string]any{}
			require.NoError(t, info.Claims(&told))
			assertAda(t, told)

			_, err = f.config.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(f.verifier))
			require.Error(t, err, "a code works once")

			res := get(t, issuer+"/end_session?"+url.Values{
				"id_token_hint": {raw}, "post_logout_redirect_uri": {"http://sales.localhost:4001/"}, "state": {"bye"},
			}.Encode())
			assert.Equal(t, "http://sales.localhost:4001/?state=bye", res.Header.Get("Location"))
			_, err = f.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
			require.Error(t, err, "signing out ends the access token")
		})
	}
}

func assertAda(t *testing.T, told map[string]any) {
	t.Helper()
	want := map[string]any{
		"sub": "s-ada", "name": "Ada Lindqvist", "preferred_username": "ada", "email": "ada@corp.example", "email_verified": true,
		"title": "Engineer", "department": "Sales", "groups": []any{"staff", "parley-owners"},
	}
	for name, value := range want {
		assert.Equal(t, value, told[name], name)
	}
}

func TestOnlyWhatTheScopesAskFor(t *testing.T) {
	f := begin(t, start(t, ""), "parley", "very secret")
	f.config.Scopes = []string{"openid"}
	where, _ := pickerOf(t, f.authURL())
	token, err := f.config.Exchange(t.Context(), pick(t, where, "s-ada").Get("code"), oauth2.VerifierOption(f.verifier))
	require.NoError(t, err)
	id, err := f.provider.Verifier(&oidc.Config{ClientID: "parley"}).Verify(t.Context(), token.Extra("id_token").(string))
	require.NoError(t, err)
	told := map[string]any{}
	require.NoError(t, id.Claims(&told))
	for _, name := range []string{"name", "email", "groups", "title", "preferred_username"} {
		assert.NotContains(t, slices.Collect(maps.Keys(told)), name)
	}
}

func TestPublicClientNeedsItsVerifier(t *testing.T) {
	f := begin(t, start(t, "/dev-idp"), "public", "")
	f.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	where, _ := pickerOf(t, f.authURL())
	_, err := f.config.Exchange(t.Context(), pick(t, where, "s-ada").Get("code"), oauth2.VerifierOption(oauth2.GenerateVerifier()))
	require.Error(t, err, "another verifier")

	where, _ = pickerOf(t, f.authURL())
	_, err = f.config.Exchange(t.Context(), pick(t, where, "s-ada").Get("code"), oauth2.VerifierOption(f.verifier))
	require.NoError(t, err)
}

func TestTokenRefusals(t *testing.T) {
	issuer := start(t, "")
	tests := map[string]func(f *flow){
		"wrong secret":       func(f *flow) { f.config.ClientSecret = "guess" },
		"another client":     func(f *flow) { f.config.ClientID, f.config.ClientSecret = "public", "" },
		"wrong verifier":     func(f *flow) { f.verifier = oauth2.GenerateVerifier() },
		"wrong redirect URI": func(f *flow) { f.config.RedirectURL += "/" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			f := begin(t, issuer, "parley", "very secret")
			where, _ := pickerOf(t, f.authURL())
			code := pick(t, where, "s-ada").Get("code")
			spoil(&f)
			f.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
			_, err := f.config.Exchange(t.Context(), code, oauth2.VerifierOption(f.verifier))
			require.Error(t, err)
		})
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	issuer := start(t, "")
	f := begin(t, issuer, "parley", "very secret")

	res := get(t, strings.Replace(f.authURL(), "client_id=parley", "client_id=stranger", 1))
	assert.Equal(t, http.StatusBadRequest, res.StatusCode, "unknown client")
	f.config.RedirectURL = "http://evil.example/"
	res = get(t, f.authURL())
	assert.Equal(t, http.StatusBadRequest, res.StatusCode, "unregistered redirect URI")
	f.config.RedirectURL = redirectURI

	for name, option := range map[string]oauth2.AuthCodeOption{
		"login_required":      oauth2.SetAuthURLParam("prompt", "none"),
		"invalid_request":     oauth2.SetAuthURLParam("code_challenge_method", "plain"),
		"unauthorized_client": oauth2.SetAuthURLParam("response_type", "id_token"),
	} {
		res = get(t, f.config.AuthCodeURL("s", oauth2.S256ChallengeOption(f.verifier), oidc.Nonce(f.nonce), option))
		assert.Contains(t, res.Header.Get("Location"), "error="+name)
	}
}

func TestLoginHintComesFirst(t *testing.T) {
	f := begin(t, start(t, ""), "parley", "very secret")
	_, page := pickerOf(t, f.authURL(oauth2.SetAuthURLParam("login_hint", "BEN@corp.example"), oauth2.SetAuthURLParam("prompt", "login")))
	assert.Less(t, strings.Index(page, `value="s-ben"`), strings.Index(page, `value="s-ada"`))
	assert.Regexp(t, regexp.MustCompile(`value="s-ben" class="hinted"`), page)
}

func TestTheFormWorksOnceAndOnlyFromItsOwnPage(t *testing.T) {
	issuer := start(t, "")
	f := begin(t, issuer, "parley", "very secret")
	where, _ := pickerOf(t, f.authURL())
	post := func(request, person, site string) int {
		form := url.Values{"person": {person}, "request": {request}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"/login", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", site)
		res, err := browser.Do(req)
		require.NoError(t, err)
		return res.StatusCode
	}
	id := where.Query().Get("request")
	assert.Equal(t, http.StatusForbidden, post(id, "s-ada", "cross-site"))
	assert.Equal(t, http.StatusBadRequest, post("guess", "s-ada", "same-origin"))
	assert.Equal(t, http.StatusBadRequest, post(id, "s-nobody", "same-origin"))
	assert.Equal(t, http.StatusSeeOther, post(id, "s-ada", "same-origin"))
	assert.Equal(t, http.StatusBadRequest, post(id, "s-ben", "same-origin"))
	assert.Equal(t, http.StatusBadRequest, get(t, where.String()).StatusCode)
}

func TestDiscoveryPromisesOnlyWhatThereIs(t *testing.T) {
	issuer := start(t, "/dev-idp")
	var d map[string]any
	require.NoError(t, json.Unmarshal([]byte(body(t, get(t, issuer+"/.well-known/openid-configuration"))), &d))
	assert.Equal(t, issuer, d["issuer"])
	assert.Equal(t, []any{"code"}, d["response_types_supported"])
	assert.Equal(t, []any{"S256"}, d["code_challenge_methods_supported"])
	assert.NotContains(t, d, "device_authorization_endpoint")
	for name, value := range d {
		if link, ok := value.(string); ok && strings.HasSuffix(name, "_endpoint") {
			assert.NotEqual(t, http.StatusNotFound, get(t, link).StatusCode, name)
		}
	}
	for _, path := range []string{"/device_authorization", "/revoke", "/oauth/introspect", "/healthz", "/oauth/token"} {
		assert.Equal(t, http.StatusNotFound, get(t, issuer+path).StatusCode, path)
	}
	assert.Contains(t, body(t, get(t, issuer+"/signed-out")), "signed out")
	assert.Equal(t, "text/css; charset=utf-8", get(t, issuer+"/login.css").Header.Get("Content-Type"))
}

func TestRefusesIssuersThatOthersCanReach(t *testing.T) {
	for issuer, ok := range map[string]bool{
		"http://localhost:4000":             true,
		"http://localhost:4000/dev-idp":     true,
		"http://idp.localhost:4000":         true,
		"https://LOCALHOST":                 true,
		"http://127.0.0.1:4000":             true,
		"http://127.8.9.1:4000/x":           true,
		"http://[::1]:4000":                 true,
		"http://[::ffff:127.0.0.1]:4000":    true,
		"http://localhost:4000/":            false,
		"http://localhost:4000/dev-idp/":    false,
		"http://localhost.example:4000":     false,
		"http://evillocalhost:4000":         false,
		"http://127.0.0.1.example":          false,
		"http://10.0.0.1:4000":              false,
		"http://0.0.0.0:4000":               false,
		"http://[::]:4000":                  false,
		"https://social.corp.example":       false,
		"http://localhost:4000?x=1":         false,
		"http://localhost@corp.example:400": false,
		"ftp://localhost":                   false,
		"localhost:4000":                    false,
		"":                                  false,
	} {
		_, err := devidp.New(devidp.Options{Issuer: issuer})
		assert.Equal(t, ok, err == nil, "%q: %v", issuer, err)
	}
}

func TestRefusesRequestsFromElsewhere(t *testing.T) {
	p, err := devidp.New(devidp.Options{Issuer: "http://localhost:4000", People: people})
	require.NoError(t, err)
	tests := map[string]struct {
		remote, host, header string
		want                 int
	}{
		"here":             {"127.0.0.1:5000", "localhost:4000", "", http.StatusOK},
		"here, IPv6":       {"[::1]:5000", "localhost:4000", "", http.StatusOK},
		"another machine":  {"192.0.2.1:5000", "localhost:4000", "", http.StatusForbidden},
		"no address":       {"@", "localhost:4000", "", http.StatusForbidden},
		"a rebound name":   {"127.0.0.1:5000", "evil.example:4000", "", http.StatusForbidden},
		"through a tunnel": {"127.0.0.1:5000", "localhost:4000", "X-Forwarded-For", http.StatusForbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/signed-out", nil)
			r.RemoteAddr, r.Host = test.remote, test.host
			if test.header != "" {
				r.Header.Set(test.header, "192.0.2.1")
			}
			w := httptest.NewRecorder()
			p.Handler().ServeHTTP(w, r)
			assert.Equal(t, test.want, w.Code)
		})
	}
}

func TestRefusesSubjectsItCannotCarry(t *testing.T) {
	for _, bad := range [][]devidp.Person{{{Subject: ""}}, {{Subject: "a:b"}}, {{Subject: "a"}, {Subject: "a"}}} {
		_, err := devidp.New(devidp.Options{Issuer: "http://localhost:4000", People: bad})
		require.Error(t, err)
	}
}

func get(t *testing.T, link string) *http.Response {
	t.Helper()
	res, err := browser.Get(link)
	require.NoError(t, err)
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(b)
}
