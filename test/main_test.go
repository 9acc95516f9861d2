package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"parley/internal/nodetest"
)

// program is the path of the parley that is tested.
var program string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", program, "./cmd/parley")
	build.Dir, build.Stdout, build.Stderr = "..", os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot build parley:", err)
		return 1
	}
	if err := nodetest.NoteSources(".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
