package outbox_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// Who gets a post, by its visibility, and how it is addressed. Each reader is
// alone on a host, so that what arrives there was meant for him.
func TestWhoReceivesWhat(t *testing.T) {
	n := sqlite(t)
	follows, named, asks, nobody := nodetest.Play(t, "follows"), nodetest.Play(t, "named"), nodetest.Play(t, "asks"), nodetest.Play(t, "nobody")
	fay, ned, ash := follows.Actor("fay"), named.Actor("ned"), asks.Actor("ash")
	n.Known(nobody.Actor("noah"))
	alice := n.Locked("alice")
	fay.Follow(n, alice.URI)
	require.NoError(t, n.Outbox.AcceptFollow(t.Context(), alice.ID, n.Known(fay).ID))
	ash.Follow(n, alice.URI) // and is not let in
	n.Settle()
	followers := alice.FollowersURI
	for v, want := range map[store.Visibility]struct {
		follower bool
		to, cc   []any
	}{
		store.Public:   {true, []any{federation.Public}, []any{followers, ned.URI}},
		store.Unlisted: {true, []any{followers}, []any{federation.Public, ned.URI}},
		store.Private:  {true, []any{followers}, []any{ned.URI}},
		store.Direct:   {false, []any{ned.URI}, []any{}},
	} {
		t.Run(string(v), func(t *testing.T) {
			before := [2]int{len(follows.Arrived()), len(named.Arrived())}
			p := n.Post(alice, v, "hello @ned@"+named.Name)
			n.Settle()
			got := named.Arrived()[before[1]:]
			require.Len(t, got, 1)
			note := got[0].Doc["object"].(map[string]any)
			assert.Equal(t, [2]any{want.to, want.cc}, [2]any{note["to"], note["cc"]})
			assert.Equal(t, [2]any{p.URI, alice.URI}, [2]any{note["id"], note["attributedTo"]})
			assert.Equal(t, "Create", got[0].Doc["type"])
			if want.follower {
				assert.Equal(t, []string{"Create" + p.Content}, content(follows.Arrived()[before[0]:]))
			} else {
				assert.Empty(t, follows.Arrived()[before[0]:])
			}

			_, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: "hello again @ned@" + named.Name})
			require.NoError(t, err)
			n.Settle()
			_, err = n.Outbox.Delete(t.Context(), alice.ID, p.ID)
			require.NoError(t, err)
			n.Settle()
			require.Len(t, named.Arrived()[before[1]:], 3)
			if want.follower {
				require.Len(t, follows.Arrived()[before[0]:], 3)
			}
			for i, a := range named.Arrived()[before[1]:] {
				assert.Equal(t, []string{"Create", "Update", "Delete"}[i], a.Doc["type"])
				assert.Equal(t, want.to, a.Doc["to"], a.Doc["type"])
			}
		})
	}
	here := len(follows.Arrived())
	post(t, n, alice, outbox.Draft{Text: "only here @ned@" + named.Name, Visibility: store.Public, Scope: store.Here})
	n.Settle()
	require.Len(t, follows.Arrived(), here)
	require.Empty(t, nobody.Arrived(), "nobody follows and nobody was named there")
	require.Empty(t, asks.Arrived("Create", "Update", "Delete"), "a follower who was not let in")
}

func TestAHeldPostLeavesNoTrace(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice, carol := n.Person("alice"), n.Person("carol")
		bob.Follow(n, alice.URI)
		require.NoError(t, n.Outbox.Follow(t.Context(), carol.ID, alice.ID, outbox.FollowOptions{}))
		question := n.Post(carol, store.Public, "a question")
		n.Settle()
		n.Outbox.Hold = map[store.Visibility]time.Duration{store.Public: time.Hour}
		tell := outbox.Draft{Text: "on second thoughts @carol @bob@" + far.Name, Visibility: store.Public, InReplyToID: question.ID}
		p := post(t, n, alice, tell)
		require.NotZero(t, p.HeldUntil)
		told := n.Notified(carol)

		edited, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: "better said @carol"})
		require.NoError(t, err)
		require.Zero(t, edited.EditedAt)
		n.Settle()
		_, err = n.DB.VisiblePost(carol.ID, p.ID)
		require.True(t, fault.Is(err, fault.NotFound), "it is its author's alone")
		_, err = n.DB.VisiblePost(alice.ID, p.ID)
		require.NoError(t, err)
		status, _, _ := n.Fetch(p.URI, nil)
		require.Equal(t, http.StatusNotFound, status)
		status, _, _ = n.Fetch(p.URI, bob)
		require.Equal(t, http.StatusNotFound, status)
		require.Empty(t, far.Arrived("Create", "Update"))
		require.Equal(t, told, n.Notified(carol))
		require.Zero(t, n.Again(question).RepliesCount)

		// The author may have done to it what one does to posts.
		for _, act := range []func() error{
			func() error { return n.Outbox.Favourite(t.Context(), alice.ID, p.ID) },
			func() error { return n.Outbox.Bookmark(t.Context(), alice.ID, p.ID) },
			func() error { return n.Outbox.Pin(t.Context(), alice.ID, p.ID) },
		} {
			require.NoError(t, act())
		}
		_, _, featured := n.Fetch(alice.FeaturedURI, nil)
		require.NotContains(t, featured, "better said")
		_, err = n.Outbox.Delete(t.Context(), alice.ID, p.ID)
		require.NoError(t, err)
		n.Settle()
		require.Empty(t, far.Arrived("Create", "Update", "Delete"))
		require.Nil(t, n.Stored(p.URI))
		status, _, _ = n.Fetch(p.URI, nil)
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, told, n.Notified(carol))
		who, err := n.DB.Actor(alice.ID)
		require.NoError(t, err)
		require.Zero(t, who.StatusesCount)
	})
}

func TestAHeldPostIsReleased(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice, carol := n.Person("alice"), n.Person("carol")
		bob.Follow(n, alice.URI)
		question := n.Post(carol, store.Public, "a question")
		n.Outbox.Hold = map[store.Visibility]time.Duration{store.Public: time.Hour}
		p := post(t, n, alice, outbox.Draft{Text: "hasty @carol", Visibility: store.Public, InReplyToID: question.ID})
		_, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: "well said @carol"})
		require.NoError(t, err)
		for range 3 { // a job may run more than once
			require.NoError(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: p.ID}))
		}
		n.Settle()
		require.Len(t, far.Arrived("Create"), 1)
		require.Contains(t, content(far.Arrived("Create"))[0], "well said")
		require.Equal(t, []string{"mention"}, n.Notified(carol))
		require.EqualValues(t, 1, n.Again(question).RepliesCount)
		versions, err := n.DB.Versions(p.ID)
		require.NoError(t, err)
		require.Empty(t, versions, "what was said in the window nobody ever reads")
		require.Zero(t, n.Again(p).EditedAt)
		status, _, body := n.Fetch(p.URI, nil)
		require.Equal(t, http.StatusOK, status)
		require.NotContains(t, body, "hasty")
	})
}

func TestIdempotencyKeys(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		alice, carol := n.Person("alice"), n.Person("carol")
		var all sync.WaitGroup
		ids := make([]int64, 16)
		for i := range ids {
			all.Go(func() {
				p, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "once", IdempotencyKey: "k"})
				if assert.NoError(t, err) {
					ids[i] = p.ID
				}
			})
		}
		all.Wait()
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
		who, err := n.DB.Actor(alice.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, who.StatusesCount)
		require.NotEqual(t, ids[0], post(t, n, carol, outbox.Draft{Text: "mine", IdempotencyKey: "k"}).ID, "a key is its owner's")
		require.NotEqual(t, ids[0], post(t, n, alice, outbox.Draft{Text: "another", IdempotencyKey: "l"}).ID)
	})
}

func TestEditsKeepWhatWasSaid(t *testing.T) {
	n := sqlite(t)
	alice, carol := n.Person("alice"), n.Person("carol")
	p := n.Post(alice, store.Public, "one")
	for _, text := range []string{"two", "three"} {
		_, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: text})
		require.NoError(t, err)
	}
	_, err := n.Outbox.Edit(t.Context(), carol.ID, p.ID, outbox.Draft{Text: "forged"})
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = n.Outbox.Delete(t.Context(), carol.ID, p.ID)
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = n.Outbox.Delete(t.Context(), alice.ID, p.ID)
	require.NoError(t, err)
	versions, err := n.DB.Versions(p.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"one", "two"}, []string{versions[0].Source, versions[1].Source})
	require.Equal(t, "three", n.Again(p).Source, "a deleted post stays for evidence")
	_, err = n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: "risen"})
	require.True(t, fault.Is(err, fault.NotFound))
}

func TestDocuments(t *testing.T) {
	n := sqlite(t)
	bob, eve := nodetest.Play(t, "far").Actor("bob"), nodetest.Play(t, "evil").Actor("eve")
	alice := n.Person("alice")
	bob.Follow(n, alice.URI)
	public := n.Post(alice, store.Public, "for all")
	private := n.Post(alice, store.Private, "for followers")
	direct := n.Post(alice, store.Direct, "for @eve@"+eve.Host.Name)
	here := post(t, n, alice, outbox.Draft{Text: "for us here", Visibility: store.Public, Scope: store.Here})
	for _, p := range []*store.Post{public, private, here} {
		require.NoError(t, n.Outbox.Pin(t.Context(), alice.ID, p.ID))
	}
	boost, err := n.Outbox.Boost(t.Context(), alice.ID, public.ID, "")
	require.NoError(t, err)

	type reader = *nodetest.Actor
	for _, c := range []struct {
		name string
		p    *store.Post
		who  map[reader]int
	}{
		{"public", public, map[reader]int{nil: 200, bob: 200, eve: 200}},
		{"private", private, map[reader]int{nil: 404, bob: 200, eve: 404}},
		{"direct", direct, map[reader]int{nil: 404, bob: 404, eve: 200}},
		{"local", here, map[reader]int{nil: 404, bob: 404, eve: 404}},
	} {
		for who, want := range c.who {
			for _, suffix := range []string{"", "/activity", "/replies", "/replies?page=true"} {
				status, header, body := n.Fetch(c.p.URI+suffix, who)
				assert.Equal(t, want, status, "%s%s %v", c.name, suffix, who)
				if want == 200 && (who != nil || c.name != "public") {
					assert.Equal(t, "private, no-store", header.Get("Cache-Control"), "%s%s", c.name, suffix)
				}
				if suffix == "" && want == 200 {
					assert.Contains(t, body, c.p.URI)
				}
			}
		}
	}
	for _, uri := range []string{alice.URI, alice.OutboxURI, alice.OutboxURI + "?page=true", alice.FeaturedURI, alice.FollowersURI, alice.FollowersURI + "?page=true", alice.FollowingURI, boost.URI} {
		for _, who := range []reader{nil, bob} {
			status, _, body := n.Fetch(uri, who)
			assert.Equal(t, 200, status, uri)
			assert.True(t, json.Valid([]byte(body)))
			for _, secret := range []string{"for followers", "for us here", "for <span", "PRIVATE"} {
				assert.NotContains(t, body, secret, uri)
			}
		}
	}
	_, _, body := n.Fetch(alice.OutboxURI+"?page=true", nil)
	assert.Contains(t, body, "for all")
	assert.Contains(t, body, `"Announce"`)
	_, _, body = n.Fetch(alice.FeaturedURI, nil)
	assert.Contains(t, body, "for all")
	_, _, body = n.Fetch(alice.FollowersURI+"?page=true", nil)
	assert.Contains(t, body, bob.URI)

	// Who is removed loses it at once, and so does who is blocked.
	require.NoError(t, n.Outbox.RemoveFollower(t.Context(), alice.ID, n.Known(bob).ID))
	status, _, _ := n.Fetch(private.URI, bob)
	assert.Equal(t, 404, status)
	require.NoError(t, n.Outbox.Block(t.Context(), alice.ID, n.Known(eve).ID))
	for _, p := range []*store.Post{direct, public} {
		status, _, _ = n.Fetch(p.URI, eve)
		assert.Equal(t, 404, status)
	}

	_, err = n.Outbox.Delete(t.Context(), alice.ID, public.ID)
	require.NoError(t, err)
	_, err = n.Outbox.Delete(t.Context(), alice.ID, private.ID)
	require.NoError(t, err)
	status, _, _ = n.Fetch(public.URI, nil)
	assert.Equal(t, 410, status)
	status, _, _ = n.Fetch(private.URI, nil)
	assert.Equal(t, 404, status, "what was private never was, for a stranger")
	_, _, body = n.Fetch(alice.OutboxURI+"?page=true", nil)
	assert.NotContains(t, body, public.URI)
}
