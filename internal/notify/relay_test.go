package notify

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// What is told to the other processes fits, and is all there.
func TestHeapsFit(t *testing.T) {
	var events []Event
	for i := range int64(900) {
		events = append(events, Event{Topic: fmt.Sprintf("user:%d", 1<<56+i), Name: "update", PostID: 1})
	}
	events = append(events, Event{Topic: "public", Name: "delete", PostID: 2}, Event{Topic: "hashtag:" + strings.Repeat("\x7f<é", 200), Name: "update", PostID: 3})
	texts := heaps(7, events)
	hub := NewHub()
	var topics []string
	for _, e := range events {
		topics = append(topics, e.Topic)
	}
	got := map[Event]int{}
	for _, topic := range topics {
		s := hub.Subscribe(topic)
		defer func() {
			s.Close()
			for e := range s.Events() {
				got[e]++
			}
		}()
	}
	r := &Relay{Hub: hub}
	for _, text := range texts {
		require.Less(t, len(text), store.MaxBroadcast)
		r.hear(7, text) // our own is not heard twice
		r.hear(8, text)
	}
	t.Cleanup(func() {
		require.Len(t, got, len(events))
		for e, n := range got {
			require.Equal(t, 1, n, e)
		}
	})
}

func TestProcessesHearEachOther(t *testing.T) {
	url := storetest.URL(t, "postgres")
	hubs := []*Hub{NewHub(), NewHub()}
	for _, hub := range hubs {
		r, ready, done := &Relay{DB: storetest.Open(t, url), Hub: hub, Log: slog.New(slog.DiscardHandler)}, make(chan struct{}), make(chan struct{})
		ctx := t.Context()
		go func() { defer close(done); r.Run(ctx, func() { close(ready) }) }()
		<-ready
		t.Cleanup(func() { <-done }) // before the database closes
	}
	here, there := hubs[0].Subscribe("public"), hubs[1].Subscribe("public")
	for i := range int64(50) {
		hubs[0].Publish(Event{Topic: "public", Name: "update", PostID: i}, Event{Topic: "other", Name: "update", PostID: i})
	}
	for i := range int64(50) {
		require.Equal(t, i, (<-here.Events()).PostID)
		require.Equal(t, Event{Topic: "public", Name: "update", PostID: i}, <-there.Events())
	}
	hubs[1].Publish(Event{Topic: "public", Name: "delete", PostID: 50})
	require.EqualValues(t, 50, (<-here.Events()).PostID)
	require.Len(t, there.Events(), 1, "its own it hears once")
}
