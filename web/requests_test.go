package web_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func (c *client) told(query string) []string {
	c.n.t.Helper()
	kinds := []string{}
	for _, item := range c.get("/api/v1/notifications" + query).ok().list() {
		kinds = append(kinds, item["type"].(string))
	}
	return kinds
}

// What the policy filters waits in a request and is not streamed; the reader
// lets it in, or does away with it.
func TestFilteredNotificationsBecomeRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		for _, method := range []string{"PUT", "PATCH"} {
			set := ada.send(method, "/api/v2/notifications/policy", object{"for_not_following": "filter", "for_private_mentions": "drop"}).ok().object()
			check(t, table, "NotificationPolicy", "policy", any(set))
			assert.Equal(t, "filter", set["for_not_following"])
		}
		old := ada.get("/api/v1/notifications/policy").ok().object()
		assert.Equal(t, []any{true, false, false, true}, []any{old["filter_not_following"], old["filter_not_followers"], old["filter_new_accounts"], old["filter_private_mentions"]})
		assert.Equal(t, 422, ada.send("PUT", "/api/v2/notifications/policy", object{"for_new_accounts": "perhaps"}).code)

		stream := ada.dial(t).subscribed(object{"stream": "user:notification"})
		said := bob.post("@ada hello")
		bob.favourite(ada.post("mine"))
		eve.post("@ada hello")
		eve.post("@ada psst", "visibility", "direct") // dropped
		assert.Empty(t, ada.told(""))
		assert.Equal(t, []string{"mention", "favourite", "mention"}, ada.told("?include_filtered=true"))
		assert.Equal(t, []string{"favourite", "mention"}, ada.told("?account_id="+text(bob.id)))
		groups, _ := ada.groups("")
		assert.Empty(t, groups)

		requests := ada.get("/api/v1/notifications/requests").ok().list()
		require.Len(t, requests, 2)
		for _, r := range requests {
			check(t, table, "NotificationRequest", "request", any(r))
		}
		mine := requests[1]
		assert.Equal(t, "bob", mine["account"].(object)["acct"])
		assert.Equal(t, "2", mine["notifications_count"])
		assert.Equal(t, said, mine["last_status"].(object)["id"])
		summary := ada.get("/api/v2/notifications/policy").ok().object()["summary"]
		assert.Equal(t, object{"pending_requests_count": 2.0, "pending_notifications_count": 3.0}, summary)
		path := "/api/v1/notifications/requests/" + mine["id"].(string)
		assert.Equal(t, mine["id"], ada.get(path).ok().object()["id"])
		assert.Equal(t, 404, bob.get(path).code)
		assert.Equal(t, 404, bob.send("POST", path+"/accept", object{}).code)
		assert.Len(t, ada.get(next(t, ada.get("/api/v1/notifications/requests?limit=1"))).ok().list(), 1)

		ada.send("POST", path+"/accept", object{}).ok()
		assert.Equal(t, object{"merged": true}, ada.get("/api/v1/notifications/requests/merged").ok().object())
		assert.Equal(t, []string{"favourite", "mention"}, ada.told(""))
		bob.post("@ada again")
		assert.Equal(t, "mention", stream.next().object(t)["type"], "the first that is streamed")
		assert.Equal(t, 404, ada.get(path).code)

		ada.send("POST", "/api/v1/notifications/requests/dismiss", object{"id": ada.get("/api/v1/notifications/requests").ids()}).ok()
		assert.Empty(t, ada.get("/api/v1/notifications/requests").ok().list())
		assert.Len(t, ada.told("?include_filtered=true"), 3)
		eve.post("@ada still here")
		ids := ada.get("/api/v1/notifications/requests").ids()
		bob.send("POST", "/api/v1/notifications/requests/accept", object{"id": ids}).ok()
		assert.Len(t, ada.get("/api/v1/notifications/requests").ok().list(), 1, "another's request is not his to accept")
		ada.form("POST", "/api/v1/notifications/requests/accept", map[string][]string{"id[]": ids}).ok()
		assert.Len(t, ada.told(""), 4)

		ada.send("PUT", "/api/v1/notifications/policy", object{"filter_not_following": false, "filter_private_mentions": true}).ok()
		now := ada.get("/api/v2/notifications/policy").ok().object()
		assert.Equal(t, []any{"accept", "drop"}, []any{now["for_not_following"], now["for_private_mentions"]})
	})
}

// A private answer in a thread where the reader wrote to the sender comes
// through, and one that only says that it answers does not.
func TestPrivateAnswersComeThrough(t *testing.T) {
	n := sqlite(t)
	ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
	ada.send("PUT", "/api/v2/notifications/policy", object{"for_private_mentions": "filter"}).ok()
	root := ada.post("@bob a question")
	eve.post("@ada let me in", "visibility", "direct", "in_reply_to_id", root)
	assert.Empty(t, ada.told(""))
	bob.post("@ada an answer", "visibility", "direct", "in_reply_to_id", root)
	assert.Equal(t, []string{"mention"}, ada.told(""))
}

// Those whom a moderator limited wait, unless the reader follows them.
func TestLimitedAccountsWait(t *testing.T) {
	n := sqlite(t)
	ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
	bob.follow(eve)
	nodetest.Exec(t, n.db, "UPDATE actors SET limited = TRUE WHERE id = "+text(eve.id))
	eve.post("@ada @bob hello")
	assert.Empty(t, ada.told(""))
	assert.Equal(t, []string{"mention"}, bob.told(""))
}
