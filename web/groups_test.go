package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// people makes accounts.
func (n *node) people(names ...string) []*client {
	n.t.Helper()
	var all []*client
	for _, name := range names {
		all = append(all, n.person(name))
	}
	return all
}

func (c *client) favourite(id string) {
	c.n.t.Helper()
	c.send("POST", "/api/v1/statuses/"+id+"/favourite", object{}).ok()
}

func (c *client) groups(query string) (groups []object, whole object) {
	c.n.t.Helper()
	whole = c.get("/api/v2/notifications" + query).ok().object()
	for _, g := range whole["notification_groups"].([]any) {
		groups = append(groups, g.(object))
	}
	return groups, whole
}

func text(n int64) string { return fmt.Sprint(n) }

func TestGroupedNotifications(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		ada := n.person("ada")
		fans := n.people("bob", "cleo", "dan")
		first, second := ada.post("one"), ada.post("two")
		for _, f := range fans {
			f.favourite(first)
			f.follow(ada)
		}
		fans[0].favourite(second)
		answer := fans[1].post("@ada hello")
		fans[2].send("POST", "/api/v1/statuses/"+first+"/reblog", object{}).ok()

		groups, whole := ada.groups("")
		check(t, table, "GroupedNotificationsResults", "grouped", whole)
		kinds := []string{}
		for _, g := range groups {
			check(t, table, "NotificationGroup", "group", any(g))
			kinds = append(kinds, fmt.Sprint(g["type"], g["notifications_count"]))
		}
		require.Equal(t, []string{"reblog1", "mention1", "favourite1", "follow3", "favourite3"}, kinds)
		three := groups[4]
		assert.Equal(t, first, three["status_id"])
		assert.Equal(t, []any{text(fans[2].id), text(fans[1].id), text(fans[0].id)}, three["sample_account_ids"])
		assert.Equal(t, answer, groups[1]["status_id"])
		assert.Len(t, whole["accounts"], 3)
		assert.Len(t, whole["statuses"], 3)
		assert.Nil(t, whole["partial_accounts"])

		_, whole = ada.groups("?expand_accounts=partial_avatars")
		check(t, table, "GroupedNotificationsResults", "partial", whole)
		assert.Len(t, whole["accounts"], 3) // each is the newest of some group
		_, whole = ada.groups("?expand_accounts=partial_avatars&types[]=follow")
		assert.Len(t, whole["accounts"], 1)
		require.Len(t, whole["partial_accounts"], 2)
		check(t, table, "PartialAccountWithAvatar", "partial", whole["partial_accounts"].([]any)[0])
		assert.Equal(t, 400, ada.get("/api/v2/notifications?expand_accounts=some").code)

		apart, _ := ada.groups("?grouped_types[]=follow")
		assert.Len(t, apart, 1+1+1+1+3)
		assert.True(t, strings.HasPrefix(apart[6]["group_key"].(string), "ungrouped-"))
		none, _ := ada.groups("?exclude_types[]=favourite&exclude_types[]=follow")
		assert.Len(t, none, 2)
		his, _ := ada.groups("?account_id=" + text(fans[0].id))
		assert.Len(t, his, 3)

		count := func(path string) any { return ada.get(path).ok().object()["count"] }
		assert.EqualValues(t, 5, count("/api/v2/notifications/unread_count"))
		assert.EqualValues(t, 9, count("/api/v1/notifications/unread_count"))
		assert.EqualValues(t, 1, count("/api/v2/notifications/unread_count?types[]=mention"))
		ada.send("POST", "/api/v1/markers", object{"notifications": object{"last_read_id": three["page_max_id"]}}).ok()
		assert.EqualValues(t, 4, count("/api/v2/notifications/unread_count"))

		key := "/api/v2/notifications/" + three["group_key"].(string)
		one := ada.get(key).ok().object()
		assert.Equal(t, three["group_key"], one["notification_groups"].([]any)[0].(object)["group_key"])
		assert.Len(t, ada.get(key+"/accounts").ok().list(), 3)
		page := ada.get(key + "/accounts?limit=2")
		assert.Len(t, page.ok().list(), 2)
		assert.Len(t, ada.get(next(t, page)).ok().list(), 1)
		assert.Equal(t, 404, fans[0].get(key).code, "what another was told")
		assert.Equal(t, 404, ada.get("/api/v2/notifications/favourite-1-2").code)

		fans[2].send("POST", "/api/v1/statuses/"+first+"/unfavourite", object{}).ok()
		assert.EqualValues(t, 2, ada.get(key).ok().object()["notification_groups"].([]any)[0].(object)["notifications_count"])
		ada.send("POST", key+"/dismiss", object{}).ok()
		assert.Equal(t, 404, ada.get(key).code)
		alone := "/api/v2/notifications/" + groups[1]["group_key"].(string)
		assert.Len(t, ada.get(alone).ok().object()["notification_groups"], 1)
		assert.Len(t, ada.get(alone+"/accounts").ok().list(), 1)
		ada.send("POST", alone+"/dismiss", object{}).ok()
		left, _ := ada.groups("")
		assert.Len(t, left, 3)
	})
}

// next is where a page says that the list goes on.
func next(t *testing.T, a answer) string {
	t.Helper()
	m := linkHeader.FindStringSubmatch(a.header.Get("Link"))
	require.NotNil(t, m, a.header.Get("Link"))
	return m[1]
}

// Who follows the links sees each group once, and what comes meanwhile is
// above; the next page begins below page_min_id of the last group as well.
func TestGroupsArePagedWhole(t *testing.T) {
	n := sqlite(t)
	n.Limits = false
	ada := n.person("ada")
	fans := n.people("bob", "cleo", "dan", "eve")
	var posts []string
	for i := range 6 {
		posts = append(posts, ada.post(fmt.Sprint("post ", i)))
	}
	for _, f := range fans { // each group is spread over the whole list
		for _, p := range posts {
			f.favourite(p)
		}
	}
	seen := []string{}
	for path := "/api/v2/notifications?limit=2"; ; {
		a := ada.get(path)
		page := a.ok().object()["notification_groups"].([]any)
		if len(page) == 0 {
			require.Empty(t, a.header.Get("Link"))
			break
		}
		for _, g := range page {
			seen = append(seen, g.(object)["status_id"].(string))
			assert.EqualValues(t, 4, g.(object)["notifications_count"])
		}
		last := page[len(page)-1].(object)
		path = "/api/v2/notifications?limit=2&max_id=" + last["page_min_id"].(string)
		assert.Contains(t, next(t, a), "max_id="+last["page_min_id"].(string))
	}
	assert.Equal(t, []string{posts[5], posts[4], posts[3], posts[2], posts[1], posts[0]}, seen)
}

func TestGroupsAreAConstantNumberOfQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.Limits = false
		ada := n.person("ada")
		fans := n.people("bob", "cleo", "dan")
		for i := range 20 {
			p := ada.post(fmt.Sprint("post ", i))
			for _, f := range fans {
				f.favourite(p)
			}
			fans[0].post("@ada hi")
		}
		count, err := db.CountQueries()
		require.NoError(t, err)
		queries := func(path string) int64 {
			before := count.Load()
			ada.get(path).ok()
			return count.Load() - before
		}
		queries("/api/v2/notifications?limit=40")
		assert.LessOrEqual(t, queries("/api/v2/notifications?limit=40"), int64(6))
		assert.Equal(t, queries("/api/v2/notifications?limit=2"), queries("/api/v2/notifications?limit=40"))
		assert.LessOrEqual(t, queries("/api/v1/notifications/requests?limit=40"), int64(6))
	})
}

// What somebody suspended did is not shown, and does not hide what others did.
func TestAGroupOutlivesASuspendedHead(t *testing.T) {
	n := sqlite(t)
	ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
	p := ada.post("hello")
	bob.favourite(p)
	eve.favourite(p)
	eve.post("@ada hi")
	require.NoError(t, n.Actors.Disable(t.Context(), 0, eve.id))
	groups, _ := ada.groups("")
	require.Len(t, groups, 1)
	assert.Equal(t, []any{text(bob.id)}, groups[0]["sample_account_ids"])
	assert.EqualValues(t, 1, groups[0]["notifications_count"])
}

// A follower who asked for it is told of each post, and once of one that names
// them; who boosted is told of each edit.
func TestKeenFollowersAndEdits(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	bob.send("POST", ada.at("/api/v1/accounts/%d/follow"), object{"notify": true}).ok()
	kinds := func() []string {
		all := []string{}
		for _, item := range bob.get("/api/v1/notifications").ok().list() {
			all = append(all, item["type"].(string))
		}
		return all
	}
	id := ada.post("hello")
	ada.post("hello @bob")
	ada.send("POST", "/api/v1/statuses/"+id+"/reblog", object{}).ok()
	assert.Equal(t, []string{"mention", "status"}, kinds())
	bob.send("POST", "/api/v1/statuses/"+id+"/reblog", object{}).ok()
	for _, text := range []string{"hello there", "hello again"} {
		ada.send("PUT", "/api/v1/statuses/"+id, object{"status": text}).ok()
		assert.Equal(t, []string{"update", "mention", "status"}, kinds())
		bob.send("POST", "/api/v1/markers", object{"notifications": object{"last_read_id": bob.get("/api/v1/notifications").ids()[0]}}).ok()
	}
}

// Those who run the node are told who is new, as one group.
func TestStewardsAreToldWhoIsNew(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	require.NoError(t, n.Actors.SetPowers(t.Context(), 0, ada.id, "owner", ""))
	for _, c := range n.people("cleo", "dan") {
		require.NoError(t, n.API.Notify.Joined(t.Context(), c.id))
	}
	groups, _ := ada.groups("")
	require.Len(t, groups, 1)
	assert.Equal(t, []any{"admin.sign_up", 2.0}, []any{groups[0]["type"], groups[0]["notifications_count"]})
	assert.Empty(t, bob.told(""))
}
