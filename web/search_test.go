package web_test

import (
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// index takes out the words of what was written until now.
func (n *node) index() {
	n.t.Helper()
	require.NoError(n.t, (&search.Index{DB: n.db}).Update(n.t.Context()))
}

// finds are the ids, or of hashtags the names, of what a search finds.
func (c *client) finds(kind, query string, more ...string) []string {
	c.n.t.Helper()
	c.n.index()
	q := url.Values{"q": {query}, "type": {kind}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	all := []string{}
	for _, item := range c.get("/api/v2/search?" + q.Encode()).ok().object()[kind].([]any) {
		key := "id"
		if kind == "hashtags" {
			key = "name"
		}
		all = append(all, item.(object)[key].(string))
	}
	return all
}

// Words find posts as long as they say them, and whoever may read them.
func TestSearchPosts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.Limits = false
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		find := func(c *client, query string, more ...string) []string { return c.finds("statuses", query, more...) }
		open := ada.post("A lighthouse in the fog")
		few := ada.post("A lighthouse for followers", "visibility", "private")
		talk := ada.post("@bob a lighthouse for you", "visibility", "direct")
		assert.Equal(t, []string{talk, few, open}, find(ada, "lighthouse"))
		assert.Equal(t, []string{talk, open}, find(bob, "LIGHTHOUSE"))
		assert.Equal(t, []string{open}, find(eve, "lighthouse"))
		assert.Empty(t, find(n.stranger(), "lighthouse"), "as on Mastodon, strangers do not search posts")
		eve.follow(ada)
		assert.Equal(t, []string{few, open}, find(eve, "lighthouse"))
		assert.Equal(t, []string{open}, find(eve, "from:@ada -followers"))
		assert.Equal(t, []string{open}, find(eve, "lighthouse", "offset", "1"))
		assert.Equal(t, []string{few}, find(eve, "lighthouse", "limit", "1"))
		assert.Equal(t, []string{open}, find(eve, "lighthouse", "max_id", few))
		assert.Equal(t, []string{few}, find(eve, "lighthouse", "min_id", open))
		assert.Empty(t, find(eve, "lighthouse", "account_id", bob.at("%d")))
		assert.Equal(t, []string{few, open}, find(eve, "lighthouse", "account_id", ada.at("%d")))
		all := eve.get("/api/v2/search?q=lighthouse").ok().object()
		assert.Len(t, all["statuses"], 2)
		assert.Equal(t, []any{}, all["accounts"])
		assert.Equal(t, []any{}, all["hashtags"])
		assert.Empty(t, find(eve, "?!"))

		ada.send("PUT", "/api/v1/statuses/"+open, object{"status": "A tower in the fog"}).ok()
		assert.Empty(t, find(bob, "lighthouse -you"))
		assert.Equal(t, []string{open}, find(bob, "tower is:edited"))
		ada.do("DELETE", "/api/v1/statuses/"+open, nil).ok()
		assert.Empty(t, find(ada, "tower"))

		// Who does not want to be searched is found by those who had to do with it.
		private := bob.post("A windmill")
		bob.form("PATCH", "/api/v1/accounts/update_credentials", url.Values{"indexable": {"false"}}).ok()
		assert.Equal(t, []string{private}, find(bob, "windmill"))
		assert.Empty(t, find(eve, "windmill"))
		eve.send("POST", "/api/v1/statuses/"+private+"/bookmark", object{}).ok()
		assert.Equal(t, []string{private}, find(eve, "windmill in:library"))
		eve.send("POST", bob.at("/api/v1/accounts/%d/mute"), object{}).ok()
		assert.Empty(t, find(eve, "windmill"))
	})
}

func TestSearchAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		people := map[string]string{}
		for _, name := range []string{"annika", "anna", "ann", "hannah"} {
			people[name] = n.person(name).at("%d")
		}
		friend := n.person("friend")
		friend.form("PATCH", "/api/v1/accounts/update_credentials", url.Values{"display_name": {"Zoë Anders"}, "note": {"Cold chains and #Logistics"}}).ok()
		ada.follow(friend)
		find := func(query string, more ...string) []string { return ada.finds("accounts", query, more...) }
		assert.Equal(t, people["ann"], find("ann")[0], "exactly that handle first")
		assert.Equal(t, friend.at("%d"), find("an")[0], "then whom one follows")
		assert.ElementsMatch(t, []string{friend.at("%d"), people["ann"], people["anna"], people["annika"]}, find("AN"))
		assert.Equal(t, []string{people["anna"], people["annika"]}, []string{find("@anna")[0], find("annik@" + n.API.Domain)[0]})
		assert.Equal(t, []string{friend.at("%d")}, find("zoe and"))
		assert.Equal(t, []string{friend.at("%d")}, find("chain"), "by what people say of themselves")
		assert.Equal(t, []string{friend.at("%d")}, find("an", "following", "true"))
		assert.Equal(t, find("an")[1:3], find("an", "offset", "1", "limit", "2"))
		assert.Equal(t, []string{friend.at("%d")}, find("#logistics"))
		assert.Empty(t, find("@!?"))
		assert.Equal(t, friend.at("%d"), ada.get("/api/v1/accounts/search?q=zoë").ids()[0])
		friend.form("PATCH", "/api/v1/accounts/update_credentials", url.Values{"discoverable": {"false"}}).ok()
		assert.Empty(t, find("chain"))
		assert.Empty(t, find("#logistics"))
		assert.Equal(t, []string{friend.at("%d")}, find("zoe"))
	})
}

// Who talks most under a hashtag is found by it, if one may read what they say.
func TestSearchPeopleByHashtag(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		bob.post("#cooling")
		for i := range 2 {
			eve.post(fmt.Sprint("#Cooling ", i))
		}
		n.person("zed").post("#cooling", "visibility", "private")
		assert.Equal(t, []string{eve.at("%d"), bob.at("%d")}, ada.finds("accounts", "#cooling"))
		eve.send("POST", ada.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Equal(t, []string{bob.at("%d")}, ada.finds("accounts", "#cooling"))
	})
}

func TestSearchHashtags(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		ada.post("#Cold #ColdChain")
		gone := ada.post("#Coldest")
		ada.post("#colder", "visibility", "private")
		find := func(query string) []string { return ada.finds("hashtags", query) }
		assert.Equal(t, "cold", find("#cold")[0])
		assert.ElementsMatch(t, []string{"cold", "coldchain", "coldest"}, find("cold"), "no tag that is only in what others may not read")
		ada.do("DELETE", "/api/v1/statuses/"+gone, nil).ok()
		assert.ElementsMatch(t, []string{"cold", "coldchain"}, find("COLD"))
		assert.Equal(t, []string{"never"}, find("#never"), "to be followed before it is used")
		assert.Empty(t, find("never"))
		tag := ada.get("/api/v2/search?type=hashtags&q=coldch&exclude_unreviewed=true").ok().object()["hashtags"].([]any)[0].(object)
		assert.Equal(t, "1", tag["history"].([]any)[0].(object)["uses"])
		old := ada.get("/api/v1/search?q=coldch").ok().object()
		assert.Equal(t, []any{"coldchain"}, old["hashtags"])
	})
}

// A page of what is found costs as many queries as one of little.
func TestSearchIsAConstantNumberOfQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		n.arrive(n.remote(ada.id, 120), ada.id)
		n.index()
		count, err := db.CountQueries()
		require.NoError(t, err)
		queries := func(query string, limit int) int64 {
			before := count.Load()
			ada.get("/api/v2/search?" + query + "&limit=" + strconv.Itoa(limit)).ok()
			return count.Load() - before
		}
		for _, query := range []string{"q=words", "type=statuses&q=words", "type=accounts&q=user", "type=hashtags&q=g"} {
			queries(query, 40) // renders
			assert.Equal(t, queries(query, 5), queries(query, 40), query)
		}
	})
}
