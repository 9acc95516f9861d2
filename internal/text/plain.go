package text

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxPlain bounds the words taken out of a document.
const maxPlain = 64 << 10

// Plain is the words of an HTML text: paragraphs become lines, entities the
// characters they stand for, and an address that a link hides in part is whole.
func Plain(s string) string {
	z := html.NewTokenizer(strings.NewReader(cutBytes(s, maxHTML)))
	var b strings.Builder
	var skip atom.Atom
	for b.Len() < maxPlain {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		tag := token.DataAtom
		switch {
		case skip != 0:
			if kind == html.EndTagToken && tag == skip {
				skip = 0
			}
		case kind == html.TextToken:
			b.WriteString(token.Data)
		case kind == html.StartTagToken && dropped[tag]:
			skip = tag
		case tag == atom.Br, kind == html.EndTagToken && endsLine(tag):
			b.WriteByte('\n')
		}
	}
	return squeeze(Clean(cutBytes(b.String(), maxPlain)))
}

func endsLine(tag atom.Atom) bool {
	return tag == atom.Li || blocks[tag] || headings[tag] || breaking[tag]
}

// squeeze trims the lines and leaves out the empty ones.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// Excerpt is the beginning of a plain text on one line, at most n characters
// long, for titles and previews.
func Excerpt(plain string, n int) string {
	head, tail := cutRunes(strings.Join(strings.Fields(plain), " "), n)
	if tail == "" {
		return head
	}
	head, _ = cutRunes(head, n-1)
	if i := strings.LastIndexByte(head, ' '); i > len(head)/2 {
		head = head[:i]
	}
	return head + "…"
}
