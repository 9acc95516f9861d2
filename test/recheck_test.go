package test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/nodetest"
	"parley/internal/queue"
	"parley/internal/store"
)

// database is the node's, beside the node.
func (n *node) database() *store.DB {
	n.t.Helper()
	for _, setting := range n.env {
		if url, ok := strings.CutPrefix(setting, "PARLEY_DATABASE_URL="); ok {
			db, err := store.Open(n.t.Context(), url)
			require.NoError(n.t, err)
			n.t.Cleanup(func() { _ = db.Close() })
			return db
		}
	}
	n.t.Fatal("the node has no database")
	return nil
}

// recheck makes the provider's word five hours old, and has two jobs at once see
// to that.
func recheck(t *testing.T, db *store.DB) (began store.Time) {
	t.Helper()
	jobs, err := queue.New(db, slog.New(slog.DiscardHandler), queue.Roles{})
	require.NoError(t, err)
	old := store.Now().Add(-5 * time.Hour)
	nodetest.Exec(t, db, fmt.Sprintf(`UPDATE identities SET checked_at = %d, asked_at = %d`, old, old))
	began = store.Now()
	require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error {
		if err := jobs.Insert(t.Context(), tx, auth.RecheckJob{}); err != nil {
			return err
		}
		return jobs.Insert(t.Context(), tx, auth.RecheckJob{})
	}))
	return began
}

// TestRecheck has a provider of another make, which gives each refresh token once
// and ends them all when one comes again, be asked about people who never come back:
// on PostgreSQL by two processes.
func TestRecheck(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		idp, n := startIdentityProvider(t, database, "AUTH_RECHECK=4h")
		n.start()
		if database == "postgres" {
			n.twin().start()
		}
		n.command("account", "create", "olga", "--email", "olga@corp.example", "--role", "owner")
		ada, bob := n.join("ada"), n.join("bob")
		streams := []<-chan event{ada.events(), bob.events()}
		db := n.database()

		idp.control("groups", fields{"sub": "ada", "groups": []string{"helpdesk"}})
		for range 2 {
			began := recheck(t, db)
			eventually(t, "the provider vouches for both", func() bool {
				return nodetest.Number(t, db, fmt.Sprintf(`SELECT COUNT(*) FROM identities WHERE checked_at >= %d AND refresh_token <> ''`, began)) == 2
			})
		}
		require.Equal(t, "moderator", ada.role(), "without a sign-in")
		require.NotEqual(t, "moderator", bob.role())

		idp.control("disable", fields{"sub": "ada"})
		idp.control("revoke", fields{"sub": "bob"})
		recheck(t, db)
		eventuallyIn(t, leaveTime, "everything of theirs has ended", func() bool {
			for i, p := range []*person{ada, bob} {
				code, _ := p.ask("GET", "/api/v1/accounts/verify_credentials", nil)
				if code != http.StatusUnauthorized || !ended(streams[i]) {
					return false
				}
			}
			return true
		})
		require.EqualValues(t, 2, nodetest.Number(t, db, `SELECT COUNT(*) FROM audit_lines WHERE action = 'account.recheck' AND detail LIKE '%Corp IdP%' AND detail LIKE '%gone%'`))
		require.Equal(t, bob.ID, n.join("bob").ID, "who is still there may come back")
	})
}
