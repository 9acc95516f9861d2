package cards

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"parley/internal/fault"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of what is kept of a page, in characters.
const (
	maxTitle       = 300
	maxDescription = 1000
	maxName        = 150
)

// read fetches a page and reads what it says of itself.
func (c *Cards) read(ctx context.Context, link string) (*store.Card, error) {
	resp, err := c.get(ctx, link, "text/html, application/xhtml+xml")
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	kind := resp.Header.Get("Content-Type")
	if media, _, _ := mime.ParseMediaType(kind); media != "text/html" && media != "application/xhtml+xml" {
		return &store.Card{Kind: "link"}, nil // a file, which says nothing
	}
	// What a page says stands at its beginning: of a huge one that is enough.
	body, err := io.ReadAll(io.LimitReader(resp.Body, safehttp.DocumentLimit))
	if err != nil && len(body) == 0 {
		return nil, fault.Wrap(fault.Unavailable, err, "The page broke off")
	}
	h := parse(body, kind)
	h.base = resp.Request.URL
	card := h.card()
	if h.oembed != "" {
		c.embed(ctx, h.resolve(h.oembed), card)
	}
	return card, nil
}

// get asks for a document. Redirects are followed, each checked like the first.
func (c *Cards) get(ctx context.Context, link, accept string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The address cannot be read")
	}
	req.Header.Set("Accept", accept)
	resp, err := c.HTTP.WithTimeout(patience).HTTPClient().Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fault.New(fault.Unavailable, "It answered "+resp.Status+" at "+resp.Request.URL.Host)
	}
	return resp, nil
}

// head is what a page says of itself: its meta elements by property or name,
// the first of each, and a few more.
type head struct {
	base            *url.URL
	title, language string
	oembed          string
	meta            map[string]string
}

// parse reads the elements of a page, in the charset that its header, its bytes
// or itself say. WHATWG "Encoding sniffing algorithm"
func parse(body []byte, contentType string) *head {
	h := &head{meta: map[string]string{}}
	reader, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return h
	}
	z := html.NewTokenizer(reader)
	z.SetMaxBuf(safehttp.DocumentLimit)
	inTitle := false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return h
		}
		token := z.Token()
		switch {
		case kind == html.TextToken && inTitle:
			h.title = cmp.Or(h.title, strings.TrimSpace(token.Data))
		case kind == html.EndTagToken:
			inTitle = false
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken:
			inTitle = token.DataAtom == atom.Title && h.title == ""
			h.element(token)
		}
	}
}

// element takes in what an element says.
func (h *head) element(token html.Token) {
	attr := map[string]string{}
	for _, a := range token.Attr {
		if _, twice := attr[a.Key]; !twice {
			attr[a.Key] = strings.TrimSpace(a.Val)
		}
	}
	switch token.DataAtom {
	case atom.Html:
		h.language = attr["lang"]
	case atom.Meta:
		name := strings.ToLower(cmp.Or(attr["property"], attr["name"]))
		if _, known := h.meta[name]; !known && name != "" && attr["content"] != "" {
			h.meta[name] = attr["content"]
		}
	case atom.Link:
		if strings.EqualFold(attr["type"], "application/json+oembed") && h.oembed == "" {
			h.oembed = attr["href"]
		}
	}
}

// first is what the page says under the first of the names, on one line.
func (h *head) first(most int, names ...string) string {
	for _, name := range names {
		if said := line(h.meta[name], most); said != "" {
			return said
		}
	}
	return ""
}

func line(s string, most int) string { return text.Excerpt(text.Clean(s), most) }

// card is the card of the page.
func (h *head) card() *store.Card {
	card := &store.Card{
		Kind: "link", Title: cmp.Or(h.first(maxTitle, "og:title", "twitter:title"), line(h.title, maxTitle)),
		Description:  h.first(maxDescription, "og:description", "twitter:description", "description"),
		ProviderName: h.first(maxName, "og:site_name"), AuthorName: h.first(maxName, "author", "twitter:creator"), Language: languageOf(h.language),
		ImageURL: h.resolve(h.first(maxURL, "og:image:secure_url", "og:image:url", "og:image", "twitter:image", "twitter:image:src")), ImageDescription: h.first(maxDescription, "og:image:alt", "twitter:image:alt"),
	}
	if by := h.meta["article:author"]; strings.HasPrefix(by, "http") {
		card.AuthorURL = h.resolve(by)
	} else {
		card.AuthorName = cmp.Or(card.AuthorName, line(by, maxName))
	}
	if at, err := time.Parse(time.RFC3339, h.first(maxName, "article:published_time", "og:article:published_time")); err == nil && at.Unix() > 0 {
		card.PublishedAt = store.TimeOf(at)
	}
	return card
}

// resolve is an address on the page as a whole one, empty for what is none that
// can be fetched.
func (h *head) resolve(address string) string {
	if address == "" || h.base == nil {
		return ""
	}
	u, err := h.base.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || len(u.String()) > maxURL {
		return ""
	}
	return u.String()
}

// languageOf is the language of a page without its region.
func languageOf(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	for _, r := range primary {
		if r < 'a' || r > 'z' {
			return ""
		}
	}
	if len(primary) < 2 || len(primary) > 3 {
		return ""
	}
	return primary
}
