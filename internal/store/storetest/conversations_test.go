package storetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// An answer that comes before what it answers ends in the same conversation as
// one that comes after, and a thread that was muted stays so.
func TestConversationsJoin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, early := range []bool{false, true} {
			reader, friend := person(t, db, ""), person(t, db, "far.example")
			root, reply := draft(reader, store.Direct), draft(friend, store.Direct)
			reply.InReplyToURI = root.URI
			arrive := func(p *store.Post, other *store.Actor) {
				insert(t, db, p, other)
				write(t, db, func(tx *store.Tx) error {
					if err := tx.AdoptReplies(p); err != nil {
						return err
					}
					return tx.Converse(p, reader.ID, []int64{friend.ID})
				})
			}
			if early {
				arrive(reply, reader)
				write(t, db, func(tx *store.Tx) error { return tx.MuteThread(reader.ID, reply.ThreadID) })
				arrive(root, friend)
			} else {
				arrive(root, friend)
				write(t, db, func(tx *store.Tx) error { return tx.MuteThread(reader.ID, root.ID) })
				reply.ThreadID, reply.InReplyToID = root.ID, root.ID
				arrive(reply, reader)
			}
			all, err := db.Conversations(reader.ID, store.Page{Limit: 9})
			require.NoError(t, err)
			require.Len(t, all, 1)
			require.Equal(t, store.Conversation{ID: all[0].ID, ReaderID: reader.ID, ThreadID: root.ID, Participants: all[0].Participants, LastPostID: reply.ID, Unread: true}, *all[0])
			require.Equal(t, []int64{friend.ID}, all[0].Others())
			marks, err := db.Marks(reader.ID, []int64{root.ID, reply.ID})
			require.NoError(t, err)
			require.True(t, marks.Flags[root.ID].Muted && marks.Flags[reply.ID].Muted)
			write(t, db, func(tx *store.Tx) error { return tx.TombstonePost(reply) })
			again, err := db.ConversationWith(reader.ID, root.ID)
			require.NoError(t, err)
			require.Equal(t, root.ID, again.LastPostID, "both are in it")
		}
	})
}
