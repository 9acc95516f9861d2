package mastodon

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// Streams are the streams open in this process, so that those of a token that
// has ended can be closed.
type Streams struct {
	mu     sync.Mutex
	open   map[int64]map[*stream]struct{} // by token
	closed bool
}

// NewStreams begins without streams.
func NewStreams() *Streams { return &Streams{open: map[int64]map[*stream]struct{}{}} }

// maxStreams is how many streams one token may hold open.
const maxStreams = 32

func (s *Streams) add(st *stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := st.who.TokenID
	if s.closed {
		return fault.New(fault.Unavailable, "This node is stopping")
	}
	if len(s.open[token]) >= maxStreams {
		return fault.New(fault.TooMany, "Too many streams are open")
	}
	if s.open[token] == nil {
		s.open[token] = map[*stream]struct{}{}
	}
	s.open[token][st] = struct{}{}
	return nil
}

func (s *Streams) remove(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open[st.who.TokenID], st)
	if len(s.open[st.who.TokenID]) == 0 {
		delete(s.open, st.who.TokenID)
	}
}

// end closes the streams of the tokens.
func (s *Streams) end(tokens ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range tokens {
		for st := range s.open[token] {
			st.cancel()
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
		for st := range streams {
			st.cancel()
		}
	}
}

// idle reports whether no stream is open.
func (s *Streams) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open) == 0
}

// watchEvery is how soon a stream ends after its token did; lookBack makes up
// for clocks of several processes and for transactions that took their time.
const (
	watchEvery = time.Second
	lookBack   = 10 * time.Second
)

// Watch closes the streams of tokens that have ended, until ctx is done, and
// then all of them. It is one question for all streams, and none while there
// are no streams.
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
		tokens, _, err := r.With(ctx).EndedSince(since)
		if err != nil {
			log.WarnContext(ctx, "look for tokens that have ended", "error", err)
			continue // the next look goes back as far
		}
		s.end(tokens...)
		since = now
	}
}
