package actors_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

func sqlite(t *testing.T) *nodetest.Node {
	t.Helper()
	return nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
}

func TestNamesAreForEver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := nodetest.Wire(t, db)
		ctx := t.Context()
		alice := n.Person("alice")
		_, err := n.Actors.Create(ctx, actors.Newcomer{Username: "Alice", Exact: true})
		require.True(t, fault.Is(err, fault.Conflict))
		second, err := n.Actors.Create(ctx, actors.Newcomer{Username: "alice"})
		require.NoError(t, err)
		require.Equal(t, [2]string{"alice2", n.URL + "/@alice2"}, [2]string{second.Actor.Username, second.Actor.URL})

		renamed, err := n.Actors.Rename(ctx, 0, alice.ID, "alicia")
		require.NoError(t, err)
		require.Equal(t, [2]string{alice.URI, "alicia"}, [2]string{renamed.URI, renamed.Username})
		for _, handle := range []string{"alice", "@ALICE", "alicia", "alice@" + n.Actors.Domain, n.URL + "/@alicia", alice.URI} {
			found, err := n.Actors.Resolve(ctx, handle)
			require.NoError(t, err, handle)
			require.Equal(t, alice.ID, found.ID, handle)
		}
		_, err = n.Actors.Rename(ctx, 0, second.Actor.ID, "alice")
		require.True(t, fault.Is(err, fault.Conflict), "a name that was somebody's stays theirs")
		_, err = n.Actors.Rename(ctx, 0, alice.ID, "alice")
		require.NoError(t, err, "who had a name may take it again")
		for _, bad := range []string{"", "a b", "a@b", "../x", "-", "Ünïcode", "x\x00"} {
			_, err = n.Actors.Rename(ctx, 0, alice.ID, bad)
			require.True(t, fault.Is(err, fault.Invalid), "%q", bad)
		}

		// Twenty of a name at once are twenty people.
		var all sync.WaitGroup
		names := make([]string, 20)
		for i := range names {
			all.Go(func() {
				a, err := n.Actors.Create(ctx, actors.Newcomer{Username: "bob", Issuer: "https://idp.example", Subject: string(rune('a' + i))})
				if assert.NoError(t, err) {
					names[i] = a.Actor.Username
				}
			})
		}
		all.Wait()
		seen := map[string]bool{}
		for _, name := range names {
			require.False(t, seen[name], name)
			seen[name] = true
		}
		_, _, err = audit.Verify(db.Reader)
		require.NoError(t, err)
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	n := sqlite(t)
	ctx := t.Context()
	one, two := n.Person("one"), n.Person("two")
	require.NoError(t, n.Actors.SetPowers(ctx, 0, one.ID, "owner", ""))
	require.True(t, fault.Is(n.Actors.SetPowers(ctx, 0, one.ID, "member", ""), fault.Conflict))
	require.True(t, fault.Is(n.Actors.Disable(ctx, 0, one.ID), fault.Conflict))
	require.NoError(t, n.Actors.SetPowers(ctx, 0, two.ID, "owner", ""))
	require.NoError(t, n.Actors.Disable(ctx, one.ID, two.ID))
	require.True(t, fault.Is(n.Actors.SetPowers(ctx, 0, one.ID, "member", ""), fault.Conflict), "one who cannot act is no owner")
	require.NoError(t, n.Actors.Enable(ctx, one.ID, two.ID))
	require.NoError(t, n.Actors.SetPowers(ctx, 0, one.ID, "member", ""))
}

func TestWhoIsSuspendedIsNotThere(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	p := n.Post(alice, store.Public, "hello")
	require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateToken(&store.Token{ID: store.NewID(), TokenHash: "phone", ActorID: alice.ID, Scopes: "read", CreatedAt: store.Now()})
	}))
	finger := n.URL + "/.well-known/webfinger?resource=" + url.QueryEscape("acct:alice@"+n.Actors.Domain)
	ask := func(want int) {
		t.Helper()
		for _, uri := range []string{alice.OutboxURI, alice.FeaturedURI, alice.FollowersURI, p.URI} {
			status, _, _ := n.Fetch(uri, nil)
			assert.Equal(t, want, status, uri)
		}
		status, _, _ := n.Fetch(finger, nil)
		assert.Equal(t, http.StatusOK, status)
		status, _, body := n.Fetch(alice.URI, nil)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, want != http.StatusOK, strings.Contains(body, `"suspended":true`), body)
		assert.Contains(t, body, "publicKeyPem")
	}
	ask(http.StatusOK)
	require.NoError(t, n.Actors.Disable(t.Context(), 0, alice.ID))
	ask(http.StatusNotFound)
	_, err := n.DB.Bearer("phone")
	require.True(t, fault.Is(err, fault.NotFound))
	bob.Follow(n, alice.URI)
	_, err = n.DB.Follow(n.Known(bob).ID, alice.ID)
	require.True(t, fault.Is(err, fault.NotFound))
	require.NoError(t, n.Actors.Enable(t.Context(), 0, alice.ID))
	ask(http.StatusOK)
	_, err = n.DB.Bearer("phone")
	require.True(t, fault.Is(err, fault.NotFound), "a token that ended stays so")
}

func TestSecureModeShowsStrangersOnlyWhoWeAre(t *testing.T) {
	n := sqlite(t)
	n.Actors.SecureMode = true
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	p := n.Post(alice, store.Public, "hello")
	for _, uri := range []string{p.URI, p.URI + "/activity", alice.OutboxURI, alice.FollowersURI, alice.FollowingURI, alice.FeaturedURI} {
		status, _, _ := n.Fetch(uri, nil)
		assert.Equal(t, http.StatusUnauthorized, status, uri)
		status, _, _ = n.Fetch(uri, bob)
		assert.Equal(t, http.StatusOK, status, uri)
	}
	node, err := n.DB.InstanceActor()
	require.NoError(t, err)
	for _, uri := range []string{alice.URI, node.URI} { // or two such nodes would wait for each other's key
		status, _, _ := n.Fetch(uri, nil)
		assert.Equal(t, http.StatusOK, status, uri)
	}
}

// A node is opened by several processes at once and has one actor of its own.
func TestOneNodeActor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := nodetest.Wire(t, db)
		n.Exec(`DELETE FROM actor_keys`)
		n.Exec(`DELETE FROM handles`)
		n.Exec(`DELETE FROM actors`)
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				other := *n.Actors
				assert.NoError(t, other.Open(t.Context()))
			})
		}
		all.Wait()
		require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*) FROM actors`))
	})
}

func TestResolvingOthers(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	for _, query := range []string{"bob@" + far.Name, "@BOB@" + far.Name, "acct:bob@" + far.Name, bob.URI} {
		found, err := n.Actors.Resolve(t.Context(), query)
		require.NoError(t, err, query)
		require.Equal(t, [2]string{bob.URI, "bob@" + far.Name}, [2]string{found.URI, found.Acct()})
	}
	_, err := n.Actors.Resolve(t.Context(), "nobody@"+far.Name)
	require.True(t, fault.Is(err, fault.NotFound))

	// A host that names another's actor has said nothing about him.
	evil := nodetest.Play(t, "evil")
	mal := evil.Actor("bob")
	mal.URI = bob.URI
	if found, err := n.Actors.Resolve(t.Context(), "bob@"+evil.Name); err == nil {
		require.Equal(t, "bob@"+far.Name, found.Acct())
	}
	require.Equal(t, "bob@"+far.Name, n.Known(bob).Acct())

	// An actor who claims a key, or an inbox, that is not his.
	for name, spoil := range map[string]nodetest.Doc{
		"another's key":   {"publicKey": nodetest.Doc{"id": bob.URI + "#main-key", "owner": bob.URI, "publicKeyPem": "x"}},
		"an owner's key":  {"publicKey": nodetest.Doc{"id": evil.URL + "/users/eve#main-key", "owner": bob.URI, "publicKeyPem": "x"}},
		"another's id":    {"id": bob.URI},
		"no inbox":        {"inbox": nil},
		"no actor at all": {"type": "Note"},
	} {
		eve := evil.Actor("eve")
		doc := evil.Document("/users/eve")
		for k, v := range spoil {
			doc = doc.With(k, v)
		}
		evil.Put("/users/eve", doc)
		_, err := n.Actors.Fetch(t.Context(), eve.URI)
		if spoil["id"] == nil {
			assert.Error(t, err, name)
		}
		_, err = n.Actors.Known(t.Context(), eve.URI)
		assert.True(t, fault.Is(err, fault.NotFound), name)
	}
	key, err := n.Actors.Key(t.Context(), bob.Key.ID)
	require.NoError(t, err)
	require.Equal(t, bob.URI, key.Actor.URI)
	require.True(t, federation.SameOrigin(key.Actor.URI, far.URL))
}

// Who keeps a circle private shows other nodes how many there are and no more.
func TestWhoHidesAndWhoShowsACircle(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	bob.Follow(n, alice.URI)
	n.Follow(alice, bob)
	told := func() (named, counted bool) {
		t.Helper()
		named, counted = true, true
		for _, uri := range []string{alice.FollowersURI, alice.URI + "/following"} {
			_, _, body := n.Fetch(uri, bob)
			counted = counted && strings.Contains(body, `"totalItems":1`)
			_, _, page := n.Fetch(uri+"?page=true", bob)
			named = named && strings.Contains(page, bob.URI)
			if !strings.Contains(page, bob.URI) {
				assert.NotContains(t, body, `"first"`, "there is nothing to turn to")
			}
		}
		return named, counted
	}
	named, counted := told()
	assert.Equal(t, [2]bool{true, true}, [2]bool{named, counted})
	hide := true
	require.NoError(t, n.Outbox.UpdateProfile(t.Context(), alice.ID, outbox.Profile{HideCollections: &hide}))
	named, counted = told()
	assert.Equal(t, [2]bool{false, true}, [2]bool{named, counted})
}
