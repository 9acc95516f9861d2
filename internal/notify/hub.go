package notify

import (
	"sync"

	"parley/internal/telemetry"
)

// Event tells that something happened under a topic.
type Event struct {
	Topic          string
	Name           string // update, status.update, delete, notification, device
	PostID         int64
	NotificationID int64
	ReaderID       int64  // of a notification
	Subject        int64  // an announcement
	Detail         string // the emoji under it
}

// Hub hands events to the open streams of this process.
type Hub struct {
	mu     sync.RWMutex
	topics map[string]map[*Subscription]struct{}
	others chan Event // for the other processes; nil where there are none
}

// backlog is how many events a stream may lag behind before it is dropped: a
// slow reader costs itself its stream, and nobody else anything.
const backlog = 256

// NewHub makes a hub without streams.
func NewHub() *Hub { return &Hub{topics: map[string]map[*Subscription]struct{}{}} }

// Subscription is one open stream. Its topics may change while it runs.
type Subscription struct {
	hub    *Hub
	events chan Event
	topics map[string]struct{}
	closed bool
}

// Subscribe opens a stream of the topics.
func (h *Hub) Subscribe(topics ...string) *Subscription {
	s := &Subscription{hub: h, events: make(chan Event, backlog), topics: map[string]struct{}{}}
	s.Add(topics...)
	return s
}

// Events are what happens; the channel is closed when the stream is dropped
// for being slow, and by Close.
func (s *Subscription) Events() <-chan Event { return s.events }

// Add begins to listen to more topics.
func (s *Subscription) Add(topics ...string) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.closed {
		return
	}
	for _, t := range topics {
		s.topics[t] = struct{}{}
		if s.hub.topics[t] == nil {
			s.hub.topics[t] = map[*Subscription]struct{}{}
		}
		s.hub.topics[t][s] = struct{}{}
	}
}

// Remove stops listening to topics.
func (s *Subscription) Remove(topics ...string) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, t := range topics {
		s.drop(t)
	}
}

// Close ends the stream.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.close()
}

// close and drop are called with the hub locked.
func (s *Subscription) close() {
	if s.closed {
		return
	}
	for t := range s.topics {
		s.drop(t)
	}
	s.closed = true
	close(s.events)
}

func (s *Subscription) drop(topic string) {
	delete(s.topics, topic)
	delete(s.hub.topics[topic], s)
	if len(s.hub.topics[topic]) == 0 {
		delete(s.hub.topics, topic)
	}
}

// relayed is how many events may wait to be told to the other processes.
const relayed = 4096

// share begins to keep what is published for the other processes, too.
func (h *Hub) share() <-chan Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.others = make(chan Event, relayed)
	return h.others
}

// Publish hands each event to the streams that listen to its topic, here and,
// through the Relay, in the other processes.
func (h *Hub) Publish(events ...Event) {
	h.deliver(events...)
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.others == nil {
		return
	}
	for _, e := range events {
		select {
		case h.others <- e:
		default: // the database does not keep up; what is lost is in the timelines
		}
	}
}

// deliver hands events to the streams of this process.
func (h *Hub) deliver(events ...Event) {
	var slow []*Subscription
	h.mu.RLock()
	for _, e := range events {
		for s := range h.topics[e.Topic] {
			select {
			case s.events <- e:
			default:
				slow = append(slow, s)
			}
		}
	}
	h.mu.RUnlock()
	for _, s := range slow {
		telemetry.StreamDropped()
		s.Close()
	}
}
