package health_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/internal/health"
	"parley/internal/nodetest"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/internal/telemetry"
	"parley/partners"
)

// look is how a node over db is, as programs are told; what is 0 is not looked at.
func look(t *testing.T, h *health.Health) (status int, report health.Report) {
	t.Helper()
	w := httptest.NewRecorder()
	h.Ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	var words struct {
		Ready  bool
		Checks []struct{ Name, State, Says, Do string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &words), w.Body)
	report.Ready = words.Ready
	for _, c := range words.Checks {
		state := map[string]health.State{"well": health.Well, "warning": health.Warning, "failing": health.Failing}[c.State]
		report.Checks = append(report.Checks, health.Check{Name: c.Name, State: state, Says: c.Says, Do: c.Do})
		if state != health.Well {
			require.NotEmpty(t, c.Do, "%s says what to do: %s", c.Name, c.Says)
		}
	}
	return w.Code, report
}

func of(t *testing.T, r health.Report, name string) health.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %s", name)
	return health.Check{}
}

func over(t *testing.T, db *store.DB, roles queue.Roles) *health.Health {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	require.NoError(t, queue.Migrate(t.Context(), db))
	q, err := queue.New(db, log, roles, queue.Do(time.Minute, (&auth.Auth{DB: db}).AskAgain))
	require.NoError(t, err)
	require.NoError(t, q.Start(t.Context()))
	t.Cleanup(func() { _ = q.Stop(t.Context()) })
	p := &partners.Partners{DB: db, Open: true, Log: log}
	require.NoError(t, p.Load(t.Context()))
	// Each look is later than a report is kept.
	now := time.Now()
	clock := func() time.Time { now = now.Add(6 * time.Second); return now }
	return &health.Health{DB: db, Queue: q, Partners: p, Auth: &auth.Auth{DB: db}, HTTP: safehttp.New(safehttp.Options{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}), DataDir: t.TempDir(), Now: clock}
}

func TestAHealthyNodeIsWell(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		status, r := look(t, over(t, db, queue.All))
		require.Equal(t, http.StatusOK, status)
		for _, c := range r.Checks {
			require.Equal(t, health.Well, c.State, "%s: %s", c.Name, c.Says)
			require.NotEmpty(t, c.Says)
		}
	})
}

func TestWithoutADatabaseNothingIsReady(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		db, err := store.Open(t.Context(), storetest.URL(t, kind))
		require.NoError(t, err)
		_, err = db.Migrate(t.Context())
		require.NoError(t, err)
		h := over(t, db, queue.Roles{})
		require.NoError(t, db.Close())
		status, r := look(t, h)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.False(t, r.Ready)
		require.Equal(t, health.Failing, of(t, r, "database").State)
	}
}

// A process that goes on after a newer program has changed the tables says so.
func TestTablesOfANewerProgram(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := over(t, db, queue.All)
		_, r := look(t, h)
		require.Equal(t, health.Well, of(t, r, "migrations").State)
		nodetest.Exec(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (90001, TRUE)`)
		status, r := look(t, h)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, of(t, r, "migrations").Says, "changed by a newer Parley")
	})
}

func TestJobsThatNobodyDoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := over(t, db, queue.Roles{})
		_, r := look(t, h)
		if db.Postgres != nil {
			require.Equal(t, health.Warning, of(t, r, "jobs").State, "nobody keeps the clock")
		} else {
			require.Equal(t, health.Well, of(t, r, "jobs").State, "a command cannot tell, and does not complain")
		}
		require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error {
			return h.Queue.Insert(t.Context(), tx, auth.RecheckJob{})
		}))
		past := "now() - interval '1 hour'"
		if db.Postgres == nil {
			past = "datetime('now', '-1 hour')"
		}
		nodetest.Exec(t, db, `UPDATE river_job SET scheduled_at = `+past)
		status, r := look(t, h)
		require.Equal(t, http.StatusOK, status, "people are answered all the same")
		require.Contains(t, of(t, r, "jobs").Says, "1 job waits, the first of them for 1h")
	})
}

func TestDeliveriesThatWait(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := over(t, db, queue.All)
		require.NoError(t, (&actors.Actors{DB: db, URL: "https://here.example", Domain: "here.example", Log: slog.New(slog.DiscardHandler)}).Open(t.Context()))
		actor := nodetest.Number(t, db, `SELECT MIN(id) FROM actors`)
		wait := func(host string, since time.Duration) {
			require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error {
				id := store.NewID()
				return tx.Dispatch(&store.Activity{ID: id, URI: fmt.Sprint("https://here.example/", id), Kind: "Create", ActorID: actor, CreatedAt: store.TimeOf(time.Now().Add(-since))},
					map[string]string{"https://" + host + "/inbox": host})
			}))
		}
		require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.SetPartner(&store.Partner{Domain: "away.example", Policy: "allow"}); err != nil {
				return err
			}
			if err := tx.HostFailed("away.example", 5, store.Now(), "no answer"); err != nil {
				return err
			}
			_, err := tx.ShutHost("away.example", store.Now(), store.Now().Add(time.Hour))
			return err
		}))
		require.NoError(t, h.Partners.Load(t.Context()))
		wait("away.example", time.Hour)
		wait("away.example", 2*time.Hour)
		_, r := look(t, h)
		require.Equal(t, health.Well, of(t, r, "deliveries").State, "that is the other's trouble")
		require.Contains(t, of(t, r, "deliveries").Says, "1 host does not answer; 2 deliveries wait")

		wait("well.example", time.Hour)
		_, r = look(t, h)
		require.Equal(t, health.Warning, of(t, r, "deliveries").State, "that is ours")

		numbers := scrape(t, h)
		require.Contains(t, numbers, `parley_deliveries_waiting{hosts="partner",state="unavailable"} 2`)
		require.Contains(t, numbers, `parley_deliveries_waiting{hosts="other",state="healthy"} 1`)
		require.Contains(t, numbers, `parley_health{check="deliveries"} 1`)
		require.Contains(t, numbers, `parley_leader 1`)
	})
}

func scrape(t *testing.T, h *health.Health) string {
	t.Helper()
	handler, err := telemetry.Handler(h)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

func TestAClockThatIsWrong(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	h := over(t, db, queue.All)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(20*time.Minute).UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, "late")
	}))
	t.Cleanup(other.Close)
	_, r := look(t, h)
	require.Equal(t, health.Well, of(t, r, "clock").State)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, other.URL, nil)
	require.NoError(t, err)
	answer, err := h.HTTP.Do(t.Context(), request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	_, r = look(t, h)
	require.Equal(t, health.Failing, of(t, r, "clock").State)
	require.Contains(t, of(t, r, "clock").Says, " behind the clocks of 1 other host")
}

// A provider that accepts and never answers keeps nobody waiting who asks
// whether the node is ready.
func TestAProviderThatHangs(t *testing.T) {
	h := over(t, storetest.Open(t, storetest.URL(t, "sqlite")), queue.All)
	release := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(hangs.Close)
	t.Cleanup(func() { close(release) }) // before it is closed
	h.Auth.Providers = []*auth.Provider{{Name: "Corp", Issuer: hangs.URL, ClientID: "parley", Client: h.HTTP.HTTPClient()}}
	status, r := look(t, h)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, of(t, r, "provider Corp").Says, "did not answer within a second")
}

func TestAProviderThatIsAway(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	h := over(t, db, queue.All)
	h.Auth.Providers = []*auth.Provider{{Name: "Corp", Issuer: "http://127.0.0.1:1", ClientID: "parley", Client: h.HTTP.HTTPClient()}}
	status, r := look(t, h)
	require.Equal(t, http.StatusOK, status, "who is signed in stays so")
	require.Equal(t, health.Warning, of(t, r, "provider Corp").State)
}
