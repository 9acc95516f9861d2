package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// orders are all orders of n things.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, rest := range orders(n - 1) {
		for at := range n {
			all = append(all, append(append(append([]int{}, rest[:at]...), n-1), rest[at:]...))
		}
	}
	return all
}

// order is promise 6.
func order(t testing.TB, _ bool) {
	n := nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	ofAPost(t, n, bob)
	ofAnAct(t, n, bob, alice)
}

// ofAPost has its Create, two Updates and its Delete come in every order, and
// each twice.
func ofAPost(t testing.TB, n *nodetest.Node, bob *nodetest.Actor) {
	published := time.Now().Add(-time.Hour)
	for _, last := range []int{4, 3} {
		for _, order := range orders(last) {
			note := bob.Note("first").With("published", federation.Stamp(published))
			says := func(text string, after time.Duration) nodetest.Doc {
				return bob.Complete(nodetest.Doc{"type": "Update", "to": note["to"], "cc": note["cc"],
					"object": note.With("content", "<p>"+text+"</p>", "updated", federation.Stamp(published.Add(after)))})
			}
			story := []nodetest.Doc{bob.Complete(bob.Create(note)), says("second", 10*time.Minute), says("third", 20*time.Minute),
				bob.Complete(nodetest.Doc{"type": "Delete", "object": nodetest.Doc{"id": note.ID(), "type": "Tombstone"}})}
			for _, i := range order {
				bob.Must(n, story[i])
				bob.Must(n, story[i])
			}
			p := n.Stored(note.ID())
			if last == 4 {
				require.True(t, p == nil || p.DeletedAt != 0, "%v", order)
			} else {
				require.Equal(t, "<p>third</p>", p.Content, "%v", order)
			}
		}
	}
	t.Logf("a post, its changes and its Delete: all %d orders, each activity twice, end as in turn", len(orders(4))+len(orders(3)))
}

// ofAnAct has what is done and its Undo come in either order.
func ofAnAct(t testing.TB, n *nodetest.Node, bob *nodetest.Actor, alice *store.Actor) {
	who := n.Known(bob)
	for _, kind := range []string{"Follow", "Like", "Announce"} {
		for _, order := range orders(2) {
			p := n.Post(alice, store.Public, "hello")
			object := p.URI
			if kind == "Follow" {
				object = alice.URI
			}
			act := bob.Complete(nodetest.Doc{"type": kind, "object": object, "to": []string{federation.Public}})
			story := []nodetest.Doc{act, bob.Complete(nodetest.Doc{"type": "Undo", "object": act})}
			for _, i := range order {
				bob.Must(n, story[i])
			}
			p = n.Again(p)
			require.Zero(t, p.FavouritesCount+p.BoostsCount, "%s %v", kind, order)
			followers, err := n.DB.Followers(alice.ID, store.Page{Limit: 10})
			require.NoError(t, err)
			for _, f := range followers {
				require.NotEqual(t, who.ID, f.ActorID, "%s %v", kind, order)
			}
		}
	}
	t.Logf("Follow, Like and Announce: taken back, whichever comes first")
}
