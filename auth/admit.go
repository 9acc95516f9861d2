package auth

import (
	"context"
	"maps"
	"net/http"

	"parley/actors"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

const maxEmail = 320 // RFC 3696, and room to spare

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
		act := audit.Act{ActorID: actor, Action: "account.sign_in", Subject: account.Actor.Username,
			Detail: map[string]any{"provider": p.Name, "issuer": c.Issuer, "subject": c.Subject}}
		if refusal = mayEnter(account); refusal != nil {
			act.Action, act.Detail["state"] = "account.sign_in_refused", account.Actor.Lifecycle
			return audit.Write(tx, act)
		}
		if err := refresh(tx, p, c, account); err != nil {
			return err
		}
		secret, err = a.beginSession(tx, store.Session{ActorID: actor, Issuer: c.Issuer, ProviderSid: c.SessionID, IDToken: c.IDToken, ProvedAt: store.TimeOf(c.AuthTime)}, r)
		if err != nil {
			return err
		}
		return audit.Write(tx, act)
	})
	if err != nil {
		return "", err
	}
	return secret, refusal
}

// actorOf finds the account of an identity, or has it made.
func (a *Auth) actorOf(ctx context.Context, p *Provider, c Claims) (int64, error) {
	actor, err := a.known(ctx, p, c)
	if !fault.Is(err, fault.NotFound) {
		return actor, err
	}
	if err := a.Welcomes(ctx, c); err != nil {
		return 0, err
	}
	role, _ := RoleOf(c, p.Rules)
	account, err := a.Actors.Create(ctx, actors.Newcomer{
		Username: UsernameFor(c), DisplayName: clip(c.Name, 255), Email: clip(c.Email, maxEmail), Role: string(role),
		Issuer: c.Issuer, Subject: c.Subject, Claims: lasting(c), ExternalID: p.ExternalID(c),
	})
	if err == nil {
		if err := a.Notify.Joined(ctx, account.Actor.ID); err != nil {
			return 0, err
		}
	}
	// Somebody may sign in twice at once, or while the directory tells of them.
	// Whom the identity names counts.
	if actor, again := a.known(ctx, p, c); again == nil {
		return actor, nil
	}
	if err != nil {
		return 0, err
	}
	return account.Actor.ID, nil
}

// known is the account of an identity, or the one that the provider's directory
// had made for whom it knows by the same claim.
func (a *Auth) known(ctx context.Context, p *Provider, c Claims) (int64, error) {
	identity, err := a.DB.With(ctx).Identity(c.Issuer, c.Subject)
	if err == nil {
		return identity.ActorID, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	user, err := a.DB.With(ctx).SCIMPerson(c.Issuer, p.ExternalID(c))
	if err != nil {
		return 0, err
	}
	return user.ActorID, nil
}

// UsernameFor is the name that a new account would like to have. It is only a
// name: whose account it is does not hang on it.
func UsernameFor(c Claims) string {
	for _, name := range []string{c.Username, c.Email, c.Name} {
		if _, usable := text.Username(name); usable {
			return name
		}
	}
	return "someone"
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
func refresh(tx *store.Tx, p *Provider, c Claims, account *store.Account) error {
	u := &account.User
	if c.Email != "" {
		u.Email = clip(c.Email, maxEmail)
	}
	if err := decide(tx, p, c, account, map[string]any{"provider": p.Name}); err != nil {
		return err
	}
	u.SignedInAt = store.Now()
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	return tx.SetIdentity(&store.Identity{
		Issuer: c.Issuer, Subject: c.Subject, ActorID: u.ActorID, Claims: lasting(c), ExternalID: p.ExternalID(c), CreatedAt: store.Now(),
	})
}

// lasting are the claims about the person, without those about the token.
func lasting(c Claims) string {
	said := maps.Clone(c.Raw)
	for _, name := range protocolClaims {
		delete(said, name)
	}
	return jsonOf(said)
}

// changeRole gives a user another role, unless nobody would be left to own the
// node: a mistake in a directory must not lock everybody out.
func changeRole(tx *store.Tx, account *store.Account, role Role, on map[string]any) error {
	u := &account.User
	act := audit.Act{Action: "account.role", Subject: account.Actor.Username, Detail: maps.Clone(on)}
	act.Detail["before"], act.Detail["after"] = u.Role, role
	if Role(u.Role) == Owner {
		last, err := tx.LastOwner()
		if err != nil {
			return err
		}
		if last {
			act.Action = "account.role_kept"
			return audit.Write(tx, act)
		}
	}
	if err := tx.SetRole(u, string(role)); err != nil {
		return err
	}
	return audit.Write(tx, act)
}
