package inbox_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// effect is what a kind of activity does: how things stand before one comes,
// and whether what it means holds after it.
type effect struct {
	before func(s *stage, sender *store.Actor, a *federation.Object)
	after  func(s *stage, sender *store.Actor, a *federation.Object) bool
	least  int // how many of the captured ones can be played
}

// effects are by type, of an Undo by that of what is taken back.
func effects() map[string]effect {
	return map[string]effect{
		"Follow": {becomeObject, func(s *stage, sender *store.Actor, a *federation.Object) bool {
			f, err := s.DB.Follow(sender.ID, s.alice.ID)
			return err == nil && f.Accepted && f.URI == a.ID
		}, 20},
		"Undo Follow":   {doneBefore, undone, 13},
		"Accept Follow": {askedBefore, func(s *stage, sender *store.Actor, _ *federation.Object) bool { return s.follows(sender) }, 15},
		"Reject Follow": {askedBefore, func(s *stage, sender *store.Actor, _ *federation.Object) bool {
			_, err := s.DB.Follow(s.alice.ID, sender.ID)
			return fault.Is(err, fault.NotFound)
		}, 4},
		"Like": {layObject, liked, 15},
		"EmojiReact": {layObject, func(s *stage, sender *store.Actor, a *federation.Object) bool {
			return liked(s, sender, a) && s.reacted(sender)
		}, 6},
		"Undo Like":       {doneBefore, undone, 12},
		"Undo EmojiReact": {doneBefore, undone, 0},
		"Announce": {layObject, func(s *stage, sender *store.Actor, a *federation.Object) bool {
			_, err := s.DB.BoostBy(sender.ID, s.Stored(a.ObjectID()).ID)
			return err == nil
		}, 17},
		"Undo Announce": {doneBefore, undone, 9},
		"Block": {becomeObject, func(s *stage, sender *store.Actor, _ *federation.Object) bool {
			is, err := s.DB.HasBlocked(sender.ID, s.alice.ID)
			return err == nil && is
		}, 11},
		"Undo Block": {doneBefore, undone, 9},
		"Delete": {func(s *stage, sender *store.Actor, a *federation.Object) { s.write(sender, a.ObjectID()) }, func(s *stage, sender *store.Actor, a *federation.Object) bool {
			return s.Stored(a.ObjectID()).DeletedAt != 0
		}, 17},
		"Delete actor": {nothing, func(s *stage, sender *store.Actor, _ *federation.Object) bool {
			now, err := s.DB.Actor(sender.ID)
			return err == nil && now.Lifecycle == store.Erased
		}, 4},
		"Update": {func(s *stage, sender *store.Actor, a *federation.Object) { s.write(sender, a.ObjectID()) }, func(s *stage, sender *store.Actor, a *federation.Object) bool {
			p := s.Stored(a.ObjectID())
			return p.Content != before && p.Version == 2
		}, 9},
		"Update actor": {nothing, func(s *stage, _ *store.Actor, _ *federation.Object) bool { return s.jobs("refresh") == 1 }, 10},
		"Move":         {nothing, func(s *stage, _ *store.Actor, _ *federation.Object) bool { return s.jobs("moved") == 1 }, 3},
		"Flag": {becomeObject, func(s *stage, sender *store.Actor, a *federation.Object) bool {
			all, err := s.DB.Reports(store.ReportQuery{}, store.Page{Limit: 2})
			return err == nil && len(all) == 1 && all[0].ReporterID == sender.ID && all[0].TargetID == s.alice.ID
		}, 9},
		"Add":    {featuredBefore, func(s *stage, _ *store.Actor, _ *federation.Object) bool { return s.pins() == 1 }, 3},
		"Remove": {featuredBefore, func(s *stage, _ *store.Actor, _ *federation.Object) bool { return s.pins() == 0 }, 2},

		// What a group passes on is asked for, or passed over.
		"Announce Create": {byGroup, relayedOn, 1}, "Announce Update": {byGroup, relayedOn, 1}, "Announce Delete": {byGroup, relayedOn, 0},
		"Announce Like": {byGroup, passedOver, 0}, "Announce Undo": {byGroup, passedOver, 0}, "Announce Block": {byGroup, passedOver, 0},
	}
}

const before = "<p>before</p>"

func nothing(*stage, *store.Actor, *federation.Object) {}

// effectOf is the name of an activity's effect.
func effectOf(a *federation.Object) string {
	switch {
	case a.Object == nil:
		return a.Type
	case a.Type == "Undo", a.Type == "Accept", a.Type == "Reject":
		return a.Type + " " + a.Object.Type
	case a.Type == "Announce" && a.Object.Object != nil:
		return a.Type + " " + a.Object.Type
	case (a.Type == "Update" || a.Type == "Delete") && a.ObjectID() == a.Actor:
		return a.Type + " actor"
	case a.Type == "Update" && a.Object.IsActor(), a.Type == "Move" && a.ObjectID() != a.Actor:
		return a.Type + " of another"
	}
	return a.Type
}

// playable reports whether an activity has the ids that one has which was
// really sent: some of the captured are examples.
func playable(a *federation.Object) bool {
	about := a.Object
	if about != nil && about.Object != nil {
		about = about.Object
	}
	own := a.Type != "Delete" || federation.SameOrigin(a.ObjectID(), a.Actor) // else a moderator's
	return own && about != nil && federation.HostOf(a.Actor) != "" && federation.HostOf(about.ID) != "" && (a.ID == "" || federation.SameOrigin(a.ID, a.Actor))
}

// Every activity that other software was seen to send does what its sender
// meant, whatever it looks like.
func TestCorpusHasItsEffects(t *testing.T) {
	documents := capturedDocuments(t)
	s := &stage{Node: nodetest.Wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))}
	s.alice = s.Person("alice")
	played := map[string]int{}
	for _, c := range documents {
		what, ok := effects()[effectOf(c.object)]
		if !ok || !playable(c.object) {
			continue
		}
		s.clear(t)
		sender := s.meet(t, c.object.Actor, followersOf(c.object))
		what.before(s, sender, c.object)
		require.NoError(t, s.Inbox.Apply(t.Context(), sender, c.object), c.file)
		assert.True(t, what.after(s, sender, c.object), "%s: %s has no effect", c.file, effectOf(c.object))
		played[effectOf(c.object)]++
	}
	for kind, what := range effects() {
		assert.GreaterOrEqual(t, played[kind], what.least, kind)
	}
}

// clear leaves nobody on the stage but alice.
func (s *stage) clear(t *testing.T) {
	t.Helper()
	for _, table := range strings.Fields(`report_posts reports pins favourites mentions media post_tags home_entries notifications post_versions polls quotes
		deliveries activities arrivals tombstones blocks follows posts`) {
		s.Exec(`DELETE FROM ` + table)
	}
	for _, table := range strings.Fields(`actor_keys handles`) {
		s.Exec(`DELETE FROM ` + table + ` WHERE actor_id IN (SELECT id FROM actors WHERE domain <> '')`)
	}
	s.Exec(`DELETE FROM actors WHERE domain <> ''`)
	s.Exec(`DELETE FROM river_job`)
	s.become(s.URL + "/actors/" + strconv.FormatInt(s.alice.ID, 10))
}

// become has alice be whom an activity names.
func (s *stage) become(uri string) {
	s.alice.URI = uri
	s.Exec(`UPDATE actors SET uri = '` + uri + `' WHERE username = 'alice'`)
	s.Actors.URL = uri[:strings.Index(uri, string(federation.HostOf(uri)))+len(federation.HostOf(uri))]
}

func becomeObject(s *stage, sender *store.Actor, a *federation.Object) {
	s.become(a.ObjectID())
	s.unfollow(sender)
}

func (s *stage) unfollow(sender *store.Actor) {
	require.NoError(s.T, s.DB.Write(s.T.Context(), func(tx *store.Tx) error { return tx.EndFollows(sender.ID) }))
}

// askedBefore has alice be who asked to follow the sender.
func askedBefore(s *stage, sender *store.Actor, a *federation.Object) {
	s.become(a.Object.Actor)
	s.unfollow(sender)
	require.NoError(s.T, s.DB.Write(s.T.Context(), func(tx *store.Tx) error {
		return tx.CreateFollow(&store.Follow{ID: store.NewID(), URI: a.Object.ID, FollowerID: s.alice.ID, TargetID: sender.ID})
	}))
}

func (s *stage) follows(whom *store.Actor) bool {
	f, err := s.DB.Follow(s.alice.ID, whom.ID)
	return err == nil && f.Accepted
}

func layObject(s *stage, _ *store.Actor, a *federation.Object) { s.lay(s.T.(*testing.T), a.ObjectID()) }

func liked(s *stage, sender *store.Actor, a *federation.Object) bool {
	by, err := s.DB.FavouritedBy(s.Stored(a.ObjectID()).ID, store.Page{Limit: 2})
	return err == nil && len(by) == 1 && by[0].ActorID == sender.ID
}

func (s *stage) reacted(*store.Actor) bool {
	return nodetest.Number(s.T, s.DB, `SELECT COUNT(*) FROM favourites WHERE emoji <> ''`) == 1
}

// doneBefore has happened what an Undo takes back.
func doneBefore(s *stage, sender *store.Actor, a *federation.Object) {
	done := *a.Object
	done.Actor = sender.URI
	what := effects()[effectOf(&done)]
	what.before(s, sender, &done)
	require.NoError(s.T, s.Inbox.Apply(s.T.Context(), sender, &done))
	require.True(s.T, what.after(s, sender, &done))
}

func undone(s *stage, sender *store.Actor, a *federation.Object) bool {
	return !effects()[effectOf(a.Object)].after(s, sender, a.Object)
}

// write stores a post of the sender.
func (s *stage) write(sender *store.Actor, uri string) {
	at := store.Time(1)
	require.NoError(s.T, s.DB.Write(s.T.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertPost(&store.Post{ID: store.IDAt(at), URI: uri, ActorID: sender.ID, Kind: "Note", Visibility: store.Public, Scope: store.World,
			Content: before, PublishedAt: at, ReceivedAt: at}, nil, nil)
		return err
	}))
}

// featuredBefore has the sender feature posts where the activity says, and one
// already that is to go.
func featuredBefore(s *stage, sender *store.Actor, a *federation.Object) {
	s.write(sender, a.ObjectID())
	sender.FeaturedURI = a.Target
	if a.Type == "Remove" {
		require.NoError(s.T, s.DB.Write(s.T.Context(), func(tx *store.Tx) error {
			_, err := tx.SetPin(sender.ID, s.Stored(a.ObjectID()).ID)
			return err
		}))
	}
}

func (s *stage) pins() int64 { return nodetest.Number(s.T, s.DB, `SELECT COUNT(*) FROM pins`) }

func (s *stage) jobs(kind string) int64 {
	return nodetest.Number(s.T, s.DB, `SELECT COUNT(*) FROM river_job WHERE kind = '`+kind+`'`)
}

func byGroup(_ *stage, sender *store.Actor, _ *federation.Object) { sender.Kind = "Group" }

func relayedOn(s *stage, _ *store.Actor, _ *federation.Object) bool { return s.jobs("relay") == 1 }

func passedOver(s *stage, _ *store.Actor, _ *federation.Object) bool { return s.jobs("relay") == 0 }
