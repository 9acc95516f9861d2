package text

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Mention is an account that a handle in the source stands for. URL is the
// page that the post's list of mentions names, byte for byte.
type Mention struct {
	URL      string
	Username string
	Acct     string
}

// Render parses a source and writes it as HTML. See Draft.Render.
func Render(source string, mentions map[string]Mention, tagURL func(tag string) string) string {
	return Parse(source).Render(mentions, tagURL)
}

// Render writes the draft as HTML. The mentions are looked up by
// Handle.String; one that is not in the map stays words.
func (d Draft) Render(mentions map[string]Mention, tagURL func(tag string) string) string {
	inline := d.inline(mentions, tagURL, "nofollow noopener noreferrer")
	var b strings.Builder
	for p := range strings.SplitSeq(strings.Trim(inline, "\n"), "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) == "" {
			continue
		}
		b.WriteString("<p>")
		b.WriteString(strings.ReplaceAll(p, "\n", "<br>"))
		b.WriteString("</p>")
	}
	return b.String()
}

// Field writes the value of a profile field: one line, whose link says that it
// is about the same person.
func Field(source string) string {
	line := strings.Join(strings.Fields(source), " ")
	return Parse(line).inline(nil, nil, "me nofollow noopener noreferrer")
}

func (d Draft) inline(mentions map[string]Mention, tagURL func(string) string, rel string) string {
	var b strings.Builder
	at := 0
	for _, s := range d.spans {
		b.WriteString(html.EscapeString(d.Source[at:s.start]))
		at = s.end
		whole := d.Source[s.start:s.end]
		switch m, known := mentions[s.handle.String()]; {
		case s.kind == spanMention && known && validLink(m.URL):
			writeMention(&b, m)
		case s.kind == spanTag && tagURL != nil:
			writeTag(&b, s.tag, tagURL(s.tag.Name))
		case s.kind == spanLink:
			writeLink(&b, whole, rel)
		default:
			b.WriteString(html.EscapeString(whole))
		}
	}
	b.WriteString(html.EscapeString(d.Source[at:]))
	return b.String()
}

func writeMention(b *strings.Builder, m Mention) {
	b.WriteString(`<span class="h-card" translate="no"><a href="`)
	b.WriteString(html.EscapeString(m.URL))
	b.WriteString(`" class="u-url mention">@<span>`)
	b.WriteString(html.EscapeString(m.Username))
	b.WriteString(`</span></a></span>`)
}

func writeTag(b *strings.Builder, t Tag, href string) {
	b.WriteString(`<a href="`)
	b.WriteString(html.EscapeString(href))
	b.WriteString(`" class="mention hashtag" rel="tag">#<span>`)
	b.WriteString(html.EscapeString(t.Text))
	b.WriteString(`</span></a>`)
}

var linkPrefix = regexp.MustCompile(`(?i)^https?://(?:www\.)?`)

// shownLink is how many characters of an address are shown.
const shownLink = 30

// writeLink hides the scheme and the tail of an address but leaves both in
// the text, so that copying it copies all of it.
func writeLink(b *strings.Builder, link, rel string) {
	prefix := linkPrefix.FindString(link)
	shown, rest := cutRunes(link[len(prefix):], shownLink)
	class := ""
	if rest != "" {
		class = "ellipsis"
	}
	b.WriteString(`<a href="`)
	b.WriteString(html.EscapeString(link))
	b.WriteString(`" target="_blank" rel="` + rel + `" translate="no"><span class="invisible">`)
	b.WriteString(html.EscapeString(prefix))
	b.WriteString(`</span><span class="` + class + `">`)
	b.WriteString(html.EscapeString(shown))
	b.WriteString(`</span><span class="invisible">`)
	b.WriteString(html.EscapeString(rest))
	b.WriteString(`</span></a>`)
}

// validLink reports whether an address is one we link to: http or https, with
// a host.
func validLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https")) && u.Hostname() != ""
}

func cutRunes(s string, n int) (head, tail string) {
	for i := range s {
		if n == 0 {
			return s[:i], s[i:]
		}
		n--
	}
	return s, ""
}

// linkLength is what every link counts, so that nobody needs a shortener.
const linkLength = 23

// Length counts a source as Mastodon does: a link is 23 characters, and of a
// remote mention only the name counts.
func Length(source string) int {
	d := Parse(source)
	n := utf8.RuneCountInString(d.Source)
	for _, s := range d.spans {
		whole := d.Source[s.start:s.end]
		switch s.kind {
		case spanLink:
			n += linkLength - utf8.RuneCountInString(whole)
		case spanMention:
			n += 1 + len(s.handle.Username) - utf8.RuneCountInString(whole)
		}
	}
	return n
}
