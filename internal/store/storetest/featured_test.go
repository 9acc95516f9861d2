package storetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestFeatured(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author := person(t, db, "far.example")
		var posts []*store.Post
		for range 3 {
			p := draft(author, store.Public)
			p.Tags = []string{"Oil"}
			posts = append(posts, insert(t, db, p))
		}
		for _, want := range [][]int64{{posts[0].ID, posts[2].ID}, {posts[1].ID}, nil} {
			write(t, db, func(tx *store.Tx) error { return tx.SetPins(author.ID, want) })
			shown, err := db.Pinned(author.ID)
			require.NoError(t, err)
			var got []int64
			for _, p := range shown {
				got = append(got, p.ID)
			}
			require.Equal(t, want, got)
		}
		write(t, db, func(tx *store.Tx) error { return tx.SetFeaturedTags(author.ID, []string{"Gears", "Oil", "oil"}) })
		write(t, db, func(tx *store.Tx) error { return tx.TombstonePost(posts[0]) })
		tags, err := db.FeaturedTags(author.ID)
		require.NoError(t, err)
		require.Len(t, tags, 2)
		require.Equal(t, []any{"Gears", int64(0), store.Time(0)}, []any{tags[0].Name, tags[0].Posts, tags[0].LastAt})
		require.Equal(t, []any{"Oil", int64(2), posts[2].PublishedAt}, []any{tags[1].Name, tags[1].Posts, tags[1].LastAt})

		for _, want := range []bool{true, false} {
			write(t, db, func(tx *store.Tx) error {
				due, err := tx.ClaimFeatured(author.ID, store.Now()-1000)
				require.Equal(t, want, due)
				return err
			})
		}
	})
}
