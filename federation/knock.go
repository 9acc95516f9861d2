package federation

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// edwards is RFC 9421 with an Ed25519 key, for hosts that say they take that.
const edwards Scheme = "rfc9421-ed25519"

// schemes remembers by which signatures hosts let us in, where that is not by
// the one that we try first.
type schemes struct {
	once  sync.Once
	known *otter.Cache[Host, Scheme]
}

const (
	rememberScheme = 24 * time.Hour // hosts change their software
	maxSchemes     = 20_000
)

func (s *schemes) cache() *otter.Cache[Host, Scheme] {
	s.once.Do(func() {
		s.known = otter.Must(&otter.Options[Host, Scheme]{MaximumSize: maxSchemes, ExpiryCalculator: otter.ExpiryWriting[Host, Scheme](rememberScheme)})
	})
	return s.known
}

// first is what to sign by. Most servers know draft-cavage alone, and some
// answer 202 to whatever they do not understand.
func (s *schemes) first(host Host, key *Key) Scheme {
	scheme, ok := s.cache().GetIfPresent(host)
	if !ok || scheme == edwards && key.Edwards == nil {
		return Cavage
	}
	return scheme
}

// Prefer signs with Ed25519 keys for a host from now on: it says that it takes
// them, or has sent such a signature. Until it refuses one.
func (c *Client) Prefer(host Host) {
	if host != "" {
		c.schemes.cache().SetIfAbsent(host, edwards)
	}
}

// knock sends a request that is signed for key, if there is one, and once more
// by the other scheme where the answer is 401. Only that tells of signatures:
// a 403 is a block, and what a broken server answers tells nothing. What is
// learned of a host is learned from a 401 to one and a yes to the other.
func (c *Client) knock(ctx context.Context, digest string, key *Key, request func() (*http.Request, error)) (*http.Response, error) {
	req, err := request()
	if err != nil {
		return nil, err
	}
	host := HostOf(req.URL.String())
	if err := c.admits(host); err != nil {
		return nil, err
	}
	if key == nil {
		return c.HTTP.Do(ctx, req)
	}
	scheme := c.schemes.first(host, key)
	resp, err := c.signed(ctx, req, scheme, digest, key)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	if req, err = request(); err != nil {
		return resp, nil
	}
	other := scheme.other()
	again, err := c.signed(ctx, req, other, digest, key)
	if err != nil || again.StatusCode == http.StatusUnauthorized {
		if err == nil {
			discard(again)
		}
		return resp, nil
	}
	discard(resp)
	if again.StatusCode < http.StatusMultipleChoices {
		c.schemes.cache().Set(host, other)
	}
	return again, nil
}

func (c *Client) admits(host Host) error {
	if c.Admits == nil {
		return nil
	}
	return c.Admits(host)
}

func (s Scheme) other() Scheme {
	if s == Cavage {
		return RFC9421
	}
	return Cavage
}

func (c *Client) signed(ctx context.Context, req *http.Request, scheme Scheme, digest string, key *Key) (*http.Response, error) {
	if scheme == edwards {
		scheme, key = RFC9421, key.Edwards
	}
	if err := Sign(req, scheme, digest, key, c.Now()); err != nil {
		return nil, err
	}
	return c.HTTP.Do(ctx, req)
}

// discard lets the connection be used again.
func discard(resp *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10))
	resp.Body.Close()
}
