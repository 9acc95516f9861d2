package safehttp

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/fault"
)

var loopback = prefixes("127.0.0.0/8", "::1/128")

func request(t *testing.T, uri string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestRefusesBeforeConnecting(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	c := New(Options{AllowHTTP: true})
	for _, host := range []string{"127.0.0.1", "localhost", "eng.localhost", "[::ffff:127.0.0.1]", "LOCALHOST.", "0.0.0.0"} {
		_, err := c.Do(context.Background(), request(t, "http://"+host+port+"/"))
		if fault.Of(err) != fault.Forbidden {
			t.Errorf("%s: %v, want a refusal", host, err)
		}
		if m := fault.Message(err); !strings.Contains(m, "federation.allow_networks") || strings.Contains(m, "%!") {
			t.Errorf("%s: the message does not name the setting: %s", host, m)
		}
	}
	if _, err := c.HTTPClient().Get(server.URL); err == nil {
		t.Error("the client for libraries went to a private address")
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestLocalhostNames(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Host+" "+r.UserAgent())
	}))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	c := New(Options{AllowHTTP: true, AllowNetworks: loopback, UserAgent: "Test/1"})
	resp, err := c.Do(context.Background(), request(t, "http://eng.localhost"+port+"/"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := ReadBody(resp, 100)
	if err != nil || string(body) != "eng.localhost"+port+" Test/1" {
		t.Errorf("%q %v", body, err)
	}
}

func TestRequestRules(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	strict, open := New(Options{AllowNetworks: loopback}), New(Options{AllowNetworks: loopback, AllowHTTP: true})
	with := func(name, value string) *http.Request {
		r := request(t, server.URL)
		r.Header[name] = []string{value}
		return r
	}
	at := func(u url.URL) *http.Request {
		r := request(t, server.URL)
		r.URL = &u
		return r
	}
	host := strings.TrimPrefix(server.URL, "http://")
	for name, c := range map[string]struct {
		client *Client
		req    *http.Request
	}{
		"plain http":        {strict, request(t, server.URL)},
		"another scheme":    {open, request(t, "ftp://"+host)},
		"file":              {open, request(t, "file:///etc/passwd")},
		"a password":        {open, request(t, "http://a:b@"+host)},
		"no host":           {open, request(t, "http:///x")},
		"newline in header": {open, with("X", "a\r\nY: b")},
		"NUL in header":     {open, with("X", "a\x00b")},
		"C1 in header":      {open, with("X", "a\u0085b")},
		"newline in name":   {open, with("X\nY", "b")},
		"newline in query":  {open, at(url.URL{Scheme: "http", Host: host, Path: "/", RawQuery: "a\nb"})},
		"newline in host":   {open, at(url.URL{Scheme: "http", Host: host + "\n", Path: "/"})},
	} {
		if _, err := c.client.Do(context.Background(), c.req); err == nil {
			t.Errorf("%s: sent", name)
		}
		if err := c.client.check(c.req); fault.Of(err) != fault.Forbidden {
			t.Errorf("%s: the check says %v", name, err)
		}
	}
	if err := open.check(with("X", "über alles")); err != nil {
		t.Errorf("an ordinary header: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	var hops atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops.Add(1)
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	defer server.Close()
	c := New(Options{AllowNetworks: loopback, AllowHTTP: true})
	resp, err := c.Do(context.Background(), request(t, server.URL))
	if err != nil || resp.StatusCode != http.StatusFound || hops.Load() != 1 {
		t.Errorf("Do followed: %v after %d requests", err, hops.Load())
	}
	resp.Body.Close()
	hops.Store(0)
	if _, err := c.HTTPClient().Get(server.URL); err == nil || hops.Load() != MaxRedirects+1 {
		t.Errorf("the client for libraries made %d requests: %v", hops.Load(), err)
	}
}

func TestRedirectIsCheckedAgain(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://[::1]:1/", http.StatusFound)
	}))
	defer server.Close()
	c := New(Options{AllowNetworks: prefixes("127.0.0.0/8"), AllowHTTP: true})
	if _, err := c.HTTPClient().Get(server.URL); fault.Of(err) != fault.Forbidden {
		t.Errorf("redirected to a private address: %v", err)
	}
}

// A host that is barred is not asked, by whatever way one comes to it.
func TestBarredHosts(t *testing.T) {
	asked := false
	barred := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer barred.Close()
	server := httptest.NewServer(http.RedirectHandler(barred.URL, http.StatusFound))
	defer server.Close()
	c := New(Options{AllowNetworks: loopback, AllowHTTP: true, Bars: func(u *url.URL) bool { return "http://"+u.Host == barred.URL }})
	_, direct := c.Do(context.Background(), request(t, barred.URL))
	_, led := c.HTTPClient().Get(server.URL)
	_, slow := c.WithTimeout(time.Second).HTTPClient().Get(server.URL)
	for _, err := range []error{direct, led, slow} {
		if fault.Of(err) != fault.Forbidden || asked {
			t.Errorf("asked: %v", err)
		}
	}
}

func TestBodyLimitCountsInflated(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.Copy(z, io.LimitReader(zeros{}, 2<<20)) // two thousand bytes on the wire
		z.Close()
	}))
	defer server.Close()
	c := New(Options{AllowNetworks: loopback, AllowHTTP: true})
	for limit, ok := range map[int64]bool{DocumentLimit: false, 2<<20 - 1: false, 2 << 20: true} {
		resp, err := c.Do(context.Background(), request(t, server.URL))
		if err != nil {
			t.Fatal(err)
		}
		body, err := ReadBody(resp, limit)
		if ok != (err == nil) || !ok && fault.Of(err) != fault.TooLarge {
			t.Errorf("limit %d: %d bytes, %v", limit, len(body), err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestDeadlineCoversTheBody(t *testing.T) {
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-done
	}))
	defer server.Close()
	defer close(done)
	c := New(Options{AllowNetworks: loopback, AllowHTTP: true}).WithTimeout(50 * time.Millisecond)
	resp, err := c.Do(context.Background(), request(t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadBody(resp, 10); fault.Of(err) != fault.Unavailable {
		t.Errorf("a body that never ends: %v", err)
	}
}

// Who is told nothing else waits ten seconds, and reads no endless header.
func TestBoundsOfAnAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 100<<10))
	}))
	defer server.Close()
	c := New(Options{AllowNetworks: loopback, AllowHTTP: true})
	if c.http.Timeout != 10*time.Second || c.HTTPClient().Timeout != 10*time.Second {
		t.Errorf("a document may take %s", c.http.Timeout)
	}
	if _, err := c.Do(context.Background(), request(t, server.URL)); fault.Of(err) != fault.Unavailable {
		t.Errorf("a header of 100 KiB: %v", err)
	}
}

func TestIgnoresProxies(t *testing.T) {
	if New(Options{}).transport.Proxy != nil {
		t.Error("a proxy would connect where nobody checks the address")
	}
}

func TestSpeaksHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	c := New(Options{AllowNetworks: loopback})
	if _, err := c.Do(context.Background(), request(t, server.URL)); fault.Of(err) != fault.Unavailable {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	resp, err := New(Options{AllowNetworks: loopback}).trusting(pool).Do(context.Background(), request(t, server.URL))
	if err != nil || resp.ProtoMajor != 2 {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
}

// trusting is for a server whose certificate was made a moment ago.
func (c *Client) trusting(pool *x509.CertPool) *Client {
	c.transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	return c
}
