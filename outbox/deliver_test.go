package outbox_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// deliveries are the node's deliveries in the state, newest first.
func deliveries(t *testing.T, n *nodetest.Node, state string) []*store.QueueLine {
	t.Helper()
	rows, err := n.DB.Queue(state, "", store.Page{Limit: 100})
	require.NoError(t, err)
	return rows
}

// status has a host answer deliveries with what the number says, 0: take them.
func status(h *nodetest.Host, code *atomic.Int64, header ...string) {
	h.Answer(func(w http.ResponseWriter, _ *http.Request, _ doc) bool {
		if code.Load() == 0 {
			return false
		}
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(int(code.Load()))
		return true
	})
}

// hurry makes everything that waits due now, and tries it.
func hurry(t *testing.T, n *nodetest.Node) {
	t.Helper()
	n.Exec(`UPDATE deliveries SET next_at = 0 WHERE state = 'pending'`)
	seen := map[int64]bool{}
	rows := deliveries(t, n, "pending")
	for i := len(rows) - 1; i >= 0; i-- {
		if id := rows[i].ActivityID; !seen[id] {
			seen[id] = true
			_ = n.Outbox.Deliver(t.Context(), outbox.DeliverJob{ActivityID: id}) // asks to be run again, or is done
		}
	}
}

func TestAFailedDeliveryIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		n.Settle()
		var code atomic.Int64
		code.Store(503)
		status(far, &code)
		n.Post(alice, store.Public, "hello")
		n.Settle()
		rows := deliveries(t, n, "pending")
		require.Len(t, rows, 1)
		require.Equal(t, [2]int{1, 503}, [2]int{rows[0].Attempts, rows[0].LastStatus})
		wait := time.Until(rows[0].NextAt.Time())
		require.InDelta(t, 14, wait.Seconds(), 4)
		hurry(t, n)
		rows = deliveries(t, n, "pending")
		require.Equal(t, 2, rows[0].Attempts)
		require.Greater(t, time.Until(rows[0].NextAt.Time()), wait, "the pause grows")
		require.EqualValues(t, 2, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM delivery_attempts WHERE status = 503`), "each try is a row")
		code.Store(0)
		hurry(t, n)
		require.Len(t, far.Arrived("Create"), 1)
		require.Empty(t, deliveries(t, n, "pending"))
		require.Empty(t, deliveries(t, n, "dead"))

		code.Store(503)
		n.Post(alice, store.Public, "another")
		n.Settle()
		n.Exec(fmt.Sprintf(`UPDATE activities SET created_at = %d`, store.Now().Add(-9*24*time.Hour)))
		hurry(t, n)
		dead := deliveries(t, n, "dead")
		require.Len(t, dead, 1, "after eight days it is given up, and shown")
		code.Store(0)
		require.NoError(t, n.Outbox.Retry(t.Context(), alice.ID, dead[0].ID))
		n.Settle()
		require.Len(t, far.Arrived("Create"), 2)
		require.Empty(t, deliveries(t, n, "dead"))
	})
}

func TestWhatAnAnswerMeans(t *testing.T) {
	n := sqlite(t)
	alice := n.Person("alice")
	states := map[int]string{202: "done", 200: "done", 404: "dead", 410: "dead", 400: "dead", 403: "dead", 401: "pending", 429: "pending", 500: "pending", 503: "pending"}
	hosts := map[string]int{}
	for code := range states {
		far := nodetest.Play(t, fmt.Sprintf("answers-%d", code))
		far.Actor("bob").Follow(n, alice.URI)
		var answer atomic.Int64
		far.Await("Accept")
		answer.Store(int64(code))
		status(far, &answer, "Retry-After", "3600")
		hosts[far.Name] = code
	}
	n.Post(alice, store.Public, "hello")
	n.Settle()
	for state, want := range map[string]int{"done": 2, "dead": 4, "pending": 4} {
		found := 0
		for _, d := range deliveries(t, n, state) {
			code := hosts[d.Host]
			if d.Kind != "Create" {
				continue
			}
			found++
			require.Equal(t, state, states[code], "%d", code)
			require.Equal(t, [2]int{1, code}, [2]int{d.Attempts, d.LastStatus})
			if state == "pending" {
				require.InDelta(t, 3600, time.Until(d.NextAt.Time()).Seconds(), 30, "Retry-After is honoured")
			}
		}
		require.Equal(t, want, found, state)
	}
}

// What happens to one post arrives in the order in which it happened, and what
// happens to another does not wait for it.
func TestAnUpdateWaitsForItsCreate(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	alice := n.Person("alice")
	far.Actor("bob").Follow(n, alice.URI)
	n.Settle()
	var code atomic.Int64
	code.Store(500)
	status(far, &code)
	p := n.Post(alice, store.Public, "one")
	n.Settle()
	code.Store(0)
	_, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: "two"})
	require.NoError(t, err)
	n.Post(alice, store.Public, "other")
	nodetest.Eventually(t, "the other post arrives", func() bool { return len(far.Arrived("Create")) == 1 })
	require.Equal(t, []string{"Create<p>other</p>"}, content(far.Arrived("Create", "Update")))
	hurry(t, n)
	hurry(t, n)
	require.Equal(t, []string{"Create<p>other</p>", "Create<p>one</p>", "Update<p>two</p>"}, content(far.Arrived("Create", "Update")))
}

// What waits for an earlier one is not looked at each second until that is due.
func TestWaitingCostsNothing(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		alice := n.Person("alice")
		far.Actor("bob").Follow(n, alice.URI)
		n.Settle()
		var code atomic.Int64
		code.Store(500)
		status(far, &code)
		p := n.Post(alice, store.Public, "one")
		n.Settle()
		_, err := n.Outbox.Edit(t.Context(), alice.ID, p.ID, outbox.Draft{Text: "two"})
		require.NoError(t, err)
		waiting := deliveries(t, n, "pending")
		require.Len(t, waiting, 2)
		next, err := n.DB.NextDue(waiting[0].ActivityID)
		require.NoError(t, err)
		require.Equal(t, waiting[1].NextAt, next)
	})
}

func TestASlowHostDelaysNobody(t *testing.T) {
	n := sqlite(t)
	slow, quick := nodetest.Play(t, "slow"), nodetest.Play(t, "quick")
	alice := n.Person("alice")
	slow.Actor("sal").Follow(n, alice.URI)
	quick.Actor("quinn").Follow(n, alice.URI)
	n.Settle()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	slow.Answer(func(_ http.ResponseWriter, r *http.Request, _ doc) bool {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return true
	})
	for i := range 5 {
		n.Post(alice, store.Public, fmt.Sprint(i))
	}
	begun := time.Now()
	nodetest.Eventually(t, "all arrive at the quick host", func() bool { return len(quick.Arrived("Create")) == 5 })
	require.Less(t, time.Since(begun), 3*time.Second, "the slow one has not even timed out")
}

func TestABlockedPartnerGetsNothing(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	alice := n.Person("alice")
	far.Actor("bob").Follow(n, alice.URI)
	n.Settle()
	var code atomic.Int64
	code.Store(503)
	status(far, &code)
	n.Post(alice, store.Public, "on its way when they are blocked")
	n.Settle()
	require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "block"))
	code.Store(0)
	before := far.Requests()
	hurry(t, n)
	n.Post(alice, store.Public, "written after that, to @bob@"+far.Name)
	n.Settle()
	require.Equal(t, before, far.Requests())
	require.Len(t, deliveries(t, n, "dead"), 1)
	require.Empty(t, deliveries(t, n, "pending"))
}

// Who is a partner no more keeps following, and is sent nothing.
func TestWhoIsNoPartnerAnyMoreGetsNothing(t *testing.T) {
	n := sqlite(t)
	n.Partners.Open = false
	far := nodetest.Play(t, "far")
	alice := n.Person("alice")
	require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "allow"))
	far.Actor("bob").Follow(n, alice.URI)
	far.Await("Accept")
	require.NoError(t, n.Partners.Remove(t.Context(), 0, far.Name))
	n.Settle()
	before := nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM deliveries`)
	n.Post(alice, store.Public, "among ourselves")
	n.Settle()
	require.Equal(t, before, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM deliveries`))
	require.Empty(t, far.Arrived("Create"))
	require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "allow"))
	n.Post(alice, store.Public, "for all again")
	far.Await("Create")
}

// A process dies with a delivery in its hands: the next one makes it.
func TestWhatADeadProcessHadInHand(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		alice := n.Person("alice")
		far.Actor("bob").Follow(n, alice.URI)
		n.Settle()
		require.NoError(t, n.Queue.Stop(t.Context()))
		n.Post(alice, store.Public, "hello")
		n.Exec(`UPDATE river_job SET state = 'running', attempt = 1 WHERE state = 'available' AND kind = 'deliver'`)
		if n.DB.Postgres != nil {
			n.Exec(`UPDATE river_job SET attempted_by = ARRAY['dead'], attempted_at = now() WHERE state = 'running'`)
		}
		next := nodetest.Wire(t, n.DB)
		require.NoError(t, next.Queue.Start(t.Context()))
		t.Cleanup(func() { _ = next.Queue.Stop(t.Context()) })
		far.Await("Create")
	})
}
