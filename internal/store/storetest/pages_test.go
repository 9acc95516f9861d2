package storetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// A page is full as long as there is more, however much lies between that the
// reader may not see or does not want to.
func TestPagesAreFull(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		reader, author, loud, rude := person(t, db, ""), person(t, db, ""), person(t, db, ""), person(t, db, "")
		apart := &store.List{ActorID: reader.ID, Title: "apart", RepliesPolicy: "list"}
		write(t, db, func(tx *store.Tx) error { return tx.SaveList(apart, false) })
		for _, who := range []*store.Actor{author, loud, rude} {
			follow(t, db, reader, who, true)
			write(t, db, func(tx *store.Tx) error { _, err := tx.AddMember(apart, who.ID); return err })
		}
		say := func(who *store.Actor) {
			p := draft(who, store.Public)
			p.Tags = []string{"go"}
			write(t, db, func(tx *store.Tx) error {
				if err := add(tx, p); err != nil {
					return err
				}
				if _, err := tx.FanOut(p); err != nil {
					return err
				}
				if _, err := tx.FanOutLists(p); err != nil {
					return err
				}
				if _, err := tx.CreateFavourite(p.URI+"/like", reader.ID, p.ID); err != nil {
					return err
				}
				return tx.SetBookmark(reader.ID, p.ID)
			})
		}
		for _, who := range []*store.Actor{author, author, author, loud, loud, loud, rude, rude, rude, author} {
			say(who)
		}
		write(t, db, func(tx *store.Tx) error { return tx.SetMute(reader.ID, loud.ID, true, 0) })
		block(t, db, rude, reader)
		page := store.Page{Limit: 3}
		for name, list := range map[string]func() ([]store.Entry, error){
			"home":   func() ([]store.Entry, error) { return db.HomeTimeline(reader.ID, page) },
			"list":   func() ([]store.Entry, error) { return db.ListTimeline(reader.ID, apart.ID, page) },
			"public": func() ([]store.Entry, error) { return db.PublicTimeline(reader.ID, page, true, false, false) },
			"tag": func() ([]store.Entry, error) {
				return db.TagTimeline(reader.ID, page, store.TagQuery{Any: []string{"go", "other"}})
			},
			"favourites": func() ([]store.Entry, error) { return db.Favourites(reader.ID, page) },
			"bookmarks":  func() ([]store.Entry, error) { return db.Bookmarks(reader.ID, page) },
		} {
			entries, err := list()
			require.NoError(t, err)
			require.Len(t, entries, 3, name)
			for _, e := range entries {
				require.NotEqual(t, rude.ID, e.ActorID, name)
			}
		}
	})
}

// Several tags at once keep the laws of one list.
func TestTagsTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author := person(t, db, "")
		var all []int64
		for i := range 12 {
			p := draft(author, store.Public)
			p.Tags = [][]string{{"a"}, {"b"}, {"a", "b"}, {"c"}}[i%4]
			if insert(t, db, p); i%4 != 3 {
				all = append([]int64{p.ID}, all...)
			}
		}
		for _, page := range []store.Page{{Limit: 40}, {Limit: 4}, {Limit: 4, Max: all[3]}, {Limit: 4, Min: all[7]}, {Limit: 4, Since: all[7]}, {Limit: 4, Max: all[1], Min: all[8]}} {
			entries, err := db.TagTimeline(0, page, store.TagQuery{Any: []string{"a", "B"}})
			require.NoError(t, err)
			ids := []int64{}
			for _, e := range entries {
				ids = append(ids, e.Key)
			}
			require.Equal(t, cut(all, page), ids, page)
		}
	})
}
