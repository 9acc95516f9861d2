package auth

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

const (
	recheckPage     = 500             // people of a provider that a run asks about
	recheckPatience = time.Minute     // with an answer
	recheckPause    = 4 * time.Minute // before somebody is asked about again; longer than the patience
	recheckFailures = 3               // after which a provider is left alone until the next run
)

// RecheckJob has the providers asked again about whom they have not vouched for of
// late.
type RecheckJob struct{}

// Kind names the job.
func (RecheckJob) Kind() string { return "recheck" }

// AskAgain asks about people who have access, those first who were asked about
// longest ago.
func (a *Auth) AskAgain(ctx context.Context, _ RecheckJob) error {
	if a.Recheck == 0 {
		return nil
	}
	if err := a.DB.Write(ctx, (*store.Tx).ForgetIdleRefreshTokens); err != nil {
		return err
	}
	for _, p := range a.Providers {
		if err := a.askAgain(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (a *Auth) askAgain(ctx context.Context, p *Provider) error {
	now := store.Now()
	page, err := a.DB.With(ctx).Unconfirmed(p.Issuer, now.Add(-a.Recheck), now.Add(-recheckPause), recheckPage)
	if err != nil {
		return err
	}
	failed := 0
	for _, i := range page {
		if ctx.Err() != nil || failed == recheckFailures {
			return nil
		}
		// Whoever is being asked about is so to the end: a new refresh token that
		// is not kept is the last one.
		answered, err := a.askAbout(context.WithoutCancel(ctx), p, i)
		if err != nil {
			return err
		}
		if failed++; answered {
			failed = 0
		}
	}
	return nil
}

// askAbout asks about one person, unless somebody else does. No transaction waits
// for the provider: a refresh token is redeemed once because whoever does it has
// said so before, and what comes of it is kept only if it is still the one.
func (a *Auth) askAbout(ctx context.Context, p *Provider, i *store.Identity) (answered bool, err error) {
	var mine bool
	err = a.DB.Write(ctx, func(tx *store.Tx) (err error) {
		mine, err = tx.TakeRecheck(i)
		return err
	})
	if err != nil || !mine {
		return true, err
	}
	asking, cancel := context.WithTimeout(ctx, recheckPatience)
	defer cancel()
	c, failure := p.refresh(asking, i)
	answered = failure == nil || errors.Is(failure, errGone)
	if !answered {
		slog.WarnContext(ctx, "an identity provider was asked again about somebody and gave no answer; nothing ends, and it is asked once more", "provider", p.Name, "error", failure)
	}
	return answered, a.DB.Write(ctx, func(tx *store.Tx) error { return answer(tx, p, i, c, failure) })
}

// answer does what follows from what the provider said.
func answer(tx *store.Tx, p *Provider, before *store.Identity, c Claims, failure error) error {
	i, err := tx.HoldRecheck(before)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	account, err := tx.Account(i.ActorID)
	if err != nil {
		return err
	}
	switch {
	case errors.Is(failure, errGone):
		if err := tx.EndAccess(i.ActorID); err != nil {
			return err
		}
		return auditRecheck(tx, p, i, account, "gone")
	case failure != nil:
		return tx.KeepRefreshToken(i.Issuer, i.Subject, c.RefreshToken)
	}
	i.Claims, i.ExternalID = lasting(c), p.ExternalID(c)
	if err := tx.SetIdentity(i); err != nil {
		return err
	}
	if err := tx.Confirm(i.Issuer, i.Subject, c.RefreshToken); err != nil {
		return err
	}
	admitted, err := decide(tx, p, c, account, map[string]any{"provider": p.Name, "recheck": true})
	if err != nil || admitted {
		return err
	}
	return auditRecheck(tx, p, i, account, "required claim")
}

// auditRecheck is the line of whom the provider does not vouch for any more.
func auditRecheck(tx *store.Tx, p *Provider, i *store.Identity, account *store.Account, outcome string) error {
	detail := ofIdentity(p, i)
	detail["outcome"] = outcome
	return audit.Write(tx, audit.Act{Action: "account.recheck", Subject: account.Actor.Username, Detail: detail})
}
