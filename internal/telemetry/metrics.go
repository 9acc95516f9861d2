package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parley/internal/fault"
)

// registry holds what this process counts.
var registry = prometheus.NewRegistry()

var auto = promauto.With(registry)

// seconds are the bounds of times, from a row by its key to what nobody waits for.
var seconds = []float64{.001, .005, .02, .1, .5, 2, 10, 60}

// What is counted. Durations are in seconds, as Prometheus asks.
var (
	requests = auto.NewHistogramVec(prometheus.HistogramOpts{Name: "parley_http_request_seconds", Buckets: seconds,
		Help: "Requests by the part of the node that answers and the status of the answer. Streams are not among them."}, []string{"part", "code"})

	arrivals = auto.NewCounterVec(prometheus.CounterOpts{Name: "parley_inbox_activities_total",
		Help: "Activities at the inbox by verdict: taken, unsigned (nobody vouches for it), barred (a domain that is not admitted, or not allowed), malformed, unavailable (their key cannot be had, or the database is away), failed (a fault of ours)."}, []string{"verdict"})

	deliveries = auto.NewCounterVec(prometheus.CounterOpts{Name: "parley_deliveries_total",
		Help: "Tries to deliver by the partner entry that the host falls under, other for none, and what became of it: done, pending (it is tried again), dead (given up)."}, []string{"partner", "state"})

	deliverySeconds = auto.NewHistogram(prometheus.HistogramOpts{Name: "parley_delivery_seconds", Buckets: seconds,
		Help: "How long a try to deliver takes, the other node included."})

	signIns = auto.NewCounterVec(prometheus.CounterOpts{Name: "parley_sign_ins_total",
		Help: "Sign-ins that came back from an identity provider, by provider and result: in, refused, provider_failed, failed (a fault of ours)."}, []string{"provider", "result"})

	streams = auto.NewGauge(prometheus.GaugeOpts{Name: "parley_streams", Help: "Open streams of client apps and pages."})

	streamsDropped = auto.NewCounter(prometheus.CounterOpts{Name: "parley_streams_dropped_total", Help: "Streams that ended because their reader did not keep up."})

	queries = auto.NewHistogram(prometheus.HistogramOpts{Name: "parley_query_seconds", Buckets: seconds, Help: "How long a statement takes in the database."})

	slowQueries = auto.NewCounter(prometheus.CounterOpts{Name: "parley_slow_queries_total", Help: "Statements that took longer than half a second; the log has them."})

	jobs = auto.NewHistogramVec(prometheus.HistogramOpts{Name: "parley_job_seconds", Buckets: seconds,
		Help: "Jobs by kind and result: done, later (it will come again, as meant), failed (it will be tried again)."}, []string{"kind", "result"})
)

func init() {
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// Handler answers with all of it in the format of Prometheus, and with what
// more collects at that moment.
func Handler(more ...prometheus.Collector) (http.Handler, error) {
	own := prometheus.NewRegistry()
	for _, c := range more {
		if err := own.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(prometheus.Gatherers{registry, own}, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}), nil
}

// Request notes a request that was answered.
func Request(part string, status int, took time.Duration) {
	requests.WithLabelValues(part, strconv.Itoa(status)).Observe(took.Seconds())
}

// Arrival notes what became of an activity at the inbox.
func Arrival(err error) {
	verdict := "failed"
	switch {
	case err == nil:
		verdict = "taken"
	case fault.Is(err, fault.Unauthorized):
		verdict = "unsigned"
	case fault.Is(err, fault.Unavailable):
		verdict = "unavailable"
	case fault.Is(err, fault.Forbidden), fault.Is(err, fault.NotFound), fault.Is(err, fault.Gone):
		verdict = "barred"
	case fault.Of(err) != fault.Internal:
		verdict = "malformed"
	}
	arrivals.WithLabelValues(verdict).Inc()
}

// Delivery notes a try to deliver, and what the delivery is after it: done, pending or dead.
func Delivery(partner, state string, took time.Duration) {
	deliveries.WithLabelValues(partner, state).Inc()
	deliverySeconds.Observe(took.Seconds())
}

// SignIn notes somebody who came back from a provider.
func SignIn(provider string, err error) {
	result := "refused"
	switch {
	case err == nil:
		result = "in"
	case fault.Is(err, fault.Unavailable):
		result = "provider_failed"
	case fault.Is(err, fault.Internal):
		result = "failed"
	}
	signIns.WithLabelValues(provider, result).Inc()
}

// StreamOpened and StreamClosed keep the number of open streams.
func StreamOpened() { streams.Inc() }

// StreamClosed is called once for each StreamOpened.
func StreamClosed() { streams.Dec() }

// StreamDropped notes a stream whose reader did not keep up.
func StreamDropped() { streamsDropped.Inc() }

// slow is what no statement of a page should take.
const slow = 500 * time.Millisecond

// Query notes a statement of the database and tells whether it was slow.
func Query(took time.Duration) bool {
	queries.Observe(took.Seconds())
	if took < slow {
		return false
	}
	slowQueries.Inc()
	return true
}

// Job notes a job that was tried: done, later or failed.
func Job(kind, result string, took time.Duration) {
	jobs.WithLabelValues(kind, result).Observe(took.Seconds())
}
