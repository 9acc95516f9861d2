package auth_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
)

func TestDecideAboutRoles(t *testing.T) {
	rules := rulesFor("groups", map[string]string{
		"parley-owners": "owner", "parley-admins": "admin", "mods": "moderator", "audit": "auditor", "7": "moderator",
	})
	nested := rulesFor("realm_access.roles", map[string]string{"boss": "owner"})
	tests := []struct {
		name, claims string
		rules        []auth.Rule
		want         auth.Role
		governed     bool
	}{
		{"one group", `{"groups":["mods"]}`, rules, auth.Moderator, true},
		{"the better of two", `{"groups":["audit","staff","parley-admins"]}`, rules, auth.Admin, true},
		{"a single string", `{"groups":"audit"}`, rules, auth.Auditor, true},
		{"a number", `{"groups":[7]}`, rules, auth.Moderator, true},
		{"no match", `{"groups":["staff"]}`, rules, auth.Member, true},
		{"null", `{"groups":null}`, rules, auth.Member, true},
		{"missing", `{}`, rules, auth.Member, true},
		{"another case", `{"groups":["Parley-Owners"]}`, rules, auth.Member, true},
		{"part of a name", `{"groups":["parley-owners-emeriti"]}`, rules, auth.Member, true},
		{"a list in one string", `{"groups":"staff parley-owners"}`, rules, auth.Member, true},
		{"nested lists do not count", `{"groups":[["parley-owners"]]}`, rules, auth.Member, true},
		{"an object does not count", `{"groups":{"parley-owners":true}}`, rules, auth.Member, true},
		{"another claim", `{"roles":["parley-owners"]}`, rules, auth.Member, true},
		{"a path", `{"realm_access":{"roles":["boss"]}}`, nested, auth.Owner, true},
		{"a path through text", `{"realm_access":"roles"}`, nested, auth.Member, true},
		{"a name with dots", `{"https://corp.example/roles":["boss"]}`, rulesFor("https://corp.example/roles", map[string]string{"boss": "admin"}), auth.Admin, true},
		{"the first rule wins", `{"a":"x","b":"x"}`, []auth.Rule{ruleOf("b", "x", auth.Auditor), ruleOf("a", "x", auth.Owner)}, auth.Auditor, true},
		{"an empty value matches nobody", `{"groups":[""]}`, rulesFor("groups", map[string]string{"": "owner"}), auth.Member, true},
		{"no rules", `{"groups":["parley-owners"]}`, nil, auth.Member, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := auth.Claims{}
			d := json.NewDecoder(bytes.NewBufferString(test.claims))
			d.UseNumber()
			require.NoError(t, d.Decode(&c.Raw))
			o := auth.Policy{Rules: test.rules}.Decide(c)
			assert.Equal(t, test.want, o.Role)
			assert.Equal(t, test.governed, o.Governed)
			assert.True(t, o.Admitted)
		})
	}
}

func ruleOf(claim, value string, role auth.Role) auth.Rule {
	return auth.Rule{Match: auth.Match{Claim: claim, Value: value}, Role: role}
}

func TestParseRole(t *testing.T) {
	for _, r := range auth.Roles {
		got, err := auth.ParseRole(string(r))
		require.NoError(t, err)
		assert.Equal(t, r, got)
	}
	for _, name := range []string{"", "Owner", "root", "member "} {
		_, err := auth.ParseRole(name)
		require.Error(t, err, name)
	}
	_, err := auth.RoleRules("groups", map[string]string{"staff": "king"})
	require.Error(t, err, "a role in the settings that there is not")
}
