package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/media/mediatest"
	"parley/internal/store/storetest"
)

// cli runs commands against a database of its own.
type cli struct {
	t *testing.T
}

func newCLI(t *testing.T, database string) *cli {
	t.Setenv("PARLEY_DATABASE_URL", database)
	t.Setenv("PARLEY_DATA_DIR", t.TempDir())
	return &cli{t}
}

func (c *cli) run(args ...string) (status int, out, errs string) {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	status = execute(context.Background(), args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func (c *cli) ok(args ...string) string {
	c.t.Helper()
	status, out, errs := c.run(args...)
	require.Zero(c.t, status, errs)
	require.Empty(c.t, errs)
	return out
}

func (c *cli) fails(want string, args ...string) {
	c.t.Helper()
	status, out, errs := c.run(args...)
	require.Equal(c.t, 1, status)
	require.Empty(c.t, out)
	require.Contains(c.t, errs, want)
}

func TestOwnersCommands(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			c := newCLI(t, storetest.URL(t, kind))
			require.Contains(t, c.ok("version"), version)
			require.Contains(t, c.ok("migrate"), "up to date")
			require.Contains(t, c.ok("migrate"), "up to date")
			require.Contains(t, c.ok("account", "create", "ada", "--email", "ada@corp.example", "--display-name", "Ada L.", "--role", "owner"), "@ada@localhost:4000 (owner)")
			c.fails("choose another", "account", "create", "ada", "--email", "ada@corp.example")
			c.fails("parley account list", "account", "token", "nobody")
			require.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9_-]{40,}\n$`), c.ok("account", "token", "ada", "--scopes", "read write follow push"))
			c.fails("scope", "account", "token", "ada", "--scopes", "fly")
			require.Regexp(t, regexp.MustCompile(`^http://localhost:4000/auth/link/\S+\n$`), c.ok("account", "link", "ada"))

			c.ok("account", "create", "bob", "--email", "bob@corp.example")
			c.ok("account", "disable", "bob")
			require.Regexp(t, `(?m)^bob\s+member\s+suspended`, c.ok("account", "list"))
			c.ok("account", "enable", "bob")
			c.fails("last owner", "account", "disable", "ada")
			require.Contains(t, c.ok("account", "rename", "bob", "robert"), "@robert")
			c.fails("choose another", "account", "create", "bob", "--email", "other@corp.example")

			c.ok("partner", "allow", "Social.Partner.Example.")
			c.ok("partner", "block", "*.bad.example")
			c.ok("partner", "limit", "news.example")
			list := c.ok("partner", "list")
			require.Regexp(t, `(?m)^social\.partner\.example\s+allow`, list)
			require.Regexp(t, `(?m)^\*\.bad\.example\s+block`, list)
			c.fails("Write a domain", "partner", "allow", "not a domain")
			c.fails("allow it first", "partner", "restore", "*.bad.example")
			c.ok("partner", "allow", "*.bad.example")
			require.Contains(t, c.ok("partner", "restore", "*.bad.example"), "1 blocks")

			require.Contains(t, c.ok("report", "list"), "COMMENT")
			c.fails("nobody here has met", "account", "disable", "eve@bad.example")
			c.ok("account", "sign-out", "robert")
			c.ok("account", "close", "robert")
			require.Contains(t, c.ok("account", "list"), "deprovisioned")
			c.ok("account", "enable", "robert")
			require.Contains(t, c.ok("audit", "list", "--last", "3"), "account.close")
			c.ok("account", "limit", "robert")
			c.ok("account", "limit", "robert", "--undo")
			c.ok("account", "alias", "robert", "add", "ada")
			c.fails("does not name this account", "account", "move", "robert", "ada")
			c.ok("account", "alias", "ada", "add", "robert")
			require.Contains(t, c.ok("account", "move", "robert", "ada"), "@robert has moved to @ada")
			c.ok("account", "move", "robert", "--undo")
			c.fails("--undo", "account", "move", "robert")
			c.fails("--yes", "account", "delete", "robert")
			c.fails("last owner", "account", "delete", "ada", "--yes")
			require.Contains(t, c.ok("account", "delete", "robert", "--yes"), "stays on record")
			c.fails("choose another", "account", "create", "robert", "--email", "other@corp.example")

			require.Contains(t, c.ok("delivery", "list", "--state", "dead", "--host", "x.example"), "ATTEMPTS")
			require.Contains(t, c.ok("host", "list"), "NEXT PROBE")
			require.Contains(t, c.ok("delivery", "retry", "--all"), "0 deliveries")
			c.fails("Delivery not found", "delivery", "retry", "7")
			c.fails("no provider", "scim", "token", "Corp")
			require.Contains(t, c.ok("scim", "list"), "LAST USED")
			c.fails("Token not found", "scim", "revoke", "7")
			require.Contains(t, c.ok("audit", "verify"), "is whole")
		})
	}
}

func TestTokensOfADirectory(t *testing.T) {
	c := newCLI(t, storetest.URL(t, "sqlite"))
	settings := filepath.Join(t.TempDir(), "parley.toml")
	require.NoError(t, os.WriteFile(settings, []byte("[[oidc]]\nname = \"Corp IdP\"\nissuer = \"https://idp.example\"\nclient_id = \"parley\"\n"), 0o600))
	t.Setenv("PARLEY_CONFIG", settings)
	require.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9_-]{40,}\n$`), c.ok("scim", "token", "Corp IdP", "--name", "Entra", "--expires", "2099-12-31"))
	c.fails("expired already", "scim", "token", "corp-idp", "--expires", "2001-01-01")
	line := regexp.MustCompile(`(?m)^(\d+)\s+Corp IdP\s+Entra\s+\S+\s+never\s+2099-12-31T`).FindStringSubmatch(c.ok("scim", "list"))
	require.Len(t, line, 2)
	c.ok("scim", "revoke", line[1])
	require.NotContains(t, c.ok("scim", "list"), "Entra")
	c.fails("Token not found", "scim", "revoke", line[1])
}

func TestIdentitiesByCommand(t *testing.T) {
	c := newCLI(t, storetest.URL(t, "sqlite"))
	write := func(more string) string {
		settings := filepath.Join(t.TempDir(), "parley.toml")
		require.NoError(t, os.WriteFile(settings, []byte("[[oidc]]\nname = \"Corp IdP\"\nissuer = \"https://idp.example\"\nclient_id = \"parley\"\n"+more), 0o600))
		return settings
	}
	t.Setenv("PARLEY_CONFIG", write(""))
	for _, name := range []string{"ada", "bob"} {
		c.ok("account", "create", name, "--email", name+"@corp.example")
	}
	require.Contains(t, c.ok("account", "identity", "link", "ada", "--provider", "Corp IdP", "--subject", "s-1"), "signs in to @ada from now on")
	c.fails("signs in to @ada already", "account", "identity", "link", "bob", "--provider", "Corp IdP", "--subject", "s-1")
	c.fails("no provider Other", "account", "identity", "link", "bob", "--provider", "Other", "--subject", "s-1")
	require.Contains(t, c.ok("account", "identity", "list", "ada"), "s-1")
	require.Equal(t, "Corp IdP: 0 would lose access.\n", c.ok("identity", "dry-run"))
	tried := c.ok("identity", "dry-run", write("require = [{ claim = \"groups\", value = \"staff\" }]\n"))
	require.Contains(t, tried, "1 would lose access")
	require.Regexp(t, `(?m)^ada\s+s-1\s+member\s+no access\s+require`, tried)
	c.fails("a claim and a value", "identity", "dry-run", write("require = [{ claim = \"groups\" }]\n"))
	require.Contains(t, c.ok("account", "identity", "unlink", "ada", "--provider", "corp-idp", "--subject", "s-1"), "Nobody can sign in to it now")
}

func TestHealthByCommand(t *testing.T) {
	c := newCLI(t, storetest.URL(t, "sqlite"))
	c.fails("private_listen says nowhere", "health")
	for _, status := range []int{http.StatusOK, http.StatusServiceUnavailable} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "/healthz", r.URL.Path)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "what it says\n")
		}))
		_, port, err := net.SplitHostPort(server.Listener.Addr().String())
		require.NoError(t, err)
		t.Setenv("PARLEY_PRIVATE_LISTEN", "0.0.0.0:"+port)
		if status == http.StatusOK {
			require.Equal(t, "what it says\n", c.ok("health"))
		} else {
			c.fails("not well: what it says", "health")
		}
		server.Close()
	}
	c.fails("does not answer", "health")
}

func TestCommandLineMistakesAreStatusTwo(t *testing.T) {
	c := newCLI(t, storetest.URL(t, "sqlite"))
	for _, args := range [][]string{{}, {"fly"}, {"account"}, {"account", "create", "ada"}, {"account", "create", "ada", "--email", "a@b", "--role", "king"}, {"partner", "allow"}, {"serve", "--fast"}, {"delivery", "retry"}, {"delivery", "retry", "7", "--all"}, {"delivery", "list", "--state", "lost"}} {
		status, out, errs := c.run(args...)
		require.Equal(t, 2, status, args)
		require.Empty(t, out, args)
		require.Contains(t, errs, "parley --help", args)
	}
	status, out, _ := c.run("--help")
	require.Zero(t, status)
	require.Contains(t, out, "partner")
}

func TestSettingsThatCannotBe(t *testing.T) {
	c := newCLI(t, "mysql:nowhere")
	c.fails("sqlite:PATH", "account", "list")
	t.Setenv("PARLEY_DATABASE_URL", "")
	t.Setenv("PARLEY_FEDERATION_MODE", "shut")
	c.fails("allowlist or open", "account", "list")
	c.fails("read the settings", "account", "list", "--config", filepath.Join(t.TempDir(), "none.toml"))
}

func TestAuditVerifyFindsAnEditedLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	c := newCLI(t, "sqlite:"+file)
	c.ok("account", "create", "ada", "--email", "ada@corp.example")
	c.ok("partner", "allow", "partner.example")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE audit_lines SET subject = 'mallory.example' WHERE action = 'partner.allow'`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	c.fails("changed after it was written", "audit", "verify")
}

// A node whose files could not be kept does not start; commands that have to do
// with none work.
func TestNoBucketNoService(t *testing.T) {
	c := newCLI(t, storetest.URL(t, "sqlite"))
	bucket := mediatest.New(t)
	for name, value := range map[string]string{"ENDPOINT": bucket.URL, "BUCKET": "another", "ACCESS_KEY": mediatest.AccessKey, "SECRET_KEY": mediatest.SecretKey} {
		t.Setenv("PARLEY_MEDIA_S3_"+name, value)
	}
	serve := func(why string) {
		t.Helper()
		status, _, errs := c.run("serve")
		require.Equal(t, 1, status)
		require.Contains(t, errs, "see that the server answers there, that it has the bucket, and that access_key and secret_key may")
		require.Contains(t, errs, why)
		require.NotContains(t, errs, mediatest.SecretKey)
	}
	serve("bucket does not exist")
	t.Setenv("PARLEY_MEDIA_S3_BUCKET", mediatest.Bucket)
	t.Setenv("PARLEY_MEDIA_S3_ACCESS_KEY", "stranger")
	serve("access key does not exist")
	t.Setenv("PARLEY_MEDIA_S3_ENDPOINT", "http://127.0.0.1:1")
	serve("connection refused")
	c.ok("account", "list")
}

// Roles with permissions, shared accounts, bots and tests of providers, by command.
func TestIntegrationsByCommand(t *testing.T) {
	c := newCLI(t, storetest.URL(t, "sqlite"))
	c.ok("account", "create", "ada", "--email", "ada@corp.example", "--role", "owner")
	c.ok("account", "create", "bob", "--email", "bob@corp.example")
	c.ok("account", "role", "bob", "member", "--permissions", "federation.see federation.manage")
	require.Regexp(t, `account.role\s+bob\s.*federation.manage federation.see`, c.ok("audit", "list"))
	c.fails("federation.manage", "account", "role", "bob", "member", "--permissions", "everything")
	c.fails("last owner", "account", "role", "ada", "member")

	c.ok("shared", "create", "press", "--display-name", "Press office")
	c.ok("shared", "add", "press", "bob")
	require.Regexp(t, `press\s.*bob`, c.ok("shared", "list"))
	c.fails("parley account list", "shared", "add", "press", "nobody")
	c.ok("shared", "remove", "press", "bob")
	require.NotContains(t, c.ok("shared", "list"), "bob")

	c.ok("bot", "create", "builds", "--run-by", "ada")
	require.Regexp(t, `^[A-Za-z0-9_-]{40,}\n$`, c.ok("bot", "token", "builds", "--name", "Build server", "--expires", "2999-12-31"))
	c.fails("admin", "bot", "token", "builds", "--name", "x", "--scopes", "admin:read")
	list := c.ok("bot", "list")
	found := regexp.MustCompile(`(?m)(\d{10,})\s+Build server`).FindStringSubmatch(list)
	require.Len(t, found, 2, list)
	c.ok("bot", "revoke", "builds", found[1])
	require.NotContains(t, c.ok("bot", "list"), "Build server")
	c.ok("bot", "disable", "builds")
	require.Regexp(t, `(?m)^builds\s+bot\s+deprovisioned`, c.ok("account", "list"))

	c.fails("no such identity provider", "identity", "check")
}

// A test of a provider that does not answer says so, and fails.
func TestIdentityCheck(t *testing.T) {
	c := newCLI(t, storetest.URL(t, "sqlite"))
	settings := filepath.Join(t.TempDir(), "parley.toml")
	require.NoError(t, os.WriteFile(settings, []byte("[[oidc]]\nname = \"Corp IdP\"\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"parley\"\nallow_networks = [\"127.0.0.0/8\"]\n"), 0o600))
	status, out, errs := c.run("--config", settings, "identity", "check")
	require.Equal(t, 1, status)
	require.Contains(t, out, "Announcement")
	require.Contains(t, out, "Port 1 of 127.0.0.1", "the cause is told")
	require.Contains(t, errs, "things to look at: 1")
}
