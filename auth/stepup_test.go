package auth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// stepped is a browser whose person came by a kind of sign-in, some time ago.
func (n *node) stepped(h *hostile, acr string, ago time.Duration) browser {
	n.t.Helper()
	b := n.browser()
	h.claims["acr"], h.claims["auth_time"] = acr, time.Now().Add(-ago).Unix()
	require.Equal(n.t, http.StatusSeeOther, b.comeBack(b.begin(h)).code)
	return b
}

// again follows a request to the provider, which lets the person in by a kind of
// sign-in, and is what comes of going back to the request.
func (b browser) again(h *hostile, asked answer, acr string, ago time.Duration) (answer, url.Values) {
	b.n.t.Helper()
	q := b.follow(asked, "/authorize").location.Query()
	h.claims["nonce"], h.claims["acr"], h.claims["auth_time"] = q.Get("nonce"), acr, time.Now().Add(-ago).Unix()
	back := b.comeBack(url.Values{"state": {q.Get("state")}, "code": {"c"}})
	require.Equal(b.n.t, http.StatusSeeOther, back.code, back.body)
	return b.get(back.location.String()), q
}

func TestAuthorizeByTheAgeOfTheProof(t *testing.T) {
	n, h := newNode(t), newHostile(t)
	n.Providers = []*auth.Provider{h.relyingParty()}
	a := n.app(phanpy, "read")
	for name, c := range map[string]struct {
		ago   time.Duration
		ask   []string
		again bool
	}{
		"not asked":               {24 * time.Hour, nil, false},
		"younger":                 {10 * time.Minute, []string{"max_age", "3600"}, false},
		"older":                   {2 * time.Hour, []string{"max_age", "3600"}, true},
		"now, and it just was":    {time.Minute, []string{"max_age", "0"}, false},
		"now, and it was not":     {3 * time.Minute, []string{"max_age", "0"}, true},
		"prompt":                  {time.Hour, []string{"prompt", "consent login"}, true},
		"prompt, and it just was": {time.Minute, []string{"prompt", "login"}, false},
		"another prompt":          {time.Hour, []string{"prompt", "select_account"}, false},
		"force_login":             {time.Hour, []string{"force_login", "true"}, true},
		"the most of all":         {time.Hour, []string{"max_age", "86400", "prompt", "login"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := n.stepped(h, "", c.ago)
			asked := b.get(a.ask(append([]string{"state", "mine"}, c.ask...)...))
			if !c.again {
				require.Equal(t, http.StatusOK, asked.code, asked.body)
				return
			}
			require.Equal(t, "/auth/sign_in", asked.location.Path)
			// As old as the provider may let it be: older than two minutes, and no circle.
			page, q := b.again(h, asked, "", 4*time.Minute)
			assert.Equal(t, "login", q.Get("prompt"))
			require.Equal(t, http.StatusOK, page.code, page.location)
			assert.Contains(t, page.body, `name="state" value="mine"`)
		})
	}
	for _, age := range []string{"", "-1", "soon", "1.5", "99999999999999999999"} {
		to := n.browser().get(a.ask("max_age", age))
		assert.Equal(t, "invalid_request", to.location.Query().Get("error"), age)
	}
	assert.Equal(t, "invalid_request", n.browser().get(a.ask("acr_values", strings.Repeat("a ", 1500))).location.Query().Get("error"))
}

func TestAuthorizeByTheKindOfSignIn(t *testing.T) {
	n, h := newNode(t), newHostile(t)
	p := h.relyingParty()
	n.Providers = []*auth.Provider{p}
	a := n.app(phanpy, "read")
	b := n.stepped(h, "pwd", time.Minute)
	assert.Equal(t, http.StatusOK, b.get(a.ask("acr_values", "mfa pwd")).code)

	asked := b.get(a.ask("acr_values", "mfa"))
	require.Equal(t, "/auth/sign_in", asked.location.Path, "however young the proof is")
	page, q := b.again(h, asked, "mfa", 0)
	assert.Equal(t, [2]string{"mfa", "login"}, [2]string{q.Get("acr_values"), q.Get("prompt")})
	assert.Equal(t, http.StatusOK, page.code)

	// A provider that does not do as it is asked: the app is told, and nobody goes round in circles.
	b = n.stepped(h, "pwd", 0)
	page, _ = b.again(h, b.get(a.ask("acr_values", "mfa", "state", "mine")), "pwd", 4*time.Minute)
	require.Equal(t, http.StatusSeeOther, page.code)
	assert.True(t, strings.HasPrefix(page.location.String(), phanpy))
	assert.Equal(t, [2]string{"unmet_authentication_requirements", "mine"}, [2]string{page.location.Query().Get("error"), page.location.Query().Get("state")})

	// Nobody is signed in yet: a proof that the provider has already may do.
	b = n.browser()
	page, q = b.again(h, b.get(a.ask("acr_values", "mfa")), "mfa", time.Hour)
	assert.Equal(t, [2]string{"mfa", ""}, [2]string{q.Get("acr_values"), q.Get("prompt")})
	assert.Equal(t, http.StatusOK, page.code)

	// What the settings want stays wanted: an app chooses among that.
	p.ACRValues = []string{"mfa", "pwd"}
	for wish, want := range map[string]string{"pwd": "pwd", "0": "mfa pwd", "pwd 0": "pwd", "": "mfa pwd"} {
		to := n.browser().get("/auth/oidc/corp/start?" + url.Values{"acr_values": {wish}}.Encode())
		assert.Equal(t, want, to.location.Query().Get("acr_values"), wish)
	}
	to := n.browser().get("/auth/oidc/corp/start?acr_values=a%0Ab")
	assert.Equal(t, "mfa pwd", to.location.Query().Get("acr_values"))
}

// Codes and tokens keep when and how the person proved who they are; a new token in
// exchange for an old one is no new proof.
func TestTokensKeepTheProof(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		h := newHostile(t)
		n.Providers, n.TokenTTL = []*auth.Provider{h.relyingParty()}, time.Hour
		a := n.app(phanpy, "read")
		b := n.stepped(h, "mfa", time.Hour)
		identity, err := n.DB.Identity(h.URL, "s-1")
		require.NoError(t, err)
		press := n.shared("press", identity.ActorID)
		agreed := b.agreeAs(a.ask(), press)
		require.Equal(t, http.StatusSeeOther, agreed.code, agreed.body)
		for _, code := range []string{b.code(a.ask()), agreed.location.Query().Get("code")} {
			token := n.exchange(a, code).json(t)
			holds := func(token any) {
				t.Helper()
				who, err := n.Bearer(t.Context(), token.(string))
				require.NoError(t, err)
				assert.WithinDuration(t, time.Now().Add(-time.Hour), who.ProvedAt.Time(), time.Minute)
				assert.Equal(t, [2]string{"mfa", h.URL}, [2]string{who.ACR, who.Issuer})
			}
			holds(token["access_token"])
			renewed := n.renew(a, token["refresh_token"].(string))
			require.Equal(t, http.StatusOK, renewed.code, renewed.body)
			holds(renewed.json(t)["access_token"])
		}
	})
}

// What changes something by the admin API wants a sign-in of late and of a kind,
// where the owner asks for that, and says what to ask for. RFC 9470 3
func TestAdministeringByAnAppWantsAProof(t *testing.T) {
	n, h := newNode(t), newHostile(t)
	p := h.relyingParty()
	n.Providers = []*auth.Provider{p}
	a := n.app(phanpy, "read admin:write:accounts")
	n.stepped(h, "pwd", 0)
	identity, err := n.DB.Identity(h.URL, "s-1")
	require.NoError(t, err)
	n.write(func(tx *store.Tx) error {
		account, err := tx.Account(identity.ActorID)
		require.NoError(t, err)
		return tx.SetPowers(&account.User, "owner", "")
	})
	token := func(b browser, ask ...string) string {
		return n.exchange(a, b.code(a.ask(ask...))).json(t)["access_token"].(string)
	}
	admin := func(token string) answer {
		return n.browser().post("/api/admin", url.Values{}, "Authorization", "Bearer "+token)
	}
	old, weak, strong := token(n.stepped(h, "mfa", 2*time.Hour)), token(n.stepped(h, "pwd", 0)), token(n.stepped(h, "mfa", 10*time.Minute))
	both := token(n.stepped(h, "pwd", 2*time.Hour))
	command, err := n.IssueToken(t.Context(), 0, identity.ActorID, auth.Scopes{"admin:write:accounts"})
	require.NoError(t, err)
	p.Privileged = []string{"mfa", "key"}
	for _, each := range []string{old, weak, both, strong, command} {
		assert.Equal(t, http.StatusOK, admin(each).code, "nothing is asked")
	}

	n.AdminMaxAge = time.Hour
	for _, each := range []string{strong, command} {
		assert.Equal(t, http.StatusOK, admin(each).code)
	}
	for token, wants := range map[string]string{old: `, max_age="3600"`, weak: `, acr_values="mfa key"`, both: `, max_age="3600", acr_values="mfa key"`} {
		refused := admin(token)
		require.Equal(t, http.StatusUnauthorized, refused.code)
		challenge := refused.header.Get("WWW-Authenticate")
		assert.True(t, strings.HasPrefix(challenge, `Bearer error="insufficient_user_authentication", error_description="`), challenge)
		assert.True(t, strings.HasSuffix(challenge, `"`+wants), challenge)
		assert.Contains(t, refused.json(t)["error"], "Sign in again")
		assert.Equal(t, http.StatusOK, n.bearer(token, "/api/any").code, "the rest goes on")
	}

	// As the app is told, so it asks, and gets what suffices.
	b := n.stepped(h, "pwd", 2*time.Hour)
	page, q := b.again(h, b.get(a.ask("max_age", "3600", "acr_values", "mfa key")), "key", 0)
	require.Equal(t, http.StatusOK, page.code, page.body)
	assert.Equal(t, "mfa key", q.Get("acr_values"))
	assert.Equal(t, http.StatusOK, admin(token(b)).code)

	nodetest.Exec(t, n.DB, `UPDATE oauth_tokens SET proved_at = 0, acr = '', issuer = ''`)
	assert.Equal(t, http.StatusUnauthorized, admin(strong).code, "of before this was kept")
}

// Kinds of sign-in are announced where the settings name some. RFC 9470 7
func TestKindsOfSignInAreAnnounced(t *testing.T) {
	n := newNode(t)
	said := func() any {
		return n.browser().get("/.well-known/oauth-authorization-server").json(t)["acr_values_supported"]
	}
	assert.Nil(t, said())
	n.Providers[0].ACRValues, n.Providers[0].Privileged = []string{"pwd", "mfa"}, []string{"mfa"}
	assert.Equal(t, []any{"mfa", "pwd"}, said())
}
