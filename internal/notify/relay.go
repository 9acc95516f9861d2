package notify

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"time"

	"parley/internal/store"
)

// Relay keeps the hubs of several processes on one PostgreSQL together: what
// happens in one is heard on the streams of all. It is a matter of ids and of
// the moment: an event that gets lost is in the timeline all the same.
type Relay struct {
	DB  *store.DB
	Hub *Hub
	Log *slog.Logger
}

// heap is what one process tells the others at a time. An event stands once,
// with all its topics.
type heap struct {
	From   int64
	Events []spread
}

type spread struct {
	Event
	Topics []string
}

// relayEvery is how long events are gathered: a transaction that only tells of
// them costs more than many of them.
const (
	relayEvery = 10 * time.Millisecond
	waitAgain  = time.Second
)

// Run relays until ctx ends. ready is called each time it begins to hear.
func (r *Relay) Run(ctx context.Context, ready func()) {
	if r.DB.Postgres == nil {
		return // one process has the file
	}
	self := rand.Int64()
	go r.tell(ctx, self, r.Hub.share())
	for ctx.Err() == nil {
		err := r.DB.Listen(ctx, ready, func(text string) { r.hear(self, text) })
		if ctx.Err() != nil {
			return
		}
		r.Log.WarnContext(ctx, "listen to the other processes", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(waitAgain):
		}
	}
}

func (r *Relay) hear(self int64, text string) {
	var h heap
	if err := json.Unmarshal([]byte(text), &h); err != nil || h.From == self {
		return
	}
	for _, s := range h.Events {
		for _, topic := range s.Topics {
			s.Topic = topic
			r.Hub.deliver(s.Event)
		}
	}
}

func (r *Relay) tell(ctx context.Context, self int64, events <-chan Event) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			time.Sleep(relayEvery)
			for _, text := range heaps(self, gather(e, events)) {
				if err := r.DB.Broadcast(ctx, text); err != nil && ctx.Err() == nil {
					r.Log.WarnContext(ctx, "tell the other processes", "error", err)
				}
			}
		}
	}
}

// gather takes what is there.
func gather(first Event, events <-chan Event) []Event {
	all := []Event{first}
	for {
		select {
		case e := <-events:
			all = append(all, e)
		default:
			return all
		}
	}
}

// heaps writes events as texts that are short enough.
func heaps(self int64, events []Event) []string {
	var texts []string
	h, size := heap{From: self}, 0
	cut := func() {
		if len(h.Events) > 0 {
			text, _ := json.Marshal(h) // of numbers and texts
			texts = append(texts, string(text))
		}
		h, size = heap{From: self}, 0
	}
	const one = 384 // what an event takes beside its topics, and more
	for _, e := range events {
		topic := e.Topic
		e.Topic = ""
		need := 6*len(topic) + 3 // escaped, at worst
		if n := len(h.Events); n > 0 && h.Events[n-1].Event == e && size+need < store.MaxBroadcast {
			h.Events[n-1].Topics = append(h.Events[n-1].Topics, topic)
			size += need
			continue
		}
		if size+one+need >= store.MaxBroadcast {
			cut()
		}
		h.Events = append(h.Events, spread{Event: e, Topics: []string{topic}})
		size += one + need
	}
	cut()
	return texts
}
