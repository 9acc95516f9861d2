package ui

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/store"
)

// Streams are the pages open in this process that hear of what is new, so that
// those of a session that has ended can be closed.
type Streams struct {
	mu   sync.Mutex
	open map[int64]map[*context.CancelFunc]struct{} // by session
}

// NewStreams begins without streams.
func NewStreams() *Streams { return &Streams{open: map[int64]map[*context.CancelFunc]struct{}{}} }

// maxStreams is how many pages of one session may be live. A browser does not
// open more connections to one host than it has tabs; the rest is abuse.
const maxStreams = 24

func (s *Streams) add(session int64, cancel *context.CancelFunc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open[session]) >= maxStreams {
		return fault.New(fault.TooMany, "Too many pages are open.")
	}
	if s.open[session] == nil {
		s.open[session] = map[*context.CancelFunc]struct{}{}
	}
	s.open[session][cancel] = struct{}{}
	return nil
}

func (s *Streams) remove(session int64, cancel *context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open[session], cancel)
	if len(s.open[session]) == 0 {
		delete(s.open, session)
	}
}

// end closes the streams of the sessions.
func (s *Streams) end(sessions []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range sessions {
		for cancel := range s.open[session] {
			(*cancel)()
		}
	}
}

// endAll closes all streams: the process is going.
func (s *Streams) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, streams := range s.open {
		for cancel := range streams {
			(*cancel)()
		}
	}
}

func (s *Streams) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open) == 0
}

// lookBack makes up for the clocks of several processes and for transactions
// that took their time.
const lookBack = 10 * time.Second

// Watch closes the streams of sessions that have ended, until ctx is done and
// then all of them. It asks once a second for all streams, and not at all
// while there are none.
func (s *Streams) Watch(ctx context.Context, r store.Reader, log *slog.Logger) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	defer s.endAll()
	since := store.Now().Add(-lookBack)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := store.Now().Add(-lookBack)
		if s.idle() {
			since = now
			continue
		}
		_, sessions, err := r.With(ctx).EndedSince(since)
		if err != nil {
			log.WarnContext(ctx, "look for sessions that have ended", "error", err)
			continue
		}
		s.end(sessions)
		since = now
	}
}

// live is one open page.
type live struct {
	ui     *UI
	me     int64
	thread *store.Post // what the page is about, if it is a thread
	notice bool        // the page lists notifications
}

// Events is the stream of a page: rendered posts and the count of what is
// unread, as Server-Sent Events.
func (u *UI) Events(c *gin.Context) error {
	session := auth.WhoIs(c.Request.Context()).SessionID
	ctx, cancel := context.WithCancel(c.Request.Context())
	defer cancel()
	if err := u.Streams.add(session, &cancel); err != nil {
		return err
	}
	defer u.Streams.remove(session, &cancel)
	l := &live{ui: u, me: viewer(c)}
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
	own := []string{"notification:" + id(l.me)}
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
	case "delete":
		return event("post", `<div id="post-`+id(e.PostID)+`" hx-swap-oob="delete"></div>`), nil
	}
	entries, err := r.Entries(l.me, []int64{e.PostID})
	if err != nil || len(entries) == 0 {
		return "", err
	}
	relations, err := relationsTo(r, l.me, unique([]int64{entries[0].ActorID, entries[0].BoostActorID}))
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
	unread, err := r.UnreadNotifications(l.me, 99)
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

// event writes a Server-Sent Event; each line of its data has its own mark.
func event(name, data string) string {
	return "event: " + name + "\ndata: " + strings.ReplaceAll(strings.TrimSpace(data), "\n", "\ndata: ") + "\n\n"
}
