package actors

import (
	"context"
	"net/http"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// Verified checks the signature of a request and tells whose it is: parsed,
// the sender's host admitted, the key found, verified. A key that fails is
// fetched anew, once.
func (a *Actors) Verified(ctx context.Context, r *http.Request, body []byte) (*store.Actor, error) {
	sig, err := federation.ParseSignature(r, body, time.Now(), string(federation.HostOf(a.URL)))
	if err != nil {
		return nil, err
	}
	if err := a.Partners.Admits(federation.HostOf(sig.KeyID)); err != nil {
		return nil, err
	}
	owner, err := a.Key(ctx, sig.KeyID)
	if err != nil {
		return nil, unverified(err)
	}
	if err := sig.Verify(owner.Key); err != nil {
		fresh, ferr := a.FetchKey(ctx, sig.KeyID)
		if ferr != nil {
			return nil, unverified(ferr)
		}
		if fresh.Key.Equal(owner.Key) {
			return nil, err
		}
		if err := sig.Verify(fresh.Key); err != nil {
			return nil, err
		}
		owner = fresh
	}
	if owner.Actor.Lifecycle != store.Active {
		return nil, fault.New(fault.Forbidden, "This account is suspended here")
	}
	return owner.Actor, nil
}

// unverified is what a sender hears whose key could not be had: to come again
// where its host is down, else that nobody vouches for the request.
func unverified(err error) error {
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal) {
		return err
	}
	return fault.Wrap(fault.Unauthorized, err, "The key of the signature cannot be verified")
}

// Caller is who signed a request to read, nil where nobody did.
func (a *Actors) Caller(r *http.Request) (*store.Actor, error) {
	if r.Header.Get("Signature") == "" {
		return nil, nil
	}
	return a.Verified(r.Context(), r, nil)
}
