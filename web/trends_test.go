package web_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// A trend is what several people had to do with, in what everybody may read.
func TestTrends(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.Limits = false
		ada, bob, eve, stranger := n.person("ada"), n.person("bob"), n.person("eve"), n.stranger()
		like := func(post string, all ...*client) string {
			for _, c := range all {
				c.send("POST", "/api/v1/statuses/"+post+"/favourite", object{}).ok()
			}
			return post
		}
		warm := like(ada.post("warm #one #two #loud"), bob, eve)
		hot := like(bob.post("hot #one #two"), ada, eve)
		ada.send("POST", "/api/v1/statuses/"+hot+"/reblog", object{}).ok() // counts once
		eve.post("#two")
		for range 3 {
			eve.post("#loud #alone")
		}
		like(ada.post("liked by one"), ada, bob)
		like(ada.post("under a warning", "spoiler_text", "careful"), bob, eve)
		like(ada.post("#secret for few", "visibility", "private"), ada)
		bob.post("#secret for few", "visibility", "private")
		gone := like(ada.post("soon gone #gone"), bob, eve)
		bob.post("#gone")
		require.NoError(t, (&search.Index{DB: db}).Trends(t.Context(), search.TrendsJob{}))
		ada.do("DELETE", "/api/v1/statuses/"+gone, nil).ok()
		names := func(path string) []string {
			all := []string{}
			for _, tag := range stranger.get(path).ok().list() {
				all = append(all, tag["name"].(string))
			}
			return all
		}
		assert.Equal(t, []string{"two", "loud", "gone", "one"}, names("/api/v1/trends/tags"), "by how many people, then by how often, then by name")
		assert.Equal(t, []string{"loud", "gone"}, names("/api/v1/trends?limit=2&offset=1"))
		assert.Equal(t, []string{hot, warm}, stranger.get("/api/v1/trends/statuses").ids(), "of equals the newer")
		first := stranger.get("/api/v1/trends/statuses?limit=1")
		assert.Equal(t, []string{hot}, first.ids())
		assert.Equal(t, `<`+n.url+`/api/v1/trends/statuses?limit=1&offset=1>; rel="next"`, first.header.Get("Link"))
		assert.Equal(t, []string{warm}, stranger.get("/api/v1/trends/statuses?limit=2&offset=1").ids())
		assert.NotContains(t, stranger.get("/api/v1/trends/statuses?limit=2&offset=1").header.Get("Link"), "next")
		eve.send("POST", bob.at("/api/v1/accounts/%d/mute"), object{}).ok()
		assert.Equal(t, []string{warm}, eve.get("/api/v1/trends/statuses").ids())
		bob.form("PATCH", "/api/v1/accounts/update_credentials", map[string][]string{"discoverable": {"false"}}).ok()
		require.NoError(t, (&search.Index{DB: db}).Trends(t.Context(), search.TrendsJob{}))
		assert.Equal(t, []string{warm}, stranger.get("/api/v1/trends/statuses").ids())
		assert.Equal(t, []string{"loud", "two"}, names("/api/v1/trends/tags"), "those who want to be discovered")
	})
}

func TestDirectTimeline(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		one := ada.post("@bob one", "visibility", "direct")
		ada.post("@bob for all")
		two := bob.post("@ada two", "visibility", "direct")
		three := eve.post("@ada three", "visibility", "direct")
		assert.Equal(t, []string{three, two, one}, ada.get("/api/v1/timelines/direct").ids())
		assert.Equal(t, []string{two, one}, bob.get("/api/v1/timelines/direct").ids())
		assert.Equal(t, []string{two}, ada.get("/api/v1/timelines/direct?limit=1&max_id="+three).ids())
		assert.Equal(t, []string{two}, ada.get("/api/v1/timelines/direct?limit=1&min_id="+one).ids())
		assert.Equal(t, 401, n.stranger().get("/api/v1/timelines/direct").code)
	})
}
