package auth

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRoleOf(t *testing.T) {
	rules := RoleRules("groups", map[string]Role{
		"parley-owners": Owner, "parley-admins": Admin, "mods": Moderator, "audit": Auditor, "7": Moderator,
	})
	nested := RoleRules("realm_access.roles", map[string]Role{"boss": Owner})
	tests := []struct {
		name, claims string
		rules        []RoleRule
		want         Role
		governed     bool
	}{
		{"one group", `{"groups":["mods"]}`, rules, Moderator, true},
		{"the better of two", `{"groups":["audit","staff","parley-admins"]}`, rules, Admin, true},
		{"a single string", `{"groups":"audit"}`, rules, Auditor, true},
		{"a number", `{"groups":[7]}`, rules, Moderator, true},
		{"no match", `{"groups":["staff"]}`, rules, Member, true},
		{"null", `{"groups":null}`, rules, Member, true},
		{"missing", `{}`, rules, Member, true},
		{"another case", `{"groups":["Parley-Owners"]}`, rules, Member, true},
		{"part of a name", `{"groups":["parley-owners-emeriti"]}`, rules, Member, true},
		{"a list in one string", `{"groups":"staff parley-owners"}`, rules, Member, true},
		{"nested lists do not count", `{"groups":[["parley-owners"]]}`, rules, Member, true},
		{"an object does not count", `{"groups":{"parley-owners":true}}`, rules, Member, true},
		{"another claim", `{"roles":["parley-owners"]}`, rules, Member, true},
		{"a path", `{"realm_access":{"roles":["boss"]}}`, nested, Owner, true},
		{"a path through text", `{"realm_access":"roles"}`, nested, Member, true},
		{"a name with dots", `{"https://corp.example/roles":["boss"]}`, RoleRules("https://corp.example/roles", map[string]Role{"boss": Admin}), Admin, true},
		{"the first rule wins", `{"a":"x","b":"x"}`, []RoleRule{{"b", "x", Auditor}, {"a", "x", Owner}}, Auditor, true},
		{"an empty value matches nobody", `{"groups":[""]}`, RoleRules("groups", map[string]Role{"": Owner}), Member, true},
		{"no rules", `{"groups":["parley-owners"]}`, nil, Member, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Claims{}
			d := json.NewDecoder(bytes.NewBufferString(test.claims))
			d.UseNumber()
			require.NoError(t, d.Decode(&c.Raw))
			role, governed := RoleOf(c, test.rules)
			assert.Equal(t, test.want, role)
			assert.Equal(t, test.governed, governed)
		})
	}
}

func TestParseRole(t *testing.T) {
	for _, r := range Roles {
		got, err := ParseRole(string(r))
		require.NoError(t, err)
		assert.Equal(t, r, got)
	}
	for _, name := range []string{"", "Owner", "root", "member "} {
		_, err := ParseRole(name)
		require.Error(t, err, name)
	}
}
