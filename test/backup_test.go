package test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store/storetest"
)

// TestRestore loses a node after a backup was made of it while it served, and
// makes it anew. What is older than the backup is there, and the partner shows
// everything once.
func TestRestore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		t.Parallel()
		dir, restored := t.TempDir(), storetest.URL(t, database) // outlast the node
		p := newPair(t, database)
		p.alice.say("Before the backup.")
		p.bob.awaits("Before the backup.")
		p.engineering.stop()
		p.alice.say("Pending at the backup.")
		kept := filepath.Join(t.TempDir(), "kept")
		p.sales.command("backup", kept)
		p.engineering.start()
		p.bob.awaits("Pending at the backup.")
		p.sales.kill()

		p.sales.env = append(p.sales.env, "PARLEY_DATA_DIR="+dir, "PARLEY_DATABASE_URL="+restored)
		damage(t, p.sales, kept)
		p.sales.command("restore", kept)
		require.Contains(t, refused(t, p.sales, "restore", kept), "already")
		require.Contains(t, p.sales.command("audit", "verify"), "is whole")
		p.sales.start()
		p.arrives(t, "Before the backup.", "Pending at the backup.")
	})
}

// damage flips a bit of the backup, and takes a file away: both are refused.
func damage(t *testing.T, n *node, kept string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(kept, "database", "*"))
	require.NoError(t, err)
	whole, err := os.ReadFile(files[0])
	require.NoError(t, err)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	require.NoError(t, os.WriteFile(files[0], flipped, 0o600))
	require.Contains(t, refused(t, n, "restore", kept), "is not as it was written")
	require.NoError(t, os.Remove(files[0]))
	require.Contains(t, refused(t, n, "restore", kept), "is missing")
	require.NoError(t, os.WriteFile(files[0], whole, 0o600))
}

// refused is what a command says that fails.
func refused(t *testing.T, n *node, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Env, command.Dir = n.env, n.dir
	out, err := command.CombinedOutput()
	require.Error(t, err, "%s", out)
	return string(out)
}
