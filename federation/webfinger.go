package federation

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"parley/internal/fault"
	"parley/internal/safehttp"
)

// JRD is a WebFinger answer, RFC 7033.
type JRD struct {
	Subject string    `json:"subject"`
	Aliases []string  `json:"aliases,omitempty"`
	Links   []JRDLink `json:"links"`
}

// JRDLink is one of its links.
type JRDLink struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Href     string `json:"href,omitempty"`
	Template string `json:"template,omitempty"`
}

// ParseHandle splits `name@host`, with or without `acct:` or a leading @.
func ParseHandle(s string) (name string, host Host, err error) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "acct:")
	name, rest, ok := strings.Cut(strings.TrimPrefix(s, "@"), "@")
	if !ok || name == "" || len(name) > maxName || strings.ContainsFunc(name, unfitForName) {
		return "", "", fault.New(fault.Invalid, "A handle looks like name@host")
	}
	host, err = ParseHost(rest)
	return name, host, err
}

func unfitForName(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("/?#@:", r) }

// WebFinger asks the host of a handle which actor it means, and by what
// subject the host calls him. Nobody else has confirmed that; see Resolve.
func (c *Client) WebFinger(ctx context.Context, handle string) (actorURI, subject string, err error) {
	name, host, err := ParseHandle(handle)
	if err != nil {
		return "", "", err
	}
	jrd, err := c.webfinger(ctx, host, "acct:"+name+"@"+string(host))
	if err != nil {
		return "", "", err
	}
	if actorURI = jrd.self(); actorURI == "" {
		return "", "", fault.New(fault.NotFound, handle+" is not in the fediverse")
	}
	if jrd.Subject == "" { // RFC 7033 4.4.1 leaves it to the server
		jrd.Subject = name + "@" + string(host)
	}
	subject, err = normalHandle(jrd.Subject)
	return actorURI, subject, err
}

// self is the actor that an answer names, or empty.
func (j *JRD) self() string {
	for _, l := range j.Links {
		if l.Rel == "self" && IsActivityType(l.Type) && isWeb(l.Href) {
			return l.Href
		}
	}
	return ""
}

func normalHandle(s string) (string, error) {
	name, host, err := ParseHandle(s)
	return name + "@" + string(host), err
}

// webfinger tries the schemes in the order in which they are likely.
func (c *Client) webfinger(ctx context.Context, host Host, resource string) (*JRD, error) {
	schemes := []string{"https"}
	if c.HTTP.AllowsHTTP() {
		schemes = append(schemes, "http")
		if host.Local() || host.hasPort() {
			schemes = []string{"http", "https"}
		}
	}
	var err error
	for _, scheme := range schemes {
		var jrd *JRD
		jrd, err = c.readJRD(ctx, scheme+"://"+string(host)+"/.well-known/webfinger?resource="+url.QueryEscape(resource))
		if err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
			return jrd, err
		}
	}
	return nil, err
}

func (c *Client) readJRD(ctx context.Context, uri string) (*JRD, error) {
	resp, err := c.get(ctx, uri, "application/jrd+json, application/json", nil)
	if err != nil {
		return nil, err
	}
	body, err := safehttp.ReadBody(resp, documentLimit)
	if err != nil {
		return nil, err
	}
	jrd := &JRD{}
	if json.Unmarshal(body, jrd) != nil {
		return nil, fault.New(fault.Invalid, uri+" is not a WebFinger document")
	}
	return jrd, nil
}

// Resolve finds the actor of a handle and the handle that he goes by. The
// handle's host has to name the actor, and the actor's host the handle: a
// subject on a third host is not believed until that host has said the same.
func (c *Client) Resolve(ctx context.Context, handle string, key *Key) (actor *Object, confirmed string, err error) {
	asked, err := normalHandle(handle)
	if err != nil {
		return nil, "", err
	}
	uri, subject, err := c.WebFinger(ctx, asked)
	if err != nil {
		return nil, "", err
	}
	if actor, err = c.FetchActor(ctx, uri, key); err != nil {
		return nil, "", err
	}
	if uri == actor.ID && strings.EqualFold(asked, subject) && strings.EqualFold(asked, actor.ownHandle()) {
		return actor, subject, nil // one host has said it all
	}
	if confirmed, err = c.Handle(ctx, actor); err != nil {
		return nil, "", err
	}
	// The handle asked for may be an old one of his.
	if !strings.EqualFold(asked, confirmed) && (uri != actor.ID || !strings.EqualFold(subject, confirmed)) {
		return nil, "", fault.New(fault.NotFound, handle+" is not confirmed by the actor it points to")
	}
	return actor, confirmed, nil
}

// ownHandle is the handle of an actor on the host of his id.
func (o *Object) ownHandle() string { return o.PreferredUsername + "@" + string(HostOf(o.ID)) }

// Handle is the name@host of an actor, confirmed both ways: his own host says
// it, and where it is on another host, that host points back at him.
func (c *Client) Handle(ctx context.Context, actor *Object) (string, error) {
	own := actor.ownHandle()
	uri, subject, err := c.WebFinger(ctx, own)
	if err != nil {
		return "", err
	}
	if uri != actor.ID {
		return "", fault.New(fault.NotFound, own+" is somebody else than "+actor.ID)
	}
	if strings.EqualFold(subject, own) {
		return subject, nil
	}
	if _, host, err := ParseHandle(subject); err == nil && c.admits(host) != nil {
		return own, nil // that host is not asked, and his own has confirmed this
	}
	uri, again, err := c.WebFinger(ctx, subject)
	if err != nil {
		return "", err
	}
	if uri != actor.ID || !strings.EqualFold(again, subject) {
		return "", fault.New(fault.NotFound, subject+" does not point to "+actor.ID)
	}
	return subject, nil
}
