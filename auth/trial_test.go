package auth_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
)

// A trial shows what the provider says and what would come of it, to who sets up
// providers, and signs nobody in.
func TestATrialSignsNobodyIn(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.Providers[0].Rules = owners
		trial := auth.TrialPath(n.Providers[0])
		boss := n.signedIn(n.account("boss", auth.Owner))
		shown := boss.get(boss.throughTheProvider(trial, "s-ada"))
		require.Equal(t, http.StatusOK, shown.code, shown.body)
		assert.Contains(t, shown.body, "a new one, @ada")
		assert.Contains(t, shown.body, "owner, by the rule groups = parley-owners")
		assert.Contains(t, shown.body, "ada@corp.example")
		assert.NotContains(t, shown.body, "id_token")
		assert.Equal(t, "boss", boss.get("/home").json(t)["Username"], "who tries it stays who he is")
		_, err := n.DB.Identity(n.idp, "s-ada")
		assert.Error(t, err, "no account was made")
		assert.Contains(t, n.audited(), "provider.trial Corp IdP")

		n.Providers[0].Require = []auth.Match{{Claim: "groups", Value: "staff"}}
		assert.Contains(t, boss.get(boss.throughTheProvider(trial, "s-ada")).body, "no: none of the claims")

		n.Providers[0].ACRValues = []string{"two-factor"}
		failed := boss.get(boss.throughTheProvider(trial, "s-ada"))
		assert.Contains(t, failed.body, "two-factor", "the cause is shown")

		n.Providers[0].ACRValues, n.Providers[0].Require = nil, nil
		for _, other := range []browser{n.browser(), n.signedIn(n.account("mia", auth.Member)), n.signedIn(n.account("aud", auth.Auditor))} {
			refused := other.get(other.throughTheProvider(trial, "s-ada"))
			assert.Equal(t, http.StatusForbidden, refused.code)
			assert.NotContains(t, refused.body, "ada@corp.example")
		}
	})
}

// A test of a provider says what is wrong with it.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	n := newNode(t)
	p := n.Providers[0]
	finding := func(what string) auth.Finding {
		t.Helper()
		for _, f := range n.Check(t.Context(), p) {
			if f.What == what {
				return f
			}
		}
		t.Fatalf("no finding about %s", what)
		return auth.Finding{}
	}
	for _, what := range []string{"Announcement", "Endpoints", "Signatures", "Keys", "Client", "Scopes"} {
		assert.True(t, finding(what).Good, "%s: %s", what, finding(what).Said)
	}

	p.Scopes = []string{"nonsense"}
	assert.Contains(t, finding("Scopes").Said, `"nonsense"`)
	p.Scopes = nil

	p.Issuer += "/"
	assert.False(t, finding("Announcement").Good)
	p.Issuer = n.URL + "/nowhere"
	assert.False(t, finding("Announcement").Good)
	assert.Contains(t, finding("Announcement").Said, "404", "the cause is told")
}

// What the token endpoint says to a code that cannot be one tells whether the
// provider knows this node.
func TestCheckOfTheClient(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		good   bool
		said   string
	}{
		"not known":   {401, `{"error":"invalid_client"}`, false, "does not accept"},
		"a bad code":  {400, `{"error":"invalid_grant"}`, true, "did not refuse"},
		"a bad form":  {400, `{"error":"invalid_request"}`, false, "invalid_request"},
		"down":        {502, `<html>`, false, "502"},
		"not as JSON": {200, `oops`, false, "does not answer as it should"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			h.token = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}
			for _, f := range (&auth.Auth{URL: "https://node.example"}).Check(t.Context(), h.relyingParty()) {
				if f.What == "Client" {
					assert.Equal(t, test.good, f.Good, f.Said)
					assert.Contains(t, f.Said, test.said)
					return
				}
			}
			t.Fatal("nothing about the client")
		})
	}
}
