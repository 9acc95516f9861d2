package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	status := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(status)
}

// The programs, short, as tests.
func TestFaults(t *testing.T) {
	noteSources(t)
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) { p.run(t, false) })
	}
}

// noteSources looks at every file that parley is made from. Go keeps the result
// of a test until a file changes that the test looked at, and it does not see
// what the compiler reads.
func noteSources(t *testing.T) {
	const root = "../.."
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (path != root && strings.HasPrefix(name, ".") || name == "node_modules") {
			return fs.SkipDir
		}
		_, err = os.Stat(path)
		return err
	}))
}
