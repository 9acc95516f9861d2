package auth

import (
	"cmp"
	"slices"

	"parley/internal/fault"
)

// Policy is what a provider decides about accounts here.
type Policy struct {
	Rules      []Rule  // in order; none: the provider has no say in roles
	Require    []Match // one of which has to hold; none: everybody may come in
	RolesClaim string  // beside "groups", where groups of the directory count
}

// Match is a value that a claim may have.
type Match struct {
	Claim string // "groups", or a path such as "realm_access.roles"
	Value string // to the letter; "*" is any
}

// Rule gives a role to whom it matches.
type Rule struct {
	Match
	Role Role
}

// Outcome is what a policy makes of somebody.
type Outcome struct {
	Admitted bool
	Role     Role
	Governed bool  // whether the policy has a say in roles
	By       *Rule // the one that decided about the role; nil: none did
}

// Decide is what claims, and groups of the directory, make of somebody. The first
// rule that matches decides about the role; without one it is member. Who may not
// come in is nothing else.
func (p Policy) Decide(c Claims) Outcome {
	o := Outcome{Role: Member, Governed: len(p.Rules) > 0}
	o.Admitted = len(p.Require) == 0 || slices.ContainsFunc(p.Require, func(m Match) bool { return p.holds(m, c) })
	if !o.Admitted {
		o.Governed = true
		return o
	}
	for i := range p.Rules {
		if rule := &p.Rules[i]; p.holds(rule.Match, c) {
			o.Role, o.By = rule.Role, rule
			break
		}
	}
	return o
}

// holds reports whether somebody has the value. Groups of which the directory
// speaks count where the provider would name them.
func (p Policy) holds(m Match, c Claims) bool {
	values := texts(claimAt(c.Raw, m.Claim))
	if p.ofGroups(m) {
		values = slices.Concat(values, c.Memberships)
	}
	return slices.ContainsFunc(values, func(value string) bool { return value != "" && (value == m.Value || m.Value == "*") })
}

func (p Policy) ofGroups(m Match) bool { return m.Claim == "groups" || m.Claim == p.RolesClaim }

// matches are all that the policy asks about somebody.
func (p Policy) matches() []Match {
	all := slices.Clone(p.Require)
	for _, rule := range p.Rules {
		all = append(all, rule.Match)
	}
	return all
}

// Governs reports whether something hangs on one of the names of a group.
func (p Policy) Governs(names []string) bool {
	return slices.ContainsFunc(p.matches(), func(m Match) bool { return p.ofGroups(m) && (m.Value == "*" || slices.Contains(names, m.Value)) })
}

// withdraw takes values out of the claims that stand for groups.
func (p Policy) withdraw(said map[string]any, values []string) (changed bool) {
	for _, m := range p.matches() {
		var kept []any
		before := texts(claimAt(said, m.Claim))
		for _, value := range before {
			if !slices.Contains(values, value) {
				kept = append(kept, value)
			}
		}
		if p.ofGroups(m) && len(kept) < len(before) {
			setClaim(said, m.Claim, kept)
			changed = true
		}
	}
	return changed
}

// ParseRule reads a rule of the settings.
func ParseRule(claim, value, role string) (Rule, error) {
	r, err := ParseRole(role)
	return Rule{Match{claim, value}, r}, err
}

// RoleRules are the rules of the settings roles_claim and roles, which maps a
// value of that claim to a role. The most powerful role comes first, so that
// somebody in two groups gets the better of the two.
func RoleRules(claim string, roles map[string]string) ([]Rule, error) {
	rules := make([]Rule, 0, len(roles))
	for value, name := range roles {
		role, err := ParseRole(name)
		if err != nil {
			return nil, err
		}
		rules = append(rules, Rule{Match{claim, value}, role})
	}
	slices.SortFunc(rules, func(a, b Rule) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Roles, a.Role), slices.Index(Roles, b.Role)),
			cmp.Compare(a.Value, b.Value))
	})
	return rules, nil
}

var errNotRequired = fault.New(fault.Forbidden, "Your organisation has not given you access to this node. Ask whoever gives out its groups.")
