package outbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// Somebody new hears the accounts of the settings, finds them on a list, and has
// something to read at once.
func TestSettlingIn(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		it := far.Actor("it")
		ada, news, boss := n.Person("ada"), n.Person("news"), n.Locked("boss")
		said := n.Post(news, store.Public, "hello")
		settle := func(account string) {
			require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
				return n.Queue.Insert(t.Context(), tx, actors.IntroduceJob{ActorID: ada.ID, Account: account, List: "Company"})
			}))
		}
		for _, account := range []string{"news", "@boss", "it@" + far.Name, "nobody", "ada"} {
			settle(account)
		}
		far.Await("Follow")
		list := func() (members []int64) {
			lists, err := n.DB.Lists(ada.ID)
			require.NoError(t, err)
			for _, l := range lists {
				require.Equal(t, "Company", l.Title)
				listed, err := n.DB.ListMembers(l.ID, store.Page{Limit: 10})
				require.NoError(t, err)
				for _, m := range listed {
					members = append(members, m.ActorID)
				}
			}
			require.LessOrEqual(t, len(lists), 1)
			return members
		}
		nodetest.Eventually(t, "the list", func() bool { return len(list()) == 1 })
		assert.Equal(t, []int64{news.ID}, list(), "who has not answered yet is not on it")
		home, err := n.DB.HomeTimeline(ada.ID, store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, home, 1)
		assert.Equal(t, said.ID, home[0].PostID)

		require.NoError(t, n.Outbox.AcceptFollow(t.Context(), boss.ID, ada.ID))
		job := actors.IntroduceJob{ActorID: ada.ID, Account: "boss", List: "Company", TargetID: boss.ID}
		require.NoError(t, n.Outbox.Introduce(t.Context(), job))
		assert.Len(t, list(), 2)
		require.NoError(t, n.Outbox.Unfollow(t.Context(), ada.ID, boss.ID))
		require.NoError(t, n.Outbox.Introduce(t.Context(), job))
		_, err = n.DB.Follow(ada.ID, boss.ID)
		require.Error(t, err, "nobody is made to follow again")
		remote := n.Known(it)
		f, err := n.DB.Follow(ada.ID, remote.ID)
		require.NoError(t, err)
		assert.False(t, f.Accepted)
	})
}
