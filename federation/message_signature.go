package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"parley/internal/fault"
)

// RFC9421 is HTTP message signatures, what the fediverse will speak.
const RFC9421 Scheme = "rfc9421"

// maxSignatures is how many of a request's signatures are looked at.
const maxSignatures = 4

// parseMessageSignature reads the signature of a request by RFC 9421. Of
// several the first counts that covers what it must.
func parseMessageSignature(r *http.Request, body []byte, now time.Time, origins []string) (*Signature, error) {
	inputs, err := httpsfv.UnmarshalDictionary(r.Header.Values("Signature-Input"))
	if err != nil {
		return nil, refuse("The Signature-Input header is malformed")
	}
	values, err := httpsfv.UnmarshalDictionary(r.Header.Values("Signature"))
	if err != nil {
		return nil, refuse("The Signature header is malformed")
	}
	failed := refuse("The request is not signed")
	for i, label := range inputs.Names() {
		if i == maxSignatures {
			break
		}
		m := message{request: r}
		sig, err := m.read(label, inputs, values, body, now, origins)
		if err == nil {
			return sig, nil
		}
		if i == 0 {
			failed = err
		}
	}
	return nil, failed
}

// message is a request whose signature by RFC 9421 is being checked.
type message struct {
	request *http.Request
	origin  string // ours, that it was sent to
	input   httpsfv.InnerList
	covered []string
}

func (m *message) read(label string, inputs, values *httpsfv.Dictionary, body []byte, now time.Time, origins []string) (*Signature, error) {
	member, _ := inputs.Get(label)
	list, ok := member.(httpsfv.InnerList)
	if !ok {
		return nil, refuse("The Signature-Input header is malformed")
	}
	m.input = list
	value, err := signatureOf(values, label)
	if err != nil {
		return nil, err
	}
	sig := &Signature{Scheme: RFC9421, value: value}
	if m.origin, err = ourOrigin(m.request, origins); err != nil {
		return nil, err
	}
	for _, check := range []func() error{
		m.checkComponents,
		m.checkCoverage,
		func() error { return m.checkClock(sig, now) },
		func() error { return m.checkDigest(body) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	if sig.KeyID, ok = param[string](m.input.Params, "keyid"); !ok || sig.KeyID == "" {
		return nil, refuse("The signature does not name its key")
	}
	if _, given := m.input.Params.Get("alg"); given {
		if sig.algorithm, ok = param[string](m.input.Params, "alg"); !ok {
			return nil, refuse("The Signature-Input header is malformed")
		}
	}
	sig.covered = m.covered
	sig.base, err = m.base()
	return sig, err
}

func signatureOf(values *httpsfv.Dictionary, label string) ([]byte, error) {
	member, ok := values.Get(label)
	item, isItem := member.(httpsfv.Item)
	value, isBytes := item.Value.([]byte)
	if !ok || !isItem || !isBytes {
		return nil, refuse("The Signature header lacks " + strconv.Quote(label))
	}
	return value, nil
}

func param[T any](params *httpsfv.Params, name string) (value T, ok bool) {
	if v, given := params.Get(name); given {
		value, ok = v.(T)
	}
	return value, ok
}

// derived are the components beside the headers that we know, RFC 9421 2.2.
var derived = []string{"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"}

// checkComponents keeps out what is covered twice, and what we would read
// otherwise than the sender meant it: no parameter of a component is known.
func (m *message) checkComponents() error {
	for _, item := range m.input.Items {
		name, ok := item.Value.(string)
		if !ok || len(item.Params.Names()) > 0 {
			return refuse("The signature covers a component in a form that is not understood here")
		}
		switch {
		case slices.Contains(m.covered, name):
			return refuse("The signature covers " + strconv.Quote(name) + " twice")
		case strings.HasPrefix(name, "@") && !slices.Contains(derived, name):
			return refuse("The signature covers " + strconv.Quote(name) + ", which is not understood here")
		case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_@") != "":
			return refuse("The signature covers " + strconv.Quote(name) + ", which is no header")
		}
		m.covered = append(m.covered, name)
	}
	return nil
}

func (m *message) covers(name string) bool { return slices.Contains(m.covered, name) }

// checkCoverage wants the method and where the request goes to be covered.
func (m *message) checkCoverage() error {
	path := m.covers("@path") && (m.covers("@query") || m.query() == "?") || m.covers("@request-target")
	switch {
	case !m.covers("@method"):
		return refuse("The signature does not cover @method")
	case !m.covers("@target-uri") && !(m.covers("@authority") && path):
		return refuse("The signature does not cover @target-uri")
	case hasBody(m.request) && !m.covers("content-digest"):
		return refuse("The signature does not cover content-digest")
	}
	return nil
}

func hasBody(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// checkClock wants the time of the signature, RFC 9421 2.3, and where it is
// covered that of the Date header.
func (m *message) checkClock(sig *Signature, now time.Time) error {
	created, ok := param[int64](m.input.Params, "created")
	if sig.Created = time.Unix(created, 0); !ok || !fresh(sig.Created, now) {
		return refuse("The signature's created time is too far from now")
	}
	if _, given := m.input.Params.Get("expires"); given {
		expires, ok := param[int64](m.input.Params, "expires")
		if !ok || now.After(time.Unix(expires, 0).Add(time.Minute)) {
			return refuse("The signature has expired")
		}
	}
	if m.covers("date") {
		at, err := http.ParseTime(strings.Join(m.request.Header.Values("Date"), ","))
		if err != nil || !fresh(at, now) {
			return refuse("The Date header is too far from now")
		}
	}
	return nil
}

// checkDigest compares the body with Content-Digest, RFC 9530 2: at least one
// digest that we know, and all of those right.
func (m *message) checkDigest(body []byte) error {
	lines := m.request.Header.Values("Content-Digest")
	if !hasBody(m.request) && len(body) == 0 && len(lines) == 0 {
		return nil
	}
	digests, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return refuse("The Content-Digest header is malformed")
	}
	matched := false
	for _, name := range digests.Names() {
		var sum []byte
		switch name {
		case "sha-256":
			s := sha256.Sum256(body)
			sum = s[:]
		case "sha-512":
			s := sha512.Sum512(body)
			sum = s[:]
		default:
			continue
		}
		sent, err := signatureOf(digests, name)
		if err != nil || subtle.ConstantTimeCompare(sent, sum) != 1 {
			return refuse("The Content-Digest header does not match the body")
		}
		matched = true
	}
	if !matched {
		return refuse("The Content-Digest header does not match the body")
	}
	return nil
}

// base is what was signed, RFC 9421 2.5.
func (m *message) base() ([]byte, error) {
	var b strings.Builder
	for _, name := range m.covered {
		value, err := m.component(name)
		if err != nil {
			return nil, err
		}
		b.WriteString(`"` + name + `": ` + value + "\n")
	}
	params, err := httpsfv.Marshal(m.input)
	if err != nil {
		return nil, refuse("The Signature-Input header is malformed")
	}
	b.WriteString(`"@signature-params": ` + params)
	return []byte(b.String()), nil
}

// component is the value of one covered thing, RFC 9421 2.1 and 2.2.
func (m *message) component(name string) (string, error) {
	r := m.request
	path, _, _ := strings.Cut(target(r), "?")
	switch name {
	case "@method":
		return r.Method, nil
	case "@target-uri":
		return schemeOf(m.origin) + "://" + hostHeader(r) + target(r), nil
	case "@authority":
		return string(HostOf(m.origin)), nil
	case "@scheme":
		return schemeOf(m.origin), nil
	case "@request-target":
		return target(r), nil
	case "@path":
		return path, nil
	case "@query":
		return m.query(), nil
	case "host":
		return hostHeader(r), nil
	}
	values := r.Header.Values(name)
	if len(values) == 0 {
		return "", refuse("The signature covers " + strconv.Quote(name) + ", which the request lacks")
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.TrimSpace(v)
	}
	return strings.Join(trimmed, ", "), nil
}

// query is the query with its question mark, RFC 9421 2.2.7.
func (m *message) query() string {
	_, query, _ := strings.Cut(target(m.request), "?")
	return "?" + query
}

func schemeOf(origin string) string {
	scheme, _, _ := strings.Cut(origin, ":")
	return scheme
}

// verifyMessage checks a signature by RFC 9421, 3.3. The key decides how;
// where the sender says how, it has to be one of the ways of this key.
func (s *Signature) verifyMessage(key *PublicKey) error {
	var err error
	switch public := key.key.(type) {
	case *rsa.PublicKey:
		err = s.verifyRSA(public)
	case ed25519.PublicKey:
		if s.algorithm != "" && s.algorithm != "ed25519" {
			return refuse("The signature algorithm " + strconv.Quote(s.algorithm) + " does not fit the key")
		}
		if !ed25519.Verify(public, s.base, s.value) {
			err = rsa.ErrVerification
		}
	}
	if err != nil {
		return fault.Wrap(fault.Unauthorized, err, "The signature does not fit the key")
	}
	return nil
}

// Edwards reports whether the signature, if it is verified, shows that its
// sender knows RFC 9421 and Ed25519.
func (s *Signature) Edwards() bool { return s.Scheme == RFC9421 && s.algorithm == "ed25519" }

func (s *Signature) verifyRSA(key *rsa.PublicKey) error {
	switch s.algorithm {
	case "", "rsa-v1_5-sha256":
		sum := sha256.Sum256(s.base)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], s.value)
	case "rsa-pss-sha512":
		sum := sha512.Sum512(s.base)
		return rsa.VerifyPSS(key, crypto.SHA512, sum[:], s.value, &rsa.PSSOptions{SaltLength: 64})
	}
	return refuse("The signature algorithm " + strconv.Quote(s.algorithm) + " does not fit the key")
}
