package web_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// talks are what a client's conversations say last, with a mark if unread.
func (c *client) talks() []string {
	c.n.t.Helper()
	out := []string{}
	for _, talk := range c.get("/api/v1/conversations").ok().list() {
		line := talk["last_status"].(object)["id"].(string)
		if talk["unread"].(bool) {
			line += "*"
		}
		out = append(out, line)
	}
	return out
}

func TestConversations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		l := bob.dial(t).subscribed(object{"stream": "direct"})
		first := ada.post("@bob hello", "visibility", "direct")
		heard := l.next()
		assert.Equal(t, "conversation", heard.Event)
		assert.Equal(t, true, heard.object(t)["unread"])
		assert.Equal(t, []string{first}, ada.talks())
		assert.Equal(t, []string{first + "*"}, bob.talks())
		assert.Empty(t, eve.talks())
		talk := bob.get("/api/v1/conversations").list()[0]
		assert.Equal(t, heard.object(t)["id"], talk["id"])
		assert.Equal(t, ids(ada), []string{talk["accounts"].([]any)[0].(object)["id"].(string)})
		answer := bob.post("@ada hi", "visibility", "direct", "in_reply_to_id", first)
		assert.Equal(t, []string{answer + "*"}, ada.talks())
		assert.Equal(t, []string{answer}, bob.talks())
		wider := bob.post("@ada @eve both", "visibility", "direct", "in_reply_to_id", first)
		assert.Equal(t, []string{wider + "*", answer + "*"}, ada.talks(), "with others it is another one")
		assert.Equal(t, []string{wider + "*"}, eve.talks())

		page := ada.get("/api/v1/conversations?limit=1")
		m := linkHeader.FindStringSubmatch(page.header.Get("Link"))
		require.NotNil(t, m)
		assert.Equal(t, answer, ada.get(m[1]).ok().list()[0]["last_status"].(object)["id"])
		path := "/api/v1/conversations/" + page.ok().list()[0]["id"].(string)
		assert.Equal(t, false, ada.send("POST", path+"/read", object{}).ok().object()["unread"])
		assert.Equal(t, []string{wider, answer + "*"}, ada.talks())
		assert.Equal(t, true, ada.send("POST", path+"/unread", object{}).ok().object()["unread"])
		for _, act := range []string{"/read", "/unread"} {
			assert.Equal(t, 404, eve.send("POST", path+act, object{}).code)
		}
		assert.Equal(t, 404, eve.do("DELETE", path, nil).code)
		bob.do("DELETE", "/api/v1/statuses/"+answer, nil).ok()
		assert.Equal(t, []string{wider + "*", first + "*"}, ada.talks(), "what is gone was not said last")
		ada.do("DELETE", path, nil).ok()
		assert.Equal(t, []string{first + "*"}, ada.talks())
		assert.Equal(t, []string{wider + "*"}, eve.talks())
		ada.do("DELETE", "/api/v1/statuses/"+first, nil).ok()
		assert.Empty(t, ada.talks())
		ada.send("POST", eve.at("/api/v1/accounts/%d/mute"), object{}).ok()
		eve.post("@ada psst", "visibility", "direct")
		assert.Empty(t, ada.talks(), "who is muted begins none")
		self := ada.post("a note to myself", "visibility", "direct")
		assert.Equal(t, []string{self}, ada.talks())
	})
}

// A page of conversations costs as many queries for twenty as for one.
func TestConversationsAreAConstantNumberOfQueries(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	for _, name := range []string{"bob", "carol", "dan", "eve", "fay", "gus"} {
		n.person(name).post("@ada hello", "visibility", "direct")
	}
	count, err := n.db.CountQueries()
	require.NoError(t, err)
	queries := func(limit string) int64 {
		before := count.Load()
		ada.get("/api/v1/conversations?limit=" + limit).ok()
		return count.Load() - before
	}
	queries("6")
	assert.Equal(t, queries("1"), queries("6"))
	assert.LessOrEqual(t, queries("6"), int64(6))
}

func TestMutedThreads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		root := ada.post("a question")
		one := bob.post("@ada one", "in_reply_to_id", root)
		require.Len(t, ada.get("/api/v1/notifications").ids(), 1)
		assert.Equal(t, true, ada.send("POST", "/api/v1/statuses/"+root+"/mute", object{}).ok().object()["muted"])
		assert.Equal(t, true, ada.get("/api/v1/statuses/" + one).ok().object()["muted"], "all of the thread is")
		assert.Equal(t, false, bob.get("/api/v1/statuses/" + root).ok().object()["muted"])
		bob.post("@ada two", "in_reply_to_id", one)
		bob.send("POST", "/api/v1/statuses/"+root+"/favourite", object{}).ok()
		assert.Len(t, ada.get("/api/v1/notifications").ids(), 1)
		bob.post("@ada another matter")
		assert.Len(t, ada.get("/api/v1/notifications").ids(), 2)
		assert.Equal(t, false, ada.send("POST", "/api/v1/statuses/"+one+"/unmute", object{}).ok().object()["muted"])
		bob.post("@ada three", "in_reply_to_id", one)
		assert.Len(t, ada.get("/api/v1/notifications").ids(), 3)
		secret := bob.post("for me", "visibility", "direct")
		assert.Equal(t, 404, ada.send("POST", "/api/v1/statuses/"+secret+"/mute", object{}).code)
	})
}
