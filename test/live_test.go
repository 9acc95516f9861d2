package test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"
)

// event is one message of a stream.
type event struct {
	Name    string `json:"event"`
	Payload string `json:"payload"`
}

// socket opens the person's stream as browsers do, with the token as the
// subprotocol.
func (p *person) socket() <-chan event {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	address := strings.Replace(p.node.url, "http", "ws", 1) + "/api/v1/streaming"
	conn, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPClient: &http.Client{Transport: web.Transport}, Subprotocols: []string{p.token}})
	require.NoError(p.t, err)
	require.Equal(p.t, p.token, conn.Subprotocol())
	conn.SetReadLimit(1 << 20)
	// A subscription is not answered, but what cannot be had is: once that is
	// refused, the one before it holds.
	var refused fields
	require.NoError(p.t, wsjson.Write(ctx, conn, fields{"type": "subscribe", "stream": "user"}))
	require.NoError(p.t, wsjson.Write(ctx, conn, fields{"type": "subscribe", "stream": "none such"}))
	require.NoError(p.t, wsjson.Read(ctx, conn, &refused))
	require.Contains(p.t, refused, "error")
	events := make(chan event, 100)
	ended := make(chan struct{})
	p.t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		defer close(events)
		defer func() { _ = conn.CloseNow() }()
		for {
			var e event
			if wsjson.Read(ctx, conn, &e) != nil {
				return
			}
			events <- e
		}
	}()
	return events
}

// events opens the person's stream as Server-Sent Events.
func (p *person) events() <-chan event {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "GET", p.node.url+"/api/v1/streaming/user", nil)
	require.NoError(p.t, err)
	request.Header.Set("Authorization", "Bearer "+p.token)
	answer, err := (&http.Client{Transport: web.Transport}).Do(request)
	require.NoError(p.t, err)
	require.Equal(p.t, http.StatusOK, answer.StatusCode)
	events := make(chan event, 100)
	ended := make(chan struct{})
	p.t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		defer close(events)
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.Name = value
			case "data":
				e.Payload = value
				events <- e
			}
		}
	}()
	return events
}

// hears waits for the event on a stream.
func (p *person) hears(events <-chan event, name string, is func(event) bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e, open := <-events:
			require.True(p.t, open, "the stream of %s ended", p.handle())
			if e.Name == name && is(e) {
				return
			}
		case <-deadline:
			p.t.Fatalf("%s heard nothing of: %s", p.handle(), name)
		}
	}
}

// about matches events whose post contains part.
func about(part string) func(event) bool {
	return func(e event) bool {
		var s status
		return json.Unmarshal([]byte(e.Payload), &s) == nil && strings.Contains(s.Content, part)
	}
}

// naming matches events whose payload is the id.
func naming(id string) func(event) bool {
	return func(e event) bool { return e.Payload == id }
}

// from matches notifications of a kind.
func from(kind, acct string) func(event) bool {
	return func(e event) bool {
		var n notification
		return json.Unmarshal([]byte(e.Payload), &n) == nil && n.Type == kind && n.Account.Acct == acct
	}
}
