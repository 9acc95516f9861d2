package mastodon

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/store"
)

// stream is one connection that hears of what happens. It belongs to the
// goroutine that serves it.
type stream struct {
	api   *API
	who   auth.Who
	sub   *notify.Subscription
	heard map[string]channel
	done  func()
}

// channel is what a client subscribes to by name.
type channel struct {
	label  []string // as events carry it
	topics []string
	quiet  bool   // leaves out whom the viewer has muted or blocked
	place  string // the context in which filters apply
}

// newStream registers a stream; ctx ends when its token does.
func (a *API) newStream(c *gin.Context) (*stream, context.Context, error) {
	who := auth.WhoIs(contextOf(c))
	ctx, done, err := a.Streams.Open(contextOf(c), who.TokenID)
	if err != nil {
		return nil, nil, err
	}
	return &stream{api: a, who: who, sub: a.Notify.Hub.Subscribe(), heard: map[string]channel{}, done: done}, ctx, nil
}

func (s *stream) close() {
	s.done()
	s.sub.Close()
}

// channel finds what a name stands for; of is the tag or the list.
func (s *stream) channel(ctx context.Context, name, of string) (channel, error) {
	me := id(s.who.ActorID)
	statuses, notices := s.who.Scopes.Allows("read:statuses"), s.who.Scopes.Allows("read:notifications")
	ch := channel{label: []string{name}, topics: []string{name}, quiet: true, place: store.InPublic}
	switch name {
	case "user":
		ch.quiet, ch.place, ch.topics = false, store.InHome, []string{"user:" + me, notify.Everybody}
		if notices {
			ch.topics = append(ch.topics, "notification:"+me)
		}
	case "user:notification":
		ch.quiet, ch.topics, statuses = false, []string{"notification:" + me}, notices
	case "direct":
		ch.place, ch.topics = anywhere, []string{"direct:" + me}
	case "public", "public:local", "public:remote", "public:media", "public:local:media", "public:remote:media":
	case "hashtag", "hashtag:local":
		tag := strings.ToLower(strings.TrimPrefix(of, "#"))
		if tag == "" {
			return channel{}, fault.New(fault.BadRequest, "Missing tag name parameter")
		}
		ch.label, ch.topics = []string{name, tag}, []string{name + ":" + tag}
	case "list":
		if _, err := s.api.Read.With(ctx).List(s.who.ActorID, number(of)); err != nil {
			return channel{}, err
		}
		ch.label, ch.topics, ch.place = []string{name, of}, []string{name + ":" + of}, store.InHome
	default:
		return channel{}, fault.New(fault.NotFound, "Unknown stream type")
	}
	if !statuses {
		return channel{}, fault.New(fault.Forbidden, "This action is outside the authorized scopes")
	}
	return ch, nil
}

// maxChannels is how many channels one connection may hear.
const maxChannels = 64

func (s *stream) subscribe(ctx context.Context, name, of string) error {
	ch, err := s.channel(ctx, name, of)
	if err != nil {
		return err
	}
	if len(s.heard) >= maxChannels {
		return fault.New(fault.TooMany, "Too many subscriptions")
	}
	s.heard[strings.Join(ch.label, " ")] = ch
	s.sub.Add(ch.topics...)
	return nil
}

func (s *stream) unsubscribe(ctx context.Context, name, of string) error {
	ch, err := s.channel(ctx, name, of)
	if err != nil {
		return err
	}
	delete(s.heard, strings.Join(ch.label, " "))
	for _, topic := range ch.topics {
		if !s.hears(topic) {
			s.sub.Remove(topic)
		}
	}
	return nil
}

func (s *stream) hears(topic string) bool {
	for _, ch := range s.heard {
		if slices.Contains(ch.topics, topic) {
			return true
		}
	}
	return false
}

// message is an event as it goes over the wire. The payload is JSON in a text.
type message struct {
	Stream  []string `json:"stream"`
	Event   string   `json:"event"`
	Payload string   `json:"payload,omitempty"`
}

// messages are what an event is to this viewer: one for each channel that it
// came by, and none if they may not see it.
func (s *stream) messages(ctx context.Context, e notify.Event) ([]message, error) {
	var all []message
	for _, ch := range s.heard {
		if !slices.Contains(ch.topics, e.Topic) {
			continue
		}
		event, payload, err := s.payload(ctx, e, ch)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, message{ch.label, event, payload})
	}
	return all, nil
}

func (s *stream) payload(ctx context.Context, e notify.Event, ch channel) (event, payload string, err error) {
	r, me := s.api.Read.With(ctx), s.who.ActorID
	switch {
	case e.Name == "delete":
		return e.Name, id(e.PostID), nil
	case e.Topic == notify.Everybody:
		return s.announced(r, e)
	case e.Name == "filters_changed":
		return e.Name, "", nil
	case e.Name == "notification":
		n, err := s.api.notification(r, me, e.NotificationID)
		if err != nil {
			return "", "", err
		}
		return e.Name, string(encode(n)), nil
	}
	if ch.label[0] == "direct" {
		talk, err := s.conversation(r, e.PostID)
		return "conversation", string(talk), err
	}
	post, err := s.post(r, e.PostID, ch)
	return e.Name, string(post), err
}

// post renders a post for this viewer, by the same way as a timeline.
func (s *stream) post(r store.Reader, id int64, ch channel) (json.RawMessage, error) {
	e, err := s.api.entry(r, s.who.ActorID, id)
	if err != nil {
		return nil, err
	}
	entries := []store.Entry{e}
	if ch.quiet {
		if entries, err = heard(r, s.who.ActorID, entries); err != nil {
			return nil, err
		}
	}
	if len(entries) == 0 {
		return nil, errNotFound
	}
	sheet, err := s.api.sheet(r, s.who.ActorID, entries)
	if err != nil {
		return nil, err
	}
	if !sheet.whole(e) || sheet.hidden(e, ch.place) {
		return nil, errNotFound
	}
	return sheet.appendStatus(nil, e), nil
}

// conversation renders that of this viewer which has the post in it.
func (s *stream) conversation(r store.Reader, post int64) (json.RawMessage, error) {
	row, err := r.ConversationWith(s.who.ActorID, post)
	if err != nil {
		return nil, err
	}
	all, err := s.api.conversations(r, s.who.ActorID, []*store.Conversation{row})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errNotFound
	}
	return encode(all[0]), nil
}
