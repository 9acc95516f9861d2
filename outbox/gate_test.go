package outbox

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/federation"
)

var noAnswer = federation.Result{Err: errors.New("connection refused"), Retry: true}

// TestGateCountsRounds has a burst of deliveries fail together, as they do
// when a host restarts. That is one sign that it is away, not eight.
func TestGateCountsRounds(t *testing.T) {
	var all gates
	host := all.of("away.example", 0, time.Now())
	var passes []*pass
	for range gateWidth {
		p, _ := host.enter(time.Now)
		require.NotNil(t, p)
		passes = append(passes, p)
	}
	var shut, news int
	for _, p := range passes {
		if n := p.leave(noAnswer, time.Now()); n != nil {
			news++
			if !n.until.IsZero() {
				shut++
			}
		}
	}
	require.Equal(t, 1, shut, "it is decided once to leave the host alone")
	require.Equal(t, 2, news, "and its row is written when it begins to fail, and then")
	p, until := host.enter(time.Now)
	require.Nil(t, p, "a host that failed this often is left alone")
	require.LessOrEqual(t, time.Until(until), gatePause)
}

// TestGateNarrows lets one delivery at a time to a host that has begun to fail.
func TestGateNarrows(t *testing.T) {
	var all gates
	host := all.of("shaky.example", 1, time.Now())
	first, _ := host.enter(time.Now)
	require.NotNil(t, first)
	second, until := host.enter(time.Now)
	require.Nil(t, second)
	require.False(t, until.IsZero())
	require.True(t, first.leave(federation.Result{Status: 202}, time.Now()).answered)
	for range gateWidth {
		p, _ := host.enter(time.Now)
		require.NotNil(t, p, "it answers: the gate is wide again")
	}
}

// TestGateHonoursRetryAfter leaves a host alone for as long as it asks.
func TestGateHonoursRetryAfter(t *testing.T) {
	for _, status := range []int{429, 503} {
		var all gates
		host, now := all.of("busy.example", 0, time.Now()), time.Now()
		p, _ := host.enter(time.Now)
		news := p.leave(federation.Result{Status: status, Err: errors.New("busy"), Retry: true, After: time.Hour}, now)
		require.Equal(t, now.Add(time.Hour), news.until)
	}
}

// TestGateForgetsWhatAnotherProcessSawEnd trusts the row once the pause is over.
func TestGateForgetsWhatAnotherProcessSawEnd(t *testing.T) {
	var all gates
	now := time.Now()
	host := all.of("away.example", 0, now)
	for range gatePatience {
		host.note(noAnswer, now)
	}
	require.True(t, all.of("away.example", 0, now).fails(), "the row may be older than what we saw")
	require.False(t, all.of("away.example", 0, now.Add(gatePause)).fails())
}

func TestProbesOfADay(t *testing.T) {
	probes := 0
	for failing := time.Duration(0); failing < 24*time.Hour; failing += probePause(failing) {
		probes++
	}
	require.LessOrEqual(t, probes+2*gateWidth, 40, "with what two processes have in hand when a host goes away")
}
