package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestFollowedTags(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		old := bob.post("early #Go")
		tag := ada.send("POST", "/api/v1/tags/Go/follow", object{}).ok().object()
		assert.Equal(t, "go", tag["name"])
		assert.Equal(t, true, tag["following"])
		assert.Equal(t, false, bob.get("/api/v1/tags/go").ok().object()["following"])
		l := ada.dial(t).subscribed(object{"stream": "user"})
		one := bob.post("about #GO and #rust")
		assert.Equal(t, one, l.next().object(t)["id"])
		bob.post("quietly #go", "visibility", "unlisted")
		bob.post("@eve #go", "visibility", "direct")
		bob.post("an answer #go", "in_reply_to_id", eve.post("no tag"))
		own := ada.post("my own #go")
		assert.Equal(t, own, l.next().object(t)["id"], "once")
		assert.Equal(t, []string{own, one}, ada.get("/api/v1/timelines/home").ids())
		bob.send("POST", ada.at("/api/v1/accounts/%d/block"), object{}).ok()
		bob.post("unseen #go")
		eve.send("POST", "/api/v1/statuses/"+old+"/reblog", object{}).ok()
		bob.send("POST", ada.at("/api/v1/accounts/%d/unblock"), object{}).ok()
		ada.send("POST", bob.at("/api/v1/accounts/%d/mute"), object{}).ok()
		bob.post("unheard #go")
		ada.send("POST", bob.at("/api/v1/accounts/%d/unmute"), object{}).ok()
		assert.Equal(t, []string{own, one}, ada.get("/api/v1/timelines/home").ids())

		ada.send("POST", "/api/v1/tags/rust/follow", object{}).ok()
		first := ada.get("/api/v1/followed_tags?limit=1")
		assert.Equal(t, "rust", first.ok().list()[0]["name"])
		m := linkHeader.FindStringSubmatch(first.header.Get("Link"))
		assert.Equal(t, "go", ada.get(m[1]).ok().list()[0]["name"])
		assert.Empty(t, bob.get("/api/v1/followed_tags").list())
		assert.Equal(t, false, ada.send("POST", "/api/v1/tags/go/unfollow", object{}).ok().object()["following"])
		assert.Equal(t, []string{own, one}, ada.get("/api/v1/timelines/home").ids(), "what another followed tag brought stays")
		ada.send("POST", "/api/v1/tags/rust/unfollow", object{}).ok()
		assert.Equal(t, []string{own}, ada.get("/api/v1/timelines/home").ids())
		assert.Equal(t, 404, ada.send("POST", "/api/v1/tags/%20/follow", object{}).code)
	})
}

// The history counts what everybody may read, day by day.
func TestHistoryOfATag(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		for range 2 {
			ada.post("#news")
		}
		bob.post("#News")
		bob.send("POST", "/api/v1/statuses", object{"status": "#news here", "local_only": true}).ok()
		bob.post("#news", "visibility", "unlisted")
		gone := bob.post("#news")
		bob.do("DELETE", "/api/v1/statuses/"+gone, nil).ok()
		// One of three days ago.
		at := store.Now().Add(-3 * 24 * time.Hour)
		early := &store.Post{ID: store.IDAt(at), URI: "https://node.example/early", ActorID: ada.id, Local: true, Kind: "Note", Visibility: store.Public, Scope: store.World,
			Listed: true, Tags: []string{"news"}, PublishedAt: at, ReceivedAt: at}
		n.write(func(tx *store.Tx) error { _, err := tx.InsertPost(early, nil, nil); return err })
		days := n.stranger().get("/api/v1/tags/news").ok().object()["history"].([]any)
		assert.Len(t, days, 7)
		today := store.Today()
		for i, d := range days {
			uses, accounts := "0", "0"
			switch i {
			case 0:
				uses, accounts = "3", "2"
			case 3:
				uses, accounts = "1", "1"
			}
			assert.Equal(t, object{"day": fmt.Sprint((today - int64(i)) * 86400), "uses": uses, "accounts": accounts}, d, i)
		}
		nodetest.Exec(t, db, fmt.Sprintf("UPDATE actors SET limited = TRUE WHERE id = %d", bob.id))
		assert.Equal(t, "2", ada.get("/api/v1/tags/news").ok().object()["history"].([]any)[0].(object)["uses"])
	})
}
