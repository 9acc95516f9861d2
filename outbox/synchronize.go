package outbox

import (
	"context"
	"sync"

	"parley/federation"
	"parley/internal/store"
)

// maxDigests bounds for how many of ours the digests are kept.
const maxDigests = 1000

// digests are those of the followers of ours on each host, FEP-8fcf. They are
// made once for each revision of an actor, which every follow changes.
type digests struct {
	mu   sync.Mutex
	kept map[int64]*memberships
}

type memberships struct {
	revision int64
	byHost   map[federation.Host]string
}

// of are the digests of the actor's followers, by host.
func (d *digests) of(r store.Reader, actor *store.Actor) (map[federation.Host]string, error) {
	d.mu.Lock()
	known := d.kept[actor.ID]
	d.mu.Unlock()
	if known != nil && known.revision == int64(actor.Revision) {
		return known.byHost, nil
	}
	uris, err := r.RemoteFollowers(actor.ID)
	if err != nil {
		return nil, err
	}
	members := map[federation.Host][]string{}
	for _, uri := range uris {
		host := federation.HostOf(uri)
		members[host] = append(members[host], uri)
	}
	fresh := &memberships{revision: int64(actor.Revision), byHost: make(map[federation.Host]string, len(members))}
	for host, list := range members {
		fresh.byHost[host] = federation.Members(list)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil || len(d.kept) >= maxDigests {
		d.kept = map[int64]*memberships{}
	}
	d.kept[actor.ID] = fresh
	return fresh.byHost, nil
}

// synchronization is what the host is told of its followers of the actor;
// nothing where it has none.
func (p *parcel) synchronization(host string) string {
	digest := p.followers[federation.Host(host)]
	if digest == "" {
		return ""
	}
	return federation.Synchronization{CollectionID: p.actor.FollowersURI, URL: p.actor.URI + "/followers_synchronization", Digest: digest}.String()
}

// Disown tells the host of a remote actor that one of ours, whom it counts
// among its followers, is none.
func (o *Outbox) Disown(ctx context.Context, me, other *store.Actor) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		uri := o.newURI("follow")
		return o.publish(ctx, tx, me, uri, o.undo(me, "Follow", uri, other.URI, []string{other.URI}, nil), []string{other.InboxURI})
	})
}
