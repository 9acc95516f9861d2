package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/telemetry"
)

// Streams are the streams open in this process, by the token or the session
// that each belongs to, so that they end with it. Tokens and sessions never
// share an id.
type Streams struct {
	mu     sync.Mutex
	open   map[int64]map[*context.CancelFunc]struct{}
	closed bool
}

// NewStreams begins without streams.
func NewStreams() *Streams {
	return &Streams{open: map[int64]map[*context.CancelFunc]struct{}{}}
}

// maxStreams is how many streams one token or session may hold open.
const maxStreams = 32

// Open registers a stream of the holder. Its context ends when the holder
// does; call done when the stream is over.
func (s *Streams) Open(ctx context.Context, holder int64) (_ context.Context, done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, fault.New(fault.Unavailable, "This node is stopping")
	}
	if len(s.open[holder]) >= maxStreams {
		return nil, nil, fault.New(fault.TooMany, "Too many streams are open")
	}
	if s.open[holder] == nil {
		s.open[holder] = map[*context.CancelFunc]struct{}{}
	}
	ctx, cancel := context.WithCancel(ctx)
	s.open[holder][&cancel] = struct{}{}
	telemetry.StreamOpened()
	return ctx, func() { s.forget(holder, &cancel) }, nil
}

func (s *Streams) forget(holder int64, cancel *context.CancelFunc) {
	(*cancel)()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.open[holder][cancel]; open {
		telemetry.StreamClosed()
	}
	delete(s.open[holder], cancel)
	if len(s.open[holder]) == 0 {
		delete(s.open, holder)
	}
}

// end closes the streams of the holders.
func (s *Streams) end(holders []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, holder := range holders {
		for cancel := range s.open[holder] {
			(*cancel)()
		}
	}
}

// Close closes all streams and takes no more: a server that stops waits for
// its answers, and a stream is one that does not end by itself.
func (s *Streams) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, streams := range s.open {
		for cancel := range streams {
			(*cancel)()
		}
	}
}

// idle reports whether no stream is open.
func (s *Streams) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open) == 0
}

// watchEvery is how soon a stream ends after its holder did; lookBack makes up
// for clocks of several processes and for transactions that took their time.
const (
	watchEvery = time.Second
	lookBack   = 10 * time.Second
)

// Watch closes the streams of tokens and sessions that have ended, until ctx
// is done, and then all of them. It is one question for all streams, and none
// while there are no streams.
func (s *Streams) Watch(ctx context.Context, r store.Reader, log *slog.Logger) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	defer s.Close()
	since := store.Now().Add(-lookBack)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := store.Now().Add(-lookBack)
		if s.idle() {
			since = now
			continue
		}
		ended, err := r.With(ctx).EndedSince(since)
		if err != nil {
			log.WarnContext(ctx, "look for tokens and sessions that have ended", "error", err)
			continue // the next look goes back as far
		}
		s.end(ended)
		since = now
	}
}
