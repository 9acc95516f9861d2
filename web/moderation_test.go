package web_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

func TestBlockingADomainFromAClient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		ada := n.person("ada")
		bob := n.remote(ada.id, 1)[0]
		n.arrive([]*store.Actor{bob}, ada.id)
		require.Len(t, ada.get("/api/v1/timelines/home").ids(), 1)
		require.Len(t, ada.get("/api/v1/timelines/public").ids(), 1)
		assert.Equal(t, object{"followers_count": 0.0, "following_count": 1.0}, ada.get("/api/v1/domain_blocks/preview?domain="+bob.Domain).ok().object())
		ada.send("POST", "/api/v1/domain_blocks", object{"domain": bob.Domain}).ok()
		assert.Equal(t, 422, ada.send("POST", "/api/v1/domain_blocks", object{"domain": "not a domain"}).code)
		assert.Equal(t, `["`+bob.Domain+`"]`, ada.get("/api/v1/domain_blocks").ok().body)
		assert.Empty(t, ada.get("/api/v1/timelines/home").ids())
		assert.Empty(t, ada.get("/api/v1/timelines/public").ids())
		assert.Empty(t, ada.get("/api/v1/timelines/tag/go").ids())
		assert.Empty(t, ada.get("/api/v1/accounts/search?q=user").ok().list())
		require.NoError(t, n.Actors.Open(t.Context())) // the node itself tells
		s := severances(t, n, ada.id, bob.Domain)
		require.NoError(t, n.Outbox.Sever(t.Context(), outbox.SeverJob{Severance: s}))
		relation := ada.get("/api/v1/accounts/relationships?id[]=" + text(bob.ID)).ok().list()[0]
		assert.Equal(t, []any{true, false}, []any{relation["domain_blocking"], relation["following"]})
		told := ada.get("/api/v1/notifications").ok().list()
		require.Len(t, told, 1)
		assert.Equal(t, "severed_relationships", told[0]["type"])
		check(t, table, "RelationshipSeveranceEvent", "event", told[0]["event"])
		assert.Equal(t, bob.Domain, told[0]["event"].(object)["target_name"])
		assert.Equal(t, 1.0, told[0]["event"].(object)["following_count"])
		groups := ada.get("/api/v2/notifications").ok().object()["notification_groups"].([]any)
		check(t, table, "RelationshipSeveranceEvent", "event", groups[0].(object)["event"])
		ada.send("DELETE", "/api/v1/domain_blocks", object{"domain": bob.Domain}).ok()
		assert.Equal(t, `[]`, ada.get("/api/v1/domain_blocks").ok().body)
		assert.Len(t, ada.get("/api/v1/timelines/public").ids(), 1)
	})
}

func severances(t *testing.T, n *node, actor int64, domain string) int64 {
	t.Helper()
	all, err := n.db.Unrestored("user_domain_block", domain)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, actor, all[0].ActorID)
	return all[0].ID
}

func TestReportingFromAClient(t *testing.T) {
	table := entities(t)
	n := sqlite(t)
	ada, bob, mod := n.person("ada"), n.person("bob"), n.person("mona")
	require.NoError(t, n.Actors.SetPowers(t.Context(), 0, mod.id, "moderator", ""))
	post := bob.post("rude")
	r := ada.send("POST", "/api/v1/reports", object{"account_id": text(bob.id), "status_ids": []string{post}, "comment": "look", "category": "violation", "rule_ids": []string{"3"}, "forward": true}).ok().object()
	check(t, table, "Report", "report", any(r))
	assert.Equal(t, []any{post}, r["status_ids"])
	assert.Equal(t, false, r["forwarded"], "he is ours")
	assert.Equal(t, "bob", r["target_account"].(object)["acct"])
	assert.Equal(t, 404, ada.send("POST", "/api/v1/reports", object{"account_id": "7"}).code)
	told := mod.get("/api/v1/notifications").ok().list()
	require.Len(t, told, 1)
	assert.Equal(t, "admin.report", told[0]["type"])
	assert.Equal(t, "ada", told[0]["account"].(object)["acct"])
	check(t, table, "Report", "report", told[0]["report"])
	assert.Empty(t, bob.told(""))
}

// A domain that the node blocks is not there for anybody.
func TestABlockedDomainIsNotThere(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	bob := n.remote(ada.id, 1)[0]
	n.arrive([]*store.Actor{bob}, ada.id)
	post := ada.get("/api/v1/timelines/home").ids()[0]
	bob.Host = bob.Domain
	n.write(func(tx *store.Tx) error { return tx.UpdateActor(bob) })
	paths := []string{"/api/v1/accounts/" + text(bob.ID), "/api/v1/accounts/lookup?acct=" + bob.Username + "@" + bob.Domain, "/api/v1/statuses/" + post,
		"/api/v1/accounts/" + text(bob.ID) + "/statuses", "/api/v1/statuses/" + post + "/context"}
	for _, path := range paths {
		ada.get(path).ok()
	}
	require.NoError(t, n.Partners.Set(t.Context(), 0, bob.Domain, "block"))
	for _, path := range paths {
		assert.Equal(t, 404, ada.get(path).code, path)
	}
	assert.Empty(t, ada.get("/api/v1/timelines/home").ids())
	assert.Empty(t, ada.get("/api/v1/accounts?id[]="+text(bob.ID)).ok().list())
	assert.Empty(t, ada.get("/api/v2/search?q=" + bob.URI).ok().object()["accounts"])
	require.NoError(t, n.Partners.Set(t.Context(), 0, bob.Domain, "allow"))
	for _, path := range paths {
		ada.get(path).ok()
	}
}
