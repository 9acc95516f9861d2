package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

// soon bounds what a test waits for.
const soon = 5 * time.Second

// live is an open WebSocket.
type live struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
}

// event is a message of a stream, with its payload read as far as it is JSON.
type event struct {
	Stream  []string
	Event   string
	Payload string
	Error   string
	Status  int
}

func (e event) object(t *testing.T) object {
	t.Helper()
	var v object
	require.NoError(t, json.Unmarshal([]byte(e.Payload), &v), "the payload is JSON in a text")
	return v
}

// dial opens a stream the way browsers do: the token is the subprotocol.
func (c *client) dial(t *testing.T) *live {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	conn, resp, err := websocket.Dial(ctx, strings.Replace(c.n.url, "http", "ws", 1)+"/api/v1/streaming", &websocket.DialOptions{
		Subprotocols: []string{c.token}, HTTPHeader: http.Header{"Origin": {"https://client.example"}},
	})
	require.NoError(t, err)
	require.Equal(t, c.token, resp.Header.Get("Sec-WebSocket-Protocol"))
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &live{t, conn, ctx}
}

func (l *live) say(command object) {
	l.t.Helper()
	text, err := json.Marshal(command)
	require.NoError(l.t, err)
	require.NoError(l.t, l.conn.Write(l.ctx, websocket.MessageText, text))
}

func (l *live) next() event {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.ctx, soon)
	defer cancel()
	_, text, err := l.conn.Read(ctx)
	require.NoError(l.t, err)
	var e event
	require.NoError(l.t, json.Unmarshal(text, &e), string(text))
	return e
}

// subscribed subscribes and waits until it holds: commands are obeyed in turn,
// so that the refusal of a second one tells.
func (l *live) subscribed(streams ...object) *live {
	l.t.Helper()
	for _, s := range streams {
		s["type"] = "subscribe"
		l.say(s)
	}
	l.say(object{"type": "subscribe", "stream": "nothing"})
	e := l.next()
	require.Equal(l.t, 404, e.Status)
	require.Equal(l.t, "Unknown stream type", e.Error)
	return l
}

func TestStreamOfAUser(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	bob.follow(ada)
	l := bob.dial(t).subscribed(object{"stream": "user"}, object{"stream": "user:notification"}, object{"stream": "hashtag", "tag": "Go"})
	id := ada.post("Hello #go")
	got := map[string]event{}
	for range 2 {
		e := l.next()
		got[strings.Join(e.Stream, " ")] = e
	}
	assert.Equal(t, "update", got["user"].Event)
	assert.Equal(t, id, got["user"].object(t)["id"])
	assert.Equal(t, id, got["hashtag go"].object(t)["id"])
	l.say(object{"type": "unsubscribe", "stream": "hashtag", "tag": "go"})
	l.subscribed()

	ada.send("PUT", "/api/v1/statuses/"+id, object{"status": "Hello again"}).ok()
	e := l.next()
	assert.Equal(t, "status.update", e.Event)
	assert.Contains(t, e.object(t)["content"], "again")

	ada.do("DELETE", "/api/v1/statuses/"+id, nil).ok()
	assert.Equal(t, event{Stream: []string{"user"}, Event: "delete", Payload: id}, l.next())

	ada.post("For @bob", "visibility", "direct")
	kinds := map[string]string{}
	for range 3 {
		e := l.next()
		kinds[e.Stream[0]+" "+e.Event] = e.Payload
	}
	assert.Contains(t, kinds["user update"], "For")
	assert.Contains(t, kinds["user notification"], `"type":"mention"`)
	assert.Equal(t, kinds["user notification"], kinds["user:notification notification"])
}

// A public stream shows nobody whom its viewer has muted, and nothing that
// they may not see.
func TestPublicStreamRespectsItsViewer(t *testing.T) {
	n := sqlite(t)
	ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
	bob.send("POST", eve.at("/api/v1/accounts/%d/mute"), object{}).ok()
	l := bob.dial(t).subscribed(object{"stream": "public"}, object{"stream": "public:local"})
	eve.post("not for bob")
	ada.post("followers only", "visibility", "private")
	ada.post("between us", "visibility", "direct")
	id := ada.post("for all")
	for range 2 {
		assert.Equal(t, id, l.next().object(t)["id"])
	}
}

func TestDirectStream(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	l := bob.dial(t).subscribed(object{"stream": "direct"})
	ada.post("@bob hi", "visibility", "direct")
	e := l.next()
	assert.Equal(t, "conversation", e.Event)
	check(t, entities(t), "Conversation", "conversation", any(e.object(t)))
	assert.Len(t, e.object(t)["accounts"], 1)
}

func TestStreamsTakeTokensOnly(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	address := strings.Replace(n.url, "http", "ws", 1) + "/api/v1/streaming"
	for _, options := range []*websocket.DialOptions{nil, {Subprotocols: []string{"dead"}}} {
		_, resp, err := websocket.Dial(t.Context(), address, options)
		require.Error(t, err)
		assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	}
	conn, _, err := websocket.Dial(t.Context(), address+"?stream=user&access_token="+ada.token, nil)
	require.NoError(t, err)
	l := &live{t, conn, t.Context()}
	l.subscribed()
	id := ada.post("mine")
	assert.Equal(t, id, l.next().object(t)["id"])
	require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))

	narrow := &client{n: n, token: n.tokenFor(ada.id, "read:notifications")}
	l = narrow.dial(t)
	l.say(object{"type": "subscribe", "stream": "user"})
	assert.Equal(t, 403, l.next().Status)
}

// A stream outlives its token by less than two seconds.
// An app that gives its token back loses the stream of that token, and of no other.
func TestARevokedTokenEndsItsStreams(t *testing.T) {
	n := sqlite(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go n.API.Streams.Watch(ctx, n.db.Reader, slog.New(slog.DiscardHandler))
	app := n.stranger().form("POST", "/api/v1/apps", url.Values{"client_name": {"toot"}, "redirect_uris": {"urn:ietf:wg:oauth:2.0:oob"}, "scopes": {"read"}}).ok().object()
	row, err := n.db.App(app["client_id"].(string))
	require.NoError(t, err)
	ada, secret := n.person("ada"), auth.NewSecret()
	n.write(func(tx *store.Tx) error {
		return tx.CreateToken(&store.Token{ID: store.NewID(), AppID: row.ID, TokenHash: auth.Hash(secret), ActorID: ada.id, Scopes: "read", CreatedAt: store.Now()})
	})
	theirs := (&client{n: n, id: ada.id, token: secret}).dial(t).subscribed(object{"stream": "user"})
	other := ada.dial(t).subscribed(object{"stream": "user"})
	n.stranger().form("POST", "/oauth/revoke", url.Values{"client_id": {app["client_id"].(string)}, "client_secret": {app["client_secret"].(string)}, "token": {secret}}).ok()
	_, _, err = theirs.conn.Read(theirs.ctx)
	assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err), err)
	id := ada.post("still here")
	assert.Equal(t, id, other.next().object(t)["id"])
}

func TestStreamsEndWithTheirToken(t *testing.T) {
	n := sqlite(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go n.API.Streams.Watch(ctx, n.db.Reader, slog.New(slog.DiscardHandler))
	ada, bob := n.person("ada"), n.person("bob")
	first, other := ada.dial(t).subscribed(object{"stream": "user"}), bob.dial(t).subscribed(object{"stream": "user"})
	events := bob.events(t, "/api/v1/streaming/user")
	ended := time.Now()
	n.write(func(tx *store.Tx) error { return tx.EndAccess(ada.id) })
	_, _, err := first.conn.Read(first.ctx)
	assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err), err)
	assert.Less(t, time.Since(ended), 2*time.Second)

	id := bob.post("still here")
	assert.Equal(t, id, other.next().object(t)["id"])
	ended = time.Now()
	require.NoError(t, n.Actors.Disable(t.Context(), 0, bob.id))
	_, err = io.Copy(io.Discard, events)
	require.NoError(t, err)
	assert.Less(t, time.Since(ended), 2*time.Second)
}

// events opens a stream of Server-Sent Events.
func (c *client) events(t *testing.T, path string) io.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", c.n.url+path, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	return resp.Body
}

func TestServerSentEvents(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	for path, tag := range map[string]string{"/api/v1/streaming/user": "", "/api/v1/streaming/public/local": "", "/api/v1/streaming/hashtag/local?tag=Go": "#Go", "/api/v1/streaming?stream=public": ""} {
		lines := bufio.NewScanner(ada.events(t, path))
		lines.Buffer(nil, 1<<20)
		require.True(t, lines.Scan(), path)
		require.Equal(t, ":)", lines.Text())
		id := ada.post("Hello " + tag)
		require.True(t, lines.Scan())
		assert.Equal(t, "event: update", lines.Text(), path)
		require.True(t, lines.Scan())
		assert.True(t, strings.HasPrefix(lines.Text(), `data: {"id":"`+id+`"`), lines.Text())
	}
	assert.Equal(t, 400, ada.get("/api/v1/streaming/hashtag").code)
	assert.Equal(t, "OK", ada.get("/api/v1/streaming/health").ok().body)
}
