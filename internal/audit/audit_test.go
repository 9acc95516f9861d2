package audit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/audit"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// tell writes n lines, many at once.
func tell(t *testing.T, db *store.DB, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			assert.NoError(t, db.Write(context.Background(), func(tx *store.Tx) error {
				return audit.Write(tx, audit.Act{Action: "partner.block", Subject: fmt.Sprint(i), Detail: map[string]any{"n": i}})
			}))
		})
	}
	all.Wait()
}

func TestTheChainShowsWhatWasDoneToIt(t *testing.T) {
	for name, harm := range map[string]struct {
		query []string
		words string
	}{
		"nothing":              {nil, ""},
		"a subject changed":    {[]string{`UPDATE audit_lines SET subject = 'forged' WHERE seq = 7`}, "line 7 (partner.block) was changed"},
		"a detail changed":     {[]string{`UPDATE audit_lines SET detail = '{}' WHERE seq = 20`}, "line 20 (partner.block) was changed"},
		"who did it":           {[]string{`UPDATE audit_lines SET actor_id = 5 WHERE seq = 1`}, "line 1 (partner.block) was changed"},
		"who acted for him":    {[]string{`UPDATE audit_lines SET acted_by = 5 WHERE seq = 2`}, "line 2 (partner.block) was changed"},
		"when":                 {[]string{`UPDATE audit_lines SET created_at = created_at + 1 WHERE seq = 3`}, "line 3 (partner.block) was changed"},
		"a hash of its own":    {[]string{`UPDATE audit_lines SET hash = 'x' WHERE seq = 3`}, "line 3 (partner.block) was changed"},
		"a line taken out":     {[]string{`DELETE FROM audit_lines WHERE seq = 7`}, "line 7 is missing"},
		"taken out and closed": {[]string{`DELETE FROM audit_lines WHERE seq = 7`, `UPDATE audit_lines SET seq = seq + 100 WHERE seq > 7`, `UPDATE audit_lines SET seq = seq - 101 WHERE seq > 100`}, "line 7 does not continue line 6"},
		"the first taken out":  {[]string{`DELETE FROM audit_lines WHERE seq = 1`}, "line 1 is missing"},
		"two exchanged":        {[]string{`UPDATE audit_lines SET seq = 99 WHERE seq = 7`, `UPDATE audit_lines SET seq = 7 WHERE seq = 8`, `UPDATE audit_lines SET seq = 8 WHERE seq = 99`}, "line 7 does not continue line 6"},
		"one put between":      {[]string{`INSERT INTO audit_lines SELECT 21, created_at, actor_id, acted_by, action, subject, detail, previous_hash, hash FROM audit_lines WHERE seq = 20`}, "line 21 does not continue line 20"},
	} {
		t.Run(name, func(t *testing.T) {
			db := storetest.Open(t, storetest.URL(t, "sqlite"))
			tell(t, db, 20)
			for _, q := range harm.query {
				nodetest.Exec(t, db, q)
			}
			lines, last, err := audit.Verify(db.Reader)
			if harm.words == "" {
				require.NoError(t, err)
				require.EqualValues(t, 20, lines)
				require.Len(t, last, 64)
				return
			}
			require.ErrorContains(t, err, harm.words)
		})
	}
}

// Lines that are written at once stand in one chain, and one whose act failed
// leaves no gap. The chain is longer than what is read of it at a time.
func TestTheChainUnderLoad(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		tell(t, db, 550)
		require.Error(t, db.Write(t.Context(), func(tx *store.Tx) error {
			require.NoError(t, audit.Write(tx, audit.Act{Action: "account.role"}))
			return assert.AnError
		}))
		tell(t, db, 1)
		lines, _, err := audit.Verify(db.Reader)
		require.NoError(t, err)
		require.EqualValues(t, 551, lines)
	})
}
