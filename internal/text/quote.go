package text

import (
	"html"
	"regexp"
)

// QuoteLine is what stands above a post that quotes, for readers whose software
// does not know of quotes; the others hide it by its class. FEP-044f
func QuoteLine(url string) string {
	u := html.EscapeString(url)
	return `<p class="quote-inline">RE: <a href="` + u + `" rel="nofollow noopener noreferrer" target="_blank">` + u + `</a></p>`
}

// quoteLine is such a line in sanitised HTML, as Mastodon and as Misskey write it.
var quoteLine = regexp.MustCompile(`(?s)<p class="quote-inline">.*?</p>|(?:<br>)*<span class="quote-inline">(?:<br>)*RE: ?<a [^>]*>[^<]*</a></span>`)

// WithoutQuoteLine takes that off sanitised HTML.
func WithoutQuoteLine(s string) string { return quoteLine.ReplaceAllString(s, "") }
