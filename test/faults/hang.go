package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// hang is promise 4.
func hang(t testing.TB, full bool) {
	partners, posts := 50, 20
	if full {
		posts = 60
	}
	n := nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	alice := n.Person("alice")
	release := make(chan struct{})
	for i := range partners {
		far := nodetest.Play(t, fmt.Sprint("hangs-", i))
		far.Actor("eve").Follow(n, alice.URI)
		far.Await("Accept")
		far.Answer(func(_ http.ResponseWriter, r *http.Request, _ nodetest.Doc) bool {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return true
		})
	}
	t.Cleanup(func() { close(release) }) // before the hosts are closed
	well := nodetest.Play(t, "well")
	well.Actor("bob").Follow(n, alice.URI)
	well.Await("Accept")
	sent := map[string]time.Time{}
	for i := range posts {
		begun := time.Now()
		sent[n.Post(alice, store.Public, fmt.Sprint("number ", i)).URI] = begun
		time.Sleep(50 * time.Millisecond) // as people post
	}
	nodetest.Eventually(t, "all of them arrive", func() bool { return len(well.Arrived("Create")) == posts })
	var took []time.Duration
	for _, a := range well.Arrived("Create") {
		object, _ := a.Doc["object"].(map[string]any)
		id, _ := object["id"].(string)
		took = append(took, a.At.Sub(sent[id]))
	}
	slices.Sort(took)
	p95 := took[len(took)*95/100]
	require.Less(t, p95, 2*time.Second)
	t.Logf("%d partners hang: the one that is well has each of %d posts after %s at the 95th percentile, %s at most", partners, posts, p95.Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}
