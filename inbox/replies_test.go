package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// pagedList is a collection with the items on its first page.
func pagedList(uri string, items ...any) doc {
	return doc{"id": uri, "type": "Collection", "first": doc{"type": "CollectionPage", "partOf": uri, "items": items}}
}

func to(note doc, parent doc) doc { return note.With("inReplyTo", parent.ID()) }

// Who opens a thread finds what was answered elsewhere, each answer as its own
// node has it; and it is no news to anybody.
func TestAnswersAreReadWhenAThreadIsOpened(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
		bob, eve := far.Actor("bob"), near.Actor("eve")
		alice := n.Person("alice")
		n.Follow(alice, eve)
		root := bob.Note("root")
		here, there := to(bob.Note("here"), root), to(eve.Note("there"), root)
		below := to(eve.Note("below"), here).With("tag", []any{doc{"type": "Mention", "href": alice.URI}})
		late := to(bob.Note("late"), there)
		here["replies"] = pagedList(here.ID()+"/replies", below.ID())
		root["replies"] = pagedList(root.ID()+"/replies", here, there.With("content", "forged"), n.URL+"/posts/1", 7)
		root["context"] = far.URL + "/threads/1"
		deepest := to(bob.Note("deepest"), late)
		far.Put("/threads/1", doc{"id": far.URL + "/threads/1", "type": "OrderedCollection", "orderedItems": []any{deepest, late, root.ID()}})
		for _, note := range []doc{root, here, late} {
			far.Put(path(note), note)
		}
		near.Put(path(there), there)
		near.Put(path(below), below)
		p, _, err := n.Inbox.Resolve(t.Context(), root.ID())
		require.NoError(t, err)
		n.Settle()
		for _, note := range []doc{here, there, below, late, deepest} {
			require.NotNil(t, n.Stored(note.ID()), note["content"])
		}
		require.Contains(t, n.Stored(there.ID()).Content, "there", "not as bob's node has it")
		_, down, err := n.DB.Thread(alice.ID, n.Again(p), 10, 10)
		require.NoError(t, err)
		require.Len(t, down, 5)
		home, err := n.DB.HomeTimeline(alice.ID, store.Page{Limit: 9})
		require.NoError(t, err)
		require.Empty(t, home)
		require.Empty(t, n.Notified(alice))

		asked := far.Requests()
		for range 3 {
			n.Inbox.Open(t.Context(), n.Again(p))
			n.Inbox.Open(t.Context(), p) // as who read it before had it
		}
		n.Settle()
		require.Equal(t, asked, far.Requests(), "it was asked again at once")
		n.Exec(`UPDATE posts SET replies_read_at = 1`)
		n.Inbox.Open(t.Context(), n.Again(p))
		n.Settle()
		require.Greater(t, far.Requests(), asked)
	})
}

// A collection may name anything: nothing is kept that answers nothing here.
func TestAnswersThatAreNone(t *testing.T) {
	n := sqlite(t)
	far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
	bob, eve := far.Actor("bob"), near.Actor("eve")
	root := bob.Note("root")
	loose, orphan := eve.Note("loose"), to(eve.Note("orphan"), eve.Note("nowhere"))
	theirs := to(eve.Note("as bob says"), root)
	stolen := to(bob.Note("stolen"), root).With("attributedTo", eve.URI)
	near.Put(path(loose), loose)
	near.Put(path(orphan), orphan)
	root["replies"] = pagedList(root.ID()+"/replies", loose.ID(), orphan.ID(), theirs, stolen, bob.URI, doc{"type": "Note", "inReplyTo": root.ID()})
	root["context"] = near.URL + "/threads/1" // another host does not speak for the thread
	near.Put("/threads/1", doc{"id": near.URL + "/threads/1", "type": "Collection", "items": []any{}})
	far.Put(path(root), root)
	_, _, err := n.Inbox.Resolve(t.Context(), root.ID())
	require.NoError(t, err)
	n.Settle()
	for _, note := range []doc{loose, orphan, theirs, stolen} {
		assert.Nil(t, n.Stored(note.ID()), note["content"])
	}
	require.Zero(t, near.Asked("/threads/1"))
}

// However much a host says there is, so much is asked for and no more.
func TestAnswersWithoutEnd(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	root := bob.Note("root")
	pages := 0
	root["replies"] = far.URL + "/replies"
	far.Put(path(root), root)
	far.Put("/replies", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages++
		page := doc{"id": far.URL + "/replies", "type": "CollectionPage", "next": fmt.Sprintf("%s/replies?%d", far.URL, pages)}
		var items []any
		for k := range 40 {
			items = append(items, fmt.Sprintf("%s/none/%d/%d", far.URL, pages, k))
		}
		w.Header().Set("Content-Type", federation.ContentType)
		_ = json.NewEncoder(w).Encode(page.With("items", items))
	}))
	_, _, err := n.Inbox.Resolve(t.Context(), root.ID())
	require.NoError(t, err)
	n.Settle()
	require.LessOrEqual(t, pages, 11)
	require.LessOrEqual(t, far.Requests(), 200+pages+10)
}

// What is old is read again when its owner does something, once; one who is
// gone leaves, one who does not answer is left alone for longer and longer.
func TestStaleActors(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		n.Settle()
		read := func() int { return far.Asked("/users/bob") }
		age := func() { n.Exec(`UPDATE actors SET fetched_at = 1 WHERE domain <> ''`) }
		acts := func(text string) {
			activity, err := federation.ParseObject(encode(t, bob.Complete(bob.Create(bob.Note(text)))))
			require.NoError(t, err)
			require.NoError(t, n.Inbox.Apply(t.Context(), n.Known(bob), activity))
		}
		asked := read()
		acts("fresh")
		n.Settle()
		require.Equal(t, asked, read())
		age()
		far.Put("/users/bob", far.Document("/users/bob").With("name", "Robert"))
		for range 3 {
			acts("old")
		}
		n.Settle()
		require.Equal(t, asked+1, read())
		require.Equal(t, "Robert", n.Known(bob).DisplayName)

		document := far.Document("/users/bob")
		far.Put("/users/bob", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
		var pauses []int64
		for range 3 {
			age()
			n.Exec(`UPDATE actors SET refresh_at = 0`)
			acts("down")
			n.Settle()
			pauses = append(pauses, nodetest.Number(t, n.DB, `SELECT refresh_at FROM actors WHERE refresh_failures > 0`)-int64(store.Now()))
		}
		require.Greater(t, pauses[1], pauses[0])
		require.Greater(t, pauses[2], pauses[1])
		require.Greater(t, time.Duration(pauses[2])*time.Millisecond, 3*time.Hour)

		far.Put("/users/bob", document)
		age()
		n.Exec(`UPDATE actors SET refresh_at = 0`)
		acts("back")
		n.Settle()
		require.Zero(t, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM actors WHERE refresh_failures > 0`))
		age()
		far.Remove("/users/bob")
		acts("gone")
		n.Settle()
		require.Equal(t, store.Erased, n.Known(bob).Lifecycle)
	})
}

// A profile that is looked at for the first time shows something.
func TestAProfileThatNobodyKnew(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, mate := far.Actor("bob"), far.Actor("mate")
		alice := n.Person("alice")
		public, byID, private, mates := bob.Note("public"), bob.Note("by its id"), bob.Note("private").With("to", []string{bob.URI + "/followers"}, "cc", nil), mate.Note("mate's")
		naming := bob.Note("hi").With("tag", []any{doc{"type": "Mention", "href": alice.URI}}, "inReplyTo", far.URL+"/notes/none")
		far.Put(path(byID), byID)
		items := []any{bob.Complete(bob.Create(public)), bob.Complete(doc{"type": "Create", "object": byID.ID()}), bob.Complete(bob.Create(private)),
			bob.Complete(bob.Create(mates)), bob.Complete(bob.Create(naming)), bob.Complete(doc{"type": "Announce", "object": mates.ID()})}
		for k := range 40 {
			items = append(items, bob.Complete(bob.Create(bob.Note(fmt.Sprint(k)))))
		}
		far.Put("/users/bob/outbox", doc{"id": bob.URI + "/outbox", "type": "OrderedCollection", "orderedItems": items})
		known := n.Known(bob)
		require.NoError(t, n.Inbox.Look(t.Context(), known))
		n.Settle()
		for _, note := range []doc{public, byID, naming} {
			require.NotNil(t, n.Stored(note.ID()), note["content"])
		}
		for _, note := range []doc{private, mates} {
			require.Nil(t, n.Stored(note.ID()), note["content"])
		}
		require.Zero(t, far.Asked("/notes/none"), "what they answer is read when somebody opens it")
		posts, err := n.DB.AccountTimeline(alice.ID, known.ID, store.Page{Limit: 40}, store.AccountQuery{})
		require.NoError(t, err)
		require.Len(t, posts, 17)
		require.Empty(t, n.Notified(alice))

		n.Exec(`UPDATE actors SET featured_at = 1`)
		require.NoError(t, n.Inbox.Look(t.Context(), n.Known(bob)))
		n.Settle()
		require.Equal(t, 1, far.Asked("/users/bob/outbox"))
	})
}
