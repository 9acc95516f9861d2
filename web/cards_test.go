package web_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/cards"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// previews switches the previews of links on.
func (n *node) previews() *cards.Cards {
	c := &cards.Cards{DB: n.db, Queue: n.Outbox.Queue, HTTP: n.Remote.HTTP, Remote: n.Remote, Bars: n.Partners.Bars, URL: n.url, Log: slog.New(slog.DiscardHandler)}
	n.Outbox.Cards = c
	return c
}

// linked posts a link, has its card made, and gives the id.
func (c *client) linked(to string, more ...string) string {
	c.n.t.Helper()
	id := c.post("see "+to, more...)
	require.NoError(c.n.t, c.n.Outbox.Cards.Make(c.n.t.Context(), cards.Job{PostID: c.n.number(id)}))
	return id
}

func (n *node) number(id string) (number int64) {
	_, err := fmt.Sscan(id, &number)
	require.NoError(n.t, err)
	return number
}

func said(title, image string) http.HandlerFunc {
	return serves("text/html; charset=utf-8", []byte(`<html lang="en"><title>`+title+`</title><meta name="author" content="Ada &lt;script&gt;"><meta property="og:description" content="Words">
<meta property="og:site_name" content="The Times"><meta property="og:image" content="`+image+`"><meta property="og:image:alt" content="a square">`))
}

func TestCards(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.previews()
		site := nodetest.Play(t, "site")
		site.Put("/a.png", serves("image/png", picture(t, 60, 40)))
		site.Put("/page", said("A &quot;page&quot;", "/a.png"))
		ada, bob := n.person("ada"), n.person("bob")
		bob.follow(ada)
		id := ada.post("see " + site.URL + "/page")
		see := func() object { return bob.get("/api/v1/statuses/" + id).ok().object() }
		assert.Nil(t, see()["card"])
		assert.Equal(t, "{}", bob.get("/api/v1/statuses/"+id+"/card").ok().body)
		stream := bob.dial(t).subscribed(object{"stream": "user"})
		require.NoError(t, n.Outbox.Cards.Make(t.Context(), cards.Job{PostID: n.number(id)}))

		card := see()["card"].(object)
		image, _ := card["image"].(string)
		assert.Equal(t, object{
			"url": site.URL + "/page", "title": `A "page"`, "description": "Words", "language": "en", "type": "link", "author_name": "Ada <script>", "author_url": "",
			"provider_name": "The Times", "provider_url": "", "html": "", "width": 60.0, "height": 40.0, "image": image, "image_description": "a square", "embed_url": "",
			"blurhash": card["blurhash"], "published_at": nil, "authors": []any{object{"name": "Ada <script>", "url": "", "account": nil}}, "missing_attribution": nil,
		}, card)
		assert.NotEmpty(t, card["blurhash"])
		assert.True(t, strings.HasPrefix(image, n.url+"/proxy/"), image)
		got := n.stranger().get(image).ok()
		assert.Equal(t, "image/png", got.header.Get("Content-Type"))
		assert.True(t, bytes.Equal(picture(t, 60, 40), []byte(got.body)))
		assert.Equal(t, card, bob.get("/api/v1/statuses/"+id+"/card").ok().object())
		assert.Equal(t, card, bob.get("/api/v1/timelines/home").ok().list()[0]["card"])
		boost := bob.send("POST", "/api/v1/statuses/"+id+"/reblog", object{}).ok().object()
		assert.Nil(t, boost["card"])
		assert.Equal(t, card, boost["reblog"].(object)["card"])

		// A card is no news: what comes next by the stream is something else.
		assert.Equal(t, "update", stream.next().Event)
		ada.post("something else")
		for {
			if e := stream.next(); strings.Contains(e.Payload, "something else") {
				break
			} else {
				require.NotEqual(t, "status.update", e.Event)
			}
		}
		secret := ada.linked(site.URL+"/page", "visibility", "private")
		assert.Equal(t, 404, n.stranger().get("/api/v1/statuses/"+secret+"/card").code)
	})
}

// Pages that several people link to in public trend; what was linked to in any
// other way counts for nothing.
func TestTrendingLinks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.Limits = false
		n.previews()
		site := nodetest.Play(t, "site")
		site.Put("/a.png", serves("image/png", picture(t, 60, 40)))
		for _, page := range []string{"one", "two", "quiet", "alone"} {
			site.Put("/"+page, said(page, "/a.png"))
		}
		site.Put("/plain", serves("text/html", []byte("<title>plain</title>")))
		people := n.people("ada", "bob", "cleo", "dan")
		ada, bob, cleo, dan := people[0], people[1], people[2], people[3]
		one, two := site.URL+"/one", site.URL+"/two"
		posts := []string{ada.linked(one), bob.linked(one), cleo.linked(one), ada.linked(one)}
		ada.linked(two)
		gone := bob.linked(two)
		cleo.linked(two)
		for _, who := range people {
			who.linked(site.URL+"/plain", "visibility", "public") // nothing to show
			who.linked(site.URL+"/quiet", "visibility", "unlisted")
			ada.linked(site.URL + "/alone")
		}
		n.write(func(tx *store.Tx) error { return tx.LimitAccount(dan.id, true, false) })
		dan.linked(two)
		bob.do("DELETE", "/api/v1/statuses/"+gone, nil).ok()

		links := n.stranger().get("/api/v1/trends/links").ok().list()
		require.Len(t, links, 2)
		assert.Equal(t, []any{one, two}, []any{links[0]["url"], links[1]["url"]})
		history := links[0]["history"].([]any)
		assert.Len(t, history, 7)
		assert.Equal(t, []any{"4", "3"}, []any{history[0].(object)["uses"], history[0].(object)["accounts"]})
		assert.Equal(t, []any{"0", "0"}, []any{history[6].(object)["uses"], history[6].(object)["accounts"]})
		assert.Equal(t, "2", links[1]["history"].([]any)[0].(object)["accounts"])
		assert.Equal(t, site.URL, links[0]["provider_url"])
		assert.Equal(t, two, n.stranger().get("/api/v1/trends/links?offset=1&limit=1").ok().list()[0]["url"])

		timeline := func(c *client, page, more string) []string {
			return c.get("/api/v1/timelines/link?url=" + url.QueryEscape(page) + more).ids()
		}
		for i, j := 0, len(posts)-1; i < j; i, j = i+1, j-1 {
			posts[i], posts[j] = posts[j], posts[i]
		}
		assert.Equal(t, posts, timeline(n.stranger(), one, ""))
		assert.Equal(t, posts[2:3], timeline(ada, one, "&limit=1&max_id="+posts[1]))
		ada.send("POST", bob.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Equal(t, []string{posts[0], posts[1], posts[3]}, timeline(ada, one, ""))
		assert.Equal(t, posts[1:3], timeline(bob, one, ""), "nor is there what is hidden from one")
		// What only few know of is as unknown as the rest.
		for _, page := range []string{site.URL + "/quiet", site.URL + "/never", ""} {
			assert.Empty(t, timeline(dan, page, ""), page)
		}
	})
}

func TestEmbeddedPosts(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	id := ada.post("Hello <b> & all")
	at := func(address string) answer { return n.stranger().get("/api/oembed?url=" + url.QueryEscape(address)) }
	e := at(n.url + "/@ada/" + id).ok().object()
	assert.Equal(t, []any{"rich", "1.0", "ADA", n.url + "/@ada", n.API.Domain, n.url + "/", 86400.0, 400.0, nil},
		[]any{e["type"], e["version"], e["author_name"], e["author_url"], e["provider_name"], e["provider_url"], e["cache_age"], e["width"], e["height"]})
	assert.Contains(t, e["html"], "<p>Hello &lt;b&gt; &amp; all</p>")
	assert.Contains(t, e["html"], `cite="`+n.url+"/@ada/"+id+`"`)
	assert.NotContains(t, e["html"], "<script")
	assert.EqualValues(t, 250, n.stranger().get("/api/oembed?maxwidth=250&url=" + url.QueryEscape(n.url+"/posts/"+id)).ok().object()["width"])
	warned := at(n.url + "/@ada/" + ada.post("the end", "spoiler_text", "a film")).ok().object()
	assert.Contains(t, warned["html"], "a film")
	assert.NotContains(t, warned["html"], "the end")

	boost := bob.send("POST", "/api/v1/statuses/"+id+"/reblog", object{}).ok().object()
	local := ada.send("POST", "/api/v1/statuses", object{"status": "here", "local_only": true}).ok().object()["id"].(string)
	for _, address := range []string{n.url + "/@ada/" + ada.post("few", "visibility", "private"), n.url + "/@ada/" + ada.post("@bob", "visibility", "direct"), n.url + "/@ada/" + local,
		n.url + "/@ada/" + ada.hold("not yet", nil), boost["uri"].(string), n.url + "/@ada", n.url + "/@ada/1", "https://elsewhere.example/1", ""} {
		a := at(address)
		assert.Equal(t, 404, a.code, address)
		assert.Equal(t, "Record not found", a.object()["error"])
	}
}

func TestNothingIsTranslatedNorGoesOnBehind(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	a := bob.send("POST", "/api/v1/statuses/"+ada.post("Hallo")+"/translate", object{"lang": "en"})
	assert.Equal(t, 403, a.code)
	assert.Contains(t, a.object()["error"], "This action is not allowed")
	assert.Equal(t, 404, bob.send("POST", "/api/v1/statuses/"+ada.post("Hallo", "visibility", "private")+"/translate", object{}).code)
	assert.Equal(t, 401, n.stranger().send("POST", "/api/v1/statuses/1/translate", object{}).code)
	assert.Equal(t, 404, bob.get("/api/v1_alpha/async_refreshes/context:1:refresh").code)
	assert.Equal(t, 401, n.stranger().get("/api/v1_alpha/async_refreshes/1").code)
}
