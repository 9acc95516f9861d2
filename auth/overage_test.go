package auth_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
)

// Whoever is in too many groups for a token is refused, and no member without a
// word; unless no role hangs on the claim that is too long.
func TestGroupOverage(t *testing.T) {
	source := map[string]any{"src1": map[string]any{"endpoint": "https://graph.example/users/1/getMemberObjects"}}
	for name, test := range map[string]struct {
		said    map[string]any
		claim   string // that roles hang on
		enter   string // and coming in at all
		refused bool
	}{
		"a claim that is elsewhere":     {map[string]any{"_claim_names": map[string]any{"groups": "src1"}, "_claim_sources": source}, "groups", "", true},
		"only that there are groups":    {map[string]any{"hasgroups": true}, "groups", "", true},
		"that in words":                 {map[string]any{"hasgroups": "true"}, "groups", "", true},
		"a source beside":               {map[string]any{"groups:src1": "https://graph.example/users/1"}, "groups", "", true},
		"a path into what is elsewhere": {map[string]any{"_claim_names": map[string]any{"realm": "src1"}, "_claim_sources": source}, "realm.roles", "", true},
		"a name with dots":              {map[string]any{"_claim_names": map[string]any{"https://corp.example/roles": "src1"}, "_claim_sources": source}, "https://corp.example/roles", "", true},
		"coming in hangs on it":         {map[string]any{"hasgroups": true}, "", "groups", true},
		"roles hang on another claim":   {map[string]any{"_claim_names": map[string]any{"groups": "src1"}, "_claim_sources": source, "roles": []string{"x"}}, "roles", "", false},
		"no groups but no overage":      {map[string]any{"hasgroups": false}, "groups", "", false},
		"groups that are there":         {map[string]any{"hasgroups": true, "groups": []string{"x"}}, "groups", "", false},
		"no roles at all":               {map[string]any{"hasgroups": true}, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			n, h := newNode(t), newHostile(t)
			p := h.relyingParty()
			if test.claim != "" {
				p.Rules = rulesFor(test.claim, map[string]string{"parley-owners": "owner"})
			}
			n.Providers = []*auth.Provider{p}
			if test.enter != "" {
				p.Require = []auth.Match{{Claim: test.enter, Value: "staff"}}
			}
			delete(h.claims, "groups")
			for claim, value := range test.said {
				h.claims[claim] = value
			}
			b := n.browser()
			got := b.comeBack(b.begin(h))
			if !test.refused {
				require.Equal(t, http.StatusSeeOther, got.code, got.body)
				return
			}
			n.refuses(t, got, http.StatusForbidden, "only the groups assigned to this application")
			assert.Contains(t, got.body, "app roles")
		})
	}
}
