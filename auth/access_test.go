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
	"parley/internal/store"
)

// renew is the app's request for a new token, with a refresh token.
func (n *node) renew(a app, refresh string) answer {
	return n.browser().post("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {a.id}, "client_secret": {a.secret}, "refresh_token": {refresh}})
}

// connected is an app that somebody let in, and what it got.
func (n *node) connected(actor int64, redirect, scopes string) (app, map[string]any) {
	n.t.Helper()
	a := n.app(redirect, scopes)
	got := n.exchange(a, n.signedIn(actor).code(a.ask()))
	require.Equal(n.t, http.StatusOK, got.code, got.body)
	return a, got.json(n.t)
}

func TestATokenEndsAndIsRenewed(t *testing.T) {
	n := newNode(t)
	n.TokenTTL = time.Hour
	ben := n.account("ben", auth.Member)
	a, first := n.connected(ben, phanpy, "read write")
	assert.InDelta(t, 3600, first["expires_in"], 2)
	refresh := first["refresh_token"].(string)
	require.Equal(t, http.StatusOK, n.bearer(first["access_token"].(string), "/api/any").code)
	assert.Contains(t, n.browser().get("/.well-known/oauth-authorization-server").body, `"refresh_token"`)

	// It has ended, and what renews it still does. It stays the same token.
	var id int64
	n.write(func(tx *store.Tx) error {
		grants, err := tx.Grants(ben)
		require.NoError(t, err)
		require.Len(t, grants, 1)
		id = grants[0].ID
		past := grants[0].Token
		past.ExpiresAt = store.Now() - 1
		return tx.RenewToken(&past)
	})
	require.Equal(t, http.StatusUnauthorized, n.bearer(first["access_token"].(string), "/api/any").code)
	got := n.renew(a, refresh)
	require.Equal(t, http.StatusOK, got.code, got.body)
	second := got.json(t)
	assert.Equal(t, "read write", second["scope"])
	require.Equal(t, http.StatusOK, n.bearer(second["access_token"].(string), "/api/any").code)
	grants, err := n.DB.Grants(ben)
	require.NoError(t, err)
	require.Len(t, grants, 1)
	require.Equal(t, id, grants[0].ID)

	// Somebody shows the first one again: one of the two is a thief.
	require.Equal(t, http.StatusBadRequest, n.renew(a, refresh).code)
	require.Equal(t, http.StatusUnauthorized, n.bearer(second["access_token"].(string), "/api/any").code)
	require.Equal(t, http.StatusBadRequest, n.renew(a, second["refresh_token"].(string)).code)
}

func TestRenewalRefusals(t *testing.T) {
	n := newNode(t)
	n.TokenTTL = time.Hour
	ben := n.account("ben", auth.Member)
	a, token := n.connected(ben, phanpy, "read")
	refresh := token["refresh_token"].(string)
	other := n.app(phanpy, "read")
	for what, got := range map[string]answer{
		"another app":     n.renew(other, refresh),
		"a wrong secret":  n.renew(app{id: a.id, secret: "no"}, refresh),
		"nothing":         n.renew(a, ""),
		"an access token": n.renew(a, token["access_token"].(string)),
	} {
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized}, got.code, what)
	}
	require.Equal(t, http.StatusOK, n.bearer(token["access_token"].(string), "/api/any").code, "it has done no harm")
	n.write(func(tx *store.Tx) error { return tx.SetLifecycle(ben, store.Suspended) })
	require.Equal(t, http.StatusBadRequest, n.renew(a, refresh).code, "who may not come in renews nothing")

	n.TokenTTL = 0
	assert.Contains(t, n.renew(a, refresh).body, "unsupported_grant_type")
}

// A person who is no administrator any more has an app that is none either.
func TestRenewalFollowsTheRole(t *testing.T) {
	n := newNode(t)
	n.TokenTTL = time.Hour
	ada := n.account("ada", auth.Admin)
	a, token := n.connected(ada, phanpy, "read admin:read")
	require.Equal(t, "read admin:read", token["scope"])
	n.write(func(tx *store.Tx) error {
		user, err := tx.User(ada)
		require.NoError(t, err)
		user.Role = string(auth.Member)
		return tx.UpdateUser(user)
	})
	got := n.renew(a, token["refresh_token"].(string))
	require.Equal(t, "read", got.json(t)["scope"])
}

func TestOnlyListedAppsConnect(t *testing.T) {
	n := newNode(t)
	ben := n.account("ben", auth.Member)
	before, kept := n.app("https://phanpy.example.evil.example/", "read"), n.app("https://phanpy.example/app", "read")
	_, old := n.connected(ben, "https://old.example/", "read")
	n.AllowedClients = []string{"https://phanpy.example", "com.keylesspalace.tusky:", oob}
	register := func(uris string) int {
		return n.browser().post("/api/v1/apps", url.Values{"client_name": {"App"}, "redirect_uris": {uris}}).code
	}
	for uri, want := range map[string]int{
		"https://phanpy.example":                       http.StatusOK,
		"https://phanpy.example/":                      http.StatusOK,
		"https://phanpy.example?x":                     http.StatusOK,
		oob:                                            http.StatusOK,
		"com.keylesspalace.tusky://oauth":              http.StatusOK,
		"https://phanpy.example.evil.example":          http.StatusForbidden,
		"https://phanpy.example:8443":                  http.StatusForbidden,
		"https://phanpy.example@evil.example":          http.StatusUnprocessableEntity,
		"https://phanpy.example\nhttps://evil.example": http.StatusForbidden,
		"http://phanpy.example":                        http.StatusForbidden,
	} {
		assert.Equal(t, want, register(uri), uri)
	}
	b := n.signedIn(ben)
	assert.Equal(t, http.StatusForbidden, b.get(before.ask()).code, "it registered before")
	assert.Equal(t, http.StatusOK, b.get(kept.ask()).code)
	assert.Contains(t, n.exchange(before, "a code").body, "invalid_client")

	require.NoError(t, n.Open(t.Context()))
	assert.Equal(t, http.StatusUnauthorized, n.bearer(old["access_token"].(string), "/api/any").code, "what it had has ended")
	assert.Contains(t, strings.Join(n.audited(), "\n"), "app.refused Test <app>")
	lines := len(n.audited())
	require.NoError(t, n.Open(t.Context()))
	assert.Len(t, n.audited(), lines, "once")
}

func TestPeopleEndTheirOwnAccess(t *testing.T) {
	n := newNode(t)
	ben, cleo := n.account("ben", auth.Member), n.account("cleo", auth.Member)
	_, token := n.connected(ben, phanpy, "read")
	b := n.signedIn(ben)
	grants, err := n.DB.Grants(ben)
	require.NoError(t, err)
	sessions, err := n.DB.Sessions(ben)
	require.NoError(t, err)
	require.Len(t, grants, 1)
	require.Len(t, sessions, 2, "the app was let in by a browser")
	ctx, me, her := t.Context(), auth.Who{ActorID: ben, Username: "ben"}, auth.Who{ActorID: cleo, Username: "cleo"}
	require.Error(t, n.EndGrant(ctx, her, grants[0].ID))
	require.Error(t, n.EndOwnSession(ctx, her, sessions[0].ID))
	require.NoError(t, n.EndGrant(ctx, me, grants[0].ID))
	require.Error(t, n.EndGrant(ctx, me, grants[0].ID), "it has ended")
	require.Equal(t, http.StatusUnauthorized, n.bearer(token["access_token"].(string), "/api/any").code)
	require.Equal(t, http.StatusOK, b.get("/home").code)
	for _, s := range sessions {
		require.NoError(t, n.EndOwnSession(ctx, me, s.ID))
	}
	require.NotEqual(t, http.StatusOK, b.get("/home").code)
	assert.Subset(t, n.audited(), []string{"account.end_token ben", "account.end_session ben"})
}
