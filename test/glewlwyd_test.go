package test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// glewlwyd is Debian's identity provider, a program in C: its issuer has a path,
// its subjects are opaque, its claims come by scope and in the ID token.
type glewlwyd struct {
	*process
	url   string
	admin *visitor
}

const glewlwydSchema = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"

// glewlwydSettings are those of its file: port, folder.
const glewlwydSettings = `port = %[1]d
bind_address = "127.0.0.1"
external_url = "http://localhost:%[1]d"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "WARNING"
session_expiration = 3600
session_key = "GLEWLWYD2_SESSION_ID"
admin_session_authentication = "cookie"
profile_session_authentication = "cookie"
login_api_enabled = true
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
hash_algorithm = "SHA512"
database = { type = "sqlite3"; path = "%[2]s/db"; };
`

// glewlwydSecret has no character that RFC 6749 2.3.1 would have us encode in
// HTTP basic authentication: Glewlwyd does not decode it.
const glewlwydSecret = "secret-of-the-test"

// startGlewlwyd runs one that knows a node, which does not run yet.
func startGlewlwyd(t *testing.T) (*glewlwyd, *node) {
	t.Helper()
	for _, program := range []string{"glewlwyd", "sqlite3"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not there: install Debian's package, or run `make test`, which does")
		}
	}
	folder, port := t.TempDir(), freePort(t)
	config := filepath.Join(folder, "parley.toml")
	n := newNode(t, "localhost", "sqlite", "CONFIG="+config)
	schema, err := os.Open(glewlwydSchema)
	require.NoError(t, err)
	defer schema.Close()
	load := exec.Command("sqlite3", filepath.Join(folder, "db"))
	load.Stdin = schema
	out, err := load.CombinedOutput()
	require.NoError(t, err, "%s", out)
	own := filepath.Join(folder, "glewlwyd.conf")
	require.NoError(t, os.WriteFile(own, []byte(fmt.Sprintf(glewlwydSettings, port, folder)), 0o600))
	g := &glewlwyd{url: fmt.Sprintf("http://localhost:%d/api", port), admin: newVisitor(t)}
	g.process = newProcess(t, "glewlwyd", folder, environment(), "glewlwyd", "-c", own, "-m", "console")
	g.graceless = true
	g.launch()
	g.waitReady(func() bool {
		answer, err := web.Get(g.url + "/auth/scheme/")
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil
	})
	g.setUp(n)
	tell(t, config, g.url+"/oidc", glewlwydSecret, "")
	return g, n
}

// setUp does what its administrator would.
func (g *glewlwyd) setUp(n *node) {
	g.t.Helper()
	g.call(g.admin, "POST", "/auth/", fields{"username": "admin", "password": "password"})
	g.call(g.admin, "PUT", "/mod/user/database", fields{"module": "database", "name": "database", "display_name": "People", "order_rank": 0, "readonly": false,
		"parameters": fields{"use-glewlwyd-connection": true, "data-format": fields{"groups": fields{"multiple": true, "read": true, "write": true}}}})
	g.call(g.admin, "PUT", "/mod/user/database/reset", nil)
	private, public := signingPair(g.t)
	claim := func(name, property, scope string) fields {
		return fields{"name": name, "user-property": property, "type": "string", "on-demand": true, "scope": []string{scope}}
	}
	g.call(g.admin, "POST", "/mod/plugin/", fields{"module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "parameters": fields{
		"iss": g.url + "/oidc", "jwt-type": "rsa", "jwt-key-size": "256", "key": private, "cert": public,
		"access-token-duration": 3600, "refresh-token-duration": 3600, "code-duration": 60, "subject-type": "public", "jwks-show": true,
		"auth-type-code-enabled": true, "pkce-allowed": true, "pkce-required": true,
		"session-management-allowed": true, "session-cookie-name": "GLEWLWYD2_OIDC_SID", "session-cookie-expiration": 3600,
		"name-claim": "on-demand", "name-claim-scope": []string{"profile"}, "email-claim": "on-demand", "email-claim-scope": []string{"email"},
		"allowed-scope": []string{"openid", "profile", "email", "groups"},
		"claims":        []fields{claim("preferred_username", "username", "profile"), claim("groups", "groups", "groups")},
	}})
	for _, scope := range []string{"profile", "email", "groups"} {
		g.call(g.admin, "POST", "/scope/", fields{"name": scope, "display_name": scope, "password_required": false, "scheme": fields{}})
	}
	g.call(g.admin, "POST", "/client/", fields{"client_id": "parley", "name": "Parley", "confidential": true, "client_secret": glewlwydSecret, "enabled": true,
		"redirect_uri": []string{n.url + "/auth/oidc/callback"}, "authorization_type": []string{"code"}, "scope": []string{},
		"token_endpoint_auth_method": []string{"client_secret_basic"}, "post_logout_redirect_uri": n.url + "/"})
}

func signingPair(t *testing.T) (private, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// ask calls its REST API as somebody, and returns the status.
func (g *glewlwyd) ask(v *visitor, method, path string, body any) int {
	g.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(g.t, err)
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, bytes.NewReader(text))
	require.NoError(g.t, err)
	r.Header.Set("Content-Type", "application/json")
	answer, err := v.http.Do(r)
	require.NoError(g.t, err)
	_ = answer.Body.Close()
	return answer.StatusCode
}

func (g *glewlwyd) call(v *visitor, method, path string, body any) {
	g.t.Helper()
	require.Equal(g.t, http.StatusOK, g.ask(v, method, path, body), "%s %s", method, path)
}

// person is what the directory knows of somebody.
func (g *glewlwyd) person(name string, enabled bool, groups ...string) fields {
	return fields{"username": name, "name": strings.ToUpper(name[:1]) + name[1:], "email": name + "@corp.example", "password": "password of " + name,
		"enabled": enabled, "scope": []string{"openid", "profile", "email", "groups"}, "groups": groups}
}

// consenting stands in for its login page, which is a program for browsers: who
// has signed in and consented goes on.
type consenting struct{ http.RoundTripper }

func (c consenting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/oidc/auth") {
		r = r.Clone(r.Context())
		r.URL.RawQuery += "&g_continue"
	}
	return c.RoundTripper.RoundTrip(r)
}

// enter is a browser that has signed in at the provider.
func (g *glewlwyd) enter(name string) *visitor {
	g.t.Helper()
	v := newVisitor(g.t)
	g.call(v, "POST", "/auth/", fields{"username": name, "password": "password of " + name})
	g.call(v, "PUT", "/auth/grant/parley", fields{"scope": "openid profile email groups"})
	v.http.Transport = consenting{v.http.Transport}
	return v
}

func (g *glewlwyd) join(n *node, name string) *person {
	g.t.Helper()
	return n.joinBy(name, func(link string) string {
		v := g.enter(name)
		return v.allow(v.open(link))
	})
}

// out reports whether the node sends a browser to sign in, which ends at the
// provider's page.
func (v *visitor) out(n *node) bool {
	v.t.Helper()
	stopping := *v.http
	stopping.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := stopping.Get(n.url + "/settings")
	require.NoError(v.t, err)
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusFound
}

// TestGlewlwyd has people sign in with Debian's provider: groups give roles anew at
// every sign-in, signing out here leads to its own page, and whoever it switches
// off cannot sign in there any more. It tells nobody so, and a browser that it
// has signed in already it lets go on: who has left is to be closed here.
func TestGlewlwyd(t *testing.T) {
	t.Parallel()
	g, n := startGlewlwyd(t)
	n.start()
	g.call(g.admin, "POST", "/user/", g.person("ada", true, "helpdesk", "staff"))
	ada := g.join(n, "ada")
	require.Equal(t, "moderator", ada.role())
	g.call(g.admin, "PUT", "/user/ada", g.person("ada", true, "staff"))
	again := g.join(n, "ada")
	require.Equal(t, ada.ID, again.ID, "the same person")
	require.NotEqual(t, "moderator", again.role(), "who is not in the group any more")

	leaving := g.enter("ada")
	leaving.open(n.url + "/settings")
	leaving.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := leaving.http.PostForm(n.url+"/auth/sign_out", nil)
	require.NoError(t, err)
	_ = answer.Body.Close()
	require.Contains(t, answer.Header.Get("Location"), g.url+"/oidc/end_session?")
	require.True(t, leaving.out(n))
	answer, err = leaving.http.Get(answer.Header.Get("Location"))
	require.NoError(t, err)
	_ = answer.Body.Close()
	require.Contains(t, answer.Header.Get("Location"), "prompt=end_session", "its own page asks")

	staying := g.enter("ada")
	staying.open(n.url + "/settings")
	g.call(g.admin, "PUT", "/user/ada", g.person("ada", false, "staff"))
	require.Equal(t, http.StatusUnauthorized, g.ask(newVisitor(t), "POST", "/auth/", fields{"username": "ada", "password": "password of ada"}))
	require.False(t, staying.out(n), "nobody told the node")
	n.command("account", "sign-out", "ada")
	require.True(t, staying.out(n))
	staying.open(n.url + "/settings") // the provider still vouches for whom it switched off
	n.command("account", "close", "ada")
	require.True(t, staying.out(n))
	page, err := staying.http.Get(n.url + "/settings")
	require.NoError(t, err)
	_ = page.Body.Close()
	require.Equal(t, http.StatusForbidden, page.StatusCode)
	code, _ := ada.ask("GET", "/api/v1/accounts/verify_credentials", nil)
	require.Equal(t, http.StatusUnauthorized, code)
}
