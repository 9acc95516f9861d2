package auth

import (
	"context"
	"fmt"
	"strings"

	"parley/internal/store"
)

// Change is what a policy would make of an account, going by what was said of its
// person last.
type Change struct {
	Actor         *store.Actor
	Subject       string
	Before, After Powers
	By            *Rule // the one that decides; nil: none
	Loses         bool  // access
	Kept          bool  // stays as it is: the last owner
}

// Result is what becomes of the account, in words.
func (c Change) Result() string {
	switch {
	case c.Kept:
		return "stays: last owner"
	case c.Loses:
		return "no access"
	}
	return c.After.String()
}

// Why is what decides, in words.
func (c Change) Why() string {
	switch {
	case c.By != nil:
		return c.By.Claim + " = " + c.By.Value
	case c.Loses:
		return "require"
	}
	return "no rule"
}

// Summary is how many accounts would change, in words.
func Summary(changes []Change) string {
	become, lose, other := map[Role]int{}, 0, 0
	for _, c := range changes {
		switch {
		case c.Kept:
		case c.Loses:
			lose++
		case c.Before.Role == c.After.Role:
			other++
		default:
			become[c.After.Role]++
		}
	}
	var parts []string
	for _, role := range Roles {
		if become[role] > 0 {
			parts = append(parts, fmt.Sprintf("%d would become %s", become[role], role))
		}
	}
	if other > 0 {
		parts = append(parts, fmt.Sprintf("%d would have other permissions", other))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d would lose access", lose)), ", ")
}

// dryPage is how many accounts are looked at together.
const dryPage = 500

// DryRun tells which accounts of a provider another policy would change, and
// changes none.
func (a *Auth) DryRun(ctx context.Context, p *Provider, policy Policy) ([]Change, error) {
	r := a.DB.With(ctx)
	owners, err := r.Owners()
	if err != nil {
		return nil, err
	}
	var changes []Change
	for after := ""; ; {
		page, err := r.Identities(p.Issuer, after, dryPage)
		if err != nil || len(page) == 0 {
			return changes, err
		}
		after = page[len(page)-1].Subject
		more, err := changesOf(r, p.Issuer, policy, page)
		if err != nil {
			return nil, err
		}
		for _, c := range more {
			if c.Before.Role == Owner && c.After.Role != Owner {
				if c.Kept = owners <= 1; !c.Kept {
					owners--
				}
				c.Loses = c.Loses && !c.Kept
			}
			changes = append(changes, c)
		}
	}
}

// changesOf are those among a page of identities whose accounts are active.
func changesOf(r store.Reader, issuer string, policy Policy, page []*store.Identity) (changes []Change, err error) {
	ids := make([]int64, len(page))
	for i, identity := range page {
		ids[i] = identity.ActorID
	}
	actors, err := r.Actors(ids)
	if err != nil {
		return nil, err
	}
	users, err := r.Users(ids)
	if err != nil {
		return nil, err
	}
	groups, err := r.SCIMGroupsBy(issuer, ids)
	if err != nil {
		return nil, err
	}
	for _, identity := range page {
		actor, user := actors[identity.ActorID], users[identity.ActorID]
		if actor == nil || user == nil || actor.Lifecycle != store.Active {
			continue
		}
		c := remembered(identity)
		c.Memberships = namesOf(groups[actor.ID])
		o, before := policy.Decide(c), PowersOf(user.Role, user.Permissions)
		after := o.Over(before)
		if o.Admitted && after.Role == before.Role && after.Names() == before.Names() {
			continue
		}
		changes = append(changes, Change{Actor: actor, Subject: identity.Subject, Before: before, After: after, By: o.By, Loses: !o.Admitted})
	}
	return changes, nil
}
