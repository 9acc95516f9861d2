// Command faults lets nodes, and what they stand on, fail, and checks that what
// they promise holds: `make faults`.
//
//	faults kill      a node is killed under load, again and again
//	faults twins     one of two processes of a node is killed, again and again
//	faults database  PostgreSQL is stopped and killed under a node
//	faults disk      the disk of a node is full
//	faults away      a partner is away for a day, or for good
//	faults hang      fifty partners accept and never answer
//	faults order     activities come in every order
//
// It prints what it checked, and at the end a table. Exit status: 0 where
// everything held, 1 where something did not, 2 for a command line that cannot be
// understood. The first ones run processes of their own; in the others time
// passes by the nodes' clock, not by waiting.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/internal/store/storetest"
)

// programs are what can be asked for, in the order in which all are run.
var programs = []struct {
	name string
	run  func(t testing.TB, full bool)
}{{"kill", kill}, {"twins", twins}, {"database", database}, {"disk", disk}, {"away", away}, {"hang", hang}, {"order", order}}

// result is a line of the table at the end.
type result struct{ program, database, promise, found string }

var table struct {
	sync.Mutex
	lines []result
}

// show tells what a program found, now and in the table. A database is none
// where there is no difference.
func show(t testing.TB, program, database, promise, format string, args ...any) {
	t.Helper()
	line := result{program, database, promise, fmt.Sprintf(format, args...)}
	t.Logf("%s: %s", strings.TrimSpace(program+" "+database), line.found)
	table.Lock()
	defer table.Unlock()
	table.lines = append(table.lines, line)
}

func printTable() {
	fmt.Println("\n| program | database | promise | result |\n|---|---|---|---|")
	for _, l := range table.lines {
		fmt.Printf("| %s | %s | %s | %s |\n", l.program, l.database, l.promise, l.found)
	}
}

func main() { os.Exit(run()) }

func run() int {
	status, found := 0, false
	defer func() { _ = os.RemoveAll(scratch) }()
	if os.Getenv(storetest.PostgresEnv) == "" {
		t := &bench{ctx: context.Background()}
		defer t.end()
		if c := newCluster(t); c != nil {
			_ = os.Setenv(storetest.PostgresEnv, c.url)
		}
	}
	for _, p := range programs {
		if len(os.Args) == 1 || slices.Contains(os.Args[1:], p.name) {
			found = true
			status = max(status, alone(p.name, p.run))
		}
	}
	printTable()
	if !found {
		fmt.Fprintln(os.Stderr, "faults: say which, such as faults kill, or nothing for all of them")
		status = 2
	}
	return status
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
		show(t, name, "", "", "FAILED")
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
func (t *bench) Skipf(f string, a ...any)  { t.Logf("skipped: "+f, a...); runtime.Goexit() }
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
