package actors

import (
	"context"
	"net/http"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/partners"
)

// Verified checks the signature of a request and tells whose it is, with what
// was verified: parsed, the sender's host admitted, the key found, verified. A
// key that fails is fetched anew, once.
func (a *Actors) Verified(ctx context.Context, r *http.Request, body []byte) (*store.Actor, *federation.Signature, error) {
	sig, err := federation.ParseSignature(r, body, time.Now(), a.URL)
	if err != nil {
		return nil, nil, err
	}
	if err := a.Partners.Admits(federation.HostOf(sig.KeyID)); err != nil {
		return nil, nil, err
	}
	owner, err := a.Key(ctx, sig.KeyID)
	if err != nil {
		return nil, nil, unverified(err)
	}
	if err := sig.Verify(owner.Key); err != nil {
		if owner, err = a.renewed(ctx, sig, owner, err); err != nil {
			return nil, nil, err
		}
	}
	if sig.Edwards() {
		a.Fed.Prefer(federation.HostOf(owner.Actor.Inbox()))
	}
	return owner.Actor, sig, heard(owner.Actor)
}

// heard refuses those of whom somebody here decided that nothing is taken.
func heard(actor *store.Actor) error {
	switch {
	case actor.DomainBlocked:
		return partners.Refusal(federation.Host(actor.Host))
	case actor.Lifecycle != store.Active:
		return fault.New(fault.Forbidden, "This account is suspended here")
	}
	return nil
}

// renewed is the owner with a key that verifies, though the one known did not:
// it may have been changed. Where it was not, its host is not asked again for
// a while, whoever sends wrong signatures in its name.
func (a *Actors) renewed(ctx context.Context, sig *federation.Signature, owner Owner, failed error) (Owner, error) {
	if _, ok := a.vain.GetIfPresent(sig.KeyID); ok {
		return Owner{}, failed
	}
	fresh, err := a.FetchKey(ctx, sig.KeyID)
	if err != nil {
		return Owner{}, unverified(err)
	}
	if !fresh.Key.Equal(owner.Key) {
		failed = sig.Verify(fresh.Key)
	}
	if failed != nil {
		a.vain.Set(sig.KeyID, failed)
	}
	return fresh, failed
}

// unverified is what a sender hears whose key could not be had: to come again
// where its host is down or was asked too often, else that nobody vouches for the request.
func unverified(err error) error {
	switch fault.Of(err) {
	case fault.Unavailable, fault.Internal, fault.TooMany:
		return err
	}
	return fault.Wrap(fault.Unauthorized, err, "The key of the signature cannot be verified")
}

// Reader is who asks for a document: the actor who signed the request, 0 for a
// stranger. In secure mode strangers get nothing.
func (a *Actors) Reader(r *http.Request) (int64, error) {
	if r.Header.Get("Signature") != "" {
		caller, _, err := a.Verified(r.Context(), r, nil)
		if err != nil {
			return 0, err
		}
		return caller.ID, nil
	}
	if a.SecureMode {
		return 0, fault.New(fault.Unauthorized, "This node answers signed requests only")
	}
	return 0, nil
}
