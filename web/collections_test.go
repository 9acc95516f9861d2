package web_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// collect makes a collection and gives its path.
func (c *client) collect(fields object, people ...*client) string {
	c.n.t.Helper()
	fields["account_ids"] = ids(people...)
	made := c.send("POST", "/api/v1/collections", fields).ok().object()["collection"].(object)
	return "/api/v1/collections/" + made["id"].(string)
}

// inside are the accounts of the items in a collection.
func (c *client) inside(path string) []string {
	c.n.t.Helper()
	list := []string{}
	for _, item := range c.get(path).ok().object()["collection"].(object)["items"].([]any) {
		list = append(list, item.(object)["account_id"].(string))
	}
	return list
}

// listed are the ids of the collections in an answer.
func (a answer) listed() []string {
	a.t.Helper()
	list := []string{}
	for _, c := range a.ok().object()["collections"].([]any) {
		list = append(list, c.(object)["id"].(string))
	}
	return list
}

func TestCollections(t *testing.T) {
	table := entities(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, cho, eve := n.person("ada"), n.person("bob"), n.person("cho"), n.person("eve")
		path := ada.collect(object{"name": "Good <people>", "description": "R&D <3", "language": "en", "tag_name": "#GoLang", "sensitive": true, "discoverable": true}, bob, cho)
		id := path[len("/api/v1/collections/"):]
		whole := n.stranger().get(path).ok().object()
		check(t, table, "CollectionWithAccounts", "collection", any(whole))
		e := whole["collection"].(object)
		for key, want := range map[string]any{"name": "Good <people>", "description": "R&amp;D &lt;3", "language": "en", "sensitive": true, "discoverable": true, "local": true, "item_count": 2.0,
			"tag": object{"name": "golang", "url": n.url + "/tags/golang"}, "account_id": ids(ada)[0]} {
			assert.Equal(t, want, e[key], key)
		}
		var people []string
		for _, account := range whole["accounts"].([]any) {
			people = append(people, account.(object)["id"].(string))
		}
		assert.ElementsMatch(t, ids(ada, bob, cho), people)

		changed := ada.send("PUT", path, object{"name": "Better", "tag_name": "", "discoverable": false}).ok().object()["collection"].(object)
		assert.Equal(t, [4]any{"Better", nil, false, "R&amp;D &lt;3"}, [4]any{changed["name"], changed["tag"], changed["discoverable"], changed["description"]})
		assert.Equal(t, "en", ada.form("PATCH", path, map[string][]string{"sensitive": {"false"}}).ok().object()["collection"].(object)["language"])
		all := ada.at("/api/v1/accounts/%d/collections")
		assert.Equal(t, []string{id}, ada.get(all).listed())
		assert.Empty(t, eve.get(all).listed(), "what is not discoverable is listed for its owner alone")
		assert.Len(t, eve.inside(path), 2, "but whoever has the address may look")
		found := eve.get("/api/v2/search?q=" + n.url + "/collections/" + id).ok().object()["collections"].([]any)
		require.Len(t, found, 1)
		assert.Equal(t, "Better", found[0].(object)["name"])
		assert.Contains(t, n.stranger().do("GET", "/collections/"+id, nil, "Accept", "text/html").ok().body, "Better")

		assert.Equal(t, []string{id}, bob.get(bob.at("/api/v1/accounts/%d/in_collections")).listed())
		assert.Equal(t, 403, ada.get(bob.at("/api/v1/accounts/%d/in_collections")).code, "who else is in which is nobody's to ask")

		for _, a := range []answer{
			eve.send("PUT", path, object{"name": "mine"}), eve.do("DELETE", path, nil), eve.send("POST", path+"/items", object{"account_id": ids(eve)[0]}), eve.do("DELETE", path+"/items/1", nil),
		} {
			assert.Equal(t, 403, a.code, a.body)
		}
		assert.Equal(t, 404, eve.send("PUT", "/api/v1/collections/1", object{"name": "none"}).code)
		assert.Equal(t, "{}", ada.do("DELETE", path, nil).ok().body)
		assert.Equal(t, 404, ada.get(path).code)
		assert.Empty(t, bob.get("/api/v1/notifications").ids(), "nothing is told of what is gone")
	})
}

// Who may be put into a collection, and how they get out of it.
func TestWhoIsInACollection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, cho, dan, eve, fay := n.person("ada"), n.person("bob"), n.person("cho"), n.person("dan"), n.person("eve"), n.person("fay")
		path := ada.collect(object{"name": "x"})
		add := func(c *client) answer { return ada.send("POST", path+"/items", object{"account_id": ids(c)[0]}) }
		set := func(c *client, key string, value bool) { c.send("PATCH", "/api/v1/profile", object{key: value}).ok() }
		set(cho, "discoverable", false)
		set(dan, "locked", true)
		fay.send("POST", ada.at("/api/v1/accounts/%d/block"), object{}).ok()
		for _, c := range []*client{cho, dan, fay} {
			assert.Equal(t, 403, add(c).code, c.name)
		}
		ada.follow(dan)
		assert.Equal(t, 403, add(dan).code, "asking is not following")
		dan.send("POST", ada.at("/api/v1/follow_requests/%d/authorize"), object{}).ok()
		assert.Equal(t, 200, add(dan).code)
		far := &store.Actor{ID: store.NewID(), URI: "https://far.example/f", Kind: "Person", Username: "f", Domain: "far.example", Discoverable: true, Lifecycle: store.Active, CreatedAt: store.Now(), UpdatedAt: store.Now()}
		n.write(func(tx *store.Tx) error { return tx.CreateActor(far) })
		assert.Equal(t, 403, ada.send("POST", path+"/items", object{"account_id": strconv.FormatInt(far.ID, 10)}).code, "who lives elsewhere cannot be asked")
		item := add(bob).ok().object()["collection_item"].(object)
		assert.Equal(t, [2]any{"accepted", ids(bob)[0]}, [2]any{item["state"], item["account_id"]})
		for _, bad := range []object{{"account_id": ids(bob)[0]}, {"account_id": "1"}, {}} {
			assert.Equal(t, 422, ada.send("POST", path+"/items", bad).code, "%v", bad)
		}
		assert.Equal(t, ids(dan, bob), eve.inside(path))

		eve.send("POST", dan.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Equal(t, ids(bob), eve.inside(path), "not whom the reader blocks")
		assert.Equal(t, ids(bob), dan.inside(path)[1:], "and the others see all")
		nodetest.Exec(t, db, fmt.Sprintf("UPDATE actors SET lifecycle = 'suspended' WHERE id = %d", dan.id))
		assert.Equal(t, ids(bob), ada.inside(path))

		revoke := path + "/items/" + item["id"].(string) + "/revoke"
		assert.Equal(t, 403, eve.send("POST", revoke, object{}).code, "only one's own")
		bob.send("POST", revoke, object{}).ok()
		assert.Empty(t, ada.inside(path))
		assert.Empty(t, bob.get(bob.at("/api/v1/accounts/%d/in_collections")).listed())
		assert.Equal(t, 404, ada.do("DELETE", path+"/items/"+item["id"].(string), nil).code)
		assert.Equal(t, 403, add(bob).code, "for good")
		again := add(eve).ok().object()["collection_item"].(object)["id"].(string)
		ada.do("DELETE", path+"/items/"+again, nil).ok()
		assert.Equal(t, 200, add(eve).code, "whom the owner took out the owner may put in")
		ada.send("POST", fay.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Equal(t, 404, fay.get(path).code, "whom the owner blocks sees none")
		assert.Empty(t, fay.get(ada.at("/api/v1/accounts/%d/collections")).listed())
		nodetest.Exec(t, db, fmt.Sprintf("UPDATE actors SET lifecycle = 'suspended' WHERE id = %d", ada.id))
		assert.Equal(t, 404, bob.get(path).code)
	})
}

func TestBoundsOfCollections(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	bounds := n.stranger().get("/api/v2/instance").ok().object()["configuration"].(object)["collections"].(object)
	most := func(name string) int { return int(bounds[name].(float64)) }
	long := func(name string) string { return strings.Repeat("ä", most(name)+1) }
	for _, bad := range []object{{}, {"name": " "}, {"name": long("max_name_length")}, {"name": "x", "description": long("max_description_length")}, {"name": "x", "tag_name": "two words"}, {"name": "x", "language": "no language"}} {
		assert.Equal(t, 422, ada.send("POST", "/api/v1/collections", bad).code, "%v", bad)
	}
	var people []*client
	for i := range most("max_accounts") + 1 {
		people = append(people, n.person(fmt.Sprintf("p%d", i)))
	}
	assert.Equal(t, 422, ada.send("POST", "/api/v1/collections", object{"name": "x", "account_ids": ids(people...)}).code)
	assert.Empty(t, ada.get(ada.at("/api/v1/accounts/%d/collections")).listed(), "all of it or nothing")
	path := ada.collect(object{"name": "x"}, people[1:]...)
	assert.Equal(t, 422, ada.send("POST", path+"/items", object{"account_id": ids(people[0])[0]}).code)
	for i := range most("max_collections") - 1 {
		ada.collect(object{"name": fmt.Sprint(i)})
	}
	assert.Equal(t, 422, ada.send("POST", "/api/v1/collections", object{"name": "more"}).code)
	assert.EqualValues(t, most("max_collections"), ada.get("/api/v1/accounts/verify_credentials").ok().object()["role"].(object)["collection_limit"])

	all := ada.get(ada.at("/api/v1/accounts/%d/collections")).listed()
	require.Len(t, all, most("max_collections"))
	first := ada.get(ada.at("/api/v1/accounts/%d/collections?limit=6"))
	assert.Equal(t, all[:6], first.listed())
	next, _, _ := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"), `>; rel="next"`)
	second := ada.get(next)
	assert.Equal(t, all[6:], second.listed())
	assert.NotContains(t, second.header.Get("Link"), `rel="next"`)
}

// People are told that they are recommended, and when that says something else.
func TestNotificationsOfCollections(t *testing.T) {
	table := entities(t)
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		path := ada.collect(object{"name": "x"}, bob, ada)
		told := func() []object { return bob.get("/api/v1/notifications").ok().list() }
		first := told()
		require.Len(t, first, 1)
		check(t, table, "Notification", "notification", any(first[0]))
		assert.Equal(t, [2]any{"added_to_collection", "x"}, [2]any{first[0]["type"], first[0]["collection"].(object)["name"]})
		assert.Empty(t, ada.get("/api/v1/notifications").ids(), "nobody is told of what they do themselves")
		for _, quiet := range []object{{"language": "de"}, {"discoverable": false}, {"name": "x"}} {
			ada.send("PATCH", path, quiet).ok()
		}
		require.Len(t, told(), 1)
		other := ada.collect(object{"name": "y"}, bob)
		ada.send("PATCH", other, object{"description": "z"}).ok()
		for _, loud := range []object{{"name": "z"}, {"tag_name": "go"}, {"sensitive": true}} {
			ada.send("PATCH", path, loud).ok()
		}
		kinds := []any{}
		for _, n := range told() {
			kinds = append(kinds, n["type"])
		}
		assert.Equal(t, []any{"collection_update", "collection_update", "added_to_collection", "added_to_collection"}, kinds, "the last edit of each")

		known := bob.get("/api/v1/notifications?limit=1&supported_types[]=collection_update").ok().list()[0]
		assert.Nil(t, known["fallback"])
		unknown := bob.get("/api/v1/notifications?limit=1&supported_types[]=mention").ok().list()[0]
		assert.Equal(t, object{"title": "ADA edited a collection that you are in", "summary": nil, "details": nil}, unknown["fallback"])
		grouped := bob.get("/api/v2/notifications?limit=1&supported_types[]=mention").ok().object()["notification_groups"].([]any)[0].(object)
		assert.Equal(t, unknown["fallback"], grouped["fallback"])
		assert.Equal(t, "z", grouped["collection"].(object)["name"])
		items := bob.get(other).ok().object()["collection"].(object)["items"].([]any)
		bob.send("POST", other+"/items/"+items[0].(object)["id"].(string)+"/revoke", object{}).ok()
		assert.Len(t, told(), 2, "what is told of it goes with it")
	})
}
