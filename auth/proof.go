package auth

import (
	"fmt"
	"slices"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// How old a proof of who somebody is may be for what only some may do: to open a
// page, and to send what was filled in on it meanwhile.
const (
	proofToOpen = 30 * time.Minute
	proofToSend = time.Hour
)

// proofAge is how old a proof may be that was asked for anew, give or take the
// clocks of two machines.
const proofAge = 5 * time.Minute

// stale reports whether the provider says that the proof is an old one.
func stale(c Claims) bool {
	return !c.AuthTime.IsZero() && time.Since(c.AuthTime) > proofAge
}

var errWeak = fault.New(fault.Unauthorized, "This needs a sign-in of a stronger kind than yours was. Open this page in another tab, which asks you for it, come back to this one and send it once more.")

var errStale = fault.New(fault.Unauthorized, "You signed in too long ago for this. Sign in again in another tab, come back to this one and send it once more.")

// proven reports whether the person has signed in of late: for a page, or for
// what is sent from one.
func (w Who) proven(sends bool) bool {
	age := proofToOpen
	if sends {
		age = proofToSend
	}
	return !w.Weak && store.Now() <= w.ProvedAt.Add(age)
}

// unproven is what somebody is told whose form comes with too little proof.
func (w Who) unproven() error {
	if w.Weak {
		return errWeak
	}
	return errStale
}

// wish is what is asked of the provider for a sign-in. Of the kinds that the
// settings want, an app may want some only.
func (p *Provider) wish(fresh bool, hint string, acr []string) Wish {
	w := Wish{LoginHint: hint, ACR: p.wanted(fresh)}
	if len(w.ACR) > 0 {
		acr = slices.DeleteFunc(acr, func(kind string) bool { return !slices.Contains(w.ACR, kind) })
	}
	if len(acr) > 0 {
		w.ACR = acr
	}
	if fresh {
		w.Prompt, w.MaxAge = "login", proofAge // with the second, providers say when it was
	}
	return w
}

// wanted is what a sign-in must be like: one of these authentication contexts,
// or any where there are none. [OIDC Core] 2, acr
func (p *Provider) wanted(fresh bool) []string {
	if fresh && len(p.Privileged) > 0 {
		return p.Privileged
	}
	return p.ACRValues
}

// suffices checks that the sign-in was as it was asked for: acr_values is only
// a wish to the provider, and what counts is what it says of the answer.
func (p *Provider) suffices(c Claims, fresh bool) error {
	if fresh && stale(c) {
		return fault.New(fault.Unauthorized, p.Name+" let you in without asking you again, and this needs a new sign-in. Sign out there and come back.")
	}
	wanted := p.wanted(fresh)
	if len(wanted) == 0 || slices.Contains(wanted, c.ACR) {
		return nil
	}
	return fault.Wrap(fault.Unauthorized, fmt.Errorf("acr is %q, wanted is one of %q", c.ACR, wanted), fmt.Sprintf(
		"%s signed you in by another way than this node wants here, such as without a second factor. Sign in again with it; if %s never asks for it, tell your administrator.", p.Name, p.Name))
}

// Proof is when and how somebody last proved who they are: the person of a session,
// or who let an app act when they did so.
type Proof struct {
	ProvedAt store.Time
	ACR      string // how, in the provider's words
	Issuer   string // of the provider; empty: by a link, or for a token by command
	Weak     bool   // whether that was in a way that does not suffice for privileged acts
}

// proof is what was kept of one. It is weak where it is not of the kind that
// privileged acts want. One by a link, which no provider made, is not held to that:
// links are for when the provider is down.
func (a *Auth) proof(at store.Time, acr, issuer string) Proof {
	wanted := a.privileged(issuer)
	return Proof{ProvedAt: at, ACR: acr, Issuer: issuer, Weak: len(wanted) > 0 && !slices.Contains(wanted, acr)}
}

// privileged are the kinds of sign-in at a provider that suffice for privileged acts;
// none: every one does.
func (a *Auth) privileged(issuer string) []string {
	for _, p := range a.Providers {
		if p.Issuer == issuer {
			return p.Privileged
		}
	}
	return nil
}
