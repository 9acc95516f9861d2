package web_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// leave is whether the viewer may recommend the account, by each entity that
// shows it.
func (c *client) leave(other *client, post string) string {
	c.n.t.Helper()
	word := func(account any) string {
		return account.(object)["feature_approval"].(object)["current_user"].(string)
	}
	said := word(any(c.get(other.at("/api/v1/accounts/%d")).ok().object()))
	assert.Equal(c.n.t, said, word(c.get("/api/v1/statuses/" + post).ok().object()["account"]), "in a post")
	return said
}

// Who may be recommended by whom follows from two settings.
func TestFeatureApproval(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob, eve := n.person("ada"), n.person("bob"), n.person("eve")
		post := bob.post("hello")
		ada.follow(bob)
		set := func(key string, value bool) {
			bob.send("PATCH", "/api/v1/accounts/update_credentials", object{key: value}).ok()
		}
		for _, c := range []struct {
			key                    string
			value                  bool
			follower, other, owner string
		}{{"locked", false, "automatic", "automatic", "automatic"}, {"locked", true, "automatic", "denied", "automatic"}, {"discoverable", false, "denied", "denied", "automatic"}} {
			set(c.key, c.value)
			assert.Equal(t, c.follower, ada.leave(bob, post), c.key)
			assert.Equal(t, c.other, eve.leave(bob, post), c.key)
			assert.Equal(t, c.owner, bob.leave(bob, post), c.key)
			assert.Equal(t, "denied", n.stranger().leave(bob, post), c.key)
		}
	})
}

// A role is seen by everybody, and as soon as it is given.
func TestRolesAreShown(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	post := bob.post("hello")
	roles := func() []any {
		return ada.get("/api/v1/statuses/" + post).ok().object()["account"].(object)["roles"].([]any)
	}
	assert.Empty(t, roles())
	require.NoError(t, n.Actors.SetPowers(context.Background(), 0, bob.id, "moderator", ""))
	assert.Equal(t, []any{object{"id": "2", "name": "moderator", "color": ""}}, roles())
	assert.Equal(t, "moderator", bob.get("/api/v1/accounts/verify_credentials").ok().object()["role"].(object)["name"])
	nodetest.Exec(t, n.db, "UPDATE actors SET lifecycle = 'suspended', revision = revision + 1 WHERE username = 'bob'")
	assert.Empty(t, ada.get(bob.at("/api/v1/accounts/%d")).ok().object()["roles"], "nothing is said of who is suspended")
}
