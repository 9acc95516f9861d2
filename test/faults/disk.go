package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store/storetest"
)

// disk is promise 5: the disk that the database and the files of a node are on
// is full.
func disk(t testing.TB, full bool) {
	rounds := 1
	if full {
		rounds = 5
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("no small disk can be mounted here: run as root to fill one: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	database := "sqlite:" + filepath.Join(dir, "parley.db")
	s := newServed(t, "social", database, dir)
	s.start()
	l := newLoad(t, s)
	l.begin(4)
	var slowest time.Duration
	for range rounds {
		l.moment()
		filler := fill(t, dir)
		nodetest.Eventually(t, "nothing fits any more", func() bool {
			refill(filler) // what was still free inside the database's files
			a := l.ask(l.alice, "POST", "/api/v1/statuses", url.Values{"status": {"a long post" + fmt.Sprint(make([]byte, 200))}}, "")
			return a.status >= 500
		})
		l.forget()
		nodetest.Eventually(t, "much is refused", func() bool { refill(filler); return l.refusals() >= 200 })
		for _, path := range []string{"/api/v1/timelines/home", "/api/v1/accounts/" + l.alice.id + "/statuses", "/api/v2/instance"} {
			require.Equal(t, http.StatusOK, l.ask(l.carol, "GET", path, nil, "").status, "reads go on: %s", path)
		}
		l.onlyRefuses()
		require.True(t, s.alive())
		require.NoError(t, os.Remove(filler))
		begun := time.Now()
		l.works(s, fmt.Sprint("full ", begun.UnixNano()))
		slowest = max(slowest, time.Since(begun))
	}
	l.end()
	if !full {
		l.hurry(database)
	}
	a := l.check()
	s.stop()
	l.whole(database)
	show(t, "disk", "sqlite", "503 or 507, reads go on, nothing half-written",
		"full %d times under load: writes refused with 503, reads answered; %s; the database is sound; posts are taken again %s after there is space", rounds, a, slowest.Round(time.Millisecond))
}

// fill takes all the space there is.
func fill(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "filler")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	refill(file)
	return file
}

func refill(file string) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10} {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		err = nil
	}
}

func (l *load) refusals() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for status, times := range l.answers {
		if status >= 500 {
			n += times
		}
	}
	return n
}

// onlyRefuses insists that whatever was not taken was refused as it should be.
func (l *load) onlyRefuses() {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for status := range l.answers {
		require.True(l.t, slices.Contains([]int{http.StatusOK, http.StatusAccepted, http.StatusServiceUnavailable, http.StatusInsufficientStorage}, status), "answers while the disk is full: %v", l.answers)
	}
	require.Zero(l.t, l.curt, "refused without Retry-After")
}

// whole looks into the database of a node that does not run.
func (l *load) whole(database string) {
	l.t.Helper()
	db := storetest.Open(l.t, database)
	require.Zero(l.t, nodetest.Number(l.t, db, `SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`))
	require.Zero(l.t, nodetest.Number(l.t, db, `SELECT COUNT(*) FROM pragma_foreign_key_check`))
}
