package auth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/internal/audit"
	"parley/internal/store"
)

var owners = rulesFor("groups", map[string]string{"parley-owners": "owner"})

func TestSignIn(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.Providers[0].Rules = owners
		b := n.browser()
		assert.Equal(t, "/auth/sign_in", b.get("/home?tab=1").location.Path)

		back := b.get(b.throughTheProvider("/home?tab=1", "s-ada"))
		require.Equal(t, http.StatusSeeOther, back.code, back.body)
		assert.Equal(t, "/home?tab=1", back.location.RequestURI())
		assert.Equal(t, "no-store", back.header.Get("Cache-Control"))
		first := sessionCookie(t, back)
		assert.True(t, first.HttpOnly)
		assert.Equal(t, http.SameSiteLaxMode, first.SameSite)
		assert.Equal(t, "/", first.Path)

		home := b.get("/home").json(t)
		assert.Equal(t, "ada", home["Username"])
		assert.Equal(t, "owner", home["Role"])
		assert.Equal(t, []string{"account.create ada", "account.sign_in ada"}, n.audited())
		identity, err := n.DB.Identity(n.idp, "s-ada")
		require.NoError(t, err)
		assert.Contains(t, identity.Claims, "parley-owners")
		assert.NotContains(t, identity.Claims, "nonce")
		account, err := n.DB.Account(identity.ActorID)
		require.NoError(t, err)
		assert.Equal(t, "ada@corp.example", account.User.Email)
		assert.NotZero(t, account.User.SignedInAt)
		_, _, err = audit.Verify(n.DB.Reader)
		require.NoError(t, err)

		second := sessionCookie(t, b.get(b.throughTheProvider("/auth/sign_in?return_to=/home&fresh=1", "s-ada")))
		assert.NotEqual(t, first.Value, second.Value, "a new session at each sign-in")
		again, err := n.DB.Identity(n.idp, "s-ada")
		require.NoError(t, err)
		assert.Equal(t, identity.ActorID, again.ActorID, "and the same account")
	})
}

func sessionCookie(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	for _, c := range a.cookies {
		if c.Name == "parley_session" {
			return c
		}
	}
	t.Fatalf("no session cookie: %v %s", a.cookies, a.body)
	return nil
}

func TestTheCallbackIsForTheBrowserThatBegan(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	callback := b.throughTheProvider("/home", "s-ben")
	victim := n.browser()
	refused := victim.get(callback)
	assert.Equal(t, http.StatusUnauthorized, refused.code, "no cookie")
	assert.Contains(t, refused.body, "another browser")
	assert.Equal(t, http.StatusUnauthorized, b.get(callback).code, "the state is spent")

	callback = b.throughTheProvider("/home", "s-ben")
	victim.throughTheProvider("/home", "s-ada")
	assert.Equal(t, http.StatusUnauthorized, victim.get(callback).code, "another browser's cookie")
	assert.Empty(t, n.audited())
}

func TestCallbackRefusals(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	callback := b.throughTheProvider("/home", "s-ben")
	assert.Equal(t, http.StatusUnauthorized, b.get(strings.Replace(callback, "state=", "state=x", 1)).code, "an unknown state")
	assert.Equal(t, http.StatusUnauthorized, b.get("/auth/oidc/callback?code=x").code, "no state")
	assert.Equal(t, http.StatusSeeOther, b.get(callback).code)
	assert.Equal(t, http.StatusUnauthorized, b.get(callback).code, "twice")

	callback = b.throughTheProvider("/auth/sign_in?return_to=/home", "s-ben")
	u, err := url.Parse(callback)
	require.NoError(t, err)
	q := u.Query()
	q.Set("iss", "https://other.example")
	u.RawQuery = q.Encode()
	assert.Equal(t, http.StatusUnauthorized, b.get(u.String()).code, "another issuer")
}

func TestTwoTabsCanSignIn(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	// The provider's page is opened twice before either is answered.
	one := b.follow(b.get("/auth/oidc/corp-idp/start?return_to=/home"), "/dev-idp/authorize")
	two := b.follow(b.get("/auth/oidc/corp-idp/start?return_to=/home"), "/dev-idp/authorize")
	for _, tab := range []answer{one, two} {
		assert.Equal(t, http.StatusSeeOther, b.get(b.throughTheProvider(tab.location.String(), "s-ben")).code)
	}
}

func TestOnlyActiveAccountsEnter(t *testing.T) {
	for state, message := range map[store.Lifecycle]string{store.Suspended: "suspended", store.Deprovisioned: "closed", store.Erased: "closed"} {
		t.Run(string(state), func(t *testing.T) {
			n := newNode(t)
			b := n.browser()
			require.Equal(t, http.StatusSeeOther, b.get(b.throughTheProvider("/home", "s-ben")).code)
			require.Equal(t, http.StatusOK, b.get("/home").code)
			identity, err := n.DB.Identity(n.idp, "s-ben")
			require.NoError(t, err)
			n.write(func(tx *store.Tx) error { return tx.SetLifecycle(identity.ActorID, state) })

			assert.Equal(t, http.StatusFound, b.get("/home").code, "the session is worth nothing")
			refused := b.get(b.throughTheProvider("/home", "s-ben"))
			assert.Equal(t, http.StatusForbidden, refused.code)
			assert.Contains(t, refused.body, message)
			for _, c := range refused.cookies {
				assert.NotEqual(t, "parley_session", c.Name)
			}
			assert.Equal(t, []string{"account.create ben", "account.sign_in ben", "account.sign_in_refused ben"}, n.audited())
			link, err := n.SignInLink(t.Context(), 0, identity.ActorID)
			require.NoError(t, err)
			assert.Equal(t, http.StatusForbidden, b.get(link).code, "nor by a link")
		})
	}
}

func TestNeitherNameNorAddressMakesSomebodyAnAccountsOwner(t *testing.T) {
	n := newNode(t)
	_, err := n.Actors.Create(t.Context(), actors.Newcomer{Username: "ben", Email: "ben@corp.example", Role: "owner"})
	require.NoError(t, err)
	b := n.browser()
	require.Equal(t, http.StatusSeeOther, b.get(b.throughTheProvider("/home", "s-ben")).code)
	home := b.get("/home").json(t)
	assert.Equal(t, "ben2", home["Username"])
	assert.Equal(t, "member", home["Role"])
}

func TestRolesFollowTheProvider(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.Providers[0].Rules = owners
		b := n.browser()
		signIn := func(subject string) auth.Role {
			require.Equal(t, http.StatusSeeOther, b.get(b.throughTheProvider("/auth/sign_in?return_to=/home", subject)).code)
			identity, err := n.DB.Identity(n.idp, subject)
			require.NoError(t, err)
			u, err := n.DB.User(identity.ActorID)
			require.NoError(t, err)
			return auth.Role(u.Role)
		}
		assert.Equal(t, auth.Owner, signIn("s-ada"))
		assert.Equal(t, auth.Member, signIn("s-ben"))

		n.Providers[0].Rules = rulesFor("groups", map[string]string{"parley-owners": "auditor"})
		assert.Equal(t, auth.Owner, signIn("s-ada"), "the last owner stays one")
		assert.Contains(t, n.audited(), "account.role_kept ada")

		n.account("zoe", auth.Owner)
		assert.Equal(t, auth.Auditor, signIn("s-ada"), "not the last any more")
		assert.Contains(t, n.audited(), "account.role ada")

		n.Providers[0].Rules = nil
		assert.Equal(t, auth.Auditor, signIn("s-ada"), "without rules the provider has no say")
	})
}

func TestSignInPage(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	one := b.get("/auth/sign_in")
	assert.Equal(t, http.StatusOK, one.code)
	assert.Contains(t, one.body, "Continue with Corp IdP")
	assert.NotContains(t, one.header.Get("Content-Security-Policy"), "unsafe")
	assert.Empty(t, one.header.Get("Cross-Origin-Opener-Policy"), "client apps wait for their popup")

	n.Providers = append(n.Providers, &auth.Provider{Name: "Töchter & Co."})
	two := b.get("/auth/sign_in?return_to=/home")
	assert.Contains(t, two.body, "Töchter &amp; Co.")
	assert.Contains(t, two.body, "return_to=%2Fhome")
	assert.Equal(t, http.StatusNotFound, b.get("/auth/oidc/other/start").code)

	n.Providers = nil
	assert.Contains(t, b.get("/auth/sign_in?return_to=/home").body, "parley account link NAME")
}

func TestAProviderThatIsDownSaysSo(t *testing.T) {
	n := newNode(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	n.Providers[0].Issuer = gone.URL
	a := n.browser().get("/auth/oidc/corp-idp/start")
	assert.Equal(t, http.StatusServiceUnavailable, a.code)
	assert.Contains(t, a.body, "Corp IdP cannot be reached")
}

func TestTheWayBackStaysHere(t *testing.T) {
	n := newNode(t)
	for _, away := range []string{"https://evil.example/", "//evil.example/", "///evil.example/", `/\evil.example`, "/x\n/y", "javascript:alert(1)", "home", ""} {
		b := n.browser()
		back := b.get(b.throughTheProvider("/auth/oidc/corp-idp/start?"+url.Values{"return_to": {away}}.Encode(), "s-ben"))
		require.Equal(t, http.StatusSeeOther, back.code)
		assert.Equal(t, n.URL+"/", back.location.String(), away)
	}
}

func TestSignOut(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		b := n.browser()
		cookie := sessionCookie(t, b.get(b.throughTheProvider("/home", "s-ben")))
		assert.Equal(t, http.StatusOK, b.get("/auth/sign_out").code)
		require.Equal(t, http.StatusOK, b.get("/home").code, "a link signs nobody out")
		assert.Equal(t, http.StatusForbidden, b.post("/auth/sign_out", nil, "Sec-Fetch-Site", "cross-site").code)
		assert.Equal(t, http.StatusForbidden, b.post("/auth/sign_out", nil, "Origin", "https://evil.example").code)
		require.Equal(t, http.StatusOK, b.get("/home").code)

		out := b.post("/auth/sign_out", nil, "Sec-Fetch-Site", "same-origin")
		require.Equal(t, http.StatusSeeOther, out.code)
		assert.True(t, strings.HasPrefix(out.location.String(), n.idp+"/end_session?"), out.location)
		assert.Equal(t, n.URL+"/", b.follow(out, "/nowhere").location.String(), "and back")
		assert.Equal(t, http.StatusFound, b.get("/home", "Cookie", "parley_session="+cookie.Value).code, "the secret is dead")
		assert.Equal(t, http.StatusUnauthorized, b.post("/home", nil).code)
		assert.Contains(t, b.post("/auth/sign_out", nil).body, "You are signed out here")
		assert.Contains(t, n.audited(), "account.sign_out ben")
	})
}

func TestSignInLink(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		id := n.account("ben", auth.Member)
		link, err := n.SignInLink(t.Context(), 0, id)
		require.NoError(t, err)
		b := n.browser()

		asked := b.get(link, "Sec-Fetch-Site", "cross-site")
		assert.Equal(t, http.StatusOK, asked.code)
		assert.Contains(t, asked.body, "signs you in once")
		assert.Equal(t, http.StatusForbidden, b.post(link, nil, "Sec-Fetch-Site", "cross-site").code)
		assert.Equal(t, http.StatusNotFound, b.do(http.MethodHead, link, nil).code, "a preview does not use it up")

		used := b.get(link, "Sec-Fetch-Site", "none")
		require.Equal(t, http.StatusSeeOther, used.code)
		assert.NotEmpty(t, sessionCookie(t, used).Value)
		assert.Equal(t, "ben", b.get("/home").json(t)["Username"])
		assert.Equal(t, http.StatusUnauthorized, n.browser().get(link).code, "once")
		assert.Equal(t, http.StatusUnauthorized, b.get("/auth/link/guess").code)
		assert.Equal(t, []string{"account.create ben", "account.link ben", "account.sign_in ben"}, n.audited())

		n.write(func(tx *store.Tx) error { return tx.CreateSignInLink(auth.Hash("old"), id, store.Now()-1) })
		assert.Equal(t, http.StatusUnauthorized, b.get("/auth/link/old").code, "expired")
	})
}

func TestCookiesOnHTTPS(t *testing.T) {
	n := newNode(t)
	n.Auth.URL = "https://social.corp.example"
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/auth/oidc/corp-idp/start", nil)
	routesOf(n).ServeHTTP(w, r)
	require.Equal(t, http.StatusFound, w.Code, w.Body.String())
	c := w.Result().Cookies()[0]
	assert.Equal(t, "__Host-parley_sign_in", c.Name)
	assert.True(t, c.Secure)
	assert.Equal(t, "/", c.Path)
	assert.Empty(t, c.Domain)
}

func TestAPlantedSessionCookieIsNobody(t *testing.T) {
	n := newNode(t)
	for _, value := range []string{"", "x", auth.NewSecret()} {
		assert.Equal(t, http.StatusFound, n.browser().get("/home", "Cookie", "parley_session="+value).code)
	}
}
