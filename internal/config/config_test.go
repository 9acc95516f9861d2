package config

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSampleFileIsWhatTheStructSays(t *testing.T) {
	text, err := os.ReadFile("../../parley.sample.toml")
	require.NoError(t, err)
	require.Equal(t, Sample(), string(text), "run `go run ./cmd/parley config sample > parley.sample.toml`")
}

func TestSampleIsReadBack(t *testing.T) {
	// Uncommented, every setting of the sample is one that exists.
	text := regexp.MustCompile(`(?m)^#([\[a-z])`).ReplaceAllString(Sample(), "$1")
	text = regexp.MustCompile(`(?m)^(name|issuer|client_id|claim|value|role) = ""`).ReplaceAllString(text, `$1 = "https://idp.example"`)
	text = regexp.MustCompile(`(?m)^accounts = \[\]`).ReplaceAllString(text, `accounts = ["news"]`)
	path := filepath.Join(t.TempDir(), "parley.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	c, err := Load(path, nil)
	require.NoError(t, err)
	require.Len(t, c.OIDC, 1)
}

func TestEnvironmentWins(t *testing.T) {
	c, err := Load("", []string{"PARLEY_FEDERATION_MODE=open", "PARLEY_FEDERATION_ALLOW_NETWORKS=127.0.0.0/8, ::1/128", "PARLEY_LIMITS_ENABLED=false", "HOME=/"})
	require.NoError(t, err)
	require.Equal(t, "open", c.Federation.Mode)
	require.Len(t, c.Federation.AllowNetworks, 2)
	require.False(t, c.Limits.Enabled)
	require.True(t, c.Development)
}

func TestMistakesAreNamed(t *testing.T) {
	for variable, want := range map[string]string{
		"PARLEY_FEDERATION_MOED=open":                 "no such setting",
		"PARLEY_FEDERATION_MODE=shut":                 "allowlist or open",
		"PARLEY_PUBLIC_URL=social":                    "a scheme and a host",
		"PARLEY_PUBLIC_URL=http://social.example":     "not https",
		"PARLEY_FEDERATION_ALLOW_NETWORKS=10.0.0.0.0": "such as 10.0.0.0/8",
		"PARLEY_POSTS_HOLD_PUBLIC=86401":              "at most 86400",
		"PARLEY_MEDIA_S3_ENDPOINT=s3.example":         "such as https://s3.corp.example",
		"PARLEY_MEDIA_S3_ENDPOINT=https://s3.example": "secret_key are needed",
		"PARLEY_MEDIA_S3_BUCKET=files":                "media.s3.endpoint is empty",
		"PARLEY_LIMITS_ENABLED=perhaps":               "neither true nor false",
		"PARLEY_ACME_DIRECTORY_URL=letsencrypt.org":   "an https address",
		"PARLEY_ACME_DIRECTORY_URL=https://ca.local":  "has to be https",
	} {
		_, err := Load("", []string{variable})
		require.ErrorContains(t, err, want, variable)
	}
}

// Who was somebody's address yesterday may be another person today.
func TestTheDirectorysClaimIsNoName(t *testing.T) {
	load := func(claim string) error {
		path := filepath.Join(t.TempDir(), "parley.toml")
		require.NoError(t, os.WriteFile(path, []byte("[[oidc]]\nname = \"Corp\"\nissuer = \"https://idp.example\"\nclient_id = \"parley\"\nscim_claim = \""+claim+"\"\n"), 0o600))
		_, err := Load(path, nil)
		return err
	}
	require.NoError(t, load("oid"))
	for _, claim := range []string{"email", "preferred_username", "upn"} {
		require.ErrorContains(t, load(claim), "never changes", claim)
	}
}

func TestDevelopmentNeedsLoopback(t *testing.T) {
	c, err := Load("", []string{"PARLEY_LISTEN=0.0.0.0:4000"})
	require.NoError(t, err)
	require.False(t, c.Development)
}
