package inbox

import (
	"context"
	"slices"

	"parley/federation"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of what another node may report at once.
const (
	maxFlagged = 100
	maxComment = 5000 // characters
	maxFlags   = 60   // by one sender in ten minutes
)

// flag stores what another node wants our moderators to look at: those of ours
// that it names, each with the posts of theirs that it names. Who complained is
// mostly not said: Mastodon sends reports in the name of the node.
func (i *Inbox) flag(_ context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	var uris []string
	for _, o := range a.Objects[:min(len(a.Objects), maxFlagged)] {
		if i.Actors.IsOurs(o.ID) && !slices.Contains(uris, o.ID) {
			uris = append(uris, o.ID)
		}
	}
	if len(uris) == 0 || !i.flags.within(sender.ID, maxFlags) {
		return nil
	}
	flagged, posts, err := i.flagged(tx, uris)
	if err != nil {
		return err
	}
	for _, target := range flagged {
		r := &store.Report{ID: store.NewID(), ReporterID: sender.ID, TargetID: target, Category: "other",
			Comment: text.Excerpt(text.Clean(text.Plain(a.Content)), maxComment)}
		if err := i.Outbox.File(tx, r, posts[target]); err != nil {
			return err
		}
	}
	return nil
}

// flagged are the people of ours whom a report names, or whose posts it names,
// and those posts.
func (i *Inbox) flagged(tx *store.Tx, uris []string) (people []int64, posts map[int64][]int64, err error) {
	actors, err := tx.ActorsByURI(uris)
	if err != nil {
		return nil, nil, err
	}
	for _, uri := range uris {
		if actor := actors[uri]; actor != nil && actor.Local() && actor.Kind != "Application" && !actor.Hidden() {
			people = append(people, actor.ID)
		}
	}
	posts = map[int64][]int64{}
	for _, uri := range uris {
		if actors[uri] != nil {
			continue
		}
		p, err := tx.PostByURI(uri)
		if ignoreMissing(err) != nil {
			return nil, nil, err
		}
		if err != nil || !p.Local || p.BoostOfID != 0 {
			continue
		}
		posts[p.ActorID] = append(posts[p.ActorID], p.ID)
		if !slices.Contains(people, p.ActorID) {
			people = append(people, p.ActorID)
		}
	}
	return people, posts, nil
}
