package outbox

import (
	"fmt"
	"strings"
	"time"

	"parley/federation"
	"parley/internal/media"
	"parley/internal/store"
)

// Note is a post of ours as others see it, [AP] 4.1, in the form that Mastodon
// documents.
func (o *Outbox) Note(r store.Reader, p *store.Post) (federation.Note, error) {
	author, err := r.Actor(p.ActorID)
	if err != nil {
		return federation.Note{}, err
	}
	mentioned, err := mentionedIn(r, p.ID)
	if err != nil {
		return federation.Note{}, err
	}
	files, err := r.PostMedia([]int64{p.ID})
	if err != nil {
		return federation.Note{}, err
	}
	n := federation.Note{
		ID: p.URI, Type: p.Kind, AttributedTo: author.URI, Summary: p.Spoiler, Content: p.Content, Sensitive: p.Sensitive,
		Published: federation.Stamp(p.PublishedAt.Time()), URL: p.URL, InReplyTo: p.InReplyToURI, Audience: p.AudienceURI,
		Conversation: p.ConversationURI, ThreadContext: p.ContextURI,
		Replies: federation.Collection{ID: p.URI + "/replies", Type: "Collection", First: p.URI + "/replies?page=true"},
		Likes:   likes(p), Shares: shares(p),
	}
	n.To, n.Cc = audience(author, p.Visibility, uris(mentioned))
	if p.Source != "" {
		n.Source = &federation.Source{Content: p.Source, MediaType: "text/plain"}
	}
	if p.EditedAt != 0 {
		n.Updated = federation.Stamp(p.EditedAt.Time())
	}
	n.Tag, n.Attachment = o.tags(p, mentioned), o.attachments(files[p.ID])
	if err := o.quoting(r, p, author, &n); err != nil {
		return n, err
	}
	if p.Automatic {
		node, err := r.InstanceActor()
		if err != nil {
			return n, err
		}
		n.Generator = node.URI
	}
	if p.Language != "" {
		n.ContentMap = map[string]string{p.Language: n.Content}
	}
	if p.Kind == "Question" {
		return n, o.question(r, p, &n)
	}
	return n, nil
}

func likes(p *store.Post) federation.Collection { return sized(p.URI+"/likes", p.FavouritesCount) }

func shares(p *store.Post) federation.Collection { return sized(p.URI+"/shares", p.BoostsCount) }

// sized is a collection that tells how many there are, and not who.
func sized(uri string, count int64) federation.Collection {
	n := int(count)
	return federation.Collection{ID: uri, Type: "Collection", TotalItems: &n}
}

// question writes the poll of a post into its document, as Mastodon reads it.
func (o *Outbox) question(r store.Reader, p *store.Post, n *federation.Note) error {
	poll, err := r.Poll(p.ID)
	if err != nil {
		return err
	}
	var choices []federation.Choice
	for _, option := range poll.Options {
		choices = append(choices, federation.Choice{Name: option.Title, Votes: int(option.Votes)})
	}
	if n.OneOf = choices; poll.Multiple {
		n.OneOf, n.AnyOf = nil, choices
	}
	voters := int(poll.VotersCount)
	n.VotersCount, n.EndTime = &voters, federation.Stamp(poll.ExpiresAt.Time())
	if poll.Over(store.Now()) {
		n.Closed = federation.Stamp(poll.ExpiresAt.Time())
	}
	return nil
}

func (o *Outbox) tags(p *store.Post, mentioned []*store.Actor) []federation.Tag {
	var tags []federation.Tag
	for _, a := range mentioned {
		domain := a.Domain
		if a.Local() {
			domain = o.Actors.Domain
		}
		tags = append(tags, federation.Tag{Type: "Mention", Href: a.URI, Name: "@" + a.Username + "@" + domain})
	}
	for _, t := range p.Tags {
		tags = append(tags, federation.Tag{Type: "Hashtag", Href: o.tagURL(t), Name: "#" + strings.ToLower(t)})
	}
	return append(tags, o.Actors.EmojiTags(p.Emojis)...)
}

func (o *Outbox) attachments(files []*store.Media) []federation.Attachment {
	var list []federation.Attachment
	for _, m := range files {
		a := federation.Attachment{Type: "Document", MediaType: m.Mime, URL: o.Actors.MediaURL(m.Path), Name: m.Description,
			Blurhash: m.Blurhash, Width: m.Width, Height: m.Height, Duration: federation.Lasting(time.Duration(m.Duration) * time.Millisecond)}
		if m.PreviewPath != "" && m.Kind != "image" {
			a.Icon = &federation.Attachment{Type: "Image", MediaType: media.TypeOf(m.PreviewPath), URL: o.Actors.MediaURL(m.PreviewPath)}
		}
		if m.FocusX != 0 || m.FocusY != 0 {
			a.FocalPoint = []float64{m.FocusX, m.FocusY}
		}
		list = append(list, a)
	}
	return list
}

// announce is a boost as others see it.
func (o *Outbox) announce(author *store.Actor, boost, original *store.Post, originalAuthor *store.Actor) federation.Activity {
	to, cc := audience(author, boost.Visibility, []string{originalAuthor.URI})
	return federation.Activity{ID: boost.URI, Type: "Announce", Actor: author.URI, Published: federation.Stamp(boost.PublishedAt.Time()), To: to, Cc: cc, Object: original.URI}
}

// threadURI is the collection of the thread that a post of ours begins.
func (o *Outbox) threadURI(id int64) string { return fmt.Sprintf("%s/threads/%d", o.URL, id) }

// boostURI names a boost; it has no page of its own.
func (o *Outbox) boostURI(id int64) string { return fmt.Sprintf("%s/posts/%d", o.URL, id) }
