package text

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

var shortcodes = regexp.MustCompile(`:[a-zA-Z0-9_]{2,64}:`)

// maxShortcodes bounds the custom emoji of one text.
const maxShortcodes = 100

// Shortcodes are what may be custom emoji in a text: words between colons that
// touch no other word, each once.
func Shortcodes(source string) []string {
	var list []string
	for _, at := range places(source) {
		if code := source[at.from+1 : at.to-1]; !slices.Contains(list, code) && len(list) < maxShortcodes {
			list = append(list, code)
		}
	}
	return list
}

// place is where something stands in a text.
type place struct{ from, to int }

// places are where custom emoji may stand, with their colons.
func places(source string) (list []place) {
	for at := 0; at < len(source); {
		m := shortcodes.FindStringIndex(source[at:])
		if m == nil {
			break
		}
		found := place{at + m[0], at + m[1]}
		before, _ := utf8.DecodeLastRuneInString(source[:found.from])
		after, _ := utf8.DecodeRuneInString(source[found.to:])
		if touches(before) || touches(after) {
			at = found.from + 1 // its second colon may begin another
			continue
		}
		list, at = append(list, found), found.to
	}
	return list
}

// DrawEmoji puts pictures, HTML by shortcode, in place of the custom emoji of
// sanitised HTML: in its words, and nowhere else in it.
func DrawEmoji(markup string, pictures map[string]string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String()
		}
		words := string(z.Raw())
		if kind == html.TextToken {
			words = draw(words, pictures)
		}
		b.WriteString(words)
	}
}

func draw(words string, pictures map[string]string) string {
	var b strings.Builder
	done := 0
	for _, at := range places(words) {
		if picture := pictures[words[at.from+1:at.to-1]]; picture != "" {
			b.WriteString(words[done:at.from] + picture)
			done = at.to
		}
	}
	return b.String() + words[done:]
}

func touches(r rune) bool {
	return r != utf8.RuneError && (r == ':' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

// Parts of an emoji. https://www.unicode.org/reports/tr51/
const (
	joiner   = '\u200d'
	shown    = '\ufe0f' // as a picture
	keycap   = '\u20e3'
	lastTag  = 0xe007f
	firstTag = 0xe0020
)

// IsEmoji reports whether a text is one emoji and nothing else: a symbol with
// what changes its look, several that are joined, a flag, or a keycap.
func IsEmoji(s string) bool {
	if len(s) == 0 || len(s) > 64 || !utf8.ValidString(s) {
		return false
	}
	runes := []rune(s)
	if flag := len(runes) == 2 && regional(runes[0]) && regional(runes[1]); flag {
		return true
	}
	if last := len(runes) - 1; runes[last] == keycap {
		return last <= 2 && (unicode.IsDigit(runes[0]) || runes[0] == '#' || runes[0] == '*') && (last == 1 || runes[1] == shown)
	}
	joined := true // a symbol may come
	for _, r := range runes {
		switch {
		case r == joiner && !joined:
			joined = true
		case r == shown || r >= 0x1f3fb && r <= 0x1f3ff || r >= firstTag && r <= lastTag:
			if joined {
				return false
			}
		case joined && symbol(r):
			joined = false
		default:
			return false
		}
	}
	return !joined
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

func symbol(r rune) bool {
	return !regional(r) && (unicode.Is(unicode.So, r) || r == '‼' || r == '⁉' || r == '〰' || unicode.Is(unicode.Sm, r) && r >= 0x2190)
}
