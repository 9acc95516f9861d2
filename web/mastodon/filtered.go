package mastodon

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/store"
	"parley/internal/text"
)

// lens is the filters of one person, made ready once for each change of them.
type lens struct {
	revision int64
	filters  []reading
}

// reading is one filter: its entity, and what it looks for.
type reading struct {
	*store.ContentFilter
	entity  json.RawMessage
	phrases []phrase
	posts   map[int64]bool
}

// phrase is a keyword in lower case. Where it begins or ends with a letter and
// stands for whole words, none may stand next to it: so does Mastodon.
type phrase struct {
	folded      string
	first, last bool // must begin, must end a word
}

// filterResult is the entity FilterResult.
type filterResult struct {
	Filter         json.RawMessage `json:"filter"`
	KeywordMatches []string        `json:"keyword_matches"`
	StatusMatches  []string        `json:"status_matches"`
}

// filtered is what a person's filters say to one post.
type filtered struct {
	json   []byte
	hidden []string // the contexts in which it is not shown
}

// lens is what the viewer reads through, nil for nothing.
func (a *API) lens(r store.Reader, viewer, revision int64) (*lens, error) {
	if revision == 0 {
		return nil, nil
	}
	if l, ok := a.Cache.lenses.GetIfPresent(viewer); ok && l.revision >= revision {
		return l, nil
	}
	rows, err := r.Filters(viewer)
	if err != nil {
		return nil, err
	}
	l := &lens{revision: revision}
	for _, f := range rows {
		l.filters = append(l.filters, readingOf(f))
	}
	a.Cache.lenses.Set(viewer, l)
	return l, nil
}

func readingOf(f *store.ContentFilter) reading {
	out := reading{ContentFilter: f, posts: map[int64]bool{}}
	bare := *f
	bare.Keywords, bare.Posts = nil, nil // who is shown a match needs no list of all there might be
	out.entity = encode(filterOf(&bare))
	for _, k := range f.Keywords {
		p := phrase{folded: fold(k.Keyword)}
		if k.WholeWord {
			head, _ := utf8.DecodeRuneInString(p.folded)
			tail, _ := utf8.DecodeLastRuneInString(p.folded)
			p.first, p.last = wordy(head), wordy(tail)
		}
		out.phrases = append(out.phrases, p)
	}
	for _, p := range f.Posts {
		out.posts[p.PostID] = true
	}
	return out
}

// look tells what the filters say to a post that says words and goes by the
// ids, which are its own and a boost's.
func (l *lens) look(said []*words, ids ...int64) filtered {
	var all []filterResult
	var out filtered
	now := store.Now()
	for _, f := range l.filters {
		if f.ExpiresAt != 0 && f.ExpiresAt <= now {
			continue
		}
		result := filterResult{Filter: f.entity}
		for _, p := range f.phrases {
			for _, w := range said {
				if found, ok := w.find(p); ok {
					result.KeywordMatches = append(result.KeywordMatches, found)
					break
				}
			}
		}
		for _, post := range ids {
			if f.posts[post] {
				result.StatusMatches = append(result.StatusMatches, id(post))
			}
		}
		if result.KeywordMatches == nil && result.StatusMatches == nil {
			continue
		}
		all = append(all, result)
		if f.Action == store.FilterHide {
			out.hidden = append(out.hidden, f.Contexts...)
		}
	}
	if all != nil {
		out.json = encode(all)
	}
	return out
}

// words are what a post says, as it is and in lower case. Both have as many
// characters.
type words struct{ said, folded string }

// wordsOf reads them out of a rendered post: the warning, the text and what the
// pictures show.
func wordsOf(rendered []byte) *words {
	var post struct {
		Content string `json:"content"`
		Spoiler string `json:"spoiler_text"`
		Media   []struct {
			Description *string `json:"description"`
		} `json:"media_attachments"`
	}
	_ = json.Unmarshal(append(slices.Clone(rendered), '}'), &post) // our own rendering
	parts := []string{post.Spoiler, text.Plain(post.Content)}
	for _, m := range post.Media {
		if m.Description != nil {
			parts = append(parts, *m.Description)
		}
	}
	return together(parts)
}

// optionsOf reads them out of a rendered poll.
func optionsOf(rendered []byte) *words {
	var poll struct {
		Options []struct {
			Title string `json:"title"`
		} `json:"options"`
	}
	_ = json.Unmarshal(rendered, &poll) // as above
	var parts []string
	for _, o := range poll.Options {
		parts = append(parts, o.Title)
	}
	return together(parts)
}

func together(parts []string) *words {
	said := strings.Join(parts, "\n\n")
	return &words{said: said, folded: fold(said)}
}

// fold lowers character by character, so that places in both texts agree.
func fold(s string) string { return strings.Map(unicode.ToLower, s) }

// wordy reports whether a character is part of a word.
func wordy(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Pc) }

// find looks for a phrase and gives it as it was written.
func (w *words) find(p phrase) (string, bool) {
	for from := 0; p.folded != ""; {
		at := strings.Index(w.folded[from:], p.folded)
		if at < 0 {
			break
		}
		at += from
		end := at + len(p.folded)
		before, _ := utf8.DecodeLastRuneInString(w.folded[:at])
		after, _ := utf8.DecodeRuneInString(w.folded[end:])
		if !(p.first && wordy(before)) && !(p.last && wordy(after)) {
			return w.written(at, end), true
		}
		_, size := utf8.DecodeRuneInString(w.folded[at:])
		from = at + size
	}
	return "", false
}

// written is what was said where the folded text has the bytes from at to end.
func (w *words) written(at, end int) string {
	skip, take := utf8.RuneCountInString(w.folded[:at]), utf8.RuneCountInString(w.folded[at:end])
	runes := []rune(w.said)
	return string(runes[skip : skip+take])
}

// said are the words of a rendered post, worked out once for each rendering.
func (f *fragment) said() *words {
	f.once.Do(func() { f.words = wordsOf(f.json) })
	return f.words
}

// filter looks at the entries through the viewer's filters. What they wrote
// themselves is as they wrote it.
func (a *API) filter(s *sheet, l *lens, viewer int64, entries []store.Entry) {
	if l == nil || len(l.filters) == 0 {
		return
	}
	s.filtered = make(map[int64]filtered, len(entries))
	for _, e := range entries {
		if !s.whole(e) {
			continue
		}
		original, author := e.PostID, e.ActorID
		if e.BoostOfID != 0 {
			original, author = e.BoostOfID, e.BoostActorID
		}
		if author == viewer {
			continue
		}
		said := []*words{s.posts[original].said()}
		if poll := s.polls[original]; poll != nil {
			said = append(said, optionsOf(poll))
		}
		s.filtered[e.PostID] = l.look(said, e.PostID, e.BoostOfID)
	}
}

// hidden reports whether the viewer does not want to see an entry there.
func (s *sheet) hidden(e store.Entry, context string) bool {
	return slices.Contains(s.filtered[e.PostID].hidden, context)
}

// shown are the entries that are not hidden there. A page may so have fewer
// than were asked for; it goes on by its Link.
func (s *sheet) shown(entries []store.Entry, context string) []store.Entry {
	if s.filtered == nil {
		return entries
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e store.Entry) bool { return s.hidden(e, context) })
}
