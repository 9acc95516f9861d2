package telemetry_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/telemetry"
)

func scrape(t *testing.T) string {
	t.Helper()
	handler, err := telemetry.Handler()
	require.NoError(t, err)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

// Each thing that happens is counted under what became of it.
func TestWhatIsCounted(t *testing.T) {
	for _, err := range []error{nil, fault.New(fault.Unauthorized, ""), fault.New(fault.Forbidden, ""), fault.New(fault.BadRequest, ""), fault.New(fault.Unavailable, ""), errors.New("a fault of ours")} {
		telemetry.Arrival(err)
		telemetry.SignIn("Corp", err)
	}
	telemetry.Delivery("*.partner.example", "dead", 3*time.Second)
	telemetry.Job("deliver", "later", time.Millisecond)
	telemetry.Request("api", 503, time.Millisecond)
	telemetry.StreamOpened()
	telemetry.StreamOpened()
	telemetry.StreamClosed()
	telemetry.StreamDropped()
	require.False(t, telemetry.Query(time.Millisecond))
	require.True(t, telemetry.Query(time.Second))

	numbers := scrape(t)
	for _, verdict := range []string{"taken", "unsigned", "barred", "malformed", "unavailable", "failed"} {
		require.Contains(t, numbers, `parley_inbox_activities_total{verdict="`+verdict+`"} 1`)
	}
	for _, line := range []string{
		`parley_sign_ins_total{provider="Corp",result="in"} 1`, `parley_sign_ins_total{provider="Corp",result="refused"} 3`,
		`parley_sign_ins_total{provider="Corp",result="provider_failed"} 1`, `parley_sign_ins_total{provider="Corp",result="failed"} 1`,
		`parley_deliveries_total{partner="*.partner.example",state="dead"} 1`, `parley_delivery_seconds_count 1`,
		`parley_job_seconds_count{kind="deliver",result="later"} 1`, `parley_http_request_seconds_count{code="503",part="api"} 1`,
		`parley_streams 1`, `parley_streams_dropped_total 1`, `parley_query_seconds_count 2`, `parley_slow_queries_total 1`, `go_goroutines `,
	} {
		require.Contains(t, numbers, line)
	}
}

// Spans go to the collector, and what goes on later belongs to what it goes on with.
func TestSpans(t *testing.T) {
	ctx, none := telemetry.Start(t.Context(), telemetry.Internal, "before")
	require.Nil(t, none)
	require.Empty(t, telemetry.Parent(ctx), "nothing is traced")
	none.End(nil)

	var mu sync.Mutex
	var sent strings.Builder
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, "/v1/traces", r.URL.Path)
		_, _ = io.Copy(&sent, r.Body)
	}))
	t.Cleanup(collector.Close)
	stop, err := telemetry.Trace(t.Context(), collector.URL, "social.example", "0.1.0", func(err error) { t.Error(err) })
	require.NoError(t, err)
	ctx, request := telemetry.Start(t.Context(), telemetry.Server, "POST")
	request.Name("POST /inbox")
	request.Number("http.response.status_code", 202)
	parent := telemetry.Parent(ctx)
	later, job := telemetry.Start(telemetry.WithParent(t.Context(), parent), telemetry.Consumer, "job deliver")
	require.Equal(t, strings.Split(parent, "-")[1], strings.Split(telemetry.Parent(later), "-")[1], "one trace")
	job.End(errors.New("what somebody wrote"))
	request.End(nil)
	require.NoError(t, stop(t.Context()))

	mu.Lock()
	defer mu.Unlock()
	for _, text := range []string{"POST /inbox", "job deliver", "http.response.status_code", "social.example"} {
		require.Contains(t, sent.String(), text)
	}
	require.NotContains(t, sent.String(), "what somebody wrote")
	_, none = telemetry.Start(t.Context(), telemetry.Internal, "after")
	require.Nil(t, none)
}
