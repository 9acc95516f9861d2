package web_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestEndorsements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, cho, eve := n.person("ada"), n.person("bob"), n.person("cho"), n.person("eve")
		refused := ada.send("POST", bob.at("/api/v1/accounts/%d/endorse"), object{})
		assert.Equal(t, 422, refused.code)
		assert.Equal(t, "Validation failed: You must be already following the person you want to endorse", refused.object()["error"])
		ada.follow(bob)
		ada.follow(cho)
		for _, path := range []string{bob.at("/api/v1/accounts/%d/endorse"), bob.at("/api/v1/accounts/%d/pin"), cho.at("/api/v1/accounts/%d/pin")} {
			assert.Equal(t, true, ada.send("POST", path, object{}).ok().object()["endorsed"])
		}
		assert.Equal(t, ids(cho, bob), ada.get("/api/v1/endorsements").ids())
		first := n.stranger().get(ada.at("/api/v1/accounts/%d/endorsements?limit=1"))
		assert.Equal(t, ids(cho), first.ids())
		assert.Equal(t, ids(bob), n.stranger().get(linkHeader.FindStringSubmatch(first.header.Get("Link"))[1]).ids())
		assert.Empty(t, bob.get("/api/v1/endorsements").ids())
		assert.Equal(t, false, eve.get(bob.at("/api/v1/accounts/relationships?id=%d")).ok().list()[0]["endorsed"])
		ada.send("PATCH", "/api/v1/profile", object{"hide_collections": true}).ok()
		assert.Equal(t, ids(cho, bob), eve.get(ada.at("/api/v1/accounts/%d/endorsements")).ids(), "a recommendation is no secret")
		ada.send("POST", eve.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Empty(t, eve.get(ada.at("/api/v1/accounts/%d/endorsements")).ids())

		assert.Equal(t, false, ada.send("POST", cho.at("/api/v1/accounts/%d/unendorse"), object{}).ok().object()["endorsed"])
		ada.send("POST", cho.at("/api/v1/accounts/%d/unpin"), object{}).ok()
		assert.Equal(t, ids(bob), ada.get("/api/v1/endorsements").ids())
		ada.send("POST", bob.at("/api/v1/accounts/%d/unfollow"), object{}).ok()
		assert.Empty(t, ada.get("/api/v1/endorsements").ids(), "who is not followed any more is not recommended")
	})
}

// sources are why each account is suggested, by its id.
func (c *client) sources() map[string][]any {
	c.n.t.Helper()
	why := map[string][]any{}
	for _, s := range c.get("/api/v2/suggestions").ok().list() {
		why[s["account"].(object)["id"].(string)] = s["sources"].([]any)
	}
	return why
}

func TestSuggestions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, cho, dan, eve := n.person("ada"), n.person("bob"), n.person("cho"), n.person("dan"), n.person("eve")
		id := func(c *client) string { return strconv.FormatInt(c.id, 10) }
		ada.follow(bob)
		bob.follow(cho)
		eve.follow(dan)
		post := dan.post("liked by many")
		bob.send("POST", "/api/v1/statuses/"+post+"/favourite", object{}).ok()
		assert.Equal(t, map[string][]any{
			id(cho): {"friends_of_friends", "most_followed"}, id(dan): {"most_interactions", "most_followed"}, id(eve): {"most_followed"},
		}, ada.sources(), "neither oneself nor whom one follows")
		list := ada.get("/api/v2/suggestions?limit=2").ok().list()
		assert.Equal(t, [2]any{"past_interactions", "global"}, [2]any{list[0]["source"], list[1]["source"]}, "friends first")
		assert.Equal(t, ids(cho, dan), ada.get("/api/v1/suggestions?limit=2").ids())
		assert.Equal(t, ids(dan, eve), ada.get("/api/v1/suggestions?limit=2&offset=1").ids())
		assert.Equal(t, 401, n.stranger().get("/api/v2/suggestions").code)

		bob.send("PATCH", "/api/v1/profile", object{"hide_collections": true}).ok()
		assert.Equal(t, []any{"most_followed"}, ada.sources()[id(cho)], "whom he follows is his secret")
		for range 2 {
			assert.Equal(t, "{}", ada.do("DELETE", "/api/v1/suggestions/"+id(eve), nil).ok().body)
		}
		assert.NotContains(t, ada.sources(), id(eve))
		assert.Contains(t, cho.sources(), id(eve), "others go on to see her")
		ada.do("DELETE", "/api/v1/suggestions/1", nil).ok()
	})
}

// Who is not to be found, or has something against the reader, is neither
// suggested nor in the directory.
func TestWhoIsNotSuggested(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		set := func(c *client, what string) {
			nodetest.Exec(t, db, fmt.Sprintf("UPDATE actors SET %s WHERE id = %d", what, c.id))
		}
		cases := map[string]func(*client){
			"not discoverable":      func(c *client) { set(c, "discoverable = FALSE") },
			"limited":               func(c *client) { set(c, "limited = TRUE") },
			"suspended":             func(c *client) { set(c, "lifecycle = 'suspended'") },
			"gone":                  func(c *client) { set(c, "lifecycle = 'deprovisioned'") },
			"suspended there":       func(c *client) { set(c, "suspended_there = TRUE") },
			"on a blocked host":     func(c *client) { set(c, "domain_blocked = TRUE") },
			"moved":                 func(c *client) { set(c, "moved_to_uri = 'https://far.example/x'") },
			"blocked":               func(c *client) { ada.send("POST", c.at("/api/v1/accounts/%d/block"), object{}).ok() },
			"has blocked":           func(c *client) { c.send("POST", ada.at("/api/v1/accounts/%d/block"), object{}).ok() },
			"muted":                 func(c *client) { ada.send("POST", c.at("/api/v1/accounts/%d/mute"), object{}).ok() },
			"of a domain not heard": func(c *client) { set(c, "domain = 'far.example'") },
		}
		ada.send("POST", "/api/v1/domain_blocks", object{"domain": "far.example"}).ok()
		var all []*client
		for range cases {
			all = append(all, n.person(fmt.Sprintf("p%d", len(all))))
		}
		friend := n.person("friend")
		ada.follow(friend)
		for _, c := range all {
			friend.follow(c)
			post := c.post("liked")
			friend.send("POST", "/api/v1/statuses/"+post+"/favourite", object{}).ok()
		}
		for name, hide := range cases {
			c := all[0]
			all = all[1:]
			id := strconv.FormatInt(c.id, 10)
			assert.Len(t, ada.sources()[id], 3, name)
			assert.Contains(t, ada.get("/api/v1/directory?limit=80").ids(), id, name)
			hide(c)
			assert.NotContains(t, ada.sources(), id, name)
			assert.NotContains(t, ada.get("/api/v1/directory?limit=80").ids(), id, name)
		}
	})
}

func TestDirectory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, cho := n.person("ada"), n.person("bob"), n.person("cho")
		far := &store.Actor{ID: store.NewID(), URI: "https://far.example/f", Kind: "Person", Username: "f", Domain: "far.example", Discoverable: true, Lifecycle: store.Active, CreatedAt: store.Now(), UpdatedAt: store.Now()}
		n.write(func(tx *store.Tx) error { return tx.CreateActor(far) })
		bob.post("first")
		ada.post("last")
		assert.Equal(t, ids(ada, bob, cho), ada.get("/api/v1/directory?local=true").ids(), "who posted last comes first")
		assert.Equal(t, append([]string{strconv.FormatInt(far.ID, 10)}, ids(cho, bob, ada)...), ada.get("/api/v1/directory?order=new").ids())
		assert.Equal(t, ids(cho, bob), ada.get("/api/v1/directory?local=true&order=new&limit=2").ids())
		assert.Equal(t, ids(ada), ada.get("/api/v1/directory?local=true&order=new&limit=2&offset=2").ids())
		assert.Equal(t, 401, n.stranger().get("/api/v1/directory").code, "who works here is not told to strangers")
	})
}
