package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestManyWriteAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author := person(t, db, "")
		root := insert(t, db, draft(author, store.Public))
		var all sync.WaitGroup
		var after atomic.Int64
		spoiled := errors.New("spoiled")
		for writer := range 32 {
			all.Go(func() {
				for i := range 10 {
					err := db.Write(context.Background(), func(tx *store.Tx) error {
						tx.After(func() { after.Add(1) })
						p := draft(author, store.Public)
						p.InReplyToID, p.InReplyToURI = root.ID, root.URI
						if err := add(tx, p); err != nil {
							return err
						}
						switch {
						case writer == 0:
							return spoiled
						case writer == 1 && i%2 == 0:
							panic("spoiled")
						case writer == 1:
							_, err := tx.CreateFavourite("https://node.example/x", author.ID, -1) // breaks a reference
							return err
						}
						return nil
					})
					if writer > 1 {
						assert.NoError(t, err)
					} else {
						assert.Error(t, err)
						assert.Equal(t, writer == 0, errors.Is(err, spoiled))
					}
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 300, post(t, db, root.ID).RepliesCount, "what failed left nothing, and took nothing with it")
		require.EqualValues(t, 301, actor(t, db, author.ID).StatusesCount)
		require.EqualValues(t, 300, after.Load(), "After is for what is on disk")
	})
}

// Two who begin to follow each other touch the same two rows, each in an order
// of its own.
func TestWritersThatMeet(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		alice, bob := person(t, db, ""), person(t, db, "")
		var all sync.WaitGroup
		for range 2 {
			for _, pair := range [][2]*store.Actor{{alice, bob}, {bob, alice}} {
				all.Go(func() {
					for range 25 {
						assert.NoError(t, db.Write(context.Background(), func(tx *store.Tx) error {
							f, err := tx.Follow(pair[0].ID, pair[1].ID)
							if err == nil {
								return tx.DeleteFollow(f)
							}
							id := store.NewID()
							return tx.CreateFollow(&store.Follow{ID: id, URI: fmt.Sprint(id), FollowerID: pair[0].ID, TargetID: pair[1].ID, Accepted: true})
						}))
					}
				})
			}
		}
		all.Wait()
		for _, pair := range [][2]*store.Actor{{alice, bob}, {bob, alice}} {
			_, err := db.Follow(pair[0].ID, pair[1].ID)
			want := int64(0)
			if err == nil {
				want = 1
			}
			require.Equal(t, want, actor(t, db, pair[0].ID).FollowingCount, "the counter is what there is")
			require.Equal(t, want, actor(t, db, pair[1].ID).FollowersCount, "the counter is what there is")
		}
	})
}

func TestAWriteWhoseCallerLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, db.Write(ctx, func(*store.Tx) error { t.Error("it ran"); return nil }), context.Canceled)
		author := person(t, db, "")
		ctx, cancel = context.WithCancel(context.Background())
		p := draft(author, store.Public)
		require.NoError(t, db.Write(ctx, func(tx *store.Tx) error { cancel(); return add(tx, p) }), "what has begun is finished")
		post(t, db, p.ID)
	})
}

// What Write said is on disk is there after the database was closed under its
// writers, and nobody waits for ever.
func TestClosingUnderWriters(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			url := storetest.URL(t, kind)
			db, err := store.Open(t.Context(), url)
			require.NoError(t, err)
			_, err = db.Migrate(t.Context())
			require.NoError(t, err)
			author := person(t, db, "")
			var kept sync.Map
			var all sync.WaitGroup
			var stop atomic.Bool
			for range 8 {
				all.Go(func() {
					for !stop.Load() {
						p := draft(author, store.Public)
						if db.Write(context.Background(), func(tx *store.Tx) error { return add(tx, p) }) != nil {
							return
						}
						kept.Store(p.ID, true)
					}
				})
			}
			time.AfterFunc(50*time.Millisecond, func() { stop.Store(kind == "postgres") })
			if kind == "postgres" {
				all.Wait() // its pool waits for whoever holds a connection
			}
			assert.NoError(t, db.Close())
			all.Wait()
			again := storetest.Open(t, url)
			n := 0
			kept.Range(func(id, _ any) bool { post(t, again, id.(int64)); n++; return true })
			require.EqualValues(t, n, actor(t, again, author.ID).StatusesCount)
		})
	}
}

func TestMigrations(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			url := storetest.URL(t, kind)
			var all sync.WaitGroup
			var steps atomic.Int64
			for range 3 { // processes that start together
				all.Go(func() {
					db, err := store.Open(context.Background(), url)
					if !assert.NoError(t, err) {
						return
					}
					defer func() { assert.NoError(t, db.Close()) }()
					n, err := db.Migrate(context.Background())
					assert.NoError(t, err)
					steps.Add(int64(n))
				})
				if kind == "sqlite" {
					all.Wait() // one process has a file
				}
			}
			all.Wait()
			files, err := os.ReadDir("../migrations/" + kind)
			require.NoError(t, err)
			require.EqualValues(t, len(files), steps.Load(), "each step is taken once")
			person(t, storetest.Open(t, url), "")
		})
	}
}

func TestFollowsCountAndOpen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		alice, bob := person(t, db, ""), person(t, db, "far.example")
		p := insert(t, db, draft(bob, store.Private))
		f := follow(t, db, alice, bob, false)
		_, err := db.VisiblePost(alice.ID, p.ID)
		require.True(t, fault.Is(err, fault.NotFound))
		for _, want := range []bool{true, false} {
			write(t, db, func(tx *store.Tx) error {
				fresh, err := tx.AcceptFollow(f)
				require.Equal(t, want, fresh)
				return err
			})
		}
		home, err := db.HomeTimeline(alice.ID, store.Page{Limit: 5})
		require.NoError(t, err)
		require.Len(t, home, 1, "what there is of the new one is shown")
		require.Equal(t, [2]int64{1, 1}, [2]int64{actor(t, db, alice.ID).FollowingCount, actor(t, db, bob.ID).FollowersCount})
		// f was read before it was accepted, as another process may have done.
		f.Accepted = false
		for range 2 {
			write(t, db, func(tx *store.Tx) error { return tx.DeleteFollow(f) })
		}
		require.Equal(t, [2]int64{0, 0}, [2]int64{actor(t, db, alice.ID).FollowingCount, actor(t, db, bob.ID).FollowersCount})
		home, err = db.HomeTimeline(alice.ID, store.Page{Limit: 5})
		require.NoError(t, err)
		require.Empty(t, home)
	})
}

func TestTombstones(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		alice, bob, reader := person(t, db, ""), person(t, db, "far.example"), person(t, db, "")
		follow(t, db, reader, alice, true)
		follow(t, db, reader, bob, true)
		dead := draft(bob, store.Public)
		write(t, db, func(tx *store.Tx) error { return tx.Bury(bob.ID, dead.URI) })
		write(t, db, func(tx *store.Tx) error {
			stored, err := tx.InsertPost(dead, nil, nil)
			require.False(t, stored)
			return err
		})
		parent := insert(t, db, draft(alice, store.Public))
		p := draft(alice, store.Public)
		p.InReplyToID, p.InReplyToURI, p.InReplyToActorID, p.Tags, p.Content = parent.ID, parent.URI, alice.ID, []string{"Go"}, "evidence"
		boost := draft(bob, store.Public)
		boost.BoostOfID = p.ID
		write(t, db, func(tx *store.Tx) error {
			for _, p := range []*store.Post{p, boost} {
				if err := add(tx, p); err != nil {
					return err
				}
				if _, err := tx.FanOut(p); err != nil {
					return err
				}
			}
			if _, err := tx.SetPin(alice.ID, p.ID); err != nil {
				return err
			}
			_, err := tx.Notify(&store.Notification{ReaderID: reader.ID, Kind: "status", FromID: alice.ID, PostID: p.ID})
			return err
		})
		require.EqualValues(t, 1, post(t, db, parent.ID).RepliesCount)
		require.EqualValues(t, 2, actor(t, db, alice.ID).StatusesCount)
		for range 2 {
			write(t, db, func(tx *store.Tx) error { return tx.TombstonePost(p) })
		}
		require.Zero(t, post(t, db, parent.ID).RepliesCount)
		require.EqualValues(t, 1, actor(t, db, alice.ID).StatusesCount)
		require.Equal(t, "evidence", post(t, db, p.ID).Content)
		require.NotZero(t, post(t, db, boost.ID).DeletedAt)
		require.Zero(t, actor(t, db, bob.ID).StatusesCount, "a boost of nothing is none")
		for name, list := range map[string]func() ([]store.Entry, error){
			"home": func() ([]store.Entry, error) { return db.HomeTimeline(reader.ID, store.Page{Limit: 9}) },
			"tag": func() ([]store.Entry, error) {
				return db.TagTimeline(reader.ID, store.Page{Limit: 9}, store.TagQuery{Any: []string{"go"}})
			},
			"entries": func() ([]store.Entry, error) { return db.Entries(alice.ID, []int64{p.ID, boost.ID}) },
			"boosts": func() ([]store.Entry, error) {
				return db.AccountTimeline(reader.ID, bob.ID, store.Page{Limit: 9}, store.AccountQuery{})
			},
			"pinned": func() ([]store.Entry, error) {
				return db.AccountTimeline(reader.ID, alice.ID, store.Page{Limit: 9}, store.AccountQuery{Pinned: true})
			},
		} {
			entries, err := list()
			require.NoError(t, err)
			require.Empty(t, entries, name)
		}
		told, err := db.Notifications(reader.ID, store.Page{Limit: 9}, store.NotificationQuery{})
		require.NoError(t, err)
		require.Empty(t, told)
	})
}

func TestAccessEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		alice, shared := person(t, db, ""), person(t, db, "")
		now := store.Now()
		tokens := map[string]*store.Token{
			"alice": {ActorID: alice.ID}, "as shared": {ActorID: shared.ID, ActedBy: alice.ID}, "shared": {ActorID: shared.ID}, "app": {},
			"expired": {ActorID: shared.ID, ExpiresAt: now - 1}, "short": {ActorID: shared.ID, ExpiresAt: now + 60_000},
		}
		write(t, db, func(tx *store.Tx) error {
			for name, token := range tokens {
				token.ID, token.TokenHash, token.Scopes, token.CreatedAt = store.NewID(), name, "read", now
				if err := tx.CreateToken(token); err != nil {
					return err
				}
			}
			if _, err := tx.AddSharedMember(&store.Membership{AccountID: shared.ID, PersonID: alice.ID, CreatedAt: now}); err != nil {
				return err
			}
			return tx.CreateSession(&store.Session{ID: store.NewID(), TokenHash: "browser", ActorID: alice.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now + 60_000})
		})
		holds := func() (live []string) {
			for name := range tokens {
				b, err := db.Bearer(name)
				if err == nil {
					require.Equal(t, tokens[name].ActorID, b.ActorID)
					live = append(live, name)
				}
			}
			return live
		}
		require.ElementsMatch(t, []string{"alice", "as shared", "shared", "app", "short"}, holds())
		browser, err := db.Session("browser")
		require.NoError(t, err)
		write(t, db, func(tx *store.Tx) error { return tx.EndAccess(alice.ID) })
		require.ElementsMatch(t, []string{"shared", "app", "short"}, holds())
		_, err = db.Session("browser")
		require.True(t, fault.Is(err, fault.NotFound))
		ended, err := db.EndedSince(now - 1)
		require.NoError(t, err)
		require.ElementsMatch(t, []int64{tokens["alice"].ID, tokens["as shared"].ID, browser.ID}, ended)
		for _, state := range []store.Lifecycle{store.Suspended, store.Deprovisioned, store.Erased} {
			write(t, db, func(tx *store.Tx) error { return tx.SetLifecycle(shared.ID, state) })
			require.ElementsMatch(t, []string{"app"}, holds(), state)
		}
		write(t, db, func(tx *store.Tx) error { return tx.SetLifecycle(shared.ID, store.Active) })
		write(t, db, func(tx *store.Tx) error { return tx.RevokeToken("shared", 99) })
		require.Contains(t, holds(), "shared", "an app ends its own tokens only")
	})
}
