package inbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// names has an actor say which other accounts are its own.
func names(a *nodetest.Actor, others ...string) {
	path := "/users/" + a.Name
	a.Host.Put(path, a.Host.Document(path).With("alsoKnownAs", others))
}

func following(t *testing.T, n *nodetest.Node, who, whom *store.Actor) *store.Follow {
	t.Helper()
	f, err := n.DB.Follow(who.ID, whom.ID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	require.NoError(t, err)
	return f
}

func TestFollowersGoWithWhoMoves(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		old, anew := nodetest.Play(t, "old"), nodetest.Play(t, "new")
		bob, bob2, bob3 := old.Actor("bob"), anew.Actor("bob"), anew.Actor("third")
		alice, carol := n.Person("alice"), n.Person("carol")
		n.Follow(alice, bob)
		n.Follow(carol, bob)
		off, on := false, true
		require.NoError(t, n.Outbox.Follow(t.Context(), alice.ID, n.Known(bob).ID, outbox.FollowOptions{ShowBoosts: &off, Notify: &on}))
		n.Known(bob2) // from before it named bob
		names(bob2, bob.URI)
		names(bob3, bob.URI)
		bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": bob2.URI})
		follow := anew.Await("Follow")
		old.Await("Undo")
		n.Settle()
		require.Len(t, anew.Arrived("Follow"), 2)
		require.Len(t, old.Arrived("Undo"), 2)
		assert.Equal(t, bob2.URI, follow.Doc["object"])
		require.Nil(t, following(t, n, alice, n.Known(bob)))
		f := following(t, n, alice, n.Known(bob2))
		require.NotNil(t, f)
		assert.False(t, f.Accepted)
		assert.False(t, f.ShowBoosts)
		assert.True(t, f.Notify)
		assert.Equal(t, bob2.URI, n.Known(bob).MovedToURI)

		n.Follow(alice, bob)
		bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": bob3.URI})
		n.Settle()
		assert.Equal(t, bob2.URI, n.Known(bob).MovedToURI, "once a week is enough")
		assert.NotNil(t, following(t, n, alice, n.Known(bob)))
		require.Len(t, anew.Arrived("Follow"), 2)
	})
}

// Nobody's followers go anywhere but by his own word and that of the target.
func TestAMoveThatIsALie(t *testing.T) {
	n := sqlite(t)
	far, evil := nodetest.Play(t, "far"), nodetest.Play(t, "evil")
	bob, eve, victim := far.Actor("bob"), evil.Actor("eve"), far.Actor("victim")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	names(eve, bob.URI)
	eve.Must(n, doc{"type": "Move", "object": bob.URI, "target": eve.URI})
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": victim.URI})
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": doc{"id": victim.URI, "type": "Person", "alsoKnownAs": []string{bob.URI}}})
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": bob.URI})
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": alice.URI})
	bob.Must(n, doc{"type": "Move", "object": bob.URI})
	n.Settle()
	require.NotNil(t, following(t, n, alice, n.Known(bob)))
	assert.Empty(t, n.Known(bob).MovedToURI)
	assert.Empty(t, far.Arrived("Undo"))
	assert.Len(t, far.Arrived("Follow"), 1)
	assert.Empty(t, evil.Arrived("Follow"))

	names(victim, bob.URI) // a lie does not use up the truth
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": victim.URI})
	n.Settle()
	assert.Equal(t, victim.URI, n.Known(bob).MovedToURI)
}

// A late answer to a follow that was taken back says nothing of the next.
func TestALateRejectOfAnEarlierFollow(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	first := following(t, n, alice, n.Known(bob))
	require.NoError(t, n.Outbox.Unfollow(t.Context(), alice.ID, n.Known(bob).ID))
	answer := func(kind, id string) {
		bob.Must(n, doc{"type": kind, "object": doc{"id": id, "type": "Follow", "actor": alice.URI, "object": bob.URI}})
	}
	require.NoError(t, n.Outbox.Follow(t.Context(), alice.ID, n.Known(bob).ID, outbox.FollowOptions{}))
	answer("Accept", first.URI)
	require.False(t, following(t, n, alice, n.Known(bob)).Accepted)
	answer("Accept", bob.Host.URL+"/made-up")
	require.True(t, following(t, n, alice, n.Known(bob)).Accepted, "who makes up ids means the pair")
	answer("Reject", first.URI)
	require.NotNil(t, following(t, n, alice, n.Known(bob)))
	answer("Reject", following(t, n, alice, n.Known(bob)).URI)
	require.Nil(t, following(t, n, alice, n.Known(bob)))
}

func TestWhomAModeratorLimitedAsksFirst(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	require.NoError(t, n.Actors.Limit(t.Context(), 0, n.Known(bob).ID, true))
	bob.Follow(n, alice.URI)
	require.False(t, following(t, n, n.Known(bob), alice).Accepted)
}

func TestSomebodyMovesHere(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice, carol := n.Person("alice"), n.Person("carol")
	n.Follow(carol, bob)
	n.Follow(alice, bob)
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": alice.URI})
	n.Settle()
	require.Nil(t, following(t, n, carol, alice), "alice does not name him")
	_, err := n.Outbox.SetAlias(t.Context(), 0, alice.ID, bob.URI, true)
	require.NoError(t, err)
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": alice.URI})
	n.Settle()
	require.True(t, following(t, n, carol, alice).Accepted)
	require.Nil(t, following(t, n, carol, n.Known(bob)))
	require.Nil(t, following(t, n, alice, n.Known(bob)), "nobody follows herself")
}

// Whom one of ours blocks, or no longer wants as a follower, has nothing from
// that moment on.
func TestABlockedOrRemovedReaderLosesEverything(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice, carol := n.Person("alice"), n.Person("carol")
	bob.Follow(n, alice.URI)
	require.NoError(t, n.Outbox.Follow(t.Context(), carol.ID, alice.ID, outbox.FollowOptions{}))
	open, private := n.Post(alice, store.Public, "for all"), n.Post(alice, store.Private, "for friends")
	ask := func(uri string, want int) {
		t.Helper()
		status, _, _ := n.Fetch(uri, bob)
		assert.Equal(t, want, status, uri)
	}
	home := func(want int) {
		t.Helper()
		entries, err := n.DB.HomeTimeline(carol.ID, store.Page{Limit: 9})
		require.NoError(t, err)
		assert.Len(t, entries, want)
	}
	ask(private.URI, 200)
	home(2)
	require.NoError(t, n.Outbox.RemoveFollower(t.Context(), alice.ID, n.Known(bob).ID))
	require.NoError(t, n.Outbox.RemoveFollower(t.Context(), alice.ID, carol.ID))
	ask(private.URI, 404)
	ask(open.URI, 200)
	home(0)
	require.NoError(t, n.Outbox.Block(t.Context(), alice.ID, n.Known(bob).ID))
	require.NoError(t, n.Outbox.Block(t.Context(), alice.ID, carol.ID))
	ask(open.URI, 404)
	_, err := n.DB.VisiblePost(carol.ID, open.ID)
	assert.True(t, fault.Is(err, fault.NotFound))
	for _, activity := range []doc{
		{"type": "Like", "object": open.URI}, {"type": "Announce", "object": open.URI, "to": []string{"https://www.w3.org/ns/activitystreams#Public"}}, {"type": "Follow", "object": alice.URI},
		bob.Create(bob.Note("hey").With("inReplyTo", open.URI, "tag", []doc{{"type": "Mention", "href": alice.URI}})),
	} {
		bob.Must(n, activity)
	}
	n.Settle()
	assert.Empty(t, n.Notified(alice))
	assert.Zero(t, n.Again(open).FavouritesCount)
	assert.Zero(t, n.Again(open).BoostsCount)
	assert.Nil(t, following(t, n, n.Known(bob), alice))
}
