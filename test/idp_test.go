package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// identityProvider is the program in idp: a provider of another make that
// people of a node sign in with.
type identityProvider struct {
	*process
	url string
}

// startIdentityProvider runs one for a node that does not run yet, and writes
// the node's settings.
func startIdentityProvider(t *testing.T, database string, settings ...string) (*identityProvider, *node) {
	t.Helper()
	if _, err := os.Stat("idp/node_modules/oidc-provider"); err != nil {
		t.Skip("the identity provider's modules are not there: run `npm ci` in test/idp, or `make test`, which does")
	}
	folder := t.TempDir()
	config := filepath.Join(folder, "parley.toml")
	n := newNode(t, "localhost", database, append(settings, "CONFIG="+config)...)
	port := freePort(t)
	p := &identityProvider{url: fmt.Sprintf("http://localhost:%d", port)}
	p.process = newProcess(t, "oidc-provider", "idp", environment(), nodeJS(t), "server.js", fmt.Sprint(port), filepath.Join(folder, "keys.json"), n.url)
	p.graceless = true
	p.start()
	tell(t, config, p.url, "a secret of the test", "")
	return p, n
}

// tell writes the settings of a node that say who its provider is.
func tell(t *testing.T, config, issuer, secret, more string) {
	t.Helper()
	require.NoError(t, os.WriteFile(config, []byte(fmt.Sprintf(`
[[oidc]]
name = "Corp IdP"
issuer = %q
client_id = "parley"
client_secret = %q
scopes = ["openid", "profile", "email", "groups"]
allow_networks = ["127.0.0.0/8", "::1/128"]
roles_claim = "groups"
roles = { parley-owners = "owner", helpdesk = "moderator" }
%s`, issuer, secret, more)), 0o600))
}

func (p *identityProvider) start() {
	p.t.Helper()
	p.launch()
	p.waitReady(func() bool {
		answer, err := web.Get(p.url + "/.well-known/openid-configuration")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// control has the provider do something that its administrator would.
func (p *identityProvider) control(what string, how fields) {
	p.t.Helper()
	body, err := json.Marshal(how)
	require.NoError(p.t, err)
	answer, err := web.Post(p.url+"/control/"+what, "application/json", bytes.NewReader(body))
	require.NoError(p.t, err)
	_ = answer.Body.Close()
	require.Equal(p.t, http.StatusOK, answer.StatusCode, "the provider should do: %s", what)
}

// role is what the person may do on the node, as the node says.
func (p *person) role() string {
	p.t.Helper()
	var me struct {
		Role struct {
			Name string `json:"name"`
		} `json:"role"`
	}
	p.get("/api/v1/accounts/verify_credentials", &me)
	return me.Role.Name
}

// TestOIDCProvider has people sign in with a provider of another make: groups
// that it tells at userinfo alone give roles, anew at every sign-in; it changes
// its keys while the node runs; it signs people out.
func TestOIDCProvider(t *testing.T) {
	t.Parallel()
	idp, n := startIdentityProvider(t, "sqlite")
	n.start()
	n.command("account", "create", "olga", "--email", "olga@corp.example", "--role", "owner")
	idp.control("groups", fields{"sub": "ada", "groups": []string{"helpdesk", "staff"}})
	ada := n.join("ada")
	require.Equal(t, "moderator", ada.role())
	bob := n.join("bob")
	require.NotEqual(t, "moderator", bob.role())

	idp.control("groups", fields{"sub": "ada", "groups": []string{"staff"}})
	idp.kill()
	idp.start() // with another key, and the old ones beside it
	again := n.join("ada")
	require.Equal(t, ada.ID, again.ID, "the same person")
	require.NotEqual(t, "moderator", again.role(), "who is not in the group any more")

	idp.control("logout", fields{"sub": "ada"})
	for _, p := range []*person{ada, again} {
		code, _ := p.ask("GET", "/api/v1/accounts/verify_credentials", nil)
		require.Equal(t, http.StatusUnauthorized, code)
	}
	bob.role()
	require.Equal(t, ada.ID, n.join("ada").ID, "who signed out may come back")
}
