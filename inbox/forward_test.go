package inbox_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// An answer from elsewhere that is for the followers of one of ours goes to
// those of whom its node does not know, as it came, once, [AP] 7.1.2.
func TestAnAnswerIsForwarded(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
		bob, eve := far.Actor("bob"), near.Actor("eve")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		eve.Follow(n, alice.URI)
		p := n.Post(alice, store.Public, "hello")
		n.Settle()
		answer := func(to ...string) doc {
			note := bob.Note("an answer").With("inReplyTo", p.URI, "to", to)
			return bob.Complete(bob.Create(note.With("cc", []string{alice.URI})))
		}
		sent := answer(federation.Public, alice.FollowersURI)
		bob.Must(n, sent)
		bob.Must(n, sent)
		n.Settle()
		passed := near.Arrived("Create")[1:]
		require.Len(t, passed, 1)
		want, err := json.Marshal(sent)
		require.NoError(t, err)
		got, err := json.Marshal(passed[0].Doc)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got))
		require.Len(t, far.Arrived("Create"), 1, "its own node has it")

		bob.Must(n, answer(federation.Public))
		n.Settle()
		require.Len(t, near.Arrived("Create"), 2, "not for her followers")
		require.NoError(t, n.Outbox.Block(t.Context(), alice.ID, n.Known(bob).ID))
		bob.Must(n, answer(federation.Public, alice.FollowersURI))
		n.Settle()
		require.Len(t, near.Arrived("Create"), 2, "whom she has blocked")
	})
}

// What another than the author brings is believed in nothing: its own node is
// asked.
func TestAForwarderThatLies(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, liar := nodetest.Play(t, "far"), nodetest.Play(t, "liar")
		bob, mallory := far.Actor("bob"), liar.Actor("mallory")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		p := n.Post(alice, store.Public, "hello")
		forward := func(a doc) int {
			body, err := json.Marshal(bob.Complete(a))
			require.NoError(t, err)
			status := n.Do(mallory.Request(n, body))
			n.Settle()
			return status
		}
		note := bob.Note("the truth").With("inReplyTo", p.URI)
		lie := note.With("content", "<p>a lie</p>")
		require.Equal(t, http.StatusAccepted, forward(bob.Create(lie)))
		require.Nil(t, n.Stored(note.ID()), "bob's node does not know of it")
		far.Put(path(note), note)
		require.Equal(t, http.StatusAccepted, forward(bob.Create(lie)))
		require.Equal(t, "<p>the truth</p>", n.Stored(note.ID()).Content)
		require.Equal(t, http.StatusAccepted, forward(doc{"type": "Update", "object": lie.With("updated", "2030-01-01T00:00:00Z")}))
		require.Equal(t, "<p>the truth</p>", n.Stored(note.ID()).Content)
		require.Equal(t, http.StatusAccepted, forward(doc{"type": "Delete", "object": note.ID()}))
		require.Zero(t, n.Stored(note.ID()).DeletedAt, "bob's node has it")

		// Nor is a document of the post's own host that is somebody else's, or no post.
		mate := far.Actor("mate")
		another := lie.With("id", bob.NewURI("notes"), "updated", "2030-01-01T00:00:00Z")
		far.Put(path(another), another)
		for _, other := range []doc{lie.With("attributedTo", mate.URI), lie.With("type", "Person"), another} {
			far.Put(path(note), other.With("updated", "2030-01-01T00:00:00Z"))
			forward(doc{"type": "Update", "object": note.ID()})
			require.Equal(t, "<p>the truth</p>", n.Stored(note.ID()).Content)
		}
		far.Put(path(note), note)

		stray := bob.Note("about nothing here")
		far.Put(path(stray), stray)
		require.Equal(t, http.StatusUnauthorized, forward(bob.Create(stray)))
		require.Equal(t, http.StatusUnauthorized, forward(doc{"type": "Like", "object": p.URI}))
		require.Equal(t, http.StatusUnauthorized, forward(doc{"type": "Delete", "object": p.URI}))
		require.Zero(t, n.Again(p).DeletedAt)
		secret := bob.Note("for followers").With("to", []string{bob.URI + "/followers"}, "cc", nil)
		bob.Must(n, bob.Create(secret))
		require.Equal(t, http.StatusUnauthorized, forward(doc{"type": "Delete", "object": secret.ID()}), "its node shows it to nobody")
		require.Zero(t, n.Stored(secret.ID()).DeletedAt)

		far.Remove(path(note))
		require.Equal(t, http.StatusAccepted, forward(doc{"type": "Delete", "object": note.ID()}))
		require.NotZero(t, n.Stored(note.ID()).DeletedAt, "it is gone there")
	})
}

// An answer is passed on for a post that its followers have, of somebody who may
// act.
func TestWhatIsNotForwarded(t *testing.T) {
	n := sqlite(t)
	far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
	bob, eve := far.Actor("bob"), near.Actor("eve")
	alice := n.Person("alice")
	bob.Follow(n, alice.URI)
	eve.Follow(n, alice.URI)
	post := func(d outbox.Draft) *store.Post {
		t.Helper()
		p, err := n.Outbox.Post(t.Context(), alice.ID, d)
		require.NoError(t, err)
		return p
	}
	answered := func(p *store.Post) {
		t.Helper()
		note := bob.Note("an answer").With("inReplyTo", p.URI, "to", []string{federation.Public, alice.FollowersURI}, "cc", []string{alice.URI})
		bob.Send(n, bob.Complete(bob.Create(note)))
		n.Settle()
	}
	open := post(outbox.Draft{Text: "for everybody", Visibility: store.Public})
	direct := post(outbox.Draft{Text: "for @bob@" + far.Name, Visibility: store.Direct})
	here := post(outbox.Draft{Text: "for the house", Visibility: store.Public, Scope: store.Here})
	answered(open)
	require.Len(t, near.Arrived("Create"), 2, "the post and its answer")
	answered(direct)
	answered(here)
	require.Len(t, near.Arrived("Create"), 2)
	require.NoError(t, n.Actors.Disable(t.Context(), 0, alice.ID))
	answered(open)
	require.Len(t, near.Arrived("Create"), 2, "she is suspended")
}

// What others forward is asked about as often as one signer may have it, of the
// host that its actor is on, and never of a host that is shut out.
func TestForwardersHaveABound(t *testing.T) {
	n := sqlite(t)
	far, liar, other := nodetest.Play(t, "far"), nodetest.Play(t, "liar"), nodetest.Play(t, "other")
	bob, mallory, carol := far.Actor("bob"), liar.Actor("mallory"), other.Actor("carol")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	n.Follow(alice, carol)
	note, hers := bob.Note("the truth"), carol.Note("another")
	far.Put(path(note), note)
	bob.Must(n, bob.Create(note))
	carol.Must(n, carol.Create(hers))
	forward := func(by *nodetest.Actor, a doc) int {
		t.Helper()
		body, err := json.Marshal(bob.Complete(a))
		require.NoError(t, err)
		return n.Do(by.Request(n, body))
	}
	news := doc{"type": "Update", "object": note.ID()}
	require.Equal(t, http.StatusUnauthorized, forward(mallory, doc{"type": "Update", "object": hers.ID()}), "not on his host")
	require.Equal(t, http.StatusUnauthorized, forward(mallory, doc{"id": carol.NewURI("updates"), "type": "Update", "object": note.ID()}), "nor is what says so")
	for k := range 60 {
		require.Equal(t, http.StatusAccepted, forward(mallory, news), k)
	}
	require.Equal(t, http.StatusTooManyRequests, forward(mallory, news))
	require.Equal(t, http.StatusAccepted, forward(carol, news), "another has a bound of his own")
	bob.Must(n, doc{"type": "Update", "object": note}) // its author needs none
	n.Settle()
	require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "block"))
	require.Equal(t, http.StatusUnauthorized, forward(carol, news))
}
