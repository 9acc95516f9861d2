package media

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/media/mediatest"
)

// inBucket is a store in a bucket of the server.
func inBucket(t *testing.T, server *mediatest.Server) *Store {
	t.Helper()
	s, err := OpenBucket(Bucket{Endpoint: server.URL, Region: "here", Name: mediatest.Bucket, Prefix: "node/", AccessKey: mediatest.AccessKey, SecretKey: mediatest.SecretKey, PathStyle: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// stores are a store in each kind of place.
func stores(t *testing.T) map[string]*Store {
	t.Helper()
	folder, err := Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = folder.Close() })
	return map[string]*Store{"folder": folder, "bucket": inBucket(t, mediatest.New(t))}
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

// ask is an answer, or the kind of error in place of one.
func (s *Store) ask(method, file string, header ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if err := s.Serve(w, r, file); err != nil {
		w.WriteHeader(int(fault.Of(err)))
	}
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
		for _, outside := range []string{"../outside", "/outside", "ab/../../outside", ""} {
			_, err = s.Open(t.Context(), outside)
			assert.Error(t, err, outside)
		}
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
		whole := s.ask("GET", file)
		assert.Equal(t, http.StatusOK, whole.Code)
		assert.Equal(t, "<script>0123456789", whole.Body.String())
		head := s.ask("HEAD", file)
		assert.Equal(t, "18", head.Header().Get("Content-Length"))
		assert.Empty(t, head.Body.String())
		part := s.ask("GET", file, "Range", "bytes=8-11")
		assert.Equal(t, http.StatusPartialContent, part.Code)
		assert.Equal(t, "0123", part.Body.String())
		assert.Equal(t, "bytes 8-11/18", part.Header().Get("Content-Range"))
		assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, s.ask("GET", file, "Range", "bytes=50-").Code)
		assert.Equal(t, http.StatusNotModified, s.ask("GET", file, "If-Modified-Since", whole.Header().Get("Last-Modified")).Code)
		for _, answer := range []*httptest.ResponseRecorder{whole, head, part} {
			h := answer.Header()
			assert.Equal(t, "video/mp4", h.Get("Content-Type"))
			assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			assert.Equal(t, "default-src 'none'; sandbox", h.Get("Content-Security-Policy"))
			assert.Equal(t, "*", h.Get("Access-Control-Allow-Origin"))
			assert.Equal(t, "public, max-age=31536000, immutable", h.Get("Cache-Control"))
		}
		for _, bad := range []string{Name("video/mp4"), raw, "", "../x", file + ".part", "ab/", "ab/cd/x.html", "/etc/passwd", "ab", "/" + file} {
			answer := s.ask("GET", bad)
			assert.Equal(t, http.StatusNotFound, answer.Code, bad)
			assert.NotContains(t, answer.Header().Get("Cache-Control"), "immutable", bad)
		}
	})
}

// A file of many pieces is one object, and its end can be had without its
// beginning.
func TestLongFiles(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		long := bytes.Repeat([]byte("0123456789abcdef"), 20<<16) // 20 MiB, more than one piece
		file := Name("video/mp4")
		require.NoError(t, s.Put(t.Context(), file, bytes.NewReader(long), int64(len(long))))
		assert.True(t, bytes.Equal(long, bytesOf(t, s, file)))
		assert.Equal(t, "cdef", s.ask("GET", file, "Range", "bytes=-4").Body.String())
		again := Rename(file)
		require.NoError(t, s.Move(t.Context(), file, again))
		assert.True(t, bytes.Equal(long, bytesOf(t, s, again)))
	})
}

// What breaks off on its way leaves nothing, and nothing in place of what was
// there.
func TestFilesAreWholeOrNotThere(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		file := Name("image/png")
		broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("broken off")))
		assert.Error(t, s.Put(t.Context(), file, broken, 8))
		_, err := s.Open(t.Context(), file)
		assert.True(t, fault.Is(err, fault.NotFound), err)
		require.NoError(t, s.Put(t.Context(), file, strings.NewReader("whole"), 5))
		assert.Error(t, s.Put(t.Context(), file, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("broken off"))), 8))
		assert.Equal(t, "whole", string(bytesOf(t, s, file)))
	})
}

func TestCheckLeavesNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) { require.NoError(t, s.Check(t.Context())) })
	server := mediatest.New(t)
	require.NoError(t, inBucket(t, server).Check(t.Context()))
	require.Empty(t, server.Names(t, ""))
}

// Names of other things in the bucket are none of ours.
func TestObjectsHaveThePrefix(t *testing.T) {
	server := mediatest.New(t)
	s := inBucket(t, server)
	file := Name("image/png")
	require.NoError(t, s.Put(t.Context(), file, strings.NewReader("bytes"), 5))
	require.Equal(t, []string{file}, server.Names(t, "node/"))
}

// A server that is away is no file that is gone.
func TestBucketThatIsAway(t *testing.T) {
	server := mediatest.New(t)
	s := inBucket(t, server)
	file := Name("image/png")
	require.NoError(t, s.Put(t.Context(), file, strings.NewReader("bytes"), 5))
	server.Down.Store(true)
	_, err := s.Open(t.Context(), file)
	for name, err := range map[string]error{
		"open": err, "put": s.Put(t.Context(), file, strings.NewReader("other"), 5), "move": s.Move(t.Context(), file, Rename(file)),
		"remove": s.Remove(t.Context(), file), "check": s.Check(t.Context()),
	} {
		assert.True(t, fault.Is(err, fault.Unavailable), "%s: %v", name, err)
		assert.NotContains(t, fault.Message(err), "127.0.0.1", "where the server is is nobody's business")
	}
	assert.Equal(t, http.StatusServiceUnavailable, s.ask("GET", file).Code)
	server.Down.Store(false)
	assert.Equal(t, "bytes", string(bytesOf(t, s, file)))
}

// What the server answers is told to the operator.
func TestBucketThatRefuses(t *testing.T) {
	server := mediatest.New(t)
	for why, b := range map[string]Bucket{
		"access key":     {Name: mediatest.Bucket, AccessKey: "stranger"},
		"does not exist": {Name: "another", AccessKey: mediatest.AccessKey},
	} {
		b.Endpoint, b.Region, b.SecretKey, b.PathStyle = server.URL, "here", mediatest.SecretKey, true
		s, err := OpenBucket(b)
		require.NoError(t, err)
		err = s.Check(t.Context())
		assert.True(t, fault.Is(err, fault.Unavailable), err)
		assert.ErrorContains(t, err, why)
		assert.NotContains(t, err.Error(), mediatest.SecretKey)
	}
}
