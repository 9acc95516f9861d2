package federation

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/internal/fault"
	"parley/internal/safehttp"
)

const documentLimit = safehttp.DocumentLimit

// Client asks other nodes and delivers to them.
type Client struct {
	HTTP *safehttp.Client
	Now  func() time.Time

	// Admits says who is asked anything or delivered to, of every address on
	// the way; everybody where it is nil.
	Admits func(Host) error

	schemes schemes
}

// Fetch reads the object that a URI names, with a signed request if key is
// not nil. The object's id is on the origin it was read from: one that claims
// another id is read again under that id, once, and refused if it still does.
func (c *Client) Fetch(ctx context.Context, uri string, key *Key) (*Object, error) {
	uri = withoutFragment(uri)
	o, from, err := c.read(ctx, uri, key)
	if err != nil {
		return nil, err
	}
	if vouched(o, uri, from) {
		return o, nil
	}
	asked := withoutFragment(o.ID)
	if asked == uri || !isWeb(asked) {
		return nil, notItsOwn(uri, o)
	}
	again, from, err := c.read(ctx, asked, key)
	if err != nil {
		return nil, err
	}
	if !vouched(again, asked, from) {
		return nil, notItsOwn(asked, again)
	}
	return again, nil
}

// vouched reports whether the server that the document came from may speak
// for its id, and was asked for it. (CVE-2024-25636)
func vouched(o *Object, asked, from string) bool {
	return SameOrigin(o.ID, from) && (o.ID == asked || o.ID == from)
}

func notItsOwn(uri string, o *Object) error {
	return fault.New(fault.Invalid, fmt.Sprintf("The document at %s says its id is %q, which it cannot vouch for", uri, o.ID))
}

func withoutFragment(uri string) string {
	uri, _, _ = strings.Cut(uri, "#")
	return uri
}

// read fetches one document and says which URL it came from in the end. It
// says nothing about the document's id.
func (c *Client) read(ctx context.Context, uri string, key *Key) (*Object, string, error) {
	resp, err := c.get(ctx, uri, acceptType, key)
	if err != nil {
		return nil, "", err
	}
	from := resp.Request.URL.String()
	if t := resp.Header.Get("Content-Type"); !IsActivityType(t) {
		resp.Body.Close()
		return nil, "", fault.New(fault.Invalid, fmt.Sprintf("%s is not ActivityStreams but %q", uri, t))
	}
	body, err := safehttp.ReadBody(resp, documentLimit)
	if err != nil {
		return nil, "", err
	}
	o, err := ParseObject(body)
	return o, from, err
}

// get follows redirects, signing each request anew, until there is an answer
// of 200.
func (c *Client) get(ctx context.Context, uri, accept string, key *Key) (*http.Response, error) {
	for range safehttp.MaxRedirects + 1 {
		resp, err := c.knock(ctx, "", key, func() (*http.Request, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
			if err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "The address cannot be read")
			}
			req.Header.Set("Accept", accept)
			return req, nil
		})
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		resp.Body.Close()
		next, err := redirect(resp)
		if err != nil {
			return nil, err
		}
		uri = next
	}
	return nil, fault.New(fault.Unavailable, "Too many redirects from "+uri)
}

// redirect is where an answer sends us, or the error that it means.
func redirect(resp *http.Response) (string, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err := resp.Location()
		if err != nil {
			return "", fault.Wrap(fault.Unavailable, err, resp.Request.URL.Host+" redirects to nowhere")
		}
		next.Fragment = ""
		return next.String(), nil
	}
	return "", statusError(resp.Request.URL, resp.StatusCode)
}

func statusError(from *url.URL, status int) error {
	switch {
	case status == http.StatusNotFound:
		return fault.New(fault.NotFound, from.String()+" does not exist")
	case status == http.StatusGone:
		return fault.New(fault.Gone, from.String()+" is gone")
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fault.New(fault.Forbidden, fmt.Sprintf("%s does not show us %s (%d)", from.Host, from.Path, status))
	case status == http.StatusTooManyRequests || status >= 500:
		return fault.New(fault.Unavailable, fmt.Sprintf("%s cannot answer now (%d)", from.Host, status))
	}
	return fault.New(fault.Invalid, fmt.Sprintf("%s answered %d", from.Host, status))
}
