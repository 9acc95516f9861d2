package test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTracing has a node send its spans to a collector: of the request, its
// statements, the delivery and the job that made it, and neither what was
// written nor by which token.
func TestTracing(t *testing.T) {
	var mu sync.Mutex
	var sent strings.Builder
	routes := http.NewServeMux()
	routes.HandleFunc("POST /v1/traces", func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&sent, r.Body)
	})
	collector := httptest.NewServer(routes)
	t.Cleanup(collector.Close)
	sales := startNode(t, "sales.localhost", "sqlite", "TRACING_ENDPOINT="+collector.URL)
	engineering := startNode(t, "engineering.localhost", "sqlite")
	alice, bob := sales.join("alice"), engineering.join("bob")
	bob.follow(alice.handle())
	alice.say("Nobody else is to read this.")
	bob.awaits("Nobody else is to read this.")
	text := func() string {
		mu.Lock()
		defer mu.Unlock()
		return sent.String()
	}
	for _, name := range []string{"POST /api/v1/statuses", "job deliver", "db.query.text", "http.response.status_code", engineering.host} {
		eventually(t, "a span of "+name, func() bool { return strings.Contains(text(), name) })
	}
	require.NotContains(t, text(), "Nobody else")
	require.NotContains(t, text(), alice.token)
}
