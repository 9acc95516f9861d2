package mastodon

import (
	"cmp"
	"strings"

	"parley/internal/store"
	"parley/outbox"
)

// account is the entity Account. https://docs.joinmastodon.org/entities/Account/
type account struct {
	ID                string         `json:"id"`
	Username          string         `json:"username"`
	Acct              string         `json:"acct"`
	DisplayName       string         `json:"display_name"`
	Locked            bool           `json:"locked"`
	Bot               bool           `json:"bot"`
	Discoverable      bool           `json:"discoverable"`
	Indexable         bool           `json:"indexable"`
	Group             bool           `json:"group"`
	CreatedAt         string         `json:"created_at"`
	Note              string         `json:"note"`
	URL               string         `json:"url"`
	URI               string         `json:"uri"`
	Avatar            string         `json:"avatar"`
	AvatarStatic      string         `json:"avatar_static"`
	AvatarDescription string         `json:"avatar_description"`
	Header            string         `json:"header"`
	HeaderStatic      string         `json:"header_static"`
	HeaderDescription string         `json:"header_description"`
	FollowersCount    int64          `json:"followers_count"`
	FollowingCount    int64          `json:"following_count"`
	StatusesCount     int64          `json:"statuses_count"`
	LastStatusAt      *string        `json:"last_status_at"`
	HideCollections   bool           `json:"hide_collections"`
	Noindex           bool           `json:"noindex"`
	Limited           bool           `json:"limited"`
	Suspended         bool           `json:"suspended"`
	Memorial          bool           `json:"memorial"`
	ShowFeatured      bool           `json:"show_featured"`
	ShowMedia         bool           `json:"show_media"`
	ShowMediaReplies  bool           `json:"show_media_replies"`
	Moved             *account       `json:"moved"`
	Emojis            []emoji        `json:"emojis"`
	Roles             []accountRole  `json:"roles"`
	Fields            []accountField `json:"fields"`
	FeatureApproval   approval       `json:"feature_approval"` // last: see appendAccount
}

// accountRole is a role as everybody sees it.
type accountRole struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

type accountField struct {
	Name       string  `json:"name"`
	Value      string  `json:"value"`
	VerifiedAt *string `json:"verified_at"`
}

// approval says who may quote a post, or recommend an account.
type approval struct {
	Automatic   []string `json:"automatic"`
	Manual      []string `json:"manual"`
	CurrentUser string   `json:"current_user"`
}

// unasked says that nobody can ask: the account is on a node whose leave we do
// not know how to get.
const unasked = "missing"

// featurable is who may recommend an account in a collection.
func featurable(s *store.Actor) string {
	if !s.Local() {
		return unasked
	}
	return outbox.Featurable(s)
}

// featureApproval is the entity FeatureApproval, for a stranger.
func featureApproval(policy string) approval {
	if policy == unasked {
		return approval{Automatic: []string{}, Manual: []string{}, CurrentUser: unasked}
	}
	return approval{Automatic: inWords(policy), Manual: []string{}, CurrentUser: string(outbox.Denied)}
}

// accountEnd is what a rendered account ends with behind the last word, which
// says whether the viewer may recommend it.
const accountEnd = `"}}`

// appendAccount writes a rendered account for the viewer, who follows it or not.
func appendAccount(b []byte, f *fragment, viewer, owner int64, follows bool) []byte {
	b = append(b, f.json...)
	if viewer != 0 && f.featurable != unasked {
		cut := len(b) - len(outbox.Denied)
		b = append(b[:cut], outbox.LeaveToQuote(f.featurable, "", viewer == owner, follows, false)...)
	}
	return append(b, accountEnd...)
}

// choosyFollowed tells which of the accounts the viewer follows, as far as that
// decides whether the viewer may recommend them: it asks nothing for most pages.
func choosyFollowed(r store.Reader, viewer int64, accounts map[int64]*fragment) (map[int64]bool, error) {
	var choosy []int64
	for id, f := range accounts {
		if f != nil && f.featurable == outbox.ByFollowers {
			choosy = append(choosy, id)
		}
	}
	if viewer == 0 || len(choosy) == 0 {
		return nil, nil
	}
	return r.Follows(viewer, choosy)
}

type emoji struct {
	Shortcode       string  `json:"shortcode"`
	URL             string  `json:"url"`
	StaticURL       string  `json:"static_url"`
	VisibleInPicker bool    `json:"visible_in_picker"`
	Category        *string `json:"category"`
}

// emojis are the custom emoji of what owner, a post or an actor, says.
func (a *API) emojis(owner string, all []store.Emoji) []emoji {
	out := make([]emoji, 0, len(all))
	for _, e := range all {
		url := a.fileURL(owner, e.URL, "")
		out = append(out, emoji{Shortcode: e.Shortcode, URL: url, StaticURL: a.fileURL(owner, cmp.Or(e.Static, e.URL), ""), VisibleInPicker: true})
	}
	return out
}

// account makes the entity of an actor.
func (a *API) account(s *store.Actor, from parts) *account {
	e := &account{
		ID: id(s.ID), Username: s.Username, Acct: s.Acct(), DisplayName: s.DisplayName, Locked: s.Locked,
		Bot: s.Bot || s.Kind == "Service" || s.Kind == "Application", Discoverable: s.Discoverable, Indexable: s.Indexable,
		Group: s.Kind == "Group", CreatedAt: moment(s.CreatedAt), Note: s.Note, URL: a.profileURL(s), URI: s.URI,
		Avatar: a.fileURL(s.URI, s.Avatar, missingAvatar), AvatarDescription: s.AvatarDescription,
		Header: a.fileURL(s.URI, s.Header, missingHeader), HeaderDescription: s.HeaderDescription,
		FollowersCount: max(s.FollowersCount, 0), FollowingCount: max(s.FollowingCount, 0), StatusesCount: max(s.StatusesCount, 0),
		HideCollections: s.HideCollections, Noindex: !s.Indexable, Limited: s.Limited, Memorial: s.Memorial,
		ShowFeatured: !s.HideFeatured, ShowMedia: !s.HideMedia, ShowMediaReplies: !s.HideMediaReplies,
		FeatureApproval: featureApproval(featurable(s)), Emojis: a.emojis(s.URI, s.Emojis), Roles: rolesOf(from.roles[s.ID]), Fields: fields(s.Fields),
	}
	e.LastStatusAt = optionalDay(s.LastStatusAt)
	if moved := from.moved[s.MovedToURI]; moved != nil && moved.ID != s.ID {
		e.Moved = a.account(moved, parts{})
	}
	if s.Hidden() {
		a.blank(e)
	}
	e.AvatarStatic, e.HeaderStatic = e.Avatar, e.Header
	return e
}

// blank leaves of an account only that it is there: what it said about itself
// is not shown any more.
func (a *API) blank(e *account) {
	e.Suspended = true
	e.DisplayName, e.Note, e.AvatarDescription, e.HeaderDescription = "", "", "", ""
	e.Avatar, e.Header = a.URL+missingAvatar, a.URL+missingHeader
	e.Fields, e.Emojis, e.Moved, e.Roles = []accountField{}, []emoji{}, nil, []accountRole{}
	e.FollowersCount, e.FollowingCount, e.StatusesCount, e.LastStatusAt = 0, 0, 0, nil
}

func fields(all []store.Field) []accountField {
	out := make([]accountField, 0, len(all))
	for _, f := range all {
		out = append(out, accountField{Name: f.Name, Value: f.Value, VerifiedAt: optionalMoment(f.VerifiedAt)})
	}
	return out
}

// profileURL is the page of an actor, the same that the text of a mention
// links to: clients compare the two.
func (a *API) profileURL(s *store.Actor) string {
	switch {
	case s.URL != "":
		return s.URL
	case s.Local():
		return a.URL + "/@" + s.Username
	}
	return s.URI
}

// fileURL is where this node shows a file that owner, a post or an actor, has:
// below /media for ours, a copy for others', and fallback for none.
func (a *API) fileURL(owner, path, fallback string) string {
	switch {
	case path == "" && fallback == "":
		return ""
	case path == "":
		return a.URL + fallback
	case strings.Contains(path, "://"):
		return a.Remote.Address(owner, path)
	}
	return a.URL + "/media/" + strings.TrimPrefix(path, "/")
}

// tagURL is the page of a hashtag, the same that the text of a post links to.
func (a *API) tagURL(name string) string { return a.URL + "/tags/" + strings.ToLower(name) }
