package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnit has systemd read the unit, with the program where it is now, and
// judge how much it leaves open: of 10, it may be 2.
func TestUnit(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze: install Debian's systemd")
	}
	text, err := os.ReadFile("../deploy/systemd/parley.service")
	require.NoError(t, err)
	require.Contains(t, string(text), "/usr/local/bin/parley serve")
	unit := filepath.Join(t.TempDir(), "parley.service")
	require.NoError(t, os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/parley", program)), 0o600))
	for _, arguments := range [][]string{{"verify", unit}, {"security", "--offline=true", "--threshold=20", unit}} {
		said, err := exec.Command(analyze, arguments...).CombinedOutput()
		require.NoError(t, err, "%s", said)
	}
}
