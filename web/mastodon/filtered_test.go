package mastodon

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"parley/internal/store"
)

func TestKeywordsFindWords(t *testing.T) {
	for _, c := range []struct {
		keyword string
		whole   bool
		text    string
		want    string // empty: no match
	}{
		{"cat", true, "A Cat sat", "Cat"},
		{"cat", true, "concatenate", ""},
		{"cat", false, "conCATenate", "CAT"},
		{"cat", true, "cats, and a cat.", "cat"},
		{"cat", true, "chat_cat", ""},
		{"cat", true, "catà", ""},
		{"größe", true, "Die GRÖSSE", ""},
		{"größe", true, "Die GRÖßE zählt", "GRÖßE"},
		{"ελλάδα", true, "στην Ελλάδα!", "Ελλάδα"},
		{"#go", true, "learn #Go now", "#Go"},
		{"#go", true, "x#go", "#go"},
		{"#go", true, "#gopher", ""},
		{"c++", true, "C++17", "C++"},
		{"猫", false, "黒猫がいる", "猫"},
		{"two words", true, "Two words", "Two words"},
		{"a.c", false, "abc", ""},
		{"İ", false, "İstanbul cat", "İ"},
		{"cat", true, "İİİ Cat", "Cat"},
	} {
		r := readingOf(&store.ContentFilter{Keywords: []*store.FilterKeyword{{Keyword: c.keyword, WholeWord: c.whole}}})
		got, found := (&words{said: c.text, folded: fold(c.text)}).find(r.phrases[0])
		assert.Equal(t, c.want, got, "%q in %q", c.keyword, c.text)
		assert.Equal(t, c.want != "", found, "%q in %q", c.keyword, c.text)
	}
}

// Whatever the text, what is found is a part of it that folds to the keyword.
func TestWhatIsFoundIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said, keyword := rapid.String().Draw(t, "text"), rapid.StringN(1, 3, -1).Draw(t, "keyword")
		r := readingOf(&store.ContentFilter{Keywords: []*store.FilterKeyword{{Keyword: keyword, WholeWord: rapid.Bool().Draw(t, "whole")}}})
		got, found := (&words{said: said, folded: fold(said)}).find(r.phrases[0])
		if found {
			assert.Contains(t, said, got)
			assert.Equal(t, fold(keyword), fold(got))
		}
	})
}

func TestWordsAreReadOutOfARendering(t *testing.T) {
	w := wordsOf([]byte(`{"spoiler_text":"Careful","content":"<p>one<br>two &amp; <a href=\"x\"><span class=\"invisible\">https://</span>ex.org</a></p>","media_attachments":[{"description":"a square"},{"description":null}]`))
	assert.Equal(t, "Careful\n\none\ntwo & https://ex.org\n\na square", w.said)
}
