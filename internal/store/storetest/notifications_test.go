package storetest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// However notifications come and go, each group has one head, its newest; and
// a page of heads is a page of the list of groups.
func TestGroupsHaveOneHead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author := person(t, db, "")
		var fans []*store.Actor
		var posts []*store.Post
		for range 5 {
			fans, posts = append(fans, person(t, db, "far.example")), append(posts, insert(t, db, draft(author, store.Public)))
		}
		rapid.Check(t, func(r *rapid.T) {
			write(r, db, func(tx *store.Tx) error { return tx.DismissNotification(author.ID, 0) })
			for range rapid.IntRange(5, 30).Draw(r, "steps") {
				fan, p := rapid.SampledFrom(fans).Draw(r, "fan"), rapid.SampledFrom(posts).Draw(r, "post")
				switch rapid.IntRange(0, 5).Draw(r, "act") {
				case 0:
					write(r, db, func(tx *store.Tx) error { _, err := tx.DeleteFavourite(fan.ID, p.ID); return err })
				case 1:
					write(r, db, func(tx *store.Tx) error {
						return tx.Forget(&store.Notification{ReaderID: author.ID, Kind: "mention", FromID: fan.ID, PostID: p.ID})
					})
				case 2:
					tell(r, db, author, "mention", fan, p.ID)
				default:
					write(r, db, func(tx *store.Tx) error {
						fresh, err := tx.CreateFavourite(fmt.Sprintf("https://far.example/%d", store.NewID()), fan.ID, p.ID)
						if err != nil || !fresh {
							return err
						}
						_, err = tx.Notify(&store.Notification{ReaderID: author.ID, Kind: "favourite", FromID: fan.ID, PostID: p.ID})
						return err
					})
				}
			}
			checkHeads(r, db, author)
		})
	})
}

func tell(t require.TestingT, db *store.DB, reader *store.Actor, kind string, from *store.Actor, post int64) (id int64) {
	write(t, db, func(tx *store.Tx) (err error) {
		id, err = tx.Notify(&store.Notification{ReaderID: reader.ID, Kind: kind, FromID: from.ID, PostID: post})
		return err
	})
	return id
}

func checkHeads(r *rapid.T, db *store.DB, reader *store.Actor) {
	all, err := db.Notifications(reader.ID, store.Page{Limit: 200}, store.NotificationQuery{})
	require.NoError(r, err)
	var want []int64
	size, oldest := map[string]int64{}, map[string]int64{}
	for _, n := range all { // newest first: the first of a group is its head
		if n.GroupKey == "" || size[n.GroupKey] == 0 {
			want = append(want, n.ID)
		}
		require.Equal(r, n.GroupKey == "" || size[n.GroupKey] == 0, n.Head)
		size[n.GroupKey]++
		oldest[n.GroupKey] = n.ID
	}
	p := store.Page{Limit: rapid.IntRange(1, 6).Draw(r, "limit")}
	if len(want) > 0 && rapid.Bool().Draw(r, "bounded") {
		p.Max = rapid.SampledFrom(want).Draw(r, "max")
	}
	heads, err := db.Notifications(reader.ID, p, store.NotificationQuery{Grouped: store.Grouped})
	require.NoError(r, err)
	want = cut(want, p)
	require.Len(r, heads, len(want))
	var keys []string
	for i, h := range heads {
		require.Equal(r, want[i], h.ID)
		if h.GroupKey != "" {
			keys = append(keys, h.GroupKey)
		}
	}
	members, err := db.GroupMembers(reader.ID, keys, 0, 2)
	require.NoError(r, err)
	for key, m := range members {
		require.Contains(r, keys, key)
		require.LessOrEqual(r, len(m), 2)
		require.Equal(r, size[key], m[0].Count)
		require.Equal(r, oldest[key], m[0].PageMinID)
		require.True(r, slices.IsSortedFunc(m, func(a, b store.Member) int { return int(b.ID - a.ID) }))
	}
}

// A group stays open for twelve hours, and what is said later begins another.
func TestGroupsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author, p := person(t, db, ""), int64(7)
		key := func(id int64) string {
			n, err := db.Notification(author.ID, id)
			require.NoError(t, err)
			return n.GroupKey
		}
		hour := int64(store.Now()) / 3600_000
		open, shut := fmt.Sprintf("favourite-%d-%d", p, hour-11), fmt.Sprintf("favourite-%d-%d", p, hour-12)
		for _, c := range []struct{ before, want string }{{open, open}, {shut, fmt.Sprintf("favourite-%d-%d", p, hour)}} {
			write(t, db, func(tx *store.Tx) error { return tx.DismissNotification(author.ID, 0) })
			first := tell(t, db, author, "favourite", person(t, db, "far.example"), p)
			nodetest.Exec(t, db, fmt.Sprintf(`UPDATE notifications SET group_key = '%s' WHERE id = %d`, c.before, first))
			require.Equal(t, c.want, key(tell(t, db, author, "favourite", person(t, db, "far.example"), p)))
		}
		require.Empty(t, key(tell(t, db, author, "mention", person(t, db, "far.example"), p)))
	})
}

// Who takes a boost back takes back what the author was told of it, and whom
// a reader blocks is heard of no more.
func TestNotificationsAreTakenBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author, fan := person(t, db, ""), person(t, db, "far.example")
		p, boost := insert(t, db, draft(author, store.Public)), draft(fan, store.Public)
		boost.BoostOfID = p.ID
		insert(t, db, boost)
		tell(t, db, author, "reblog", fan, p.ID)
		count := func() int64 {
			n, err := db.UnreadNotifications(author.ID, 10, store.NotificationQuery{})
			require.NoError(t, err)
			return n
		}
		require.EqualValues(t, 1, count())
		write(t, db, func(tx *store.Tx) error { return tx.TombstonePost(boost) })
		require.EqualValues(t, 0, count())
		tell(t, db, author, "follow", fan, 0)
		block(t, db, author, fan)
		require.EqualValues(t, 0, count())
	})
}
