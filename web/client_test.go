package web_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/about"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestIdempotencyKey(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	ids := make([]string, 8)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			ids[i], _ = ada.do("POST", "/api/v1/statuses", strings.NewReader("status=once"), "Content-Type", "application/x-www-form-urlencoded", "Idempotency-Key", "k1").object()["id"].(string)
		})
	}
	all.Wait()
	for _, id := range ids {
		assert.Equal(t, ids[0], id)
	}
	assert.Len(t, ada.get("/api/v1/timelines/home").ids(), 1)
}

// What a reader may not see answers as if it were not there, whatever is asked
// of it.
func TestWhatOneMayNotSeeIsNotThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		secret := ada.post("secret", "visibility", "private")
		for _, who := range []*client{bob, n.stranger()} {
			for _, path := range []string{"", "/context", "/history", "/favourited_by", "/reblogged_by"} {
				a := who.get("/api/v1/statuses/" + secret + path)
				assert.Equal(t, 404, a.code, path)
				assert.Equal(t, "Record not found", a.object()["error"])
			}
			assert.Empty(t, who.get("/api/v1/statuses?id[]="+secret).ids())
			assert.Empty(t, who.get(ada.at("/api/v1/accounts/%d/statuses")).ids())
			assert.Empty(t, who.get("/api/v2/search?resolve=true&q=" + url.QueryEscape(n.url+"/@ada/"+secret)).ok().object()["statuses"])
		}
		for _, act := range []string{"favourite", "reblog", "bookmark", "pin"} {
			assert.Equal(t, 404, bob.send("POST", "/api/v1/statuses/"+secret+"/"+act, object{}).code, act)
		}
		assert.Equal(t, 404, bob.send("POST", "/api/v1/statuses", object{"status": "re", "in_reply_to_id": secret}).code)
		bob.follow(ada)
		assert.Equal(t, secret, bob.get("/api/v1/statuses/" + secret).ok().object()["id"])
		// Somebody else's is there and is not one's own to change.
		for _, method := range []string{"PUT", "DELETE"} {
			assert.Equal(t, 404, bob.send(method, "/api/v1/statuses/"+secret, object{"status": "mine"}).code)
		}
		ada.send("POST", bob.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Equal(t, 404, bob.get("/api/v1/statuses/"+secret).code)
	})
}

// What is kept of a post is not what another viewer did to it, and not what it
// said before.
func TestRenderedPostsAreFresh(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	id := ada.post("one")
	see := func(c *client) object { return c.get("/api/v1/statuses/" + id).ok().object() }
	assert.Equal(t, false, see(bob)["favourited"])
	assert.Equal(t, true, bob.send("POST", "/api/v1/statuses/"+id+"/favourite", object{}).ok().object()["favourited"])
	assert.Equal(t, false, see(ada)["favourited"])
	assert.EqualValues(t, 1, see(ada)["favourites_count"])
	assert.Equal(t, true, see(bob)["favourited"])
	ada.send("PUT", "/api/v1/statuses/"+id, object{"status": "two"}).ok()
	assert.Equal(t, "<p>two</p>", see(bob)["content"])
	ada.send("PATCH", "/api/v1/accounts/update_credentials", object{"display_name": "Ada L."}).ok()
	assert.Equal(t, "Ada L.", see(bob)["account"].(object)["display_name"])
	boost := bob.send("POST", "/api/v1/statuses/"+id+"/reblog", object{}).ok().object()
	assert.Equal(t, id, boost["reblog"].(object)["id"])
	assert.Equal(t, true, boost["reblog"].(object)["reblogged"])
	// What is asked of a boost is asked of what it boosts.
	assert.Equal(t, id, ada.send("POST", "/api/v1/statuses/"+boost["id"].(string)+"/bookmark", object{}).ok().object()["id"])
	assert.Equal(t, false, bob.send("POST", "/api/v1/statuses/"+id+"/unreblog", object{}).ok().object()["reblogged"])
	assert.EqualValues(t, 0, see(ada)["reblogs_count"])
}

func TestThread(t *testing.T) {
	n := sqlite(t)
	ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
	root := ada.post("root")
	reply := bob.post("reply", "in_reply_to_id", root)
	deeper := ada.post("deeper", "in_reply_to_id", reply)
	noise := eve.post("noise", "in_reply_to_id", root)
	ids := func(v any) []string {
		out := []string{}
		for _, item := range v.([]any) {
			out = append(out, item.(object)["id"].(string))
		}
		return out
	}
	c := n.stranger().get("/api/v1/statuses/" + reply + "/context").ok().object()
	assert.Equal(t, []string{root}, ids(c["ancestors"]))
	assert.Equal(t, []string{deeper}, ids(c["descendants"]))
	assert.Equal(t, []string{reply, deeper, noise}, ids(ada.get("/api/v1/statuses/" + root + "/context").ok().object()["descendants"]))
	ada.send("POST", eve.at("/api/v1/accounts/%d/mute"), object{}).ok()
	assert.Equal(t, []string{reply, deeper}, ids(ada.get("/api/v1/statuses/" + root + "/context").ok().object()["descendants"]))
}

func TestWritesTakeForms(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	picture := upload(t, ada, "before")
	post := ada.form("POST", "/api/v1/statuses", url.Values{"status": {"with a picture"}, "media_ids[]": {picture}, "sensitive": {"1"}, "visibility": {"unlisted"}}).ok().object()
	assert.Equal(t, true, post["sensitive"])
	assert.Equal(t, "unlisted", post["visibility"])
	file := post["media_attachments"].([]any)[0].(object)
	assert.Equal(t, picture, file["id"])
	assert.Equal(t, 200, n.stranger().get(file["url"].(string)).code)

	edited := ada.form("PUT", "/api/v1/statuses/"+post["id"].(string), url.Values{"status": {"edited"}, "media_ids[]": {picture},
		"media_attributes[][id]": {picture}, "media_attributes[][description]": {"after"}}).ok().object()
	assert.Equal(t, "after", edited["media_attachments"].([]any)[0].(object)["description"])
	kept := ada.form("PUT", "/api/v1/statuses/"+post["id"].(string), url.Values{"spoiler_text": {"cw"}}).ok().object()
	assert.Equal(t, "<p>edited</p>", kept["content"], "what is not named stays")
	assert.Len(t, kept["media_attachments"], 1)

	me := ada.form("PATCH", "/api/v1/accounts/update_credentials", url.Values{"locked": {"true"}, "source[privacy]": {"private"},
		"fields_attributes[0][name]": {"site"}, "fields_attributes[0][value]": {"https://example.com"}}).ok().object()
	assert.Equal(t, true, me["locked"])
	source := me["source"].(object)
	assert.Equal(t, "private", source["privacy"])
	assert.Equal(t, "https://example.com", source["fields"].([]any)[0].(object)["value"])
	assert.Contains(t, me["fields"].([]any)[0].(object)["value"], `rel="me`)

	// A locked account is asked, and answers.
	asked := bob.form("POST", ada.at("/api/v1/accounts/%d/follow"), url.Values{"reblogs": {"false"}}).ok().object()
	assert.Equal(t, true, asked["requested"])
	assert.Len(t, ada.get("/api/v1/follow_requests").ids(), 1)
	assert.Equal(t, true, ada.do("POST", bob.at("/api/v1/follow_requests/%d/authorize"), nil).ok().object()["followed_by"])
	now := bob.get(ada.at("/api/v1/accounts/relationships?id=%d")).ok().list()[0]
	assert.Equal(t, true, now["following"])
	assert.Equal(t, false, now["showing_reblogs"])
	assert.Equal(t, "a colleague", bob.form("POST", ada.at("/api/v1/accounts/%d/note"), url.Values{"comment": {"a colleague"}}).ok().object()["note"])
}

func TestSearch(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	id := bob.post("find me")
	first := func(query, kind string) string {
		all, _ := ada.get("/api/v2/search?q=" + url.QueryEscape(query)).ok().object()[kind].([]any)
		if len(all) == 0 {
			return ""
		}
		o := all[0].(object)
		if kind == "hashtags" {
			return o["name"].(string)
		}
		return o["id"].(string)
	}
	for _, query := range []string{"bob", "@bob", "BOB", "@bob@" + n.API.Domain, "acct:bob@" + n.API.Domain, n.url + "/@bob", bob.at(n.url + "/actors/%d")} {
		assert.Equal(t, bob.at("%d"), first(query, "accounts"), query)
	}
	for _, query := range []string{n.url + "/@bob/" + id, n.url + "/posts/" + id} {
		assert.Equal(t, id, first(query, "statuses"), query)
	}
	assert.Equal(t, "go", first("#Go", "hashtags"))
	assert.Equal(t, "", first("#Go", "accounts"))
	assert.Equal(t, bob.at("%d"), ada.get("/api/v1/accounts/lookup?acct=bob@" + n.API.Domain).ok().object()["id"])
	assert.Equal(t, 404, ada.get("/api/v1/accounts/lookup?acct=nobody").code)
	assert.Empty(t, ada.get("/api/v1/accounts/search?q=nobody@nowhere.invalid").ids())
}

func TestNotificationsAndMarkers(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	assert.Equal(t, "0", ada.get("/api/v1/markers?timeline[]=notifications").ok().object()["notifications"].(object)["last_read_id"])
	for range 3 {
		bob.post("@ada hello")
	}
	bob.follow(ada)
	all := ada.get("/api/v1/notifications").ids()
	require.Len(t, all, 4)
	assert.Len(t, ada.get("/api/v1/notifications?types[]=mention&limit=2").ids(), 2)
	assert.Equal(t, all[:1], ada.get("/api/v1/notifications?exclude_types[]=mention").ids())
	assert.EqualValues(t, 4, ada.get("/api/v1/notifications/unread_count").ok().object()["count"])
	set := ada.send("POST", "/api/v1/markers", object{"notifications": object{"last_read_id": all[1]}}).ok().object()
	assert.Equal(t, all[1], set["notifications"].(object)["last_read_id"])
	assert.EqualValues(t, 1, ada.get("/api/v1/notifications/unread_count").ok().object()["count"])
	ada.form("POST", "/api/v1/markers", url.Values{"home[last_read_id]": {"5"}}).ok()
	assert.Equal(t, "5", ada.get("/api/v1/markers?timeline[]=home").ok().object()["home"].(object)["last_read_id"])
	assert.Equal(t, "{}", ada.do("POST", "/api/v1/notifications/"+all[0]+"/dismiss", nil).ok().body)
	assert.Equal(t, 404, ada.get("/api/v1/notifications/"+all[0]).code)
	assert.Equal(t, 404, bob.get("/api/v1/notifications/"+all[1]).code)
	ada.do("POST", "/api/v1/notifications/clear", nil).ok()
	assert.Empty(t, ada.get("/api/v1/notifications").ids())
}

// The lists that clients ask for at start answer, all of them.
func TestFirstScreens(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	require.NoError(t, n.API.About.SetTexts(t.Context(), ada.id, map[string]string{about.PrivacyPolicy: "We keep little."}))
	require.NoError(t, n.API.About.SetTerms(t.Context(), ada.id, "2020-01-01", "Behave."))
	for _, r := range n.Routes() {
		if r.Method == "GET" && strings.HasPrefix(r.Path, "/api/") && !strings.Contains(r.Path, "streaming") && !strings.Contains(r.Path, "push") && !strings.ContainsAny(r.Path, ":") && !strings.Contains(r.Path, "lookup") && !strings.Contains(r.Path, "oembed") && !strings.Contains(r.Path, "apps") && r.Policy.Needs() == "" {
			assert.Equal(t, 200, ada.get(r.Path).code, r.Path)
		}
	}
	v2, v1 := n.stranger().get("/api/v2/instance").ok().object(), n.stranger().get("/api/v1/instance").ok().object()
	assert.Equal(t, v1["uri"], v2["domain"])
	assert.Equal(t, "4.5.0+parley.0.1.0", v2["version"])
	urls := v2["configuration"].(object)["urls"].(object)
	assert.Equal(t, strings.Replace(n.url, "http", "ws", 1), urls["streaming"])
	assert.EqualValues(t, 500, v2["configuration"].(object)["statuses"].(object)["max_characters"])
}

// What is not there yet is refused, not half done.
func TestRefusals(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	for _, body := range []object{
		{"status": "vote", "poll": object{"options": []string{"a", "a"}, "expires_in": 300}},
		{"status": "vote", "poll": object{"options": []string{"a"}, "expires_in": 300}},
		{"status": "vote", "poll": object{"options": []string{"a", "b"}, "expires_in": 3}},
		{"status": "odd", "visibility": "limited"},
		{"status": "gone", "media_ids": []string{"1"}},
	} {
		a := ada.send("POST", "/api/v1/statuses", body)
		assert.Equal(t, 422, a.code, body)
		assert.Contains(t, a.object()["error"], "Validation failed")
	}
	assert.Equal(t, 404, ada.send("POST", "/api/v1/statuses", object{"status": "re", "in_reply_to_id": "1"}).code)
	assert.Empty(t, ada.get("/api/v1/timelines/home").ids())
}

// Bytes that are no text are refused or left out, by either database.
func TestBytesThatAreNoText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		for _, path := range []string{"/api/v2/search?q=a%00b", "/api/v2/search?q=%ff%fe", "/api/v1/timelines/tag/%00", "/api/v1/timelines/tag/%c3%28", "/api/v1/accounts/lookup?acct=%00", "/api/v1/statuses?%zz"} {
			assert.Equal(t, 400, ada.get(path).code, path)
		}
		post := ada.send("POST", "/api/v1/statuses", object{"status": "a\x00b", "spoiler_text": "c\x00d", "language": "en"}).ok().object()
		assert.Equal(t, "<p>ab</p>", post["content"])
		assert.Equal(t, "cd", post["spoiler_text"])
		ada.form("PATCH", "/api/v1/accounts/update_credentials", url.Values{"display_name": {"A\x00\xffda"}, "note": {"\xc3("}}).ok()
		ada.form("POST", n.person("bob").at("/api/v1/accounts/%d/note"), url.Values{"comment": {"\x00"}}).ok()
		a := ada.form("POST", "/api/v1/statuses", url.Values{"status": {"x"}, "visibility": {"\x00"}, "media_ids[]": {"\x00"}})
		assert.Less(t, a.code, 500)
		b := ada.do("POST", "/api/v1/statuses", strings.NewReader("status=keyed"), "Content-Type", "application/x-www-form-urlencoded", "Idempotency-Key", "\xff\xfe")
		assert.Less(t, b.code, 500, b.body)
	})
}
