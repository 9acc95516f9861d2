package outbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
	"parley/partners"
)

// friends are one of ours and somebody elsewhere who follow each other and have
// reacted to each other's posts.
type friends struct {
	n      *nodetest.Node
	host   *nodetest.Host
	alice  *store.Actor
	bob    *nodetest.Actor
	mine   *store.Post
	theirs string
}

func befriend(t *testing.T, n *nodetest.Node) *friends {
	t.Helper()
	host := nodetest.Play(t, "far")
	f := &friends{n: n, host: host, alice: n.Person("alice"), bob: host.Actor("bob")}
	n.Follow(f.alice, f.bob)
	f.bob.Follow(n, f.alice.URI)
	f.mine = n.Post(f.alice, store.Public, "hello #world")
	f.bob.Must(n, nodetest.Doc{"type": "Like", "object": f.mine.URI})
	note := f.bob.Note("hi")
	f.theirs = note.ID()
	f.bob.Must(n, f.bob.Create(note))
	n.Settle()
	return f
}

func (f *friends) follow(from, to int64) *store.Follow {
	row, err := f.n.DB.Follow(from, to)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	require.NoError(f.n.T, err)
	return row
}

// stands checks whether what bob is to alice is there.
func (f *friends) stands(t *testing.T, want bool) {
	t.Helper()
	n := f.n
	home, err := n.DB.HomeTimeline(f.alice.ID, store.Page{Limit: 9})
	require.NoError(t, err)
	p := n.Stored(f.theirs)
	assert.Equal(t, want, slices.ContainsFunc(home, func(e store.Entry) bool { return e.PostID == p.ID }), "home")
	_, err = n.DB.VisiblePost(f.alice.ID, p.ID)
	assert.Equal(t, want, err == nil, "post")
	profile, err := n.DB.AccountTimeline(f.alice.ID, p.ActorID, store.Page{Limit: 9}, store.AccountQuery{})
	require.NoError(t, err)
	assert.Equal(t, want, len(profile) == 1, "profile")
	assert.Equal(t, want, slices.Contains(n.Notified(f.alice), "favourite"), "notification")
	likers, err := n.DB.FavouritedBy(f.mine.ID, store.Page{Limit: 9})
	require.NoError(t, err)
	assert.Equal(t, want, len(likers) == 1, "favourite")
	assert.Equal(t, want, n.Again(f.mine).FavouritesCount == 1, "count")
	assert.Equal(t, want, len(n.Found(f.alice.ID, "bob")) == 1, "search")
}

func on(t *testing.T, test func(t *testing.T, f *friends)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, befriend(t, nodetest.Start(t, db))) })
}

func TestSuspendingSomebodyElsewhere(t *testing.T) {
	on(t, func(t *testing.T, f *friends) {
		n, bob := f.n, f.n.Known(f.bob)
		f.stands(t, true)
		require.NoError(t, n.Actors.Disable(t.Context(), 0, bob.ID))
		assert.Equal(t, http.StatusForbidden, f.bob.Send(n, f.bob.Create(f.bob.Note("again"))))
		n.Settle()
		f.host.Await("Undo")
		f.host.Await("Reject")
		f.stands(t, false)
		assert.Nil(t, f.follow(f.alice.ID, bob.ID))
		assert.Nil(t, f.follow(bob.ID, f.alice.ID))
		assert.Equal(t, "severed_relationships", n.Notified(f.alice)[0])

		require.NoError(t, n.Actors.Enable(t.Context(), 0, bob.ID))
		n.Settle()
		follow := f.follow(f.alice.ID, bob.ID)
		require.NotNil(t, follow)
		assert.False(t, follow.Accepted, "it is asked for anew")
		assert.Nil(t, f.follow(bob.ID, f.alice.ID), "whom we sent a Reject has to ask")
		assert.Len(t, f.host.Arrived("Follow"), 2)
		f.bob.Must(n, nodetest.Doc{"type": "Accept", "object": follow.URI})
		f.stands(t, true)
		_, _, err := audit.Verify(n.DB.Reader)
		require.NoError(t, err)
	})
}

func TestBlockingADomain(t *testing.T) {
	on(t, func(t *testing.T, f *friends) {
		n, bob := f.n, f.n.Known(f.bob)
		sent := len(f.host.Arrived())
		other := &partners.Partners{DB: n.DB, Queue: n.Queue, Open: true, Self: n.Partners.Self} // another process
		require.NoError(t, other.Set(t.Context(), 0, f.host.Name, "block"))
		require.NoError(t, n.Partners.Admits(federation.Host(f.host.Name)), "this one does not know yet")
		assert.Equal(t, http.StatusForbidden, f.bob.Send(n, f.bob.Create(f.bob.Note("again"))))
		require.NoError(t, n.Partners.Load(t.Context()))
		n.Settle()
		f.stands(t, false)
		assert.Nil(t, f.follow(f.alice.ID, bob.ID))
		assert.Nil(t, f.follow(bob.ID, f.alice.ID))
		assert.Equal(t, "severed_relationships", n.Notified(f.alice)[0])
		losses, err := n.DB.Losses(newest(t, n).ID)
		require.NoError(t, err)
		assert.Equal(t, []store.Loss{{SeveranceID: newest(t, n).ID, LocalID: f.alice.ID, Followers: 1, Following: 1}}, losses)
		require.Error(t, n.Outbox.Follow(t.Context(), f.alice.ID, bob.ID, outbox.FollowOptions{}))
		_, err = other.Restore(t.Context(), 0, f.host.Name)
		require.True(t, fault.Is(err, fault.Conflict), "not while it is blocked")
		assert.Len(t, f.host.Arrived(), sent, "nothing is sent there")

		require.NoError(t, n.Partners.Set(t.Context(), 0, f.host.Name, "allow"))
		found, err := n.Partners.Restore(t.Context(), 0, f.host.Name)
		require.NoError(t, err)
		require.Equal(t, 1, found)
		n.Settle()
		again := f.follow(f.alice.ID, bob.ID)
		require.NotNil(t, again)
		assert.False(t, again.Accepted)
		require.True(t, f.follow(bob.ID, f.alice.ID).Accepted, "nobody told them otherwise")
		f.bob.Must(n, nodetest.Doc{"type": "Accept", "object": again.URI})
		f.stands(t, true)
		found, err = n.Partners.Restore(t.Context(), 0, f.host.Name)
		require.NoError(t, err)
		require.Zero(t, found, "once")
	})
}

func newest(t *testing.T, n *nodetest.Node) *store.Severance {
	t.Helper()
	id := nodetest.Number(t, n.DB, `SELECT MAX(id) FROM severances`)
	s, err := n.DB.Severance(id)
	require.NoError(t, err)
	return s
}

// A policy is about hosts, and the closest entry holds.
func TestPoliciesThatOverlap(t *testing.T) {
	f := befriend(t, nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite"))))
	n := f.n
	name := federation.Host(f.host.Name).Name()
	require.NoError(t, n.Partners.Set(t.Context(), 0, name, "allow"))
	require.NoError(t, n.Partners.Set(t.Context(), 0, "*.localhost", "block"))
	f.stands(t, true)
	require.NoError(t, n.Partners.Set(t.Context(), 0, name, "limit"))
	assert.True(t, n.Known(f.bob).Limited)
	assert.False(t, n.Stored(f.theirs).Listed)
	require.NoError(t, n.Actors.Limit(t.Context(), 0, n.Known(f.bob).ID, true))
	require.NoError(t, n.Partners.Set(t.Context(), 0, name, "allow"))
	assert.True(t, n.Known(f.bob).Limited, "a moderator limited this one")
	require.NoError(t, n.Actors.Limit(t.Context(), 0, n.Known(f.bob).ID, false))
	assert.False(t, n.Known(f.bob).Limited)
	assert.True(t, n.Stored(f.theirs).Listed)
	require.NoError(t, n.Partners.Remove(t.Context(), 0, name))
	assert.True(t, n.Known(f.bob).DomainBlocked, "the wildcard holds again")
}

func TestBlockingADomainForOneself(t *testing.T) {
	on(t, func(t *testing.T, f *friends) {
		n, bob := f.n, f.n.Known(f.bob)
		require.NoError(t, n.Outbox.BlockDomain(t.Context(), f.alice.ID, f.host.Name))
		n.Settle()
		f.host.Await("Undo")
		f.host.Await("Reject")
		home, err := n.DB.HomeTimeline(f.alice.ID, store.Page{Limit: 9})
		require.NoError(t, err)
		assert.Len(t, home, 1, "her own")
		assert.Equal(t, []string{"severed_relationships"}, n.Notified(f.alice))
		relation, err := n.DB.Relations(f.alice.ID, []int64{bob.ID})
		require.NoError(t, err)
		assert.True(t, relation[0].DomainBlocking)
		assert.False(t, relation[0].Following || relation[0].FollowedBy)
		assert.Empty(t, n.Found(f.alice.ID, "bob"))
		_, err = n.DB.VisiblePost(bob.ID, f.mine.ID)
		assert.True(t, fault.Is(err, fault.NotFound), "nor do they see her")
		f.bob.Follow(n, f.alice.URI)
		assert.Nil(t, f.follow(bob.ID, f.alice.ID))
		f.bob.Must(n, f.bob.Create(f.bob.Note("hey").With("tag", []nodetest.Doc{{"type": "Mention", "href": f.alice.URI}})))
		assert.Len(t, n.Notified(f.alice), 1)
		require.Error(t, n.Outbox.Follow(t.Context(), f.alice.ID, bob.ID, outbox.FollowOptions{}))
		carol := n.Person("carol")
		assert.Len(t, n.Found(carol.ID, "bob"), 1, "others hear him")
		require.NoError(t, n.Outbox.UnblockDomain(t.Context(), f.alice.ID, f.host.Name))
		require.NoError(t, n.Outbox.Follow(t.Context(), f.alice.ID, bob.ID, outbox.FollowOptions{}))
		assert.True(t, fault.Is(n.Outbox.BlockDomain(t.Context(), f.alice.ID, n.Actors.Domain), fault.Invalid))
	})
}

func TestDeletingAnAccount(t *testing.T) {
	on(t, func(t *testing.T, f *friends) {
		n := f.n
		stranger := nodetest.Play(t, "away")
		n.Known(stranger.Actor("zoe"))
		require.NoError(t, n.Actors.Delete(t.Context(), 0, f.alice.ID))
		n.Settle()
		for _, host := range []*nodetest.Host{f.host, stranger} {
			gone := host.Await("Delete")
			assert.Equal(t, f.alice.URI, gone.Doc["object"])
			assert.Equal(t, "/inbox", gone.Path)
		}
		for _, uri := range []string{f.alice.URI, f.mine.URI} {
			status, _, body := n.Fetch(uri, f.bob)
			assert.Equal(t, http.StatusGone, status, uri)
			var doc map[string]any
			require.NoError(t, json.Unmarshal([]byte(body), &doc))
			assert.Equal(t, "Tombstone", doc["type"], body)
			assert.Equal(t, uri, doc["id"])
		}
		assert.Nil(t, f.follow(n.Known(f.bob).ID, f.alice.ID))
		row, err := n.DB.Actor(f.alice.ID)
		require.NoError(t, err, "the record stays")
		assert.Equal(t, store.Erased, row.Lifecycle)
		assert.True(t, fault.Is(n.Actors.Enable(t.Context(), 0, f.alice.ID), fault.Conflict))
		_, err = n.DB.ActorByHandle("alice", "")
		require.NoError(t, err, "and the name is never given again")
		assert.True(t, fault.Is(n.Actors.Delete(t.Context(), 0, n.Known(f.bob).ID), fault.Invalid))
	})
}

func TestSuspendingOneOfOurs(t *testing.T) {
	n := nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	f := befriend(t, n)
	held, hold := n.Person("held"), 3600
	require.NoError(t, n.Outbox.UpdateProfile(t.Context(), held.ID, outbox.Profile{HoldSeconds: &hold}))
	waiting := n.Post(held, store.Public, "thinking")
	for _, who := range []*store.Actor{f.alice, held} {
		require.NoError(t, n.Actors.Disable(t.Context(), 0, who.ID))
	}
	n.Settle()
	told := f.host.Await("Update")
	assert.Equal(t, true, told.Doc["object"].(map[string]any)["suspended"])
	require.NoError(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: waiting.ID}))
	assert.NotZero(t, n.Again(waiting).HeldUntil)
	_, err := n.Outbox.Post(t.Context(), f.alice.ID, outbox.Draft{Text: "x"})
	assert.True(t, fault.Is(err, fault.Forbidden))
	assert.True(t, fault.Is(n.Outbox.Favourite(t.Context(), f.alice.ID, n.Stored(f.theirs).ID), fault.Forbidden))
	assert.NotNil(t, f.follow(n.Known(f.bob).ID, f.alice.ID), "follows stay")
	for _, who := range []*store.Actor{f.alice, held} {
		require.NoError(t, n.Actors.Enable(t.Context(), 0, who.ID))
	}
	n.Settle()
	nodetest.Eventually(t, "Update says she is back", func() bool { return len(f.host.Arrived("Update")) == 2 })
	assert.Nil(t, f.host.Arrived("Update")[1].Doc["object"].(map[string]any)["suspended"])
	f.stands(t, true)
	require.NoError(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: waiting.ID}))
	assert.Zero(t, n.Again(waiting).HeldUntil)
}

func TestMovingAway(t *testing.T) {
	on(t, func(t *testing.T, f *friends) {
		n := f.n
		carol := n.Person("carol")
		require.NoError(t, n.Outbox.Follow(t.Context(), carol.ID, f.alice.ID, outbox.FollowOptions{}))
		anew := nodetest.Play(t, "anew")
		there := anew.Actor("alice")
		_, err := n.Outbox.Move(t.Context(), f.alice.ID, f.alice.ID, there.URI)
		require.True(t, fault.Is(err, fault.Invalid), "the other does not name this one")
		anew.Put("/users/alice", anew.Document("/users/alice").With("alsoKnownAs", []string{f.alice.URI}))
		_, err = n.Outbox.Move(t.Context(), f.alice.ID, f.alice.ID, there.URI)
		require.NoError(t, err)
		n.Settle()
		move := f.host.Await("Move")
		assert.Equal(t, there.URI, move.Doc["target"])
		assert.Equal(t, f.alice.URI, move.Doc["object"])
		assert.Equal(t, there.URI, f.host.Await("Update").Doc["object"].(map[string]any)["movedTo"])
		assert.Equal(t, carol.URI, anew.Await("Follow").Doc["actor"])
		assert.Nil(t, f.follow(carol.ID, f.alice.ID))
		_, err = n.Outbox.Post(t.Context(), f.alice.ID, outbox.Draft{Text: "x"})
		assert.True(t, fault.Is(err, fault.Forbidden))
		require.Error(t, n.Outbox.Follow(t.Context(), f.alice.ID, carol.ID, outbox.FollowOptions{}))
		require.Error(t, n.Outbox.Follow(t.Context(), carol.ID, f.alice.ID, outbox.FollowOptions{}))
		require.NoError(t, n.Outbox.Return(t.Context(), f.alice.ID, f.alice.ID))
		n.Post(f.alice, store.Public, "back")
		_, err = n.Outbox.Move(t.Context(), f.alice.ID, f.alice.ID, there.URI)
		assert.True(t, fault.Is(err, fault.Conflict), "not twice in a month")
	})
}

func TestAliases(t *testing.T) {
	f := befriend(t, nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite"))))
	uri, err := f.n.Outbox.SetAlias(t.Context(), 0, f.alice.ID, "bob@"+f.host.Name, true)
	require.NoError(t, err)
	require.Equal(t, f.bob.URI, uri)
	_, err = f.n.Outbox.SetAlias(t.Context(), 0, f.alice.ID, f.alice.URI, true)
	require.Error(t, err)
	_, _, body := f.n.Fetch(f.alice.URI, nil)
	assert.Contains(t, body, `"alsoKnownAs":["`+f.bob.URI+`"]`)
	_, err = f.n.Outbox.SetAlias(t.Context(), 0, f.alice.ID, f.bob.URI, false)
	require.NoError(t, err)
	_, _, body = f.n.Fetch(f.alice.URI, nil)
	assert.NotContains(t, body, "alsoKnownAs\":[")
}

func TestAReportForAnotherNode(t *testing.T) {
	f := befriend(t, nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite"))))
	n := f.n
	post, mine := n.Stored(f.theirs), f.mine.ID
	r, err := n.Outbox.Report(t.Context(), f.alice.ID, outbox.Complaint{TargetID: post.ActorID, PostIDs: []int64{post.ID, mine, 7}, Comment: "rude", Category: "spam", RuleIDs: []string{"1"}, Forward: true})
	require.NoError(t, err)
	assert.True(t, r.Forwarded)
	assert.Empty(t, r.RuleIDs, "only a violation has rules")
	flag := f.host.Await("Flag")
	node, err := n.DB.InstanceActor()
	require.NoError(t, err)
	assert.Equal(t, node.URI, flag.Doc["actor"], "who complains stays here")
	assert.Equal(t, []any{f.bob.URI, f.theirs}, flag.Doc["object"])
	assert.Equal(t, "rude", flag.Doc["content"])
	assert.NotContains(t, flag.Doc, f.alice.URI)
	_, err = n.Outbox.Report(t.Context(), f.alice.ID, outbox.Complaint{TargetID: post.ActorID, Comment: "kept here"})
	require.NoError(t, err)
	n.Settle()
	assert.Len(t, f.host.Arrived("Flag"), 1)
}
