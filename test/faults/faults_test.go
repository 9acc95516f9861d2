package main

import "testing"

// The programs, short, as tests.
func TestFaults(t *testing.T) {
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) { p.run(t, false) })
	}
}
