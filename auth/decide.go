package auth

import (
	"maps"

	"parley/internal/audit"
	"parley/internal/store"
)

// decide gives an account the powers that claims and groups give it, as far as the
// provider has a say in them, and takes the access of whom it does not let in:
// what runs ends, and the account stays as it is. It tells whether the person may
// come in.
func decide(tx *store.Tx, p *Provider, c Claims, account *store.Account, on map[string]any) (admitted bool, err error) {
	if c.Memberships, err = memberships(tx.Reader, p, account.Actor.ID); err != nil {
		return false, err
	}
	o := p.Decide(c)
	if err := empower(tx, account, o, on); err != nil {
		return false, err
	}
	// An owner who is left here is the last one, and not to be shut out.
	if o.Admitted || Role(account.User.Role) == Owner {
		return true, nil
	}
	return false, shutOut(tx, account, on)
}

// memberships are the groups that a provider's directory put an account into.
func memberships(r store.Reader, p *Provider, actor int64) ([]string, error) {
	groups, err := r.SCIMGroupsOf(p.Issuer, actor)
	return namesOf(groups), err
}

// namesOf are all that a rule may call the groups.
func namesOf(groups []*store.SCIMResource) (names []string) {
	for _, g := range groups {
		names = append(names, GroupNames(g)...)
	}
	return names
}

// empower gives a user other powers, unless nobody would be left to own the node: a
// mistake in a directory must not lock everybody out.
func empower(tx *store.Tx, account *store.Account, o Outcome, on map[string]any) error {
	u := &account.User
	after := o.Over(PowersOf(u.Role, u.Permissions))
	if string(after.Role) == u.Role && after.Names() == u.Permissions {
		return nil
	}
	act := audit.Act{Action: "account.role", Subject: account.Actor.Username, Detail: maps.Clone(on)}
	act.Detail["before"], act.Detail["after"] = u.Role, after.Role
	if after.Names() != u.Permissions {
		act.Detail["permissions_before"], act.Detail["permissions_after"] = u.Permissions, after.Names()
	}
	if o.By != nil {
		act.Detail["rule"] = o.By.Claim + "=" + o.By.Value
	}
	if Role(u.Role) == Owner && after.Role != Owner {
		last, err := tx.LastOwner()
		if err != nil {
			return err
		}
		if last {
			act.Action = "account.role_kept"
			return audit.Write(tx, act)
		}
	}
	if err := tx.SetPowers(u, string(after.Role), after.Names()); err != nil {
		return err
	}
	return audit.Write(tx, act)
}

// shutOut ends what an account has of access, if it has any.
func shutOut(tx *store.Tx, account *store.Account, on map[string]any) error {
	has, err := tx.HasAccess(account.Actor.ID)
	if err != nil || !has {
		return err
	}
	if err := tx.EndAccess(account.Actor.ID); err != nil {
		return err
	}
	act := audit.Act{Action: "account.end_access", Subject: account.Actor.Username, Detail: maps.Clone(on)}
	act.Detail["actor"], act.Detail["reason"] = account.Actor.ID, "required claim"
	return audit.Write(tx, act)
}
