package mastodon

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"github.com/gin-gonic/gin"

	"parley/about"
	"parley/actors"
	"parley/auth"
	"parley/inbox"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/store"
	"parley/outbox"
	"parley/partners"
)

// API answers client apps.
type API struct {
	Read   store.Reader
	Actors *actors.Actors
	Outbox *outbox.Outbox
	Inbox  *inbox.Inbox
	Notify *notify.Notify
	About  *about.About
	Push   *notify.Push

	Partners *partners.Partners
	Auth     *auth.Auth
	Networks *auth.Networks

	URL    string // public URL, without a slash at its end
	Domain string // what stands behind the @ of our handles
	Node   Node

	Cache       *Cache
	ShowActedBy bool // whether people here see who wrote a post of a shared account
	Streams     *notify.Streams
	Remote      *media.Remote

	weeks weeks
}

// Node is what the instance documents say about this one.
type Node struct {
	Title     string
	Allowlist bool // federation is limited to partners
}

var errNotFound = fault.New(fault.NotFound, "Record not found")

// viewer is the person who asks, 0 for a stranger.
func viewer(c *gin.Context) int64 { return auth.WhoIs(c.Request.Context()).ActorID }

// reader answers queries for the request.
func (a *API) reader(c *gin.Context) store.Reader { return a.Read.With(c.Request.Context()) }

// pathID is the id in the path: one that cannot be an id names nothing.
func pathID(c *gin.Context) (int64, error) {
	if n := number(c.Param("id")); n > 0 {
		return n, nil
	}
	return 0, errNotFound
}

// number reads an id, 0 for what is none.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

const jsonType = "application/json; charset=utf-8"

// answer writes an entity.
func answer(c *gin.Context, entity any) error { return answerStatus(c, http.StatusOK, entity) }

func answerStatus(c *gin.Context, status int, entity any) error {
	body := encode(entity)
	c.Data(status, jsonType, body)
	return nil
}

// done answers where there is nothing to say. Some clients refuse an answer
// that is no JSON, and a 204 with it.
func done(c *gin.Context) error { return answer(c, struct{}{}) }

// None answers with an empty list, where there never is anything.
func (a *API) None(c *gin.Context) error { return answer(c, []struct{}{}) }

// encode writes JSON without escaping HTML: that is for JSON inside a page.
func encode(v any) []byte {
	if raw, ok := v.(json.RawMessage); ok {
		return raw
	}
	var b buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // entities are structs of texts and numbers
	}
	return b[:len(b)-1] // without the line end
}

// buffer is a slice that can be written to.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// buffers are for whole pages.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

// write answers with what fill appends.
func write(c *gin.Context, fill func([]byte) []byte) error {
	b := buffers.Get().(*buffer)
	*b = fill((*b)[:0])
	c.Data(http.StatusOK, jsonType, *b)
	buffers.Put(b)
	return nil
}

// with adds a key to a rendered object.
func with(object []byte, key string, value any) json.RawMessage {
	b := append(make([]byte, 0, len(object)+64), object[:len(object)-1]...)
	b = append(append(append(b, `,"`...), key...), `":`...)
	b = append(b, encode(value)...)
	return append(b, '}')
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

// optionalID is null for 0.
func optionalID(n int64) *string {
	if n == 0 {
		return nil
	}
	s := id(n)
	return &s
}

// optional is null for the empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// moment is a time as clients parse it: some insist on the milliseconds.
func moment(t store.Time) string { return t.Time().Format("2006-01-02T15:04:05.000Z") }

// optionalMoment is null for never.
func optionalMoment(t store.Time) *string {
	if t == 0 {
		return nil
	}
	s := moment(t)
	return &s
}

// optionalDay is a date, null for never.
func optionalDay(t store.Time) *string {
	if t == 0 {
		return nil
	}
	s := t.Time().Format("2006-01-02")
	return &s
}

func contextOf(c *gin.Context) context.Context { return c.Request.Context() }
