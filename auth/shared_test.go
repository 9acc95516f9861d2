package auth_test

import (
	"html"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/internal/store"
)

// shared makes a shared account with its members.
func (n *node) shared(name string, members ...int64) int64 {
	n.t.Helper()
	account, err := n.Actors.Create(n.t.Context(), actors.Newcomer{Kind: store.SharedKind, Username: name, Role: string(auth.Member)})
	require.NoError(n.t, err)
	for _, m := range members {
		require.NoError(n.t, n.Actors.AddMember(n.t.Context(), 0, account.Actor.ID, m))
	}
	return account.Actor.ID
}

// agreeAs says yes for the account.
func (b browser) agreeAs(link string, account int64) answer {
	t := b.n.t
	t.Helper()
	page := b.get(link)
	require.Equal(t, http.StatusOK, page.code, page.body)
	form := url.Values{"decision": {"allow"}, "act_as": {strconv.FormatInt(account, 10)}}
	for _, m := range field.FindAllStringSubmatch(page.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return b.post("/oauth/authorize", form, "Sec-Fetch-Site", "same-origin")
}

// The consent page asks for whom an app shall act, and the token is scoped to
// that: the account is the shared one, the person is named, no power comes along.
func TestConsentForASharedAccount(t *testing.T) {
	n := newNode(t)
	n.TokenTTL = 3600_000_000_000
	ada, ben := n.account("ada", auth.Owner), n.account("ben", auth.Member)
	press := n.shared("press", ada)
	a := n.app(phanpy, "read write admin:read")
	b := n.signedIn(ada)
	page := b.get(a.ask()).body
	assert.Contains(t, page, "For whom shall it act?")
	assert.Contains(t, page, "@press")
	assert.NotContains(t, n.signedIn(ben).get(a.ask()).body, "For whom", "who is no member is asked nothing more")
	assert.Equal(t, http.StatusForbidden, n.signedIn(ben).agreeAs(a.ask(), press).code)
	assert.Equal(t, http.StatusForbidden, b.agreeAs(a.ask("scope", "admin:read"), press).code, "a shared account administers nothing")

	agreed := b.agreeAs(a.ask(), press)
	require.Equal(t, http.StatusSeeOther, agreed.code, agreed.body)
	got := n.exchange(a, agreed.location.Query().Get("code")).json(t)
	assert.Equal(t, "read write", got["scope"])
	who := n.bearer(got["access_token"].(string), "/api/statuses").json(t)
	assert.EqualValues(t, float64(press), who["ActorID"])
	assert.EqualValues(t, float64(ada), who["ActedBy"])
	assert.Equal(t, "member", who["Role"])
	line := n.last("app.authorize")
	assert.Equal(t, press, line.ActorID)
	assert.Equal(t, ada, line.ActedBy)

	// It is listed with her own, renewed as long as she is a member, and hers to end.
	grants, err := n.DB.Grants(ada)
	require.NoError(t, err)
	require.Len(t, grants, 1)
	assert.Equal(t, "press", grants[0].Shared)
	of, err := n.DB.Grants(press)
	require.NoError(t, err)
	assert.Empty(t, of)
	renewed := n.browser().post("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got["refresh_token"].(string)}, "client_id": {a.id}, "client_secret": {a.secret}})
	require.Equal(t, http.StatusOK, renewed.code, renewed.body)
	token := renewed.json(t)["access_token"].(string)
	assert.EqualValues(t, float64(ada), n.bearer(token, "/api/statuses").json(t)["ActedBy"])
	require.NoError(t, n.EndGrant(t.Context(), auth.Who{ActorID: ada}, grants[0].ID))
	assert.Equal(t, http.StatusUnauthorized, n.bearer(token, "/api/statuses").code)
}

// last is the newest line of the audit trail about an action.
func (n *node) last(action string) *store.AuditLine {
	n.t.Helper()
	lines, err := n.DB.AuditLines(0, 1000)
	require.NoError(n.t, err)
	var last *store.AuditLine
	for _, line := range lines {
		if line.Action == action {
			last = line
		}
	}
	require.NotNil(n.t, last, action)
	return last
}

// A code is worth nothing once the person is no member any more, nor once they
// have left.
func TestACodeOfAMemberWhoIsRemoved(t *testing.T) {
	n := newNode(t)
	for i, end := range []func(ada, press int64) error{
		func(ada, press int64) error { return n.Actors.RemoveMember(t.Context(), 0, press, ada) },
		func(ada, _ int64) error { return n.EndAccess(t.Context(), 0, ada) },
	} {
		ada := n.account("ada"+strconv.Itoa(i), auth.Member)
		press := n.shared("press"+strconv.Itoa(i), ada)
		a := n.app(phanpy, "read")
		code := n.signedIn(ada).agreeAs(a.ask(), press).location.Query().Get("code")
		require.NotEmpty(t, code)
		require.NoError(t, end(ada, press))
		assert.Equal(t, http.StatusBadRequest, n.exchange(a, code).code)
	}
}

// Changing to a shared account is a new session that lasts no longer than the
// one before, and the person's sign-out ends it.
func TestActingAsASharedAccountInABrowser(t *testing.T) {
	n := newNode(t)
	ada := n.account("ada", auth.Owner)
	press := n.shared("press", ada)
	b := n.signedIn(ada)
	before, err := n.DB.Sessions(ada)
	require.NoError(t, err)
	n.actAs(b, press)
	who := b.get("/home").json(t)
	assert.EqualValues(t, float64(press), who["ActorID"])
	assert.EqualValues(t, float64(ada), who["ActedBy"])
	assert.Equal(t, "member", who["Role"])
	after, err := n.DB.Sessions(ada)
	require.NoError(t, err)
	require.Len(t, after, 1)
	assert.NotEqual(t, before[0].ID, after[0].ID)
	assert.Equal(t, before[0].ExpiresAt, after[0].ExpiresAt)
	assert.Equal(t, before[0].ProvedAt, after[0].ProvedAt)
	n.actAs(b, ada)
	assert.Equal(t, "owner", b.get("/home").json(t)["Role"])
	n.actAs(b, press)
	require.NoError(t, n.EndAccess(t.Context(), 0, ada))
	assert.Equal(t, http.StatusFound, b.get("/home").code)
}

// actAs has the browser go on as the account.
func (n *node) actAs(b browser, account int64) {
	n.t.Helper()
	require.Equal(n.t, http.StatusOK, b.post("/act_as", url.Values{"account": {strconv.FormatInt(account, 10)}}).code)
}
