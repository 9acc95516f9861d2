package text

import (
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// NamesAsSelf reports whether a page links to one of the addresses as to the
// same person's: by rel="me". https://microformats.org/wiki/rel-me
func NamesAsSelf(page io.Reader, addresses ...string) bool {
	for z := html.NewTokenizer(page); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken || token.DataAtom != atom.A && token.DataAtom != atom.Link {
			continue
		}
		var href, rel string
		for _, attribute := range token.Attr {
			switch attribute.Key {
			case "href":
				href = attribute.Val
			case "rel":
				rel = attribute.Val
			}
		}
		self := slices.ContainsFunc(strings.Fields(rel), func(word string) bool { return strings.EqualFold(word, "me") })
		if self && slices.ContainsFunc(addresses, func(address string) bool { return sameAddress(address, href) }) {
			return true
		}
	}
	return false
}

func sameAddress(a, b string) bool {
	trim := func(s string) string { return strings.TrimSuffix(strings.TrimSpace(s), "/") }
	return strings.EqualFold(trim(a), trim(b))
}
