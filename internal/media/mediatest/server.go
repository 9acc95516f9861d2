// Package mediatest is a server that speaks S3, for tests of what is kept in a
// bucket.
package mediatest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// The one who may use the server, and the bucket that it has.
const (
	Bucket    = "files"
	AccessKey = "parley"
	SecretKey = "a-secret-of-tests"
)

// Server keeps objects in memory. It refuses other keys, and everything while it
// is down.
type Server struct {
	URL  string
	Down atomic.Bool

	objects gofakes3.Backend
}

// New is a server for as long as the test runs.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: s3mem.New()}
	if err := s.objects.CreateBucket(Bucket); err != nil {
		t.Fatal(err)
	}
	speaks := gofakes3.New(s.objects, gofakes3.WithTimeSkewLimit(time.Minute)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.Down.Load():
			panic(http.ErrAbortHandler)
		case !strings.Contains(r.Header.Get("Authorization"), "Credential="+AccessKey+"/"):
			refuse(w, "InvalidAccessKeyId", "The access key does not exist in our records")
		default:
			speaks.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

func refuse(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

// Names are the objects that begin with the prefix, without it.
func (s *Server) Names(t testing.TB, prefix string) (names []string) {
	t.Helper()
	list, err := s.objects.ListBucket(Bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range list.Contents {
		if name, ok := strings.CutPrefix(object.Key, prefix); ok {
			names = append(names, name)
		}
	}
	return names
}
