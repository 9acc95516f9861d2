package inbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

type doc = nodetest.Doc

// each runs test with a node on each kind of database.
func each(t *testing.T, test func(t *testing.T, n *nodetest.Node)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, nodetest.Start(t, db)) })
}

// sqlite is a node where it does not matter which database it has.
func sqlite(t *testing.T) *nodetest.Node {
	t.Helper()
	return nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	body, err := json.Marshal(v)
	require.NoError(t, err)
	return body
}

// Who sent it: each case spoils one thing of a request that would be taken.
func TestRefusesARequestThatNobodyVouchesFor(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, eve := far.Actor("bob"), nodetest.Play(t, "evil").Actor("eve")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	for name, spoil := range map[string]func(body []byte) *http.Request{
		"unsigned": func(body []byte) *http.Request {
			r := bob.Request(n, body)
			r.Header.Del("Signature")
			return r
		},
		"a body that is not the signed one": func(body []byte) *http.Request {
			r := bob.Request(n, body)
			return withBody(r, bytes.Replace(body, []byte("signed"), []byte("forged"), 1))
		},
		"a digest that fits a forged body but is not the signed one": func(body []byte) *http.Request {
			r := bob.Request(n, body)
			forged := bytes.Replace(body, []byte("signed"), []byte("forged"), 1)
			r.Header.Set("Digest", federation.Digest(forged))
			return withBody(r, forged)
		},
		"no digest": func(body []byte) *http.Request {
			r := bob.Request(n, body)
			r.Header.Del("Digest")
			return r
		},
		"stale":           func(body []byte) *http.Request { return bob.RequestAt(n, body, time.Now().Add(-13*time.Hour)) },
		"from the future": func(body []byte) *http.Request { return bob.RequestAt(n, body, time.Now().Add(2*time.Hour)) },
		"for another host": func(body []byte) *http.Request {
			r := bob.Request(n, body)
			r.Host = "elsewhere.example"
			return r
		},
		"for another path": func(body []byte) *http.Request {
			r := bob.Request(n, body)
			r.URL.Path = fmt.Sprintf("/actors/%d/inbox", alice.ID)
			return r
		},
		"signed by another host's actor": func(body []byte) *http.Request { return eve.Request(n, body) },
		"signed with another key under the actor's key id": func(body []byte) *http.Request {
			thief := *bob
			thief.Key = &federation.Key{ID: bob.Key.ID, Private: eve.Key.Private}
			return thief.Request(n, body)
		},
		"signed with a key that says it is another's": func(body []byte) *http.Request {
			far.Put("/keys/loose", doc{"id": eve.Host.URL + "/keys/loose", "type": "Key", "owner": bob.URI, "publicKeyPem": "x"})
			thief := *eve
			thief.Key = &federation.Key{ID: eve.Host.URL + "/keys/loose", Private: eve.Key.Private}
			return thief.Request(n, body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			note := bob.Note("signed")
			status := n.Do(spoil(encode(t, bob.Complete(bob.Create(note)))))
			assert.Equal(t, http.StatusUnauthorized, status)
			assert.Nil(t, n.Stored(note.ID()), "it had an effect")
		})
	}
	note := bob.Note("signed")
	bob.Must(n, bob.Create(note))
	require.NotNil(t, n.Stored(note.ID()), "the request that the others spoil is taken")
}

func withBody(r *http.Request, body []byte) *http.Request {
	other, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), bytes.NewReader(body))
	if err != nil {
		panic(err) // the URL was one before
	}
	other.Header = r.Header
	return other
}

// What an activity says of others counts for nothing.
func TestRefusesToSpeakForOthers(t *testing.T) {
	n := sqlite(t)
	far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
	bob, mate, eve := far.Actor("bob"), far.Actor("mate"), near.Actor("eve")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	n.Follow(alice, eve)
	for name, activity := range map[string]func(note doc) doc{
		"another's activity":                   func(note doc) doc { return doc{"type": "Create", "actor": bob.URI, "object": note} },
		"another's post":                       func(note doc) doc { return eve.Create(note) },
		"a post of one's own on another host":  func(note doc) doc { return eve.Create(note.With("attributedTo", eve.URI)) },
		"a post of another on one's own host":  func(note doc) doc { return eve.Create(note.With("id", eve.NewURI("notes"))) },
		"a post without an author":             func(note doc) doc { return eve.Create(note.With("id", eve.NewURI("notes"), "attributedTo", nil)) },
		"a post without an id":                 func(note doc) doc { return eve.Create(note.With("id", nil, "attributedTo", eve.URI)) },
		"an activity with another host's id":   func(note doc) doc { return eve.Create(eve.Note("x")).With("id", bob.NewURI("activities")) },
		"an update that makes a foreign post":  func(note doc) doc { return doc{"type": "Update", "object": note} },
		"a post at a local URI":                func(note doc) doc { return eve.Create(note.With("id", n.URL+"/posts/1", "attributedTo", eve.URI)) },
		"a post of one of ours":                func(note doc) doc { return eve.Create(note.With("attributedTo", alice.URI)) },
		"an activity of one of ours":           func(note doc) doc { return doc{"type": "Create", "actor": alice.URI, "object": note} },
		"a post whose authors only include us": func(note doc) doc { return eve.Create(note.With("attributedTo", []string{bob.URI, eve.URI})) },
	} {
		t.Run(name, func(t *testing.T) {
			note := bob.Note("never said")
			before := nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM posts`)
			status := eve.Send(n, activity(note))
			assert.Equal(t, http.StatusUnauthorized, status)
			assert.Equal(t, before, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM posts`), "it had an effect")
		})
	}
	t.Run("a neighbour on the same host", func(t *testing.T) {
		note := bob.Note("never said")
		assert.Equal(t, http.StatusUnauthorized, mate.Send(n, mate.Create(note)))
		assert.Nil(t, n.Stored(note.ID()))
	})
}

// Only who made something may change it or take it back. The neighbour signs
// for the same host, so that the host alone cannot be what decides.
func TestOnlyTheOwnerChangesAndTakesBack(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, mate, eve := far.Actor("bob"), far.Actor("mate"), nodetest.Play(t, "evil").Actor("eve")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		local := n.Post(alice, store.Public, "ours")
		note := bob.Note("as it was")
		bob.Must(n, bob.Create(note))
		follow := bob.Follow(n, alice.URI)
		like := bob.Complete(doc{"type": "Like", "object": local.URI})
		bob.Must(n, like)
		boost := bob.Complete(doc{"type": "Announce", "object": local.URI, "to": []string{federation.Public}})
		bob.Must(n, boost)
		block := bob.Complete(doc{"type": "Block", "object": n.Person("carol").URI})
		bob.Must(n, block)

		later := federation.Stamp(time.Now().Add(time.Minute))
		for name, activity := range map[string]doc{
			"update":              {"type": "Update", "object": note.With("content", "forged", "updated", later)},
			"update as own":       {"type": "Update", "object": note.With("content", "forged", "updated", later, "attributedTo", mate.URI)},
			"update of ours":      {"type": "Update", "object": doc{"id": local.URI, "type": "Note", "attributedTo": alice.URI, "content": "forged", "updated": later}},
			"delete":              {"type": "Delete", "object": note.ID()},
			"delete of ours":      {"type": "Delete", "object": local.URI},
			"delete of an actor":  {"type": "Delete", "object": bob.URI},
			"delete of our actor": {"type": "Delete", "object": alice.URI},
			"undo follow":         {"type": "Undo", "object": follow},
			"undo follow by id":   {"type": "Undo", "object": follow.ID()},
			"undo like":           {"type": "Undo", "object": like},
			"undo like by id":     {"type": "Undo", "object": like.ID()},
			"undo boost":          {"type": "Undo", "object": boost},
			"undo boost by id":    {"type": "Undo", "object": boost.ID()},
			"undo block":          {"type": "Undo", "object": block},
			"undo block by id":    {"type": "Undo", "object": block.ID()},
			"undo boost by whom":  {"type": "Undo", "object": doc{"type": "Announce", "actor": bob.URI, "object": local.URI}},
			"undo like by whom":   {"type": "Undo", "object": doc{"type": "Like", "actor": bob.URI, "object": local.URI}},
		} {
			for _, who := range []*nodetest.Actor{mate, eve} {
				who.Send(n, activity)
				require.Equal(t, "<p>as it was</p>", n.Stored(note.ID()).Content, name)
				require.Zero(t, n.Stored(note.ID()).DeletedAt, name)
				now := n.Again(local)
				require.Equal(t, [3]int64{0, 1, 1}, [3]int64{int64(now.DeletedAt), now.FavouritesCount, now.BoostsCount}, name)
				require.Equal(t, local.Content, now.Content, name)
				_, err := n.DB.Follow(n.Known(bob).ID, alice.ID)
				require.NoError(t, err, name)
				require.Equal(t, store.Active, n.Known(bob).Lifecycle, name)
				require.EqualValues(t, 1, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM blocks`), name)
			}
		}
	})
}

func TestAcceptsOnlyWhatWeAskedFor(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, mate, eve := far.Actor("bob"), far.Actor("mate"), nodetest.Play(t, "evil").Actor("eve")
	alice, other := n.Person("alice"), n.Person("other")
	eveKnown := n.Known(eve)
	eve.Must(n, doc{"type": "Accept", "object": doc{"id": n.URL + "/activities/follow/1", "type": "Follow", "actor": alice.URI, "object": eve.URI}})
	_, err := n.DB.Follow(alice.ID, eveKnown.ID)
	require.True(t, fault.Is(err, fault.NotFound), "a follow that nobody asked for came to be")

	require.NoError(t, n.Outbox.Follow(t.Context(), alice.ID, n.Known(bob).ID, followOptions))
	f, err := n.DB.Follow(alice.ID, n.Known(bob).ID)
	require.NoError(t, err)
	embedded := doc{"id": f.URI, "type": "Follow", "actor": alice.URI, "object": bob.URI}
	for _, who := range []*nodetest.Actor{mate, eve} {
		who.Must(n, doc{"type": "Accept", "object": embedded})
		who.Must(n, doc{"type": "Accept", "object": f.URI})
		who.Must(n, doc{"type": "Reject", "object": embedded})
		who.Must(n, doc{"type": "Reject", "object": f.URI})
	}
	f, err = n.DB.Follow(alice.ID, n.Known(bob).ID)
	require.NoError(t, err, "a stranger rejected it")
	require.False(t, f.Accepted, "a stranger accepted it")

	// Who follows a locked account cannot let himself in.
	n.Exec(fmt.Sprintf(`UPDATE actors SET locked = TRUE WHERE id = %d`, other.ID))
	asked := eve.Follow(n, other.URI)
	eve.Must(n, doc{"type": "Accept", "object": asked})
	eve.Must(n, doc{"type": "Accept", "object": asked.ID()})
	request, err := n.DB.Follow(eveKnown.ID, other.ID)
	require.NoError(t, err)
	require.False(t, request.Accepted)

	bob.Must(n, doc{"type": "Accept", "object": embedded})
	f, err = n.DB.Follow(alice.ID, n.Known(bob).ID)
	require.NoError(t, err)
	require.True(t, f.Accepted)
	bob.Must(n, doc{"type": "Reject", "object": embedded}) // he may end it, too
	_, err = n.DB.Follow(alice.ID, n.Known(bob).ID)
	require.True(t, fault.Is(err, fault.NotFound))
}

func TestStrangersCannotTouchWhatTheyMayNotSee(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice, carol := n.Person("alice"), n.Person("carol")
		require.NoError(t, n.Outbox.Block(t.Context(), carol.ID, n.Known(bob).ID))
		for name, p := range map[string]*store.Post{
			"private": n.Post(alice, store.Private, "for followers"), "direct": n.Post(alice, store.Direct, "for nobody"),
			"of one who blocks him": n.Post(carol, store.Public, "not for bob"),
		} {
			bob.Must(n, doc{"type": "Like", "object": p.URI})
			bob.Must(n, doc{"type": "Announce", "object": p.URI, "to": []string{federation.Public}})
			now := n.Again(p)
			assert.Zero(t, now.FavouritesCount, name)
			assert.Zero(t, now.BoostsCount, name)
		}
		assert.Empty(t, n.Notified(alice))
		assert.Empty(t, n.Notified(carol))

		// A follower may like it, and still may not hand it on.
		bob.Follow(n, alice.URI)
		p := n.Post(alice, store.Private, "for followers")
		bob.Must(n, doc{"type": "Like", "object": p.URI})
		bob.Must(n, doc{"type": "Announce", "object": p.URI, "to": []string{federation.Public}})
		assert.EqualValues(t, 1, n.Again(p).FavouritesCount)
		assert.Zero(t, n.Again(p).BoostsCount)
	})
}

// What nobody may know of is not counted either.
func TestAnAnswerForFewIsNotCounted(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		p := n.Post(alice, store.Public, "a question")
		bob.Must(n, bob.Create(bob.Note("in confidence").With("to", []string{alice.URI}, "cc", nil, "inReplyTo", p.URI)))
		require.Equal(t, []string{"mention"}, n.Notified(alice))
		require.Zero(t, n.Again(p).RepliesCount)
		note := bob.Note("for all").With("inReplyTo", p.URI)
		bob.Must(n, bob.Create(note))
		require.EqualValues(t, 1, n.Again(p).RepliesCount)
		bob.Must(n, doc{"type": "Delete", "object": note.ID()})
		require.Zero(t, n.Again(p).RepliesCount)
	})
}

func TestABlockedDomainIsNotEvenAsked(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	alice := n.Person("alice")
	require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "block"))
	require.Equal(t, http.StatusForbidden, bob.Send(n, doc{"type": "Follow", "object": alice.URI}))
	require.Equal(t, http.StatusForbidden, bob.Send(n, doc{"type": "Delete", "object": bob.URI}))
	_, err := n.Actors.Resolve(t.Context(), "bob@"+far.Name)
	require.True(t, fault.Is(err, fault.Forbidden))
	_, err = n.Inbox.Fetch(t.Context(), bob.NewURI("notes"))
	require.True(t, fault.Is(err, fault.Forbidden))
	_, _, err = n.Inbox.Resolve(t.Context(), bob.NewURI("notes"))
	require.True(t, fault.Is(err, fault.Forbidden))

	// Nor on the word of a third.
	eve := nodetest.Play(t, "third").Actor("eve")
	n.Follow(alice, eve)
	eve.Must(n, doc{"type": "Announce", "object": bob.NewURI("notes"), "to": []string{federation.Public}})
	eve.Must(n, eve.Create(eve.Note("an answer").With("inReplyTo", bob.NewURI("notes"))))
	n.Post(alice, store.Public, "@bob@"+far.Name+" can you hear me?")
	n.Settle()
	require.Zero(t, far.Requests())

	require.NoError(t, n.Partners.Remove(t.Context(), 0, far.Name))
	require.Equal(t, http.StatusAccepted, bob.Send(n, doc{"type": "Follow", "object": alice.URI}))
}

// A process that has not read the policies yet takes nothing of whom another
// has blocked.
func TestABlockedDomainIsBlockedInEveryProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n, other := nodetest.Start(t, db), nodetest.Wire(t, db)
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		n.Follow(n.Person("alice"), bob)
		bob.Must(other, bob.Create(bob.Note("hello")))
		require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "block"))
		require.NoError(t, other.Partners.Admits(federation.Host(far.Name)), "it knows already")
		note := bob.Note("blocked")
		require.Equal(t, http.StatusForbidden, bob.Send(other, bob.Create(note)))
		require.Nil(t, n.Stored(note.ID()))

		// Nor does it meet anybody there.
		mate := far.Actor("mate")
		require.Equal(t, http.StatusUnauthorized, mate.Send(other, doc{"type": "Follow", "object": n.Person("carol").URI}))
		_, err := n.DB.ActorByURI(mate.URI)
		require.True(t, fault.Is(err, fault.NotFound))
	})
}

func TestAllowlistLetsNobodyElseIn(t *testing.T) {
	n := sqlite(t)
	n.Partners.Open = false
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	require.Equal(t, http.StatusForbidden, bob.Send(n, doc{"type": "Follow", "object": n.Person("alice").URI}))
	require.Zero(t, far.Requests())
	require.NoError(t, n.Partners.Set(t.Context(), 0, strings.ToUpper(far.Name), "allow"))
	require.Equal(t, http.StatusAccepted, bob.Send(n, doc{"type": "Follow", "object": n.Person("carol").URI}))
}

func TestABlockedActorCannotFollow(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	alice := n.Person("alice")
	require.NoError(t, n.Outbox.Block(t.Context(), alice.ID, n.Known(bob).ID))
	follow := bob.Follow(n, alice.URI)
	reject := far.Await("Reject")
	require.Equal(t, follow.ID(), reject.Doc["object"].(map[string]any)["id"])
	_, err := n.DB.Follow(n.Known(bob).ID, alice.ID)
	require.True(t, fault.Is(err, fault.NotFound))
	require.Empty(t, n.Notified(alice))
}

func TestTwentyAtOnceHaveOneEffect(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		p := n.Post(alice, store.Public, "hello")
		note := bob.Note("an answer").With("inReplyTo", p.URI, "to", []string{federation.Public, alice.URI})
		for _, activity := range []doc{
			bob.Complete(bob.Create(note)), bob.Complete(doc{"type": "Like", "object": p.URI}),
			bob.Complete(doc{"type": "Announce", "object": p.URI, "to": []string{federation.Public}}), bob.Complete(doc{"type": "Follow", "object": alice.URI}),
		} {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() { assert.Equal(t, http.StatusAccepted, bob.Send(n, activity), activity["type"]) })
			}
			all.Wait()
		}
		now := n.Again(p)
		require.Equal(t, [3]int64{1, 1, 1}, [3]int64{now.RepliesCount, now.FavouritesCount, now.BoostsCount})
		require.ElementsMatch(t, []string{"mention", "favourite", "reblog", "follow"}, n.Notified(alice))
		who, err := n.DB.Actor(alice.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, who.FollowersCount)
	})
}

func TestAStrangerCannotUseUpAnothersID(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, eve := far.Actor("bob"), nodetest.Play(t, "evil").Actor("eve")
	n.Follow(n.Person("alice"), bob)
	note := bob.Note("the real one")
	create := bob.Complete(bob.Create(note))
	require.Equal(t, http.StatusUnauthorized, eve.Send(n, eve.Create(eve.Note("x")).With("id", create.ID())))
	require.Equal(t, http.StatusUnauthorized, eve.Send(n, create))
	bob.Must(n, create)
	require.NotNil(t, n.Stored(note.ID()))
}

// What cannot be an activity is the sender's fault and never ours.
func TestMalformedBodies(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		p := n.Post(alice, store.Public, "hello")
		for name, c := range map[string]struct {
			body   string
			status int
		}{
			"nothing":                    {"", 400},
			"not JSON":                   {"{", 400},
			"a list":                     {"[]", 400},
			"too large":                  {`{"type":"Create","x":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
			"too deep":                   {`{"type":"Create","actor":"` + bob.URI + `","object":` + strings.Repeat(`{"object":`, 70) + "1" + strings.Repeat("}", 70) + "}", 400},
			"bare NUL":                   {"{\"type\":\"Create\",\"x\":\"\x00\"}", 400},
			"not UTF-8":                  {"{\"type\":\"Create\",\"x\":\"\xff\"}", 400},
			"no actor":                   {`{"type":"Create"}`, 401},
			"two actors":                 {`{"type":"Create","actor":["http://x.example/a","` + bob.URI + `"]}`, 401},
			"actor a list":               {`{"type":"Create","actor":[{"a":[]}]}`, 401},
			"the actor twice, ours last": {`{"type":"Create","actor":"` + bob.URI + `","actor":"` + p.URI + `"}`, 401},
			"the id twice":               {fmt.Sprintf(`{"type":"Like","id":"https://x.example/1","id":"%s","actor":"%s","object":"%s"}`, bob.NewURI("a"), bob.URI, p.URI), 202},
			"strange types":              {`{"type":["x",1,{}],"id":{},"actor":"` + bob.URI + `","object":[null,1,true,[]]}`, 202},
			"a lone surrogate": {fmt.Sprintf(`{"type":"Create","id":"%s","actor":"%s","object":{"type":"Note","id":"%s","attributedTo":"%s","to":"%s","content":"\ud800 x"}}`,
				bob.NewURI("a"), bob.URI, bob.NewURI("n"), bob.URI, federation.Public), 202},
			"huge numbers": {fmt.Sprintf(`{"type":"Create","id":"%s","actor":"%s","object":{"type":"Note","id":"%s","attributedTo":"%s","to":"%s","content":"x","published":"99999-01-01T00:00:00Z","updated":1e999,`+
				`"attachment":[{"type":"Image","url":"http://far.example/x.png","width":1e300,"height":-99999999999999999999,"focalPoint":[1e999,"x"]}]}}`, bob.NewURI("a"), bob.URI, bob.NewURI("n"), bob.URI, federation.Public), 202},
		} {
			assert.Equal(t, c.status, n.Do(bob.Request(n, []byte(c.body))), name)
		}
		const nul = "a\x00b"
		note := bob.Note(nul).With("summary", nul, "inReplyTo", nul, "conversation", nul, "context", nul, "url", "http://x.example/"+nul, "contentMap", doc{nul: "x"},
			"to", []string{federation.Public, nul}, "source", doc{"content": nul, "mediaType": nul},
			"tag", []doc{{"type": "Hashtag", "name": "#" + nul}, {"type": "Mention", "href": nul, "name": nul}, {"type": "Emoji", "name": nul, "icon": doc{"url": "http://x.example/e"}}},
			"attachment", []doc{{"type": "Image", "mediaType": "image/" + nul, "url": "http://x.example/i", "name": nul, "blurhash": nul}})
		for name, activity := range map[string]doc{
			"create": bob.Create(note), "like": {"type": "Like", "object": nul}, "delete": {"type": "Delete", "object": bob.Host.URL + "/" + nul}, "announce": {"type": "Announce", "object": nul},
			"undo": {"type": "Undo", "object": nul}, "undo of a like": {"type": "Undo", "object": doc{"type": "Like", "id": bob.Host.URL + "/" + nul, "object": nul}},
			"follow": {"type": "Follow", "object": nul}, "accept": {"type": "Accept", "object": doc{"id": nul, "type": "Follow", "actor": nul}}, "block": {"type": "Block", "object": nul},
			"id": {"type": "Like", "id": bob.Host.URL + "/" + nul, "object": p.URI}, "type": {"type": nul}, "create with a type": bob.Create(note.With("type", nul)),
		} {
			assert.Less(t, bob.Send(n, activity), 500, "NUL in a %s", name)
		}
	})
}

// An index has no room for an address of any length, and neither has anybody
// a use for one.
func TestAddressesWithoutEnd(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		p := n.Post(alice, store.Public, "hello")
		endless := bob.Host.URL + "/"
		for range 5000 {
			endless += string(rune('a' + rand.IntN(26)))
		}
		note := bob.Note("x")
		for name, activity := range map[string]doc{
			"the activity":   bob.Create(note).With("id", endless),
			"the post":       bob.Create(note.With("id", endless)),
			"its parent":     bob.Create(bob.Note("x").With("inReplyTo", endless)),
			"its thread":     bob.Create(bob.Note("x").With("conversation", endless, "context", endless, "quoteUri", endless, "url", endless)),
			"a delete":       {"type": "Delete", "object": endless},
			"an undo":        {"type": "Undo", "object": endless},
			"a like":         {"type": "Like", "object": endless},
			"a like with it": {"type": "Like", "id": endless, "object": p.URI},
			"a boost":        {"type": "Announce", "object": endless},
			"a boost by it":  {"type": "Announce", "id": endless, "object": p.URI},
			"a follow":       {"type": "Follow", "id": endless, "object": alice.URI},
			"a block":        {"type": "Block", "id": endless, "object": alice.URI},
		} {
			assert.Less(t, bob.Send(n, activity), 500, name)
		}
	})
}

// An activity without an id cannot be told from another, and yet two of them
// must not get in each other's way.
func TestActivitiesWithoutAnID(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		alice, carol := n.Person("alice"), n.Person("carol")
		p := n.Post(alice, store.Public, "hello")
		for _, who := range []*nodetest.Actor{far.Actor("bob"), far.Actor("mate")} {
			for _, activity := range []doc{{"type": "Follow", "object": alice.URI}, {"type": "Follow", "object": carol.URI}, {"type": "Like", "object": p.URI},
				{"type": "Block", "object": carol.URI}, {"type": "Announce", "object": p.URI}, {"type": "Flag", "object": p.URI}} {
				assert.Less(t, who.Send(n, activity.With("id", nil)), 500, "%v", activity)
			}
		}
	})
}

func TestAChangedKeyIsFetchedOnce(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, mate := far.Actor("bob"), far.Actor("mate")
	n.Follow(n.Person("alice"), bob)
	asked := far.Asked("/users/bob")
	bob.Rekey()
	note := bob.Note("with the new key")
	bob.Must(n, bob.Create(note))
	require.NotNil(t, n.Stored(note.ID()))
	require.Equal(t, asked+1, far.Asked("/users/bob"))
	bob.Must(n, bob.Create(bob.Note("again")))
	require.Equal(t, asked+1, far.Asked("/users/bob"), "the new key is known")

	// A wrong signature costs the host one question, however often it comes.
	thief := *bob
	thief.Key = &federation.Key{ID: bob.Key.ID, Private: mate.Key.Private}
	for range 5 {
		require.Equal(t, http.StatusUnauthorized, thief.Send(n, bob.Create(bob.Note("forged"))))
	}
	require.LessOrEqual(t, far.Asked("/users/bob"), asked+2)
}

func TestAKeyThatCannotBeHad(t *testing.T) {
	n := sqlite(t)
	far, down := nodetest.Play(t, "far"), nodetest.Play(t, "down")
	bob, gone := down.Actor("bob"), far.Actor("gone")
	alice := n.Person("alice")
	down.Put("/users/bob", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	require.Equal(t, http.StatusServiceUnavailable, bob.Send(n, doc{"type": "Follow", "object": alice.URI}))
	asked := down.Requests()
	for range 5 {
		require.Equal(t, http.StatusServiceUnavailable, bob.Send(n, doc{"type": "Follow", "object": alice.URI}))
	}
	require.Equal(t, asked, down.Requests(), "a host that is down is left alone for a while")

	far.Remove("/users/gone")
	require.Equal(t, http.StatusAccepted, gone.Send(n, doc{"type": "Delete", "object": gone.URI}), "nothing is left to do")
	require.Equal(t, http.StatusUnauthorized, gone.Send(n, doc{"type": "Follow", "object": alice.URI}))
	require.Equal(t, http.StatusUnauthorized, gone.Send(n, doc{"type": "Delete", "object": gone.Host.URL + "/users/bob"}))
}

// What one process learned or decided of an actor holds in every other at once,
// whatever that keeps in memory: a key that was given up may be a stolen one.
func TestTwoProcessesKnowTheSameKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n, other := nodetest.Start(t, db), nodetest.Wire(t, db)
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		n.Follow(n.Person("alice"), bob)
		for _, process := range []*nodetest.Node{n, other} {
			bob.Must(process, bob.Create(bob.Note("with the first key")))
		}
		thief := *bob
		bob.Rekey()
		require.NoError(t, n.Actors.Refresh(t.Context(), bob.URI))
		for range 3 {
			require.Equal(t, http.StatusUnauthorized, thief.Send(other, bob.Create(bob.Note("forged"))))
			bob.Must(other, bob.Create(bob.Note("with the second key")))
		}

		// A key under another id leaves nothing of the first.
		thief = *bob
		bob.Key = &federation.Key{ID: bob.URI + "#key-3", Private: bob.Key.Private}
		document := far.Document("/users/bob")
		key := document["publicKey"].(doc).With("id", bob.Key.ID)
		far.Put("/users/bob", document.With("publicKey", key))
		require.NoError(t, n.Actors.Refresh(t.Context(), bob.URI))
		asked := far.Asked("/users/bob")
		for _, process := range []*nodetest.Node{n, other, n, other} {
			require.Equal(t, http.StatusUnauthorized, thief.Send(process, bob.Create(bob.Note("forged"))))
			bob.Must(process, bob.Create(bob.Note("with the third key")))
		}
		require.LessOrEqual(t, far.Asked("/users/bob"), asked+2, "one question by each process")

		require.NoError(t, n.Actors.Disable(t.Context(), 0, n.Known(bob).ID))
		for _, process := range []*nodetest.Node{n, other} {
			require.Equal(t, http.StatusForbidden, bob.Send(process, bob.Create(bob.Note("suspended"))))
		}
		require.NoError(t, other.Actors.Enable(t.Context(), 0, n.Known(bob).ID))
		bob.Must(n, bob.Create(bob.Note("let in again")))
	})
}
