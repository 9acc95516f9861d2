package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/auth/devidp"
	"parley/internal/fault"
)

func TestExchange(t *testing.T) {
	h := newHostile(t)
	c, err := h.exchange(t, h.relyingParty())
	require.NoError(t, err)
	assert.Equal(t, h.URL, c.Issuer)
	assert.Equal(t, "s-1", c.Subject)
	assert.Equal(t, "ada", c.Username)
	assert.Equal(t, "Ada", c.Name)
	assert.Equal(t, "ada@corp.example", c.Email)
	assert.True(t, c.EmailVerified)
	assert.Equal(t, []string{"staff"}, c.Groups)
	assert.Equal(t, "session-1", c.SessionID)
	assert.Equal(t, int64(1_700_000_000), c.AuthTime.Unix())
	assert.NotEmpty(t, c.IDToken)
	assert.Zero(t, h.userinfos.Load(), "the ID token had everything")
	assert.Equal(t, "basic", h.auth)
}

func TestExchangeAccepts(t *testing.T) {
	sum := sha256.Sum256([]byte("the access token"))
	tests := map[string]func(h *hostile){
		"PS256":                  func(h *hostile) { h.sign = h.ps256 },
		"ES256":                  func(h *hostile) { h.es256(t) },
		"EdDSA":                  func(h *hostile) { h.eddsa(t) },
		"several audiences, azp": func(h *hostile) { h.claims["aud"], h.claims["azp"] = []string{"other", "parley"}, "parley" },
		"one audience, azp":      func(h *hostile) { h.claims["azp"] = "parley" },
		"the right at_hash":      func(h *hostile) { h.claims["at_hash"] = b64(sum[:16]) },
		"a key without kid": func(h *hostile) {
			h.keys = []any{rsaJWK("", &h.key.PublicKey)}
			h.sign = h.rs256("")
		},
		"the right key after another": func(h *hostile) {
			other, _ := rsa.GenerateKey(rand.Reader, 2048)
			h.keys = append([]any{rsaJWK("k0", &other.PublicKey)}, h.keys...)
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			prepare(h)
			c, err := h.exchange(t, h.relyingParty())
			require.NoError(t, err)
			assert.Equal(t, "s-1", c.Subject)
		})
	}
}

func TestAnAttemptWithoutNonceIsNoAttempt(t *testing.T) {
	h := newHostile(t)
	h.claims["nonce"] = ""
	_, err := h.relyingParty().Exchange(t.Context(), "code", auth.Attempt{Redirect: "http://node.localhost/cb"})
	assert.True(t, fault.Is(err, fault.Unauthorized), err)
}

func TestUserinfoFillsWhatIsMissing(t *testing.T) {
	h := newHostile(t)
	for _, name := range []string{"name", "preferred_username", "email", "email_verified", "sid", "auth_time"} {
		delete(h.claims, name)
	}
	h.claims["groups"] = nil // dex writes null without the scope
	h.userinfo = map[string]any{
		"sub": "s-1", "iss": "https://other.example", "aud": "other", "sid": "other", "auth_time": 1,
		"name": "Ada", "preferred_username": "ada", "email": "ada@corp.example", "groups": []string{"audit"}, "title": "Engineer",
	}
	p := h.relyingParty()
	p.Rules = rulesFor("groups", map[string]string{"audit": "auditor"})
	c, err := h.exchange(t, p)
	require.NoError(t, err)
	assert.Equal(t, "ada", c.Username)
	assert.Equal(t, []string{"audit"}, c.Groups)
	assert.False(t, c.EmailVerified, "not said, so not so")
	assert.Equal(t, "Engineer", c.Raw["title"])
	assert.Equal(t, h.URL, c.Raw["iss"])
	assert.Empty(t, c.SessionID, "userinfo says nothing about the protocol")
	assert.Zero(t, c.AuthTime)
	assert.Equal(t, auth.Auditor, p.Decide(c).Role)
}

func TestUserinfoNeverOverridesWhatIsSigned(t *testing.T) {
	h := newHostile(t)
	delete(h.claims, "name")
	h.userinfo = map[string]any{"sub": "s-1", "name": "Ada", "email": "other@corp.example", "groups": []string{"parley-owners"}}
	c, err := h.exchange(t, h.relyingParty())
	require.NoError(t, err)
	assert.Equal(t, "ada@corp.example", c.Email)
	assert.Equal(t, []string{"staff"}, c.Groups)
}

func TestARoleIsNotLostToAHiccup(t *testing.T) {
	h := newHostile(t)
	delete(h.claims, "groups")
	h.userinfo = nil
	_, err := h.exchange(t, h.relyingParty())
	assert.True(t, fault.Is(err, fault.Unavailable), err)

	h = newHostile(t)
	delete(h.claims, "groups")
	delete(h.document, "userinfo_endpoint")
	_, err = h.exchange(t, h.relyingParty())
	require.NoError(t, err, "a provider without userinfo has no groups to tell")
}

func TestExchangeSaysWhatToDo(t *testing.T) {
	tests := map[string]struct {
		status  int
		body    string
		want    fault.Kind
		message string
	}{
		"used code":       {400, `{"error":"invalid_grant"}`, fault.Unauthorized, "Start it again"},
		"wrong secret":    {401, `{"error":"invalid_client"}`, fault.Unavailable, "client_secret"},
		"silent refusal":  {401, `<html>`, fault.Unavailable, "client_secret"},
		"broken provider": {500, `oops`, fault.Unavailable, "Try again"},
		"no JSON":         {200, `oops`, fault.Unavailable, "Try again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			h.token = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}
			_, err := h.exchange(t, h.relyingParty())
			assert.Equal(t, test.want, fault.Of(err), err)
			assert.Contains(t, fault.Message(err), test.message)
		})
	}
}

func TestAuthCodeURL(t *testing.T) {
	h := newHostile(t)
	h.document["scopes_supported"] = []string{"openid", "groups"}
	p := h.relyingParty()
	a := auth.NewAttempt("http://node.localhost/cb")
	link, err := p.AuthCodeURL(t.Context(), a, auth.Wish{Prompt: "login", LoginHint: "ada", MaxAge: time.Minute})
	require.NoError(t, err)
	u, err := url.Parse(link)
	require.NoError(t, err)
	q := u.Query()
	sum := sha256.Sum256([]byte(a.Verifier))
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "parley", "redirect_uri": a.Redirect, "state": a.State, "nonce": a.Nonce,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
		"scope": "openid profile email groups", "prompt": "login", "login_hint": "ada", "max_age": "60",
	} {
		assert.Equal(t, want, q.Get(name), name)
	}
	assert.NotContains(t, link, a.Verifier)

	plain := newHostile(t).relyingParty()
	link, err = plain.AuthCodeURL(t.Context(), a, auth.Wish{})
	require.NoError(t, err)
	assert.NotContains(t, link, "groups", "only asked for where it is announced")
	own := newHostile(t).relyingParty()
	own.Scopes = []string{"roles"}
	link, err = own.AuthCodeURL(t.Context(), a, auth.Wish{})
	require.NoError(t, err)
	assert.Contains(t, link, "scope=openid+roles")
}

func TestCode(t *testing.T) {
	h := newHostile(t)
	tests := []struct {
		name  string
		sends bool // the provider announces RFC 9207
		query url.Values
		want  fault.Kind // 0: fine
	}{
		{"plain", false, url.Values{"code": {"c"}}, 0},
		{"iss unannounced", false, url.Values{"code": {"c"}, "iss": {h.URL}}, 0},
		{"iss announced", true, url.Values{"code": {"c"}, "iss": {h.URL}}, 0},
		{"iss announced and missing", true, url.Values{"code": {"c"}}, fault.Unauthorized},
		{"another iss", true, url.Values{"code": {"c"}, "iss": {"https://other.example"}}, fault.Unauthorized},
		{"another iss, unannounced", false, url.Values{"code": {"c"}, "iss": {h.URL + "/"}}, fault.Unauthorized},
		{"an error from another iss", false, url.Values{"error": {"access_denied"}, "iss": {"https://other.example"}}, fault.Unauthorized},
		{"nothing", false, url.Values{}, fault.BadRequest},
		{"denied", false, url.Values{"error": {"access_denied"}}, fault.Forbidden},
		{"login required", false, url.Values{"error": {"login_required"}}, fault.Unauthorized},
		{"unavailable", false, url.Values{"error": {"temporarily_unavailable"}}, fault.Unavailable},
		{"anything else", false, url.Values{"error": {"<script>"}, "error_description": {"Call 555-0100"}, "code": {"c"}}, fault.BadRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h.document["authorization_response_iss_parameter_supported"] = test.sends
			code, err := h.relyingParty().Code(t.Context(), test.query)
			if test.want == 0 {
				require.NoError(t, err)
				assert.Equal(t, "c", code)
				return
			}
			assert.Equal(t, test.want, fault.Of(err), err)
			assert.NotContains(t, fault.Message(err), "script")
			assert.NotContains(t, fault.Message(err), "555")
		})
	}
}

func TestUnknownKeysFetchTheKeySetNowAndThen(t *testing.T) {
	h := newHostile(t)
	p := h.relyingParty()
	_, err := h.exchange(t, p)
	require.NoError(t, err)
	h.sign = h.rs256("unheard of")
	for range 20 {
		_, err := h.exchange(t, p)
		require.Error(t, err)
	}
	assert.LessOrEqual(t, h.keyFetches.Load(), int64(4))
	h.sign = h.rs256("k1")
	_, err = h.exchange(t, p)
	require.NoError(t, err, "known keys go on working")
}

func TestARotatedKeyIsFound(t *testing.T) {
	h := newHostile(t)
	p := h.relyingParty()
	_, err := h.exchange(t, p)
	require.NoError(t, err)
	h.mu.Lock()
	h.keys = append(h.keys, rsaJWK("k2", &h.key.PublicKey))
	h.sign = h.rs256("k2")
	h.mu.Unlock()
	_, err = h.exchange(t, p)
	require.NoError(t, err)
}

func TestEndlessAnswersAreCutOff(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	p := &auth.Provider{Name: "Corp", Issuer: endless.URL, ClientID: "parley", Client: endless.Client()}
	_, err := p.AuthCodeURL(t.Context(), auth.NewAttempt("x"), auth.Wish{})
	require.Error(t, err)
	_, cut := errors.AsType[*http.MaxBytesError](errors.Unwrap(err))
	assert.True(t, cut || strings.Contains(err.Error(), "too large"), err)
}

func TestEndSessionURL(t *testing.T) {
	h := newHostile(t)
	link, err := h.relyingParty().EndSessionURL(t.Context(), "id token", "http://node.localhost/")
	require.NoError(t, err)
	assert.Equal(t, h.URL+"/bye?client_id=parley&id_token_hint=id+token&post_logout_redirect_uri=http%3A%2F%2Fnode.localhost%2F&x=1", link)
	for _, odd := range []any{nil, "javascript:alert(1)"} {
		h.document["end_session_endpoint"] = odd
		link, err = h.relyingParty().EndSessionURL(t.Context(), "", "")
		require.NoError(t, err)
		assert.Empty(t, link)
	}
}

// TestAgainstTheDevelopmentProvider runs a sign-in with the two real ends.
func TestAgainstTheDevelopmentProvider(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	issuer := server.URL + "/dev-idp"
	const callback = "http://node.localhost:4000/auth/oidc/callback"
	idp, err := devidp.New(devidp.Options{
		Issuer:  issuer,
		People:  []devidp.Person{{Subject: "s-1", Username: "ada", Name: "Ada", Email: "ada@corp.example", Groups: []string{"parley-owners"}}},
		Clients: []devidp.Client{{ID: "parley", Secret: "secret", RedirectURIs: []string{callback}}},
	})
	require.NoError(t, err)
	mux.Handle("/dev-idp/", idp.Handler())

	p := &auth.Provider{
		Name: "Development", Issuer: issuer, ClientID: "parley", ClientSecret: "secret", Client: server.Client(),
		Policy: auth.Policy{Rules: rulesFor("groups", map[string]string{"parley-owners": "owner"})},
	}
	a := auth.NewAttempt(callback)
	link, err := p.AuthCodeURL(t.Context(), a, auth.Wish{Prompt: "select_account"})
	require.NoError(t, err)
	back := signIn(t, link, "s-1")
	assert.Equal(t, a.State, back.Get("state"))
	code, err := p.Code(t.Context(), back)
	require.NoError(t, err)
	c, err := p.Exchange(t.Context(), code, a)
	require.NoError(t, err)
	assert.Equal(t, issuer, c.Issuer)
	assert.Equal(t, "ada", c.Username)
	assert.Equal(t, auth.Owner, p.Decide(c).Role)
	_, err = p.Exchange(t.Context(), code, a)
	assert.Equal(t, fault.Unauthorized, fault.Of(err), "a code works once: %v", err)
}

// signIn goes through the development provider's page as a browser would, and
// returns what it brings back to the node.
func signIn(t *testing.T, link, subject string) url.Values {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/dev-idp/") {
			return nil
		}
		return http.ErrUseLastResponse
	}}
	res, err := browser.Get(link)
	require.NoError(t, err)
	res.Body.Close()
	form := url.Values{"person": {subject}, "request": {res.Request.URL.Query().Get("request")}}
	page := *res.Request.URL
	page.RawQuery = ""
	res, err = browser.PostForm(page.String(), form)
	require.NoError(t, err)
	res.Body.Close()
	back, err := res.Location()
	require.NoError(t, err)
	return back.Query()
}
