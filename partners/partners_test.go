package partners_test

import (
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/partners"
)

func open(t *testing.T, db *store.DB, mode bool) *partners.Partners {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	require.NoError(t, queue.Migrate(t.Context(), db))
	jobs, err := queue.New(db, log, queue.Roles{})
	require.NoError(t, err)
	p := &partners.Partners{DB: db, Queue: jobs, Open: mode, Self: "self.example", Log: log}
	require.NoError(t, p.Load(t.Context()))
	return p
}

func TestWhichEntryHolds(t *testing.T) {
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	p := open(t, db, true)
	for domain, policy := range map[string]string{
		"bad.example": "block", "*.bad.example": "block", "good.bad.example": "allow", "*.deep.bad.example": "limit",
		"*.tld": "block", "Straße.example": "block", "ported.example:8443": "block", "BIG.Example.": "limit", "192.0.2.7": "block",
	} {
		require.NoError(t, p.Set(t.Context(), 0, domain, policy), domain)
	}
	for host, want := range map[string]partners.Policy{
		"bad.example": partners.Block, "BAD.example": partners.Block, "bad.example.": partners.Block, "bad.example:8443": partners.Block,
		"x.bad.example": partners.Block, "y.x.bad.example": partners.Block, "good.bad.example": partners.Allow, "x.good.bad.example": partners.Block,
		"x.deep.bad.example": partners.Limit, "deep.bad.example": partners.Block, "notbad.example": partners.Allow, "bad.example.org": partners.Allow,
		"any.tld": partners.Block, "tld": partners.Allow,
		"straße.example": partners.Block, "xn--strae-oqa.example": partners.Block, "strasse.example": partners.Allow,
		"ported.example": partners.Allow, "ported.example:8443": partners.Block, "ported.example:443": partners.Allow,
		"big.example": partners.Limit, "192.0.2.7": partners.Block, "192.0.2.70": partners.Allow, "self.example": partners.Allow,
	} {
		h, err := federation.ParseHost(host)
		require.NoError(t, err, host)
		assert.Equal(t, want, p.Policy(h), host)
		if want == partners.Block {
			assert.True(t, fault.Is(p.Admits(h), fault.Forbidden), host)
		} else {
			assert.NoError(t, p.Admits(h), host)
		}
		assert.Equal(t, want == partners.Limit, p.Limited(h), host)
	}
	assert.Error(t, p.Admits(federation.HostOf("ftp://x")), "what is no host is nobody's partner")

	closed := open(t, db, false)
	for host, want := range map[federation.Host]bool{"good.bad.example": true, "x.deep.bad.example": true, "unknown.example": false, "self.example": true} {
		assert.Equal(t, want, closed.Admits(host) == nil, host)
	}
}

func TestEntriesAreChecked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := open(t, db, true)
		for _, domain := range []string{"", "*", "*.", "a b", "http://x.example", "x.example/path", "a@b.example", "*.*.example", "x..example"} {
			assert.True(t, fault.Is(p.Set(t.Context(), 0, domain, "block"), fault.Invalid), "%q", domain)
		}
		assert.True(t, fault.Is(p.Set(t.Context(), 0, "x.example", "love"), fault.Invalid))
		require.NoError(t, p.Set(t.Context(), 0, "x.example", "block"))
		require.NoError(t, p.Set(t.Context(), 0, "X.example.", "limit"))
		rows, err := db.Partners()
		require.NoError(t, err)
		require.Len(t, rows, 1)
		other := open(t, db, true) // as another process reads it
		require.True(t, other.Limited("x.example"))
		require.NoError(t, p.Remove(t.Context(), 0, "x.example"))
		require.False(t, p.Limited("x.example"))
		lines, err := db.AuditLines(0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"partner.block", "partner.limit", "partner.remove"}, []string{lines[0].Action, lines[1].Action, lines[2].Action})
		_, _, err = audit.Verify(db.Reader)
		require.NoError(t, err)
	})
}
