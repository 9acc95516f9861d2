package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"parley/internal/fault"
	"parley/internal/store"
)

// Who searches finds all that is sent, that they may see and want to hear, of those who want
// to be searched, and nothing else; of the others what they have had to do with.
func TestFindsWhatMayBeReadAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		vocabulary := []string{"amber", "Bérénice", "cobalt", "ДОМ", "東京"}
		said := map[int64]string{}
		due := map[int64]bool{}
		rapid.Check(t, func(r *rapid.T) {
			w := w.in(r)
			chance := func(what string) bool { return rapid.IntRange(0, 4).Draw(r, what) == 0 }
			author := w.me
			if !chance("me") {
				author = w.person(rapid.StringMatching(`[a-z]{12}`).Draw(r, "name"), rapid.SampledFrom([]string{"", "far.example"}).Draw(r, "domain"),
					func(a *store.Actor) { a.Indexable = !chance("not indexable") })
			}
			other := author.ID != w.me.ID
			words := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, 3).Draw(r, "words")
			p := w.post(author, strings.Join(words, ", "), func(p *store.Post) {
				p.Visibility = rapid.SampledFrom([]store.Visibility{store.Public, store.Unlisted, store.Private, store.Direct}).Draw(r, "visibility")
				p.Scope = rapid.SampledFrom([]store.Scope{store.Here, store.World}).Draw(r, "scope")
				if chance("held") {
					p.HeldUntil = store.Now() + 100_000
				}
			})
			following := other && rapid.Bool().Draw(r, "follow")
			if following {
				w.follow(w.me, author)
			}
			library, heard := !other, true
			w.write(func(tx *store.Tx) error {
				for _, deed := range []struct {
					name string
					do   func() error
				}{
					{"mentioned", func() error { return tx.AddMentions(p, []store.Mention{{ActorID: w.me.ID}}) }},
					{"favourite", func() error {
						_, err := tx.CreateFavourite("https://node.example/likes/"+p.URI, w.me.ID, p.ID)
						return err
					}},
					{"bookmark", func() error { return tx.SetBookmark(w.me.ID, p.ID) }},
				} {
					if other && chance(deed.name) {
						library = true
						if err := deed.do(); err != nil {
							return err
						}
					}
				}
				return nil
			})
			limited, early := other && chance("limited"), chance("indexed before")
			if early {
				w.index()
			}
			w.write(func(tx *store.Tx) error {
				if limited {
					if err := tx.LimitAccount(author.ID, true, false); err != nil {
						return err
					}
				}
				if other && chance("muted") {
					heard = false
					return tx.SetMute(w.me.ID, author.ID, true, 0)
				}
				return nil
			})
			w.write(func(tx *store.Tx) error {
				switch {
				case chance("deleted"):
					return tx.TombstonePost(p)
				case other && chance("suspended"):
					return tx.SetLifecycle(author.ID, store.Suspended)
				case other && chance("blocked"):
					_, err := tx.CreateBlock("https://node.example/blocks/"+p.URI, author.ID, w.me.ID)
					return err
				case author.Domain != "" && chance("domain blocked"):
					author.Host = strings.ReplaceAll(author.Username, " ", "") + ".example"
					if err := tx.UpdateActor(author); err != nil {
						return err
					}
					return tx.RuleHosts([]string{author.Host}, limited, true)
				case chance("edited"):
					words = []string{rapid.SampledFrom(vocabulary).Draw(r, "new word")}
					p.Content = "<p>" + words[0] + "</p>"
					return tx.EditPost(p, nil, nil, nil)
				}
				return nil
			})
			w.index()
			_, err := w.VisiblePost(w.me.ID, p.ID)
			require.True(r, err == nil || fault.Is(err, fault.NotFound), "%v", err)
			due[p.ID] = err == nil && p.HeldUntil == 0 && heard && (library || author.Indexable && (!limited || following))
			said[p.ID] = strings.Join(words, " ")
			word := rapid.SampledFrom(vocabulary).Draw(r, "search")
			got := w.found(strings.ToUpper(strings.ReplaceAll(word, "é", "e")))
			for _, id := range got {
				require.True(r, due[id], "%d is found", id)
				require.Contains(r, said[id], word)
			}
			if due[p.ID] && slices.Contains(words, word) {
				require.Contains(r, got, p.ID)
			} else {
				require.NotContains(r, got, p.ID)
			}
			require.True(r, slices.IsSortedFunc(got, func(a, b int64) int { return int(b>>16 - a>>16) }))
		})
	})
}
