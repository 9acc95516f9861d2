package auth

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// maxDocument bounds every answer of a provider: the library reads to the end.
const maxDocument = 1 << 20

// bounded cuts answers off at maxDocument.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := cmp.Or[http.RoundTripper](b.next, http.DefaultTransport).RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxDocument)
	}
	return res, err
}

// patient makes a client that asks for keys now and then only: anybody can
// send a token with a key id that nobody knows, and each makes the library
// fetch the key set anew.
func patient(c *http.Client) *http.Client {
	again := *c
	again.Transport = limited{c.Transport, rate.NewLimiter(rate.Every(10*time.Second), 3)}
	return &again
}

type limited struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

var errTooOften = errors.New("the key set was asked for too often")

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.limit.Allow() {
		return nil, errTooOften
	}
	return l.next.RoundTrip(r)
}
