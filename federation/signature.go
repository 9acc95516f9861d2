package federation

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-fed/httpsig"

	"parley/internal/fault"
)

// How far the clock of a sender may be from ours.
const (
	maxAhead  = time.Hour
	maxBehind = 12 * time.Hour
)

// Scheme is the specification that a signature follows.
type Scheme string

// Cavage is draft-cavage-http-signatures-12, what the fediverse speaks today.
const Cavage Scheme = "cavage"

// Signature is a claim about who sent a request. It has passed every check
// that needs no key; until Verify it is worth nothing.
type Signature struct {
	Scheme  Scheme
	KeyID   string
	Created time.Time // when the sender says he signed

	covered []string      // in lower case
	request *http.Request // draft-cavage: what httpsig reads, with only the headers that count

	base, value []byte // RFC 9421: what was signed, and the signature
	algorithm   string // RFC 9421: what the sender says he signed with, if he does
}

// ParseSignature reads the signature of a request for one of our origins, such
// as https://social.example, and checks all that needs no key: what is
// covered, the body's digest, the clock, the host, and that nothing is said
// twice. go-fed/httpsig leaves all of that to its user.
func ParseSignature(r *http.Request, body []byte, now time.Time, origins ...string) (*Signature, error) {
	if len(r.Header.Values("Signature-Input")) > 0 {
		return parseMessageSignature(r, body, now, origins)
	}
	lines := r.Header.Values("Signature")
	if len(lines) == 0 {
		return nil, refuse("The request is not signed")
	}
	if len(lines) > 1 {
		return nil, refuse("The request has more than one signature")
	}
	params, err := parseParams(lines[0])
	if err != nil {
		return nil, err
	}
	c := claim{request: r, params: params, covered: strings.Fields(strings.ToLower(params["headers"]))}
	if err := c.check(body, now, origins); err != nil {
		return nil, err
	}
	return &Signature{Scheme: Cavage, KeyID: params["keyId"], Created: c.signedAt, covered: c.covered, request: c.minimal()}, nil
}

// Verify checks the signature with the key that its KeyID names. The key
// chooses the algorithm; what the header says of it was never read.
func (s *Signature) Verify(key *PublicKey) error {
	if s.Scheme == RFC9421 {
		return s.verifyMessage(key)
	}
	v, err := httpsig.NewVerifier(s.request)
	if err != nil {
		return fault.Wrap(fault.Unauthorized, err, "The signature cannot be read")
	}
	if err := v.Verify(key.key, key.algorithm); err != nil {
		return fault.Wrap(fault.Unauthorized, err, "The signature does not fit the key")
	}
	return nil
}

func refuse(reason string) error { return fault.New(fault.Unauthorized, reason) }

// parseParams splits the header, draft-cavage 2.1: name="value" or
// name=number, parted by commas. A comma may stand inside quotes.
func parseParams(s string) (map[string]string, error) {
	params := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return nil, refuse("The Signature header is malformed")
		}
		name = strings.TrimSpace(name)
		if _, double := params[name]; double {
			return nil, refuse("The Signature header says " + strconv.Quote(name) + " twice")
		}
		if params[name], s, ok = paramValue(rest); !ok {
			return nil, refuse("The Signature header is malformed")
		}
	}
	return params, nil
}

func paramValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(value), rest, true
	}
	value, rest, ok = strings.Cut(s[1:], `"`)
	rest = strings.TrimSpace(rest)
	if after, comma := strings.CutPrefix(rest, ","); comma {
		return value, after, ok
	}
	return value, rest, ok && rest == ""
}

// claim is a signature that is being checked.
type claim struct {
	request  *http.Request
	params   map[string]string
	covered  []string
	signedAt time.Time
}

func (c *claim) check(body []byte, now time.Time, origins []string) error {
	if c.params["keyId"] == "" || c.params["signature"] == "" {
		return refuse("The Signature header lacks keyId or signature")
	}
	if _, err := base64.StdEncoding.DecodeString(c.params["signature"]); err != nil {
		return refuse("The signature is not base64")
	}
	if !knownAlgorithm(c.params["algorithm"]) {
		return refuse("The signature algorithm " + strconv.Quote(c.params["algorithm"]) + " is not accepted")
	}
	for _, check := range []func() error{
		c.checkNames,
		c.checkTarget,
		func() error { return c.checkHost(origins) },
		func() error { return c.checkClock(now) },
		func() error { return c.checkDigest(body) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// knownAlgorithm keeps out whatever is no signature by a private key: an HMAC
// under a public key is one that anybody can make.
func knownAlgorithm(name string) bool {
	switch strings.ToLower(name) {
	case "", "hs2019", "rsa-sha256", "rsa-sha512", "ed25519", "ed25519-sha512":
		return true
	}
	return false
}

func (c *claim) covers(name string) bool { return slices.Contains(c.covered, name) }

// checkNames keeps out what would read otherwise when the header is written
// again for httpsig, which splits at every comma.
func (c *claim) checkNames() error {
	for i, name := range c.covered {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_()") != "" {
			return refuse("The signature covers " + strconv.Quote(name) + ", which is no header")
		}
		if slices.Contains(c.covered[:i], name) {
			return refuse("The signature covers " + strconv.Quote(name) + " twice")
		}
	}
	return nil
}

func (c *claim) checkTarget() error {
	if !c.covers("(request-target)") {
		return refuse("The signature does not cover (request-target)")
	}
	return nil
}

func (c *claim) checkHost(origins []string) error {
	if !c.covers("host") {
		return refuse("The signature does not cover host")
	}
	_, err := ourOrigin(c.request, origins)
	return err
}

// ourOrigin is the origin of ours that a request was sent to.
func ourOrigin(r *http.Request, origins []string) (string, error) {
	asked, err := ParseHost(r.Host)
	if err != nil {
		return "", refuse("The Host header is not the name of a host")
	}
	for _, ours := range origins {
		if HostOf(ours) == HostOf(schemeOf(ours)+"://"+r.Host) {
			return ours, nil
		}
	}
	return "", refuse(fmt.Sprintf("The request is signed for %s, which is not this node", asked))
}

func (c *claim) checkClock(now time.Time) error {
	date, created := c.covers("date"), c.covers("(created)")
	if !date && !created {
		return refuse("The signature covers neither date nor (created)")
	}
	if created {
		at, err := unixTime(c.params["created"])
		if err != nil || !fresh(at, now) {
			return refuse("The signature's created time is too far from now")
		}
		c.signedAt = at
	}
	if date {
		at, err := http.ParseTime(strings.Join(c.request.Header.Values("Date"), ","))
		if err != nil || !fresh(at, now) {
			return refuse("The Date header is too far from now")
		}
		c.signedAt = at
	}
	if expires, ok := c.params["expires"]; ok {
		if at, err := unixTime(expires); err != nil || now.After(at.Add(time.Minute)) {
			return refuse("The signature has expired")
		}
	}
	return nil
}

func fresh(at, now time.Time) bool {
	return at.Before(now.Add(maxAhead)) && at.After(now.Add(-maxBehind))
}

func unixTime(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0), err
}

func (c *claim) checkDigest(body []byte) error {
	header := strings.Join(c.request.Header.Values("Digest"), ",")
	get := c.request.Method == http.MethodGet || c.request.Method == http.MethodHead
	if get && len(body) == 0 && header == "" {
		return nil
	}
	if !get && !c.covers("digest") {
		return refuse("The signature does not cover digest")
	}
	if !digestMatches(header, body) {
		return refuse("The Digest header does not match the body")
	}
	return nil
}

// digestMatches wants at least one digest that it knows, RFC 3230, and all of
// those to be right.
func digestMatches(header string, body []byte) bool {
	matched := false
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		var sum []byte
		switch strings.ToLower(name) {
		case "sha-256":
			s := sha256.Sum256(body)
			sum = s[:]
		case "sha-512":
			s := sha512.Sum512(body)
			sum = s[:]
		default:
			continue
		}
		sent, err := base64.StdEncoding.DecodeString(value)
		if err != nil || subtle.ConstantTimeCompare(sent, sum) != 1 {
			return false
		}
		matched = true
	}
	return matched
}

// minimal is the request that httpsig shall see: nothing in it that was not
// checked here, and the target as it came over the wire, since httpsig would
// write a decoded path.
func (c *claim) minimal() *http.Request {
	header := http.Header{}
	for _, name := range c.covered {
		key := http.CanonicalHeaderKey(name)
		if values, ok := c.request.Header[key]; ok {
			header[key] = values
		}
	}
	header["Host"] = []string{c.request.Host}
	header["Signature"] = []string{c.header()}
	return &http.Request{
		Method: c.request.Method,
		Host:   c.request.Host,
		URL:    &url.URL{Path: target(c.request)},
		Header: header,
	}
}

// header is the Signature header as httpsig's simpler parser reads it.
func (c *claim) header() string {
	s := `keyId="-",headers="` + strings.Join(c.covered, " ") + `",signature="` + c.params["signature"] + `"`
	for _, name := range []string{"created", "expires"} {
		if at, err := unixTime(c.params[name]); err == nil && c.covers("("+name+")") {
			s += "," + name + "=" + strconv.FormatInt(at.Unix(), 10)
		}
	}
	return s
}

// target is the path and query of a request as they are on the wire.
func target(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}
