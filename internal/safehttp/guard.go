package safehttp

import (
	"net/http"
	"strings"

	"parley/internal/fault"
)

// guard checks what can be told from the request alone, on every hop, and
// leaves the address to the dialer.
type guard struct{ client *Client }

func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	err := g.client.check(req)
	if err == nil && (req.Method == http.MethodGet || req.Method == http.MethodHead) {
		err = g.client.spend(req.URL)
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close() // the contract of http.RoundTripper
		}
		return nil, err
	}
	if g.client.userAgent != "" && req.Header.Get("User-Agent") == "" {
		req = req.Clone(req.Context())
		req.Header.Set("User-Agent", g.client.userAgent)
	}
	return g.client.transport.RoundTrip(req)
}

func (c *Client) check(req *http.Request) error {
	switch {
	case req.URL.Scheme == "https":
	case req.URL.Scheme != "http":
		return fault.New(fault.Forbidden, "Only http and https addresses are fetched")
	case !c.allowHTTP:
		return fault.New(fault.Forbidden, "Plain http to "+clean(req.URL.Host)+" is not allowed; federation.allow_http is the setting")
	}
	if req.URL.Hostname() == "" || req.URL.User != nil {
		return fault.New(fault.Forbidden, "The address has no host, or a password in it")
	}
	if c.bars != nil && c.bars(req.URL) {
		return fault.New(fault.Forbidden, "Nothing is asked of "+clean(req.URL.Host)+", which is blocked here")
	}
	if hasControl(req.URL.String()) || hasControl(req.URL.Host) || hasControl(req.Host) {
		return fault.New(fault.Forbidden, "The address contains control characters")
	}
	for name, values := range req.Header {
		for _, v := range values {
			if hasControl(name) || hasControl(v) {
				return fault.New(fault.Forbidden, "The header "+clean(name)+" contains control characters")
			}
		}
	}
	return nil
}

func hasControl(s string) bool { return strings.ContainsFunc(s, isControl) }

func isControl(r rune) bool { return r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) }

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, s)
}
