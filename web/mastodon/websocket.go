package mastodon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"parley/internal/fault"
)

// How long a stream waits: for a slow reader, and between signs of life, which
// keep proxies from closing what is quiet.
const (
	writeWithin = 10 * time.Second
	pingEvery   = 30 * time.Second
)

// Streaming is the WebSocket, on which a client may hear several streams.
func (a *API) Streaming(c *gin.Context) error {
	if !strings.EqualFold(c.GetHeader("Upgrade"), "websocket") {
		return a.events(c, c.Query("stream"))
	}
	s, ctx, err := a.newStream(c)
	if err != nil {
		return err
	}
	defer s.close()
	conn, err := websocket.Accept(c.Writer, c.Request, &websocket.AcceptOptions{
		// Browsers that offer their token as a subprotocol want it back.
		Subprotocols: offered(c.Request),
		// The token is no cookie: a foreign page that has it may use it.
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		slog.DebugContext(ctx, "open a stream", "error", err)
		return nil // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }()
	if name := c.Query("stream"); name != "" {
		if err := s.obey(ctx, conn, command{Type: "subscribe", Stream: name, Tag: c.Query("tag"), List: c.Query("list")}); err != nil {
			return nil
		}
	}
	s.serve(ctx, conn)
	return nil
}

func offered(r *http.Request) []string {
	var all []string
	for part := range strings.SplitSeq(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// command is what a client says on its WebSocket.
type command struct {
	Type   string `json:"type"`
	Stream string `json:"stream"`
	Tag    string `json:"tag"`
	List   string `json:"list"`
}

// serve is a stream's life: it ends when its client, its token or its
// patience does.
func (s *stream) serve(ctx context.Context, conn *websocket.Conn) {
	commands := make(chan command)
	go s.listen(ctx, conn, commands)
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			_ = conn.Close(websocket.StatusPolicyViolation, "This stream has ended")
			return
		case e, open := <-s.sub.Events():
			if !open {
				_ = conn.Close(websocket.StatusTryAgainLater, "This stream was read too slowly")
				return
			}
			messages, failure := s.messages(ctx, e)
			if failure != nil {
				slog.WarnContext(ctx, "stream an event", "error", failure)
				_ = conn.Close(websocket.StatusInternalError, "Something went wrong on our side")
				return
			}
			for _, m := range messages {
				err = errors.Join(err, send(ctx, conn, m))
			}
		case cmd := <-commands:
			err = s.obey(ctx, conn, cmd)
		case <-ping.C:
			err = s.ping(ctx, conn)
		}
		if err != nil {
			return
		}
	}
}

// listen passes on what the client says, and ends the stream when it leaves.
func (s *stream) listen(ctx context.Context, conn *websocket.Conn, to chan<- command) {
	defer s.done()
	// A Read whose context ends breaks the connection off, and nobody could be
	// told why any more: serve closes it instead.
	reading := context.WithoutCancel(ctx)
	for {
		_, text, err := conn.Read(reading)
		if err != nil {
			return
		}
		var cmd command
		if json.Unmarshal(text, &cmd) != nil {
			continue // keep-alives of some clients are no JSON
		}
		select {
		case to <- cmd:
		case <-ctx.Done():
			return
		}
	}
}

// obey subscribes or unsubscribes, and says so where it cannot.
func (s *stream) obey(ctx context.Context, conn *websocket.Conn, cmd command) error {
	var err error
	switch cmd.Type {
	case "subscribe":
		err = s.subscribe(ctx, cmd.Stream, cmp.Or(cmd.Tag, cmd.List))
	case "unsubscribe":
		err = s.unsubscribe(ctx, cmd.Stream, cmp.Or(cmd.Tag, cmd.List))
	}
	if err == nil {
		return nil
	}
	return send(ctx, conn, map[string]any{"error": fault.Message(err), "status": int(fault.Of(err))})
}

func send(ctx context.Context, conn *websocket.Conn, m any) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, encode(m))
}

func (s *stream) ping(ctx context.Context, conn *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return conn.Ping(ctx)
}
