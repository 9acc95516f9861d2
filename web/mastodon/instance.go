package mastodon

import (
	"strings"

	"github.com/gin-gonic/gin"

	"parley/about"
	"parley/internal/media"
	"parley/internal/store"
	"parley/internal/text"
	"parley/outbox"
)

// Version is what clients read: three numbers of the API they know, and ours
// behind a plus, which strict readers of versions accept.
const Version = "4.5.0+parley.0.1.0"

// apiVersion is the highest of Mastodon's API versions of which, and of all
// below, everything works.
const apiVersion = 8

// urlCharacters are what an address counts for, however long it is.
const urlCharacters = 23

// said is what both instance documents say of this node.
type said struct {
	usage              store.Usage
	description, email string
	contact            any // the entity Account, or null
	rules              []nodeRule
	privacy, terms     *string // where they stand
}

func (a *API) said(r store.Reader) (s said, err error) {
	if s.usage, err = r.Usage(); err != nil {
		return s, err
	}
	texts, err := r.NodeTexts()
	if err != nil {
		return s, err
	}
	s.description, s.email = texts[about.Description].Source, texts[about.ContactEmail].Source
	if texts[about.PrivacyPolicy].Source != "" {
		s.privacy = optional(a.URL + "/privacy-policy")
	}
	versions, err := r.Terms()
	if err != nil {
		return s, err
	}
	if len(versions) > 0 {
		s.terms = optional(a.URL + "/terms-of-service")
	}
	if s.contact, err = a.contact(r, texts); err != nil {
		return s, err
	}
	s.rules, err = rulesOf(r)
	return s, err
}

func (a *API) configuration(s said) map[string]any {
	return map[string]any{
		"urls": map[string]any{
			"streaming": a.streamingURL(), "about": a.URL + "/about", "privacy_policy": s.privacy, "status": nil, "terms_of_service": s.terms,
		},
		"vapid": map[string]string{"public_key": a.Push.PublicKey()},
		"accounts": map[string]int{
			"max_featured_tags": outbox.MaxFeaturedTags, "max_pinned_statuses": outbox.MaxPins, "max_profile_fields": outbox.MaxFields,
			"profile_field_name_limit": outbox.MaxField, "profile_field_value_limit": outbox.MaxField,
			"max_display_name_length": outbox.MaxDisplayName, "max_note_length": outbox.MaxNote,
			"max_avatar_description_length": outbox.MaxPictureDescription, "max_header_description_length": outbox.MaxPictureDescription,
		},
		"statuses": map[string]int{
			"max_characters": a.Outbox.MaxCharacters, "max_media_attachments": outbox.MaxMedia, "characters_reserved_per_url": urlCharacters,
		},
		"media_attachments": a.files(),
		"polls": map[string]int{
			"max_options": outbox.MaxOptions, "max_characters_per_option": outbox.MaxOption,
			"min_expiration": int(outbox.MinPoll.Seconds()), "max_expiration": int(outbox.MaxPoll.Seconds()),
		},
		"collections":        collectionLimits(),
		"translation":        map[string]bool{"enabled": false},
		"limited_federation": a.Node.Allowlist,
		"timelines_access": map[string]any{
			"live_feeds":          map[string]string{"local": "public", "remote": "public"},
			"hashtag_feeds":       map[string]string{"local": "public", "remote": "public"},
			"trending_link_feeds": map[string]string{"local": "public", "remote": "public"},
		},
	}
}

// files is what may be attached. Videos and sounds have limits of zero where
// they are not taken.
func (a *API) files() map[string]any {
	f := map[string]any{
		"supported_mime_types": a.Outbox.FFmpeg.Types(), "description_limit": outbox.MaxDescription,
		"image_size_limit": media.MaxPicture, "image_matrix_limit": media.MaxArea,
		"video_size_limit": 0, "video_frame_rate_limit": 0, "video_matrix_limit": 0,
	}
	if a.Outbox.FFmpeg != nil {
		f["video_size_limit"], f["video_frame_rate_limit"], f["video_matrix_limit"] = media.MaxClip, media.MaxFrameRate, media.MaxClipArea
	}
	return f
}

func (a *API) streamingURL() string { return "ws" + strings.TrimPrefix(a.URL, "http") }

// Instance answers what this node is.
func (a *API) Instance(c *gin.Context) error {
	said, err := a.said(a.reader(c))
	if err != nil {
		return err
	}
	return answer(c, map[string]any{
		"domain": a.Domain, "title": a.Node.Title, "version": Version, "source_url": a.URL + "/about",
		"description":   said.description,
		"usage":         map[string]any{"users": map[string]int64{"active_month": said.usage.ActiveMonth}},
		"thumbnail":     map[string]any{"url": a.URL + missingHeader, "blurhash": nil, "versions": map[string]string{}, "description": ""},
		"icon":          []struct{}{},
		"languages":     []string{"en"},
		"configuration": a.configuration(said),
		"registrations": map[string]any{
			"enabled": false, "approval_required": false, "reason_required": false, "message": nil, "url": nil, "min_age": nil,
		},
		"contact":      map[string]any{"email": said.email, "account": said.contact},
		"rules":        said.rules,
		"api_versions": map[string]int{"mastodon": apiVersion, "parley": 1},
		"wrapstodon":   nil,
	})
}

// InstanceV1 answers the same to clients that ask the old way first.
func (a *API) InstanceV1(c *gin.Context) error {
	said, err := a.said(a.reader(c))
	if err != nil {
		return err
	}
	return answer(c, map[string]any{
		"uri": a.Domain, "title": a.Node.Title, "short_description": said.description, "description": said.description,
		"email": said.email, "version": Version,
		"urls":              map[string]string{"streaming_api": a.streamingURL()},
		"stats":             map[string]int64{"user_count": said.usage.Users, "status_count": said.usage.Posts, "domain_count": said.usage.Domains},
		"thumbnail":         a.URL + missingHeader,
		"languages":         []string{"en"},
		"registrations":     false,
		"approval_required": false,
		"invites_enabled":   false,
		"configuration":     a.configuration(said),
		"contact_account":   said.contact,
		"rules":             said.rules,
	})
}

// Peers answers with the partners of this node.
func (a *API) Peers(c *gin.Context) error {
	partners, err := a.reader(c).Partners()
	if err != nil {
		return err
	}
	domains := []string{}
	for _, p := range partners {
		if p.Policy == "allow" {
			domains = append(domains, p.Domain)
		}
	}
	return answer(c, domains)
}

// AllLanguages answers with the languages that posts may be said to be in.
func (a *API) AllLanguages(c *gin.Context) error { return answer(c, text.Languages) }

// Languages answers that nothing is translated here.
func (a *API) Languages(c *gin.Context) error { return answer(c, struct{}{}) }
