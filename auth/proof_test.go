package auth_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

// proved sets back when the person last proved who they are.
func (n *node) proved(ago time.Duration) {
	n.t.Helper()
	_, err := n.DB.SQLite.Exec(`UPDATE sessions SET proved_at = ?`, store.Now().Add(-ago))
	require.NoError(n.t, err)
}

// What only some may do wants a sign-in of late: an old one opens no page, and
// an older one sends nothing.
func TestPrivilegedActsWantAFreshSignIn(t *testing.T) {
	n := newNode(t)
	b := n.signedIn(n.account("olga", auth.Owner))
	codes := func() [2]int {
		return [2]int{b.get(n.URL + "/owner?tab=1").code, b.post(n.URL+"/owner", url.Values{}).code}
	}
	assert.Equal(t, [2]int{200, 200}, codes())
	n.proved(31 * time.Minute)
	assert.Equal(t, [2]int{302, 200}, codes(), "what was begun in time can be sent")
	n.proved(61 * time.Minute)
	assert.Equal(t, [2]int{302, 401}, codes())
	assert.Equal(t, http.StatusOK, b.get(n.URL+"/home").code, "the rest goes on")

	asked := b.get(n.URL + "/owner?tab=1")
	again := asked.location.Query()
	assert.Equal(t, []string{"/auth/sign_in", "1", "/owner?tab=1"}, []string{asked.location.Path, again.Get("fresh"), again.Get("return_to")})
	door := b.get(n.URL + asked.location.RequestURI())
	start := b.get(n.URL + door.location.RequestURI())
	q := start.location.Query()
	assert.Equal(t, []string{"login", "300"}, []string{q.Get("prompt"), q.Get("max_age")}, "the provider is told to ask")
}

// A provider that lets somebody in without asking again, and says so, is not
// believed to have asked.
func TestAProofMustBeNew(t *testing.T) {
	for name, c := range map[string]struct {
		at     any // auth_time
		fresh  string
		code   int
		proved time.Duration // ago
	}{
		"asked again":              {time.Now().Unix(), "?fresh=1", http.StatusSeeOther, 0},
		"not asked again":          {time.Now().Add(-time.Hour).Unix(), "?fresh=1", http.StatusUnauthorized, 0},
		"does not say":             {nil, "?fresh=1", http.StatusSeeOther, 0},
		"need not have asked":      {time.Now().Add(-time.Hour).Unix(), "", http.StatusSeeOther, time.Hour},
		"says it of the day to be": {time.Now().Add(24 * time.Hour).Unix(), "", http.StatusSeeOther, 0},
	} {
		t.Run(name, func(t *testing.T) {
			n, h := newNode(t), newHostile(t)
			n.Providers = []*auth.Provider{h.relyingParty()}
			b := n.browser()
			start := b.get(n.URL + "/auth/oidc/corp/start" + c.fresh).location.Query()
			h.claims["nonce"] = start.Get("nonce")
			delete(h.claims, "auth_time")
			if c.at != nil {
				h.claims["auth_time"] = c.at
			}
			back := b.get(n.URL + "/auth/oidc/callback?" + url.Values{"state": {start.Get("state")}, "code": {"c"}}.Encode())
			require.Equal(t, c.code, back.code, back.body)
			if c.code != http.StatusSeeOther {
				assert.Contains(t, back.body, "without asking you again")
				return
			}
			identity, err := n.DB.Identity(h.URL, "s-1")
			require.NoError(t, err)
			sessions, err := n.DB.Sessions(identity.ActorID)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(-c.proved), sessions[0].ProvedAt.Time(), time.Minute)
		})
	}
}
