package auth

import (
	"cmp"
	"context"
	"maps"
	"net/http"

	"parley/actors"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

const maxEmail = 320 // RFC 3696, and room to spare

// secrets are what a browser keeps of a sign-in.
type secrets struct{ session, device string }

// admit lets in whom a provider vouched for, and returns what the browser keeps of
// it. The account is found by issuer and subject and by nothing else. name is
// what the person chose to be called, who had no account; empty: nothing yet.
func (a *Auth) admit(r *http.Request, p *Provider, c Claims, name string) (kept secrets, err error) {
	actor, err := a.actorOf(r.Context(), p, c, name)
	if err != nil {
		return kept, err
	}
	kept.device = a.keptSecret(r, deviceName)
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
		admitted, err := a.refresh(r.Context(), tx, p, c, account)
		if err != nil {
			return err
		}
		act.Subject = account.Actor.Username
		if !admitted {
			refusal, act.Action, act.Detail["reason"] = errNotRequired, "account.sign_in_refused", "required claim"
			return audit.Write(tx, act)
		}
		device, err := a.meet(tx, r, &account.Actor, kept.device)
		if err != nil {
			return err
		}
		kept.session, err = a.beginSession(tx, store.Session{ActorID: actor, DeviceID: device, Issuer: c.Issuer, ProviderSid: c.SessionID, IDToken: c.IDToken, ACR: c.ACR, ProvedAt: store.TimeOf(c.AuthTime)}, r)
		if err != nil {
			return err
		}
		return audit.Write(tx, act)
	})
	if err != nil {
		return secrets{}, err
	}
	return kept, refusal
}

// actorOf finds the account of an identity, or has it made.
func (a *Auth) actorOf(ctx context.Context, p *Provider, c Claims, name string) (int64, error) {
	actor, err := whose(a.DB.With(ctx), p, c)
	if !fault.Is(err, fault.NotFound) {
		return actor, err
	}
	if err := a.Welcomes(ctx, c); err != nil {
		return 0, err
	}
	o := p.Decide(c)
	if !o.Admitted {
		return 0, a.turnAway(ctx, p, c)
	}
	if name == "" && p.Names.Mode == Choose {
		return 0, errNameless
	}
	account, err := a.Actors.Create(ctx, actors.Newcomer{
		Username: cmp.Or(name, p.Names.For(c)), Exact: name != "", DisplayName: clip(c.Name, 255), Email: clip(c.Email, maxEmail), Role: string(o.Role),
		Issuer: c.Issuer, Subject: c.Subject, Claims: lasting(c), ExternalID: p.ExternalID(c),
	})
	if err == nil {
		if err := a.Notify.Joined(ctx, account.Actor.ID); err != nil {
			return 0, err
		}
	}
	// Somebody may sign in twice at once, or while the directory tells of them.
	// Whom the identity names counts.
	if actor, again := whose(a.DB.With(ctx), p, c); again == nil {
		return actor, nil
	}
	if err != nil {
		return 0, err
	}
	return account.Actor.ID, nil
}

// turnAway refuses to make an account for somebody whom the provider does not let
// in.
func (a *Auth) turnAway(ctx context.Context, p *Provider, c Claims) error {
	err := a.DB.Write(ctx, func(tx *store.Tx) error {
		return audit.Write(tx, audit.Act{Action: "account.create_refused", Subject: c.Subject,
			Detail: map[string]any{"provider": p.Name, "issuer": c.Issuer, "subject": c.Subject, "reason": "required claim"}})
	})
	if err != nil {
		return err
	}
	return errNotRequired
}

// whose is the account of an identity, or the one that the provider's directory
// had made for whom it knows by the same claim.
func whose(r store.Reader, p *Provider, c Claims) (int64, error) {
	identity, err := r.Identity(c.Issuer, c.Subject)
	if err == nil {
		return identity.ActorID, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	user, err := r.SCIMPerson(c.Issuer, p.ExternalID(c))
	if err != nil {
		return 0, err
	}
	return user.ActorID, nil
}

var errImpersonal = fault.New(fault.Forbidden, "Nobody signs in to this account: people act as a shared one from their own, and a bot has tokens.")

// mayEnter refuses accounts that are not active, or not a person's.
func mayEnter(account *store.Account) error {
	if account.Actor.Impersonal() {
		return errImpersonal
	}
	switch account.Actor.Lifecycle {
	case store.Active:
		return nil
	case store.Suspended:
		return fault.New(fault.Forbidden, "Your account is suspended. Ask your administrator why.")
	}
	return fault.New(fault.Forbidden, "Your account is closed. If you think this is wrong, ask your administrator.")
}

// refresh brings what the provider decides up to date: address, name and role, and
// whether the person may come in, which it tells.
func (a *Auth) refresh(ctx context.Context, tx *store.Tx, p *Provider, c Claims, account *store.Account) (admitted bool, err error) {
	u := &account.User
	if c.Email != "" {
		u.Email = clip(c.Email, maxEmail)
	}
	err = tx.SetIdentity(&store.Identity{
		Issuer: c.Issuer, Subject: c.Subject, ActorID: u.ActorID, Claims: lasting(c), ExternalID: p.ExternalID(c), CreatedAt: store.Now(),
	})
	if err != nil {
		return false, err
	}
	if err := a.rename(ctx, tx, p, c, &account.Actor); err != nil {
		return false, err
	}
	if admitted, err = decide(tx, p, c, account, map[string]any{"provider": p.Name}); err != nil {
		return false, err
	}
	if admitted {
		if err := a.introduce(ctx, tx, p, c, u); err != nil {
			return false, err
		}
		if err := a.describe(ctx, tx, p, c, u); err != nil {
			return false, err
		}
		if a.Recheck > 0 {
			if err := tx.Confirm(c.Issuer, c.Subject, c.RefreshToken); err != nil {
				return false, err
			}
		}
		u.SignedInAt = store.Now()
	}
	return admitted, tx.UpdateUser(u)
}

// introduce has somebody who signs in for the first time follow whom the provider's
// claims say.
func (a *Auth) introduce(ctx context.Context, tx *store.Tx, p *Provider, c Claims, u *store.User) (err error) {
	if u.SignedInAt != 0 || len(p.Follows) == 0 {
		return nil
	}
	if c.Memberships, err = memberships(tx.Reader, p, u.ActorID); err != nil {
		return err
	}
	for _, job := range p.firstFollows(c, u.ActorID) {
		if err := a.Actors.Queue.Insert(ctx, tx, job); err != nil {
			return err
		}
	}
	return nil
}

// lasting are the claims about the person, without those about the token.
func lasting(c Claims) string {
	said := maps.Clone(c.Raw)
	for _, name := range protocolClaims {
		delete(said, name)
	}
	return jsonOf(said)
}
