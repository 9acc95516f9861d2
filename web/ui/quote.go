package ui

import (
	"cmp"
	"net/url"

	"parley/internal/store"
)

// loadQuotes reads what the entries quote, and gives the entries of what of it
// the reader may see.
func (from *rows) loadQuotes(r store.Reader, reader int64, entries []store.Entry) (quoted []store.Entry, err error) {
	var posts []int64
	for _, e := range entries {
		if e.Quotes {
			posts = append(posts, cmp.Or(e.BoostOfID, e.PostID))
		}
	}
	if len(posts) == 0 {
		return nil, nil
	}
	var seen map[int64]store.Entry
	from.quotes, seen, err = r.Quotations(reader, posts)
	for _, e := range seen {
		quoted = append(quoted, e)
	}
	return quoted, err
}

// withoutQuote says why a quoted post is not shown.
var withoutQuote = map[string]string{
	store.QuotePending: "The quoted author has not agreed yet.",
	"deleted":          "The quoted post was deleted.",
	"muted_account":    "A post of somebody you muted.",
	"blocked_account":  "A post of somebody you blocked.",
	"blocked_domain":   "A post from a server you blocked.",
}

// quote makes the view of what a post quotes, nil for most.
func (u *UI) quote(reader, post int64, from rows) *ViewQuote {
	q, ok := from.quotes[post]
	if !ok {
		return nil
	}
	if v, ok := u.post(reader, q.Quoted, from); ok {
		return &ViewQuote{Post: &v}
	}
	return &ViewQuote{Why: cmp.Or(withoutQuote[q.State], "The quoted post cannot be shown to you.")}
}

// card makes the view of what a linked page says of itself, nil for none.
func (u *UI) card(c *store.Card) *ViewCard {
	if c == nil {
		return nil
	}
	v := &ViewCard{Link: c.URL, Title: c.Title, Description: c.Description, Provider: c.ProviderName, Alt: c.ImageDescription}
	if at, err := url.Parse(c.URL); err == nil {
		v.Provider = cmp.Or(v.Provider, at.Host)
	}
	if c.ImageURL != "" {
		v.Image = u.Remote.Pictured(c.ImageURL)
	}
	return v
}
