package mastodon

import (
	"io"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
	"parley/outbox"
)

// profile is the entity Profile: what the owner of an account edits, as it was
// written. https://docs.joinmastodon.org/entities/Profile/
type profile struct {
	ID                 string         `json:"id"`
	DisplayName        string         `json:"display_name"`
	Note               string         `json:"note"`
	Fields             []accountField `json:"fields"`
	Avatar             *string        `json:"avatar"`
	AvatarStatic       *string        `json:"avatar_static"`
	AvatarDescription  string         `json:"avatar_description"`
	Header             *string        `json:"header"`
	HeaderStatic       *string        `json:"header_static"`
	HeaderDescription  string         `json:"header_description"`
	Locked             bool           `json:"locked"`
	Bot                bool           `json:"bot"`
	HideCollections    bool           `json:"hide_collections"`
	Discoverable       bool           `json:"discoverable"`
	Indexable          bool           `json:"indexable"`
	ShowMedia          bool           `json:"show_media"`
	ShowMediaReplies   bool           `json:"show_media_replies"`
	ShowFeatured       bool           `json:"show_featured"`
	AttributionDomains []string       `json:"attribution_domains"`
	FeaturedTags       []featuredTag  `json:"featured_tags"`
}

// Profile answers with the viewer's own profile.
func (a *API) Profile(c *gin.Context) error {
	r := a.reader(c)
	s, err := r.Actor(viewer(c))
	if err != nil {
		return err
	}
	tags, err := r.FeaturedTags(s.ID)
	if err != nil {
		return err
	}
	e := &profile{
		ID: id(s.ID), DisplayName: s.DisplayName, Note: s.NoteSource, Fields: written(s.Fields),
		Avatar: optional(a.fileURL(s.URI, s.Avatar, "")), AvatarDescription: s.AvatarDescription,
		Header: optional(a.fileURL(s.URI, s.Header, "")), HeaderDescription: s.HeaderDescription,
		Locked: s.Locked, Bot: s.Bot, HideCollections: s.HideCollections, Discoverable: s.Discoverable, Indexable: s.Indexable,
		ShowMedia: !s.HideMedia, ShowMediaReplies: !s.HideMediaReplies, ShowFeatured: !s.HideFeatured,
		AttributionDomains: append([]string{}, s.Attributions...), FeaturedTags: each(tags, a.featuredTag),
	}
	e.AvatarStatic, e.HeaderStatic = e.Avatar, e.Header
	return answer(c, e)
}

// written are the lines of a profile as their owner wrote them.
func written(all []store.Field) []accountField {
	return each(all, func(f store.Field) accountField {
		return accountField{Name: f.Name, Value: f.Source, VerifiedAt: optionalMoment(f.VerifiedAt)}
	})
}

// UpdateProfile changes the viewer's profile, as far as it is named.
func (a *API) UpdateProfile(c *gin.Context) error {
	if err := a.updateProfile(c); err != nil {
		return err
	}
	return a.Profile(c)
}

// UpdateCredentials changes the viewer's profile and preferences, as far as they
// are named.
func (a *API) UpdateCredentials(c *gin.Context) error {
	if err := a.updateProfile(c); err != nil {
		return err
	}
	return a.VerifyCredentials(c)
}

func (a *API) updateProfile(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	change := changeOf(p)
	if change.HoldSeconds, err = p.whole("source[hold_seconds]"); err != nil {
		return err
	}
	for name, to := range map[string]*io.Reader{"avatar": &change.Avatar, "header": &change.Header} {
		file, err := open(p.files[name])
		if err != nil {
			return err
		}
		if file != nil {
			defer func() { _ = file.Close() }()
			*to = file
		}
	}
	return a.Outbox.UpdateProfile(contextOf(c), viewer(c), change)
}

// changeOf is what a request wants changed.
func changeOf(p *params) outbox.Profile {
	change := outbox.Profile{
		DisplayName: p.given("display_name"), Note: p.given("note"), Locked: p.maybe("locked"), Bot: p.maybe("bot"),
		Discoverable: p.maybe("discoverable"), Indexable: p.maybe("indexable"), HideCollections: p.maybe("hide_collections"),
		ShowFeatured: p.maybe("show_featured"), ShowMedia: p.maybe("show_media"), ShowMediaReplies: p.maybe("show_media_replies"),
		AvatarDescription: p.given("avatar_description"), HeaderDescription: p.given("header_description"),
		Sensitive: p.maybe("source[sensitive]"), Language: p.given("source[language]"), Quotable: p.given("source[quote_policy]"),
	}
	if v := store.Visibility(p.text("source[privacy]")); v != "" {
		change.Visibility = &v
	}
	if p.has("attribution_domains") {
		change.Attributions = []string{}
		for _, domain := range p.texts("attribution_domains") {
			if domain != "" { // how a form says that there are none
				change.Attributions = append(change.Attributions, domain)
			}
		}
	}
	if p.has("fields_attributes") { // an empty array
		change.Fields = []outbox.ProfileField{}
	}
	for _, at := range p.indexes("fields_attributes") {
		change.Fields = append(change.Fields, outbox.ProfileField{
			Name: p.text(item("fields_attributes", at, "name")), Value: p.text(item("fields_attributes", at, "value")),
		})
	}
	return change
}

// DeleteAvatar takes away the viewer's picture.
func (a *API) DeleteAvatar(c *gin.Context) error { return a.change(c, outbox.Profile{NoAvatar: true}) }

// DeleteHeader takes away the wide one.
func (a *API) DeleteHeader(c *gin.Context) error { return a.change(c, outbox.Profile{NoHeader: true}) }

func (a *API) change(c *gin.Context, change outbox.Profile) error {
	if err := a.Outbox.UpdateProfile(contextOf(c), viewer(c), change); err != nil {
		return err
	}
	return a.VerifyCredentials(c)
}
