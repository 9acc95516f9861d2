package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// group makes a group on the host.
func group(host *nodetest.Host, name string) *nodetest.Actor {
	g := host.Actor(name)
	host.Put("/users/"+name, host.Document("/users/"+name).With("type", "Group"))
	return g
}

// relay is an activity of somebody as a group of Lemmy passes it on.
func relay(g *nodetest.Actor, activity doc) doc {
	return g.Complete(doc{"type": "Announce", "object": activity, "to": []string{federation.Public}, "cc": []string{g.URI + "/followers"}})
}

// page is a post in a group of Lemmy.
func page(by, g *nodetest.Actor, title string) doc {
	return by.Note("").With("type", "Page", "name", title, "to", []string{g.URI, federation.Public}, "cc", []string{}, "audience", g.URI)
}

// boosts are the posts that somebody's home shows as boosted, newest first.
func boosts(t *testing.T, n *nodetest.Node, who *store.Actor) (ids []int64) {
	t.Helper()
	home, err := n.DB.HomeTimeline(who.ID, store.Page{Limit: 40})
	require.NoError(t, err)
	for _, e := range home {
		ids = append(ids, e.BoostOfID)
	}
	return ids
}

// A community of Lemmy passes activities on. Who follows it reads what is
// posted there, by its author and via the community.
func TestAGroupThatPassesActivitiesOn(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		lemmy, far := nodetest.Play(t, "lemmy"), nodetest.Play(t, "far")
		golang, bob := group(lemmy, "golang"), far.Actor("bob")
		alice := n.Person("alice")
		n.Follow(alice, golang)
		post := page(bob, golang, "Generics")
		far.Put(path(post), post)
		golang.Must(n, relay(golang, bob.Complete(bob.Create(post))))
		golang.Must(n, relay(golang, post)) // for Mastodon it sends the page as well
		n.Settle()
		p := n.Stored(post.ID())
		require.NotNil(t, p)
		require.Equal(t, golang.URI, p.AudienceURI)
		require.Equal(t, n.Known(bob).ID, p.ActorID)
		require.Equal(t, []int64{p.ID}, boosts(t, n, alice), "once, and via the group")

		// What it took back before it was read is not boosted.
		late := page(bob, golang, "Late")
		far.Put(path(late), late)
		passed := relay(golang, bob.Complete(bob.Create(late)))
		golang.Must(n, doc{"type": "Undo", "object": passed.ID()})
		golang.Must(n, passed)
		n.Settle()
		require.Equal(t, []int64{p.ID}, boosts(t, n, alice))

		// A comment joins the thread and is in nobody's home.
		comment := bob.Note("nice").With("inReplyTo", post.ID(), "to", []string{federation.Public}, "cc", []string{golang.URI})
		far.Put(path(comment), comment)
		golang.Must(n, relay(golang, bob.Complete(bob.Create(comment))))
		n.Settle()
		require.Equal(t, p.ID, n.Stored(comment.ID()).InReplyToID)
		require.Len(t, boosts(t, n, alice), 1)

		// An edit is read where it was made, and only there.
		edited := post.With("name", "Generics 2", "updated", federation.Stamp(time.Now().Add(time.Second)))
		golang.Must(n, relay(golang, bob.Complete(update(post.With("name", "forged"), "forged", -1))))
		n.Settle()
		require.NotContains(t, n.Again(p).Content, "forged")
		far.Put(path(post), edited)
		golang.Must(n, relay(golang, bob.Complete(doc{"type": "Update", "object": edited})))
		n.Settle()
		require.Contains(t, n.Again(p).Content, "Generics 2")

		// What its moderators say of the group itself it is asked for as well.
		about := lemmy.Document("/users/golang")
		lemmy.Put("/users/golang", about.With("name", "Gophers"))
		golang.Must(n, relay(golang, bob.Complete(doc{"type": "Update", "object": about.With("name", "forged")})))
		n.Settle()
		require.Equal(t, "Gophers", n.Known(golang).DisplayName)

		// What the group puts out of itself leaves the home; it is gone when its
		// own node says so.
		golang.Must(n, relay(golang, bob.Complete(doc{"type": "Delete", "object": post.ID()})))
		n.Settle()
		require.Zero(t, n.Again(p).DeletedAt, "its node still has it")
		require.Empty(t, boosts(t, n, alice))
		far.Remove(path(post))
		golang.Must(n, relay(golang, bob.Complete(doc{"type": "Delete", "object": post.ID()})))
		n.Settle()
		require.NotZero(t, n.Again(p).DeletedAt)
	})
}

// What is inside is the group's word, and its word is not enough.
func TestAGroupIsNotBelieved(t *testing.T) {
	n := sqlite(t)
	lemmy, far, evil := nodetest.Play(t, "lemmy"), nodetest.Play(t, "far"), nodetest.Play(t, "evil")
	golang, bob, stranger := group(lemmy, "golang"), far.Actor("bob"), group(evil, "stranger")
	alice := n.Person("alice")
	n.Follow(alice, golang)
	mine := n.Post(alice, store.Public, "mine")
	unread := page(bob, stranger, "not followed")
	far.Put(path(unread), unread)
	stranger.Must(n, relay(stranger, bob.Complete(bob.Create(unread))))

	never := page(bob, golang, "never said")
	said := page(bob, golang, "said")
	far.Put(path(said), said)
	another := page(bob, golang, "by another").With("id", evil.URL+"/notes/1")
	evil.Put("/notes/1", another)
	inGroup := page(bob, golang, "on the group's host").With("id", lemmy.URL+"/post/1")
	lemmy.Put("/post/1", inGroup)
	for _, activity := range []doc{
		bob.Create(never), bob.Create(another), bob.Create(inGroup), bob.Create(said.With("content", "forged")),
		{"type": "Update", "object": doc{"id": mine.URI, "type": "Note", "attributedTo": alice.URI, "content": "forged"}},
		{"type": "Delete", "object": mine.URI}, {"type": "Delete", "object": alice.URI}, {"type": "Delete", "object": bob.URI},
		{"type": "Like", "object": mine.URI}, {"type": "Dislike", "object": mine.URI}, {"type": "Follow", "object": alice.URI},
		{"type": "Undo", "object": doc{"type": "Follow", "actor": alice.URI, "object": golang.URI}}, {"type": "Block", "object": alice.URI},
	} {
		golang.Must(n, relay(golang, bob.Complete(activity)))
		golang.Must(n, relay(golang, activity.With("id", n.URL+"/x", "actor", alice.URI)))
	}
	secret := bob.Note("for followers").With("to", []string{bob.URI + "/followers"}, "cc", nil)
	n.Follow(alice, bob)
	bob.Must(n, bob.Create(secret))
	golang.Must(n, relay(golang, bob.Complete(doc{"type": "Delete", "object": secret.ID()})))
	n.Settle()
	require.Zero(t, n.Stored(secret.ID()).DeletedAt, "its node shows it to nobody")
	for _, gone := range []doc{unread, never, another, inGroup} {
		assert.Nil(t, n.Stored(gone.ID()), gone["name"])
	}
	require.NotContains(t, n.Stored(said.ID()).Content, "forged")
	again := n.Again(mine)
	require.Equal(t, [3]any{store.Time(0), int64(0), mine.Content}, [3]any{again.DeletedAt, again.FavouritesCount, again.Content})
	require.Equal(t, store.Active, n.Known(bob).Lifecycle)
	require.Empty(t, n.Notified(alice))
}

// Guppe, Friendica and others announce posts by their ids.
func TestAGroupThatAnnouncesPosts(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		guppe, far := nodetest.Play(t, "guppe"), nodetest.Play(t, "far")
		cats, bob := group(guppe, "cats"), far.Actor("bob")
		alice := n.Person("alice")
		n.Follow(alice, cats)
		note := bob.Note("look at my cat")
		far.Put(path(note), note)
		cats.Must(n, doc{"type": "Announce", "object": note.ID(), "to": []string{federation.Public}})
		n.Settle()
		p := n.Stored(note.ID())
		require.Equal(t, []int64{p.ID}, boosts(t, n, alice))
		answer, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "lovely", InReplyToID: p.ID})
		require.NoError(t, err)
		create := guppe.Await("Create")
		require.Equal(t, answer.URI, create.Doc["object"].(map[string]any)["id"])
	})
}

// An answer to what came by a group is addressed to the group and goes there,
// with all that is done to it later; one that is for few does not.
func TestAnAnswerReachesTheGroup(t *testing.T) {
	n := sqlite(t)
	lemmy, far := nodetest.Play(t, "lemmy"), nodetest.Play(t, "far")
	golang, bob := group(lemmy, "golang"), far.Actor("bob")
	alice := n.Person("alice")
	n.Follow(alice, golang)
	post := page(bob, golang, "Generics")
	comment := bob.Note("nice").With("inReplyTo", post.ID())
	far.Put(path(post), post)
	far.Put(path(comment), comment)
	golang.Must(n, relay(golang, bob.Complete(bob.Create(comment)))) // the page is fetched for it
	n.Settle()
	parent := n.Stored(comment.ID())
	secret, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "between us", InReplyToID: parent.ID, Visibility: store.Private})
	require.NoError(t, err)
	require.Empty(t, secret.AudienceURI)
	answer, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "yes", InReplyToID: parent.ID})
	require.NoError(t, err)
	create := lemmy.Await("Create")
	note := create.Doc["object"].(map[string]any)
	require.Equal(t, answer.URI, note["id"])
	for _, d := range []map[string]any{create.Doc, note} {
		require.Equal(t, golang.URI, d["audience"])
		require.Contains(t, d["cc"], golang.URI)
	}
	mentions, err := n.DB.PostMentions([]int64{answer.ID})
	require.NoError(t, err)
	require.True(t, mentions[answer.ID][0].Silent, "a reader sees no mention that is not in the text")
	_, err = n.Outbox.Delete(t.Context(), alice.ID, answer.ID)
	require.NoError(t, err)
	lemmy.Await("Delete")
	require.Len(t, lemmy.Arrived("Create"), 1)
}

// A storm of announcements is read up to a bound, and one group's storm is not
// another's.
func TestAGroupsStorm(t *testing.T) {
	n := sqlite(t)
	lemmy, far := nodetest.Play(t, "lemmy"), nodetest.Play(t, "far")
	loud, calm, bob := group(lemmy, "loud"), group(lemmy, "calm"), far.Actor("bob")
	alice := n.Person("alice")
	n.Follow(alice, loud)
	n.Follow(alice, calm)
	for k := range 330 {
		loud.Must(n, relay(loud, bob.Complete(doc{"type": "Create", "object": fmt.Sprintf("%s/storm/%d", far.URL, k)})))
	}
	quiet := page(bob, calm, "quiet")
	far.Put(path(quiet), quiet)
	calm.Must(n, relay(calm, bob.Complete(bob.Create(quiet))))
	n.Settle()
	require.NotNil(t, n.Stored(quiet.ID()))
	require.LessOrEqual(t, far.Requests(), 320)
}
