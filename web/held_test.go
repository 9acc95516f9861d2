package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// hold posts what waits for an hour before it is sent, and gives the id.
func (c *client) hold(text string, more object) string {
	c.n.t.Helper()
	body := object{"status": text, "hold_seconds": 3600}
	for key, value := range more {
		body[key] = value
	}
	p := c.send("POST", "/api/v1/statuses", body).ok().object()
	require.NotNil(c.n.t, p["held_until"])
	return p["id"].(string)
}

// document asks for something as another node would.
func (c *client) document(path string) answer {
	c.n.t.Helper()
	return c.do("GET", path, nil, "Accept", "application/activity+json")
}

// A post that is held is its author's alone, wherever somebody looks, and when
// its time has passed it is where it belongs.
func TestAHeldPostIsItsAuthorsAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.Limits = false
		n.previews()
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		bob.follow(ada)
		bob.send("POST", ada.at("/api/v1/accounts/%d/follow"), object{"notify": true}).ok()
		list := strings.TrimPrefix(bob.list(object{"title": "all"}, ada), "/api/v1/lists/")
		bob.send("POST", "/api/v1/tags/secret/follow", object{}).ok()
		question := bob.post("a question")
		streams := bob.dial(t).subscribed(object{"stream": "user"}, object{"stream": "user:notification"}, object{"stream": "public"}, object{"stream": "public:local"},
			object{"stream": "hashtag", "tag": "secret"}, object{"stream": "list", "list": list})
		own := ada.dial(t).subscribed(object{"stream": "user"})
		told := len(bob.told(""))
		before := ada.get(ada.at("/api/v1/accounts/%d")).ok().object()

		id := ada.hold("hush #secret @bob https://link.example/", object{"quoted_status_id": question})
		assert.Equal(t, id, own.next().object(t)["id"], "its author sees it at once")
		answer := ada.hold("hush, an answer", object{"in_reply_to_id": question})
		ada.send("POST", "/api/v1/statuses/"+id+"/favourite", object{}).ok()
		ada.send("POST", "/api/v1/statuses/"+id+"/pin", object{}).ok()
		ada.send("PUT", "/api/v1/statuses/"+id, object{"status": "hush now #secret @bob https://link.example/", "quoted_status_id": question}).ok()
		ada.send("PUT", "/api/v1/statuses/"+id+"/interaction_policy", object{"quote_approval_policy": "followers"}).ok()

		places := []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/public?local=true", "/api/v1/timelines/tag/secret", "/api/v1/timelines/list/" + list,
			ada.at("/api/v1/accounts/%d/statuses"), ada.at("/api/v1/accounts/%d/statuses?pinned=true"), ada.at("/api/v1/accounts/%d/statuses?tagged=secret"), "/api/v1/statuses?id[]=" + id,
			"/api/v1/statuses/" + question + "/quotes", "/api/v1/trends/statuses", "/api/v1/trends/links", "/api/v1/favourites", "/api/v1/notifications", "/api/v1/conversations"}
		nowhere := func() {
			t.Helper()
			for _, path := range places {
				for _, who := range []*client{bob, eve} {
					if a := who.get(path); who == bob || a.code == 200 {
						assert.NotContains(t, a.ok().body, "hush", path)
						assert.NotContains(t, a.body, id, path)
						assert.NotContains(t, a.body, answer, path)
					}
				}
			}
			for _, who := range []*client{bob, eve, n.stranger()} {
				for _, path := range []string{"", "/context", "/history", "/favourited_by", "/reblogged_by", "/quotes", "/card"} {
					assert.Equal(t, 404, who.get("/api/v1/statuses/"+id+path).code, path)
				}
				for _, q := range []string{"hush", n.url + "/@ada/" + id, n.url + "/posts/" + id} {
					found := who.get("/api/v2/search?resolve=false&q=" + url.QueryEscape(q)).ok().object()
					assert.Empty(t, found["statuses"], q)
				}
				for _, path := range []string{ada.at("/actors/%d/outbox"), ada.at("/actors/%d/outbox?page=true"), ada.at("/actors/%d/featured"), "/posts/" + question + "/replies?page=true"} {
					a := who.document(path).ok()
					assert.NotContains(t, a.body, "/posts/"+id, path)
					assert.NotContains(t, a.body, "/posts/"+answer, path)
					assert.NotContains(t, a.body, "hush", path)
				}
				assert.Equal(t, 404, who.document("/posts/"+id).code)
				assert.Equal(t, 404, who.document("/posts/"+id+"/activity").code)
				assert.Equal(t, 404, who.document("/@ada/"+id).code)
				account := who.get(ada.at("/api/v1/accounts/%d")).ok().object()
				assert.Equal(t, before["statuses_count"], account["statuses_count"])
				assert.Equal(t, before["last_status_at"], account["last_status_at"])
				parent := who.get("/api/v1/statuses/" + question).ok().object()
				assert.Equal(t, []any{0.0, 0.0}, []any{parent["replies_count"], parent["quotes_count"]})
				assert.NotContains(t, who.get("/api/v1/statuses/"+question+"/context").ok().body, answer)
				tag := who.get("/api/v1/tags/secret").ok().object()
				assert.Equal(t, "0", tag["history"].([]any)[0].(object)["uses"])
			}
			assert.Len(t, bob.told(""), told)
			assert.Zero(t, nodetest.Number(t, db, `SELECT COUNT(*) FROM river_job WHERE kind IN ('push', 'deliver', 'card')`))
			assert.Zero(t, nodetest.Number(t, db, `SELECT COUNT(*) FROM activities`))
			assert.Zero(t, nodetest.Number(t, db, `SELECT COUNT(*) FROM audit_lines WHERE detail LIKE '%hush%'`))
		}
		nowhere()
		for _, act := range []string{"favourite", "reblog", "bookmark", "pin", "mute"} {
			assert.Equal(t, 404, bob.send("POST", "/api/v1/statuses/"+id+"/"+act, object{}).code, act)
		}
		assert.Equal(t, 404, bob.send("POST", "/api/v1/statuses", object{"status": "re", "in_reply_to_id": id}).code)
		assert.Equal(t, 404, bob.send("POST", "/api/v1/statuses", object{"status": "see", "quoted_status_id": id}).code)
		assert.Equal(t, 404, ada.send("POST", "/api/v1/statuses/"+id+"/reblog", object{}).code, "nor does its author boost it")
		assert.Equal(t, 422, ada.send("POST", "/api/v1/statuses", object{"status": "see", "quoted_status_id": id}).code)

		// Nothing of it came by a stream: the next thing that does is this.
		ada.post("something else")
		e := streams.next()
		assert.Contains(t, e.Payload, "something else")
		nodetest.Exec(t, db, `DELETE FROM river_job`)

		for _, id := range []string{id, answer} {
			require.NoError(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: number(t, id)}))
		}
		for _, path := range places[:10] {
			assert.Contains(t, bob.get(path).ok().body, id, path)
		}
		assert.Contains(t, n.stranger().document(ada.at("/actors/%d/featured")).ok().body, "/posts/"+id)
		assert.Len(t, bob.told(""), told+3, "a mention, a quote and what else ada posts")
		parent := bob.get("/api/v1/statuses/" + question).ok().object()
		assert.Equal(t, []any{1.0, 1.0}, []any{parent["replies_count"], parent["quotes_count"]})
		p := bob.get("/api/v1/statuses/" + id).ok().object()
		assert.Nil(t, p["held_until"])
		assert.Nil(t, p["edited_at"])
		assert.Equal(t, before["statuses_count"].(float64)+3, bob.get(ada.at("/api/v1/accounts/%d")).ok().object()["statuses_count"])
		assert.Len(t, bob.get("/api/v1/statuses/"+id+"/history").ok().list(), 1)
	})
}

func number(t require.TestingT, text string) (n int64) {
	_, err := fmt.Sscan(text, &n)
	require.NoError(t, err)
	return n
}

// What was taken back in time is in no table any more: not its words, and not
// that there was something.
func TestAPostTakenBackLeavesNoTrace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		question := bob.post("a question")
		picture := upload(t, ada, "murmur in a picture")
		clean := rows(t, db)
		body := strings.NewReader(`{"status":"murmur @bob #murmur","spoiler_text":"murmur","hold_seconds":3600,"media_ids":["` + picture + `"],"in_reply_to_id":"` + question + `","quoted_status_id":"` + question + `"}`)
		first := ada.do("POST", "/api/v1/statuses", body, "Content-Type", "application/json", "Idempotency-Key", "k").ok().object()["id"].(string)
		second := ada.hold("murmur again", object{"poll": object{"options": []string{"murmur", "b"}, "expires_in": 3600}, "in_reply_to_id": first})
		for _, id := range []string{first, second} {
			for _, act := range []string{"favourite", "bookmark", "pin"} {
				ada.send("POST", "/api/v1/statuses/"+id+"/"+act, object{}).ok()
			}
		}
		ada.send("PUT", "/api/v1/statuses/"+first, object{"status": "murmur more", "media_ids": []string{picture}}).ok()
		ada.send("PUT", "/api/v1/statuses/"+second, object{"status": "murmur less", "poll": object{"options": []string{"murmur", "c"}, "expires_in": 3600}}).ok()
		require.NotEqual(t, clean, rows(t, db))

		ada.do("DELETE", "/api/v1/statuses/"+first+"?delete_media=true", nil).ok()
		assert.Equal(t, 404, ada.get("/api/v1/media/"+picture).code)
		left := ada.get("/api/v1/statuses/" + second).ok().object()
		assert.Equal(t, question, left["in_reply_to_id"], "what answered it answers what it answered")
		ada.do("DELETE", "/api/v1/statuses/"+second, nil).ok()
		for table, content := range rows(t, db) {
			assert.NotContains(t, content, "murmur", table)
			assert.NotContains(t, content, first, table)
			assert.NotContains(t, content, second, table)
		}
		again := ada.do("POST", "/api/v1/statuses", strings.NewReader(`{"status":"said at last"}`), "Content-Type", "application/json", "Idempotency-Key", "k").ok().object()
		assert.Equal(t, "<p>said at last</p>", again["content"], "its key is free")
	})
}

// rows are all tables but those of the queue, in which ids of posts stand, as
// text.
func rows(t *testing.T, db *store.DB) map[string]string {
	t.Helper()
	list, all := `SELECT name FROM sqlite_master WHERE type = 'table'`, map[string]string{}
	if db.Postgres != nil {
		list = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	}
	for _, row := range query(t, db, list) {
		table := fmt.Sprint(row[0])
		all[table] = fmt.Sprint(query(t, db, `SELECT * FROM `+table))
	}
	jobs := `SELECT kind, json(args) FROM river_job`
	if db.Postgres != nil {
		jobs = `SELECT kind, args::text FROM river_job`
	}
	for _, row := range query(t, db, jobs) {
		assert.NotContains(t, row[1], "murmur")
	}
	delete(all, "river_job")
	return all
}

func query(t *testing.T, db *store.DB, sql string) (all [][]any) {
	t.Helper()
	if db.Postgres != nil {
		found, err := db.Postgres.Query(t.Context(), sql)
		require.NoError(t, err)
		defer found.Close()
		for found.Next() {
			values, err := found.Values()
			require.NoError(t, err)
			all = append(all, values)
		}
		require.NoError(t, found.Err())
		return all
	}
	found, err := db.SQLite.QueryContext(t.Context(), sql)
	require.NoError(t, err)
	defer found.Close()
	columns, err := found.Columns()
	require.NoError(t, err)
	for found.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		require.NoError(t, found.Scan(to...))
		all = append(all, values)
	}
	require.NoError(t, found.Err())
	return all
}

// How long a post is held is said by itself, else by its author, else by the
// node for its audience.
func TestHowLongAPostIsHeld(t *testing.T) {
	n := sqlite(t)
	n.Outbox.Hold = map[store.Visibility]time.Duration{store.Public: time.Minute, store.Unlisted: time.Hour}
	ada := n.person("ada")
	held := func(more object) time.Duration {
		t.Helper()
		body := object{"status": "think"}
		for key, value := range more {
			body[key] = value
		}
		until, _ := ada.send("POST", "/api/v1/statuses", body).ok().object()["held_until"].(string)
		if until == "" {
			return 0
		}
		at, err := time.Parse(time.RFC3339, until)
		require.NoError(t, err)
		return time.Until(at).Round(10 * time.Second)
	}
	assert.Equal(t, time.Minute, held(nil))
	assert.Equal(t, time.Hour, held(object{"visibility": "unlisted"}))
	assert.Zero(t, held(object{"visibility": "private"}))
	assert.Zero(t, held(object{"hold_seconds": 0}))
	assert.Equal(t, 2*time.Minute, held(object{"hold_seconds": "120", "visibility": "direct"}))
	for _, wrong := range []any{-1, 86_401, "long", "1.5"} {
		assert.Equal(t, 422, ada.send("POST", "/api/v1/statuses", object{"status": "think", "hold_seconds": wrong}).code, wrong)
	}

	me := func(more url.Values) answer { return ada.form("PATCH", "/api/v1/accounts/update_credentials", more) }
	assert.Nil(t, me(url.Values{}).ok().object()["source"].(object)["hold_seconds"])
	assert.EqualValues(t, 30, me(url.Values{"source[hold_seconds]": {"30"}}).ok().object()["source"].(object)["hold_seconds"])
	assert.Equal(t, 30*time.Second, held(nil))
	assert.Equal(t, 30*time.Second, held(object{"visibility": "private"}))
	assert.EqualValues(t, 0, me(url.Values{"source[hold_seconds]": {"0"}}).ok().object()["source"].(object)["hold_seconds"])
	assert.Zero(t, held(object{"visibility": "unlisted"}))
	for _, wrong := range []string{"-2", "86401", "never"} {
		assert.Equal(t, 422, me(url.Values{"source[hold_seconds]": {wrong}}).code, wrong)
	}
	assert.Nil(t, me(url.Values{"source[hold_seconds]": {"-1"}}).ok().object()["source"].(object)["hold_seconds"])
	assert.Equal(t, time.Minute, held(nil))
}
