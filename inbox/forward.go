package inbox

import (
	"context"
	"slices"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// forward passes on what was done to an answer to one of ours, where it is for
// the followers of the one who was answered, [AP] 7.1.2. That the activity was
// not seen before has been made sure of.
func (i *Inbox) forward(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	if !passedOn(a) || a.ID == "" {
		return nil
	}
	p, err := tx.PostByURI(a.ObjectID())
	if err != nil {
		return ignoreMissing(err)
	}
	if p.Local || p.ActorID != sender.ID || p.InReplyToID == 0 {
		return nil
	}
	to := slices.Concat(a.Recipients(), a.Object.Recipients())
	for _, id := range []int64{p.InReplyToID, p.ThreadID} {
		owner, err := forwarder(tx, sender, id, to)
		if err != nil {
			return err
		}
		if owner != nil {
			return i.Outbox.Forward(ctx, tx, owner, sender, a)
		}
	}
	return nil
}

// passedOn reports whether an activity is of a kind that is forwarded.
func passedOn(a *federation.Object) bool {
	return a.Object != nil && (a.Type == "Create" || a.Type == "Update" || a.Type == "Delete")
}

// forwarder is the author of the post, if one of ours whose followers are among
// those to whom something is addressed.
func forwarder(tx *store.Tx, sender *store.Actor, id int64, to []string) (*store.Actor, error) {
	p, err := tx.Post(id)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	if !p.Local || p.DeletedAt != 0 || p.HeldUntil != 0 || p.Scope != store.World || p.Visibility == store.Direct {
		return nil, nil
	}
	owner, err := tx.Actor(p.ActorID)
	if err != nil || owner.Lifecycle != store.Active || !slices.Contains(to, owner.FollowersURI) {
		return nil, err
	}
	if blocked, err := tx.Blocked(owner.ID, sender.ID); err != nil || blocked {
		return nil, err
	}
	return owner, nil
}

// HintJob asks an author's node about a post of which another node says that
// something was done to it.
type HintJob struct {
	Verb   string `json:"verb"` // Create, Update or Delete
	Object string `json:"object"`
}

// Kind names the job.
func (HintJob) Kind() string { return "hint" }

// hintsInTime is how many activities of others are taken from one signer in a
// window.
const hintsInTime = 60

// hint takes note of an activity that its signer did not make, as nodes forward
// them. Nothing of it is believed but that there may be news of a post, which
// its own node is asked for; and only where that post answers one known here,
// or is known itself. It is false for anything else.
func (i *Inbox) hint(ctx context.Context, sender *store.Actor, a *federation.Object) (bool, error) {
	uri := address(a.ObjectID())
	if !passedOn(a) || uri == "" || i.Actors.IsOurs(uri) || !federation.SameOrigin(uri, a.Actor) || a.ID != "" && !federation.SameOrigin(a.ID, a.Actor) ||
		i.Partners.Admits(federation.HostOf(uri)) != nil {
		return false, nil
	}
	p, err := i.DB.With(ctx).PostByURI(uri)
	switch {
	case err == nil && a.Type == "Create":
		return true, nil // it is here
	case err == nil && a.Type == "Delete" && p.Visibility != store.Public && p.Visibility != store.Unlisted:
		return false, nil // its node would tell us that it is not there, though it is
	case fault.Is(err, fault.NotFound) && a.Type == "Create":
		_, err = i.DB.With(ctx).PostByURI(a.Object.InReplyTo)
	}
	if err != nil {
		return false, ignoreMissing(err)
	}
	if !i.hints.within(sender.ID, hintsInTime) {
		return false, fault.New(fault.TooMany, "This node forwards more than is read here")
	}
	return true, i.DB.Write(ctx, func(tx *store.Tx) error { return i.Queue.Insert(ctx, tx, HintJob{Verb: a.Type, Object: uri}) })
}

// Hint carries out the job.
func (i *Inbox) Hint(ctx context.Context, job HintJob) error {
	if job.Verb != "Create" {
		_, err := i.reread(ctx, job.Object)
		return lasting(err)
	}
	o, err := i.read(ctx, job.Object)
	if err != nil {
		return lasting(err)
	}
	if _, err := i.DB.With(ctx).PostByURI(o.InReplyTo); err != nil {
		return ignoreMissing(err)
	}
	_, err = i.take(ctx, o, asNews)
	return lasting(err)
}
