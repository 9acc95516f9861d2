package auth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

// A session ends when it is as old as it may be, however much it is used, and
// when nobody used it for long enough.
func TestSessionsEndByThemselves(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.SessionTTL, n.SessionIdle = 12*time.Hour, time.Hour
		ada := n.account("ada", auth.Member)
		set := func(column string, ago time.Duration) {
			t.Helper()
			n.exec(`UPDATE sessions SET `+column+` = ?`, store.Now().Add(-ago))
		}
		b := n.signedIn(ada)
		sessions, err := n.DB.Sessions(ada)
		require.NoError(t, err)
		assert.Equal(t, sessions[0].CreatedAt.Add(12*time.Hour), sessions[0].ExpiresAt)
		home := func() int { return b.get(n.URL + "/home").code }

		set("seen_at", 59*time.Minute)
		assert.Equal(t, http.StatusOK, home())
		assert.Equal(t, http.StatusOK, home(), "it counts as used now")
		set("seen_at", 61*time.Minute)
		assert.Equal(t, http.StatusFound, home())
		set("seen_at", 0)
		assert.Equal(t, http.StatusFound, home(), "what has ended stays so")

		b = n.signedIn(ada)
		set("expires_at", time.Second)
		assert.Equal(t, http.StatusFound, home())
	})
}
