package search_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// BenchmarkIndex is what it costs to take out the words of a post of fifty
// words, among as many as come at once.
func BenchmarkIndex(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			w := &world{DB: storetest.Open(b, storetest.URL(b, kind)), t: b}
			author := w.person("author", "far.example")
			for i := range b.N {
				w.post(author, strings.Repeat(fmt.Sprintf("Some words that somebody wrote, number%d. ", i), 7))
			}
			var before, after syscall.Rusage
			require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &before))
			b.ReportAllocs()
			b.ResetTimer()
			w.index()
			require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &after))
			b.ReportMetric(float64(after.Utime.Nano()+after.Stime.Nano()-before.Utime.Nano()-before.Stime.Nano())/float64(b.N)/1e6, "cpu-ms/op")
			pending, err := w.UnindexedPosts(1)
			require.NoError(b, err)
			require.Equal(b, []store.Change(nil), pending)
		})
	}
}
