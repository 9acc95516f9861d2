package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

func person(t testing.TB, db *store.DB, name, domain string) *store.Actor {
	t.Helper()
	id := store.NewID()
	a := &store.Actor{ID: id, URI: fmt.Sprintf("https://%s.example/actors/%d", name, id), Kind: "Person", Username: name, Domain: domain,
		InboxURI: fmt.Sprintf("https://%s/inbox/%s", domain, name), Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now()}
	require.NoError(t, db.Write(context.Background(), func(tx *store.Tx) error {
		if err := tx.CreateActor(a); err != nil || domain != "" {
			return err
		}
		return tx.CreateUser(&store.User{ActorID: id, Role: "member", CreatedAt: store.Now()})
	}))
	return a
}

func TestEveryQueryRuns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		alice, bob, rem := person(t, db, "alice", ""), person(t, db, "bob", ""), person(t, db, "carol", "far.example")
		p := &store.Post{ID: store.NewID(), ActorID: alice.ID, URI: "https://x/1", Local: true, Visibility: store.Public, Scope: store.World, Listed: true,
			Content: "<p>hi</p>", Tags: []string{"Go"}, PublishedAt: store.Now(), ReceivedAt: store.Now()}
		require.NoError(t, db.Write(ctx, func(tx *store.Tx) error {
			f := &store.Follow{ID: store.NewID(), URI: "https://x/f1", FollowerID: bob.ID, TargetID: alice.ID, Accepted: true, ShowBoosts: true}
			require.NoError(t, tx.CreateFollow(f))
			require.NoError(t, tx.CreateFollow(&store.Follow{ID: store.NewID(), URI: "https://x/f2", FollowerID: rem.ID, TargetID: alice.ID, Accepted: true}))
			ok, err := tx.InsertPost(p, []store.Mention{{ActorID: bob.ID}}, []*store.Media{{ID: store.NewID(), ActorID: alice.ID, Kind: "image", RemoteURL: "https://x/i.png", CreatedAt: 1}})
			require.NoError(t, err)
			require.True(t, ok)
			require.NoError(t, tx.AdoptReplies(p))
			readers, err := tx.FanOut(p)
			require.NoError(t, err)
			require.ElementsMatch(t, []int64{alice.ID, bob.ID}, readers)
			again, err := tx.InsertPost(&store.Post{ID: store.NewID(), ActorID: alice.ID, URI: "https://x/1", Visibility: store.Public}, nil, nil)
			require.NoError(t, err)
			require.False(t, again)
			n, err := tx.Notify(&store.Notification{ReaderID: bob.ID, Kind: "mention", FromID: alice.ID, PostID: p.ID})
			require.NoError(t, err)
			require.NotZero(t, n)
			require.NoError(t, tx.SetMute(bob.ID, rem.ID, true, 0))
			_, err = tx.CreateBlock("https://x/b1", alice.ID, rem.ID)
			require.NoError(t, err)
			ok, err = tx.CreateFavourite("https://x/l1", bob.ID, p.ID)
			require.NoError(t, err)
			require.True(t, ok)
			require.NoError(t, tx.SetBookmark(bob.ID, p.ID))
			_, err = tx.SetPin(alice.ID, p.ID)
			require.NoError(t, err)
			_, err = tx.SetMarker(bob.ID, "home", p.ID)
			require.NoError(t, err)
			require.NoError(t, tx.SetAccountNote(bob.ID, alice.ID, "nice"))
			act := &store.Activity{ID: store.NewID(), URI: "https://x/a1", Kind: "Create", ActorID: alice.ID, ObjectURI: p.URI, Body: "{}", CreatedAt: store.Now()}
			require.NoError(t, tx.Dispatch(act, map[string]string{"https://far.example/inbox": "far.example"}))
			due, err := tx.Take(act.ID, store.Now(), store.Now()+1000, 10)
			require.NoError(t, err)
			require.Len(t, due, 1)
			due[0].State, due[0].Attempts = "dead", 1
			require.NoError(t, tx.RecordAttempts([]store.Attempt{{Delivery: &due[0].Delivery, Status: 500, Error: "no"}}))
			_, err = tx.Retry(due[0].ID, store.Now())
			require.NoError(t, err)
			next, err := tx.NextDue(act.ID)
			require.NoError(t, err)
			require.NotZero(t, next)
			q, err := tx.Queue("pending", "", store.Page{Limit: 3})
			require.NoError(t, err)
			require.Len(t, q, 1)
			require.NoError(t, tx.SetPartner(&store.Partner{Domain: "far.example", Policy: "allow"}))
			require.NoError(t, tx.RuleHosts([]string{"far.example"}, true, false))
			_, err = tx.LastAuditLine()
			require.NoError(t, err)
			require.NoError(t, tx.Bury(rem.ID, "https://x/dead"))
			first, err := tx.Arrive("https://x/a", "x", "Create")
			require.NoError(t, err)
			require.True(t, first)
			first, err = tx.ClaimKey(alice.ID, "k", p.ID)
			require.NoError(t, err)
			require.True(t, first)
			p.Content = "<p>edited</p>"
			require.NoError(t, tx.EditPost(p, nil, nil, nil))
			require.NoError(t, tx.EndAccess(alice.ID))
			require.NoError(t, tx.TrimHomes(400))
			require.NoError(t, tx.Prune(store.Now()-1000))
			_, err = tx.DropUnusedMedia(store.Now()-1000, 10)
			require.NoError(t, err)
			return nil
		}))
		page := store.Page{Limit: 20}
		home, err := db.HomeTimeline(bob.ID, page)
		require.NoError(t, err)
		require.Len(t, home, 1)
		for _, list := range []func() ([]store.Entry, error){
			func() ([]store.Entry, error) { return db.PublicTimeline(bob.ID, page, true, false, false) },
			func() ([]store.Entry, error) {
				return db.TagTimeline(bob.ID, page, store.TagQuery{Any: []string{"go"}})
			},
			func() ([]store.Entry, error) {
				return db.TagTimeline(0, page, store.TagQuery{Any: []string{"go", "x"}, All: []string{"GO"}, None: []string{"y"}, Local: true})
			},
			func() ([]store.Entry, error) {
				return db.AccountTimeline(bob.ID, alice.ID, page, store.AccountQuery{ExcludeReplies: true, Pinned: true, Tag: "go"})
			},
			func() ([]store.Entry, error) { return db.Favourites(bob.ID, page) },
			func() ([]store.Entry, error) { return db.Bookmarks(bob.ID, store.Page{Min: 1, Limit: 3}) },
			func() ([]store.Entry, error) { return db.Entries(0, []int64{p.ID}) },
		} {
			got, err := list()
			require.NoError(t, err)
			require.Len(t, got, 1)
		}
		marks, err := db.Marks(bob.ID, []int64{p.ID})
		require.NoError(t, err)
		require.Equal(t, store.Flags{Favourited: true, Bookmarked: true}, marks.Flags[p.ID])
		rels, err := db.Relations(bob.ID, []int64{alice.ID, rem.ID})
		require.NoError(t, err)
		require.True(t, rels[0].Following)
		require.Equal(t, "nice", rels[0].Comment)
		require.True(t, rels[1].Muting)
		_, _, err = db.Thread(bob.ID, p, 40, 60)
		require.NoError(t, err)
		_, err = db.Usage()
		require.NoError(t, err)
		ns, err := db.Notifications(bob.ID, page, store.NotificationQuery{Without: []string{"follow"}})
		require.NoError(t, err)
		require.Len(t, ns, 1)
		n, err := db.UnreadNotifications(bob.ID, 100, store.NotificationQuery{})
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		_, err = db.EndedSince(0)
		require.NoError(t, err)
		inboxes, err := db.FollowerInboxes(alice.ID)
		require.NoError(t, err)
		require.Equal(t, []string{"https://far.example/inbox/carol"}, inboxes)
		_, err = db.Bearer("none")
		require.Error(t, err)
		acc, err := db.Accounts()
		require.NoError(t, err)
		require.Len(t, acc, 2)
		vs, err := db.Versions(p.ID)
		require.NoError(t, err)
		require.Len(t, vs, 1)
		require.NoError(t, db.Write(ctx, func(tx *store.Tx) error { return tx.TombstonePost(p) }))
		home, err = db.HomeTimeline(bob.ID, page)
		require.NoError(t, err)
		require.Empty(t, home)
	})
}
