package health

import (
	"context"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"parley/federation"
	"parley/internal/store"
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("parley_"+name, help, labels, nil)
}

// What is collected is the same from every process of a node but for the lead,
// the disk and the clock: take the maximum.
var (
	healthDesc  = describe("health", "What was looked at: 0 well, 1 warning, 2 failing.", "check")
	jobsDesc    = describe("jobs_waiting", "Jobs that are due and not begun.")
	jobAgeDesc  = describe("jobs_oldest_seconds", "How long the first of them has waited.")
	leaderDesc  = describe("leader", "1 for the process that keeps the clock for all.")
	waitingDesc = describe("deliveries_waiting", "Deliveries that were not made yet, by whether the host falls under a partner entry and how it is: healthy, failing, unavailable.", "hosts", "state")
	ageDesc     = describe("deliveries_oldest_seconds", "How long ago the oldest of them was made.", "hosts", "state")
	deadDesc    = describe("deliveries_dead", "Deliveries that were given up and not tried again.")
	diskDesc    = describe("disk_free_bytes", "Space below data_dir.")
	clockDesc   = describe("clock_ahead_seconds", "By how much the clock is ahead of those of other hosts, or of the database's.")
)

// Describe is for Prometheus.
func (h *Health) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{healthDesc, jobsDesc, jobAgeDesc, leaderDesc, waitingDesc, ageDesc, deadDesc, diskDesc, clockDesc} {
		out <- d
	}
}

type backlogKind struct {
	hosts string // partner, other
	state string
}

// Collect is for Prometheus.
func (h *Health) Collect(out chan<- prometheus.Metric) {
	r := h.Report(context.Background())
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, c := range r.Checks {
		gauge(healthDesc, float64(c.State), strings.ReplaceAll(c.Name, " ", "_"))
	}
	gauge(jobsDesc, float64(r.queue.Jobs))
	gauge(jobAgeDesc, r.queue.Oldest.Seconds())
	leads := 0.0
	if h.Queue.Leads() {
		leads = 1
	}
	gauge(leaderDesc, leads)
	waiting, oldest := map[backlogKind]int{}, map[backlogKind]float64{}
	for _, hosts := range []string{"partner", "other"} { // all of them, so that nothing waiting is a number too
		for _, state := range []store.HostState{store.Healthy, store.Failing, store.Unavailable} {
			waiting[backlogKind{hosts, string(state)}] = 0
		}
	}
	for _, b := range r.backlogs {
		k := backlogKind{"other", string(b.State)}
		if h.Partners.Under(federation.Host(b.Host)) != "other" {
			k.hosts = "partner"
		}
		waiting[k] += b.Count
		oldest[k] = max(oldest[k], r.At.Sub(b.Oldest.Time()).Seconds())
	}
	for k, n := range waiting {
		gauge(waitingDesc, float64(n), k.hosts, k.state)
		gauge(ageDesc, oldest[k], k.hosts, k.state)
	}
	gauge(deadDesc, float64(r.dead))
	gauge(diskDesc, float64(r.free))
	gauge(clockDesc, r.ahead.Seconds())
}
