package actors

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/partners"
)

// Actors finds and makes actors.
type Actors struct {
	DB       *store.DB
	Queue    *queue.Queue
	Fed      *federation.Client
	Partners *partners.Partners
	URL      string // public, without a slash at its end
	Domain   string // of our handles
	Version  string
	Title    string

	SecureMode bool // strangers read nothing as ActivityPub but actors
	Log        *slog.Logger

	keys    *otter.Cache[string, Owner]
	vain    *otter.Cache[string, error] // keys, and hosts, that were asked for in vain
	signers *otter.Cache[int64, made]
}

// Open makes the caches and the actor that stands for the node itself.
func (a *Actors) Open(ctx context.Context) error {
	a.keys = otter.Must(&otter.Options[string, Owner]{MaximumSize: 20_000,
		ExpiryCalculator: otter.ExpiryWriting[string, Owner](5 * time.Minute)})
	a.vain = otter.Must(&otter.Options[string, error]{MaximumSize: 20_000, ExpiryCalculator: otter.ExpiryWriting[string, error](inVain)})
	a.signers = otter.Must(&otter.Options[int64, made]{MaximumSize: 5_000,
		ExpiryCalculator: otter.ExpiryWriting[int64, made](time.Hour)})
	_, err := a.DB.InstanceActor()
	if err == nil {
		return a.addEdwards(ctx)
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	// Without its port, which cannot stand in a handle's name.
	node := a.fresh("Application", federation.HostOf(a.URL).Name())
	node.DisplayName, node.Bot, node.Locked, node.Discoverable, node.Indexable = a.Title, true, true, false, false
	keys, err := NewKeys(node)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(localNames); err != nil {
			return err
		}
		if _, err := tx.InstanceActor(); !fault.Is(err, fault.NotFound) {
			return err // another process was first
		}
		if err := tx.CreateActor(node); err != nil {
			return err
		}
		return setKeys(tx, keys)
	})
}

// fresh is a new local actor with the URIs that it keeps for ever.
func (a *Actors) fresh(kind, username string) *store.Actor {
	id, now := store.NewID(), store.Now()
	uri := fmt.Sprintf("%s/actors/%d", a.URL, id)
	return &store.Actor{
		ID: id, URI: uri, Kind: kind, Username: username, URL: a.URL + "/@" + username,
		InboxURI: uri + "/inbox", SharedInboxURI: a.URL + "/inbox", OutboxURI: uri + "/outbox",
		FollowersURI: uri + "/followers", FollowingURI: uri + "/following", FeaturedURI: uri + "/featured", FeaturedTagsURI: uri + "/featured_tags",
		Discoverable: true, Indexable: true, Lifecycle: store.Active, Revision: 1, CreatedAt: now, UpdatedAt: now,
	}
}

// NodeSigner signs in the node's own name, for fetches that are nobody's in
// particular.
func (a *Actors) NodeSigner(ctx context.Context) (*federation.Key, error) {
	node, err := a.DB.With(ctx).InstanceActor()
	if err != nil {
		return nil, err
	}
	return a.Signer(ctx, node.ID)
}

// IsOurs reports whether the URI lies on this node.
func (a *Actors) IsOurs(uri string) bool { return federation.SameOrigin(uri, a.URL) }

// MediaURL is where a picture is: ours lie on this node, remote ones there.
func (a *Actors) MediaURL(path string) string {
	if path == "" || strings.Contains(path, "://") {
		return path
	}
	return a.URL + "/media/" + path
}
