package media

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
)

// stores are a store in each kind of place.
func stores(t *testing.T) map[string]*Store {
	t.Helper()
	folder, err := Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = folder.Close() })
	return map[string]*Store{"folder": folder}
}

func eachStore(t *testing.T, test func(*testing.T, *Store)) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

func bytesOf(t *testing.T, s *Store, file string) []byte {
	t.Helper()
	f, err := s.Open(t.Context(), file)
	require.NoError(t, err)
	defer f.Close()
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	return data
}

func (s *Store) ask(method, path string, header ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, "/", nil)
	r.URL.Path = path
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	s.ServeHTTP(w, r)
	return w
}

func TestFilesAreKept(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		p, err := Crop(t.Context(), bytes.NewReader(asPNG(t, red(50, 90))), 40, 40)
		require.NoError(t, err)
		first, err := s.Save(t.Context(), p)
		require.NoError(t, err)
		second, err := s.Save(t.Context(), p)
		require.NoError(t, err)
		assert.NotEqual(t, first, second, "the name says nothing of the content")
		assert.Equal(t, p.Bytes, bytesOf(t, s, first))

		require.NoError(t, s.Put(t.Context(), first, bytes.NewReader([]byte("again")), 5), "a conversion that is done once more")
		assert.Equal(t, "again", string(bytesOf(t, s, first)))

		third := Rename(second)
		for range 2 {
			require.NoError(t, s.Move(t.Context(), second, third), "twice, as a job that died in between")
		}
		assert.Equal(t, p.Bytes, bytesOf(t, s, third))
		_, err = s.Open(t.Context(), second)
		assert.True(t, fault.Is(err, fault.NotFound), err)

		for range 2 {
			require.NoError(t, s.Remove(t.Context(), first))
		}
		_, err = s.Open(t.Context(), first)
		assert.True(t, fault.Is(err, fault.NotFound), err)
		_, err = s.Open(t.Context(), "../outside")
		assert.Error(t, err)
		_, err = s.Save(t.Context(), Picture{Type: "text/html", Bytes: []byte("<script>")})
		assert.Error(t, err)
	})
}

// Whatever is asked, a browser is given a file that it can do no harm with, or
// nothing.
func TestFilesAreServed(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		file, raw := Name("video/mp4"), RawName()
		for _, name := range []string{file, raw} {
			require.NoError(t, s.Put(t.Context(), name, bytes.NewReader([]byte("<script>0123456789")), 18))
		}
		whole := s.ask("GET", "/"+file)
		assert.Equal(t, http.StatusOK, whole.Code)
		assert.Equal(t, "<script>0123456789", whole.Body.String())
		head := s.ask("HEAD", "/"+file)
		assert.Equal(t, "18", head.Header().Get("Content-Length"))
		assert.Empty(t, head.Body.String())
		part := s.ask("GET", "/"+file, "Range", "bytes=8-11")
		assert.Equal(t, http.StatusPartialContent, part.Code)
		assert.Equal(t, "0123", part.Body.String())
		assert.Equal(t, "bytes 8-11/18", part.Header().Get("Content-Range"))
		assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, s.ask("GET", "/"+file, "Range", "bytes=50-").Code)
		assert.Equal(t, http.StatusNotModified, s.ask("GET", "/"+file, "If-Modified-Since", whole.Header().Get("Last-Modified")).Code)
		for _, answer := range []*httptest.ResponseRecorder{whole, head, part} {
			h := answer.Header()
			assert.Equal(t, "video/mp4", h.Get("Content-Type"))
			assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			assert.Equal(t, "default-src 'none'; sandbox", h.Get("Content-Security-Policy"))
			assert.Equal(t, "*", h.Get("Access-Control-Allow-Origin"))
			assert.Equal(t, "public, max-age=31536000, immutable", h.Get("Cache-Control"))
		}
		for _, bad := range []string{"/" + Name("video/mp4"), "/" + raw, "/", "/../x", "/" + file + ".part", "/ab/", "/ab/cd/x.html", "//etc/passwd", "/ab"} {
			answer := s.ask("GET", bad)
			assert.Equal(t, http.StatusNotFound, answer.Code, bad)
			assert.NotContains(t, answer.Header().Get("Cache-Control"), "immutable", bad)
		}
	})
}
