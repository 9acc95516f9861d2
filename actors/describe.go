package actors

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"parley/federation"
	"parley/internal/store"
	"parley/internal/text"
)

// describe writes what a document says into the row.
func describe(actor *store.Actor, o *federation.Object, name, domain string) {
	actor.URI, actor.Kind, actor.Username, actor.Domain = o.ID, o.Type, name, domain
	actor.Host = string(federation.HostOf(o.ID))
	actor.DisplayName = text.Clean(text.Plain(o.Name))
	actor.Note = text.Sanitize(o.Summary)
	actor.URL = o.ID
	if federation.SameSite(o.URL, o.ID) { // nobody lives at the address of another
		actor.URL = o.URL
	}
	actor.InboxURI, actor.OutboxURI = o.Inbox, onOwnHost(o, o.Outbox)
	actor.SharedInboxURI = onOwnHost(o, o.Endpoints.SharedInbox)
	actor.FollowersURI, actor.FollowingURI = onOwnHost(o, o.Followers), onOwnHost(o, o.Following)
	actor.FeaturedURI, actor.FeaturedTagsURI = onOwnHost(o, o.Featured), onOwnHost(o, o.FeaturedTags)
	actor.Avatar, actor.AvatarDescription = picture(o.Icon)
	actor.Header, actor.HeaderDescription = picture(o.Image)
	actor.Fields, actor.Emojis = fieldsOf(o), Emojis(o.Tag)
	actor.AlsoKnownAs = slices.DeleteFunc(slices.Clone(o.AlsoKnownAs), func(uri string) bool { return address(uri) == "" })
	actor.MovedToURI = address(o.MovedTo)
	actor.Locked, actor.Discoverable, actor.Indexable, actor.Memorial = o.ManuallyApprovesFollowers, o.Discoverable, o.Indexable, o.Memorial
	actor.SuspendedThere = o.Suspended
	actor.HideFeatured, actor.HideMedia, actor.HideMediaReplies = o.HideFeatured, o.HideMedia, o.HideMediaReplies
	actor.Bot = o.Type == "Service" || o.Type == "Application"
	actor.FetchedAt, actor.UpdatedAt = store.Now(), store.Now()
	actor.Revision = max(actor.Revision, 1)
}

// address is a URI that can be asked for, else empty.
func address(uri string) string {
	if federation.HostOf(uri) == "" {
		return ""
	}
	return uri
}

// onOwnHost is a URI of which the actor's host decides, else empty.
func onOwnHost(o *federation.Object, uri string) string {
	if federation.SameOrigin(uri, o.ID) {
		return uri
	}
	return ""
}

// fieldsOf are the lines of a profile. Proofs of identity and what else hangs
// on an actor are none.
func fieldsOf(o *federation.Object) (fields []store.Field) {
	for _, f := range o.Attachment {
		if name := text.Plain(f.Name); f.Type == "PropertyValue" && cmp.Or(name, f.Value) != "" {
			fields = append(fields, store.Field{Name: name, Value: text.Sanitize(f.Value), Source: f.Value})
		}
	}
	return fields
}

func picture(a *federation.Attachment) (url, description string) {
	if a == nil || federation.HostOf(a.URL) == "" {
		return "", ""
	}
	return a.URL, text.Plain(a.Name)
}

// EmojiTags are custom emoji of this node as others read them.
func (a *Actors) EmojiTags(emojis []store.Emoji) []federation.Tag {
	var tags []federation.Tag
	for _, e := range emojis {
		tags = append(tags, federation.Tag{Type: "Emoji", Name: ":" + e.Shortcode + ":", Icon: a.pictureOf(e.URL, "")})
	}
	return tags
}

// maxEmojis bounds the custom emoji of one text.
const maxEmojis = 100

// Emojis are the custom emoji among the tags.
func Emojis(tags []federation.Tag) []store.Emoji {
	var list []store.Emoji
	for _, t := range tags {
		if t.Type != "Emoji" || t.Icon == nil || federation.HostOf(t.Icon.URL) == "" || len(list) == maxEmojis {
			continue
		}
		if code := strings.Trim(t.Name, ":"); code != "" && !strings.ContainsFunc(code, strange) {
			list = append(list, store.Emoji{Shortcode: code, URL: t.Icon.URL})
		}
	}
	return list
}

// strange are the characters that no shortcode has.
func strange(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`:<>&"'`, r)
}
