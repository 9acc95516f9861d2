package auth

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"parley/internal/fault"
)

// Role is what somebody may do on this node beyond speaking for themselves.
type Role string

// The roles. They are no ladder: an auditor reads what a moderator may not,
// and writes nothing.
const (
	Owner     Role = "owner"
	Admin     Role = "admin"
	Moderator Role = "moderator"
	Auditor   Role = "auditor"
	Member    Role = "member"
)

// Roles are all of them, the most powerful first.
var Roles = []Role{Owner, Admin, Moderator, Auditor, Member}

// Who runs the node, who looks after reports with them, and who may read what
// any of these do.
var (
	Stewards   = []Role{Owner, Admin}
	Moderators = []Role{Owner, Admin, Moderator}
	Overseers  = []Role{Owner, Admin, Moderator, Auditor}
)

// MayChange reports whether a role may change an account of another: an
// administrator does not touch owners, nor make any, and a moderator touches
// members alone.
func (r Role) MayChange(theirs Role) bool {
	return r == Owner || r == Admin && theirs != Owner || r == Moderator && theirs == Member
}

// MayDiscipline reports whether somebody may limit and suspend an account: of
// others anybody's, of ours nobody's who stands above, and not his own. theirs
// is its role here, empty for one of others.
func (w Who) MayDiscipline(target int64, theirs Role) bool {
	if theirs == "" {
		return slices.Contains(Moderators, w.Role)
	}
	return target != w.ActorID && w.Role.MayChange(theirs)
}

// ParseRole reads a role from a setting or a command line.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", fault.New(fault.Invalid, "The role must be one of owner, admin, moderator, auditor and member.")
}

// RoleRule gives a role to whoever has a value in a claim.
type RoleRule struct {
	Claim string // "groups", or a path such as "realm_access.roles"
	Value string
	Role  Role
}

// RoleRules are the rules of the settings roles_claim and roles, which maps a
// value of that claim to a role. The most powerful role comes first, so that
// somebody in two groups gets the better of the two.
func RoleRules(claim string, roles map[string]string) ([]RoleRule, error) {
	rules := make([]RoleRule, 0, len(roles))
	for value, name := range roles {
		role, err := ParseRole(name)
		if err != nil {
			return nil, err
		}
		rules = append(rules, RoleRule{Claim: claim, Value: value, Role: role})
	}
	slices.SortFunc(rules, func(a, b RoleRule) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Roles, a.Role), slices.Index(Roles, b.Role)),
			cmp.Compare(a.Value, b.Value))
	})
	return rules, nil
}

// RoleOf is the role that the first matching rule gives, and member without
// one. Values compare exactly. With no rules at all the provider has no say in
// roles: governed is false and the role that a person already has stays.
func RoleOf(c Claims, rules []RoleRule) (role Role, governed bool) {
	for _, rule := range rules {
		if rule.Value != "" && (slices.Contains(texts(claimAt(c.Raw, rule.Claim)), rule.Value) || slices.Contains(c.Memberships, rule.Value)) {
			return rule.Role, true
		}
	}
	return Member, len(rules) > 0
}

// claimAt finds a claim by its name, or else by a path of names joined by
// dots: a name may itself contain dots, as "https://corp.example/roles" does.
func claimAt(claims map[string]any, path string) any {
	if value, ok := claims[path]; ok {
		return value
	}
	name, rest, nested := strings.Cut(path, ".")
	inner, ok := claims[name].(map[string]any)
	if !nested || !ok {
		return nil
	}
	return claimAt(inner, rest)
}

// texts is a claim as a list of strings: providers write one value as it is,
// several as an array, none as null.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case []any:
		var all []string
		for _, item := range v {
			switch item.(type) {
			case string, json.Number:
				all = append(all, texts(item)...)
			}
		}
		return all
	}
	return nil
}
