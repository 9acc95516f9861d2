package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// shared makes a shared account with its members.
func (n *node) shared(name string, members ...*client) *client {
	n.t.Helper()
	account, err := n.Actors.Create(context.Background(), actors.Newcomer{Kind: store.SharedKind, Username: name, DisplayName: strings.ToUpper(name), Role: "member", Exact: true})
	require.NoError(n.t, err)
	for _, m := range members {
		require.NoError(n.t, n.Actors.AddMember(context.Background(), 0, account.Actor.ID, m.id))
	}
	return &client{n: n, id: account.Actor.ID, name: name}
}

// as is an app by which the client acts as a shared account.
func (c *client) as(shared *client, scopes string) *client {
	c.n.t.Helper()
	secret := auth.NewSecret()
	c.n.write(func(tx *store.Tx) error {
		return tx.CreateToken(&store.Token{ID: store.NewID(), TokenHash: auth.Hash(secret), ActorID: shared.id, ActedBy: c.id, Scopes: scopes, CreatedAt: store.Now()})
	})
	return &client{n: c.n, id: shared.id, name: shared.name, token: secret}
}

// browser is a browser that the client's person is signed in with.
type browser struct {
	n    *node
	http *http.Client
}

func (c *client) browser() *browser {
	c.n.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(c.n.t, err)
	b := &browser{c.n, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	link, err := c.n.Auth.SignInLink(context.Background(), 0, c.id)
	require.NoError(c.n.t, err)
	require.Equal(c.n.t, http.StatusSeeOther, b.do("POST", strings.TrimPrefix(link, c.n.url), nil).code)
	return b
}

func (b *browser) do(method, path string, form url.Values) answer {
	b.n.t.Helper()
	r, err := http.NewRequest(method, b.n.url+path, strings.NewReader(form.Encode()))
	require.NoError(b.n.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := b.http.Do(r)
	require.NoError(b.n.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b.n.t, err)
	return answer{b.n.t, resp.StatusCode, resp.Header, string(text)}
}

func (b *browser) actAs(c *client) answer {
	b.n.t.Helper()
	return b.do("POST", "/ui/act_as", url.Values{"account": {strconv.FormatInt(c.id, 10)}})
}

// trail is the audit trail from a line on.
func (n *node) trail(after int64) []*store.AuditLine {
	n.t.Helper()
	lines, err := n.db.AuditLines(after, 10_000)
	require.NoError(n.t, err)
	return lines
}

func (n *node) watch(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); n.API.Streams.Watch(ctx, n.db.Reader, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() { cancel(); <-done })
}

// Whatever is done as a shared account, by every route that writes, through the
// API and on the pages: each line of the audit trail names the person.
func TestEveryActAsASharedAccountNamesThePerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.Limits = false
		door, err := n.Handler()
		require.NoError(t, err)
		n.open(door)
		ada, bob := n.person("ada"), n.person("bob")
		press := n.shared("press", ada, bob)
		app, b := ada.as(press, "read write follow push"), ada.browser()
		require.Equal(t, http.StatusSeeOther, b.actAs(press).code)
		post := bob.post("Something to act on")
		before := int64(len(n.trail(0)))
		posted := app.post("We say so")
		routes, acted := 0, map[string]bool{}
		for _, r := range n.Routes() {
			if r.Method == "GET" || r.Method == "HEAD" || r.Policy.Open() || strings.Contains(r.Path, "act_as") || strings.Contains(r.Path, "sessions/:id/end") {
				continue
			}
			path := strings.NewReplacer(":id", idFor(r.Path, post, bob.id), ":name", "news", ":act", "favourite").Replace(r.Path)
			routes++
			fields := url.Values{"status": {"Words"}, "text": {"Words"}, "name": {"news"}, "title": {"Ours"}, "visibility": {"public"}, "display_name": {"Press office"}, "id[]": {post}, "account_id": {strconv.FormatInt(bob.id, 10)},
				"home[last_read_id]": {post}, "phrase": {"x"}, "context[]": {"home"}, "domain": {"bad.example"}}
			if strings.HasPrefix(r.Path, "/api/") {
				app.form(r.Method, path, fields)
			} else {
				b.do(r.Method, path, fields)
			}
		}
		require.Greater(t, routes, 100)
		for _, line := range n.trail(before) {
			assert.Equal(t, ada.id, line.ActedBy, "%s %s %s", line.Action, line.Subject, line.Detail)
			assert.Equal(t, press.id, line.ActorID, "%s %s", line.Action, line.Detail)
			acted[line.Action] = true
			if line.Action == "account.act" {
				acted[strings.Split(line.Detail, `"route":"`)[1]] = true
			}
		}
		for _, route := range []string{"POST /api/v1/accounts/:id/follow", "POST /api/v1/accounts/:id/block", "POST /api/v1/statuses/:id/favourite", "PATCH /api/v1/accounts/update_credentials", "POST /api/v1/lists", "POST /ui/posts/:id/:act"} {
			found := false
			for a := range acted {
				found = found || strings.HasPrefix(a, route+`"`)
			}
			assert.True(t, found, route)
		}
		assert.True(t, acted["post.create"])

		before = n.trail(0)[len(n.trail(0))-1].Seq
		app.send("PUT", "/api/v1/statuses/"+posted, object{"status": "We take it back"}).ok()
		app.do("DELETE", "/api/v1/statuses/"+posted, nil).ok()
		last := n.trail(before)
		require.Len(t, last, 2)
		for _, line := range last {
			assert.Equal(t, ada.id, line.ActedBy)
			assert.Contains(t, line.Detail, posted)
		}
		p, err := db.Post(id64(t, posted))
		require.NoError(t, err)
		assert.Equal(t, ada.id, p.ActedBy)
	})
}

func id64(t *testing.T, id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	require.NoError(t, err)
	return n
}

// idFor is something that a route can act on.
func idFor(path, post string, account int64) string {
	if strings.Contains(path, "accounts/") || strings.Contains(path, "follow_requests/") || strings.Contains(path, "requests/:id") {
		return strconv.FormatInt(account, 10)
	}
	return post
}

// A member who is removed loses what he has of the account at once, streams too;
// the others keep theirs, and he keeps his own.
func TestWhoIsRemovedFromASharedAccountLosesItAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, end := range map[string]func(*node, *client, *client) error{
			"removed": func(n *node, ada, press *client) error {
				return n.Actors.RemoveMember(context.Background(), 0, press.id, ada.id)
			},
			"suspended":  func(n *node, ada, _ *client) error { return n.Actors.Disable(context.Background(), 0, ada.id) },
			"closed":     func(n *node, ada, _ *client) error { return n.Actors.Close(context.Background(), 0, ada.id) },
			"signed out": func(n *node, ada, _ *client) error { return n.Auth.EndAccess(context.Background(), 0, ada.id) },
		} {
			n := newNode(t, db)
			n.watch(t)
			name = strings.ReplaceAll(name, " ", "-")
			ada, bob := n.person("ada-"+name), n.person("bob-"+name)
			press := n.shared("press-"+name, ada, bob)
			hers, his, b := ada.as(press, "read write"), bob.as(press, "read write"), ada.browser()
			require.Equal(t, http.StatusSeeOther, b.actAs(press).code)
			assert.Contains(t, b.do("GET", "/", nil).body, "You act as <strong>@"+press.name)
			first, other := hers.dial(t).subscribed(object{"stream": "user"}), his.dial(t).subscribed(object{"stream": "user"})
			ended := time.Now()
			require.NoError(t, end(n, ada, press), name)
			_, _, err := first.conn.Read(first.ctx)
			assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err), name)
			assert.Less(t, time.Since(ended), 3*time.Second)
			assert.Equal(t, http.StatusUnauthorized, hers.get("/api/v1/accounts/verify_credentials").code, name)
			assert.Equal(t, http.StatusFound, b.do("GET", "/settings", nil).code, name)
			id := his.post("We go on")
			assert.Equal(t, id, other.next().object(t)["id"], name)
			if name == "removed" {
				ada.get("/api/v1/accounts/verify_credentials").ok()
				assert.Equal(t, http.StatusForbidden, ada.browser().actAs(press).code, "who is no member cannot act as it")
			}
		}
	})
}

// A token whose membership is gone is worth nothing, even where nobody ended it.
func TestATokenOfASharedAccountNeedsTheMembership(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		press := n.shared("press")
		app := ada.as(press, "read write")
		assert.Equal(t, http.StatusUnauthorized, app.get("/api/v1/accounts/verify_credentials").code)
		require.NoError(t, n.Actors.AddMember(t.Context(), 0, press.id, ada.id))
		app.get("/api/v1/accounts/verify_credentials").ok()
		assert.Equal(t, http.StatusForbidden, ada.browser().actAs(ada.n.person("eve")).code, "nobody acts as a person")
		assert.Error(t, n.Actors.AddMember(t.Context(), 0, ada.id, press.id), "a person is no shared account")
		assert.Error(t, n.Actors.AddMember(t.Context(), 0, press.id, press.id), "a shared account is no person")
		_, err := n.Auth.SignInLink(t.Context(), 0, press.id)
		assert.ErrorContains(t, err, "Nobody signs in")
		_, err = n.Auth.IssueToken(t.Context(), 0, press.id, auth.Scopes{"read"})
		assert.ErrorContains(t, err, "without a person")
		assert.Error(t, n.Actors.SetPowers(t.Context(), 0, press.id, "owner", ""))
	})
}

// An owner who acts as a shared account has no more power than a member.
func TestASharedAccountRunsNothing(t *testing.T) {
	n := sqlite(t)
	olga := n.steward("olga", auth.Owner)
	press := n.shared("press", olga)
	b := olga.browser()
	assert.Equal(t, http.StatusOK, b.do("GET", "/owner", nil).code)
	require.Equal(t, http.StatusSeeOther, b.actAs(press).code)
	for _, path := range []string{"/owner", "/owner/integrations", "/reports"} {
		assert.Equal(t, http.StatusForbidden, b.do("GET", path, nil).code, path)
	}
	assert.Equal(t, http.StatusForbidden, b.do("POST", "/owner/bots", url.Values{"name": {"evil"}}).code)
	assert.Equal(t, http.StatusForbidden, b.do("POST", "/settings/move", url.Values{"target": {"@olga"}}).code, "a member sends nobody away")
	app := olga.as(press, "read write admin:read admin:write")
	assert.Equal(t, http.StatusForbidden, app.get("/api/v1/admin/accounts").code)
	require.Equal(t, http.StatusSeeOther, b.actAs(olga).code)
	assert.Equal(t, http.StatusOK, b.do("GET", "/owner", nil).code, "as herself she runs the node again")
}

// What was begun as somebody is not sent as somebody else.
func TestAPostBegunAsAnotherAccountAsksAgain(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	press := n.shared("press", ada)
	b := ada.browser()
	require.Equal(t, http.StatusSeeOther, b.actAs(press).code)
	form := url.Values{"text": {"mine alone"}, "visibility": {"public"}, "me": {strconv.FormatInt(ada.id, 10)}}
	got := b.do("POST", "/ui/posts", form)
	assert.Equal(t, http.StatusUnprocessableEntity, got.code)
	assert.Contains(t, got.body, "You are @press now")
	assert.Contains(t, got.body, "mine alone")
	form.Set("me", strconv.FormatInt(press.id, 10))
	assert.Equal(t, http.StatusSeeOther, b.do("POST", "/ui/posts", form).code)
}

// Who wrote a post of a shared account is told to people here where the owner
// wants it, and never to strangers.
func TestShowingWhoActed(t *testing.T) {
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	press := n.shared("press", ada)
	app := ada.as(press, "read write")
	post := app.post("We say so")
	path := "/api/v1/statuses/" + post
	assert.NotContains(t, bob.get(path).ok().object(), "acted_by")
	page := "/@press/" + post
	assert.NotContains(t, bob.browser().do("GET", page, nil).body, "by @ada")
	n.API.ShowActedBy, n.UI.ShowActedBy = true, true
	app.send("PUT", path, object{"status": "We say so again"}).ok() // a rendered one is kept until it changes
	assert.Equal(t, "ada", bob.get(path).ok().object()["acted_by"].(object)["acct"])
	assert.Nil(t, n.stranger().get(path).ok().object()["acted_by"])
	assert.Nil(t, bob.get("/api/v1/statuses/" + bob.post("mine")).ok().object()["acted_by"])
	assert.Contains(t, bob.browser().do("GET", page, nil).body, "by @ada")
	assert.NotContains(t, n.stranger().get(page).ok().body, "by @ada")
	note := n.stranger().do("GET", "/posts/"+post, nil, "Accept", "application/activity+json").ok()
	assert.NotContains(t, note.body, "ada")
	actor := n.stranger().do("GET", press.at("/actors/%d"), nil, "Accept", "application/activity+json").ok().object()
	assert.Equal(t, "Organization", actor["type"])
}

// A bot lives through the API by its token, until that ends.
func TestABotActsByItsToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		n.watch(t)
		ada := n.person("ada")
		account, err := n.Actors.Create(t.Context(), actors.Newcomer{Kind: store.BotKind, Username: "builds", Role: string(auth.Bot), RunBy: ada.id, Exact: true})
		require.NoError(t, err)
		bot := &client{n: n, id: account.Actor.ID, name: "builds"}
		issue := func(name, scopes string, ends store.Time) (string, error) {
			return n.Auth.IssueBotToken(t.Context(), ada.id, bot.id, auth.BotToken{Name: name, Scopes: strings.Fields(scopes), Expires: ends})
		}
		bot.token, err = issue("CI", "read write", store.Now().Add(time.Hour))
		require.NoError(t, err)
		l := bot.dial(t).subscribed(object{"stream": "user"})
		before := n.trail(0)[len(n.trail(0))-1].Seq
		id := bot.post("Build 7 is green")
		assert.Equal(t, id, l.next().object(t)["id"])
		lines := n.trail(before)
		require.Len(t, lines, 1)
		assert.Equal(t, bot.id, lines[0].ActorID)
		assert.Contains(t, lines[0].Detail, "POST /api/v1/statuses")
		me := bot.get("/api/v1/accounts/verify_credentials").ok().object()
		assert.Equal(t, true, me["bot"])
		actor := n.stranger().do("GET", bot.at("/actors/%d"), nil, "Accept", "application/activity+json").ok().object()
		assert.Equal(t, "Service", actor["type"])
		assert.Contains(t, ada.browser().do("GET", "/@builds", nil).body, "Run by")
		assert.NotContains(t, n.stranger().get("/@builds").ok().body, "Run by")

		for why, refused := range map[string]func() (string, error){
			"admin scopes":  func() (string, error) { return issue("x", "read admin:read", 0) },
			"no name":       func() (string, error) { return issue(" ", "read", 0) },
			"a day gone by": func() (string, error) { return issue("x", "read", store.Now()-1) },
			"a person": func() (string, error) {
				return n.Auth.IssueBotToken(t.Context(), 0, ada.id, auth.BotToken{Name: "x", Scopes: auth.Scopes{"read"}})
			},
			"a sign-in":   func() (string, error) { return n.Auth.SignInLink(t.Context(), 0, bot.id) },
			"a bare one":  func() (string, error) { return n.Auth.IssueToken(t.Context(), 0, bot.id, auth.Scopes{"read"}) },
			"a promotion": func() (string, error) { return "", n.Actors.SetPowers(t.Context(), 0, bot.id, "owner", "") },
		} {
			_, err := refused()
			assert.Error(t, err, why)
		}

		// Its time runs out, and another is ended.
		nodetest.Exec(t, db, `UPDATE oauth_tokens SET expires_at = `+strconv.FormatInt(int64(store.Now()), 10)+` WHERE name = 'CI'`)
		_, _, err = l.conn.Read(l.ctx)
		assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err))
		assert.Equal(t, http.StatusUnauthorized, bot.get("/api/v1/accounts/verify_credentials").code)
		bot.token, err = issue("CI again", "read write", 0)
		require.NoError(t, err)
		l = bot.dial(t).subscribed(object{"stream": "user"})
		live, err := db.Grants(bot.id)
		require.NoError(t, err)
		require.Len(t, live, 1)
		require.Error(t, n.Auth.RevokeBotToken(t.Context(), 0, ada.id, live[0].ID), "not that of somebody else")
		require.NoError(t, n.Auth.RevokeBotToken(t.Context(), 0, bot.id, live[0].ID))
		_, _, err = l.conn.Read(l.ctx)
		assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err))
		for i := range 20 {
			_, err := issue("t"+strconv.Itoa(i), "read", 0)
			require.NoError(t, err)
		}
		_, err = issue("one more", "read", 0)
		require.ErrorContains(t, err, "20 tokens")
	})
}

// Owners make shared accounts, bots and tokens on a page; a token is shown once.
func TestIntegrationsPage(t *testing.T) {
	n := sqlite(t)
	olga, ada := n.steward("olga", auth.Owner), n.person("ada")
	b := olga.browser()
	require.Equal(t, http.StatusSeeOther, b.do("POST", "/owner/shared", url.Values{"name": {"press"}, "display_name": {"Press office"}}).code)
	press, err := n.db.ActorByHandle("press", "")
	require.NoError(t, err)
	members := "/owner/shared/" + strconv.FormatInt(press.ID, 10) + "/members"
	require.Equal(t, http.StatusSeeOther, b.do("POST", members, url.Values{"act": {"add"}, "name": {"@ada"}}).code)
	assert.Contains(t, b.do("GET", "/owner/integrations", nil).body, "Remove<span class=\"hush\"> @ada from @press")
	assert.Equal(t, http.StatusUnprocessableEntity, b.do("POST", members, url.Values{"act": {"add"}, "name": {"nobody"}}).code)
	assert.Contains(t, ada.browser().do("GET", "/", nil).body, `action="/ui/act_as"`)
	require.Equal(t, http.StatusSeeOther, b.do("POST", members, url.Values{"act": {"remove"}, "name": {"@ada"}}).code)
	assert.NotContains(t, ada.browser().do("GET", "/", nil).body, `action="/ui/act_as"`)

	require.Equal(t, http.StatusSeeOther, b.do("POST", "/owner/bots", url.Values{"name": {"builds"}, "run_by": {"ada"}}).code)
	bot, err := n.db.ActorByHandle("builds", "")
	require.NoError(t, err)
	tokens := "/owner/bots/" + strconv.FormatInt(bot.ID, 10) + "/tokens"
	assert.Equal(t, http.StatusUnprocessableEntity, b.do("POST", tokens, url.Values{"name": {"CI"}, "scope": {"read"}}).code, "a token made here has an end")
	made := b.do("POST", tokens, url.Values{"name": {"CI"}, "scope": {"read", "write"}, "days": {"90"}})
	require.Equal(t, http.StatusOK, made.code, made.body)
	_, rest, found := strings.Cut(made.body, "<code>")
	require.True(t, found)
	secret, _, _ := strings.Cut(rest, "</code>")
	by := &client{n: n, token: secret}
	by.get("/api/v1/accounts/verify_credentials").ok()
	list := b.do("GET", "/owner/integrations", nil).body
	assert.NotContains(t, list, secret)
	assert.Contains(t, list, "run by @ada")
	live, err := n.db.Grants(bot.ID)
	require.NoError(t, err)
	require.InDelta(t, int64(store.Now().Add(90*24*time.Hour)), int64(live[0].ExpiresAt), 60_000)
	require.Equal(t, http.StatusSeeOther, b.do("POST", tokens+"/"+strconv.FormatInt(live[0].ID, 10)+"/revoke", nil).code)
	assert.Equal(t, http.StatusUnauthorized, by.get("/api/v1/accounts/verify_credentials").code)
	assert.Equal(t, http.StatusForbidden, ada.browser().do("GET", "/owner/integrations", nil).code)
}
