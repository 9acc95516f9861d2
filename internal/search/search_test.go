package search_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

func TestOperators(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.person("ada", "")
		old := w.post(ada, "the cold room", func(p *store.Post) { p.ID, p.Language = store.IDAt(1_600_000_000_000), "de-AT" })
		plain := w.post(ada, "the room is cold")
		link := w.post(ada, `see <a href="https://x.example">this</a>, room`)
		tagged := w.post(ada, `<a href="https://x.example" class="mention hashtag">#Room</a>`, func(p *store.Post) { p.Tags = []string{"Room"} })
		mine := w.post(w.me, "my own room", func(p *store.Post) { p.Visibility, p.InReplyToURI, p.Sensitive = store.Private, plain.URI, true })
		asks := w.post(ada, "which?", func(p *store.Post) { p.Kind, p.Spoiler = "Question", "A choice" })
		picture := &store.Media{ID: store.NewID(), ActorID: ada.ID, Kind: "image", Description: "a lighthouse"}
		w.write(func(tx *store.Tx) error {
			if err := tx.CreatePoll(&store.Poll{PostID: asks.ID, Options: []store.PollOption{{Title: "Kitchen"}, {Title: "Attic"}}}); err != nil {
				return err
			}
			if err := tx.CreateMedia(picture); err != nil {
				return err
			}
			if err := tx.EditPost(plain, nil, nil, []*store.Media{picture}); err != nil {
				return err
			}
			return tx.SetBookmark(w.me.ID, link.ID)
		})
		w.index()
		all := []int64{asks.ID, mine.ID, tagged.ID, link.ID, plain.ID, old.ID}
		for query, want := range map[string][]int64{
			"room":                      all[1:],
			"room cold":                 {plain.ID, old.ID},
			`"cold room"`:               {old.ID},
			`room -"cold room"`:         {mine.ID, tagged.ID, link.ID, plain.ID},
			"roo":                       {},
			"roo*":                      all[1:],
			"attic":                     {asks.ID},
			`"kitchen attic"`:           {},
			"choice":                    {asks.ID},
			"lighthouse":                {plain.ID},
			"#room":                     {tagged.ID},
			"from:me":                   {mine.ID},
			"from:ada cold":             {plain.ID, old.ID},
			"-from:ada":                 {mine.ID},
			"from:nobody":               {},
			"has:media":                 {plain.ID},
			"has:image":                 {plain.ID},
			"has:video":                 {},
			"has:link":                  {link.ID},
			"has:poll":                  {asks.ID},
			"is:reply":                  {mine.ID},
			"is:sensitive":              {mine.ID},
			"is:edited":                 {},
			"-is:reply room":            {tagged.ID, link.ID, plain.ID, old.ID},
			"in:library":                {mine.ID, link.ID},
			"-in:library room":          {tagged.ID, plain.ID, old.ID},
			"in:public room":            {tagged.ID, link.ID, plain.ID, old.ID},
			"in:all room":               all[1:],
			"language:de":               {old.ID},
			"language:de-AT":            {old.ID},
			"language:en":               {},
			"before:2021":               {old.ID},
			"after:2021 room":           all[1:5],
			"during:2020-09 room":       {old.ID},
			"-during:2020-09-13 room":   all[1:5],
			"before:2021 after:2021-06": {},
			"room before:nonsense":      {},
		} {
			assert.Equal(t, want, w.found(query), query)
		}
		picture.Description = "a tower"
		w.write(func(tx *store.Tx) error { return tx.DescribeMedia(picture) })
		w.index()
		assert.Empty(t, w.found("lighthouse"))
		assert.Equal(t, []int64{plain.ID}, w.found("tower"))
		w.write(func(tx *store.Tx) error {
			return tx.AskAnew(&store.Poll{PostID: asks.ID, Options: []store.PollOption{{Title: "Cellar"}, {Title: "Attic"}}})
		})
		w.index()
		assert.Empty(t, w.found("kitchen"))
		assert.Equal(t, []int64{asks.ID}, w.found("cellar"))
	})
}

// A held post is not found, nor are its hashtags, before it is sent; one that is
// taken back never is.
func TestHeldBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tags := func() []string {
			names, err := w.TagsLike("hus", 10, 0)
			require.NoError(t, err)
			return names
		}
		held := func(text string) *store.Post {
			return w.post(w.me, text, func(p *store.Post) { p.HeldUntil, p.Tags = store.Now()+100_000, []string{"hush"} })
		}
		sent, back := held("rash words"), held("rasher words")
		w.index()
		assert.Empty(t, w.found("rash"))
		assert.Empty(t, w.found("rasher"))
		assert.Empty(t, tags())
		w.write(func(tx *store.Tx) error {
			if err := tx.EraseHeldPost(back); err != nil {
				return err
			}
			_, err := tx.ReleasePost(sent.ID)
			return err
		})
		w.index()
		assert.Equal(t, []int64{sent.ID}, w.found("rash"))
		assert.Empty(t, w.found("rasher"))
		assert.Equal(t, []string{"hush"}, tags())
	})
}

// However old and however many, all are found, in pages from either end.
func TestPagesOfWhatIsFound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all []int64
		at := store.Now()
		for i := range 60 { // minutes apart, then hours, then weeks
			at -= store.Time(60_000 * (1 + i*i*i/2))
			all = append(all, w.post(w.me, "again", func(p *store.Post) { p.ID = store.IDAt(at) }).ID)
		}
		w.index()
		query := store.PostQuery{Clauses: []store.Clause{{Words: []string{"again"}}}}
		find := func(page store.Page, offset int) []int64 {
			entries, err := w.SearchPosts(w.me.ID, page, offset, query)
			require.NoError(t, err)
			ids := []int64{}
			for _, e := range entries {
				ids = append(ids, e.Key)
			}
			return ids
		}
		for i := 0; i < 60; i += 7 {
			assert.Equal(t, all[i:min(i+9, 60)], find(store.Page{Limit: 9}, i))
			assert.Equal(t, all[i+1:min(i+10, 60)], find(store.Page{Limit: 9, Max: all[i]}, 0))
			assert.Equal(t, all[max(i-9, 0):i], find(store.Page{Limit: 9, Min: all[i]}, 0), i)
			assert.Equal(t, all[:min(i, 9)], find(store.Page{Limit: 9, Since: all[i]}, 0))
		}
	})
}
