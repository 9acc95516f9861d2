package inbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// What an edit changes is kept as it was before, and what it leaves stays the
// same row.
func TestAnEditKeepsWhatWasBefore(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice, carol := n.Person("alice"), n.Person("carol")
		n.Follow(alice, bob)
		file := func(name, alt string) doc {
			return doc{"type": "Document", "mediaType": "image/png", "url": bob.Host.URL + "/" + name, "name": alt}
		}
		note := bob.Note("first").With("published", federation.Stamp(time.Now().Add(-time.Hour)), "attachment", []doc{file("a.png", "a"), file("b.png", "b")})
		bob.Must(n, bob.Create(note))
		p := n.Stored(note.ID())
		files := func() (ids []int64, alts []string) {
			media, err := n.DB.PostMedia([]int64{p.ID})
			require.NoError(t, err)
			for _, m := range media[p.ID] {
				ids, alts = append(ids, m.ID), append(alts, m.Description)
			}
			return ids, alts
		}
		before, _ := files()

		bob.Must(n, update(note.With("summary", "careful", "attachment", []doc{file("b.png", "b"), file("a.png", "described")},
			"tag", []doc{{"type": "Mention", "href": carol.URI, "name": "@carol"}}), "second", 30))
		p = n.Again(p)
		require.Equal(t, "careful", p.Spoiler)
		require.True(t, p.Sensitive)
		ids, alts := files()
		require.Equal(t, []string{"b", "described"}, alts)
		require.Equal(t, before[1], ids[0], "a file that stays keeps its id")
		require.NotEqual(t, before[0], ids[1])
		require.Equal(t, []string{"mention"}, n.Notified(carol), "who is named only now hears of it")
		versions, err := n.DB.Versions(p.ID)
		require.NoError(t, err)
		require.Len(t, versions, 1)
		require.Equal(t, "<p>first</p>", versions[0].Content)
		require.Empty(t, versions[0].Spoiler)
		require.Len(t, versions[0].Media, 2)
		require.Equal(t, "a", versions[0].Media[0].Description)

		bob.Must(n, update(note.With("tag", []doc{{"type": "Mention", "href": carol.URI, "name": "@carol"}}, "attachment", nil), "third", 20))
		ids, _ = files()
		require.Empty(t, ids)
		require.Equal(t, []string{"mention"}, n.Notified(carol), "and once")
	})
}

// An Update that does not say it is an edit and changes nothing is none: so do
// servers tell how a poll goes.
func TestAnUpdateThatChangesNothing(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	n.Follow(n.Person("alice"), bob)
	poll := bob.Note("which?").With("type", "Question", "oneOf", []doc{{"type": "Note", "name": "a"}, {"type": "Note", "name": "b"}},
		"published", federation.Stamp(time.Now().Add(-time.Hour)), "attachment", doc{"type": "Image", "url": bob.Host.URL + "/x.png"})
	bob.Must(n, bob.Create(poll))
	bob.Must(n, doc{"type": "Update", "object": poll.With("votersCount", 4), "to": []string{federation.Public}})
	p := n.Stored(poll.ID())
	require.Zero(t, p.EditedAt)
	require.Equal(t, 1, p.Version)
	bob.Must(n, doc{"type": "Update", "object": poll.With("content", "<p>which one?</p>"), "to": []string{federation.Public}})
	p = n.Again(p)
	require.Equal(t, 2, p.Version)
	require.Equal(t, "<p>which one?</p>", p.Content)
	require.Greater(t, p.EditedAt, store.Time(0))
}
