package inbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// An activity that is fetched speaks for its own host: what it brings from
// another is not what that other says.
func TestAFetchedActivityCannotBringAnothersPost(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, evil := nodetest.Play(t, "far"), nodetest.Play(t, "evil")
		bob, eve := far.Actor("bob"), evil.Actor("eve")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		n.Follow(alice, eve)
		forged := bob.Note("never said")
		wrapper := eve.Complete(eve.Create(forged)).With("id", evil.URL+"/forged")
		evil.Put("/forged", wrapper)
		_, err := n.Inbox.Fetch(t.Context(), wrapper.ID())
		require.Error(t, err)
		_, _, err = n.Inbox.Resolve(t.Context(), wrapper.ID())
		require.Error(t, err)
		eve.Must(n, doc{"type": "Announce", "object": wrapper.ID(), "to": []string{federation.Public}})
		eve.Must(n, eve.Create(eve.Note("an answer").With("inReplyTo", wrapper.ID())))
		n.Settle()
		require.Nil(t, n.Stored(forged.ID()))

		own := eve.Note("said")
		evil.Put("/own", eve.Complete(eve.Create(own)).With("id", evil.URL+"/own"))
		p, err := n.Inbox.Fetch(t.Context(), evil.URL+"/own")
		require.NoError(t, err)
		require.Equal(t, own.ID(), p.URI, "one's own it may bring")
	})
}

// Who is not admitted is not asked on the word of one who is: neither by a
// redirect, nor by an id, nor by a subject.
func TestAllowlistHoldsOnEveryHop(t *testing.T) {
	n := sqlite(t)
	n.Partners.Open = false
	far, hidden := nodetest.Play(t, "far"), nodetest.Play(t, "hidden")
	require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "allow"))
	stranger := hidden.Actor("stranger")
	note := stranger.Note("elsewhere")
	hidden.Put(path(note), note)
	far.Put("/redirect", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, note.ID(), http.StatusFound) }))
	far.Put("/claims", note)
	for _, uri := range []string{"/redirect", "/claims"} {
		_, err := n.Inbox.Fetch(t.Context(), far.URL+uri)
		assert.True(t, fault.Is(err, fault.Forbidden), "%s: %v", uri, err)
		_, err = n.Actors.Find(t.Context(), far.URL+uri)
		assert.True(t, fault.Is(err, fault.Forbidden), "%s: %v", uri, err)
	}
	bob := far.Actor("bob")
	bob.Must(n, doc{"type": "Follow", "object": n.Person("alice").URI})
	bob.Must(n, doc{"type": "Move", "object": bob.URI, "target": stranger.URI})
	n.Settle()
	require.Zero(t, hidden.Requests())
}

// A profile names what lies on its own node, and no other's.
func TestAProfileClaimsNothingOfAnother(t *testing.T) {
	n := sqlite(t)
	far, evil := nodetest.Play(t, "far"), nodetest.Play(t, "evil")
	bob := far.Actor("bob")
	for _, name := range []string{"eve", "mallory"} {
		evil.Actor(name)
	}
	evil.Put("/users/eve", evil.Document("/users/eve").With("inbox", bob.URI+"/inbox"))
	_, err := n.Actors.Find(t.Context(), evil.URL+"/users/eve")
	require.True(t, fault.Is(err, fault.Invalid), "bob would get what is eve's: %v", err)
	evil.Put("/users/eve", evil.Document("/users/eve").With("inbox", n.URL+"/inbox"))
	_, err = n.Actors.Find(t.Context(), evil.URL+"/users/eve")
	require.Error(t, err)

	evil.Put("/users/mallory", evil.Document("/users/mallory").With("outbox", bob.URI+"/outbox", "followers", bob.URI+"/followers", "following", bob.URI+"/following",
		"featured", bob.URI+"/featured", "featuredTags", bob.URI+"/tags", "endpoints", doc{"sharedInbox": far.URL + "/inbox"}, "url", bob.URI))
	mallory, err := n.Actors.Find(t.Context(), evil.URL+"/users/mallory")
	require.NoError(t, err)
	require.Equal(t, [6]string{}, [6]string{mallory.OutboxURI, mallory.FollowersURI, mallory.FollowingURI, mallory.FeaturedURI, mallory.FeaturedTagsURI, mallory.SharedInboxURI})
	require.Equal(t, mallory.URI, mallory.URL)
}

// Another's document under the id of one of ours changes nobody.
func TestNobodyRewritesOneOfOurs(t *testing.T) {
	n := sqlite(t)
	evil := nodetest.Play(t, "evil")
	eve := evil.Actor("eve")
	alice := n.Person("alice")
	before, err := n.DB.Actor(alice.ID)
	require.NoError(t, err)
	evil.Put("/users/eve", evil.Document("/users/eve").With("id", alice.URI))
	_, err = n.Actors.Find(t.Context(), eve.URI)
	require.Error(t, err)
	require.Equal(t, http.StatusUnauthorized, eve.Send(n, doc{"type": "Update", "object": doc{"id": alice.URI, "type": "Person", "name": "forged"}}))
	thief := *eve
	for _, key := range []string{"#main-key", "#another"} { // ours is not fetched anew because a signature does not fit it
		thief.Key = &federation.Key{ID: alice.URI + key, Private: eve.Key.Private}
		require.Equal(t, http.StatusUnauthorized, thief.Send(n, doc{"type": "Create", "actor": alice.URI, "object": eve.Note("x").With("attributedTo", alice.URI)}))
	}
	after, err := n.DB.Actor(alice.ID)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// A neighbour's word about what has not come yet keeps nobody's post, like,
// boost or follow away.
func TestNobodyBuriesWhatIsAnothers(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, mate, eve := far.Actor("bob"), far.Actor("mate"), nodetest.Play(t, "evil").Actor("eve")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		p := n.Post(alice, store.Public, "hello")
		note := bob.Note("to come")
		coming := []doc{bob.Complete(bob.Create(note)), bob.Complete(doc{"type": "Like", "object": p.URI}),
			bob.Complete(doc{"type": "Announce", "object": p.URI, "to": []string{federation.Public}}), bob.Complete(doc{"type": "Follow", "object": alice.URI})}
		for _, who := range []*nodetest.Actor{mate, eve} {
			who.Send(n, doc{"type": "Delete", "object": note.ID()})
			for _, a := range coming {
				who.Send(n, doc{"type": "Undo", "object": a.ID()})
				who.Send(n, doc{"type": "Undo", "object": a})
				who.Send(n, doc{"type": "Delete", "object": a.ID()})
			}
		}
		for _, a := range coming {
			bob.Must(n, a)
		}
		require.NotNil(t, n.Stored(note.ID()))
		now := n.Again(p)
		require.Equal(t, [2]int64{1, 1}, [2]int64{now.FavouritesCount, now.BoostsCount})
		_, err := n.DB.Follow(n.Known(bob).ID, alice.ID)
		require.NoError(t, err)
	})
}

// What was done, and taken back, is not done again by whoever kept a copy of
// the request, however much came in between.
func TestReplaysHaveNoEffect(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		for _, scheme := range []federation.Scheme{federation.Cavage, federation.RFC9421} {
			bob.Scheme = scheme
			alice := n.Person("alice" + string(scheme))
			n.Follow(alice, bob)
			p := n.Post(alice, store.Public, "hello")
			note := bob.Note("gone soon").With("inReplyTo", p.URI)
			acts := []doc{bob.Complete(bob.Create(note)), bob.Complete(doc{"type": "Like", "object": p.URI}),
				bob.Complete(doc{"type": "Announce", "object": p.URI, "to": []string{federation.Public}}), bob.Complete(doc{"type": "Follow", "object": alice.URI})}
			for _, a := range acts {
				bob.Must(n, a)
			}
			bob.Must(n, doc{"type": "Delete", "object": note.ID()})
			for _, a := range acts[1:] {
				bob.Must(n, doc{"type": "Undo", "object": a})
			}
			require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
				for k := range 10_000 {
					if _, err := tx.Arrive(fmt.Sprintf("%s/later/%s/%d", bob.Host.URL, scheme, k), bob.Host.Name, "Like"); err != nil {
						return err
					}
				}
				return nil
			}))
			for _, a := range acts {
				bob.Must(n, a)
			}
			now := n.Again(p)
			require.Equal(t, [3]int64{}, [3]int64{now.RepliesCount, now.FavouritesCount, now.BoostsCount})
			require.NotZero(t, n.Stored(note.ID()).DeletedAt)
			_, err := n.DB.Follow(n.Known(bob).ID, alice.ID)
			require.True(t, fault.Is(err, fault.NotFound))
		}
	})
}

// A time to come is no reason to be first for ever.
func TestAnUpdateOfTheFutureIsOfNow(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	n.Follow(n.Person("alice"), bob)
	future := federation.Stamp(time.Now().AddDate(100, 0, 0))
	note := bob.Note("first").With("updated", future)
	bob.Must(n, bob.Create(note))
	require.LessOrEqual(t, n.Stored(note.ID()).EditedAt, store.Now())
	bob.Must(n, doc{"type": "Update", "object": note.With("content", "<p>second</p>")})
	require.LessOrEqual(t, n.Stored(note.ID()).EditedAt, store.Now())
	require.Equal(t, "<p>second</p>", n.Stored(note.ID()).Content)
}

// One id has one spelling for each purpose, and none that hides whose it is.
func TestIdsThatHideWhoseTheyAre(t *testing.T) {
	n := sqlite(t)
	far, evil := nodetest.Play(t, "far"), nodetest.Play(t, "evil")
	bob, eve := far.Actor("bob"), evil.Actor("eve")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	n.Follow(alice, eve)
	local := n.Post(alice, store.Public, "ours")
	for name, id := range map[string]string{
		"another's host as a password":  "http://" + strings.TrimPrefix(evil.URL, "http://") + "@" + far.Name + "/notes/x",
		"a user before one's own host":  "http://" + far.Name + "@" + evil.Name + "/notes/x",
		"another's host in capitals":    strings.Replace(far.URL, "far", "FAR", 1) + "/notes/x",
		"another's host with a dot":     strings.Replace(far.URL, ".localhost", ".localhost.", 1) + "/notes/x",
		"another scheme":                strings.Replace(evil.URL, "http", "https", 1) + "/notes/x",
		"no scheme":                     "//" + evil.Name + "/notes/x",
		"no web address":                "acct:eve@" + evil.Name,
		"ours in capitals":              strings.Replace(local.URI, "http://", "HTTP://", 1),
		"ours with a fragment":          local.URI + "#x",
		"a backslash before one's host": "http://" + far.Name + `\@` + evil.Name + "/notes/x",
	} {
		assert.Equal(t, http.StatusUnauthorized, eve.Send(n, eve.Create(eve.Note("x").With("id", id))), name)
		assert.Equal(t, http.StatusUnauthorized, eve.Send(n, eve.Create(eve.Note("x")).With("id", id)), name)
		assert.Equal(t, http.StatusUnauthorized, eve.Send(n, doc{"type": "Update", "object": eve.Note("x").With("id", id)}), name)
		assert.Nil(t, n.Stored(id), name)
	}
	for name, actor := range map[string]string{"capitals": strings.Replace(bob.URI, "far", "FAR", 1), "a fragment": bob.URI + "#x", "a user": strings.Replace(bob.URI, "http://", "http://x@", 1)} {
		assert.Equal(t, http.StatusUnauthorized, eve.Send(n, doc{"type": "Delete", "actor": actor, "object": actor}), name)
		assert.Equal(t, http.StatusUnauthorized, bob.Send(n, bob.Create(bob.Note("x").With("attributedTo", actor))), name)
	}
	require.Zero(t, n.Again(local).DeletedAt)
	require.Equal(t, store.Active, n.Known(bob).Lifecycle)
}

// Add, Remove and Move are of one's own.
func TestNobodyPinsOrMovesForAnother(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, other := nodetest.Play(t, "far"), nodetest.Play(t, "other")
		bob, mate, eve := far.Actor("bob"), far.Actor("mate"), nodetest.Play(t, "evil").Actor("eve")
		for _, a := range []*nodetest.Actor{bob, mate} {
			far.Put("/users/"+a.Name, far.Document("/users/"+a.Name).With("featured", a.URI+"/featured"))
		}
		alice := n.Person("alice")
		n.Follow(alice, bob)
		pinned, loose := bob.Note("pinned"), bob.Note("loose")
		bob.Must(n, bob.Create(pinned))
		bob.Must(n, bob.Create(loose))
		bob.Must(n, doc{"type": "Add", "object": pinned.ID(), "target": bob.URI + "/featured"})
		pins := func() int64 { return nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM pins`) }
		require.EqualValues(t, 1, pins())
		target := other.Actor("target")
		for _, who := range []*nodetest.Actor{mate, eve} {
			who.Send(n, doc{"type": "Remove", "object": pinned.ID(), "target": bob.URI + "/featured"})
			who.Send(n, doc{"type": "Add", "object": loose.ID(), "target": bob.URI + "/featured"})
			who.Send(n, doc{"type": "Add", "object": loose.ID(), "target": who.URI + "/featured"})
			who.Send(n, doc{"type": "Remove", "object": pinned.ID(), "target": who.URI + "/featured"})
			who.Send(n, doc{"type": "Move", "object": bob.URI, "target": target.URI})
			require.EqualValues(t, 1, pins(), who.Name)
		}
		n.Settle()
		require.Zero(t, other.Requests(), "nobody looks where another is said to have gone")
	})
}

// What stays on this node is nobody's elsewhere, whoever guesses its address.
func TestWhatStaysHereIsNotTouchedFromOutside(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		inside, held := n.Post(alice, store.Public, "for us"), n.Post(alice, store.Public, "not yet")
		n.Exec(fmt.Sprintf(`UPDATE posts SET scope = '%s' WHERE id = %d`, store.Here, inside.ID))
		n.Exec(fmt.Sprintf(`UPDATE posts SET held_until = %d WHERE id = %d`, store.Now()+3600_000, held.ID))
		for _, p := range []*store.Post{inside, held} {
			bob.Must(n, doc{"type": "Like", "object": p.URI})
			bob.Must(n, doc{"type": "Announce", "object": p.URI, "to": []string{federation.Public}})
			now := n.Again(p)
			require.Equal(t, [2]int64{}, [2]int64{now.FavouritesCount, now.BoostsCount}, p.Content)
		}
	})
}
