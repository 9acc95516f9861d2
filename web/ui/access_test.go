package ui_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/auth"
)

func TestAppsAndDevices(t *testing.T) {
	n := newNode(t)
	alice, bob := n.person("alice", "member"), n.person("bob", "member")
	_, err := n.auth.IssueToken(t.Context(), 0, alice.id, auth.Scopes{"read", "write"})
	require.NoError(t, err)
	phone := n.stranger()
	phone.id = alice.id
	phone.get(phone.link()).ok()

	page := alice.get("/settings/access").ok()
	require.Contains(t, page.body, "read write")
	require.Contains(t, page.body, "this one")
	grants, err := n.db.Grants(alice.id)
	require.NoError(t, err)
	sessions, err := n.db.Sessions(alice.id)
	require.NoError(t, err)
	require.Len(t, sessions, 2)

	end := fmt.Sprintf("/settings/access/apps/%d/end", grants[0].ID)
	require.Equal(t, http.StatusNotFound, bob.post(end).code, "it is not his")
	require.Contains(t, alice.post(end).ok().body, "cannot act for you any more")
	require.Contains(t, alice.post(fmt.Sprintf("/settings/access/sessions/%d/end", sessions[0].ID)).ok().body, "signed out")
	require.NotContains(t, phone.get("/settings/access").url.Path, "/settings", "the phone has to sign in")
	alice.get("/settings/access").ok()
}

// Browsers are named as people call them, and by all that they say where that
// is not known.
func TestNamesOfBrowsers(t *testing.T) {
	n := newNode(t)
	alice := n.person("alice", "member")
	for agent, name := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36":               "Chrome on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/604.1":     "Safari on iPhone",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0":                                                        "Firefox on Linux",
		"curl/8": "curl/8",
	} {
		other := n.stranger()
		other.id = alice.id
		other.do("GET", other.link(), nil, "User-Agent", agent).ok()
		alice.get("/settings/access").has(">" + name + "<")
	}
}
