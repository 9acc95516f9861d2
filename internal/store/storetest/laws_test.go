package storetest_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// cut is what a page of a list, newest first, has to hold.
func cut(list []int64, p store.Page) []int64 {
	var in []int64
	for _, id := range list {
		if (p.Max == 0 || id < p.Max) && id > max(p.Since, 0) && (p.Min == 0 || id > p.Min) {
			in = append(in, id)
		}
	}
	if p.Min > 0 && len(in) > p.Limit {
		return in[len(in)-p.Limit:]
	}
	return in[:min(len(in), p.Limit)]
}

func TestPagesKeepTheirLaws(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		reader, author := person(t, db, ""), person(t, db, "")
		follow(t, db, reader, author, true)
		var posts, follows, told, talks []int64
		apart := &store.List{ActorID: reader.ID, Title: "apart", RepliesPolicy: "list"}
		write(t, db, func(tx *store.Tx) error { return tx.SaveList(apart, false) })
		for range 30 {
			p, fan := draft(author, store.Public), person(t, db, "far.example")
			said := insert(t, db, draft(author, store.Direct), reader)
			follow(t, db, reader, fan, true)
			write(t, db, func(tx *store.Tx) error {
				for _, member := range []*store.Actor{author, fan} {
					if _, err := tx.AddMember(apart, member.ID); err != nil {
						return err
					}
				}
				if err := tx.FollowTag(reader.ID, fan.Username); err != nil {
					return err
				}
				if err := tx.Converse(said, reader.ID, []int64{author.ID}); err != nil {
					return err
				}
				if err := add(tx, p); err != nil {
					return err
				}
				if _, err := tx.FanOut(p); err != nil {
					return err
				}
				if _, err := tx.FanOutLists(p); err != nil {
					return err
				}
				id, err := tx.Notify(&store.Notification{ReaderID: reader.ID, Kind: "status", FromID: author.ID, PostID: p.ID})
				told = append(told, id)
				return err
			})
			posts, follows, talks = append(posts, p.ID), append(follows, follow(t, db, fan, reader, true).ID), append(talks, said.ID)
		}
		keys := func(entries []store.Entry, err error) ([]int64, error) {
			var ids []int64
			for _, e := range entries {
				ids = append(ids, e.Key)
			}
			return ids, err
		}
		lists := map[string]func(store.Page) ([]int64, error){
			"home":   func(p store.Page) ([]int64, error) { return keys(db.HomeTimeline(reader.ID, p)) },
			"public": func(p store.Page) ([]int64, error) { return keys(db.PublicTimeline(reader.ID, p, false, false, false)) },
			"account": func(p store.Page) ([]int64, error) {
				return keys(db.AccountTimeline(0, author.ID, p, store.AccountQuery{}))
			},
			"outbox": func(p store.Page) (ids []int64, err error) {
				rows, err := db.Outbox(author.ID, p)
				for _, r := range rows {
					ids = append(ids, r.ID)
				}
				return ids, err
			},
			"followers": func(p store.Page) (ids []int64, err error) {
				rows, err := db.Followers(reader.ID, p)
				for _, r := range rows {
					ids = append(ids, r.Key)
				}
				return ids, err
			},
			"notifications": func(p store.Page) (ids []int64, err error) {
				rows, err := db.Notifications(reader.ID, p, store.NotificationQuery{})
				for _, r := range rows {
					ids = append(ids, r.ID)
				}
				return ids, err
			},
		}
		lists["list"] = func(p store.Page) ([]int64, error) { return keys(db.ListTimeline(reader.ID, apart.ID, p)) }
		lists["members"] = func(p store.Page) (ids []int64, err error) {
			rows, err := db.ListMembers(apart.ID, p)
			for _, r := range rows {
				ids = append(ids, r.Key)
			}
			return ids, err
		}
		lists["tags"] = func(p store.Page) (ids []int64, err error) {
			rows, err := db.FollowedTags(reader.ID, p)
			for _, r := range rows {
				ids = append(ids, r.ID)
			}
			return ids, err
		}
		lists["conversations"] = func(p store.Page) (ids []int64, err error) {
			rows, err := db.Conversations(reader.ID, p)
			for _, r := range rows {
				ids = append(ids, r.LastPostID)
			}
			return ids, err
		}
		whole := map[string][]int64{"home": posts, "public": posts, "account": posts, "outbox": posts, "list": posts, "followers": follows, "notifications": told, "conversations": talks}
		for _, name := range []string{"members", "tags"} { // their keys are made inside
			all, err := lists[name](store.Page{Limit: 80})
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(all), 30)
			whole[name] = all
		}
		for _, list := range whole {
			slices.Sort(list)
		}
		slices.Reverse(posts) // one list, shared
		slices.Reverse(follows)
		slices.Reverse(told)
		slices.Reverse(talks)
		for _, name := range []string{"members", "tags"} {
			slices.Reverse(whole[name])
		}
		rapid.Check(t, func(r *rapid.T) {
			name := rapid.SampledFrom(slices.Sorted(maps.Keys(lists))).Draw(r, "list")
			list := whole[name]
			bound := rapid.OneOf(rapid.Just(int64(0)), rapid.SampledFrom(list), rapid.Custom(func(r *rapid.T) int64 { return rapid.SampledFrom(list).Draw(r, "near") + 1 }))
			p := store.Page{Max: bound.Draw(r, "max"), Limit: rapid.IntRange(1, 40).Draw(r, "limit")}
			// With min_id a client never sends since_id: they ask for different ends.
			if rapid.Bool().Draw(r, "upwards") {
				p.Min = bound.Draw(r, "min")
			} else {
				p.Since = bound.Draw(r, "since")
			}
			got, err := lists[name](p)
			require.NoError(r, err)
			require.Equal(r, len(cut(list, p)), len(got))
			for i, id := range cut(list, p) {
				require.Equal(r, id, got[i])
			}
		})
	})
}

// The rule in Go and the rule in SQL are one rule.
func TestSightAgreesWithSQL(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		rapid.Check(t, func(r *rapid.T) {
			author := person(r, db, rapid.SampledFrom([]string{"", "far.example"}).Draw(r, "author's domain"))
			p := draft(author, rapid.SampledFrom([]store.Visibility{store.Public, store.Unlisted, store.Private, store.Direct}).Draw(r, "visibility"))
			p.Scope = rapid.SampledFrom([]store.Scope{store.Here, store.Organisation, store.Partners, store.World, store.World}).Draw(r, "scope")
			s := store.Sight{Author: author.ID, Visibility: p.Visibility, Scope: p.Scope, Lifecycle: rapid.SampledFrom(
				[]store.Lifecycle{store.Active, store.Active, store.Suspended, store.Deprovisioned, store.Erased}).Draw(r, "lifecycle"), Suspended: rapid.IntRange(0, 4).Draw(r, "suspended there") == 0,
				Barred: !author.Local() && rapid.IntRange(0, 4).Draw(r, "barred") == 0}
			if s.Held = rapid.IntRange(0, 4).Draw(r, "held") == 0; s.Held {
				p.HeldUntil = store.Now() + 1000
			}
			s.Deleted = rapid.IntRange(0, 4).Draw(r, "deleted") == 0
			var viewer *store.Actor
			switch rapid.SampledFrom([]string{"stranger", "author", "local", "remote", "local", "remote"}).Draw(r, "viewer") {
			case "author":
				viewer = author
			case "local":
				viewer = person(r, db, "")
			case "remote":
				viewer = person(r, db, "near.example")
			}
			var mentioned []*store.Actor
			if viewer != nil {
				s.Viewer, s.ViewerLocal = viewer.ID, viewer.Local()
				if s.Mentioned = rapid.Bool().Draw(r, "mentioned"); s.Mentioned {
					mentioned = append(mentioned, viewer)
				}
				if viewer != author {
					if rapid.Bool().Draw(r, "follows") {
						s.Follower = rapid.Bool().Draw(r, "accepted")
						follow(r, db, viewer, author, s.Follower)
					}
					if s.Blocked = rapid.IntRange(0, 3).Draw(r, "blocked") == 0; s.Blocked {
						block(r, db, author, viewer)
					}
					if author.Local() && rapid.IntRange(0, 3).Draw(r, "domain blocked") == 0 { // counts for those of the domain
						blockDomain(r, db, author, "near.example")
						s.Blocked = s.Blocked || viewer.Domain == "near.example"
					}
					if rapid.Bool().Draw(r, "blocks") { // the other way round it counts for nothing
						block(r, db, viewer, author)
					}
				}
			}
			insert(r, db, p, mentioned...)
			write(r, db, func(tx *store.Tx) error {
				if s.Deleted {
					if err := tx.TombstonePost(p); err != nil {
						return err
					}
				}
				author.SuspendedThere, author.Host = s.Suspended, fmt.Sprintf("h%d.example", author.ID)
				if err := tx.UpdateActor(author); err != nil {
					return err
				}
				if err := tx.RuleHosts([]string{author.Host}, false, s.Barred); err != nil {
					return err
				}
				return tx.SetLifecycle(author.ID, s.Lifecycle)
			})
			_, err := db.VisiblePost(s.Viewer, p.ID)
			require.True(r, err == nil || fault.Is(err, fault.NotFound), "%v", err)
			require.Equal(r, s.MaySee(), err == nil, "%+v", s)
			for name, list := range map[string]func() ([]store.Entry, error){
				"entries": func() ([]store.Entry, error) { return db.Entries(s.Viewer, []int64{p.ID}) },
				"account": func() ([]store.Entry, error) {
					return db.AccountTimeline(s.Viewer, author.ID, store.Page{Limit: 5}, store.AccountQuery{})
				},
			} {
				entries, err := list()
				require.NoError(r, err)
				require.Equal(r, s.MaySee(), len(entries) == 1, "%s %+v", name, s)
			}
			ancestors, descendants, err := db.Thread(s.Viewer, p, 9, 9)
			require.NoError(r, err)
			require.Empty(r, ancestors)
			require.Empty(r, descendants)
		})
	})
}

// What the viewer does not want to hear is in no timeline of theirs, however it
// got there: of whom they muted or blocked, or whose domain.
func TestHeardAgreesWithSQL(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		rapid.Check(t, func(r *rapid.T) {
			viewer := person(r, db, "")
			author := person(r, db, rapid.SampledFrom([]string{"", "far.example"}).Draw(r, "author's domain"))
			heard := true
			no := func(what string) bool {
				is := rapid.IntRange(0, 3).Draw(r, what) == 0
				heard = heard && !is
				return is
			}
			follow(r, db, viewer, author, true)
			p := insert(r, db, draft(author, store.Public))
			write(r, db, func(tx *store.Tx) error {
				if _, err := tx.FanOut(p); err != nil {
					return err
				}
				if no("muted") {
					return tx.SetMute(viewer.ID, author.ID, true, 0)
				}
				return nil
			})
			if no("blocked") {
				block(r, db, viewer, author)
			}
			if author.Domain != "" && no("domain blocked") {
				blockDomain(r, db, viewer, author.Domain)
			}
			blockDomain(r, db, viewer, "another.example")
			home, err := db.HomeTimeline(viewer.ID, store.Page{Limit: 5})
			require.NoError(r, err)
			require.Equal(r, heard, len(home) == 1)
			public, err := db.PublicTimeline(viewer.ID, store.Page{Min: p.ID - 1, Limit: 1}, false, false, false)
			require.NoError(r, err)
			require.Equal(r, heard, len(public) == 1 && public[0].PostID == p.ID)
		})
	})
}

// Whose home a post reaches: each reader differs from a plain follower in one
// thing.
func TestFanOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author, other, booster := person(t, db, "far.example"), person(t, db, "far.example"), person(t, db, "near.example")
		plain, pending, muter, blocker, blocked, noBoosts, both, remote, lapsed := person(t, db, ""), person(t, db, ""), person(t, db, ""), person(t, db, ""), person(t, db, ""), person(t, db, ""), person(t, db, ""), person(t, db, "away.example"), person(t, db, "")
		person(t, db, "") // follows nobody
		for _, who := range []*store.Actor{plain, muter, blocker, blocked, noBoosts, both, remote, lapsed} {
			follow(t, db, who, author, true)
			f := follow(t, db, who, booster, true)
			if who == noBoosts {
				write(t, db, func(tx *store.Tx) error { f.ShowBoosts = false; return tx.UpdateFollow(f) })
			}
		}
		follow(t, db, pending, author, false)
		follow(t, db, both, other, true)
		write(t, db, func(tx *store.Tx) error {
			if err := tx.SetMute(lapsed.ID, author.ID, true, store.Now()-1); err != nil {
				return err
			}
			return tx.SetMute(muter.ID, author.ID, true, 0)
		})
		block(t, db, blocker, author)
		block(t, db, author, blocked)
		reach := func(p *store.Post, mentioned ...*store.Actor) []int64 {
			var readers []int64
			write(t, db, func(tx *store.Tx) (err error) {
				if err := add(tx, p, mentioned...); err != nil {
					return err
				}
				readers, err = tx.FanOut(p)
				return err
			})
			return readers
		}
		wide := []int64{plain.ID, noBoosts.ID, both.ID, lapsed.ID}
		for _, v := range []store.Visibility{store.Public, store.Unlisted, store.Private} {
			assert.ElementsMatch(t, wide, reach(draft(author, v)), v)
		}
		assert.ElementsMatch(t, []int64{plain.ID}, reach(draft(author, store.Direct), plain))
		reply := draft(author, store.Public)
		answered := insert(t, db, draft(other, store.Public))
		reply.InReplyToID, reply.InReplyToActorID, reply.InReplyToURI = answered.ID, other.ID, answered.URI
		assert.ElementsMatch(t, []int64{both.ID}, reach(reply), "an answer is for those who follow both")
		self := draft(author, store.Public)
		self.InReplyToID, self.InReplyToActorID, self.InReplyToURI = reply.ID, author.ID, reply.URI
		assert.ElementsMatch(t, wide, reach(self), "a thread of one's own is for all")
		boost := draft(booster, store.Public)
		boost.BoostOfID = insert(t, db, draft(author, store.Public)).ID
		assert.ElementsMatch(t, []int64{plain.ID, both.ID, lapsed.ID}, reach(boost), "mutes and blocks are about the author as well")
		again := draft(booster, store.Public)
		seen := draft(author, store.Public)
		reach(seen)
		again.BoostOfID = seen.ID
		assert.Empty(t, reach(again), "whoever has the post needs no boost of it")
		held := draft(plain, store.Public)
		held.HeldUntil = store.Now() + 1000
		insert(t, db, held)
		home, err := db.HomeTimeline(plain.ID, store.Page{Limit: 40})
		require.NoError(t, err)
		require.Len(t, home, 7)
		write(t, db, func(tx *store.Tx) error { return tx.SetMute(plain.ID, author.ID, true, 0) })
		home, err = db.HomeTimeline(plain.ID, store.Page{Limit: 40})
		require.NoError(t, err)
		require.Empty(t, home, "a mute works backwards, too")
	})
}

func TestIDsOnlyGrow(t *testing.T) {
	last := int64(0)
	for range 100_000 {
		id := store.NewID()
		require.Greater(t, id, last)
		last = id
	}
	old, now := store.IDAt(store.Time(1_100_000_000_000)), store.NewID() // 2004: before there was anything to post to
	require.Equal(t, len(strconv.FormatInt(now, 10)), len(strconv.FormatInt(old, 10))+1)
	require.InDelta(t, int64(store.Now()), int64(store.IDAt(store.Now()+1e9)>>16), 1000, "nobody posts from the future")
	rapid.Check(t, func(r *rapid.T) {
		a, b := store.Time(rapid.Int64Range(1, int64(store.Now())).Draw(r, "a")), store.Time(rapid.Int64Range(1, int64(store.Now())).Draw(r, "b"))
		if a < b {
			require.Less(r, store.IDAt(a), store.IDAt(b), fmt.Sprint(a, b))
		}
		require.Equal(r, a, store.Time(store.IDAt(a)>>16))
	})
}
