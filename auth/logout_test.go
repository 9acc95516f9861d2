package auth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/internal/store"
)

// leaving is a person with everything that keeps somebody signed in.
type leaving struct {
	n       *node
	idp     *hostile
	actor   int64
	browser browser
	token   string
	jti     string
}

// signedInEverywhere gives a node two providers, and somebody whom the first one
// knows as s-1 with a session there.
func signedInEverywhere(t *testing.T, n *node) *leaving {
	t.Helper()
	h, other := newHostile(t), newHostile(t)
	second := other.relyingParty()
	second.Name = "Other"
	n.Providers = []*auth.Provider{h.relyingParty(), second}
	account, err := n.Actors.Create(t.Context(), actors.Newcomer{Username: "ada", Role: "member", Issuer: h.URL, Subject: "s-1"})
	require.NoError(t, err)
	l := &leaving{n: n, idp: h, actor: account.Actor.ID, jti: "first"}
	l.browser = l.signIn("session-1")
	l.token, err = n.IssueToken(t.Context(), 0, l.actor, auth.Scopes{"read", "write"})
	require.NoError(t, err)
	return l
}

// signIn is a browser whose session belongs to one at the provider.
func (l *leaving) signIn(sid string) browser {
	l.n.t.Helper()
	b := l.n.signedIn(l.actor)
	sessions, err := l.n.DB.Sessions(l.actor)
	require.NoError(l.n.t, err)
	l.n.exec(`UPDATE sessions SET issuer = ?, provider_sid = ? WHERE id = ?`, l.idp.URL, sid, sessions[0].ID)
	return b
}

// claims are those of a logout token that holds.
func (l *leaving) claims() map[string]any {
	return map[string]any{
		"iss": l.idp.URL, "aud": "parley", "sub": "s-1", "sid": "session-1", "jti": l.jti, "iat": time.Now().Unix(),
		"exp": time.Now().Add(time.Minute).Unix(), "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
}

func (l *leaving) send(provider string, claims map[string]any) answer {
	l.n.t.Helper()
	payload, err := json.Marshal(claims)
	require.NoError(l.n.t, err)
	return l.n.browser().post(l.n.URL+"/auth/oidc/"+provider+"/backchannel_logout", url.Values{"logout_token": {l.idp.sign(payload)}})
}

// in reports whether the browser's session and the app's token are alive.
func (l *leaving) in() [2]bool {
	l.n.t.Helper()
	return [2]bool{l.browser.get(l.n.URL+"/home").code == http.StatusOK, l.n.browser().get(l.n.URL+"/api/statuses", "Authorization", "Bearer "+l.token).code == http.StatusOK}
}

var (
	everywhere = [2]bool{true, true}
	nowhere    = [2]bool{false, false}
)

// One word of the provider ends everything, whether it names the person or one
// session, and an hour after that session ended here too.
func TestBackChannelLogoutEndsEverything(t *testing.T) {
	for name, spoil := range map[string]func(l *leaving, c map[string]any){
		"by subject": func(_ *leaving, c map[string]any) { delete(c, "sid") },
		"by session": func(_ *leaving, c map[string]any) { delete(c, "sub") },
		"by both":    func(*leaving, map[string]any) {},
		"by a session that is over here": func(l *leaving, c map[string]any) {
			delete(c, "sub")
			sessions, err := l.n.DB.Sessions(l.actor)
			require.NoError(l.n.t, err)
			l.n.write(func(tx *store.Tx) error { return tx.EndSession(sessions[0].ID) })
			l.browser = l.signIn("session-2")
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, n *node) {
				l := signedInEverywhere(t, n)
				claims := l.claims()
				spoil(l, claims)
				link, err := l.n.SignInLink(t.Context(), 0, l.actor)
				require.NoError(t, err)
				require.Equal(t, everywhere, l.in())
				got := l.send("corp", claims)
				require.Equal(t, http.StatusOK, got.code, got.body)
				assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
				assert.Equal(t, nowhere, l.in())
				assert.Equal(t, http.StatusUnauthorized, l.n.browser().get(link).code, "a link made before does not lead in any more")
				assert.Contains(t, l.n.audited(), "account.provider_logout ada")
				actor, err := l.n.DB.Actor(l.actor)
				require.NoError(t, err)
				assert.Equal(t, store.Active, actor.Lifecycle, "who signs out has not left")
				l.browser = l.signIn("session-3")
				assert.True(t, l.in()[0], "and may come back")
			})
		})
	}
}

// A logout token counts once: who kept a copy cannot sign people out again.
func TestBackChannelLogoutCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		l := signedInEverywhere(t, n)
		require.Equal(t, http.StatusOK, l.send("corp", l.claims()).code)
		l.browser = l.signIn("session-1")
		again := l.send("corp", l.claims())
		assert.Equal(t, http.StatusBadRequest, again.code)
		assert.Contains(t, again.body, "used already")
		assert.True(t, l.in()[0])
		l.jti = "second"
		require.Equal(t, http.StatusOK, l.send("corp", l.claims()).code)
		assert.False(t, l.in()[0])
		stranger := l.claims()
		stranger["sub"], stranger["jti"] = "s-nobody", "third"
		assert.Equal(t, http.StatusOK, l.send("corp", stranger).code, "who has no account is signed out")
	})
}

// The provider's page ends the sessions that belong to its own, and no more.
func TestFrontChannelLogout(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		l := signedInEverywhere(t, n)
		other := l.signIn("session-2")
		ask := func(iss, sid string) answer {
			return l.n.browser().get(l.n.URL + "/auth/oidc/corp/frontchannel_logout?" + url.Values{"iss": {iss}, "sid": {sid}}.Encode())
		}
		for _, q := range [][2]string{{"https://idp.example", "session-1"}, {l.idp.URL, ""}, {"", "session-1"}, {l.idp.URL + "/", "session-1"}} {
			assert.Equal(t, http.StatusBadRequest, ask(q[0], q[1]).code)
		}
		require.Equal(t, everywhere, l.in())
		got := ask(l.idp.URL, "session-1")
		require.Equal(t, http.StatusOK, got.code)
		assert.Contains(t, got.header.Get("Content-Security-Policy"), "frame-ancestors "+l.idp.URL)
		assert.Empty(t, got.header.Get("X-Frame-Options"))
		assert.Equal(t, [2]bool{false, true}, l.in(), "an app is none of the browser's sessions")
		assert.Equal(t, http.StatusOK, other.get(l.n.URL+"/home").code)
	})
}

// Entra ID names the session and not itself, which the path does.
func TestFrontChannelLogoutWithoutIssuer(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		l := signedInEverywhere(t, n)
		path := l.n.URL + "/auth/oidc/%s/frontchannel_logout?sid=session-1"
		require.Equal(t, http.StatusOK, l.n.browser().get(fmt.Sprintf(path, "other")).code)
		require.Equal(t, everywhere, l.in(), "a session of the same name at another provider")
		require.Equal(t, http.StatusOK, l.n.browser().get(fmt.Sprintf(path, "corp")).code)
		assert.Equal(t, [2]bool{false, true}, l.in())
	})
}
