package notify

import (
	"strings"

	"parley/internal/store"
	"parley/internal/text"
)

// message is what an app is woken with, as Mastodon's apps read it, but for
// the access token: we keep no token, only what it hashes to. The id is text as
// everywhere: apps written in JavaScript would round a number of its size.
type message struct {
	Locale         string `json:"preferred_locale"`
	NotificationID int64  `json:"notification_id,string"`
	Kind           string `json:"notification_type"`
	Icon           string `json:"icon"`
	Title          string `json:"title"`
	Body           string `json:"body"`
}

// How much of what others wrote goes into a message, which has to fit into
// one record.
const (
	nameLength = 80
	bodyLength = 140
	iconLength = 1024
)

// titles are the words for each kind; the name of the sender stands for NAME.
var titles = map[string]string{
	"mention":               "You were mentioned by NAME",
	"quote":                 "NAME quoted your post",
	"status":                "NAME just posted",
	"reblog":                "NAME boosted your post",
	"follow":                "NAME is now following you",
	"follow_request":        "NAME asks to follow you",
	"favourite":             "NAME favourited your post",
	"poll":                  "A poll by NAME has ended",
	"update":                "NAME edited a post you boosted",
	"quoted_update":         "NAME edited a post you quoted",
	"added_to_collection":   "NAME recommends you in a collection",
	"collection_update":     "NAME edited a collection that you are in",
	"severed_relationships": "You have lost connections with others",
	"moderation_warning":    "You have a message from the moderators",
	"admin.sign_up":         "NAME joined",
	"admin.report":          "NAME filed a report",
}

// message says what a notification is about. A post that the reader may not
// see any more is not found.
func (p *Push) message(r store.Reader, n *store.Notification) (*message, error) {
	from, err := r.Actor(n.FromID)
	if err != nil {
		return nil, err
	}
	body := text.Plain(from.Note)
	if n.PostID != 0 {
		post, err := r.VisiblePost(n.ReaderID, n.PostID)
		if err != nil {
			return nil, err
		}
		body = post.Spoiler
		if body == "" {
			body = text.Plain(post.Content)
		}
	}
	return &message{
		Locale: "en", NotificationID: n.ID, Kind: n.Kind, Icon: p.icon(from), Body: text.Excerpt(body, bodyLength),
		Title: Title(n.Kind, from.Name()),
	}, nil
}

// Title says in words what a notification of the kind is about, from somebody of
// that name.
func Title(kind, name string) string {
	return strings.Replace(titles[kind], "NAME", text.Excerpt(name, nameLength), 1)
}

func (p *Push) icon(a *store.Actor) string {
	icon := p.URL + "/media/" + strings.TrimPrefix(a.Avatar, "/")
	switch {
	case a.Avatar == "":
		icon = p.URL + "/avatars/original/missing.png"
	case strings.Contains(a.Avatar, "://"):
		icon = p.Remote.Address(a.URI, a.Avatar)
	}
	if len(icon) > iconLength {
		return ""
	}
	return icon
}
