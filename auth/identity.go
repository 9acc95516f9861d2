package auth

import (
	"context"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// LinkIdentity has a person of a provider sign in to an account. Only somebody who
// administers the node does that: nothing that a provider says of an address or a
// name leads to it.
func (a *Auth) LinkIdentity(ctx context.Context, by, actor int64, p *Provider, subject string) error {
	if subject == "" {
		return fault.New(fault.Invalid, "Write the subject by which "+p.Name+" knows the person.")
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := a.Actors.Alone(tx); err != nil { // with those who sign in meanwhile
			return err
		}
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		if account.Actor.Lifecycle == store.Erased {
			return fault.New(fault.Conflict, "The account was erased: nobody signs in to it any more.")
		}
		if account.Actor.Impersonal() {
			return errImpersonal
		}
		c := Claims{Issuer: p.Issuer, Subject: subject}
		if err := unheld(tx.Reader, p, c); err != nil {
			return err
		}
		i := &store.Identity{Issuer: p.Issuer, Subject: subject, ActorID: actor, Claims: "{}", ExternalID: p.ExternalID(c), CreatedAt: store.Now()}
		if err := tx.SetIdentity(i); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "account.link_identity", Subject: account.Actor.Username, Detail: ofIdentity(p, i)})
	})
}

// unheld refuses an identity that leads to an account already.
func unheld(r store.Reader, p *Provider, c Claims) error {
	holder, err := whose(r, p, c)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	other, err := r.Actor(holder)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "This person signs in to @"+other.Username+" already: unlink that first.")
}

// UnlinkIdentity has a person of a provider not sign in to an account any more, and
// ends the access there is. It tells whether nothing is left by which to sign in.
func (a *Auth) UnlinkIdentity(ctx context.Context, by, actor int64, p *Provider, subject string) (last bool, err error) {
	err = a.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		i, err := tx.Identity(p.Issuer, subject)
		if fault.Is(err, fault.NotFound) || err == nil && i.ActorID != actor {
			return fault.New(fault.NotFound, "Nobody signs in to @"+account.Actor.Username+" so.")
		}
		if err != nil {
			return err
		}
		person, err := tx.SCIMPerson(i.Issuer, i.ExternalID)
		if err == nil && person.ActorID == actor {
			return fault.New(fault.Conflict, "The directory of "+p.Name+" has this account for the person, who would come back to it: close the account instead.")
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := tx.DeleteIdentity(i.Issuer, i.Subject); err != nil {
			return err
		}
		if err := tx.EndAccess(actor); err != nil {
			return err
		}
		rest, err := tx.IdentitiesOf(actor)
		if err != nil {
			return err
		}
		last = len(rest) == 0 && account.Actor.Lifecycle == store.Active
		return audit.Write(tx, audit.Act{ActorID: by, Action: "account.unlink_identity", Subject: account.Actor.Username, Detail: ofIdentity(p, i)})
	})
	return last, err
}

func ofIdentity(p *Provider, i *store.Identity) map[string]any {
	return map[string]any{"actor": i.ActorID, "provider": p.Name, "issuer": i.Issuer, "subject": i.Subject}
}
