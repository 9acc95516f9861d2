package actors

import (
	"context"
	"strings"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/partners"
)

// stale is how old what we know of a remote actor may be before it is asked for
// again when somebody looks.
const stale = 24 * time.Hour

// inVain is how long a key or its host is left alone that was asked for in
// vain: what comes meanwhile costs neither them nor us a question.
const inVain = time.Minute

// Owner is a key with whose it is.
type Owner struct {
	Actor *store.Actor
	Key   *federation.PublicKey
}

// Key finds the public key with the id and its owner as they stand now: known,
// or fetched once. The host has been admitted before.
func (a *Actors) Key(ctx context.Context, keyID string) (Owner, error) {
	if owner, err := a.kept(ctx, keyID); owner.Key != nil || err != nil {
		return owner, err
	}
	r := a.DB.With(ctx)
	row, err := r.Key(keyID)
	if fault.Is(err, fault.NotFound) {
		return a.FetchKey(ctx, keyID)
	}
	if err != nil {
		return Owner{}, err
	}
	actor, err := r.Actor(row.ActorID)
	if err != nil {
		return Owner{}, err
	}
	return a.own(keyID, actor, row.PublicKey)
}

// kept is the key as it is in memory, and none where its owner was read anew
// meanwhile, perhaps by another process: it may be somebody's no more.
func (a *Actors) kept(ctx context.Context, keyID string) (Owner, error) {
	owner, ok := a.keys.GetIfPresent(keyID)
	if !ok {
		return Owner{}, nil
	}
	actor, err := a.DB.With(ctx).Actor(owner.Actor.ID)
	if err != nil || actor.FetchedAt != owner.Actor.FetchedAt {
		return Owner{}, err
	}
	return Owner{Actor: actor, Key: owner.Key}, nil
}

// FetchKey asks the key's host for it, whatever is known here: a key that does
// not verify may have been changed.
func (a *Actors) FetchKey(ctx context.Context, keyID string) (Owner, error) {
	if a.IsOurs(keyID) {
		return Owner{}, fault.New(fault.Unauthorized, "There is no such key here")
	}
	host := string(federation.HostOf(keyID))
	for _, name := range []string{host, keyID} {
		if err, ok := a.vain.GetIfPresent(name); ok {
			return Owner{}, err
		}
	}
	signer, err := a.NodeSigner(ctx)
	if err != nil {
		return Owner{}, err
	}
	object, err := a.Fed.FetchKey(ctx, keyID, signer)
	if err != nil {
		switch {
		case ctx.Err() != nil, fault.Is(err, fault.TooMany), fault.Is(err, fault.Internal):
			// The asker left, or it is we who cannot ask.
		case fault.Is(err, fault.Unavailable):
			a.vain.Set(host, err)
		default:
			a.vain.Set(keyID, err)
		}
		return Owner{}, err
	}
	actor, err := a.keep(ctx, object, "")
	if err != nil {
		return Owner{}, err
	}
	key := object.Key(keyID)
	if key == nil {
		return Owner{}, fault.New(fault.Unauthorized, "The key is not its owner's any more")
	}
	return a.own(keyID, actor, key.PEM)
}

func (a *Actors) own(keyID string, actor *store.Actor, pem string) (Owner, error) {
	key, err := federation.ParsePublicKeyPEM(pem)
	if err != nil {
		return Owner{}, fault.Wrap(fault.Unauthorized, err, "The key cannot be used")
	}
	owner := Owner{Actor: actor, Key: key}
	a.keys.Set(keyID, owner)
	return owner, nil
}

// Known is the actor with the URI if we have met it.
func (a *Actors) Known(ctx context.Context, uri string) (*store.Actor, error) {
	return a.DB.With(ctx).ActorByURI(uri)
}

// Find is the actor with the URI, fetched if we have not met it.
func (a *Actors) Find(ctx context.Context, uri string) (*store.Actor, error) {
	actor, err := a.Known(ctx, uri)
	if !fault.Is(err, fault.NotFound) {
		return actor, err
	}
	return a.Fetch(ctx, uri)
}

// Fetch reads the actor with the URI from its host and keeps what it says.
func (a *Actors) Fetch(ctx context.Context, uri string) (*store.Actor, error) {
	if a.IsOurs(uri) {
		return nil, fault.New(fault.NotFound, "Account not found")
	}
	if err := a.Partners.Admits(federation.HostOf(uri)); err != nil {
		return nil, err
	}
	signer, err := a.NodeSigner(ctx)
	if err != nil {
		return nil, err
	}
	object, err := a.Fed.FetchActor(ctx, uri, signer)
	if err != nil {
		return nil, err
	}
	return a.keep(ctx, object, "")
}

// Resolve finds an actor by what people write: @name, name@host, an address of
// a profile or an actor URI.
func (a *Actors) Resolve(ctx context.Context, query string) (*store.Actor, error) {
	if strings.HasPrefix(query, "https://") || strings.HasPrefix(query, "http://") {
		return a.resolveURL(ctx, query)
	}
	name, domain, err := splitHandle(query)
	if err != nil {
		return nil, err
	}
	if domain == a.Domain || domain == string(federation.HostOf(a.URL)) {
		domain = ""
	}
	actor, err := a.DB.With(ctx).ActorByHandle(name, domain)
	if err == nil && actor.Absent() {
		return nil, fault.New(fault.NotFound, "Account not found")
	}
	if domain == "" || err == nil && time.Since(actor.FetchedAt.Time()) < stale || err != nil && !fault.Is(err, fault.NotFound) {
		return actor, err
	}
	found, ferr := a.finger(ctx, name+"@"+domain)
	if ferr != nil && err == nil {
		return actor, nil // what we knew is better than nothing
	}
	return found, ferr
}

func splitHandle(query string) (name, domain string, err error) {
	query = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(query), "acct:"), "@")
	if !strings.Contains(query, "@") {
		return query, "", nil
	}
	name, host, err := federation.ParseHandle(query)
	return name, string(host), err
}

func (a *Actors) finger(ctx context.Context, handle string) (*store.Actor, error) {
	_, host, err := federation.ParseHandle(handle)
	if err != nil {
		return nil, err
	}
	if err := a.Partners.Admits(host); err != nil {
		return nil, err
	}
	signer, err := a.NodeSigner(ctx)
	if err != nil {
		return nil, err
	}
	object, confirmed, err := a.Fed.Resolve(ctx, handle, signer)
	if err != nil {
		return nil, err
	}
	return a.keep(ctx, object, confirmed)
}

func (a *Actors) resolveURL(ctx context.Context, url string) (*store.Actor, error) {
	if a.IsOurs(url) {
		if name, ok := strings.CutPrefix(url, a.URL+"/@"); ok {
			return a.DB.With(ctx).ActorByHandle(name, "")
		}
		return a.Known(ctx, url)
	}
	return a.Find(ctx, url)
}

// keep stores what a remote actor says of itself. handle is its name@domain if
// that was confirmed already.
func (a *Actors) keep(ctx context.Context, object *federation.Object, handle string) (*store.Actor, error) {
	host := federation.HostOf(object.ID)
	if err := a.Partners.Admits(host); err != nil {
		return nil, err
	}
	known, err := a.Known(ctx, object.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if handle == "" && (err != nil || !strings.EqualFold(known.Username, object.PreferredUsername)) {
		if handle, err = a.Fed.Handle(ctx, object); err != nil {
			return nil, err
		}
	}
	if handle == "" {
		handle = known.Username + "@" + known.Domain
	}
	name, domain, err := splitHandle(handle)
	if err != nil {
		return nil, err
	}
	actor := &store.Actor{ID: store.NewID(), CreatedAt: store.TimeOf(object.Published), Lifecycle: store.Active}
	if actor.CreatedAt <= 0 {
		actor.CreatedAt = store.Now()
	}
	err = a.DB.Write(ctx, func(tx *store.Tx) error {
		// Whom we meet for the first time we often meet twenty times at once.
		if err := tx.Alone(object.ID); err != nil {
			return err
		}
		before, err := tx.ActorByURI(object.ID)
		switch {
		case err == nil:
			*actor = *before
		case !fault.Is(err, fault.NotFound):
			return err
		}
		describe(actor, object, name, domain)
		if before != nil && err == nil {
			if err := tx.UpdateActor(actor); err != nil {
				return err
			}
		} else if err := a.meet(tx, actor); err != nil {
			return err
		}
		return a.keepKeys(tx, actor, object)
	})
	return actor, err
}

// meet stores an actor for the first time, under the policy for their host as
// it is now.
func (a *Actors) meet(tx *store.Tx, actor *store.Actor) error {
	policy, err := a.Partners.Stands(tx.Reader, federation.Host(actor.Host))
	if err != nil {
		return err
	}
	if policy == partners.Block {
		return partners.Refusal(federation.Host(actor.Host))
	}
	actor.Limited = policy == partners.Limit
	return tx.CreateActor(actor)
}

// Refresh stores what an actor's own Update says of it.
func (a *Actors) Refresh(ctx context.Context, uri string) error {
	_, err := a.Fetch(ctx, uri)
	return err
}
