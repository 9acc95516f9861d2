package inbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/internal/nodetest"
	"parley/internal/store"
)

func TestAReportOfAnotherNode(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		node, bob := far.Actor("node"), far.Actor("bob")
		mod, err := n.Actors.Create(t.Context(), actors.Newcomer{Username: "mod", Role: "moderator", Exact: true})
		require.NoError(t, err)
		alice, carol := n.Person("alice"), n.Person("carol")
		p, others, letter := n.Post(alice, store.Public, "rude"), n.Post(carol, store.Public, "kind"), n.Post(alice, store.Private, "for friends")
		theirs := bob.Note("not ours")
		flag := node.Complete(doc{"type": "Flag", "content": "<b>look</b> at this", "to": []string{alice.URI},
			"object": []string{alice.URI, p.URI, letter.URI, bob.URI, theirs.ID(), alice.URI, n.URL + "/posts/1", n.URL + "/actors/2"}})
		node.Must(n, flag)
		node.Must(n, flag)
		node.Must(n, flag.With("id", node.NewURI("flags")))
		all, err := n.DB.Reports(store.ReportQuery{}, store.Page{Limit: 9})
		require.NoError(t, err)
		require.Len(t, all, 1, "the same by the same is one")
		assert.Equal(t, alice.ID, all[0].TargetID)
		assert.Equal(t, "look at this", all[0].Comment)
		posts, err := n.DB.ReportPosts([]int64{all[0].ID})
		require.NoError(t, err)
		assert.Equal(t, []int64{p.ID, letter.ID}, posts[all[0].ID])
		shown, err := n.DB.Evidence([]int64{all[0].ID})
		require.NoError(t, err)
		require.Len(t, shown[all[0].ID], 1, "a stranger's word opens no letters")
		assert.Equal(t, p.ID, shown[all[0].ID][0].PostID)
		assert.Equal(t, []string{"admin.report"}, n.Notified(&mod.Actor))
		assert.Empty(t, n.Notified(alice))

		require.NoError(t, n.Outbox.Judge(t.Context(), mod.Actor.ID, all[0].ID, "resolve"))
		node.Must(n, flag.With("id", node.NewURI("flags"), "object", []string{others.URI}))
		node.Must(n, flag.With("id", node.NewURI("flags"), "object", bob.URI))
		all, err = n.DB.Reports(store.ReportQuery{}, store.Page{Limit: 9})
		require.NoError(t, err)
		require.Len(t, all, 1)
		assert.Equal(t, carol.ID, all[0].TargetID)
		assert.Equal(t, []string{"admin.report", "admin.report"}, n.Notified(&mod.Actor))
	})
}

func TestReportsHaveABound(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	for i := range 70 {
		bob.Must(n, doc{"type": "Flag", "content": string(rune('A' + i)), "object": alice.URI})
	}
	all, err := n.DB.Reports(store.ReportQuery{}, store.Page{Limit: 100})
	require.NoError(t, err)
	require.Len(t, all, 60)
}
