package notify_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/notify"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestASlowReaderLosesItsStreamAndNobodyElse(t *testing.T) {
	hub := notify.NewHub()
	slow, quick := hub.Subscribe("public"), hub.Subscribe("public")
	defer quick.Close()
	for i := range int64(10_000) { // never waits
		hub.Publish(notify.Event{Topic: "public", PostID: i})
		require.Equal(t, i, (<-quick.Events()).PostID)
	}
	n := int64(0)
	for e := range slow.Events() { // it is closed, after what it could hold
		require.Equal(t, n, e.PostID)
		n++
	}
	require.NotZero(t, n)
	slow.Add("public")
	slow.Close()
	hub.Publish(notify.Event{Topic: "public"})
}

func TestTopicsComeAndGo(t *testing.T) {
	hub := notify.NewHub()
	s := hub.Subscribe("a")
	hub.Publish(notify.Event{Topic: "a", PostID: 1}, notify.Event{Topic: "b", PostID: 2})
	s.Add("b")
	s.Remove("a")
	hub.Publish(notify.Event{Topic: "a", PostID: 3}, notify.Event{Topic: "b", PostID: 4})
	s.Close()
	var got []int64
	for e := range s.Events() {
		got = append(got, e.PostID)
	}
	require.Equal(t, []int64{1, 4}, got)
}

// Streams open and close while events go out.
func TestTheHubInTraffic(_ *testing.T) {
	hub := notify.NewHub()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				s := hub.Subscribe("a", "b")
				hub.Publish(notify.Event{Topic: "a"})
				s.Remove("b")
				s.Close()
			}
		})
	}
	all.Wait()
}

// Nobody hears of what was given up, and nobody hears of anything before it is
// on disk.
func TestEventsWaitForTheDisk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := nodetest.Wire(t, db)
		alice := n.Person("alice")
		s := n.Notify.Hub.Subscribe("public")
		defer s.Close()
		spoiled := errors.New("spoiled")
		p := &store.Post{ID: store.NewID(), URI: "https://x.example/1", ActorID: alice.ID, Local: true, Kind: "Note", Visibility: store.Public, Scope: store.World, Listed: true,
			PublishedAt: store.Now(), ReceivedAt: store.Now()}
		put := func(fail error) error {
			return db.Write(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.InsertPost(p, nil, nil); err != nil {
					return err
				}
				if err := n.Notify.Posted(tx, p, nil); err != nil {
					return err
				}
				require.Empty(t, s.Events())
				return fail
			})
		}
		require.ErrorIs(t, put(spoiled), spoiled)
		require.Empty(t, s.Events())
		require.NoError(t, put(nil))
		require.Equal(t, p.ID, (<-s.Events()).PostID)
	})
}
