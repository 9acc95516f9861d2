package health

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/partners"
)

// State is how something is. The numbers are those of the metric.
type State int

// The states. Only Failing means that people notice.
const (
	Well State = iota
	Warning
	Failing
)

// String is the state as programs read it.
func (s State) String() string { return [...]string{"well", "warning", "failing"}[s] }

// MarshalText has a state written as a word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Says  string `json:"says"`         // for a person
	Do    string `json:"do,omitempty"` // what mends it
}

// Report is how a node is.
type Report struct {
	At     time.Time `json:"at"`
	State  State     `json:"state"` // the worst of the checks
	Ready  bool      `json:"ready"` // it can answer people
	Checks []Check   `json:"checks"`

	queue    queue.Waiting
	backlogs []*store.Backlog
	dead     int64
	free     uint64
	ahead    time.Duration
}

// Health looks at a node.
type Health struct {
	DB       *store.DB
	Queue    *queue.Queue
	Partners *partners.Partners
	Auth     *auth.Auth
	HTTP     *safehttp.Client
	DataDir  string
	Now      func() time.Time

	mu   sync.Mutex
	last *Report
}

const (
	reportLife = 5 * time.Second // so that whoever asks often costs nothing
	lookTime   = 4 * time.Second // what does not answer by then does not answer
)

// Report is how the node is, or was a few seconds ago.
func (h *Health) Report(ctx context.Context) *Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last != nil && h.Now().Sub(h.last.At) < reportLife {
		return h.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime) // who asks first asks for all
	defer cancel()
	h.last = h.look(ctx)
	return h.last
}

func (h *Health) look(ctx context.Context) *Report {
	r := &Report{At: h.Now()}
	database := h.database(ctx)
	r.Ready = database.State != Failing
	r.add(database)
	if r.Ready {
		r.add(h.migrations(ctx), h.jobs(ctx, r), h.deliveries(ctx, r))
	}
	r.add(h.clock(ctx, r), h.disk(r))
	r.add(h.providers(ctx)...)
	return r
}

func (r *Report) add(checks ...Check) {
	for _, c := range checks {
		r.State = max(r.State, c.State)
		r.Checks = append(r.Checks, c)
	}
}

// slowDatabase is what a row by its key should never take.
const slowDatabase = 500 * time.Millisecond

func (h *Health) database(ctx context.Context) Check {
	c := Check{Name: "database"}
	begun := time.Now()
	_, err := h.DB.With(ctx).Owners()
	took := time.Since(begun).Round(time.Millisecond)
	switch {
	case err != nil:
		c.State, c.Says = Failing, "The database does not answer: "+err.Error()
		c.Do = "See that the server of database.url runs and can be reached, or that the disk with the SQLite file is there. The node goes on by itself as soon as it is."
	case took > slowDatabase:
		c.State, c.Says = Warning, fmt.Sprintf("The database took %s for a small question.", took)
		c.Do = "Look at its load and its disk. parley_query_seconds and the log's slow statements say more."
	default:
		c.Says = fmt.Sprintf("The database answers in %s.", max(took, time.Millisecond))
	}
	return c
}

// migrations sees whether another program has changed the tables meanwhile: at
// its start each brings them up to its own version.
func (h *Health) migrations(ctx context.Context) Check {
	c := Check{Name: "migrations", Says: "The tables are as this version needs them."}
	steps, err := h.DB.Steps(ctx)
	if err == nil {
		err = store.Current(steps)
	}
	if err != nil {
		c.State, c.Says = Warning, fault.Message(err)+"."
		c.Do = "Have all processes of the node run the same version: end this one, and start it from the program of the others."
	}
	return c
}

// lateJobs is how long a job may wait before somebody should look.
const lateJobs = 2 * time.Minute

func (h *Health) jobs(ctx context.Context, r *Report) Check {
	c := Check{Name: "jobs"}
	var err error
	r.queue, err = h.Queue.Waiting(ctx)
	switch oldest := r.queue.Oldest.Round(time.Second); {
	case err != nil:
		c.State, c.Says = Warning, "The job queue cannot be read: "+err.Error()
	case oldest > lateJobs:
		c.State, c.Says = Warning, fmt.Sprintf("%s, the first of them for %s.", count(r.queue.Jobs, "job waits", "jobs wait"), oldest)
		c.Do = "See that a process runs with the role worker, and what the log says of jobs."
	case !r.queue.Led:
		c.State, c.Says = Warning, "No process keeps the clock: what waits for its time stands still."
		c.Do = "Run a process with the role scheduler. If one has just ended, another takes over within seconds."
	default:
		c.Says = "Jobs are done as they come."
	}
	return c
}

// manyHosts bounds how many hosts a report tells apart.
const manyHosts = 1000

// lateDeliveries is how long something may wait for a host that answers.
const lateDeliveries = 10 * time.Minute

func (h *Health) deliveries(ctx context.Context, r *Report) Check {
	c := Check{Name: "deliveries"}
	var err error
	read := h.DB.With(ctx)
	if r.backlogs, err = read.Backlogs(manyHosts); err == nil {
		r.dead, err = read.DeadLetters()
	}
	if err != nil {
		c.State, c.Says = Warning, "The deliveries cannot be read: "+err.Error()
		return c
	}
	late, away, waiting, now := 0, 0, 0, store.TimeOf(h.Now())
	for _, b := range r.backlogs {
		switch {
		case b.State != store.Healthy:
			away++
			waiting += b.Count
		case b.Oldest < now.Add(-lateDeliveries):
			late++
		}
	}
	switch {
	case late > 0:
		c.State, c.Says = Warning, fmt.Sprintf("%s wait longer than they should, although the hosts answer: %s.", "Deliveries", count(late, "host", "hosts"))
		c.Do = "See that a process runs with the role worker, and whether its CPU is at its end. Owner > Deliveries has them."
	case away > 0:
		c.Says = fmt.Sprintf("%s; %s for them and will be tried again.", count(away, "host does not answer", "hosts do not answer"), count(waiting, "delivery waits", "deliveries wait"))
	default:
		c.Says = "Whatever is to go out has gone out."
	}
	if r.dead > 0 {
		c.Says += fmt.Sprintf(" %s given up; Owner > Deliveries says why.", count(int(r.dead), "was", "were"))
	}
	return c
}

const (
	skewWarning = 30 * time.Second
	skewFailing = 10 * time.Minute // an hour ahead and no one takes our signatures any more
)

func (h *Health) clock(ctx context.Context, r *Report) Check {
	c := Check{Name: "clock"}
	ahead, hosts := h.HTTP.Skew()
	against := "the clocks of " + count(hosts, "other host", "other hosts")
	if now, err := h.DB.With(ctx).Clock(); err == nil && hosts == 0 {
		ahead, against = h.Now().Sub(now.Time()), "the database's clock"
		if h.DB.Postgres == nil {
			c.Says = "No other clock was seen yet."
			return c
		}
	}
	r.ahead = ahead
	off, direction := ahead, "ahead of "
	if ahead < 0 {
		off, direction = -ahead, "behind "
	}
	if off < skewWarning {
		c.Says = "It agrees with " + against + "."
		return c
	}
	c.State = Warning
	if off > skewFailing {
		c.State = Failing
	}
	c.Says = fmt.Sprintf("It is %s %s%s.", off.Round(time.Second), direction, against)
	c.Do = "Have this machine set its clock by NTP (timedatectl set-ntp true). Other nodes refuse signatures of another hour, and sign-ins end early."
	return c
}

func (h *Health) disk(r *Report) Check {
	c := Check{Name: "disk"}
	free, total, err := space(h.DataDir)
	if err != nil {
		c.State, c.Says = Warning, fmt.Sprintf("The space below data_dir %q cannot be read: %v", h.DataDir, err)
		return c
	}
	r.free = free
	share := 100 * float64(free) / float64(max(total, 1))
	c.Says = fmt.Sprintf("%s (%.0f %%) are free below data_dir.", size(free), share)
	switch {
	case free < 100<<20:
		c.State = Failing
	case free < 1<<30, share < 5:
		c.State = Warning
	}
	if c.State != Well {
		c.Do = "Make room, or a larger disk. media.remote_cache_mb bounds copies of other nodes' files; without room nothing can be posted or taken in."
	}
	return c
}

// providerTime is how long all providers together may keep a report waiting:
// whoever asks whether a node is ready does not wait for them.
const providerTime = time.Second

var errSilent = fault.New(fault.Unavailable, "It did not answer within a second.")

// providers asks all of them at once.
func (h *Health) providers(ctx context.Context) []Check {
	answers := make([]chan error, len(h.Auth.Providers))
	for i, p := range h.Auth.Providers {
		answers[i] = make(chan error, 1) // an answer that comes late is nobody's
		go func() { answers[i] <- p.Reachable(ctx) }()
	}
	late, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	var checks []Check
	for i, p := range h.Auth.Providers {
		var err error
		select {
		case err = <-answers[i]:
		case <-late.Done():
			err = errSilent
		}
		checks = append(checks, provider(p.Name, err))
	}
	return checks
}

func provider(name string, err error) Check {
	c := Check{Name: "provider " + name}
	if err != nil {
		c.State, c.Says = Warning, "It does not announce itself: "+fault.Message(err)
		c.Do = "Who is signed in stays so. parley identity check says what is wrong; parley account link NAME lets somebody in meanwhile."
		return c
	}
	c.Says = "People can sign in with it."
	return c
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// size is a number of bytes for a person.
func size(n uint64) string {
	const unit = 1000
	value, names := float64(n), []string{"bytes", "kB", "MB", "GB", "TB"}
	for len(names) > 1 && value >= unit {
		value, names = value/unit, names[1:]
	}
	return fmt.Sprintf("%.3g %s", value, names[0])
}
