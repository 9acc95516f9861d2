package web_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// list makes a list with members in it, and gives its path.
func (c *client) list(fields object, members ...*client) string {
	c.n.t.Helper()
	path := "/api/v1/lists/" + c.send("POST", "/api/v1/lists", fields).ok().object()["id"].(string)
	c.send("POST", path+"/accounts", object{"account_ids": ids(members...)}).ok()
	return path
}

func ids(all ...*client) []string {
	out := []string{}
	for _, c := range all {
		out = append(out, strconv.FormatInt(c.id, 10))
	}
	return out
}

// timeline are the posts of a list that was made by list.
func (c *client) timeline(list string) []string {
	c.n.t.Helper()
	return c.get("/api/v1/timelines/list/" + list[len("/api/v1/lists/"):]).ids()
}

func TestLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		ada.follow(bob)
		before := bob.post("before")
		made := ada.send("POST", "/api/v1/lists", object{"title": "Friends"}).ok().object()
		assert.Equal(t, object{"id": made["id"], "title": "Friends", "replies_policy": "list", "exclusive": false}, made)
		path := "/api/v1/lists/" + made["id"].(string)
		assert.Equal(t, 404, ada.send("POST", path+"/accounts", object{"account_ids": ids(eve)}).code, "only who is followed")
		for range 2 {
			ada.send("POST", path+"/accounts", object{"account_ids": ids(bob)}).ok()
		}
		assert.Equal(t, ids(bob), ada.get(path+"/accounts").ids())
		assert.Len(t, ada.get(bob.at("/api/v1/accounts/%d/lists")).ids(), 1)
		assert.Empty(t, eve.get(bob.at("/api/v1/accounts/%d/lists")).ids(), "who is in whose lists is nobody else's business")
		after := bob.post("after")
		eve.post("not in it")
		bob.post("@ada for few", "visibility", "direct")
		assert.Equal(t, []string{after, before}, ada.timeline(path))
		assert.Equal(t, []string{after}, ada.get("/api/v1/timelines/list/"+made["id"].(string)+"?limit=1").ids())
		for _, p := range []string{path, path + "/accounts", "/api/v1/timelines/list/" + made["id"].(string)} {
			assert.Equal(t, 404, eve.get(p).code, p)
		}
		assert.Equal(t, 404, eve.send("PUT", path, object{"title": "mine"}).code)
		assert.Equal(t, 404, eve.do("DELETE", path, nil).code)
		assert.Equal(t, 404, eve.send("POST", path+"/accounts", object{"account_ids": ids(eve)}).code)
		assert.Equal(t, "Close", ada.send("PUT", path, object{"title": "Close"}).ok().object()["title"])
		for _, bad := range []object{{"title": " "}, {"title": "x", "replies_policy": "all"}, {"title": fmt.Sprintf("%257d", 1)}} {
			assert.Equal(t, 422, ada.send("POST", "/api/v1/lists", bad).code)
		}

		bob.do("DELETE", "/api/v1/statuses/"+after, nil).ok()
		assert.Equal(t, []string{before}, ada.timeline(path))
		ada.send("POST", bob.at("/api/v1/accounts/%d/mute"), object{}).ok()
		assert.Empty(t, ada.timeline(path))
		ada.send("POST", bob.at("/api/v1/accounts/%d/unmute"), object{}).ok()
		ada.send("DELETE", path+"/accounts", object{"account_ids": ids(bob)}).ok()
		assert.Empty(t, ada.timeline(path))
		ada.send("POST", path+"/accounts", object{"account_ids": ids(bob)}).ok()
		ada.send("POST", bob.at("/api/v1/accounts/%d/unfollow"), object{}).ok()
		assert.Empty(t, ada.timeline(path))
		assert.Empty(t, ada.get(path+"/accounts").ids(), "who is not followed any more is in no list")
		ada.do("DELETE", path, nil).ok()
		assert.Empty(t, ada.get("/api/v1/lists").ids())
	})
}

// Answers to others are shown as the list says.
func TestListsShowAnswers(t *testing.T) {
	n := sqlite(t)
	ada, bob, carol, dan, eve := n.person("ada"), n.person("bob"), n.person("carol"), n.person("dan"), n.person("eve")
	for _, who := range []*client{bob, carol, dan} {
		ada.follow(who)
	}
	lists := map[string]string{}
	for _, policy := range []string{"none", "list", "followed"} {
		lists[policy] = ada.list(object{"title": policy, "replies_policy": policy}, bob, carol)
	}
	for _, c := range []struct {
		to  *client
		who []string // the lists that show it
	}{{bob, []string{"none", "list", "followed"}}, {ada, []string{"none", "list", "followed"}}, {carol, []string{"list", "followed"}}, {dan, []string{"followed"}}, {eve, nil}} {
		reply := bob.post("an answer", "in_reply_to_id", c.to.post("a question"))
		for policy, path := range lists {
			if seen := ada.timeline(path); c.who != nil && slices.Contains(c.who, policy) {
				assert.Contains(t, seen, reply, "%s to %s", policy, c.to.name)
			} else {
				assert.NotContains(t, seen, reply, "%s to %s", policy, c.to.name)
			}
		}
	}
}

// What is read in an exclusive list is not read at home.
func TestExclusiveLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, carol := n.person("ada"), n.person("bob"), n.person("carol")
		ada.follow(bob)
		carol.follow(bob)
		one := bob.post("one")
		path := ada.list(object{"title": "apart", "exclusive": true}, bob)
		two := bob.post("two")
		assert.Empty(t, ada.get("/api/v1/timelines/home").ids())
		assert.Equal(t, []string{two, one}, ada.timeline(path))
		assert.Equal(t, []string{two, one}, carol.get("/api/v1/timelines/home").ids(), "others read as before")
		ada.send("PUT", path, object{"exclusive": false}).ok()
		assert.Equal(t, []string{two, one}, ada.get("/api/v1/timelines/home").ids())
		ada.send("PUT", path, object{"exclusive": true}).ok()
		assert.Empty(t, ada.get("/api/v1/timelines/home").ids())
		ada.send("POST", bob.at("/api/v1/accounts/%d/follow"), object{"notify": true}).ok()
		bob.post("three")
		assert.Equal(t, "status", ada.get("/api/v1/notifications").ok().list()[0]["type"], "who asked to be told of each post is told")
		ada.do("DELETE", path, nil).ok()
		assert.Len(t, ada.get("/api/v1/timelines/home").ids(), 3)
	})
}

func TestStreamOfAList(t *testing.T) {
	n := sqlite(t)
	ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
	ada.follow(bob)
	path := ada.list(object{"title": "x"}, bob)
	id := path[len("/api/v1/lists/"):]
	l := ada.dial(t).subscribed(object{"stream": "list", "list": id})
	post := bob.post("hello")
	e := l.next()
	assert.Equal(t, []string{"list", id}, e.Stream)
	assert.Equal(t, "update", e.Event)
	assert.Equal(t, post, e.object(t)["id"])
	bob.send("PUT", "/api/v1/statuses/"+post, object{"status": "hello again"}).ok()
	assert.Equal(t, "status.update", l.next().Event)
	bob.do("DELETE", "/api/v1/statuses/"+post, nil).ok()
	assert.Equal(t, "delete", l.next().Event)
	other := eve.dial(t)
	other.say(object{"type": "subscribe", "stream": "list", "list": id})
	require.Equal(t, 404, other.next().Status, "another's list does not exist")
}

// Whoever wants only some languages of somebody gets those, and what has none.
func TestFollowsKnowLanguages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		rel := ada.send("POST", bob.at("/api/v1/accounts/%d/follow"), object{"languages": []string{"de", "zh-TW"}}).ok().object()
		assert.Equal(t, []any{"de", "zh-TW"}, rel["languages"])
		path := ada.list(object{"title": "x"}, bob)
		var want []string
		for lang, wanted := range map[string]bool{"de": true, "de-AT": true, "en": false, "zh-TW": true, "zh": false, "": true} {
			post := bob.post("words", "language", lang)
			if wanted {
				want = append(want, post)
			}
		}
		assert.ElementsMatch(t, want, ada.get("/api/v1/timelines/home").ids())
		assert.ElementsMatch(t, want, ada.timeline(path))
	})
}

// Home and lists are cut alike.
func TestListsAreTrimmed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		ada.follow(bob)
		path := ada.list(object{"title": "x"}, bob)
		for range 5 {
			bob.post("words")
		}
		n.write(func(tx *store.Tx) error { return tx.TrimHomes(2) })
		assert.Len(t, ada.timeline(path), 3)
		assert.EqualValues(t, 3, nodetest.Number(t, db, "SELECT COUNT(*) FROM list_entries"))
	})
}
