package mastodon

import (
	"strings"

	"parley/internal/store"
	"parley/internal/text"
)

// status is what the entity Status says to everybody alike. What differs
// between viewers, and what has a revision of its own, is appended behind it:
// see appendStatus. https://docs.joinmastodon.org/entities/Status/
type status struct {
	ID                 string        `json:"id"`
	CreatedAt          string        `json:"created_at"`
	InReplyToID        *string       `json:"in_reply_to_id"`
	InReplyToAccountID *string       `json:"in_reply_to_account_id"`
	Sensitive          bool          `json:"sensitive"`
	SpoilerText        string        `json:"spoiler_text"`
	Visibility         string        `json:"visibility"`
	LocalOnly          bool          `json:"local_only"` // not Mastodon's; nor is the next
	HeldUntil          *string       `json:"held_until"` // for its author: not sent before
	Language           *string       `json:"language"`
	URI                string        `json:"uri"`
	URL                string        `json:"url"`
	RepliesCount       int64         `json:"replies_count"`
	ReblogsCount       int64         `json:"reblogs_count"`
	FavouritesCount    int64         `json:"favourites_count"`
	QuotesCount        int64         `json:"quotes_count"`
	EditedAt           *string       `json:"edited_at"`
	Content            string        `json:"content"`
	Application        *application  `json:"application"`
	MediaAttachments   []*attachment `json:"media_attachments"`
	Mentions           []mention     `json:"mentions"`
	Tags               []shallowTag  `json:"tags"`
	Emojis             []emoji       `json:"emojis"`
	Card               *card         `json:"card"`
	TaggedCollections  []struct{}    `json:"tagged_collections"`
}

type application struct {
	Name    string  `json:"name"`
	Website *string `json:"website"`
}

type mention struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	URL      string `json:"url"`
	Acct     string `json:"acct"`
}

type shallowTag struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// parts are the rows that the entities of a page are made of.
type parts struct {
	posts    map[int64]*store.Post
	media    map[int64][]*store.Media
	mentions map[int64][]store.Mention
	cards    map[int64]*store.Card
	actors   map[int64]*store.Actor
	apps     map[int64]*store.App
	moved    map[string]*store.Actor
	roles    map[int64]string
}

// status makes the entity of a post.
func (a *API) status(p *store.Post, from parts) *status {
	s := &status{
		ID: id(p.ID), CreatedAt: moment(p.PublishedAt),
		InReplyToID: optionalID(p.InReplyToID), InReplyToAccountID: optionalID(p.InReplyToActorID),
		Sensitive: p.Sensitive, SpoilerText: p.Spoiler, Visibility: string(p.Visibility), LocalOnly: p.Scope == store.Here, HeldUntil: optionalMoment(p.HeldUntil),
		Language: optional(p.Language), URI: p.URI, URL: p.URL,
		RepliesCount: max(p.RepliesCount, 0), ReblogsCount: max(p.BoostsCount, 0), FavouritesCount: max(p.FavouritesCount, 0),
		EditedAt: optionalMoment(p.EditedAt), Content: p.Content,
		MediaAttachments: a.attachments(p.URI, from.media[p.ID]), Mentions: a.mentions(from.mentions[p.ID], from.actors),
		Tags: a.tags(p.Tags), Emojis: a.emojis(p.URI, p.Emojis), TaggedCollections: []struct{}{},
		Card: a.cardOf(from.cards[p.ID]),
	}
	if s.QuotesCount = max(p.QuotesCount, 0); p.QuoteOfURI != "" {
		s.Content = text.QuoteLine(p.QuoteOfURI) + s.Content
	}
	if s.InReplyToID == nil {
		s.InReplyToAccountID = nil
	}
	if s.URL == "" {
		s.URL = p.URI
	}
	if app := from.apps[p.AppID]; app != nil {
		s.Application = &application{Name: app.Name, Website: optional(app.Website)}
	}
	return s
}

func (a *API) mentions(all []store.Mention, known map[int64]*store.Actor) []mention {
	out := make([]mention, 0, len(all))
	for _, m := range all {
		if actor := known[m.ActorID]; actor != nil && !m.Silent {
			out = append(out, mention{ID: id(actor.ID), Username: actor.Username, URL: a.profileURL(actor), Acct: actor.Acct()})
		}
	}
	return out
}

func (a *API) tags(names []string) []shallowTag {
	out := make([]shallowTag, 0, len(names))
	for _, name := range names {
		if folded := text.TagName(name); folded != "" {
			name = folded
		}
		out = append(out, shallowTag{Name: strings.ToLower(name), URL: a.tagURL(name)})
	}
	return out
}
