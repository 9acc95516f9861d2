package mastodon

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
)

// thumpEvery is how often an idle stream of events shows that it lives.
const thumpEvery = 15 * time.Second

// Events is a stream as Server-Sent Events; its name is the path's end, with
// slashes for colons.
func (a *API) Events(c *gin.Context) error {
	_, name, _ := strings.Cut(c.FullPath(), "/api/v1/streaming/")
	name = strings.ReplaceAll(name, "/", ":")
	if strings.HasPrefix(name, "public") && asks(c, "only_media") {
		name += ":media"
	}
	return a.events(c, name)
}

func (a *API) events(c *gin.Context, name string) error {
	if name == "" {
		return fault.New(fault.NotFound, "Unknown stream type")
	}
	s, ctx, err := a.newStream(c)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.subscribe(ctx, name, cmp.Or(c.Query("tag"), c.Query("list"))); err != nil {
		return err
	}
	w := eventWriter{c.Writer, http.NewResponseController(c.Writer)}
	// The server's limit on reading a request would end the stream.
	_ = w.control.SetReadDeadline(time.Time{})
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "private, no-store")
	c.Header("X-Accel-Buffering", "no")
	thump := time.NewTicker(thumpEvery)
	defer thump.Stop()
	for err = w.write(":)\n"); err == nil; {
		select {
		case <-ctx.Done():
			return nil
		case <-thump.C:
			err = w.write(":thump\n")
		case e, open := <-s.sub.Events():
			if !open {
				return nil
			}
			messages, failure := s.messages(ctx, e)
			if failure != nil {
				slog.WarnContext(ctx, "stream an event", "error", failure)
				return nil
			}
			for _, m := range messages {
				err = w.write("event: " + m.Event + "\ndata: " + m.Payload + "\n\n")
			}
		}
	}
	return nil // who does not listen is not told
}

type eventWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// write sends text at once, or fails when it is not taken in time.
func (w eventWriter) write(text string) error {
	if err := w.control.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return w.control.Flush()
}

// StreamingHealth says that streaming works.
func (a *API) StreamingHealth(c *gin.Context) error {
	c.String(http.StatusOK, "OK")
	return nil
}
