package outbox_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
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

func schedule(t *testing.T, n *nodetest.Node, author *store.Actor, d outbox.Draft, at time.Time) *store.ScheduledPost {
	t.Helper()
	s, err := n.Outbox.Schedule(t.Context(), author.ID, d, at)
	require.NoError(t, err)
	return s
}

// come has the time of a scheduled post come.
func come(n *nodetest.Node, s *store.ScheduledPost) {
	n.Exec(fmt.Sprintf(`UPDATE scheduled_posts SET scheduled_at = %d WHERE id = %d`, store.Now()-1000, s.ID))
}

func publish(t *testing.T, n *nodetest.Node, s *store.ScheduledPost) {
	t.Helper()
	come(n, s)
	require.NoError(t, n.Outbox.Publish(t.Context(), outbox.PublishJob{ScheduledID: s.ID}))
}

// said are the posts of somebody, newest first, held ones too.
func said(t *testing.T, n *nodetest.Node, author *store.Actor) []*store.Post {
	t.Helper()
	entries, err := n.DB.AccountTimeline(author.ID, author.ID, store.Page{Limit: 40}, store.AccountQuery{})
	require.NoError(t, err)
	var all []*store.Post
	for _, e := range entries {
		p, err := n.DB.Post(e.PostID)
		require.NoError(t, err)
		all = append(all, p)
	}
	return all
}

func picture(t *testing.T, n *nodetest.Node, owner *store.Actor) *store.Media {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))))
	m, err := n.Outbox.Upload(t.Context(), owner.ID, outbox.Upload{File: bytes.NewReader(b.Bytes()), Description: "a square"})
	require.NoError(t, err)
	return m
}

// A scheduled post is what it was said to be, once, however often its job runs.
func TestAScheduledPostIsPublishedOnce(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		bob := nodetest.Play(t, "far").Actor("bob")
		alice, carol := n.Person("alice"), n.Person("carol")
		bob.Follow(n, alice.URI)
		question := n.Post(carol, store.Unlisted, "a question")
		file := picture(t, n, alice)
		s := schedule(t, n, alice, outbox.Draft{Text: "later @carol #Go", Spoiler: "cw", Language: "de", Visibility: store.Unlisted, InReplyToID: question.ID,
			MediaIDs: []int64{file.ID}, QuotePolicy: "followers"}, time.Now().Add(time.Hour))
		n.Settle()
		require.Empty(t, said(t, n, alice))
		require.Empty(t, bob.Host.Arrived("Create"))
		require.Empty(t, n.Notified(carol))
		require.NoError(t, n.Outbox.Publish(t.Context(), outbox.PublishJob{ScheduledID: s.ID}))
		require.Empty(t, said(t, n, alice), "its time has not come")

		come(n, s)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { assert.NoError(t, n.Outbox.Publish(t.Context(), outbox.PublishJob{ScheduledID: s.ID})) })
		}
		all.Wait()
		n.Settle()
		posts := said(t, n, alice)
		require.Len(t, posts, 1)
		p := posts[0]
		require.Contains(t, p.Content, "later ")
		require.Equal(t, []any{"cw", "de", store.Unlisted, question.ID, "followers", true}, []any{p.Spoiler, p.Language, p.Visibility, p.InReplyToID, p.Quotable, p.Sensitive})
		require.Len(t, bob.Host.Arrived("Create"), 1)
		require.Equal(t, []string{"mention"}, n.Notified(carol))
		media, err := n.DB.PostMedia([]int64{p.ID})
		require.NoError(t, err)
		require.Equal(t, []int64{file.ID, 0}, []int64{media[p.ID][0].ID, media[p.ID][0].ScheduledID})
		_, err = n.DB.ScheduledPost(alice.ID, s.ID)
		require.True(t, fault.Is(err, fault.NotFound))
	})
}

// What was scheduled before a node was stopped is published after it starts.
func TestSchedulesSurviveARestart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := nodetest.Wire(t, db)
		alice := n.Person("alice")
		s := schedule(t, n, alice, outbox.Draft{Text: "good morning", Poll: &outbox.PollDraft{Options: []string{"a", "b"}, For: time.Hour}}, time.Now().Add(time.Hour))
		far := schedule(t, n, alice, outbox.Draft{Text: "a draft", HoldSeconds: new(int)}, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
		come(n, s)
		require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*) FROM river_job WHERE kind = 'publish' AND scheduled_at > '9000-01-01'`))
		n.Exec(`UPDATE river_job SET scheduled_at = CURRENT_TIMESTAMP WHERE kind = 'publish'`)
		n.Run()
		nodetest.Eventually(t, "the post is published", func() bool { return len(said(t, n, alice)) == 1 })
		n.Settle()
		posts := said(t, n, alice)
		require.Len(t, posts, 1)
		poll, err := n.DB.Poll(posts[0].ID)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(time.Hour), poll.ExpiresAt.Time(), time.Minute, "it is open from when it is asked")
		kept, err := n.DB.ScheduledPost(alice.ID, far.ID)
		require.NoError(t, err)
		require.Equal(t, 9999, kept.ScheduledAt.Time().Year())
	})
}

// What cannot be published at its time stays, with the reason, until its
// author decides.
func TestAScheduledPostThatCannotBePublished(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		alice, carol, dora := n.Person("alice"), n.Person("carol"), n.Person("dora")
		question := n.Post(carol, store.Public, "a question")
		answer := schedule(t, n, alice, outbox.Draft{Text: "an answer", InReplyToID: question.ID}, time.Now().Add(time.Hour))
		_, err := n.Outbox.Delete(t.Context(), carol.ID, question.ID)
		require.NoError(t, err)
		suspended := schedule(t, n, dora, outbox.Draft{Text: "from nobody"}, time.Now().Add(time.Hour))
		require.NoError(t, n.Actors.Disable(t.Context(), 0, dora.ID))
		for _, s := range []*store.ScheduledPost{answer, suspended} {
			publish(t, n, s)
			require.NoError(t, n.Outbox.Publish(t.Context(), outbox.PublishJob{ScheduledID: s.ID}))
		}
		n.Settle()
		require.Empty(t, said(t, n, alice))
		require.Empty(t, said(t, n, dora))
		kept, err := n.DB.ScheduledPost(alice.ID, answer.ID)
		require.NoError(t, err)
		require.Equal(t, "What it answers or quotes is gone, or not for you any more", kept.Problem)
		kept, err = n.DB.ScheduledPost(dora.ID, suspended.ID)
		require.NoError(t, err)
		require.Contains(t, kept.Problem, "suspended")

		// Nothing goes out by surprise when the account is itself again.
		require.NoError(t, n.Actors.Enable(t.Context(), 0, dora.ID))
		n.Settle()
		require.NoError(t, n.Outbox.Publish(t.Context(), outbox.PublishJob{ScheduledID: suspended.ID}))
		require.Empty(t, said(t, n, dora))
		at := time.Now().Add(time.Hour)
		_, err = n.Outbox.Reschedule(t.Context(), alice.ID, answer.ID, &at, func(d *outbox.Draft) {})
		require.True(t, fault.Is(err, fault.NotFound))
		again, err := n.Outbox.Reschedule(t.Context(), alice.ID, answer.ID, &at, func(d *outbox.Draft) { d.InReplyToID = 0 })
		require.NoError(t, err)
		require.Empty(t, again.Problem)
		publish(t, n, again)
		require.Len(t, said(t, n, alice), 1)
	})
}

func TestWhoIsGoneHasNothingScheduled(t *testing.T) {
	n := sqlite(t)
	alice := n.Person("alice")
	file := picture(t, n, alice)
	s := schedule(t, n, alice, outbox.Draft{Text: "later", MediaIDs: []int64{file.ID}}, time.Now().Add(time.Hour))
	require.NoError(t, n.Actors.Delete(t.Context(), 0, alice.ID))
	n.Settle()
	_, err := n.DB.ScheduledPost(alice.ID, s.ID)
	require.True(t, fault.Is(err, fault.NotFound))
	publish(t, n, s)
	require.Zero(t, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM posts`))
}

func TestBoundsOfSchedules(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		alice := n.Person("alice")
		refused := func(why string, d outbox.Draft, at time.Time) {
			t.Helper()
			_, err := n.Outbox.Schedule(t.Context(), alice.ID, d, at)
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
			require.ErrorContains(t, err, why)
		}
		day := time.Now().UTC().AddDate(0, 0, 2).Truncate(24 * time.Hour)
		refused("at least 5 minutes", outbox.Draft{Text: "soon"}, time.Now().Add(4*time.Minute))
		refused("at least 5 minutes", outbox.Draft{Text: "past"}, time.Now().Add(-time.Hour))
		refused("year 9999", outbox.Draft{Text: "never"}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
		refused("can't be blank", outbox.Draft{}, day)
		refused("0 to 86400 seconds", outbox.Draft{Text: "held", HoldSeconds: seconds(86_401)}, day)
		var first *store.ScheduledPost
		for i := range 25 {
			s := schedule(t, n, alice, outbox.Draft{Text: "one of many"}, day.Add(time.Duration(i)*time.Minute))
			if first == nil {
				first = s
			}
		}
		refused("25 scheduled posts for that day", outbox.Draft{Text: "too many"}, day.Add(23*time.Hour))
		other := schedule(t, n, alice, outbox.Draft{Text: "the day after"}, day.Add(25*time.Hour))
		at := day.Add(time.Hour)
		_, err := n.Outbox.Reschedule(t.Context(), alice.ID, other.ID, &at, func(*outbox.Draft) {})
		require.ErrorContains(t, err, "for that day")
		_, err = n.Outbox.Reschedule(t.Context(), alice.ID, first.ID, &at, func(*outbox.Draft) {})
		require.NoError(t, err, "it is one of those of the day already")

		// Clients keep drafts as posts of a day that is far away.
		far := time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 300 - 26 {
			schedule(t, n, alice, outbox.Draft{Text: "a draft"}, far)
		}
		refused("300 scheduled posts", outbox.Draft{Text: "one more"}, far)
	})
}

func seconds(n int) *int { return &n }

func TestIdempotencyKeysOfSchedules(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		alice := n.Person("alice")
		ids := make([]int64, 8)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				s, err := n.Outbox.Schedule(t.Context(), alice.ID, outbox.Draft{Text: "once", IdempotencyKey: "k"}, time.Now().Add(time.Hour))
				if assert.NoError(t, err) {
					ids[i] = s.ID
				}
			})
		}
		all.Wait()
		for _, id := range ids {
			require.Equal(t, ids[0], id)
		}
		require.EqualValues(t, 1, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM scheduled_posts`))
	})
}

// A file that waits for its post is in use, and free again when it is taken
// out or the post is.
func TestFilesOfScheduledPosts(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		alice := n.Person("alice")
		one, two := picture(t, n, alice), picture(t, n, alice)
		s := schedule(t, n, alice, outbox.Draft{Text: "later", MediaIDs: []int64{two.ID, one.ID}}, time.Now().Add(time.Hour))
		old := func() {
			n.Exec(fmt.Sprintf(`UPDATE media SET created_at = %d`, store.Now().Add(-48*time.Hour)))
			require.NoError(t, n.Outbox.Clean(t.Context(), outbox.CleanJob{}))
		}
		have := func() (ids []int64) {
			media, err := n.DB.ScheduledMedia([]int64{s.ID})
			require.NoError(t, err)
			for _, m := range media[s.ID] {
				ids = append(ids, m.ID)
			}
			return ids
		}
		old()
		require.Equal(t, []int64{two.ID, one.ID}, have(), "in its order, and not thrown away")
		for _, other := range []func() error{
			func() error {
				_, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "now", MediaIDs: []int64{one.ID}})
				return err
			},
			func() error {
				_, err := n.Outbox.Schedule(t.Context(), alice.ID, outbox.Draft{Text: "too", MediaIDs: []int64{one.ID}}, time.Now().Add(time.Hour))
				return err
			},
		} {
			require.ErrorContains(t, other(), "used by another post")
		}
		_, err := n.Outbox.Reschedule(t.Context(), alice.ID, s.ID, nil, func(d *outbox.Draft) { d.MediaIDs = []int64{one.ID} })
		require.NoError(t, err)
		require.Equal(t, []int64{one.ID}, have())
		post(t, n, alice, outbox.Draft{Text: "now", MediaIDs: []int64{two.ID}})
		require.NoError(t, n.Outbox.Unschedule(t.Context(), alice.ID, s.ID))
		require.True(t, fault.Is(n.Outbox.Unschedule(t.Context(), alice.ID, s.ID), fault.NotFound))
		require.EqualValues(t, 2, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM media`))
		old()
		require.EqualValues(t, 1, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM media`))
	})
}

// A post that is changed while its time comes is published as it was or as it
// is, but not twice.
func TestASchedulesChangeAndItsTime(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		alice := n.Person("alice")
		for i := range 8 {
			s := schedule(t, n, alice, outbox.Draft{Text: "before"}, time.Now().Add(time.Hour))
			come(n, s)
			var all sync.WaitGroup
			all.Go(func() { assert.NoError(t, n.Outbox.Publish(t.Context(), outbox.PublishJob{ScheduledID: s.ID})) })
			all.Go(func() {
				_, err := n.Outbox.Reschedule(t.Context(), alice.ID, s.ID, nil, func(d *outbox.Draft) { d.Text = "after" })
				assert.True(t, err == nil || fault.Is(err, fault.NotFound), err)
			})
			all.Wait()
			require.NoError(t, n.Outbox.Publish(t.Context(), outbox.PublishJob{ScheduledID: s.ID}))
			require.Len(t, said(t, n, alice), i+1)
		}
	})
}

// A post that was scheduled has been thought over: it goes out at its time,
// unless it was said to be held after that.
func TestAScheduledPostIsHeldOnlyWhereItSaysSo(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		n.Outbox.Hold = map[store.Visibility]time.Duration{store.Public: time.Hour}
		alice := n.Person("alice")
		publish(t, n, schedule(t, n, alice, outbox.Draft{Text: "at once", Visibility: store.Public}, time.Now().Add(time.Hour)))
		require.Zero(t, said(t, n, alice)[0].HeldUntil)
		publish(t, n, schedule(t, n, alice, outbox.Draft{Text: "held", Visibility: store.Public, HoldSeconds: seconds(60)}, time.Now().Add(time.Hour)))
		held := said(t, n, alice)[0]
		require.WithinDuration(t, time.Now().Add(time.Minute), held.HeldUntil.Time(), 30*time.Second)
		require.NoError(t, n.Outbox.Release(t.Context(), outbox.ReleaseJob{PostID: held.ID}))
		require.Zero(t, n.Again(held).HeldUntil)
	})
}
