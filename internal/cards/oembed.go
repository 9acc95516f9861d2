package cards

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"

	"parley/internal/safehttp"
	"parley/internal/store"
)

// embedded is what an oEmbed provider says of a page. Its html is not read.
// https://oembed.com/ 2.3.4
type embedded struct {
	Type         string `json:"type"`
	Title        string `json:"title"`
	AuthorName   string `json:"author_name"`
	AuthorURL    string `json:"author_url"`
	ProviderName string `json:"provider_name"`
	ProviderURL  string `json:"provider_url"`
	ThumbnailURL string `json:"thumbnail_url"`
	URL          string `json:"url"` // of a photo
}

// embed adds to a card what the page's oEmbed document says. Without it the
// card is as good as the page alone makes it.
func (c *Cards) embed(ctx context.Context, address string, card *store.Card) {
	said, base, err := c.oembed(ctx, address)
	if err != nil {
		c.Log.InfoContext(ctx, "cannot read an oEmbed document", "url", address, "error", err)
		return
	}
	at := &head{base: base}
	card.Title = cmp.Or(card.Title, line(said.Title, maxTitle))
	card.AuthorName, card.AuthorURL = cmp.Or(line(said.AuthorName, maxName), card.AuthorName), cmp.Or(at.resolve(said.AuthorURL), card.AuthorURL)
	card.ProviderName, card.ProviderURL = cmp.Or(line(said.ProviderName, maxName), card.ProviderName), at.resolve(said.ProviderURL)
	card.ImageURL = cmp.Or(card.ImageURL, at.resolve(said.ThumbnailURL))
	if photo := at.resolve(said.URL); said.Type == "photo" && photo != "" {
		card.Kind, card.ImageURL = "photo", photo
	}
}

func (c *Cards) oembed(ctx context.Context, address string) (said embedded, base *url.URL, err error) {
	resp, err := c.get(ctx, address, "application/json")
	if err != nil {
		return said, nil, err
	}
	body, err := safehttp.ReadBody(resp, safehttp.DocumentLimit)
	if err != nil {
		return said, nil, err
	}
	return said, resp.Request.URL, json.Unmarshal(body, &said)
}
