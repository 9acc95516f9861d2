package ui

import (
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
)

// OwnerRules is the body of the page where rules are tried.
type OwnerRules struct {
	Provider string
	Slug     string
	Require  []auth.Match
	Rules    []ViewRule
	Roles    []auth.Role
	Tried    bool
	Summary  string
	Changes  []ViewChange
	Settings string // what to write into the settings to have the rules
}

// ViewRule is a rule in a form.
type ViewRule struct{ Claim, Value, Role, Permissions string }

// ViewChange is what rules would make of an account.
type ViewChange struct {
	Account       ViewAccount
	Subject       string
	Before, After string
	Why           string
}

// spareRules are empty lines of the form, and mostRules bounds what is sent.
const (
	spareRules = 3
	mostRules  = 200
)

// OwnerRulesPage shows the rules of a provider, to be tried with others.
func (u *UI) OwnerRulesPage(c *gin.Context) error {
	p := u.Auth.Provider(c.Param("provider"))
	if p == nil {
		return errNotFound
	}
	return u.show(c, "owner_rules", "Rules", "owner", rulesForm(p, p.Policy))
}

// TryRules tells what the rules in the form would change, and changes nothing.
func (u *UI) TryRules(c *gin.Context) error {
	p := u.Auth.Provider(c.Param("provider"))
	if p == nil {
		return errNotFound
	}
	policy, err := policyOf(c)
	if err != nil {
		return err
	}
	policy.RolesClaim = p.RolesClaim
	changes, err := u.Auth.DryRun(c.Request.Context(), p, policy)
	if err != nil {
		return err
	}
	body := rulesForm(p, policy)
	body.Tried, body.Summary, body.Settings = true, auth.Summary(changes), policy.Settings()
	for _, change := range changes {
		body.Changes = append(body.Changes, ViewChange{Account: u.account(change.Actor), Subject: change.Subject, Before: change.Before.String(), After: change.Result(), Why: change.Why()})
	}
	return u.show(c, "owner_rules", "Rules", "owner", body)
}

func rulesForm(p *auth.Provider, policy auth.Policy) OwnerRules {
	body := OwnerRules{Provider: p.Name, Slug: p.Slug(), Require: append(policy.Require, auth.Match{}), Roles: auth.Roles}
	for _, r := range policy.Rules {
		body.Rules = append(body.Rules, ViewRule{r.Claim, r.Value, string(r.Role), auth.Powers{Extra: r.Permissions}.Names()})
	}
	body.Rules = append(body.Rules, make([]ViewRule, spareRules)...)
	return body
}

// policyOf reads the form: lines without a claim are none.
func policyOf(c *gin.Context) (auth.Policy, error) {
	var p auth.Policy
	claims, values, roles, permissions := c.PostFormArray("claim"), c.PostFormArray("value"), c.PostFormArray("role"), c.PostFormArray("permissions")
	required, wanted := c.PostFormArray("required"), c.PostFormArray("wanted")
	if len(claims) > mostRules || len(values) != len(claims) || len(roles) != len(claims) || len(permissions) != len(claims) || len(required) > mostRules || len(wanted) != len(required) {
		return p, fault.New(fault.BadRequest, "This form is not complete. Load the page again.")
	}
	for i, claim := range required {
		if claim = strings.TrimSpace(claim); claim != "" {
			p.Require = append(p.Require, auth.Match{Claim: claim, Value: strings.TrimSpace(wanted[i])})
		}
	}
	for i, claim := range claims {
		if claim = strings.TrimSpace(claim); claim == "" {
			continue
		}
		rule, err := auth.ParseRule(claim, strings.TrimSpace(values[i]), roles[i], strings.Fields(permissions[i]))
		if err != nil {
			return p, fault.Wrap(fault.Invalid, err, fmt.Sprintf("Rule %d: %s", i+1, fault.Message(err)))
		}
		p.Rules = append(p.Rules, rule)
	}
	p.Extra = len(p.Rules) > 0
	return p, nil
}
