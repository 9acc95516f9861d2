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

// proved sets back when the person last proved who they are.
func (n *node) proved(ago time.Duration) {
	n.t.Helper()
	n.exec(`UPDATE sessions SET proved_at = ?`, store.Now().Add(-ago))
}

// What only some may do wants a sign-in of late: an old one opens no page, and
// an older one sends nothing.
func TestPrivilegedActsWantAFreshSignIn(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
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
	})
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
		"says 0":                   {0, "?fresh=1", http.StatusSeeOther, 0},
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

// acr_values is a wish to the provider; what counts is the acr of the answer, and
// who came by less is told and stays outside.
func TestTheKindOfSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		acr   any
		query string
		asked string
		code  int
	}{
		"the wanted":             {"urn:mfa", "", "urn:mfa urn:pwd", http.StatusSeeOther},
		"the second best":        {"urn:pwd", "", "urn:mfa urn:pwd", http.StatusSeeOther},
		"another":                {"0", "", "urn:mfa urn:pwd", http.StatusUnauthorized},
		"unsaid":                 {nil, "", "urn:mfa urn:pwd", http.StatusUnauthorized},
		"no text":                {[]string{"urn:mfa"}, "", "urn:mfa urn:pwd", http.StatusUnauthorized},
		"enough for a new proof": {"urn:key", "?fresh=1", "urn:key", http.StatusSeeOther},
		"too little for one":     {"urn:mfa", "?fresh=1", "urn:key", http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			n, h := newNode(t), newHostile(t)
			p := h.relyingParty()
			p.ACRValues, p.Privileged = []string{"urn:mfa", "urn:pwd"}, []string{"urn:key"}
			n.Providers = []*auth.Provider{p}
			b := n.browser()
			start := b.get(n.URL + "/auth/oidc/corp/start" + c.query).location.Query()
			assert.Equal(t, c.asked, start.Get("acr_values"))
			h.claims["nonce"], h.claims["acr"], h.claims["auth_time"] = start.Get("nonce"), c.acr, time.Now().Unix()
			delete(h.claims, "name") // userinfo is asked, and has no say in it
			h.userinfo = map[string]any{"sub": "s-1", "acr": "urn:key"}
			got := b.comeBack(url.Values{"state": {start.Get("state")}, "code": {"c"}})
			if c.code == http.StatusSeeOther {
				assert.Equal(t, c.code, got.code, got.body)
				return
			}
			n.refuses(t, got, c.code, "tell your administrator")
			assert.Contains(t, got.body, "second factor")
		})
	}
}

// A session that began by less opens nothing privileged, until its person comes
// back with more; one by a link, when the provider is down, does.
func TestPrivilegedActsWantAStrongerSignIn(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		h := newHostile(t)
		p := h.relyingParty()
		n.Providers = []*auth.Provider{p}
		b := n.browser()
		h.claims["acr"], h.claims["auth_time"] = "urn:pwd", time.Now().Unix()
		require.Equal(t, http.StatusSeeOther, b.comeBack(b.begin(h)).code)
		require.Equal(t, http.StatusOK, b.get("/owner").code)
		p.Privileged = []string{"urn:mfa"}
		asked := b.get("/owner")
		require.Equal(t, http.StatusFound, asked.code)
		assert.Equal(t, "1", asked.location.Query().Get("fresh"))
		refused := b.post("/owner", url.Values{})
		assert.Equal(t, http.StatusUnauthorized, refused.code)
		assert.Contains(t, refused.body, "stronger kind")
		assert.Equal(t, http.StatusOK, b.get("/home").code, "the rest goes on")

		start := b.get("/auth/oidc/corp/start?fresh=1").location.Query()
		assert.Equal(t, "urn:mfa", start.Get("acr_values"))
		h.claims["nonce"], h.claims["acr"] = start.Get("nonce"), "urn:mfa"
		require.Equal(t, http.StatusSeeOther, b.comeBack(url.Values{"state": {start.Get("state")}, "code": {"c"}}).code)
		assert.Equal(t, http.StatusOK, b.get("/owner").code)
		assert.Equal(t, http.StatusOK, b.post("/owner", url.Values{}).code)
		assert.Equal(t, http.StatusOK, n.signedIn(n.account("olga", auth.Owner)).get("/owner").code)
	})
}

// Whom the link to our page names is passed on, as long as it is a name.
func TestLoginHint(t *testing.T) {
	n := newNode(t)
	for hint, want := range map[string]string{
		"ada@corp.example": "ada@corp.example", "": "", "a\nb": "", strings.Repeat("a", 321): "", "a&prompt=none": "a&prompt=none",
	} {
		b := n.browser()
		door := b.get("/auth/sign_in?" + url.Values{"return_to": {"/home"}, "login_hint": {hint}}.Encode())
		q := b.get(door.location.RequestURI()).location.Query()
		assert.Equal(t, want, q.Get("login_hint"))
		assert.False(t, q.Has("prompt"))
	}
	page := n.browser().get("/auth/sign_in?login_hint=ada%40corp.example")
	assert.Contains(t, page.body, "login_hint=ada%40corp.example")
}
