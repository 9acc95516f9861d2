package web_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// Who follows somebody, among those whom one follows.
func TestFamiliarFollowers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve, cho := n.person("ada"), n.person("bob"), n.person("eve"), n.person("cho")
		ada.follow(bob)
		bob.follow(cho)
		eve.follow(cho) // whom Ada does not follow
		ada.follow(cho)
		query := "/api/v1/accounts/familiar_followers?id[]=" + text(cho.id) + "&id[]=" + text(bob.id) + "&id[]=abc"
		common := func(c *client) []any {
			all := c.get(query).ok().list()
			assert.Len(t, all, 2)
			assert.Equal(t, []any{text(cho.id), text(bob.id), []any{}}, []any{all[0]["id"], all[1]["id"], all[1]["accounts"]})
			return all[0]["accounts"].([]any)
		}
		found := common(ada)
		if assert.Len(t, found, 1) {
			assert.Equal(t, "bob", found[0].(object)["acct"])
		}
		assert.Empty(t, common(eve))
		asked := ada.send("GET", "/api/v1/accounts/familiar_followers", object{"id": []int64{cho.id}}).ok().list()
		assert.Len(t, asked[0]["accounts"], 1, "a body will do")

		// Who hides her circle, or hides it from Ada, has none.
		cho.send("PATCH", "/api/v1/accounts/update_credentials", object{"hide_collections": true}).ok()
		assert.Empty(t, common(ada))
		cho.send("PATCH", "/api/v1/accounts/update_credentials", object{"hide_collections": false}).ok()
		assert.Len(t, common(ada), 1)
		cho.send("POST", ada.at("/api/v1/accounts/%d/block"), object{}).ok()
		assert.Empty(t, common(ada))
	})
}
