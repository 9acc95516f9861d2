package web_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/internal/audit"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/web/mastodon"
)

// steward is a person with a role, whose app has the scopes for it too.
func (n *node) steward(name string, role auth.Role) *client {
	n.t.Helper()
	c := n.person(name)
	n.role(c, role)
	c.token = n.tokenFor(c.id, "read write follow push admin:read admin:write")
	return c
}

func (n *node) role(c *client, role auth.Role) {
	n.t.Helper()
	n.write(func(tx *store.Tx) error {
		account, err := tx.Account(c.id)
		if err != nil {
			return err
		}
		return tx.SetPowers(&account.User, string(role), "")
	})
}

// lines are the actions in the audit trail that somebody did, in order.
func (n *node) lines(by *client) []string {
	n.t.Helper()
	all, err := n.db.AuditLines(0, 500)
	require.NoError(n.t, err)
	_, _, err = audit.Verify(n.db.Reader)
	require.NoError(n.t, err)
	actions := []string{}
	for _, line := range all {
		if line.ActorID == by.id {
			actions = append(actions, line.Action+" "+line.Subject)
		}
	}
	return actions
}

// names are the user names on a page of accounts.
func names(a answer) []string {
	list := []string{}
	for _, account := range a.ok().list() {
		list = append(list, account["username"].(string))
	}
	return list
}

func TestAdminFindsAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		require.NoError(t, n.Actors.Open(t.Context()))
		olga := n.steward("olga", auth.Owner)
		mona, bob := n.steward("mona", auth.Moderator), n.person("bob")
		carl, err := n.Actors.Create(t.Context(), actors.Newcomer{Username: "carl_x", Email: "Carl@corp.example", Role: "member"})
		require.NoError(t, err)
		far := n.remote(olga.id, 2)
		signIn := func(actor int64, address string, seen store.Time) {
			n.write(func(tx *store.Tx) error {
				return tx.CreateSession(&store.Session{ID: store.NewID(), TokenHash: auth.NewSecret(), ActorID: actor, Address: address, CreatedAt: seen, SeenAt: seen, ExpiresAt: seen + 1})
			})
		}
		signIn(bob.id, "192.0.2.7", 1000)
		signIn(bob.id, "198.51.100.9", 2000)
		signIn(mona.id, "2001:db8::5", 3000)
		require.NoError(t, n.Actors.Disable(t.Context(), 0, bob.id))
		require.NoError(t, n.Actors.Close(t.Context(), 0, carl.Actor.ID))
		require.NoError(t, n.Actors.Limit(t.Context(), 0, far[0].ID, true))
		require.NoError(t, n.Actors.Disable(t.Context(), 0, far[1].ID))

		const v1, v2 = "/api/v1/admin/accounts?", "/api/v2/admin/accounts?"
		all := []string{far[1].Username, far[0].Username, "carl_x", "bob", "mona", "olga"}
		for query, want := range map[string][]string{
			v1: all, v1 + "local=true": all[2:], v1 + "remote=true": all[:2], v1 + "local=true&active=true": {"mona", "olga"},
			v1 + "suspended=true": {far[1].Username, "bob"}, v1 + "disabled=true": {"carl_x"}, v1 + "silenced=true": {far[0].Username},
			v1 + "pending=true": {}, v1 + "sensitized=true": {}, v1 + "staff=true": {"mona", "olga"}, v1 + "username=bo": {"bob"}, v1 + "username=carl_": {"carl_x"}, v1 + "username=carlx": {},
			v1 + "display_name=ON": {"mona"}, v1 + "email=carl@": {"carl_x"}, v1 + "by_domain=" + far[0].Domain + "&silenced=1": {far[0].Username},
			v1 + "ip=192.0.2.7": {"bob"}, v1 + "ip=192.0.2.0/24": {"bob"}, v1 + "ip=2001:db8::/32": {"mona"}, v1 + "ip=10.0.0.0/8": {},
			v2 + "origin=local": all[2:], v2 + "origin=remote&status=silenced": {far[0].Username}, v2 + "status=suspended&origin=local": {"bob"},
			v2 + "permissions=staff": {"mona", "olga"}, v2 + "role_ids[]=4": {"olga"}, v2 + "role_ids[]=2&role_ids[]=4": {"mona", "olga"}, v2 + "role_ids[]=77": {}, v2 + "invited_by=1": {},
			v2 + "limit=2": all[:2],
		} {
			assert.Equal(t, want, names(olga.get(query)), query)
		}
		assert.Equal(t, 422, olga.get(v1+"ip=house").code)
		assert.Equal(t, 422, olga.get(v2+"status=odd").code)
		page := olga.get(v1 + "limit=3").ok()
		assert.Equal(t, all[3:], names(olga.get(next(t, page))))

		for _, account := range olga.get(v1).list() {
			check(t, table, "AdminAccount", "account", any(account))
		}
		seen := olga.get(bob.at("/api/v1/admin/accounts/%d")).ok().object()
		assert.Equal(t, []any{"198.51.100.9", true, false, nil}, []any{seen["ip"], seen["suspended"], seen["disabled"], seen["domain"]})
		assert.Equal(t, []any{object{"ip": "198.51.100.9", "used_at": "1970-01-01T00:00:02.000Z"}, object{"ip": "192.0.2.7", "used_at": "1970-01-01T00:00:01.000Z"}}, seen["ips"])
		assert.Equal(t, true, olga.get("/api/v1/admin/accounts/" + text(carl.Actor.ID)).ok().object()["disabled"])
		itself, err := db.InstanceActor()
		require.NoError(t, err)
		assert.Equal(t, 404, olga.get("/api/v1/admin/accounts/"+text(itself.ID)).code, "the node itself")
		assert.Equal(t, 404, olga.get("/api/v1/admin/accounts/7").code)
	})
}

func TestAdminActsOnAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		require.NoError(t, n.Actors.Open(t.Context()))
		mona, bob, far := n.steward("mona", auth.Moderator), n.person("bob"), n.person("eve")
		remote := n.remote(far.id, 1)[0]
		path := bob.at("/api/v1/admin/accounts/%d/")
		act := func(kind string, more ...string) answer {
			form := url.Values{"type": {kind}, "send_email_notification": {"true"}}
			for i := 0; i < len(more); i += 2 {
				form.Set(more[i], more[i+1])
			}
			return mona.form("POST", path+"action", form)
		}
		state := func(method, act string) object {
			t.Helper()
			o := mona.do(method, path+act, nil).ok().object()
			check(t, table, "AdminAccount", act, any(o))
			return o
		}

		assert.Equal(t, "{}", act("silence").ok().body)
		assert.Equal(t, true, mona.get(bob.at("/api/v1/admin/accounts/%d")).ok().object()["silenced"])
		assert.Equal(t, false, state("POST", "unsilence")["silenced"])

		act("disable").ok()
		assert.Equal(t, 401, bob.get("/api/v1/preferences").code, "no access")
		far.get(bob.at("/api/v1/accounts/%d")).ok()
		assert.Equal(t, false, far.get(bob.at("/api/v1/accounts/%d")).object()["suspended"], "but to be seen")
		assert.Equal(t, 403, mona.do("POST", path+"unsuspend", nil).code, "he is not")
		assert.Equal(t, false, state("POST", "enable")["disabled"])

		act("suspend").ok()
		assert.Equal(t, true, far.get(bob.at("/api/v1/accounts/%d")).object()["suspended"])
		assert.Equal(t, 409, act("disable").code)
		assert.Equal(t, true, state("POST", "enable")["suspended"], "that is for the disabled")
		assert.Equal(t, false, state("POST", "unsuspend")["suspended"])
		assert.Equal(t, false, state("POST", "unsensitive")["sensitized"])
		for _, gone := range []string{"approve", "reject"} {
			a := mona.do("POST", path+gone, nil)
			assert.Equal(t, 403, a.code)
			assert.JSONEq(t, `{"error":"This action is not allowed"}`, a.body)
			assert.Equal(t, 404, mona.do("POST", "/api/v1/admin/accounts/7/"+gone, nil).code)
		}
		for _, refused := range []answer{act(""), act("love"), act("sensitive"), act("none"), act("suspend", "text", "why"), mona.form("POST", "/api/v1/admin/accounts/"+text(remote.ID)+"/action", url.Values{"type": {"disable"}})} {
			assert.Equal(t, 422, refused.code, refused.body)
		}
		assert.Equal(t, 404, act("suspend", "report_id", "7").code)
		assert.Equal(t, false, mona.get(bob.at("/api/v1/admin/accounts/%d")).ok().object()["suspended"], "nothing was half done")

		assert.Equal(t, []string{"account.limit bob", "account.unlimit bob", "account.close bob", "account.enable bob", "account.disable bob", "account.enable bob"}, n.lines(mona))
	})
}

// Who may do what to whom is the rule of the pages.
func TestAdminActsWithinTheRole(t *testing.T) {
	n := sqlite(t)
	olga, otto := n.steward("olga", auth.Owner), n.steward("otto", auth.Owner)
	adam, mona, mike := n.steward("adam", auth.Admin), n.steward("mona", auth.Moderator), n.steward("mike", auth.Moderator)
	audrey, bob := n.steward("audrey", auth.Auditor), n.person("bob")
	far := &client{n: n, id: n.remote(bob.id, 1)[0].ID}
	for _, c := range []struct {
		who, target *client
		code        int
	}{
		{olga, olga, 403}, {adam, adam, 403}, {mona, mona, 403}, {olga, otto, 200}, {olga, adam, 200}, {adam, otto, 403}, {adam, mona, 200}, {mona, adam, 403}, {mona, mike, 403},
		{mona, audrey, 403}, {mona, bob, 200}, {mona, far, 200}, {audrey, bob, 403}, {bob, far, 403},
	} {
		for _, act := range []string{"action", "unsilence"} {
			a := c.who.form("POST", c.target.at("/api/v1/admin/accounts/%d/")+act, url.Values{"type": {"silence"}})
			assert.Equal(t, c.code, a.code, "%s %s %s: %s", c.who.name, act, c.target.name, a.body)
		}
	}
	// The role counts that somebody has now.
	n.role(mona, auth.Member)
	assert.Equal(t, 403, mona.get("/api/v1/admin/accounts").code)
	n.role(bob, auth.Admin)
	assert.Equal(t, 403, bob.get("/api/v1/admin/accounts").code, "his app has no scope for it")
	n.role(otto, auth.Member)
	olga.form("POST", otto.at("/api/v1/admin/accounts/%d/action"), url.Values{"type": {"suspend"}}).ok()
	n.role(adam, auth.Owner)
	olga.form("POST", adam.at("/api/v1/admin/accounts/%d/action"), url.Values{"type": {"suspend"}}).ok()
	assert.Equal(t, 401, adam.get("/api/v1/preferences").code)
}

func TestAdminDeletesWhoIsSuspended(t *testing.T) {
	n := sqlite(t)
	olga, mona, bob, eve := n.steward("olga", auth.Owner), n.steward("mona", auth.Moderator), n.person("bob"), n.person("eve")
	require.NoError(t, n.Actors.Open(t.Context()))
	path := bob.at("/api/v1/admin/accounts/%d")
	assert.Equal(t, 403, olga.do("DELETE", path, nil).code, "not yet")
	mona.form("POST", path+"/action", url.Values{"type": {"suspend"}}).ok()
	assert.Equal(t, 403, mona.do("DELETE", path, nil).code, "moderators do not delete")
	assert.Equal(t, true, olga.do("DELETE", path, nil).ok().object()["suspended"])
	assert.Equal(t, 404, olga.get(path).code)
	assert.Equal(t, 404, olga.do("DELETE", path, nil).code)
	assert.Equal(t, 404, eve.get(bob.at("/api/v1/accounts/%d")).code)
	assert.NotContains(t, names(olga.get("/api/v1/admin/accounts")), "bob")
	far := n.remote(eve.id, 1)[0]
	require.NoError(t, n.Actors.Disable(t.Context(), 0, far.ID))
	assert.Equal(t, 422, olga.do("DELETE", "/api/v1/admin/accounts/"+text(far.ID), nil).code)
	assert.Equal(t, []string{"account.delete bob"}, n.lines(olga))
}

// A page costs as many queries for many accounts as for one.
func TestAdminPagesCostTheSame(t *testing.T) {
	n := sqlite(t)
	olga := n.steward("olga", auth.Owner)
	n.remote(olga.id, 3)
	count, err := n.db.CountQueries()
	require.NoError(t, err)
	cost := func() int64 {
		n.API.Cache = mastodon.NewCache(1 << 20)
		before := count.Load()
		olga.get("/api/v1/admin/accounts?limit=200").ok()
		return count.Load() - before
	}
	few := cost()
	n.remote(olga.id, 60)
	assert.Equal(t, few, cost())
}
