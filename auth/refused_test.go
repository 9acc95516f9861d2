package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
)

// TestWhatIsRefused lists what a provider, or whoever stands between, may send
// that signs nobody in: no session comes of it and no account.
func TestWhatIsRefused(t *testing.T) {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	const checks, clock = "does not stand up to our checks", "the clocks of both machines"
	tests := map[string]struct {
		spoil func(h *hostile)
		says  string
	}{
		"alg none":                     {func(h *hostile) { h.sign = unsigned }, checks},
		"HS256 with the public key":    {func(h *hostile) { h.sign = h.hs256 }, checks},
		"HS256 with the client secret": {func(h *hostile) { h.sign = hs256("secret") }, checks},
		"an algorithm we do not take":  {func(h *hostile) { h.sign = h.rs384 }, checks},
		"an unknown kid":               {func(h *hostile) { h.sign = h.rs256("k2") }, checks},
		"a reused kid, another key":    {func(h *hostile) { h.keys = []any{rsaJWK("k1", &stranger.PublicKey)} }, checks},
		"no keys":                      {func(h *hostile) { h.keys = nil }, checks},
		"a changed payload":            {func(h *hostile) { h.sign = changed(h.rs256("k1")) }, checks},
		"no ID token":                  {func(h *hostile) { h.sign = func([]byte) string { return "" } }, checks},
		"nonsense":                     {func(h *hostile) { h.sign = func([]byte) string { return "a.b.c" } }, checks},
		"another issuer":               {func(h *hostile) { h.claims["iss"] = "https://other.example" }, checks},
		"the issuer with a slash":      {func(h *hostile) { h.claims["iss"] = h.URL + "/" }, checks},
		"no issuer":                    {func(h *hostile) { delete(h.claims, "iss") }, checks},
		"another audience":             {func(h *hostile) { h.claims["aud"] = "other" }, checks},
		"no audience":                  {func(h *hostile) { delete(h.claims, "aud") }, checks},
		"several audiences, no azp":    {func(h *hostile) { h.claims["aud"] = []string{"parley", "other"} }, checks},
		"another azp":                  {func(h *hostile) { h.claims["azp"] = "other" }, checks},
		"several audiences, other azp": {func(h *hostile) { h.claims["aud"], h.claims["azp"] = []string{"parley", "other"}, "other" }, checks},
		"azp that is no text":          {func(h *hostile) { h.claims["azp"] = 7 }, checks},
		"another's nonce":              {func(h *hostile) { h.claims["nonce"] = nonce }, checks},
		"no nonce":                     {func(h *hostile) { delete(h.claims, "nonce") }, checks},
		"expired":                      {func(h *hostile) { h.claims["exp"] = time.Now().Add(-61 * time.Second).Unix() }, clock},
		"no expiry":                    {func(h *hostile) { delete(h.claims, "exp") }, clock},
		"not yet valid":                {func(h *hostile) { h.claims["nbf"] = time.Now().Add(62 * time.Second).Unix() }, clock},
		"of the time to come":          {func(h *hostile) { h.claims["iat"] = time.Now().Add(62 * time.Second).Unix() }, clock},
		"no subject":                   {func(h *hostile) { delete(h.claims, "sub") }, checks},
		"another at_hash":              {func(h *hostile) { h.claims["at_hash"] = b64(make([]byte, 16)) }, checks},
		"userinfo about another": {func(h *hostile) {
			delete(h.claims, "name")
			h.userinfo = map[string]any{"sub": "s-2", "name": "Mallory", "groups": []string{"parley-owners"}}
		}, checks},
		"userinfo about nobody": {func(h *hostile) {
			delete(h.claims, "groups")
			h.userinfo = map[string]any{"groups": []string{"parley-owners"}}
		}, checks},
	}
	n := newNode(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			n.Providers = []*auth.Provider{h.relyingParty()}
			b := n.browser()
			back := b.begin(h)
			test.spoil(h)
			n.refuses(t, b.comeBack(back), http.StatusUnauthorized, test.says)
		})
	}
}

// begin starts a sign-in, and has the provider answer this one.
func (b browser) begin(h *hostile) url.Values {
	b.n.t.Helper()
	start := b.get("/auth/oidc/corp/start").location.Query()
	h.claims["nonce"] = start.Get("nonce")
	return url.Values{"state": {start.Get("state")}, "code": {"c"}}
}

func (b browser) comeBack(q url.Values) answer {
	b.n.t.Helper()
	return b.get("/auth/oidc/callback?" + q.Encode())
}

// refuses checks that an answer says so, and that nothing came of it.
func (n *node) refuses(t *testing.T, got answer, code int, says string) {
	t.Helper()
	assert.Equal(t, code, got.code, got.body)
	assert.Contains(t, got.body, says)
	for _, c := range got.cookies {
		assert.NotEqual(t, "parley_session", c.Name)
	}
	assert.Empty(t, n.audited(), "no account, no sign-in")
}

// An answer belongs to one browser's attempt with one provider.
func TestAnswersOfOthersAreRefused(t *testing.T) {
	n := newNode(t)
	const expired, other = "was begun in another browser", "does not stand up to our checks"
	code := func(callback string) string {
		u, err := url.Parse(callback)
		require.NoError(t, err)
		return u.Query().Get("code")
	}
	mine, theirs := n.browser(), n.browser()
	callback := theirs.throughTheProvider("/home", "s-ben")
	n.refuses(t, mine.get(callback), http.StatusUnauthorized, expired)
	own, err := url.Parse(mine.throughTheProvider("/home", "s-ada"))
	require.NoError(t, err)
	injected := own.Query()
	injected.Set("code", code(theirs.throughTheProvider("/home", "s-ben")))
	n.refuses(t, mine.comeBack(injected), http.StatusUnauthorized, "has expired or was used already")

	for name, test := range map[string]struct {
		announces bool   // RFC 9207
		iss       string // of the answer: that of B
		says      string
	}{
		"with iss":                {true, "B", other},
		"with iss, unannounced":   {false, "B", other},
		"without iss, announced":  {true, "", other},
		"without iss or announce": {false, "", "has expired or was used already"},
	} {
		t.Run("mix-up "+name, func(t *testing.T) {
			a, b := newHostile(t), newHostile(t)
			a.document["authorization_response_iss_parameter_supported"] = test.announces
			asked := false
			a.token = func(w http.ResponseWriter, _ *http.Request) { // it knows no code of another's
				asked = true
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
			}
			second := b.relyingParty()
			second.Name = "B"
			n.Providers = []*auth.Provider{a.relyingParty(), second}
			browser := n.browser()
			back := browser.begin(a)
			if test.iss == "B" {
				back.Set("iss", b.URL)
			}
			n.refuses(t, browser.comeBack(back), http.StatusUnauthorized, test.says)
			assert.Equal(t, !test.announces && test.iss == "", asked, "no code goes to whom it is not for")
		})
	}
}

// TestWhatLogoutTokensAreRefused lists what ends nothing.
func TestWhatLogoutTokensAreRefused(t *testing.T) {
	l := signedInEverywhere(t, newNode(t))
	signing := l.idp.sign
	set := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	without := func(names ...string) func(map[string]any) {
		return func(c map[string]any) {
			for _, name := range names {
				delete(c, name)
			}
		}
	}
	whole := func(map[string]any) {}
	tests := map[string]struct {
		spoil    func(c map[string]any)
		sign     func([]byte) string // nil: as it should be
		provider string              // empty: corp
	}{
		"unsigned":                   {spoil: whole, sign: unsigned},
		"signed with the public key": {spoil: whole, sign: l.idp.hs256},
		"an unknown kid":             {spoil: whole, sign: l.idp.rs256("k2")},
		"changed":                    {spoil: whole, sign: changed(signing)},
		"with a nonce":               {spoil: set("nonce", "n")},
		"with an empty nonce":        {spoil: set("nonce", nil)},
		"without events":             {spoil: without("events")},
		"another event":              {spoil: set("events", map[string]any{"x": map[string]any{}})},
		"of nobody":                  {spoil: without("sub", "sid")},
		"no jti":                     {spoil: without("jti")},
		"expired":                    {spoil: set("exp", time.Now().Add(-61*time.Second).Unix())},
		"no expiry":                  {spoil: without("exp")},
		"of the time to come":        {spoil: set("iat", time.Now().Add(time.Hour).Unix())},
		"for another audience":       {spoil: set("aud", "another")},
		"of another issuer":          {spoil: set("iss", "https://idp.example")},
		"of the other provider":      {spoil: whole, provider: "other"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l.idp.sign = signing
			if test.sign != nil {
				l.idp.sign = test.sign
			}
			provider := "corp"
			if test.provider != "" {
				provider = test.provider
			}
			claims := l.claims()
			test.spoil(claims)
			got := l.send(provider, claims)
			assert.Equal(t, http.StatusBadRequest, got.code)
			assert.Equal(t, "invalid_request", got.json(t)["error"])
			assert.Equal(t, everywhere, l.in())
		})
	}
	l.idp.sign = signing
	assert.Equal(t, http.StatusBadRequest, l.n.browser().post(l.n.URL+"/auth/oidc/corp/backchannel_logout", url.Values{}).code)
	assert.Equal(t, http.StatusNotFound, l.send("nobody", l.claims()).code)
	assert.NotContains(t, l.n.audited(), "account.provider_logout ada")
}

// A logout token that the leeway of clocks still lets in counts once all the same.
func TestALateLogoutTokenCountsOnce(t *testing.T) {
	l := signedInEverywhere(t, newNode(t))
	claims := l.claims()
	claims["exp"] = time.Now().Add(-45 * time.Second).Unix()
	require.Equal(t, http.StatusOK, l.send("corp", claims).code)
	l.browser = l.signIn("session-1")
	again := l.send("corp", claims)
	assert.Equal(t, http.StatusBadRequest, again.code)
	assert.Contains(t, again.body, "used already")
}

// Dex leaves the type out of the header of logout tokens, others write it.
func TestLogoutTokensWithAndWithoutTyp(t *testing.T) {
	for _, typ := range []string{"", "logout+jwt", "JWT"} {
		l := signedInEverywhere(t, newNode(t))
		payload, err := json.Marshal(l.claims())
		require.NoError(t, err)
		header := map[string]any{"alg": "RS256", "kid": "k1"}
		if typ != "" {
			header["typ"] = typ
		}
		token := jwt(header, payload, func(signed []byte) []byte { return rsaSign(l.idp.key, signed) })
		got := l.n.browser().post(l.n.URL+"/auth/oidc/corp/backchannel_logout", url.Values{"logout_token": {token}})
		assert.Equal(t, http.StatusOK, got.code, typ)
		assert.Equal(t, nowhere, l.in(), typ)
	}
}

func hs256(secret string) func([]byte) string {
	return func(payload []byte) string {
		return jwt(map[string]any{"alg": "HS256"}, payload, func(signed []byte) []byte { return mac([]byte(secret), signed) })
	}
}

// changed keeps the signature and swaps the payload under it.
func changed(sign func([]byte) string) func([]byte) string {
	return func(payload []byte) string {
		parts := strings.Split(sign(payload), ".")
		parts[1] = b64([]byte(strings.Replace(string(payload), `"s-1"`, `"s-2"`, 1)))
		return strings.Join(parts, ".")
	}
}
