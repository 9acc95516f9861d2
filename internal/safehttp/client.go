package safehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"parley/internal/fault"
)

// MaxRedirects is how many redirects anyone follows for one document.
const MaxRedirects = 3

// DocumentLimit bounds a document read into memory, after inflation.
const DocumentLimit = 1 << 20

// Options say what a client may reach.
type Options struct {
	AllowNetworks []netip.Prefix // reachable although they are not public
	AllowHTTP     bool           // plain http too
	UserAgent     string
	Timeout       time.Duration // of one request with its body; 10 s if zero

	// Bars says of which addresses nothing is asked, whoever led there; nil of none.
	Bars func(*url.URL) bool
}

// Client makes requests to addresses that strangers chose.
type Client struct {
	allowed   []netip.Prefix
	allowHTTP bool
	userAgent string
	bars      func(*url.URL) bool
	transport *http.Transport
	http      *http.Client
	fetches   *budget
	skew      *skew
}

// New makes a client. It keeps connections, so make one and share it.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	c := &Client{allowed: o.AllowNetworks, allowHTTP: o.AllowHTTP, userAgent: o.UserAgent, bars: o.Bars, fetches: &budget{full: map[string]time.Time{}}, skew: &skew{says: map[string]time.Duration{}}}
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: c.control}
	// Deliveries go to many hosts at once and to the same ones again soon.
	c.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, loopbackName(address))
		},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           1000,
		MaxIdleConnsPerHost:    16, // as many as deliver to a host at a time
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	c.http = &http.Client{Transport: guard{c}, Timeout: o.Timeout, CheckRedirect: stay}
	return c
}

// WithTimeout is the same client, connections included, with another deadline.
func (c *Client) WithTimeout(d time.Duration) *Client {
	other := *c
	other.http = &http.Client{Transport: c.http.Transport, Timeout: d, CheckRedirect: stay}
	return &other
}

// AllowsHTTP reports whether plain http is permitted.
func (c *Client) AllowsHTTP() bool { return c.allowHTTP }

// Do sends one request. A redirect is returned as it came; the deadline covers
// the reading of the body.
func (c *Client) Do(ctx context.Context, req *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return nil, explain(req.URL.Host, err)
	}
	c.skew.note(resp, time.Now())
	return resp, nil
}

// HTTPClient is for libraries that want a client: it follows redirects, each
// of them checked.
func (c *Client) HTTPClient() *http.Client {
	return &http.Client{
		Transport: guard{c},
		Timeout:   c.http.Timeout,
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > MaxRedirects {
				return fault.New(fault.Unavailable, "Too many redirects")
			}
			return nil
		},
	}
}

// CloseIdle closes the connections that nobody uses.
func (c *Client) CloseIdle() { c.transport.CloseIdleConnections() }

// ReadBody reads and closes the body of resp, at most limit bytes of it as
// they are after inflation.
func ReadBody(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	host := ""
	if resp.Request != nil && resp.Request.URL != nil {
		host = resp.Request.URL.Host
	}
	if resp.ContentLength > limit {
		return nil, tooLarge(host, limit)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, explain(host, err)
	}
	if int64(len(body)) > limit {
		return nil, tooLarge(host, limit)
	}
	return body, nil
}

func tooLarge(host string, limit int64) error {
	return fault.New(fault.TooLarge, fmt.Sprintf("The answer of %s is larger than %d bytes", host, limit))
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// loopbackName sends *.localhost to this machine, as RFC 6761 6.3 asks and
// resolvers often do not. The address is then checked like any other.
func loopbackName(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// explain gives an error of the network a kind and a sentence.
func explain(host string, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return fault.Wrap(fault.Unavailable, err, host+" did not answer in time")
	}
	return fault.Wrap(fault.Unavailable, err, "Could not reach "+host)
}
