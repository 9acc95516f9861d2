package outbox

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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

// A day of a host that is away while two hundred deliveries wait for it: it is
// asked forty times at most, and once it is back all of them go through soon.
func TestADayAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all gates
		host := all.of("away.example")
		var asked, done atomic.Int64
		back := time.Now().Add(24 * time.Hour)
		var waiting sync.WaitGroup
		for range 200 {
			waiting.Go(func() {
				for {
					if until := host.enter(); until > 0 {
						time.Sleep(time.Until(until.Time()) + time.Millisecond)
						continue
					}
					if time.Now().After(back) {
						host.leave(federation.Result{Status: 202})
						done.Add(1)
						return
					}
					asked.Add(1)
					time.Sleep(10 * time.Second)
					host.leave(federation.Result{Err: errors.New("no answer")})
					time.Sleep(firstPause)
				}
			})
		}
		waiting.Wait()
		require.LessOrEqual(t, asked.Load(), int64(40))
		require.EqualValues(t, 200, done.Load())
		require.Less(t, time.Since(back), gateLongest+time.Minute)
	})
}
