package inbox_test

import (
	"fmt"
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

// orders are all orders of n things.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, rest := range orders(n - 1) {
		for at := range n {
			order := append(append(append([]int{}, rest[:at]...), n-1), rest[at:]...)
			all = append(all, order)
		}
	}
	return all
}

// However a post's Create, two Updates and perhaps its Delete arrive, and each
// twice, it ends as if they had come in turn.
func TestAPostInAnyOrder(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	for _, order := range orders(4) {
		note := bob.Note("first").With("published", federation.Stamp(time.Now().Add(-time.Hour)))
		story := []doc{
			bob.Complete(bob.Create(note)), bob.Complete(update(note, "second", 30)),
			bob.Complete(update(note, "third", 20)), bob.Complete(doc{"type": "Delete", "object": doc{"id": note.ID(), "type": "Tombstone"}}),
		}
		deleted := false
		for _, i := range order {
			bob.Must(n, story[i])
			bob.Must(n, story[i])
			p := n.Stored(note.ID())
			deleted = deleted || i == 3
			require.Equal(t, deleted, p == nil || p.DeletedAt != 0, "%v after %d", order, i)
		}
		home, err := n.DB.HomeTimeline(alice.ID, store.Page{Limit: 5})
		require.NoError(t, err)
		require.Empty(t, home, "%v", order)
	}
	for _, order := range orders(3) {
		note := bob.Note("first").With("published", federation.Stamp(time.Now().Add(-time.Hour)))
		story := []doc{bob.Complete(bob.Create(note)), bob.Complete(update(note, "second", 30)), bob.Complete(update(note, "third", 20))}
		for _, i := range order {
			bob.Must(n, story[i])
			bob.Must(n, story[i])
		}
		p := n.Stored(note.ID())
		require.Equal(t, "<p>third</p>", p.Content, "%v", order)
		home, err := n.DB.HomeTimeline(alice.ID, store.Page{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, p.ID, home[0].PostID, "%v", order)
	}
	who, err := n.DB.Actor(n.Known(bob).ID)
	require.NoError(t, err)
	require.EqualValues(t, len(orders(3)), who.StatusesCount)
}

func update(note doc, text string, minutesAgo int) doc {
	at := federation.Stamp(time.Now().Add(-time.Duration(minutesAgo) * time.Minute))
	return doc{"type": "Update", "object": note.With("content", "<p>"+text+"</p>", "updated", at), "to": note["to"], "cc": note["cc"]}
}

// What is done and taken back stays taken back, whichever comes first; what is
// done anew after that holds.
func TestAnActAndItsUndoInAnyOrder(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		bobID := n.Known(bob).ID
		for kind, holds := range map[string]func(alice *store.Actor, p *store.Post) bool{
			"Follow": func(alice *store.Actor, _ *store.Post) bool {
				f, err := n.DB.Follow(bobID, alice.ID)
				return err == nil && f.Accepted
			},
			"Like": func(_ *store.Actor, p *store.Post) bool { return n.Again(p).FavouritesCount == 1 },
			"Announce": func(_ *store.Actor, p *store.Post) bool {
				_, err := n.DB.BoostBy(bobID, p.ID)
				return err == nil && n.Again(p).BoostsCount == 1
			},
			"Block": func(alice *store.Actor, _ *store.Post) bool {
				is, err := n.DB.HasBlocked(bobID, alice.ID)
				return err == nil && is
			},
		} {
			alice := n.Person("alice-" + kind[:3])
			begin := func() (*store.Post, func() doc) {
				p := n.Post(alice, store.Public, "hello")
				object := p.URI
				if kind == "Follow" || kind == "Block" {
					object = alice.URI
				}
				return p, func() doc {
					return bob.Complete(doc{"type": kind, "object": object, "to": []string{federation.Public}})
				}
			}
			for _, bare := range []bool{false, true} {
				for _, order := range orders(2) {
					p, again := begin()
					act := again()
					var object any = act
					if bare {
						object = act.ID()
					}
					story := []doc{act, bob.Complete(doc{"type": "Undo", "object": object})}
					for _, i := range order {
						bob.Must(n, story[i])
					}
					assert.False(t, holds(alice, p), "%s %v bare %v", kind, order, bare)
				}
			}
			// Done, done anew, and only then is the first one taken back.
			p, again := begin()
			first, second := again(), again()
			for _, activity := range []doc{first, second, bob.Complete(doc{"type": "Undo", "object": first})} {
				bob.Must(n, activity)
			}
			assert.True(t, holds(alice, p), "%s was done anew", kind)
			bob.Must(n, bob.Complete(doc{"type": "Undo", "object": second}))
			assert.False(t, holds(alice, p), "%s was done anew and taken back", kind)
		}
	})
}

// Some servers name what they take back by an id that it never had.
func TestAnUndoByWhoAndWhat(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	p := n.Post(alice, store.Public, "hello")
	bob.Follow(n, alice.URI)
	carol := n.Person("carol")
	bob.Must(n, doc{"type": "Like", "object": p.URI})
	bob.Must(n, doc{"type": "Announce", "object": p.URI, "to": []string{federation.Public}})
	bob.Must(n, doc{"type": "Block", "object": carol.URI})
	blocks := func() int64 { return nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM blocks`) }
	require.Equal(t, [3]int64{1, 1, 1}, [3]int64{n.Again(p).FavouritesCount, n.Again(p).BoostsCount, blocks()})
	bob.Must(n, doc{"type": "Undo", "object": doc{"id": bob.NewURI("made-up"), "type": "Follow", "actor": bob.URI, "object": alice.URI}})
	bob.Must(n, doc{"type": "Undo", "object": doc{"type": "Like", "actor": bob.URI, "object": p.URI}})
	bob.Must(n, doc{"type": "Undo", "object": doc{"id": bob.NewURI("made-up"), "type": "Announce", "actor": bob.URI, "object": p.URI}})
	bob.Must(n, doc{"type": "Undo", "object": doc{"type": "Block", "actor": bob.URI, "object": carol.URI}})
	_, err := n.DB.Follow(n.Known(bob).ID, alice.ID)
	require.True(t, fault.Is(err, fault.NotFound))
	require.Equal(t, [3]int64{}, [3]int64{n.Again(p).FavouritesCount, n.Again(p).BoostsCount, blocks()})
}

// snac takes back a Follow that it does not know any more by naming whom it
// followed, and the Undo after him.
func TestAnUndoThatNamesWhomItFollowed(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, mate := far.Actor("bob"), far.Actor("mate")
	alice, carol := n.Person("alice"), n.Person("carol")
	for _, follow := range []struct {
		who  *nodetest.Actor
		whom *store.Actor
	}{{bob, alice}, {bob, carol}, {mate, alice}} {
		follow.who.Follow(n, follow.whom.URI)
	}
	bob.Must(n, doc{"type": "Undo", "id": alice.URI + "/Undo_1", "object": alice.URI})
	require.Nil(t, following(t, n, n.Known(bob), alice))
	require.NotNil(t, following(t, n, n.Known(bob), carol))
	require.NotNil(t, following(t, n, n.Known(mate), alice))
}

// Who takes back that he let somebody follow him ends the follow; nobody does
// for him.
func TestAnAcceptThatIsTakenBack(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, mate := far.Actor("bob"), far.Actor("mate")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	f := following(t, n, alice, n.Known(bob))
	accept := func(by *nodetest.Actor) doc {
		return doc{"type": "Undo", "object": doc{"id": by.NewURI("accepts"), "type": "Accept", "actor": by.URI,
			"object": doc{"id": f.URI, "type": "Follow", "actor": alice.URI, "object": bob.URI}}}
	}
	mate.Must(n, accept(mate))
	require.NotNil(t, following(t, n, alice, n.Known(bob)))
	bob.Must(n, accept(bob))
	require.Nil(t, following(t, n, alice, n.Known(bob)))
}

// An activity may bring a post by its id alone: it is read from where it is.
func TestActivitiesThatOnlyNameAPost(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, mate, eve := far.Actor("bob"), far.Actor("mate"), nodetest.Play(t, "evil").Actor("eve")
		alice, carol := n.Person("alice"), n.Person("carol")
		n.Follow(alice, bob)
		bare := func(note doc) doc {
			return doc{"type": "Create", "object": note.ID(), "to": note["to"], "cc": note["cc"]}
		}
		note := bob.Note("named")
		far.Put(path(note), note)
		bob.Must(n, bare(note))
		n.Settle()
		readers, err := n.DB.HomeReaders(n.Stored(note.ID()).ID)
		require.NoError(t, err)
		require.Equal(t, []int64{alice.ID}, readers)

		far.Put(path(note), note.With("content", "<p>named again</p>", "updated", federation.Stamp(time.Now().Add(time.Second))))
		bob.Must(n, doc{"type": "Update", "object": note.ID()})
		n.Settle()
		require.Equal(t, "<p>named again</p>", n.Stored(note.ID()).Content)

		// Whom nobody follows brings what is addressed to somebody here; and
		// nobody has us ask another host.
		letter, loose := mate.Note("to carol").With("to", []string{carol.URI}, "cc", nil, "tag", []doc{{"type": "Mention", "href": carol.URI}}), mate.Note("to nobody")
		for _, note := range []doc{letter, loose} {
			far.Put(path(note), note)
			mate.Must(n, bare(note))
		}
		eve.Must(n, bare(loose).With("to", []string{carol.URI}))
		n.Settle()
		require.NotNil(t, n.Stored(letter.ID()))
		require.Equal(t, []string{"mention"}, n.Notified(carol))
		require.Nil(t, n.Stored(loose.ID()))
		require.Zero(t, far.Asked(path(loose)))
	})
}

func TestAReplyBeforeItsParent(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
		bob, eve := far.Actor("bob"), near.Actor("eve")
		alice := n.Person("alice")
		n.Follow(alice, bob)

		root := eve.Note("root")
		middle := eve.Note("middle").With("inReplyTo", root.ID())
		leaf := bob.Note("leaf").With("inReplyTo", middle.ID())
		near.Put(path(root), root)
		near.Put(path(middle), middle)
		bob.Must(n, bob.Create(leaf))
		n.Settle()
		top, mid, low := n.Stored(root.ID()), n.Stored(middle.ID()), n.Stored(leaf.ID())
		require.NotNil(t, top, "the thread was read upwards")
		require.Equal(t, []int64{top.ID, mid.ID}, []int64{mid.InReplyToID, low.InReplyToID})
		require.Equal(t, []int64{top.ThreadID, top.ThreadID}, []int64{mid.ThreadID, low.ThreadID})
		require.Equal(t, [2]int64{1, 1}, [2]int64{top.RepliesCount, mid.RepliesCount})
		up, down, err := n.DB.Thread(alice.ID, mid, 10, 10)
		require.NoError(t, err)
		require.Equal(t, [][]int64{{top.ID}, {low.ID}}, [][]int64{up, down})
		home, err := n.DB.HomeTimeline(alice.ID, store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, home, 1, "what was only fetched is in nobody's home")

		// A parent that comes by itself, after its reply, is joined as well.
		late := bob.Note("late parent")
		reply := bob.Note("early reply").With("inReplyTo", late.ID())
		bob.Must(n, bob.Create(reply))
		bob.Must(n, bob.Create(late))
		require.Equal(t, n.Stored(late.ID()).ID, n.Stored(reply.ID()).InReplyToID)
		require.Equal(t, n.Stored(late.ID()).ThreadID, n.Stored(reply.ID()).ThreadID)
		require.EqualValues(t, 1, n.Stored(late.ID()).RepliesCount)
	})
}

func path(note doc) string {
	id := note.ID()
	for i, slashes := 0, 0; i < len(id); i++ {
		if id[i] == '/' {
			if slashes++; slashes == 3 {
				return id[i:]
			}
		}
	}
	return ""
}

// A parent is taken only from its own host, and only under its own author.
func TestAParentThatIsNotWhatItSays(t *testing.T) {
	n := sqlite(t)
	far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
	bob, eve := far.Actor("bob"), near.Actor("eve")
	n.Follow(n.Person("alice"), bob)
	for name, parent := range map[string]doc{
		"another's id":    eve.Note("x"),
		"another author":  bob.Note("x").With("attributedTo", eve.URI),
		"no author":       bob.Note("x").With("attributedTo", nil),
		"an actor":        bob.Note("x").With("type", "Person"),
		"a local author":  bob.Note("x").With("attributedTo", n.URL+"/actors/1"),
		"a local post id": bob.Note("x").With("id", n.URL+"/posts/1"),
	} {
		where := bob.NewURI("notes")
		if parent["attributedTo"] != bob.URI && parent.ID()[:len(far.URL)] == far.URL {
			where = parent.ID()
		}
		far.Put(where[len(far.URL):], parent)
		bob.Must(n, bob.Create(bob.Note("reply").With("inReplyTo", where)))
		n.Settle()
		assert.Nil(t, n.Stored(where), name)
		assert.Nil(t, n.Stored(parent.ID()), name)
	}
}

func TestABoostOfWhatWeDoNotKnow(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
		bob, eve := far.Actor("bob"), near.Actor("eve")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		note := eve.Note("worth reading")
		near.Put(path(note), note)
		boost := bob.Complete(doc{"type": "Announce", "object": note.ID(), "to": []string{federation.Public}})
		bob.Must(n, boost)
		n.Settle()
		p := n.Stored(note.ID())
		require.NotNil(t, p)
		require.EqualValues(t, 1, p.BoostsCount)
		home, err := n.DB.HomeTimeline(alice.ID, store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, home, 1)
		require.Equal(t, p.ID, home[0].BoostOfID)

		// Taken back before the job had run: it stays away.
		other := eve.Note("another")
		near.Put(path(other), other)
		announce := bob.Complete(doc{"type": "Announce", "object": other.ID(), "to": []string{federation.Public}})
		bob.Must(n, bob.Complete(doc{"type": "Undo", "object": announce}))
		bob.Must(n, announce)
		n.Settle()
		require.Nil(t, n.Stored(announce.ID()))

		// A private post that a host hands out is not spread by a boost of it.
		secret := eve.Note("secret").With("to", []string{eve.URI + "/followers"}, "cc", nil)
		near.Put(path(secret), secret)
		bob.Must(n, doc{"type": "Announce", "object": secret.ID(), "to": []string{federation.Public}})
		n.Settle()
		home, err = n.DB.HomeTimeline(alice.ID, store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, home, 1)
		bob.Must(n, doc{"type": "Undo", "object": boost})
		require.Zero(t, n.Stored(note.ID()).BoostsCount)
	})
}

func TestAnActorThatLeaves(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	bob.Follow(n, alice.URI)
	note := bob.Note("hello")
	bob.Must(n, bob.Create(note))
	far.Remove("/users/bob")
	bob.Must(n, doc{"type": "Delete", "object": bob.URI})
	require.Equal(t, store.Erased, n.Known(bob).Lifecycle)
	_, err := n.DB.VisiblePost(alice.ID, n.Stored(note.ID()).ID)
	require.True(t, fault.Is(err, fault.NotFound))
	inboxes, err := n.DB.FollowerInboxes(alice.ID)
	require.NoError(t, err)
	require.Empty(t, inboxes)
}

func TestAProfileThatChanges(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, mate := far.Actor("bob"), far.Actor("mate")
	n.Follow(n.Person("alice"), bob)
	document := far.Document("/users/bob").With("name", "Robert", "summary", `<p onclick="x">me<script>x</script></p>`)
	far.Put("/users/bob", document)
	// What the activity itself says of him is not believed: he is asked.
	bob.Must(n, doc{"type": "Update", "object": document.With("name", "in the activity")})
	mate.Must(n, doc{"type": "Update", "object": document.With("name", "by the neighbour")})
	n.Settle()
	known := n.Known(bob)
	require.Equal(t, "Robert", known.DisplayName)
	require.Equal(t, "<p>me</p>", known.Note)
	require.Equal(t, fmt.Sprintf("bob@%s", far.Name), known.Acct())
}

// A post that was fetched before it came is news all the same.
func TestAPostThatWasFetchedFirst(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, alice := far.Actor("bob"), n.Person("alice")
		n.Follow(alice, bob)
		note := bob.Note("hello").With("tag", doc{"type": "Mention", "href": alice.URI})
		far.Put(strings.TrimPrefix(note.ID(), far.URL), note)
		p, err := n.Inbox.Fetch(t.Context(), note.ID())
		require.NoError(t, err)
		size, err := n.DB.HomeSize(alice.ID)
		require.NoError(t, err)
		require.Zero(t, size)
		for range 2 {
			bob.Must(n, bob.Create(note))
		}
		readers, err := n.DB.HomeReaders(p.ID)
		require.NoError(t, err)
		assert.Equal(t, []int64{alice.ID}, readers)
		assert.Equal(t, []string{"mention"}, n.Notified(alice))
	})
}
