package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
)

func TestMain(m *testing.M) {
	status := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(status)
}

// The programs, short, as tests.
func TestFaults(t *testing.T) {
	require.NoError(t, nodetest.NoteSources("../.."))
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) { p.run(t, false) })
	}
}
