package search

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"parley/internal/store"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                        nil,
		"The door, the DOOR!":     {"the", "door", "the", "door"},
		"Crème brûlée à Zürich":   {"creme", "brulee", "a", "zurich"},
		"Straße ﬁn ＡＢＣ":           {"strasse", "fin", "abc"},
		"don't e-mail a_b":        {"don", "t", "e", "mail", "a", "b"},
		"v1.2 2026-11-27":         {"v1", "2", "2026", "11", "27"},
		"東京都へ":                    {"東京", "京都", "都へ", "へ"},
		"見る":                      {"見る", "る"},
		"GPUで":                    {"gpu", "で"},
		"한국어 문서":                  {"한국어", "문서"},
		"Ελλάδα Ёлка":             {"ελλαδα", "елка"},
		"हिन्दी":                  {"हिन्दी"},
		"a'b\"c\\d%_*":            {"a", "b", "c", "d"},
		strings.Repeat("x", 99):   {strings.Repeat("x", 40)},
		"https://corp.example/a?": {"https", "corp", "example", "a"},
	} {
		assert.Equal(t, want, Words(text), text)
	}
}

// Whatever part of a text one looks for, it is there; and no word has anything in
// it that a database would read as more than a word.
func TestWordsAreFoundAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"東京都", "Zürich", "รถไฟ", "a b", "ﬁ", " "})), 0, 5).Draw(t, "text")
		text := strings.Join(pieces, " ")
		all := Words(text)
		for _, w := range all {
			assert.False(t, strings.ContainsFunc(w, func(r rune) bool {
				return unicode.IsSpace(r) || r < 128 && !unicode.IsLetter(r) && !unicode.IsDigit(r)
			}), "%q", w)
		}
		for _, piece := range pieces {
			words, prefix := wanted(piece)
			require.True(t, contains(all, words, prefix), "%q in %q", piece, text)
		}
	})
}

func contains(all, words []string, prefix bool) bool {
	for i := 0; i+len(words) <= len(all); i++ {
		same := true
		for j, w := range words {
			same = same && (all[i+j] == w || prefix && j == len(words)-1 && strings.HasPrefix(all[i+j], w))
		}
		if same {
			return true
		}
	}
	return false
}

func TestParse(t *testing.T) {
	word := func(words ...string) store.Clause { return store.Clause{Words: words} }
	not := func(c store.Clause) store.Clause { c.Not = true; return c }
	begins := func(c store.Clause) store.Clause { c.Prefix = true; return c }
	for text, want := range map[string][]store.Clause{
		"cold Room":               {word("cold"), word("room")},
		`"cold room" -"hot room"`: {word("cold", "room"), not(word("hot", "room"))},
		"„kalter Raum“":           {word("kalter", "raum")},
		`"open quote`:             {word("open", "quote")},
		"ware* -ware*":            {begins(word("ware")), not(begins(word("ware")))},
		"e-mail":                  {word("e", "mail")},
		"-cold +room - *":         {not(word("cold")), word("room")},
		"#Go -#rust":              {word("#go"), not(word("#rust"))},
		"東 東京 東京都":                {begins(word("東")), word("東京"), word("東京", "京都")},
		"has:images IS:reply":     {word("=image"), word("=reply")},
		"-has:poll is:nonsense":   {not(word("=poll")), word("=nothing")},
		"in:public language:de":   {word("=public"), word("=lang:de")},
		"12:30 note:that":         {word("12", "30"), word("note", "that")},
		`language:"de'); --"`:     {word("=lang:de--")},
		"#":                       {word("#")},
	} {
		assert.Equal(t, want, Parse(text).Clauses, text)
	}
	q := Parse("in:library from:me words")
	assert.True(t, q.Library)
	assert.Equal(t, "words", q.Plain)
	assert.True(t, Parse("-in:library").NotLibrary)
	assert.True(t, Parse(" ?! ").Empty())
	assert.False(t, Parse("from:me").Empty())
}

func TestParseDates(t *testing.T) {
	day := func(text string) int64 { from, _, ok := spanOf(text); require.True(t, ok); return idAt(from) }
	for text, want := range map[string]store.Span{
		"before:2026-11-27":             {From: 0, To: day("2026-11-27")},
		"after:2026-11-27":              {From: day("2026-11-28"), To: never},
		"during:2026-11":                {From: day("2026-11-01"), To: day("2026-12-01")},
		"-during:2026":                  {From: day("2026-01-01"), To: day("2027-01-01"), Not: true},
		`before:"2026-11-27T10:00:00Z"`: {From: 0, To: day("2026-11-27T10:00:00Z")},
		"after:9999":                    {From: never, To: never},
	} {
		assert.Equal(t, []store.Span{want}, Parse(text).Spans, text)
	}
	assert.Equal(t, []store.Clause{{Words: []string{"=nothing"}}}, Parse("before:soon").Clauses)
}
