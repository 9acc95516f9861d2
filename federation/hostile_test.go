package federation

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/internal/fault"
	"parley/internal/safehttp"
)

// A document that is too much of something is refused in bounded time and
// memory, whatever the host does.
func TestHostileDocuments(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = io.WriteString(z, `{"id":"x","content":"`)
	_, _ = io.WriteString(z, strings.Repeat("x", 8*documentLimit))
	_ = z.Close()
	answers := map[string]func(w http.ResponseWriter, r *http.Request){
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		},
		"drips": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				<-time.After(10 * time.Millisecond)
			}
		},
		"says nothing": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		},
		"lies about its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99999999")
			_, _ = io.WriteString(w, "{}")
		},
		"deep": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat(`{"object":`, 65)+"1"+strings.Repeat("}", 65))
		},
		"many": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items":[`+strings.Repeat(`{"a":1},`, 100_000)+`{}]}`)
		},
		"loop": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"to metadata": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
		},
		"to a port": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:25/", http.StatusFound)
		},
		"headers": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 128<<10)) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", ContentType)
				answer(w, r)
			}))
			defer server.Close()
			defer server.CloseClientConnections()
			client := &Client{Now: time.Now, HTTP: safehttp.New(safehttp.Options{AllowHTTP: true, Timeout: 300 * time.Millisecond,
				AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})}
			begun := time.Now()
			o, err := client.Fetch(context.Background(), server.URL+"/x", nil)
			if err == nil || fault.Is(err, fault.Internal) {
				t.Errorf("%s: %v %v", name, o, err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s took %s", name, took)
			}
			if text := fmt.Sprint(err); len(text) > 1000 {
				t.Errorf("%s: an error of %d bytes", name, len(text))
			}
		})
	}
}
