package federation

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/internal/fault"
	"parley/internal/safehttp"
)

const maxRetryAfter = 24 * time.Hour

// Result is the outcome of one attempt to deliver. Err is nil where the
// receiver took the activity; otherwise Retry says whether another attempt
// makes sense, and After how long the receiver asks us to wait for it.
type Result struct {
	Status   int // of the answer, 0 where there was none
	Err      error
	Retry    bool
	After    time.Duration
	Duration time.Duration
}

// Deliver posts an activity to an inbox, signed by key. The digest is
// Digest(body); synchronization, which may be empty, a Synchronization.
func (c *Client) Deliver(ctx context.Context, inbox string, body []byte, digest, synchronization string, key *Key) Result {
	start := time.Now()
	result := c.deliver(ctx, inbox, body, digest, synchronization, key)
	result.Duration = time.Since(start)
	return result
}

func (c *Client) deliver(ctx context.Context, inbox string, body []byte, digest, synchronization string, key *Key) Result {
	for range safehttp.MaxRedirects + 1 {
		resp, err := c.post(ctx, inbox, body, digest, synchronization, key)
		if err != nil {
			return Result{Err: err, Retry: fault.Of(err) != fault.Invalid}
		}
		words, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		resp.Body.Close()
		// Only these two keep the method and the body, RFC 9110 15.4.
		if s := resp.StatusCode; s == http.StatusTemporaryRedirect || s == http.StatusPermanentRedirect {
			if next, err := redirect(resp); err == nil {
				inbox = next
				continue
			}
		}
		return outcome(resp, words, c.Now())
	}
	return Result{Err: fault.New(fault.Unavailable, "Too many redirects from "+inbox), Retry: true}
}

func (c *Client) post(ctx context.Context, inbox string, body []byte, digest, synchronization string, key *Key) (*http.Response, error) {
	return c.knock(ctx, digest, key, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, inbox, bytes.NewReader(body))
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The inbox's address cannot be read")
		}
		req.Header.Set("Content-Type", ContentType)
		req.Header.Set("Accept", acceptType)
		if synchronization != "" {
			req.Header.Set(synchronizationHeader, synchronization)
		}
		// Not sent; it tells net/http that a second try on a fresh connection
		// does no harm, since receivers know the activity by its id.
		req.Header["Idempotency-Key"] = nil
		return req, nil
	})
}

func outcome(resp *http.Response, words []byte, now time.Time) Result {
	status := resp.StatusCode
	if status >= 200 && status < 300 {
		return Result{Status: status}
	}
	reason := fmt.Sprintf("%s answered %d", resp.Request.URL.Host, status)
	if s := firstWords(words); s != "" {
		reason += ": " + s
	}
	return Result{
		Status: status,
		Err:    fault.New(fault.Unavailable, reason),
		Retry:  worthRetrying(status),
		After:  retryAfter(resp.Header.Get("Retry-After"), now),
	}
}

// worthRetrying decides by what the statuses mean in the field. A 401 is often
// a receiver that could not fetch our key just then; a 403 is a block, and
// other refusals will not change their mind about the same bytes.
func worthRetrying(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusMisdirectedRequest,
		http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented:
		return false
	}
	return status < 400 || status >= 500
}

// retryAfter reads seconds or a date, RFC 9110 10.2.3.
func retryAfter(s string, now time.Time) time.Duration {
	var wait time.Duration
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		wait = at.Sub(now)
	}
	return max(0, min(wait, maxRetryAfter))
}

// firstWords is enough of an answer for an administrator to know what is
// wrong.
func firstWords(body []byte) string {
	s := strings.ToValidUTF8(string(body), "")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return shorten(strings.Join(strings.Fields(s), " "), 200)
}
