package text

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Links are the addresses that sanitised HTML leads to, in their order, without
// those of people and hashtags.
func Links(s string) (links []string) {
	z := html.NewTokenizer(strings.NewReader(cutBytes(s, maxHTML)))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return links
		case html.StartTagToken:
			if token := z.Token(); token.DataAtom == atom.A {
				if href := pageOf(token); href != "" {
					links = append(links, href)
				}
			}
		}
	}
}

// pageOf is the address of a link to a page, empty for one that names somebody
// or a hashtag: microformats tell.
func pageOf(a html.Token) (href string) {
	for _, attr := range a.Attr {
		switch words := strings.Fields(attr.Val); attr.Key {
		case "href":
			href = attr.Val
		case "class":
			if slices.ContainsFunc(words, func(w string) bool { return w == "mention" || w == "hashtag" || w == "u-url" || w == "h-card" }) {
				return ""
			}
		case "rel":
			if slices.Contains(words, "tag") {
				return ""
			}
		}
	}
	return href
}
