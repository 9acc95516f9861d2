package auth

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parley/actors"
	"parley/internal/fault"
)

// Policy is what a provider decides about accounts here.
type Policy struct {
	Rules      []Rule  // in order; where none names a role the provider has no say in roles
	Extra      bool    // whether it has a say in permissions beyond the role
	Require    []Match // one of which has to hold; none: everybody may come in
	RolesClaim string  // beside "groups", where groups of the directory count
	Follows    []Circle
}

// Circle is whom people follow at first.
type Circle struct {
	Match
	Accounts []string // handles
	List     string   // on which they are put; empty: on none
}

// Match is a value that a claim may have.
type Match struct {
	Claim string // "groups", or a path such as "realm_access.roles"
	Value string // to the letter; "*" is any
}

// Rule gives a role, permissions or both to whom it matches.
type Rule struct {
	Match
	Role        Role // empty: no word about that
	Permissions []Permission
}

// Outcome is what a policy makes of somebody.
type Outcome struct {
	Admitted bool
	Powers
	By *Rule // the one that decided about the role; nil: none did

	setsRole, setsExtra bool // whether the policy has a say in them
}

// Decide is what claims, and groups of the directory, make of somebody. The first
// rule that matches and names a role decides about it; without one it is member.
// The permissions of all that match add up. Who may not come in has no powers.
func (p Policy) Decide(c Claims) Outcome {
	if len(p.Require) > 0 && !slices.ContainsFunc(p.Require, func(m Match) bool { return p.holds(m, c) }) {
		return Outcome{Powers: Powers{Role: Member}, setsRole: true, setsExtra: true}
	}
	o := Outcome{Admitted: true, Powers: Powers{Role: Member}, setsExtra: p.Extra}
	for i := range p.Rules {
		rule := &p.Rules[i]
		o.setsRole = o.setsRole || rule.Role != ""
		if !p.holds(rule.Match, c) {
			continue
		}
		if o.By == nil && rule.Role != "" {
			o.Role, o.By = rule.Role, rule
		}
		o.Powers.Extra = append(o.Powers.Extra, rule.Permissions...)
	}
	slices.Sort(o.Powers.Extra)
	o.Powers.Extra = slices.Compact(o.Powers.Extra)
	return o
}

// Over is what becomes of the powers that somebody has: what the policy has no
// say in stays.
func (o Outcome) Over(before Powers) Powers {
	if o.setsRole {
		before.Role = o.Role
	}
	if o.setsExtra {
		before.Extra = o.Powers.Extra
	}
	return before
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

// firstFollows are the jobs that have somebody follow whom he should at first.
func (p Policy) firstFollows(c Claims, actor int64) (jobs []actors.IntroduceJob) {
	for _, circle := range p.Follows {
		if !p.holds(circle.Match, c) {
			continue
		}
		for _, account := range circle.Accounts {
			jobs = append(jobs, actors.IntroduceJob{ActorID: actor, Account: account, List: circle.List})
		}
	}
	return jobs
}

// asks are the claims that the policy wants to know.
func (p Policy) asks() (claims []string) {
	for _, m := range p.matches() {
		claims = append(claims, m.Claim)
	}
	for _, circle := range p.Follows {
		claims = append(claims, circle.Claim)
	}
	return claims
}

// ParseRule reads a rule of the settings.
func ParseRule(claim, value, role string, permissions []string) (r Rule, err error) {
	r.Match = Match{claim, value}
	if role != "" {
		if r.Role, err = ParseRole(role); err != nil {
			return r, err
		}
	}
	r.Permissions, err = ParsePermissions(strings.Join(permissions, " "))
	return r, err
}

// Settings are the rules as they stand in the settings, below the table of their
// provider.
func (p Policy) Settings() string {
	var b strings.Builder
	quote := func(text string) string {
		quoted, _ := json.Marshal(text) // a string of JSON is one of TOML
		return string(quoted)
	}
	for _, m := range p.Require {
		fmt.Fprintf(&b, "[[oidc.require]]\nclaim = %s\nvalue = %s\n\n", quote(m.Claim), quote(m.Value))
	}
	for _, r := range p.Rules {
		fmt.Fprintf(&b, "[[oidc.rules]]\nclaim = %s\nvalue = %s\n", quote(r.Claim), quote(r.Value))
		if r.Role != "" {
			fmt.Fprintf(&b, "role = %s\n", quote(string(r.Role)))
		}
		if len(r.Permissions) > 0 {
			list, _ := json.Marshal(r.Permissions)
			fmt.Fprintf(&b, "permissions = %s\n", list)
		}
		b.WriteString("\n")
	}
	return b.String()
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
		rules = append(rules, Rule{Match: Match{claim, value}, Role: role})
	}
	slices.SortFunc(rules, func(a, b Rule) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Roles, a.Role), slices.Index(Roles, b.Role)),
			cmp.Compare(a.Value, b.Value))
	})
	return rules, nil
}

var errNotRequired = fault.New(fault.Forbidden, "Your organisation has not given you access to this node. Ask whoever gives out its groups.")
