package web_test

import (
	"bufio"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/notify"
	"parley/internal/store/storetest"
)

// A post with a file is on the streams of such posts, and one without is not.
func TestStreamsOfMedia(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	l := ada.dial(t).subscribed(object{"stream": "public:media"}, object{"stream": "public:local:media"}, object{"stream": "public:remote:media"})
	events := bufio.NewScanner(ada.events(t, "/api/v1/streaming/public/local?only_media=true"))
	events.Buffer(nil, 1<<20)
	require.True(t, events.Scan())
	ada.post("words")
	id := ada.send("POST", "/api/v1/statuses", object{"status": "a picture", "media_ids": []string{upload(t, ada, "a square")}}).ok().object()["id"]
	names := []string{}
	for range 2 {
		e := l.next()
		assert.Equal(t, id, e.object(t)["id"])
		names = append(names, e.Stream[0])
	}
	assert.ElementsMatch(t, []string{"public:media", "public:local:media"}, names)
	require.True(t, events.Scan())
	require.True(t, events.Scan())
	assert.Contains(t, events.Text(), id)
}

// What is written through one process is heard through the other.
func TestStreamsOfTwoProcesses(t *testing.T) {
	url := storetest.URL(t, "postgres")
	nodes := []*node{newNode(t, storetest.Open(t, url)), newNode(t, storetest.Open(t, url))}
	for _, n := range nodes {
		r := &notify.Relay{DB: n.db, Hub: n.API.Notify.Hub, Log: slog.New(slog.DiscardHandler)}
		ready, done, ctx := make(chan struct{}), make(chan struct{}), t.Context()
		go func() { defer close(done); r.Run(ctx, func() { close(ready) }) }()
		<-ready
		t.Cleanup(func() { <-done })
	}
	ada, bob := nodes[0].person("ada"), nodes[0].person("bob")
	bob.follow(ada)
	there := &client{n: nodes[1], id: bob.id, token: bob.token}
	l := there.dial(t).subscribed(object{"stream": "user"})
	id := ada.post("hello @bob")
	kinds := map[string]string{}
	for range 2 {
		e := l.next()
		kinds[e.Event] = e.Payload
	}
	assert.Contains(t, kinds["update"], id)
	assert.Contains(t, kinds["notification"], `"type":"mention"`)
	ada.do("DELETE", "/api/v1/statuses/"+id, nil).ok()
	assert.Equal(t, event{Stream: []string{"user"}, Event: "delete", Payload: id}, l.next())
}

// A thousand open streams cost little memory, with their clients in it, and
// all of them hear.
func TestAThousandStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("opens a thousand connections; run without -short")
	}
	n := sqlite(t)
	n.Limits = false
	ada := n.person("ada")
	memory := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := memory()
	var all []*live
	address := strings.Replace(n.url, "http", "ws", 1) + "/api/v1/streaming?stream=public"
	for i := range 1000 {
		if i%32 == 0 {
			ada.token = n.tokenFor(ada.id, "read write")
		}
		conn, _, err := websocket.Dial(t.Context(), address+"&access_token="+ada.token, nil)
		require.NoError(t, err)
		defer func() { _ = conn.CloseNow() }()
		all = append(all, &live{t, conn, t.Context()})
	}
	all[999].subscribed()
	each := (memory() - before) / 1000
	t.Logf("%d bytes for a stream and its client", each)
	assert.Less(t, each, uint64(100<<10))
	begun := time.Now()
	id := ada.post("hello")
	for _, l := range all {
		assert.Equal(t, id, l.next().object(t)["id"])
	}
	t.Logf("all heard after %s", time.Since(begun))
}
