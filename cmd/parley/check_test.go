package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/config"
	"parley/internal/health"
	"parley/internal/store/storetest"
)

func TestCheck(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			c := newCLI(t, storetest.URL(t, kind))
			out := c.ok("check")
			require.Regexp(t, `(?m)^well     settings: `, out)
			require.Regexp(t, `(?m)^well     database: `, out)
			require.Regexp(t, `(?m)^\w+ +disk: `, out)
			if kind == "sqlite" {
				require.NotContains(t, out, "keeps the clock", "no other process can tell")
			} else {
				require.Contains(t, out, "No process keeps the clock", "none runs")
			}
			require.NotContains(t, out, "dns:")
			t.Setenv("PARLEY_PUBLIC_URL", "http://localhost:1")
			t.Setenv("PARLEY_LISTEN", "127.0.0.1:1")
			require.Regexp(t, `(?m)^warning  node: The node is not running here.*\n         Start it with parley serve`, c.ok("check", "--public"))
		})
	}
}

// What fails makes the command fail, and nothing keeps it from saying the rest.
func TestCheckFails(t *testing.T) {
	c := newCLI(t, "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable")
	t.Setenv("PARLEY_PUBLIC_URL", "https://nowhere.invalid")
	status, out, errs := c.run("check", "--public")
	require.Equal(t, 1, status)
	require.Regexp(t, `(?m)^failing  node: It cannot be opened: `, out)
	require.Regexp(t, `(?m)^failing  dns: nowhere.invalid has no address`, out)
	require.Contains(t, errs, "things that fail: 2")
	t.Setenv("PARLEY_FEDERATION_MODE", "shut")
	t.Setenv("PARLEY_POSTS_MAX_CHARACTERS", "0")
	_, _, errs = c.run("check")
	require.Contains(t, errs, "allowlist or open")
	require.Contains(t, errs, "posts.max_characters", "every mistake at once")
}

func TestSettingsThatLookWrong(t *testing.T) {
	const secret = "between-us"
	file := filepath.Join(t.TempDir(), "parley.toml")
	require.NoError(t, os.WriteFile(file, []byte("client_secret = \""+secret+"\"\n"), 0o600))
	require.NoError(t, os.Chmod(file, 0o644))
	for name, c := range map[string]struct {
		change func(*config.Config)
		says   string
	}{
		"":           {func(*config.Config) {}, ""},
		"public_url": {func(c *config.Config) { c.PublicURL = "http://social.corp.example" }, "plain http"},
		"listen": {func(c *config.Config) {
			c.PublicURL, c.Listen, c.TrustedProxies = "http://localhost:4000", ":4000", nil
		}, "every address"},
		"trusted_proxies":  {func(c *config.Config) { c.TrustedProxies = nil }, "is empty"},
		"private_listen":   {func(c *config.Config) { c.PrivateListen = ":9090" }, "for the operator alone"},
		"private_listen ":  {func(c *config.Config) { c.PrivateListen = "198.51.100.7:9090" }, "for the operator alone"},
		"private_listen  ": {func(c *config.Config) { c.PrivateListen = "10.1.2.3:9090" }, ""},
		"limits.enabled":   {func(c *config.Config) { c.Limits.Enabled = false }, "no rate limits"},
		"oidc":             {func(c *config.Config) { c.OIDC = nil }, "account link"},
		"secrets":          {func(c *config.Config) { c.OIDC[0].ClientSecret = secret }, "holds a secret"},
		"secrets ":         {func(c *config.Config) { c.OIDC[0].PrivateKey = file }, "holds a secret"},
		"secrets  ":        {func(c *config.Config) { c.Database.URL = "postgres://parley:" + secret + "@db/parley" }, "holds a secret"},
		"data_dir":         {func(c *config.Config) { c.DataDir = filepath.Join(file, "below") }, "Nothing can be written"},
		"acme": {func(c *config.Config) {
			c.TrustedProxies, c.Listen, c.ACME.DirectoryURL = nil, ":443", "https://acme.example/directory"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config.Default()
			cfg.PublicURL, cfg.TrustedProxies, cfg.DataDir, cfg.Database.URL = "https://social.corp.example", []string{"127.0.0.1"}, t.TempDir(), "postgres://parley@/parley"
			cfg.OIDC = []config.OIDCProvider{{Name: "Corp", ClientSecret: "another"}}
			c.change(cfg)
			found := settings(cfg, file)
			require.Len(t, found, 1)
			if c.says == "" {
				require.Equal(t, health.Well, found[0].State, found[0].Says)
				return
			}
			require.NotEqual(t, health.Well, found[0].State)
			require.Contains(t, name, found[0].Name)
			require.Contains(t, found[0].Says, c.says)
			require.NotEmpty(t, found[0].Do)
			require.NotContains(t, found[0].Says+found[0].Do, secret)
		})
	}
	require.Equal(t, "NFS", networkFS(0x6969)) // statfs(2): NFS_SUPER_MAGIC
	require.Empty(t, networkFS(0xef53), "ext4")
	require.NotZero(t, filesystem(filepath.Join(t.TempDir(), "parley.db")), "also of what is not there yet")
}
