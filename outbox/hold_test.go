package outbox_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

func held(t *testing.T, n *nodetest.Node, author *store.Actor, d outbox.Draft) *store.Post {
	t.Helper()
	d.HoldSeconds = seconds(3600)
	return post(t, n, author, d)
}

// Whom an edit in the window leaves out never hears of the post.
func TestWhoIsNoLongerNamedInAHeldPost(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		far.Actor("bob")
		alice, carol := n.Person("alice"), n.Person("carol")
		p := held(t, n, alice, outbox.Draft{Text: "about @carol and @bob@" + far.Name, Visibility: store.Public})
		_, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: "about nobody"})
		require.NoError(t, err)
		require.NoError(t, n.Outbox.SendNow(t.Context(), alice.ID, p.ID))
		n.Settle()
		require.Empty(t, far.Arrived("Create"))
		require.Empty(t, n.Notified(carol))
	})
}

// An answer to a post that is held is sent after it, also where it is said to
// go at once. On the way the two may pass each other, as any two posts may.
func TestAThreadOfHeldPosts(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		first := held(t, n, alice, outbox.Draft{Text: "first", Visibility: store.Public})
		second := post(t, n, alice, outbox.Draft{Text: "second", InReplyToID: first.ID, HoldSeconds: seconds(0)})
		require.Equal(t, first.HeldUntil, second.HeldUntil)
		require.True(t, fault.Is(n.Outbox.SendNow(t.Context(), alice.ID, second.ID), fault.Invalid))
		require.Error(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: second.ID}), "it comes again later")
		n.Settle()
		require.Empty(t, bob.Host.Arrived("Create"))
		require.NoError(t, n.Outbox.SendNow(t.Context(), alice.ID, first.ID))
		n.Settle()
		require.Equal(t, []string{"Create<p>first</p>"}, content(bob.Host.Arrived("Create")))
		require.NoError(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: second.ID}))
		n.Settle()
		require.Equal(t, []string{"Create<p>first</p>", "Create<p>second</p>"}, content(bob.Host.Arrived("Create")))
		require.EqualValues(t, 1, n.Again(first).RepliesCount)
	})
}

// The held posts of before a node was stopped go out after it starts, once.
func TestHoldsSurviveARestart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := nodetest.Wire(t, db)
		alice, carol := n.Person("alice"), n.Person("carol")
		p := post(t, n, alice, outbox.Draft{Text: "think, @carol", Visibility: store.Public, HoldSeconds: seconds(1)})
		n.Run()
		nodetest.Eventually(t, "the post is sent", func() bool { return n.Again(p).HeldUntil == 0 })
		n.Settle()
		require.Equal(t, []string{"mention"}, n.Notified(carol))
		now := n.Again(p)
		require.Greater(t, now.PublishedAt, p.PublishedAt, "it was published when it was sent")
		who, err := db.Actor(alice.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, who.StatusesCount)
		require.Equal(t, now.PublishedAt, who.LastStatusAt)
	})
}

// Whatever comes first, a post is either taken back or sent, and an edit is
// either in what was sent or sent after it.
func TestReleaseMeetsDeleteAndEdit(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		for i := range 6 {
			p := held(t, n, alice, outbox.Draft{Text: fmt.Sprint("before ", i), Visibility: store.Public})
			var all sync.WaitGroup
			all.Go(func() {
				assert.NoError(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: p.ID}))
			})
			if i%2 == 0 {
				all.Go(func() {
					_, err := n.Outbox.Delete(t.Context(), alice.ID, p.ID)
					assert.NoError(t, err)
				})
			} else {
				all.Go(func() {
					_, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: fmt.Sprint("after ", i)})
					assert.NoError(t, err)
				})
			}
			all.Wait()
			n.Settle()
			last := map[string]string{}
			for _, a := range bob.Host.Arrived("Create", "Update", "Delete") {
				if object, ok := a.Doc["object"].(map[string]any); ok && object["id"] == p.URI {
					text, _ := object["content"].(string)
					last[a.Doc["type"].(string)] = text
				}
			}
			switch now := n.Stored(p.URI); {
			case now == nil:
				require.Empty(t, last, "it was taken back before it was sent")
			case now.DeletedAt != 0:
				require.Contains(t, last, "Delete")
			case now.Version == 1:
				require.Contains(t, last["Create"], "after", "it was edited before it was sent")
			default:
				require.Contains(t, last["Update"], "after")
			}
		}
	})
}

// The poll of a post that is held is open for as long as was said, from when
// the post is sent; nobody hears of its end before.
func TestAPollIsOpenFromWhenItIsSent(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		p := held(t, n, alice, outbox.Draft{Text: "which?", Visibility: store.Public, Poll: &outbox.PollDraft{Options: []string{"a", "b"}, For: 10 * time.Minute}})
		require.NoError(t, n.Actors.Disable(t.Context(), 0, alice.ID))
		n.Exec(fmt.Sprintf(`UPDATE polls SET expires_at = %d`, store.Now()-1))
		n.Exec(fmt.Sprintf(`UPDATE posts SET held_until = %d WHERE held_until <> 0`, store.Now().Add(-10*time.Minute)-1))
		require.NoError(t, n.Outbox.EndPoll(t.Context(), outbox.PollJob{PostID: p.ID}))
		n.Settle()
		for _, a := range bob.Host.Arrived("Create", "Update") {
			object, _ := a.Doc["object"].(map[string]any)
			require.NotEqual(t, p.URI, object["id"])
		}
		require.NoError(t, n.Actors.Enable(t.Context(), 0, alice.ID))
		bob.Host.Await("Create")
		poll, err := n.DB.Poll(p.ID)
		require.NoError(t, err)
		require.Zero(t, poll.ClosedAt)
		require.WithinDuration(t, time.Now().Add(10*time.Minute), poll.ExpiresAt.Time(), time.Minute)
	})
}

// What was pinned while it was held is announced as featured when it is sent.
func TestAPinnedPostIsFeaturedWhenItIsSent(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	alice := n.Person("alice")
	bob.Follow(n, alice.URI)
	p := held(t, n, alice, outbox.Draft{Text: "look", Visibility: store.Public})
	require.NoError(t, n.Outbox.Pin(t.Context(), alice.ID, p.ID))
	n.Settle()
	require.Empty(t, bob.Host.Arrived("Add"))
	require.NoError(t, n.Outbox.SendNow(t.Context(), alice.ID, p.ID))
	require.Equal(t, p.URI, bob.Host.Await("Add").Doc["object"])
}

func TestWhoMaySendNow(t *testing.T) {
	n := sqlite(t)
	alice, carol := n.Person("alice"), n.Person("carol")
	p := held(t, n, alice, outbox.Draft{Text: "mine"})
	require.True(t, fault.Is(n.Outbox.SendNow(t.Context(), carol.ID, p.ID), fault.NotFound))
	require.True(t, fault.Is(n.Outbox.TakeDown(t.Context(), carol.ID, p.ID), fault.NotFound), "a moderator knows nothing of it")
	require.NoError(t, n.Actors.Disable(t.Context(), 0, alice.ID))
	require.True(t, fault.Is(n.Outbox.SendNow(t.Context(), alice.ID, p.ID), fault.Forbidden))
	require.NoError(t, n.Actors.Enable(t.Context(), 0, alice.ID))
	for range 2 {
		require.NoError(t, n.Outbox.SendNow(t.Context(), alice.ID, p.ID))
	}
	require.Zero(t, n.Again(p).HeldUntil)
}

// Who deletes to write anew takes the files along; the record of the first post
// still shows them. Where the files are to go, too, no post can have them.
func TestFilesOfDeletedPosts(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		alice := n.Person("alice")
		one, two := picture(t, n, alice), picture(t, n, alice)
		p := post(t, n, alice, outbox.Draft{Text: "first", MediaIDs: []int64{one.ID, two.ID}})
		_, err := n.Outbox.Delete(t.Context(), alice.ID, p.ID)
		require.NoError(t, err)
		for i, file := range []*store.Media{two, one} {
			again := post(t, n, alice, outbox.Draft{Text: fmt.Sprint("again ", i), MediaIDs: []int64{file.ID}})
			media, err := n.DB.PostMedia([]int64{again.ID})
			require.NoError(t, err)
			require.Equal(t, file.ID, media[again.ID][0].ID)
			_, err = n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "twice", MediaIDs: []int64{file.ID}})
			require.True(t, fault.Is(err, fault.Invalid))
		}
		versions, err := n.DB.Versions(p.ID)
		require.NoError(t, err)
		require.Len(t, versions, 1)
		require.Equal(t, []any{"first", one.ID, two.ID}, []any{versions[0].Source, versions[0].Media[0].ID, versions[0].Media[1].ID})

		file := picture(t, n, alice)
		gone := post(t, n, alice, outbox.Draft{Text: "gone", MediaIDs: []int64{file.ID}})
		_, err = n.Outbox.DeleteWithFiles(t.Context(), alice.ID, gone.ID)
		require.NoError(t, err)
		_, err = n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "risen", MediaIDs: []int64{file.ID}})
		require.True(t, fault.Is(err, fault.Invalid))
		nodetest.Eventually(t, "it is evidence, under a name that nobody knows", func() bool {
			versions, err := n.DB.Versions(gone.ID)
			require.NoError(t, err)
			kept := versions[0].Media[0].Path
			evidence, err := n.Outbox.Files.Open(t.Context(), kept)
			return err == nil && evidence.Close() == nil && kept != file.Path
		})

		unseen := picture(t, n, alice)
		p = held(t, n, alice, outbox.Draft{Text: "unseen", MediaIDs: []int64{unseen.ID}})
		_, err = n.Outbox.DeleteWithFiles(t.Context(), alice.ID, p.ID)
		require.NoError(t, err)
		nodetest.Eventually(t, "nobody ever saw it", func() bool {
			_, err := n.Outbox.Files.Open(t.Context(), unseen.Path)
			return fault.Is(err, fault.NotFound)
		})
	})
}
