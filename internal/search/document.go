package search

import (
	"strconv"
	"strings"
	"unicode"

	"parley/internal/store"
	"parley/internal/text"
)

// maxWords is how many words of a post count: PostgreSQL knows no place beyond
// some 16 000.
const maxWords = 8000

// document is what is found of something: its words in their order, and facts.
// A fact begins with a mark that no word has. Between the parts of a text stands
// the bare mark, so that no phrase reaches from one into the next.
type document []string

// The marks. = alone is in every document.
const (
	part   = "="
	handle = "@"
	tag    = "#"
	aside  = "~"
)

func (d *document) words(texts ...string) {
	for _, t := range texts {
		*d = append(append(*d, Words(t)...), part)
	}
	*d = (*d)[:min(len(*d), maxWords)]
}

func (d *document) fact(is bool, name string) {
	if is {
		d.mark(part, name)
	}
}

// mark adds a name behind a mark, without what the databases would take for
// something else: others may have sent any name.
func (d *document) mark(mark, name string) {
	*d = append(*d, mark+strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII && !unicode.IsSpace(r) || strings.ContainsRune("=@#:._~-", r) || unicode.In(r, unicode.Letter, unicode.Digit) {
			return unicode.ToLower(r)
		}
		return -1
	}, name))
}

// ofPost is what a post is found by.
func ofPost(p *store.Post, media []*store.Media, poll *store.Poll) document {
	var d document
	d.words(p.Spoiler, text.Plain(p.Content))
	if poll != nil {
		for _, o := range poll.Options {
			d.words(o.Title)
		}
	}
	for _, m := range media {
		d.words(m.Description)
	}
	for _, m := range media {
		d.fact(true, kindOf(m))
	}
	d.fact(true, by(p.ActorID))
	d.fact(true, string(p.Visibility))
	d.fact(len(media) > 0, "media")
	d.fact(poll != nil, "poll")
	d.fact(links(p.Content), "link")
	d.fact(p.QuoteOfURI != "", "quote")
	d.fact(p.InReplyToURI != "", "reply")
	d.fact(p.Sensitive, "sensitive")
	d.fact(p.EditedAt != 0, "edited")
	language, _, regional := strings.Cut(p.Language, "-")
	d.fact(language != "", lang(language))
	d.fact(regional, lang(p.Language))
	for _, name := range p.Tags {
		d.mark(tag, text.TagName(name))
	}
	return d
}

func by(actor int64) string   { return "by:" + strconv.FormatInt(actor, 10) }
func lang(code string) string { return "lang:" + code }
func kindOf(m *store.Media) string {
	if m.Kind == "gifv" {
		return "video"
	}
	return m.Kind
}

// links reports whether a post has a link that is neither a mention nor a
// hashtag.
func links(html string) bool {
	for _, rest := range strings.Split(html, "<a ")[1:] {
		anchor, _, _ := strings.Cut(rest, ">")
		if !strings.Contains(anchor, "mention") && !strings.Contains(anchor, "hashtag") {
			return true
		}
	}
	return false
}

// ofActor is what somebody is found by: their handle, the words of their name,
// and of the rest of the profile, as asides, if they want to be discovered.
func ofActor(a *store.Actor, shown []string) document {
	var d document
	d.mark(handle, a.Acct())
	d.words(a.DisplayName, a.Username)
	if !a.Discoverable {
		return d
	}
	about := []string{text.Plain(a.Note)}
	for _, f := range a.Fields {
		about = append(about, f.Name, text.Plain(f.Value))
	}
	for _, t := range about {
		for _, word := range Words(t) {
			d = append(d, aside+word)
		}
		for _, found := range text.Parse(t).Tags {
			d.mark(tag, found.Name)
		}
	}
	for _, name := range shown {
		d.mark(tag, name)
	}
	return d
}
