package inbox

import (
	"context"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// Bounds of the synchronisation of followers, FEP-8fcf.
const (
	synchronizedInTime = 1     // times for an actor in a window
	maxFollowers       = 5_000 // of ours whom a list may name
	maxDisowned        = 200   // of them whom one job tells of
)

// SynchronizeJob compares who of ours follows an actor with what its node says.
type SynchronizeJob struct {
	ActorID int64  `json:"actor_id"`
	URL     string `json:"url"`
	Digest  string `json:"digest"`
}

// Kind names the job.
func (SynchronizeJob) Kind() string { return "synchronize" }

// compare looks at what a request says of our followers of its sender, and
// sends for their list where that is not what we know.
func (i *Inbox) compare(ctx context.Context, s *federation.Synchronization, sender *store.Actor) error {
	if s == nil || s.CollectionID == "" || s.CollectionID != sender.FollowersURI || !federation.SameOrigin(s.URL, sender.URI) {
		return nil
	}
	_, same, err := i.ourFollowers(ctx, sender.ID, s.Digest)
	if err != nil || same || !i.synchronized.within(sender.ID, synchronizedInTime) {
		return err
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error {
		return i.Queue.Insert(ctx, tx, SynchronizeJob{ActorID: sender.ID, URL: s.URL, Digest: s.Digest})
	})
}

// ourFollowers are those of ours who follow the actor, by id, and whether the
// digest is theirs.
func (i *Inbox) ourFollowers(ctx context.Context, actor int64, digest string) (map[string]*store.Actor, bool, error) {
	rows, err := i.DB.With(ctx).LocalFollowers(actor)
	if err != nil {
		return nil, false, err
	}
	ours, uris := make(map[string]*store.Actor, len(rows)), make([]string, len(rows))
	for n, a := range rows {
		ours[a.URI], uris[n] = a, a.URI
	}
	return ours, federation.Members(uris) == digest, nil
}

// Synchronize carries out the job. A list that is not the one whose digest was
// signed, because it is cut short or has changed meanwhile, changes nothing.
func (i *Inbox) Synchronize(ctx context.Context, job SynchronizeJob) error {
	actor, err := i.DB.With(ctx).Actor(job.ActorID)
	if err != nil {
		return err
	}
	ours, same, err := i.ourFollowers(ctx, actor.ID, job.Digest)
	if err != nil || same {
		return err
	}
	signer, err := i.Actors.NodeSigner(ctx)
	if err != nil {
		return err
	}
	items, err := i.Fed.Items(ctx, job.URL, signer, maxFollowers)
	if err != nil {
		return lasting(err)
	}
	uris := make([]string, len(items))
	for n, item := range items {
		uris[n] = item.ID
	}
	if federation.Members(uris) != job.Digest {
		i.Log.Info("a list of followers is not the one that was meant", "actor", actor.URI)
		return nil
	}
	return i.agree(ctx, actor, ours, uris)
}

// agree ends follows of which the actor's node does not know, and tells it of
// followers who are none.
func (i *Inbox) agree(ctx context.Context, actor *store.Actor, ours map[string]*store.Actor, listed []string) error {
	disowned := 0
	for _, uri := range listed {
		if ours[uri] != nil {
			delete(ours, uri)
			continue
		}
		if !i.Actors.IsOurs(uri) || disowned == maxDisowned {
			continue
		}
		disowned++
		if err := i.unknownFollower(ctx, actor, uri); err != nil {
			return err
		}
	}
	for _, follower := range ours {
		i.Log.Info("a follow ends that the other node does not know", "actor", actor.URI, "follower", follower.URI)
		if err := i.Outbox.Unfollow(ctx, follower.ID, actor.ID); err != nil {
			return err
		}
	}
	return nil
}

// unknownFollower is one of ours whom the actor's node counts as a follower:
// where a request stands it was accepted, else the node is told.
func (i *Inbox) unknownFollower(ctx context.Context, actor *store.Actor, uri string) error {
	me, err := i.DB.With(ctx).ActorByURI(uri)
	if err != nil || !me.Local() || me.Lifecycle != store.Active {
		return ignoreMissing(err)
	}
	f, err := i.DB.With(ctx).Follow(me.ID, actor.ID)
	if fault.Is(err, fault.NotFound) {
		return i.Outbox.Disown(ctx, me, actor)
	}
	if err != nil {
		return err
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error { _, err := tx.AcceptFollow(f); return err })
}
