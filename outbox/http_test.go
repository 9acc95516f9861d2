package outbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// read is the document at a URI, as who sees it.
func read(t *testing.T, n *nodetest.Node, uri string, who *nodetest.Actor) doc {
	t.Helper()
	status, _, body := n.Fetch(uri, who)
	require.Equal(t, http.StatusOK, status, "%s: %s", uri, body)
	var d doc
	require.NoError(t, json.Unmarshal([]byte(body), &d))
	require.Equal(t, uri, d.ID())
	return d
}

// What others did with a post is told by its number, in the note and beside it.
func TestHowManyLikedAndBoosted(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		p := n.Post(alice, store.Public, "hello")
		count := func() (likes, shares any) {
			note := read(t, n, p.URI, nil)
			for _, name := range []string{"likes", "shares"} {
				inside, beside := note[name].(map[string]any), read(t, n, p.URI+"/"+name, nil)
				for _, key := range []string{"id", "type", "totalItems"} {
					assert.Equal(t, inside[key], beside[key], "%s of %s", key, name)
				}
				if inside["totalItems"] != float64(0) {
					assert.NotContains(t, beside, "items", "who they are is not said")
				}
			}
			return note["likes"].(map[string]any)["totalItems"], note["shares"].(map[string]any)["totalItems"]
		}
		likes, shares := count()
		require.Equal(t, []any{float64(0), float64(0)}, []any{likes, shares})
		bob.Must(n, doc{"type": "Like", "object": p.URI})
		require.NoError(t, n.Outbox.Favourite(t.Context(), n.Person("carol").ID, p.ID))
		bob.Must(n, doc{"type": "Announce", "object": p.URI, "to": []string{"https://www.w3.org/ns/activitystreams#Public"}})
		likes, shares = count()
		require.Equal(t, []any{float64(2), float64(1)}, []any{likes, shares})
	})
}

// The thread that a post of ours begins can be read as a collection, and all
// our posts in it name it; of a thread that began elsewhere its own is named.
func TestTheCollectionOfAThread(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, alice := far.Actor("bob"), n.Person("alice")
		reply := func(to *store.Post, d outbox.Draft) *store.Post {
			d.Text, d.InReplyToID = "an answer", to.ID
			return post(t, n, alice, d)
		}
		root := n.Post(alice, store.Public, "a question")
		thread := read(t, n, root.URI, nil)["context"].(string)
		first := reply(root, outbox.Draft{})
		private := reply(root, outbox.Draft{Visibility: store.Private})
		theirs := bob.Note("from elsewhere").With("inReplyTo", first.URI)
		bob.Must(n, bob.Create(theirs))
		last := reply(n.Stored(theirs.ID()), outbox.Draft{})
		for _, p := range []*store.Post{first, last} {
			assert.Equal(t, thread, read(t, n, p.URI, nil)["context"])
		}
		collection := read(t, n, thread, nil)
		assert.Equal(t, alice.URI, collection["attributedTo"])
		items := func(who *nodetest.Actor) any { return read(t, n, collection["first"].(string), who)["orderedItems"] }
		assert.Equal(t, []any{root.URI, first.URI, theirs.ID(), last.URI}, items(nil), "in order, and what is for all")
		assert.NotContains(t, items(bob), private.URI)
		for _, p := range []*store.Post{first, private} {
			status, _, _ := n.Fetch(n.URL+"/threads/"+p.URI[len(n.URL+"/posts/"):], nil)
			assert.Equal(t, http.StatusNotFound, status, "it begins no thread")
		}

		// Who is hidden is not named, and who is blocked is shown nothing.
		require.NoError(t, n.Actors.Disable(t.Context(), 0, n.Known(bob).ID))
		assert.NotContains(t, items(nil), theirs.ID())
		assert.NotContains(t, read(t, n, first.URI+"/replies?page=true", nil)["items"], theirs.ID())
		require.NoError(t, n.Actors.Enable(t.Context(), 0, n.Known(bob).ID))
		assert.Contains(t, read(t, n, first.URI+"/replies?page=true", nil)["items"], theirs.ID())
		require.NoError(t, n.Outbox.Block(t.Context(), alice.ID, n.Known(bob).ID))
		for _, uri := range []string{thread, collection["first"].(string), root.URI + "/likes", root.URI + "/shares", root.URI + "/replies",
			alice.OutboxURI, alice.FeaturedURI, alice.FollowersURI, alice.FollowingURI, alice.URI + "/followers_synchronization"} {
			status, _, _ := n.Fetch(uri, bob)
			assert.Equal(t, http.StatusNotFound, status, uri)
		}

		elsewhere := bob.Note("a thread of his").With("context", far.URL+"/contexts/1", "conversation", "tag:far,2026:1")
		n.Follow(n.Person("carol"), bob)
		bob.Must(n, bob.Create(elsewhere))
		carol, err := n.Actors.Resolve(t.Context(), "carol")
		require.NoError(t, err)
		answer := read(t, n, post(t, n, carol, outbox.Draft{Text: "yes", InReplyToID: n.Stored(elsewhere.ID()).ID}).URI, nil)
		assert.Equal(t, []any{elsewhere["context"], elsewhere["conversation"]}, []any{answer["context"], answer["conversation"]})
		bare := bob.Note("a thread without a collection")
		bob.Must(n, bob.Create(bare))
		assert.NotContains(t, read(t, n, post(t, n, carol, outbox.Draft{Text: "no", InReplyToID: n.Stored(bare.ID()).ID}).URI, nil), "context", "it is not ours to tell of")
	})
}

// What was served to one who signed is not kept for others.
func TestWhatASignerGotIsNobodyElses(t *testing.T) {
	n := sqlite(t)
	n.Actors.SecureMode = true
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	p := n.Post(alice, store.Public, "hello")
	for _, uri := range []string{p.URI, p.URI + "/activity", p.URI + "/replies", p.URI + "/likes", p.URI + "/shares", n.URL + "/threads/" + p.URI[len(n.URL+"/posts/"):],
		alice.OutboxURI, alice.FeaturedURI, alice.FollowersURI, alice.FollowingURI, alice.URI + "/followers_synchronization"} {
		status, header, _ := n.Fetch(uri, bob)
		assert.Equal(t, http.StatusOK, status, uri)
		assert.Equal(t, "private, no-store", header.Get("Cache-Control"), uri)
		status, _, _ = n.Fetch(uri, nil)
		assert.Equal(t, http.StatusUnauthorized, status, uri)
	}
}

// What stays here, or is held, is shown to nobody who comes by another node, and
// neither is what is only a copy of another's.
func TestWhatIsNotServed(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		n.Follow(alice, bob)
		note := bob.Note("his own")
		bob.Must(n, bob.Create(note))
		inside, held := n.Post(alice, store.Public, "for us"), n.Post(alice, store.Public, "not yet")
		n.Exec(fmt.Sprintf(`UPDATE posts SET scope = '%s' WHERE id = %d`, store.Here, inside.ID))
		n.Exec(fmt.Sprintf(`UPDATE posts SET held_until = %d WHERE id = %d`, store.Now()+3600_000, held.ID))
		theirs := fmt.Sprintf("%s/posts/%d", n.URL, n.Stored(note.ID()).ID)
		for _, uri := range []string{inside.URI, held.URI, theirs} {
			for _, who := range []*nodetest.Actor{nil, bob} {
				for _, part := range []string{"", "/activity", "/replies", "/likes", "/shares"} {
					status, _, _ := n.Fetch(uri+part, who)
					assert.Equal(t, http.StatusNotFound, status, uri+part)
				}
			}
		}
	})
}
