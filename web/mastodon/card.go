package mastodon

import (
	"cmp"
	"net/url"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// card is the entity PreviewCard. It is a link or a photo: no markup of a page
// is passed on, so that html is empty.
// https://docs.joinmastodon.org/entities/PreviewCard/
type card struct {
	URL                string       `json:"url"`
	Title              string       `json:"title"`
	Description        string       `json:"description"`
	Language           *string      `json:"language"`
	Type               string       `json:"type"`
	AuthorName         string       `json:"author_name"`
	AuthorURL          string       `json:"author_url"`
	ProviderName       string       `json:"provider_name"`
	ProviderURL        string       `json:"provider_url"`
	HTML               string       `json:"html"`
	Width              int          `json:"width"`
	Height             int          `json:"height"`
	Image              *string      `json:"image"`
	ImageDescription   string       `json:"image_description"`
	EmbedURL           string       `json:"embed_url"`
	Blurhash           *string      `json:"blurhash"`
	PublishedAt        *string      `json:"published_at"`
	Authors            []cardAuthor `json:"authors"`
	MissingAttribution *bool        `json:"missing_attribution"`
}

type cardAuthor struct {
	Name    string    `json:"name"`
	URL     string    `json:"url"`
	Account *struct{} `json:"account"` // whose a byline is, pages are not believed yet
}

// cardOf makes the entity, nil where there is no card.
func (a *API) cardOf(c *store.Card) *card {
	if c == nil {
		return nil
	}
	e := &card{
		URL: c.URL, Title: c.Title, Description: c.Description, Language: optional(c.Language), Type: c.Kind, AuthorName: c.AuthorName, AuthorURL: c.AuthorURL,
		ProviderName: c.ProviderName, ProviderURL: c.ProviderURL, Width: c.Width, Height: c.Height, ImageDescription: c.ImageDescription,
		Blurhash: optional(c.Blurhash), PublishedAt: optionalMoment(c.PublishedAt), Authors: []cardAuthor{},
	}
	if c.ImageURL != "" {
		e.Image = optional(a.Remote.Pictured(c.ImageURL))
	}
	if c.Kind == "photo" && e.Image != nil {
		e.EmbedURL = *e.Image
	}
	if c.AuthorName != "" || c.AuthorURL != "" {
		e.Authors = append(e.Authors, cardAuthor{Name: c.AuthorName, URL: c.AuthorURL})
	}
	return e
}

// Card answers with the card of a post, which old clients ask for.
// https://docs.joinmastodon.org/methods/statuses/#card
func (a *API) Card(c *gin.Context) error {
	e, err := a.original(c)
	if err != nil {
		return err
	}
	found, err := a.reader(c).PostCards([]int64{e.PostID})
	if err != nil {
		return err
	}
	if found[e.PostID] == nil {
		return done(c)
	}
	return answer(c, a.cardOf(found[e.PostID]))
}

// trendingLink is the entity Trends::Link.
type trendingLink struct {
	card
	History []tagDay `json:"history"`
}

// A page trends that so many people linked to in the days that are told of.
const enoughPeople = 2

// TrendingLinks answers with the pages that people linked to in public.
// https://docs.joinmastodon.org/methods/trends/#links
func (a *API) TrendingLinks(c *gin.Context) error {
	part, r, today := portionOf(c, trendLimits), a.reader(c), store.Today()
	from := today - historyDays + 1
	cards, err := r.TrendingCards(from, enoughPeople, part.limit+1, part.offset)
	if err != nil {
		return err
	}
	cards = leaf(a, c, part, cards)
	used, err := r.CardHistory(each(cards, func(c *store.Card) int64 { return c.ID }), from)
	if err != nil {
		return err
	}
	return answer(c, each(cards, func(c *store.Card) trendingLink {
		e := trendingLink{*a.cardOf(c), history(each(used[c.ID], store.CardDay.OfTag), today)}
		e.ProviderURL = cmp.Or(e.ProviderURL, siteOf(c.URL)) // which clients show
		return e
	}))
}

// siteOf is where the site of a page begins.
func siteOf(page string) string {
	u, err := url.Parse(page)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// LinkTimeline answers with the public posts that link to a page. One that
// nobody links to has none, as one that only others may know of.
// https://docs.joinmastodon.org/methods/timelines/#link
func (a *API) LinkTimeline(c *gin.Context) error {
	card, err := a.reader(c).CardByURL(c.Query("url"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).CardTimeline(viewer(c), card.ID, page)
	return a.statuses(c, store.InPublic, page, entries, err)
}
