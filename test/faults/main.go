// Command faults lets the network fail around real nodes and checks that what
// they promise holds: `make faults`.
//
//	faults away     a partner is away for a day, or for good
//	faults hang     fifty partners accept and never answer
//	faults order    activities come in every order
//
// It prints what it checked. Exit status: 0 where everything held, 1 where
// something did not, 2 for a command line that cannot be understood. Time
// passes by the nodes' clock, not by waiting.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
)

// programs are what can be asked for, in the order in which all are run.
var programs = []struct {
	name string
	run  func(t testing.TB, full bool)
}{{"away", away}, {"hang", hang}, {"order", order}}

func main() {
	status, found := 0, false
	for _, p := range programs {
		if len(os.Args) == 1 || slices.Contains(os.Args[1:], p.name) {
			found = true
			status = max(status, alone(p.name, p.run))
		}
	}
	if !found {
		fmt.Fprintln(os.Stderr, "faults: say away, hang or order, or nothing for all of them")
		status = 2
	}
	os.Exit(status)
}

// alone runs a program outside of go test and gives its exit status.
func alone(name string, run func(testing.TB, bool)) int {
	fmt.Println(name)
	t := &bench{ctx: context.Background()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.end()
		run(t, true)
	}()
	<-done
	if t.failed {
		fmt.Println("  FAILED")
		return 1
	}
	return 0
}

// bench is what go test gives a test, for a program that is none. What is not
// here is not used by nodes.
type bench struct {
	testing.TB
	ctx      context.Context
	failed   bool
	cleanups []func()
}

func (t *bench) Helper()                   {}
func (t *bench) Name() string              { return "faults" }
func (t *bench) Context() context.Context  { return t.ctx }
func (t *bench) Failed() bool              { return t.failed }
func (t *bench) Cleanup(f func())          { t.cleanups = append(t.cleanups, f) }
func (t *bench) Log(args ...any)           { fmt.Println(append([]any{" "}, args...)...) }
func (t *bench) Logf(f string, a ...any)   { fmt.Printf("  "+f+"\n", a...) }
func (t *bench) Error(args ...any)         { t.failed = true; t.Log(args...) }
func (t *bench) Errorf(f string, a ...any) { t.failed = true; t.Logf(f, a...) }
func (t *bench) Fatal(args ...any)         { t.Error(args...); t.FailNow() }
func (t *bench) Fatalf(f string, a ...any) { t.Errorf(f, a...); t.FailNow() }
func (t *bench) FailNow()                  { t.failed = true; runtime.Goexit() }

func (t *bench) TempDir() string {
	dir, err := os.MkdirTemp("", "parley-faults-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (t *bench) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
