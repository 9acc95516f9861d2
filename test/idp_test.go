package test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// identityProvider is the program in idp: a provider of another make that
// people of a node sign in with.
type identityProvider struct {
	*process
	url  string
	keys string // the file of its signing keys
}

// startIdentityProvider runs one for a node that does not run yet, and writes
// the node's settings.
func startIdentityProvider(t *testing.T, database string, settings ...string) (*identityProvider, *node) {
	t.Helper()
	p, n, config := newIdentityProvider(t, database, settings)
	tell(t, config, p.url, "a secret of the test", "")
	return p, n
}

// startStrictProvider is one that signs by ES256 and wants the node to prove
// itself by a key.
func startStrictProvider(t *testing.T) (*identityProvider, *node) {
	t.Helper()
	p, n, config := newIdentityProvider(t, "sqlite", nil, "ES256")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	path := filepath.Join(filepath.Dir(config), "key.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	tell(t, config, p.url, "", fmt.Sprintf("token_auth = \"private_key_jwt\"\nprivate_key_file = %q\n", path))
	return p, n
}

// newIdentityProvider runs one with arguments; config is where the node's
// settings have to be.
func newIdentityProvider(t *testing.T, database string, settings []string, args ...string) (p *identityProvider, n *node, config string) {
	t.Helper()
	if _, err := os.Stat("idp/node_modules/oidc-provider"); err != nil {
		t.Skip("the identity provider's modules are not there: run `npm ci` in test/idp, or `make test`, which does")
	}
	folder := t.TempDir()
	config = filepath.Join(folder, "parley.toml")
	n = newNode(t, "localhost", database, append(settings, "CONFIG="+config)...)
	port := freePort(t)
	p = &identityProvider{url: fmt.Sprintf("http://localhost:%d", port), keys: filepath.Join(folder, "keys.json")}
	p.process = newProcess(t, "oidc-provider", "idp", environment(), append([]string{nodeJS(t), "server.js", fmt.Sprint(port), p.keys, n.url}, args...)...)
	p.graceless = true
	p.start()
	return p, n, config
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

// logoutToken is one by the provider's first key, as far as anybody can tell.
func (p *identityProvider) logoutToken(sub, jti string) string {
	p.t.Helper()
	var keys []jose.JSONWebKey
	text, err := os.ReadFile(p.keys)
	require.NoError(p.t, err)
	require.NoError(p.t, json.Unmarshal(text, &keys))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: keys[0]}, nil)
	require.NoError(p.t, err)
	claims, err := json.Marshal(fields{"iss": p.url, "aud": "parley", "sub": sub, "jti": jti, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
		"events": fields{"http://schemas.openid.net/event/backchannel-logout": fields{}}})
	require.NoError(p.t, err)
	signed, err := signer.Sign(claims)
	require.NoError(p.t, err)
	token, err := signed.CompactSerialize()
	require.NoError(p.t, err)
	return token
}

// TestStrictProvider has the node prove itself by a key that the provider fetches
// from it, and believe what is signed by ES256; a key that the provider withdraws
// while the node runs counts for nothing once there is another.
func TestStrictProvider(t *testing.T) {
	t.Parallel()
	idp, n := startStrictProvider(t)
	n.start()
	n.command("account", "create", "olga", "--email", "olga@corp.example", "--role", "owner")
	ada := n.join("ada")
	signOut := func(token string) int {
		answer, err := web.PostForm(n.url+"/auth/oidc/corp-idp/backchannel_logout", url.Values{"logout_token": {token}})
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusOK, signOut(idp.logoutToken("ada", "1")))
	retired := idp.logoutToken("ada", "2")
	idp.kill()
	require.NoError(t, os.Remove(idp.keys))
	idp.start() // with another key alone
	again := n.join("ada")
	require.Equal(t, ada.ID, again.ID)
	require.Equal(t, http.StatusBadRequest, signOut(retired))
	again.role()
	require.Equal(t, http.StatusOK, signOut(idp.logoutToken("ada", "3")))
}
