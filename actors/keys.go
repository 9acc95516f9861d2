package actors

import (
	"context"
	"fmt"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// The algorithms of keys, as their rows name them.
const (
	rsaKey     = "rsa"
	edwardsKey = "ed25519"
)

// NewKeys are an RSA key, which all servers understand, and an Ed25519 key for
// those that say they do.
func NewKeys(owner *store.Actor) ([]*store.Key, error) {
	private, public, err := federation.NewKeyPair()
	if err != nil {
		return nil, err
	}
	edwards, err := newEdwards(owner)
	if err != nil {
		return nil, err
	}
	return []*store.Key{{KeyID: owner.URI + "#main-key", ActorID: owner.ID, Algorithm: rsaKey, PublicKey: public, PrivateKey: private, CreatedAt: store.Now()}, edwards}, nil
}

func newEdwards(owner *store.Actor) (*store.Key, error) {
	private, public, err := federation.NewEdwardsPair()
	if err != nil {
		return nil, err
	}
	return &store.Key{KeyID: owner.URI + "#ed25519-key", ActorID: owner.ID, Algorithm: edwardsKey, PublicKey: public, PrivateKey: private, CreatedAt: store.Now()}, nil
}

func setKeys(tx *store.Tx, keys []*store.Key) error {
	for _, key := range keys {
		if err := tx.SetKey(key); err != nil {
			return err
		}
	}
	return nil
}

// addEdwards gives an Ed25519 key to those who were made before there were any.
func (a *Actors) addEdwards(ctx context.Context) error {
	for {
		without, err := a.DB.With(ctx).Keyless(edwardsKey, 500)
		if err != nil || len(without) == 0 {
			return err
		}
		keys := make([]*store.Key, len(without))
		for i, owner := range without {
			if keys[i], err = newEdwards(owner); err != nil {
				return err
			}
		}
		if err := a.DB.Write(ctx, func(tx *store.Tx) error { return setKeys(tx, keys) }); err != nil {
			return err
		}
	}
}

// made is a key that was read, and when it was made.
type made struct {
	key *federation.Key
	at  store.Time
}

// Signer is what one of ours signs with. Reading a key costs as much as signing
// with it, so it is kept until another is made, be it by another process.
func (a *Actors) Signer(ctx context.Context, actorID int64) (*federation.Key, error) {
	r := a.DB.With(ctx)
	at, err := r.KeysMade(actorID)
	if err != nil {
		return nil, err
	}
	if known, ok := a.signers.GetIfPresent(actorID); ok && known.at == at {
		return known.key, nil
	}
	rows, err := r.SigningKeys(actorID)
	if err != nil {
		return nil, err
	}
	key, err := signer(rows)
	if err == nil {
		a.signers.Set(actorID, made{key, at})
	}
	return key, err
}

// Rotate gives one of ours new keys under the ids of the old ones, which are
// gone: who does not know them yet finds that signatures do not fit, and asks.
func (a *Actors) Rotate(tx *store.Tx, by int64, actor *store.Actor, keys []*store.Key) error {
	if err := setKeys(tx, keys); err != nil {
		return err
	}
	return audit.Write(tx, audit.Act{ActorID: by, Action: "account.rotate_keys", Subject: actor.Username, Detail: map[string]any{"actor": actor.ID}})
}

// signer is the RSA key among the rows, with the Ed25519 key beside it.
func signer(rows []*store.Key) (*federation.Key, error) {
	keys := map[string]*federation.Key{}
	for _, row := range rows {
		private, err := federation.ParsePrivateKeyPEM(row.PrivateKey)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", row.KeyID, err)
		}
		keys[row.Algorithm] = &federation.Key{ID: row.KeyID, Private: private}
	}
	key := keys[rsaKey]
	if key == nil {
		return nil, fault.New(fault.NotFound, "Key not found")
	}
	key.Edwards = keys[edwardsKey]
	return key, nil
}

// keepKeys stores a remote actor's keys in place of those that it had.
func (a *Actors) keepKeys(tx *store.Tx, actor *store.Actor, object *federation.Object) error {
	if len(object.PublicKeys) == 0 {
		return nil
	}
	if err := tx.RetireKeys(actor.ID); err != nil {
		return err
	}
	for algorithm, keys := range map[string][]*federation.KeyDocument{rsaKey: object.PublicKeys, edwardsKey: object.AssertionMethods} {
		for _, key := range keys {
			if err := tx.SetKey(&store.Key{KeyID: key.ID, ActorID: actor.ID, Algorithm: algorithm, PublicKey: key.PEM, CreatedAt: store.Now()}); err != nil {
				return err
			}
		}
	}
	if object.TakesEdwards() {
		a.Fed.Prefer(federation.HostOf(actor.Inbox()))
	}
	return nil
}
