package storetest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// dispatched is an activity about an object on its way to inboxes at hosts.
func dispatched(t *testing.T, db *store.DB, author *store.Actor, object string, at store.Time, hosts ...string) *store.Activity {
	t.Helper()
	id := store.NewID()
	a := &store.Activity{ID: id, URI: fmt.Sprintf("https://node.example/activities/%d", id), Kind: "Create", ActorID: author.ID, ObjectURI: object, Body: "{}", CreatedAt: at}
	ways := map[string]string{}
	for _, h := range hosts {
		ways["https://"+h+"/inbox"] = h
	}
	write(t, db, func(tx *store.Tx) error { return tx.Dispatch(a, ways) })
	return a
}

func take(t *testing.T, db *store.DB, a *store.Activity, now, until store.Time) (rows []*store.DueDelivery) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) {
		rows, err = tx.Take(a.ID, now, until, 10)
		return err
	})
	return rows
}

func due(t *testing.T, db *store.DB, a *store.Activity, now store.Time) []string {
	t.Helper()
	hosts := []string{}
	for _, d := range take(t, db, a, now, now) { // which leaves them in nobody's hands
		hosts = append(hosts, d.Host)
	}
	return hosts
}

// What is for a host that is unavailable waits for the host, and for nothing
// else; when it answers, all of it is due.
func TestDeliveriesWaitForTheirHost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author, now := person(t, db, ""), store.Now()
		later := now.Add(time.Hour)
		create := dispatched(t, db, author, "https://node.example/posts/1", now, "a.example", "b.example")
		update := dispatched(t, db, author, "https://node.example/posts/1", now, "a.example")
		require.ElementsMatch(t, []string{"a.example", "b.example"}, due(t, db, create, now))
		require.Empty(t, due(t, db, update, now), "its Create goes first")

		write(t, db, func(tx *store.Tx) error {
			require.NoError(t, tx.HostFailed("a.example", 2, now, "refused"))
			for _, want := range []bool{true, false} {
				shut, err := tx.ShutHost("a.example", now, later)
				require.NoError(t, err)
				require.Equal(t, want, shut, "it is decided once")
			}
			return nil
		})
		require.Equal(t, []string{"b.example"}, due(t, db, create, now))
		next, err := db.NextDue(update.ID)
		require.NoError(t, err)
		require.Zero(t, next, "the host has the alarm")
		stranded, err := db.Stranded(later, 10)
		require.NoError(t, err)
		require.Equal(t, []int64{create.ID}, stranded)
		forgotten, err := db.Forgotten(later.Add(time.Minute), 10)
		require.NoError(t, err)
		require.Len(t, forgotten, 1)

		write(t, db, func(tx *store.Tx) error {
			for _, try := range []struct {
				at    store.Time
				asked bool
				want  bool
			}{{now, false, false}, {later, false, true}, {later, false, false}, {later, true, true}} {
				mine, err := tx.ClaimProbe("a.example", try.at, later.Add(time.Hour), try.asked)
				require.NoError(t, err)
				require.Equal(t, try.want, mine, "%+v", try)
			}
			d, err := tx.TakeWaiting("a.example", 0, now, later)
			require.NoError(t, err)
			require.Equal(t, create.ID, d.ActivityID, "the Update is not before the Create")
			_, err = tx.TakeWaiting("a.example", 0, now, later)
			require.True(t, fault.Is(err, fault.NotFound), "it is in somebody's hands")
			return nil
		})
		list, err := db.TroubledHosts("", 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, [2]any{2, "refused"}, [2]any{list[0].Failures, list[0].LastError})
		write(t, db, func(tx *store.Tx) error {
			was, err := tx.HostAnswered("a.example", later)
			require.NoError(t, err)
			require.True(t, was)
			ids, err := tx.WakeHost("a.example", 0, later, 1)
			require.NoError(t, err)
			require.Equal(t, []int64{create.ID}, ids)
			ids, err = tx.WakeHost("a.example", ids[0], later, 10)
			require.NoError(t, err)
			require.Equal(t, []int64{update.ID}, ids)
			return nil
		})
		h, err := db.Host("a.example")
		require.NoError(t, err)
		require.Equal(t, store.Healthy, h.State)
		require.Zero(t, h.Failures)
		require.Contains(t, due(t, db, create, later), "a.example")
	})
}

// Two who run for one activity do not make a delivery twice, and only one of
// them sleeps on.
func TestADeliveryIsInOneHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author, now := person(t, db, ""), store.Now()
		a := dispatched(t, db, author, "https://node.example/posts/1", now, "a.example")
		require.Len(t, take(t, db, a, now, now.Add(time.Minute)), 1)
		require.Empty(t, take(t, db, a, now, now.Add(time.Minute)))
		require.Empty(t, due(t, db, a, now))
		write(t, db, func(tx *store.Tx) error {
			for _, alarm := range []struct {
				now, at store.Time
				want    bool
			}{{now, now + 100, true}, {now, now + 200, false}, {now, now + 50, true}, {now + 60, now + 200, true}} {
				set, err := tx.SetAlarm(a.ID, alarm.now, alarm.at)
				require.NoError(t, err)
				require.Equal(t, alarm.want, set, "%+v", alarm)
			}
			return nil
		})
		require.Equal(t, []string{"a.example"}, due(t, db, a, now.Add(time.Minute)), "whoever had it is gone")
	})
}

// What was given up is tried again, one by one or all of a host.
func TestRetryOfWhatWasGivenUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		author, now := person(t, db, ""), store.Now()
		for i := range 3 {
			dispatched(t, db, author, fmt.Sprint("https://node.example/posts/", i), now, "a.example", "b.example")
		}
		write(t, db, func(tx *store.Tx) error {
			require.NoError(t, tx.GiveUp("a.example", now, now, "not yet"))
			return tx.GiveUp("a.example", now+1, now, "too long")
		})
		dead, err := db.Queue("dead", "", store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, dead, 3)
		require.Equal(t, "too long", dead[0].LastError)
		none, err := db.Queue("dead", "b.example", store.Page{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, none)
		write(t, db, func(tx *store.Tx) error {
			d, err := tx.Retry(dead[0].ID, now)
			require.NoError(t, err)
			require.Equal(t, "pending", d.State)
			rows, err := tx.RetryDead("b.example", 0, now, 10)
			require.NoError(t, err)
			require.Empty(t, rows)
			rows, err = tx.RetryDead("a.example", 0, now, 10)
			require.NoError(t, err)
			require.Len(t, rows, 2)
			return tx.GiveUpInbox("a.example", "https://a.example/inbox", now, "gone")
		})
		dead, err = db.Queue("dead", "a.example", store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, dead, 3)
	})
}

// Whoever is gone follows nobody and is followed by nobody, and the counts say so.
func TestFollowsOfSomebodyGoneEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		alice, bob := person(t, db, ""), person(t, db, "far.example")
		follow(t, db, alice, bob, true)
		follow(t, db, bob, alice, true)
		behind, err := db.ActorsBehind("https://far.example/inbox", 0, 10)
		require.NoError(t, err)
		require.Len(t, behind, 1)
		uris, err := db.RemoteFollowers(alice.ID)
		require.NoError(t, err)
		require.Equal(t, []string{bob.URI}, uris)
		ours, err := db.LocalFollowers(bob.ID)
		require.NoError(t, err)
		require.Len(t, ours, 1)
		write(t, db, func(tx *store.Tx) error { return tx.EndFollows(bob.ID) })
		for _, a := range []*store.Actor{alice, bob} {
			now := actor(t, db, a.ID)
			require.Zero(t, now.FollowersCount+now.FollowingCount)
		}
	})
}
