package web_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// A mute ends by itself, and what was missed comes to where it is read.
func TestMutesEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, cho := n.person("ada"), n.person("bob"), n.person("cho")
		ada.follow(bob)
		ada.follow(cho)
		list, apart := ada.list(object{"title": "x"}, bob), ada.list(object{"title": "apart", "exclusive": true}, cho)
		for _, who := range []*client{bob, cho} {
			ada.send("POST", who.at("/api/v1/accounts/%d/mute"), object{"duration": 3600}).ok()
		}
		missed, alone := bob.post("missed"), cho.post("missed too")
		assert.Empty(t, ada.get("/api/v1/timelines/home").ids())
		muted := ada.get("/api/v1/mutes").ok().list()
		require.Len(t, muted, 2)
		until, err := time.Parse(time.RFC3339, muted[0]["mute_expires_at"].(string))
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now().Add(time.Hour), until, time.Minute)
		assert.Equal(t, muted[1]["mute_expires_at"], ada.get(bob.at("/api/v1/accounts/relationships?id=%d")).ok().list()[0]["muting_expires_at"])

		end := func() { require.NoError(t, n.Outbox.EndMutes(context.Background(), outbox.UnmuteJob{})) }
		end()
		assert.Len(t, ada.get("/api/v1/mutes").ids(), 2, "their time has not come")
		nodetest.Exec(t, db, "UPDATE mutes SET expires_at = 1")
		assert.Empty(t, ada.get("/api/v1/mutes").ids(), "nobody waits for the job")
		assert.Equal(t, false, ada.get(bob.at("/api/v1/accounts/relationships?id=%d")).ok().list()[0]["muting"])
		end()
		assert.EqualValues(t, 0, nodetest.Number(t, db, "SELECT COUNT(*) FROM mutes"))
		assert.Equal(t, []string{missed}, ada.get("/api/v1/timelines/home").ids())
		assert.Equal(t, []string{missed}, ada.timeline(list))
		assert.Equal(t, []string{alone}, ada.timeline(apart), "and only there")

		ada.send("POST", bob.at("/api/v1/accounts/%d/mute"), object{}).ok()
		assert.Nil(t, ada.get("/api/v1/mutes").ok().list()[0]["mute_expires_at"], "for ever")
		end()
		assert.Len(t, ada.get("/api/v1/mutes").ids(), 1)
		later := bob.post("later")
		ada.send("POST", bob.at("/api/v1/accounts/%d/unmute"), object{}).ok()
		assert.Equal(t, []string{later, missed}, ada.get("/api/v1/timelines/home").ids())
	})
}

// What is there when a follow begins comes by the same rules as what follows.
func TestBeginningToFollow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, cho := n.person("ada"), n.person("bob"), n.person("cho")
		german, none := bob.post("Wort", "language", "de-AT"), bob.post("...")
		bob.post("word", "language", "en")
		bob.send("POST", "/api/v1/statuses/"+cho.post("Wort", "language", "de")+"/reblog", object{}).ok()
		rel := ada.send("POST", bob.at("/api/v1/accounts/%d/follow"), object{"reblogs": false, "notify": true, "languages": []string{"de"}}).ok().object()
		assert.Equal(t, [3]any{false, true, []any{"de"}}, [3]any{rel["showing_reblogs"], rel["notifying"], rel["languages"]})
		assert.ElementsMatch(t, []string{german, none}, ada.get("/api/v1/timelines/home").ids())
		assert.ElementsMatch(t, []string{german, none}, ada.timeline(ada.list(object{"title": "x"}, bob)))
		rel = ada.send("POST", bob.at("/api/v1/accounts/%d/follow"), object{"languages": []string{}}).ok().object()
		assert.Equal(t, [3]any{false, true, nil}, [3]any{rel["showing_reblogs"], rel["notifying"], rel["languages"]}, "what is not named stays")
	})
}

// Who follows whom is told to all, but by those who keep it to themselves.
func TestPrivateCircles(t *testing.T) {
	n := sqlite(t)
	ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
	ada.follow(bob)
	bob.follow(ada)
	paths := []string{ada.at("/api/v1/accounts/%d/followers"), ada.at("/api/v1/accounts/%d/following")}
	look := func(c *client, want []string, why string) {
		for _, path := range paths {
			assert.Equal(t, want, c.get(path).ids(), "%s: %s", why, path)
		}
	}
	look(n.stranger(), ids(bob), "everybody")
	ada.send("PATCH", "/api/v1/accounts/update_credentials", object{"hide_collections": true}).ok()
	look(n.stranger(), []string{}, "hidden")
	look(bob, []string{}, "hidden from those in it too")
	look(ada, ids(bob), "one's own")
	ada.send("PATCH", "/api/v1/accounts/update_credentials", object{"hide_collections": false}).ok()
	ada.send("POST", eve.at("/api/v1/accounts/%d/block"), object{}).ok()
	look(eve, []string{}, "blocked")
	rel := ada.send("POST", bob.at("/api/v1/accounts/%d/remove_from_followers"), object{}).ok().object()
	assert.Equal(t, [2]any{true, false}, [2]any{rel["following"], rel["followed_by"]})
	assert.Empty(t, ada.get(paths[0]).ids())
}

func TestStatusesOfAnAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		plain := ada.post("plain #Go")
		thread := ada.post("and more", "in_reply_to_id", plain)
		answered := bob.post("a question")
		answer := ada.post("@bob an answer", "in_reply_to_id", answered)
		shown := ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{upload(t, ada, "a square")}, "sensitive": true}).ok().object()["id"].(string)
		secret := ada.post("for few #go", "visibility", "private")
		boost := ada.send("POST", "/api/v1/statuses/"+answered+"/reblog", object{}).ok().object()["id"].(string)
		ada.send("POST", "/api/v1/statuses/"+plain+"/pin", object{}).ok()
		ada.send("POST", "/api/v1/statuses/"+secret+"/pin", object{}).ok()
		all := []string{boost, secret, shown, answer, thread, plain}
		without := func(gone ...string) (left []string) {
			for _, id := range all {
				if !slices.Contains(gone, id) {
					left = append(left, id)
				}
			}
			return left
		}
		for query, want := range map[string][]string{
			"":                     without(secret),
			"exclude_replies=true": without(secret, answer),
			"exclude_reblogs=1":    without(secret, boost),
			"exclude_replies=true&exclude_reblogs=true": without(secret, answer, boost),
			"exclude_sensitive=true":                    without(secret, shown),
			"only_media=true":                           {shown},
			"pinned=true":                               {plain},
			"tagged=GO":                                 {plain},
			"limit=2&max_id=" + shown:                   {answer, thread},
			"min_id=" + plain + "&limit=1":              {thread},
		} {
			assert.Equal(t, want, n.stranger().get(ada.at("/api/v1/accounts/%d/statuses?")+query).ids(), query)
		}
		bob.follow(ada)
		assert.Equal(t, all, bob.get(ada.at("/api/v1/accounts/%d/statuses")).ids())
		assert.Equal(t, []string{secret, plain}, bob.get(ada.at("/api/v1/accounts/%d/statuses?pinned=true")).ids())
		ada.send("POST", bob.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Empty(t, bob.get(ada.at("/api/v1/accounts/%d/statuses")).ids())
		assert.Equal(t, 404, bob.get("/api/v1/accounts/1/statuses").code)
	})
}
