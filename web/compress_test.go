package web_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"parley/internal/store/storetest"
)

// Pages go over the line as small as the client can take them, and say the
// same.
func TestAnswersAreCompressed(t *testing.T) {
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	ask := func(encoding string) *http.Response {
		r, err := http.NewRequest("GET", n.url+"/api/v2/instance", nil)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", encoding) // so that net/http does not unpack it
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = resp.Body.Close() })
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Contains(t, resp.Header.Values("Vary"), "Accept-Encoding")
		return resp
	}
	for encoding, unpack := range map[string]func(io.Reader) (io.Reader, error){
		"gzip":                func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd":                func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
		"":                    func(r io.Reader) (io.Reader, error) { return r, nil },
		"gzip, deflate, zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	} {
		resp := ask(encoding)
		body, err := unpack(resp.Body)
		require.NoError(t, err, encoding)
		var instance struct{ Domain string }
		require.NoError(t, json.NewDecoder(body).Decode(&instance), encoding)
		require.NotEmpty(t, instance.Domain)
		require.Equal(t, encoding == "", resp.Header.Get("Content-Encoding") == "", encoding)
	}
}

// What is the same for everybody may be kept for a moment, and nothing else.
func TestWhatMayBeKept(t *testing.T) {
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	for path, want := range map[string]string{
		"/api/v2/instance":                "public, max-age=60",
		"/api/v1/instance":                "public, max-age=60",
		"/api/v1/timelines/public":        "private, no-store",
		"/api/v1/timelines/home":          "no-store",
		"/api/v1/instance/does-not-exist": "private, no-store",
	} {
		resp, err := http.Get(n.url + path)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.Header.Get("Cache-Control"), path)
	}
}
