package ui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/store"
)

// live is one open page.
type live struct {
	ui     *UI
	me     int64
	who    auth.Who
	thread *store.Post // what the page is about, if it is a thread
	notice bool        // the page lists notifications
}

// Events is the stream of a page: rendered posts and the count of what is
// unread, as Server-Sent Events.
func (u *UI) Events(c *gin.Context) error {
	ctx, done, err := u.Streams.Open(c.Request.Context(), auth.WhoIs(c.Request.Context()).SessionID)
	if err != nil {
		return err
	}
	defer done()
	l := &live{ui: u, me: viewer(c), who: auth.WhoIs(c.Request.Context())}
	topics, err := l.topics(u.reader(c), c.Query("stream"))
	if err != nil {
		return err
	}
	sub := u.Notify.Hub.Subscribe(topics...)
	defer sub.Close()
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "private, no-store")
	c.Header("X-Accel-Buffering", "no")
	l.serve(ctx, http.NewResponseController(c.Writer), c.Writer, sub)
	return nil
}

// topics are what the page hears of.
func (l *live) topics(r store.Reader, name string) ([]string, error) {
	own := []string{"notification:" + id(l.me), notify.DeviceTopic(l.who.Person())}
	kind, what, _ := strings.Cut(name, ":")
	switch kind {
	case "home":
		return append(own, "user:"+id(l.me)), nil
	case "local":
		return append(own, "public:local"), nil
	case "tag":
		return append(own, "hashtag:"+strings.ToLower(what)), nil
	case "thread":
		p, err := r.VisiblePost(l.me, number(what))
		if err != nil {
			return nil, err
		}
		l.thread = p
		return append(own, "user:"+id(l.me), "public"), nil
	case "notifications":
		l.notice = true
	}
	return own, nil
}

const (
	beatEvery   = 20 * time.Second // shows that the stream lives
	writeWithin = 10 * time.Second
)

func (l *live) serve(ctx context.Context, control *http.ResponseController, w http.ResponseWriter, sub *notify.Subscription) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	write := func(s string) bool {
		if err := control.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
			return false
		}
		if _, err := w.Write([]byte(s)); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	for ok := write(":\n\n"); ok; {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			ok = write(":\n\n")
		case e, open := <-sub.Events():
			if !open {
				return
			}
			message, err := l.message(l.ui.Read.With(ctx), e)
			if err != nil {
				l.ui.Log.WarnContext(ctx, "stream a page", "error", err)
				return
			}
			ok = message == "" || write(message)
		}
	}
}

// message is what the page is told of an event, empty for nothing.
func (l *live) message(r store.Reader, e notify.Event) (string, error) {
	switch e.Name {
	case "notification":
		return l.notification(r, e.NotificationID)
	case "device":
		return l.devices(r)
	case "delete":
		return event("post", `<div id="post-`+id(e.PostID)+`" hx-swap-oob="delete"></div>`), nil
	}
	entries, err := r.Entries(l.me, []int64{e.PostID})
	if err != nil || len(entries) == 0 {
		return "", err
	}
	relations, err := relationsTo(r, l.me, store.Unique([]int64{entries[0].ActorID, entries[0].BoostActorID}))
	if err != nil {
		return "", err
	}
	for _, relation := range relations {
		if relation.Muting || relation.Blocking {
			return "", nil
		}
	}
	posts, err := l.ui.posts(r, l.me, entries)
	if err != nil || len(posts) == 0 {
		return "", err
	}
	return l.post(r, e, posts[0])
}

func (l *live) post(r store.Reader, e notify.Event, v ViewPost) (string, error) {
	name := "post"
	if l.thread != nil {
		p, err := r.Post(e.PostID)
		if err != nil || p.ThreadID != l.thread.ThreadID || p.BoostOfID != 0 {
			return "", err
		}
		name = "reply"
	}
	body, err := Part("post", v)
	if err != nil {
		return "", err
	}
	if e.Name == "status.update" { // in the place of what the page has of it
		body = strings.Replace(body, "<article ", `<article hx-swap-oob="true" `, 1)
	}
	return event(name, body), nil
}

func (l *live) notification(r store.Reader, notification int64) (string, error) {
	unread, err := r.UnreadNotifications(l.me, 99, store.NotificationQuery{})
	if err != nil {
		return "", err
	}
	count, err := Part("unread", int(unread))
	if err != nil || !l.notice {
		return event("unread", count), err
	}
	n, err := r.Notification(l.me, notification)
	if fault.Is(err, fault.NotFound) {
		return event("unread", count), nil
	}
	if err != nil {
		return "", err
	}
	views, err := l.ui.notifications(r, l.me, []*store.Notification{n}, 0)
	if err != nil || len(views) == 0 {
		return event("unread", count), err
	}
	body, err := Part("notification", views[0])
	return event("unread", count) + event("notification", body), err
}

func (l *live) devices(r store.Reader) (string, error) {
	open, err := l.ui.newDevices(r, l.who)
	if err != nil {
		return "", err
	}
	body, err := Part("devices", open)
	return event("device", body), err
}

// event writes a Server-Sent Event; each line of its data has its own mark.
func event(name, data string) string {
	return "event: " + name + "\ndata: " + strings.ReplaceAll(strings.TrimSpace(data), "\n", "\ndata: ") + "\n\n"
}
