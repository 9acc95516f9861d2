package auth

import (
	"cmp"
	"context"
	"strings"
	"time"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Naming says how the people of a provider get their user names.
type Naming struct {
	Claim string // which names them; empty: preferred_username
	Mode  string // Suggest unless said
}

// The modes.
const (
	Suggest = "suggest" // made of the claim at first; the person may change it
	Force   = "force"   // follows the claim, and nobody else changes it
	Choose  = "choose"  // the person is asked at first
)

// renameEvery is how often somebody may choose another name.
const renameEvery = 24 * time.Hour

// Words say who decides what people are called.
func (n Naming) Words() string {
	claim := cmp.Or(n.Claim, "preferred_username")
	switch n.Mode {
	case Force:
		return "by the claim " + claim + ", always"
	case Choose:
		return "as people choose at their first sign-in"
	}
	return "by the claim " + claim + " at first; people may change it"
}

// claimed is what the claim says that names people.
func (n Naming) claimed(c Claims) string {
	if n.Claim == "" {
		return c.Username
	}
	return strings.Join(texts(claimAt(c.Raw, n.Claim)), "")
}

// For is the name that a new account would like to have. It is only a name: whose
// account it is does not hang on it.
func (n Naming) For(c Claims) string {
	for _, name := range []string{n.claimed(c), c.Username, c.Email, c.Name} {
		if _, usable := text.Username(name); usable {
			return name
		}
	}
	return "someone"
}

// rename has the name of an account follow the claim, where it has to. A claim
// that is missing once renames nobody.
func (a *Auth) rename(ctx context.Context, tx *store.Tx, p *Provider, c Claims, actor *store.Actor) error {
	name, usable := text.Username(p.Names.claimed(c))
	if p.Names.Mode != Force || !usable || name == actor.Username {
		return nil
	}
	return a.Actors.RenameAs(ctx, tx, actor, name, false, audit.Act{Detail: map[string]any{"provider": p.Name}})
}

// NamedBy is the provider that says what somebody is called, nil where the person
// does.
func (a *Auth) NamedBy(r store.Reader, actor int64) (*Provider, error) {
	for _, p := range a.Providers {
		if p.Names.Mode != Force {
			continue
		}
		_, err := r.IdentityOf(p.Issuer, actor)
		if !fault.Is(err, fault.NotFound) {
			return p, err
		}
	}
	return nil, nil
}

// Rename gives the one who asks another name, once a day.
func (a *Auth) Rename(ctx context.Context, who Who, name string) error {
	if who.ActedBy != 0 {
		return fault.New(fault.Forbidden, "The user name of a shared account is changed by those who run this node.")
	}
	name = strings.ToLower(strings.TrimSpace(name))
	if !text.ValidUsername(name) {
		return errName
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(who.ActorID)
		if err != nil || account.Actor.Username == name {
			return err
		}
		p, err := a.NamedBy(tx.Reader, who.ActorID)
		switch {
		case err != nil:
			return err
		case p != nil:
			return fault.New(fault.Forbidden, "Your user name comes from "+p.Name+". Have it changed there.")
		case store.Now() < account.User.RenamedAt.Add(renameEvery):
			return fault.New(fault.Forbidden, "You have changed your user name today already. Wait until tomorrow.")
		}
		account.User.RenamedAt = store.Now()
		if err := tx.UpdateUser(&account.User); err != nil {
			return err
		}
		return a.Actors.RenameAs(ctx, tx, &account.Actor, name, true, audit.Act{ActorID: who.ActorID, Detail: map[string]any{}})
	})
}

var errName = fault.New(fault.Invalid, "That cannot be a user name: use at most 30 small letters, digits, dots, hyphens and underscores.")
