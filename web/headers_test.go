package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever is asked for, found or not: no answer is guessed to be something else,
// framed by another site, or lets code run that is written into a page. The
// provider's sign-out page is what it may frame.
func TestHeadersOfEveryAnswer(t *testing.T) {
	n := sqlite(t)
	n.Limits = false
	ada := n.steward("ada", "owner")
	asked := 0
	for _, r := range n.Routes() {
		if r.Method != http.MethodGet || strings.Contains(r.Path, "/streaming") || r.Path == "/ui/events" {
			continue
		}
		path := strings.NewReplacer(":id", ada.at("%d"), ":name", "ada", ":hashtag", "go", ":provider", "none").Replace(r.Path)
		for _, who := range []*client{n.stranger(), ada} {
			a := who.do(r.Method, path, nil)
			asked++
			h := a.header
			assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
			if !strings.Contains(path, "frontchannel") {
				assert.Equal(t, "DENY", h.Get("X-Frame-Options"), path)
			}
			policy := h.Get("Content-Security-Policy")
			assert.Contains(t, policy, "default-src '", path)
			assert.NotContains(t, policy, "unsafe", path)
			assert.NotContains(t, policy, "*", path)
			assert.Equal(t, "same-origin", h.Get("Referrer-Policy"), path)
		}
	}
	assert.Greater(t, asked, 200)
}

// A page loosens the policy as far as it needs, and nothing else does.
func TestPolicyOfEachKind(t *testing.T) {
	n := sqlite(t)
	const nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	for path, want := range map[string]string{
		"/":                     "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		"/auth/sign_in":         "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
		"/api/v2/instance":      nothing,
		"/api/v1/nothing":       nothing,
		"/.well-known/nodeinfo": nothing,
		"/media/aa/bb/none.png": nothing,
		"/oauth/userinfo":       nothing,
	} {
		assert.Equal(t, want, n.stranger().get(path).header.Get("Content-Security-Policy"), path)
	}
}

// Only a node that is reached by https tells browsers to stay with it.
func TestStayingWithHTTPS(t *testing.T) {
	n := sqlite(t)
	assert.Empty(t, n.stranger().get("/").header.Get("Strict-Transport-Security"))
	n.API.URL = "https://social.corp.example"
	door, err := n.Handler()
	require.NoError(t, err)
	assert.Equal(t, "max-age=31536000", ask(door, "dead").header.Get("Strict-Transport-Security"))
}
