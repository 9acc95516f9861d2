package auth_test

import (
	"bytes"
	"cmp"
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
			assert.Equal(t, cmp.Or(map[bool]auth.Role{true: test.want}[test.governed], auth.Auditor), o.Over(auth.Powers{Role: auth.Auditor}).Role, "what stays")
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

func TestRulesAddUp(t *testing.T) {
	rule := func(claim, value string, role auth.Role, more ...auth.Permission) auth.Rule {
		return auth.Rule{Match: auth.Match{Claim: claim, Value: value}, Role: role, Permissions: more}
	}
	policy := auth.Policy{Extra: true, RolesClaim: "roles", Require: []auth.Match{{Claim: "employee", Value: "true"}, {Claim: "badge", Value: "*"}}, Rules: []auth.Rule{
		rule("groups", "it", "", auth.SeeFederation, auth.ManageFederation),
		rule("department", "IT", auth.Moderator),
		rule("groups", "*", auth.Auditor, auth.SeeFederation),
		rule("roles", "boss", auth.Owner),
	}}
	said := func(pairs ...any) auth.Claims {
		c := auth.Claims{Raw: map[string]any{"employee": true}}
		for i := 0; i < len(pairs); i += 2 {
			c.Raw[pairs[i].(string)] = pairs[i+1]
		}
		return c
	}
	for name, test := range map[string]struct {
		claims auth.Claims
		want   string
	}{
		"nothing":                  {said(), "member "},
		"a rule without a role":    {said("groups", "it"), "auditor federation.manage federation.see"},
		"the first with a role":    {said("groups", "it", "department", "IT", "roles", "boss"), "moderator federation.manage federation.see"},
		"any value":                {said("groups", "x"), "auditor federation.see"},
		"an empty value is none":   {said("groups", ""), "member "},
		"a group of the directory": {auth.Claims{Raw: said().Raw, Memberships: []string{"it"}}, "auditor federation.manage federation.see"},
		"it is no department":      {auth.Claims{Raw: said("badge", "7").Raw, Memberships: []string{"IT"}}, "auditor federation.see"},
	} {
		o := policy.Decide(test.claims)
		assert.True(t, o.Admitted, name)
		assert.Equal(t, test.want, string(o.Role)+" "+o.Names(), name)
	}
	o := policy.Decide(said("employee", false, "groups", "it", "roles", "boss"))
	assert.False(t, o.Admitted)
	assert.Equal(t, auth.Powers{Role: auth.Member}, o.Over(auth.Powers{Role: auth.Admin, Extra: []auth.Permission{auth.SeeAudit}}), "nothing is left of powers")

	boss := auth.Policy{RolesClaim: "roles", Rules: policy.Rules[3:]}
	assert.Equal(t, auth.Owner, boss.Decide(auth.Claims{Memberships: []string{"boss"}}).Role, "a group of the directory is a value of roles_claim")
	roles := auth.Policy{Rules: policy.Rules[1:2]}
	assert.Equal(t, auth.Powers{Role: auth.Moderator, Extra: []auth.Permission{auth.SeeAudit}}, roles.Decide(said("department", "IT")).Over(auth.Powers{Role: auth.Member, Extra: []auth.Permission{auth.SeeAudit}}),
		"the short form has no say in permissions")
	_, err := auth.ParseRule("groups", "it", "king", nil)
	require.Error(t, err)
	_, err = auth.ParseRule("groups", "it", "", []string{"everything"})
	require.Error(t, err)
}
