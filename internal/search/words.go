package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxWord is how many characters of a word count.
const maxWord = 40

// Words are the words of a text in their order, as they are compared: without
// case and accents, compatibility forms folded. A word is letters and digits;
// what stands between them parts them.
//
// Some scripts put no blanks between words. There every two neighbours make a
// word, and the last one stands alone: whatever is looked for is a run of
// neighbours. No word is taken for another form of itself, in any language.
func Words(text string) []string {
	var words []string
	for run, unspaced := range runs(fold(text)) {
		if unspaced {
			words = append(words, pairs(run)...)
		} else {
			words = append(words, cut(run))
		}
	}
	return words
}

// wanted are the words to look for, and whether the last is only the beginning
// of one: nobody knows what follows the end of a run without blanks.
func wanted(text string) (words []string, prefix bool) {
	words = Words(text)
	last := len(words) - 1
	if last < 0 || !dense(words[last]) {
		return words, false
	}
	if last > 0 && dense(words[last-1]) && strings.HasSuffix(words[last-1], words[last]) {
		return words[:last], false
	}
	return words, true
}

func dense(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.In(r, unspaced...)
}

// runs are the stretches of a text that are letters and digits, parted where
// a script without blanks begins or ends.
func runs(text string) func(yield func(run string, unspaced bool) bool) {
	return func(yield func(string, bool) bool) {
		start, before := -1, false
		for i, r := range text {
			in, now := inWord(r), unicode.In(r, unspaced...)
			if start >= 0 && (!in || now != before) {
				if !yield(text[start:i], before) {
					return
				}
				start = -1
			}
			if in && start < 0 {
				start, before = i, now
			}
		}
		if start >= 0 {
			yield(text[start:], before)
		}
	}
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// unspaced are the scripts that put no blanks between words.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

// pairs are every two neighbours in a run, and the last one alone.
func pairs(run string) []string {
	var all []string
	for run != "" {
		_, one := utf8.DecodeRuneInString(run)
		_, two := utf8.DecodeRuneInString(run[one:])
		all = append(all, run[:one+two])
		run = run[one:]
	}
	return all
}

func cut(word string) string {
	if len(word) <= maxWord { // in bytes, so no more in characters
		return word
	}
	runes := []rune(word)
	return string(runes[:min(len(runes), maxWord)])
}

// fold makes texts equal that differ in case, in accents on letters that have
// a plain form, or in how they are encoded.
func fold(text string) string {
	if ascii(text) {
		return strings.ToLower(text)
	}
	plain := strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36f { // accents; marks of other scripts are letters
			return -1
		}
		return r
	}, norm.NFKD.String(cases.Fold().String(text)))
	return norm.NFKC.String(plain)
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
