package inbox

import (
	"context"
	"sync"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// relayed reports whether an Announce passes on an activity of somebody else,
// as the groups of Lemmy, Mbin and NodeBB do. FEP-1b12
func relayed(group *store.Actor, a *federation.Object) bool {
	inner := a.Object
	return group.Kind == "Group" && inner.Embedded() && !isPost(inner) && inner.Object != nil
}

// RelayJob asks the author's node about a post of which a group says that
// something was done to it.
type RelayJob struct {
	GroupID   int64     `json:"group_id"`
	Verb      string    `json:"verb"` // Create, Update or Delete
	Object    string    `json:"object"`
	ID        string    `json:"id"` // of the group's Announce
	To        []string  `json:"to"`
	Cc        []string  `json:"cc"`
	Published time.Time `json:"published"`
}

// Kind names the job.
func (RelayJob) Kind() string { return "relay" }

// relay takes note of an activity that a group passes on. What is inside is
// only the group's word, so nothing of it is believed: it says which post to
// ask its author's node about. Votes, and what moderators do, could be checked
// with nobody and are passed over.
func (i *Inbox) relay(ctx context.Context, tx *store.Tx, group *store.Actor, a *federation.Object) error {
	inner := a.Object
	uri := address(inner.ObjectID())
	switch inner.Type {
	case "Create", "Update", "Delete":
	default:
		return nil
	}
	if uri == group.URI && inner.Type == "Update" { // by one of its moderators
		return i.Queue.Insert(ctx, tx, RefreshJob{URI: uri})
	}
	if uri == "" || inner.Type != "Delete" && i.Actors.IsOurs(uri) || i.Partners.Admits(federation.HostOf(uri)) != nil {
		return nil
	}
	if !i.groups.take(group.ID) {
		i.Log.Debug("a group passes on more than is read", "actor", group.URI, "activity", a.ID)
		return nil
	}
	return i.Queue.Insert(ctx, tx, RelayJob{GroupID: group.ID, Verb: inner.Type, Object: uri, ID: a.ID, To: a.To, Cc: a.Cc, Published: a.Published})
}

// Relay carries out the job.
func (i *Inbox) Relay(ctx context.Context, job RelayJob) error {
	switch job.Verb {
	case "Create":
		return lasting(i.relayCreate(ctx, job))
	case "Update":
		_, err := i.reread(ctx, job.Object)
		return lasting(err)
	default:
		return lasting(i.relayDelete(ctx, job))
	}
}

// news is how old a post may be that a group brings and that still is told to
// whom it names.
const news = 48 * time.Hour

// relayCreate reads a post of a group from its author's node. One that begins
// a thread is shown as boosted by the group; an answer only joins its thread.
func (i *Inbox) relayCreate(ctx context.Context, job RelayJob) error {
	p, err := i.DB.With(ctx).PostByURI(job.Object)
	if fault.Is(err, fault.NotFound) {
		o, rerr := i.read(ctx, job.Object)
		if rerr != nil {
			return rerr
		}
		depth := 0
		if time.Since(o.Published) < news {
			depth = asNews
		}
		p, err = i.take(ctx, o, depth)
	}
	if err != nil || p.InReplyToURI != "" {
		return err
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error {
		group, err := tx.Actor(job.GroupID)
		if err != nil {
			return err
		}
		if dead, err := tx.Dead(group.ID, job.ID); err != nil || dead {
			return err
		}
		return i.boost(tx, group, &federation.Object{ID: job.ID, Type: "Announce", To: job.To, Cc: job.Cc, Published: job.Published}, p)
	})
}

// relayDelete hides a post if its own node says that it is gone. Else the
// group has only put it out of the group, which ends the group's boost of it.
func (i *Inbox) relayDelete(ctx context.Context, job RelayJob) error {
	p, err := i.DB.With(ctx).PostByURI(job.Object)
	if err != nil {
		return err
	}
	if !p.Local && (p.Visibility == store.Public || p.Visibility == store.Unlisted) { // of others its node would not tell us
		gone, err := i.reread(ctx, job.Object)
		if gone || lasting(err) != nil {
			return err
		}
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error {
		boost, err := tx.BoostBy(job.GroupID, p.ID)
		if err != nil {
			return ignoreMissing(err)
		}
		if err := i.Notify.Deleted(tx, boost); err != nil {
			return err
		}
		return tx.TombstonePost(boost)
	})
}

// reread has a post that we know be as its own node has it now, and tells
// whether it is gone there.
func (i *Inbox) reread(ctx context.Context, uri string) (gone bool, err error) {
	known, err := i.DB.With(ctx).PostByURI(uri)
	if err != nil || known.Local {
		return false, ignoreMissing(err)
	}
	author, err := i.DB.With(ctx).Actor(known.ActorID)
	if err != nil {
		return false, err
	}
	o, err := i.read(ctx, uri)
	if fault.Is(err, fault.Gone) || fault.Is(err, fault.NotFound) || err == nil && o.Type == "Tombstone" && o.ID == uri {
		return true, i.DB.Write(ctx, func(tx *store.Tx) error {
			return i.delete(ctx, tx, author, &federation.Object{Type: "Delete", Object: &federation.Object{ID: uri}})
		})
	}
	if err != nil {
		return false, err
	}
	if err := authored(author, o); err != nil || o.ID != uri || !isPost(o) {
		return false, err
	}
	return false, i.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.PostByURI(uri)
		if err != nil || p.DeletedAt != 0 {
			return err
		}
		if fresh := postOf(author, o); o.Updated.IsZero() && o.Quote == "" && fresh.Content == p.Content && fresh.Spoiler == p.Spoiler {
			return nil // it does not say when it was edited, because it was not
		}
		return i.edit(ctx, tx, author, p, o)
	})
}

// groupOf is the group that a post says it belongs to, FEP-1b12, or that it is
// addressed to, as older software has it. Whether it is one is looked at when
// somebody answers.
func groupOf(o *federation.Object, known map[string]*store.Actor) string {
	for _, uri := range o.Audience {
		if address(uri) != "" && !federation.IsPublic(uri) {
			return uri
		}
	}
	for _, uri := range o.Recipients() {
		if group := known[uri]; group != nil && group.Kind == "Group" {
			return uri
		}
	}
	return ""
}

// How much of what a group passes on is read, and in what time.
const (
	perGroup  = 300
	groupTime = 10 * time.Minute
	maxGroups = 10_000
)

// budget counts by group, in windows that all share: its memory is bounded by
// what one window brings.
type budget struct {
	mu     sync.Mutex
	ends   time.Time
	counts map[int64]int
}

// take counts one more and tells whether it is within the bound.
func (b *budget) take(group int64) bool { return b.within(group, perGroup) }

// within is take with another bound.
func (b *budget) within(group int64, bound int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); now.After(b.ends) {
		b.ends, b.counts = now.Add(groupTime), map[int64]int{}
	}
	if _, known := b.counts[group]; !known && len(b.counts) >= maxGroups {
		return false
	}
	b.counts[group]++
	return b.counts[group] <= bound
}
