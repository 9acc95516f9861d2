package mastodon

import (
	"html"
	"strconv"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// embed is how another site shows a post. https://oembed.com/ 2.3.4.4
type embed struct {
	Type         string  `json:"type"`
	Version      string  `json:"version"`
	Title        string  `json:"title"`
	AuthorName   string  `json:"author_name"`
	AuthorURL    string  `json:"author_url"`
	ProviderName string  `json:"provider_name"`
	ProviderURL  string  `json:"provider_url"`
	CacheAge     int     `json:"cache_age"` // seconds
	HTML         string  `json:"html"`
	Width        int     `json:"width"`
	Height       *string `json:"height"`
}

// embedWidth is how wide a post is on another site, if that does not say.
const embedWidth = 400

// Embed answers with how to show a public post of this node. It is a quotation
// and needs no script or frame: neither of ours runs on other sites.
// https://docs.joinmastodon.org/methods/oembed/
func (a *API) Embed(c *gin.Context) error {
	r := a.reader(c)
	p, err := r.PostByURL(c.Query("url"))
	if err == nil {
		p, err = r.VisiblePost(0, p.ID)
	}
	if fault.Is(err, fault.NotFound) || err == nil && (!p.Local || p.BoostOfID != 0) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	author, err := r.Actor(p.ActorID)
	if err != nil {
		return err
	}
	e := embed{
		Type: "rich", Version: "1.0", Title: "Post by " + author.Name(), AuthorName: author.Name(), AuthorURL: a.profileURL(author),
		ProviderName: a.Domain, ProviderURL: a.URL + "/", CacheAge: 24 * 3600, HTML: quotationOf(p, author, a.Domain), Width: embedWidth,
	}
	if most, err := strconv.Atoi(c.Query("maxwidth")); err == nil && most > 0 {
		e.Width = min(e.Width, most)
	}
	return answer(c, e)
}

// quotationOf is a post as a quotation with its source. What its author warned
// of stands before it, and the rest behind the link.
func quotationOf(p *store.Post, author *store.Actor, domain string) string {
	content := p.Content
	if p.Spoiler != "" {
		content = "<p>" + html.EscapeString(p.Spoiler) + "</p>"
	}
	link := html.EscapeString(p.URL)
	return `<blockquote class="parley-embed" cite="` + link + `">` + content +
		`<p>— ` + html.EscapeString(author.Name()) + ` (@` + html.EscapeString(author.Username+"@"+domain) + `) <a href="` + link + `">` + p.PublishedAt.Time().UTC().Format("2 January 2006") + `</a></p></blockquote>`
}
