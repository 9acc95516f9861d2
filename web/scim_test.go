package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// Somebody works here from a browser, an app and a stream. The directory
// switches him off: all of that is dead, what he wrote stands. It switches him
// on again: he may come back, and nothing of before is alive.
func TestWhoLeavesLosesAccess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go n.API.Streams.Watch(ctx, n.db.Reader, slog.New(slog.DiscardHandler))
		n.Auth.Providers = []*auth.Provider{{Name: "Corp IdP", Issuer: "https://idp.example"}}
		secret, err := n.SCIM.IssueToken(t.Context(), 0, "Corp IdP", "sync", 0)
		require.NoError(t, err)
		directory := &client{n: n, token: secret}

		id := directory.send("POST", "/scim/v2/Users", object{"userName": "bob@corp.example", "externalId": "s-bob"}).object()["id"].(string)
		user, err := db.SCIMPerson("https://idp.example", "s-bob")
		require.NoError(t, err)
		bob := &client{n: n, id: user.ActorID, name: "bob", token: n.tokenFor(user.ActorID, "read write follow push")}
		post := bob.post("I was here")
		stream := bob.dial(t).subscribed(object{"stream": "user"})
		browser := n.session(bob.id)
		require.True(t, browser())

		off := object{"Operations": []object{{"op": "Replace", "path": "active", "value": "False"}}}
		began := time.Now()
		require.Equal(t, false, directory.send("PATCH", "/scim/v2/Users/"+id, off).ok().object()["active"])
		assert.Equal(t, http.StatusUnauthorized, bob.get("/api/v1/accounts/verify_credentials").code)
		assert.False(t, browser())
		_, _, err = stream.conn.Read(stream.ctx)
		assert.Equal(t, websocket.StatusPolicyViolation, websocket.CloseStatus(err), err)
		assert.Less(t, time.Since(began), 2*time.Second)
		assert.Contains(t, n.person("ada").get("/api/v1/statuses/"+post).ok().body, "I was here")

		on := object{"Operations": []object{{"op": "replace", "value": object{"active": true}}}}
		directory.send("PATCH", "/scim/v2/Users/"+id, on).ok()
		assert.Equal(t, http.StatusUnauthorized, bob.get("/api/v1/accounts/verify_credentials").code)
		assert.False(t, browser())
		assert.True(t, n.session(bob.id)())
		bob.token = n.tokenFor(bob.id, "read")
		assert.Equal(t, "bob", bob.get("/api/v1/accounts/verify_credentials").ok().object()["username"])
	})
}

// session is a browser with a session for the account; it tells whether it is
// still signed in.
func (n *node) session(actor int64) func() bool {
	n.t.Helper()
	secret := auth.NewSecret()
	n.write(func(tx *store.Tx) error {
		return tx.CreateSession(&store.Session{ID: store.NewID(), TokenHash: auth.Hash(secret), ActorID: actor, CreatedAt: store.Now(), SeenAt: store.Now(), ExpiresAt: store.Now().Add(time.Hour)})
	})
	return func() bool {
		r, err := http.NewRequest("GET", n.url+"/settings", strings.NewReader(""))
		require.NoError(n.t, err)
		r.Header.Set("Cookie", "parley_session="+secret)
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(n.t, err)
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode == http.StatusOK
	}
}
