package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// quoteOf is what a post quotes, as somebody sees it.
func quoteOf(c *client, id string) (state any, quoted object) {
	c.n.t.Helper()
	q, _ := c.get("/api/v1/statuses/" + id).ok().object()["quote"].(object)
	quoted, _ = q["quoted_status"].(object)
	return q["state"], quoted
}

func TestQuotes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		said := ada.send("POST", "/api/v1/statuses", object{"status": "words"}).ok().object()
		id := said["id"].(string)
		assert.Equal(t, object{"automatic": []any{"public"}, "manual": []any{}, "current_user": "automatic"}, said["quote_approval"])
		quote := bob.send("POST", "/api/v1/statuses", object{"status": "as she says", "quoted_status_id": id}).ok().object()
		state, quoted := quoteOf(eve, quote["id"].(string))
		assert.Equal(t, "accepted", state)
		assert.Equal(t, id, quoted["id"])
		assert.EqualValues(t, 1, quoted["quotes_count"])
		assert.Contains(t, quote["content"], `<p class="quote-inline">RE: <a`)
		assert.Equal(t, []string{quote["id"].(string)}, ada.get("/api/v1/statuses/"+id+"/quotes").ids())
		assert.Equal(t, "quote", ada.get("/api/v1/notifications").list()[0]["type"])

		// What is quoted names what it quotes itself by its id.
		above := eve.send("POST", "/api/v1/statuses", object{"quoted_status_id": quote["id"]}).ok().object()
		_, quoted = quoteOf(ada, above["id"].(string))
		assert.Equal(t, object{"state": "accepted", "quoted_status_id": id}, quoted["quote"])
		home := bob.get("/api/v1/timelines/public?limit=1").list()[0]
		assert.Equal(t, above["id"], home["id"])
		assert.NotNil(t, home["quote"])

		// Who may not see what is quoted learns nothing of it.
		for _, hidden := range []struct{ by, path, undo, state string }{
			{"ada", "/block", "/unblock", "unauthorized"}, {"eve", "/mute", "/unmute", "muted_account"}, {"eve", "/block", "/unblock", "blocked_account"},
		} {
			who, whom := eve, ada
			if hidden.by == "ada" {
				who, whom = ada, eve
			}
			who.send("POST", whom.at("/api/v1/accounts/%d")+hidden.path, object{}).ok()
			state, quoted = quoteOf(eve, quote["id"].(string))
			assert.Equal(t, hidden.state, state)
			assert.Nil(t, quoted, hidden.state)
			who.send("POST", whom.at("/api/v1/accounts/%d")+hidden.undo, object{}).ok()
		}

		// The policy decides, and can be changed.
		path := "/api/v1/statuses/" + id
		changed := ada.send("PUT", path+"/interaction_policy", object{"quote_approval_policy": "followers"}).ok().object()
		assert.Equal(t, []any{"followers"}, changed["quote_approval"].(object)["automatic"])
		refused := bob.send("POST", "/api/v1/statuses", object{"status": "again", "quoted_status_id": id})
		assert.Equal(t, http.StatusUnprocessableEntity, refused.code)
		assert.Equal(t, "denied", bob.get(path).ok().object()["quote_approval"].(object)["current_user"])
		bob.follow(ada)
		assert.Equal(t, "automatic", bob.get(path).ok().object()["quote_approval"].(object)["current_user"])
		assert.Equal(t, http.StatusNotFound, bob.send("PUT", path+"/interaction_policy", object{"quote_approval_policy": "public"}).code)

		// Leave can be taken back, by whom it was given and nobody else.
		revoke := path + "/quotes/" + quote["id"].(string) + "/revoke"
		assert.Equal(t, http.StatusNotFound, bob.send("POST", revoke, object{}).code)
		after := ada.send("POST", revoke, object{}).ok().object()
		assert.Equal(t, object{"state": "revoked", "quoted_status": nil}, after["quote"])
		assert.Empty(t, ada.get(path+"/quotes").ids())
		assert.EqualValues(t, 0, ada.get(path).ok().object()["quotes_count"])

		// What is gone is gone in what quotes it.
		other := ada.post("more words")
		last := bob.send("POST", "/api/v1/statuses", object{"status": "hm", "quoted_status_id": other}).ok().object()["id"].(string)
		ada.do("DELETE", "/api/v1/statuses/"+other, nil).ok()
		state, quoted = quoteOf(bob, last)
		assert.Equal(t, "deleted", state)
		assert.Nil(t, quoted)

		// Followers only: one's own words, for the same few.
		private := ada.send("POST", "/api/v1/statuses", object{"status": "for few", "visibility": "private"}).ok().object()["id"]
		assert.Equal(t, http.StatusUnprocessableEntity, bob.send("POST", "/api/v1/statuses", object{"status": "look", "quoted_status_id": private}).code)
		assert.Equal(t, http.StatusNotFound, eve.send("POST", "/api/v1/statuses", object{"status": "look", "quoted_status_id": private}).code)
		own := ada.send("POST", "/api/v1/statuses", object{"status": "as I said", "quoted_status_id": private}).ok().object()
		assert.Equal(t, "private", own["visibility"])
	})
}

// A page costs as many queries with twenty quotes on it as with one.
func TestQuotesAreAConstantNumberOfQueries(t *testing.T) {
	n := sqlite(t)
	n.Limits = false
	ada, bob := n.person("ada"), n.person("bob")
	for range 10 {
		id := ada.post("words")
		bob.send("POST", "/api/v1/statuses", object{"status": "so", "quoted_status_id": id}).ok()
	}
	count, err := n.db.CountQueries()
	require.NoError(t, err)
	queries := func(limit string) int64 {
		ada.get("/api/v1/timelines/public?limit=" + limit).ok()
		before := count.Load()
		ada.get("/api/v1/timelines/public?limit=" + limit).ok()
		return count.Load() - before
	}
	assert.Equal(t, queries("2"), queries("20"))
}
