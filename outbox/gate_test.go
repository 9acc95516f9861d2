package outbox

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/federation"
)

// TestGateCountsRounds has a burst of deliveries fail together, as they do
// when a host restarts. That is one sign that it is away, not sixteen.
func TestGateCountsRounds(t *testing.T) {
	var all gates
	host := all.of("away.example")
	for range gateWidth {
		host.enter()
	}
	for range gateWidth {
		host.leave(federation.Result{Err: errors.New("connection refused")})
	}
	until := host.shutUntil()
	require.NotZero(t, until, "a host that failed this often is left alone")
	require.LessOrEqual(t, time.Until(until.Time()), gatePause)
}
