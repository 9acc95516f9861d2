package web_test

import (
	"context"
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
)

// titles are those of the filters that match a post.
func titles(status object) []string {
	all := []string{}
	for _, r := range status["filtered"].([]any) {
		all = append(all, r.(object)["filter"].(object)["title"].(string))
	}
	return all
}

func TestFiltersWarnAndHide(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		ada.follow(bob)
		warned, hidden, plain := bob.post("A Spider in the bath"), bob.post("what a BORING day"), bob.post("nothing")
		warn := ada.send("POST", "/api/v2/filters", object{"title": "fears", "context": []string{"home", "public"}, "keywords_attributes": []object{{"keyword": "spider"}, {"keyword": "snake", "whole_word": false}}}).ok().object()
		assert.Equal(t, "warn", warn["filter_action"])
		assert.Nil(t, warn["expires_at"])
		assert.Len(t, warn["keywords"], 2)
		ada.send("POST", "/api/v2/filters", object{"title": "dull", "context": []string{"home"}, "filter_action": "hide", "keywords_attributes": []object{{"keyword": "boring"}}}).ok()

		home := ada.get("/api/v1/timelines/home")
		assert.Equal(t, []string{plain, warned}, home.ids(), "what is hidden is not there")
		assert.NotEmpty(t, home.header.Get("Link"))
		assert.Empty(t, titles(home.list()[0]))
		match := home.list()[1]["filtered"].([]any)[0].(object)
		assert.Equal(t, "fears", match["filter"].(object)["title"])
		assert.Equal(t, []any{"Spider"}, match["keyword_matches"])
		assert.Equal(t, []string{plain, hidden, warned}, ada.get("/api/v1/timelines/public").ids(), "it is hidden only where that was asked for")
		assert.Equal(t, []string{"dull"}, titles(ada.get("/api/v1/statuses/"+hidden).ok().object()))
		assert.Empty(t, titles(bob.get("/api/v1/statuses/"+hidden).ok().object()), "another's filters are another's")
		own := ada.post("spider, says ada")
		assert.Empty(t, titles(ada.get("/api/v1/statuses/"+own).ok().object()), "what one wrote is as one wrote it")
		boost := bob.send("POST", "/api/v1/statuses/"+warned+"/reblog", object{}).ok().object()["id"].(string)
		again := ada.get("/api/v1/statuses/" + boost).ok().object()
		assert.Equal(t, []string{"fears"}, titles(again))
		assert.Equal(t, []string{"fears"}, titles(again["reblog"].(object)))
		bob.send("PUT", "/api/v1/statuses/"+plain, object{"status": "snakes!"}).ok()
		assert.Equal(t, []string{"fears"}, titles(ada.get("/api/v1/statuses/"+plain).ok().object()), "an edit is looked at anew")

		path := "/api/v2/filters/" + warn["id"].(string)
		first := warn["keywords"].([]any)[0].(object)["id"].(string)
		after := ada.send("PUT", path, object{"title": "phobias", "keywords_attributes": []object{{"id": first, "_destroy": true}, {"keyword": "bath"}}}).ok().object()
		assert.Len(t, after["keywords"], 2)
		assert.Equal(t, []string{"phobias"}, titles(ada.get("/api/v1/statuses/"+warned).ok().object()))
		assert.Equal(t, 404, bob.get(path).code)
		assert.Equal(t, 404, bob.send("PUT", path, object{"title": "mine"}).code)
		assert.Equal(t, 404, bob.do("DELETE", path, nil).code)
		ada.do("DELETE", path, nil).ok()
		assert.Empty(t, titles(ada.get("/api/v1/statuses/"+warned).ok().object()))
		assert.Equal(t, 404, ada.get(path).code)
	})
}

func TestFiltersKnowPlacesAndTimes(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	root := ada.post("a question")
	reply := bob.post("@ada noise", "in_reply_to_id", root)
	require.Len(t, ada.get("/api/v1/notifications").ids(), 1)
	f := ada.send("POST", "/api/v2/filters", object{"title": "x", "context": []string{"notifications", "thread", "account"}, "filter_action": "hide", "expires_in": 3600, "keywords_attributes": []object{{"keyword": "noise"}}}).ok().object()
	at, err := time.Parse(time.RFC3339, f["expires_at"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(time.Hour), at, time.Minute)
	shown := func() [4]int {
		return [4]int{
			len(ada.get("/api/v1/notifications").ids()), len(ada.get("/api/v2/notifications").ok().object()["notification_groups"].([]any)),
			len(ada.get("/api/v1/statuses/" + root + "/context").ok().object()["descendants"].([]any)), len(ada.get(bob.at("/api/v1/accounts/%d/statuses")).ids()),
		}
	}
	assert.Equal(t, [4]int{}, shown())
	poll := bob.send("POST", "/api/v1/statuses", object{"status": "tea?", "poll": object{"options": []string{"yes", "no noise"}, "expires_in": 3600}}).ok().object()["id"].(string)
	assert.Equal(t, []string{"x"}, titles(ada.get("/api/v1/statuses/"+poll).ok().object()), "what a poll asks counts")
	bob.do("DELETE", "/api/v1/statuses/"+poll, nil).ok()
	ada.get("/api/v1/statuses/" + reply).ok()
	nodetest.Exec(t, n.db, "UPDATE filters SET expires_at = 1")
	nodetest.Exec(t, n.db, "UPDATE users SET filters_revision = filters_revision + 1")
	assert.Equal(t, [4]int{1, 1, 1, 1}, shown(), "a filter ends")
}

func TestFiltersHaveParts(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	post := bob.post("innocent words")
	f := ada.form("POST", "/api/v2/filters", url.Values{"title": {"t"}, "context[]": {"home"}, "filter_action": {"blur"}, "keywords_attributes[][keyword]": {"one"}}).ok().object()
	assert.Equal(t, "blur", f["filter_action"])
	path := "/api/v2/filters/" + f["id"].(string)
	k := ada.send("POST", path+"/keywords", object{"keyword": "two", "whole_word": false}).ok().object()
	assert.Equal(t, object{"id": k["id"], "keyword": "two", "whole_word": false}, k)
	assert.Len(t, ada.get(path+"/keywords").ok().list(), 2)
	word := "/api/v2/filters/keywords/" + k["id"].(string)
	assert.Equal(t, "three", ada.send("PUT", word, object{"keyword": "three"}).ok().object()["keyword"])
	assert.Equal(t, 404, bob.get(word).code)
	assert.Equal(t, 404, bob.do("DELETE", word, nil).code)
	ada.do("DELETE", word, nil).ok()
	assert.Equal(t, 404, ada.get(word).code)
	s := ada.send("POST", path+"/statuses", object{"status_id": post}).ok().object()
	assert.Equal(t, post, s["status_id"])
	seen := ada.get("/api/v1/statuses/" + post).ok().object()["filtered"].([]any)
	assert.Equal(t, []any{post}, seen[0].(object)["status_matches"])
	assert.Equal(t, 404, ada.send("POST", path+"/statuses", object{"status_id": bob.post("secret", "visibility", "direct")}).code, "what may not be seen does not exist")
	named := "/api/v2/filters/statuses/" + s["id"].(string)
	assert.Equal(t, 404, bob.do("DELETE", named, nil).code)
	ada.do("DELETE", named, nil).ok()
	assert.Empty(t, ada.get(path+"/statuses").ok().list())

	for _, bad := range []object{
		{"title": "", "context": []string{"home"}}, {"title": "t"}, {"title": "t", "context": []string{"moon"}}, {"title": "t", "context": []string{"home"}, "filter_action": "burn"},
		{"title": strings.Repeat("ä", 257), "context": []string{"home"}},
		{"title": "t", "context": []string{"home"}, "keywords_attributes": []object{{"keyword": strings.Repeat("ä", 513)}}},
	} {
		assert.Equal(t, 422, ada.send("POST", "/api/v2/filters", bad).code, "%v", bad)
	}
	ada.send("POST", "/api/v2/filters", object{"title": strings.Repeat("ä", 256), "context": []string{"home"}, "keywords_attributes": []object{{"keyword": strings.Repeat("ä", 512)}}}).ok()
}

// The first version shows each keyword as a filter.
func TestFiltersOfTheFirstVersion(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	f := ada.form("POST", "/api/v1/filters", url.Values{"phrase": {"rain"}, "context[]": {"home", "thread"}, "irreversible": {"true"}}).ok().object()
	assert.Equal(t, object{"id": f["id"], "phrase": "rain", "context": []any{"home", "thread"}, "expires_at": nil, "irreversible": true, "whole_word": false}, f)
	path := "/api/v1/filters/" + f["id"].(string)
	assert.Equal(t, "snow", ada.send("PUT", path, object{"phrase": "snow", "context": []string{"public"}}).ok().object()["phrase"])
	v2 := ada.get("/api/v2/filters").ok().list()
	require.Len(t, v2, 1)
	assert.Equal(t, "hide", v2[0]["filter_action"])
	ada.send("POST", "/api/v2/filters/"+v2[0]["id"].(string)+"/keywords", object{"keyword": "hail"}).ok()
	assert.Len(t, ada.get("/api/v1/filters").ok().list(), 2)
	assert.Equal(t, 422, ada.send("PUT", path, object{"phrase": "snow", "context": []string{"home"}}).code)
	ada.do("DELETE", path, nil).ok()
	assert.Len(t, ada.get("/api/v1/filters").ok().list(), 1)
	ada.do("DELETE", "/api/v1/filters/"+ada.get("/api/v1/filters").ids()[0], nil).ok()
	assert.Empty(t, ada.get("/api/v2/filters").ok().list())
}

// Filters cost a page nothing once they are ready, however many there are.
func TestFiltersCostNoQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		n.arrive(n.remote(ada.id, 60), ada.id)
		for i := range 5 {
			_, err := n.Outbox.ChangeFilter(context.Background(), ada.id, 0, func(f *store.ContentFilter) error {
				f.Title, f.Contexts, f.Keywords = "t", []string{"home"}, []*store.FilterKeyword{{Keyword: fmt.Sprint("somebody", i)}, {Keyword: "somebody"}}
				return nil
			})
			require.NoError(t, err)
		}
		count, err := db.CountQueries()
		require.NoError(t, err)
		queries := func() int64 {
			before := count.Load()
			for _, s := range ada.get("/api/v1/timelines/home?limit=40").ok().list() {
				assert.Len(t, s["filtered"], 5)
			}
			return count.Load() - before
		}
		queries()
		assert.EqualValues(t, 3, queries())
	})
}

func TestStreamsGoThroughFilters(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	ada.follow(bob)
	l := ada.dial(t).subscribed(object{"stream": "user"}, object{"stream": "public"})
	path := "/api/v2/filters"
	id := ada.send("POST", path, object{"title": "dull", "context": []string{"home"}, "filter_action": "hide", "keywords_attributes": []object{{"keyword": "boring"}}}).ok().object()["id"].(string)
	e := l.next()
	assert.Equal(t, "filters_changed", e.Event)
	assert.Equal(t, []string{"user"}, e.Stream)
	bob.post("boring")
	e = l.next()
	assert.Equal(t, []string{"public"}, e.Stream, "it is hidden at home only")
	assert.Equal(t, []string{"dull"}, titles(e.object(t)))
	// Home has come to the next post when the filter goes, so that it hid the one before.
	bob.post("cheerful")
	for range 2 {
		assert.Contains(t, l.next().object(t)["content"], "cheerful")
	}
	ada.do("DELETE", path+"/"+id, nil).ok()
	assert.Equal(t, "filters_changed", l.next().Event)
	bob.post("boring again")
	assert.Empty(t, titles(l.next().object(t)))
}
