package inbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// pinned are the URIs that an actor's profile shows, to a stranger.
func pinned(t *testing.T, n *nodetest.Node, actor int64) []string {
	t.Helper()
	entries, err := n.DB.AccountTimeline(0, actor, store.Page{Limit: 20}, store.AccountQuery{Pinned: true})
	require.NoError(t, err)
	uris := []string{}
	for _, e := range entries {
		p, err := n.DB.Post(e.PostID)
		require.NoError(t, err)
		uris = append(uris, p.URI)
	}
	return uris
}

// shows publishes what an actor features.
func shows(a *nodetest.Actor, posts []any, tags ...string) {
	var items []any
	for _, tag := range tags {
		items = append(items, doc{"type": "Hashtag", "name": "#" + tag, "href": a.Host.URL + "/tags/" + tag})
	}
	a.Host.Put("/users/"+a.Name, a.Host.Document("/users/"+a.Name).With("featured", a.URI+"/featured", "featuredTags", a.URI+"/tags"))
	a.Host.Put("/users/"+a.Name+"/featured", doc{"id": a.URI + "/featured", "type": "OrderedCollection", "orderedItems": posts})
	a.Host.Put("/users/"+a.Name+"/tags", doc{"id": a.URI + "/tags", "type": "Collection", "items": items})
}

func TestWhatARemoteProfileShows(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
		bob, mate, eve := far.Actor("bob"), far.Actor("mate"), near.Actor("eve")
		alice := n.Person("alice")
		whole, byID, anothers, foreign, secret := bob.Note("whole"), bob.Note("by its id"), mate.Note("another's"), eve.Note("foreign"), bob.Note("secret").With("to", []string{bob.URI + "/followers"}, "cc", nil)
		far.Put(path(byID), byID)
		far.Put(path(anothers), anothers)
		near.Put(path(foreign), foreign)
		shows(bob, []any{whole, byID.ID(), anothers.ID(), foreign, doc{"type": "Note"}, secret, whole.ID()}, "Gears", "12", "Oil")
		n.Follow(alice, bob)
		n.Settle()
		known := n.Known(bob)
		require.ElementsMatch(t, []string{whole.ID(), byID.ID()}, pinned(t, n, known.ID), "his own, once, and to strangers the public ones")
		home, err := n.DB.HomeTimeline(alice.ID, store.Page{Limit: 9})
		require.NoError(t, err)
		require.Empty(t, home, "old posts are no news")
		require.Nil(t, n.Stored(foreign.ID()), "his host does not speak for another")
		tags, err := n.DB.FeaturedTags(known.ID)
		require.NoError(t, err)
		require.Len(t, tags, 2)
		require.Equal(t, []string{"Gears", "Oil"}, []string{tags[0].Name, tags[1].Name})

		// A second look on the same day asks nobody.
		asked := far.Requests()
		known = n.Known(bob)
		require.NoError(t, n.Inbox.Look(t.Context(), known))
		known.FeaturedAt = 0 // as one that looked at the same moment has it
		require.NoError(t, n.Inbox.Look(t.Context(), known))
		n.Settle()
		require.Equal(t, asked, far.Requests())
	})
}

func TestPinsThatComeAndGo(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, mate := far.Actor("bob"), far.Actor("mate")
	n.Follow(n.Person("alice"), bob)
	first, second := bob.Note("first"), bob.Note("second")
	shows(bob, []any{first, second})
	n.Settle()
	require.NoError(t, n.Actors.Refresh(t.Context(), bob.URI))
	bob.Must(n, bob.Create(first))
	id := n.Known(bob).ID
	add := func(kind string, object any, target string) doc {
		return doc{"type": kind, "object": object, "target": target, "to": []string{federation.Public}}
	}
	bob.Must(n, add("Add", second.ID(), bob.URI+"/featured"))
	n.Settle()
	require.ElementsMatch(t, []string{first.ID(), second.ID()}, pinned(t, n, id), "the collection says what is in it")

	shows(bob, []any{second})
	bob.Must(n, add("Remove", first.ID(), bob.URI+"/featured"))
	n.Settle()
	require.Equal(t, []string{second.ID()}, pinned(t, n, id))

	// In the wrong order they end as the collection is.
	bob.Must(n, add("Add", first.ID(), bob.URI+"/featured"))
	n.Settle()
	require.Equal(t, []string{second.ID()}, pinned(t, n, id))

	// Nobody pins at another's, and what is elsewhere is no pin.
	shows(bob, []any{})
	mate.Must(n, add("Add", first.ID(), bob.URI+"/featured"))
	mate.Must(n, add("Remove", second.ID(), bob.URI+"/featured"))
	bob.Must(n, add("Add", first.ID(), bob.URI+"/other"))
	bob.Must(n, add("Add", first.ID(), ""))
	require.Equal(t, []string{second.ID()}, pinned(t, n, id))
}

// Whom his own node suspends is hidden here as long as it says so, whatever we
// think of him ourselves.
func TestSuspendedThere(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		note := bob.Note("hello")
		bob.Must(n, bob.Create(note))
		p := n.Stored(note.ID())
		document := far.Document("/users/bob")
		for _, suspended := range []bool{true, false} {
			far.Put("/users/bob", document.With("suspended", suspended))
			bob.Must(n, doc{"type": "Update", "object": document.With("suspended", !suspended), "to": []string{federation.Public}})
			n.Settle()
			known := n.Known(bob)
			require.Equal(t, suspended, known.Hidden())
			require.Equal(t, store.Active, known.Lifecycle)
			_, err := n.DB.VisiblePost(alice.ID, p.ID)
			require.Equal(t, suspended, fault.Is(err, fault.NotFound))
			require.Equal(t, suspended, len(n.Found(alice.ID, "bob")) == 0)
		}
	})
}

func TestReactions(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		p := n.Post(alice, store.Public, "hello")
		said := func() store.Emoji {
			all, err := n.DB.Reactions([]int64{p.ID}, []int64{n.Known(bob).ID})
			require.NoError(t, err)
			return all[[2]int64{p.ID, n.Known(bob).ID}]
		}
		react := func(kind, content string, tag any) doc {
			return bob.Complete(doc{"type": kind, "object": p.URI, "content": content, "tag": tag, "to": []string{alice.URI}})
		}
		party := react("EmojiReact", "🎉", nil)
		bob.Must(n, party)
		require.Equal(t, store.Emoji{Shortcode: "🎉"}, said())
		picture := doc{"type": "Emoji", "name": ":neko:", "icon": doc{"type": "Image", "url": bob.Host.URL + "/neko.png"}}
		cat := react("Like", ":neko@far.example:", picture)
		bob.Must(n, cat)
		require.Equal(t, store.Emoji{Shortcode: "neko", URL: bob.Host.URL + "/neko.png"}, said(), "the last one is kept")
		require.EqualValues(t, 1, n.Again(p).FavouritesCount, "and together they are one favourite")
		require.Equal(t, []string{"favourite"}, n.Notified(alice))
		bob.Must(n, bob.Complete(doc{"type": "Undo", "object": party}))
		require.EqualValues(t, 1, n.Again(p).FavouritesCount, "the last one still stands")
		bob.Must(n, bob.Complete(doc{"type": "Undo", "object": cat}))
		require.Zero(t, n.Again(p).FavouritesCount)
		require.Empty(t, n.Notified(alice))

		// What is no emoji is a mere favourite.
		for _, content := range []string{":unknown:", "<b>x</b>", "a whole sentence that somebody wrote", "x y"} {
			like := react("Like", content, nil)
			bob.Must(n, like)
			assert.Equal(t, store.Emoji{}, said(), content)
			bob.Must(n, bob.Complete(doc{"type": "Undo", "object": like}))
		}
		require.Equal(t, http.StatusAccepted, bob.Send(n, react("EmojiReact", "👍🏽", nil)))
		require.Equal(t, store.Emoji{Shortcode: "👍🏽"}, said())
	})
}

// What an actor may lack, and what it may not.
func TestActorsThatLackSomething(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	for name, c := range map[string]struct {
		pairs []any
		known bool
	}{
		"nokey":     {[]any{"publicKey", nil}, true},
		"noname":    {[]any{"name", ""}, true},
		"nothing":   {[]any{"outbox", nil, "followers", nil, "following", nil, "endpoints", nil, "url", nil}, true},
		"company":   {[]any{"type", []string{"as:Organization"}}, true},
		"app":       {[]any{"type", "Application"}, true},
		"nohandle":  {[]any{"preferredUsername", nil}, false},
		"noinbox":   {[]any{"inbox", nil}, false},
		"otherskey": {[]any{"publicKey", doc{"id": far.URL + "/users/nokey#main-key", "owner": far.URL + "/users/nokey", "publicKeyPem": "x"}}, false},
		"thing":     {[]any{"type", "Place"}, false},
	} {
		a := far.Actor(name)
		far.Put("/users/"+name, far.Document("/users/"+name).With(c.pairs...))
		actor, err := n.Actors.Find(t.Context(), a.URI)
		if !c.known {
			require.Error(t, err, name)
			assert.Less(t, int(fault.Of(err)), http.StatusInternalServerError, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, name, actor.Name(), name)
		assert.NotEmpty(t, actor.URL, name)
	}
}

// What a post says its page is does not let it stand for another's.
func TestAPostUnderTheAddressOfAnother(t *testing.T) {
	n := sqlite(t)
	far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
	bob, eve := far.Actor("bob"), near.Actor("eve")
	n.Follow(n.Person("alice"), eve)
	page := bob.Note("genuine")
	lie := eve.Note("forged").With("url", page.ID())
	eve.Must(n, eve.Create(lie))
	_, err := n.DB.PostByURL(page.ID())
	require.True(t, fault.Is(err, fault.NotFound))
	require.Equal(t, lie.ID(), n.Stored(lie.ID()).URL)
}
