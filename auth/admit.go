package auth

import (
	"context"
	"maps"
	"net/http"

	"parley/internal/fault"
	"parley/internal/store"
)

// admit lets in whom a provider vouched for, and returns the new session's
// secret. The account is found by issuer and subject and by nothing else.
func (a *Auth) admit(r *http.Request, p *Provider, c Claims) (secret string, err error) {
	actor, err := a.actorOf(r.Context(), p, c)
	if err != nil {
		return "", err
	}
	var refusal error
	err = a.DB.Write(r.Context(), func(tx *store.Tx) error {
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		detail := map[string]any{"provider": p.Name, "issuer": c.Issuer, "subject": c.Subject}
		if refusal = mayEnter(account); refusal != nil {
			return a.audit(tx, actor, "sign_in.refused", string(account.Actor.Lifecycle), detail)
		}
		if err := a.refresh(tx, p, c, &account.User); err != nil {
			return err
		}
		secret, err = a.beginSession(tx, store.Session{ActorID: actor, Issuer: c.Issuer, ProviderSid: c.SessionID, IDToken: c.IDToken}, r)
		if err != nil {
			return err
		}
		return a.audit(tx, actor, "sign_in", "", detail)
	})
	if err != nil {
		return "", err
	}
	return secret, refusal
}

// actorOf finds the account of an identity, or has it made.
func (a *Auth) actorOf(ctx context.Context, p *Provider, c Claims) (int64, error) {
	identity, err := a.DB.With(ctx).Identity(c.Issuer, c.Subject)
	if err == nil {
		return identity.ActorID, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	if a.Enroll == nil {
		return 0, fault.New(fault.Forbidden, "You have no account here. Ask your administrator for one.")
	}
	role, _ := RoleOf(c, p.Rules)
	actor, err := a.Enroll(ctx, c, role)
	if fault.Is(err, fault.Conflict) {
		// Somebody signed in twice at once, and the other one made it.
		if identity, again := a.DB.With(ctx).Identity(c.Issuer, c.Subject); again == nil {
			return identity.ActorID, nil
		}
	}
	return actor, err
}

// mayEnter refuses accounts that are not active.
func mayEnter(account *store.Account) error {
	switch account.Actor.Lifecycle {
	case store.Active:
		return nil
	case store.Suspended:
		return fault.New(fault.Forbidden, "Your account is suspended. Ask your administrator why.")
	}
	return fault.New(fault.Forbidden, "Your account is closed. If you think this is wrong, ask your administrator.")
}

// refresh brings what the provider decides up to date: address and role.
func (a *Auth) refresh(tx *store.Tx, p *Provider, c Claims, u *store.User) error {
	if c.Email != "" {
		u.Email = clip(c.Email, 320)
	}
	if role, governed := RoleOf(c, p.Rules); governed && string(role) != u.Role {
		if err := a.changeRole(tx, u, role, p.Name); err != nil {
			return err
		}
	}
	u.SignedInAt = store.Now()
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	said := maps.Clone(c.Raw)
	for _, name := range protocolClaims {
		delete(said, name)
	}
	return tx.SetIdentity(&store.Identity{
		Issuer: c.Issuer, Subject: c.Subject, ActorID: u.ActorID, Claims: jsonOf(said), CreatedAt: store.Now(),
	})
}

// changeRole gives a user another role, unless nobody would be left to own the
// node: a mistake in a directory must not lock everybody out.
func (a *Auth) changeRole(tx *store.Tx, u *store.User, role Role, by string) error {
	detail := map[string]any{"from": u.Role, "to": role, "by": by}
	if Role(u.Role) == Owner {
		owners, err := tx.Owners()
		if err != nil {
			return err
		}
		if owners <= 1 {
			return a.audit(tx, u.ActorID, "role.kept", "last owner", detail)
		}
	}
	u.Role = string(role)
	return a.audit(tx, u.ActorID, "role.changed", "", detail)
}
