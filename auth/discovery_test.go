package auth_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/fault"
)

func TestDiscoveryIsLazyAndTriesAgain(t *testing.T) {
	h := newHostile(t)
	h.document["issuer"] = h.URL + "/"
	now := time.Now()
	p := h.relyingParty()
	p.Now = func() time.Time { return now }
	assert.Zero(t, h.discoveries.Load())

	_, err := h.exchange(t, p)
	assert.Equal(t, fault.Unavailable, fault.Of(err))
	assert.Contains(t, fault.Message(err), "issuer exactly")
	_, err = h.exchange(t, p)
	require.Error(t, err)
	assert.Equal(t, int64(1), h.discoveries.Load(), "it keeps quiet for a moment")

	h.mu.Lock()
	h.document["issuer"] = h.URL
	h.mu.Unlock()
	now = now.Add(5 * time.Second)
	_, err = h.exchange(t, p)
	require.NoError(t, err)
	_, err = h.exchange(t, p)
	require.NoError(t, err)
	assert.Equal(t, int64(2), h.discoveries.Load())
	assert.Equal(t, int64(1), h.keyFetches.Load())
}

func TestUnreachableProvider(t *testing.T) {
	h := newHostile(t)
	p := h.relyingParty()
	h.Close()
	_, err := p.AuthCodeURL(t.Context(), auth.NewAttempt("x"), auth.Wish{})
	assert.Equal(t, fault.Unavailable, fault.Of(err))
	assert.Contains(t, fault.Message(err), "Corp cannot be reached")
}

// clock is one that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// What a provider announces is read again after an hour, by one at a time and
// while others go on; a provider that is away keeps what it said.
func TestDiscoveryIsRenewed(t *testing.T) {
	h, c := newHostile(t), &clock{now: time.Now()}
	p := h.relyingParty()
	p.Now = c.time
	endpoint := func() string {
		link, err := p.AuthCodeURL(t.Context(), auth.NewAttempt("x"), auth.Wish{})
		require.NoError(t, err)
		before, _, _ := strings.Cut(link, "?")
		return before
	}
	reads := func(count int64) func() bool {
		return func() bool { endpoint(); return h.discoveries.Load() == count }
	}
	require.Equal(t, h.URL+"/authorize", endpoint())
	c.forward(59 * time.Minute)
	endpoint()
	require.EqualValues(t, 1, h.discoveries.Load())

	h.mu.Lock() // it does not answer for now, and says something new then
	h.document["authorization_endpoint"], h.document["jwks_uri"] = h.URL+"/elsewhere", h.URL+"/keys?new"
	c.forward(2 * time.Minute)
	for range 20 {
		assert.Equal(t, h.URL+"/authorize", endpoint(), "nobody waits for it")
	}
	h.mu.Unlock()
	require.Eventually(t, func() bool { return endpoint() == h.URL+"/elsewhere" }, 5*time.Second, time.Millisecond)
	assert.EqualValues(t, 2, h.discoveries.Load(), "one at a time")
	h.claims["exp"], h.claims["nonce"] = c.time().Add(time.Minute).Unix(), nonce
	_, err := h.exchange(t, p)
	require.NoError(t, err)
	assert.Equal(t, "new", h.askedForKeys(), "a key set that moved is found")

	h.mu.Lock()
	h.document["issuer"] = "https://other.example"
	h.mu.Unlock()
	for read := range int64(3) { // for as long as it takes
		c.forward(2 * time.Hour)
		require.Eventually(t, reads(3+read), 5*time.Second, time.Millisecond)
		assert.Equal(t, h.URL+"/elsewhere", endpoint())
		assert.Never(t, func() bool { endpoint(); return h.discoveries.Load() > 3+read }, 50*time.Millisecond, time.Millisecond, "it is left alone for a minute")
	}
}

// A key that the provider has withdrawn is forgotten within the hour, though no
// new one ever made us ask.
func TestAWithdrawnKeyIsForgotten(t *testing.T) {
	h, c := newHostile(t), &clock{now: time.Now()}
	p := h.relyingParty()
	p.Now = c.time
	_, err := h.exchange(t, p)
	require.NoError(t, err)
	h.mu.Lock()
	h.keys = nil
	h.mu.Unlock()
	c.forward(61 * time.Minute)
	h.claims["exp"] = c.time().Add(time.Minute).Unix()
	require.Eventually(t, func() bool {
		_, err := h.exchange(t, p)
		return fault.Is(err, fault.Unauthorized)
	}, 5*time.Second, time.Millisecond)
}

// Clocks may be a minute apart, and whoever runs the node is told when they are
// further.
func TestClocksMayDiffer(t *testing.T) {
	for off, fine := range map[time.Duration]bool{
		45 * time.Second: true, -45 * time.Second: true, 5 * time.Minute: false, -5 * time.Minute: false,
	} {
		t.Run(off.String(), func(t *testing.T) {
			h := newHostile(t)
			now := time.Now()
			h.claims["iat"], h.claims["nbf"], h.claims["exp"] = now.Unix(), now.Unix(), now.Add(10*time.Second).Unix()
			p := h.relyingParty()
			p.Now = func() time.Time { return time.Now().Add(off) }
			_, err := h.exchange(t, p)
			if fine {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, fault.Unauthorized, fault.Of(err), err)
			assert.Contains(t, fault.Message(err), "the clocks of both machines")
		})
	}
}
