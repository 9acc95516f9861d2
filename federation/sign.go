package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
	"github.com/go-fed/httpsig"

	"parley/internal/fault"
)

var (
	signedGet  = []string{httpsig.RequestTarget, "host", "date"}
	signedPost = []string{httpsig.RequestTarget, "host", "date", "digest", "content-type"}
)

// Digest is the Digest header for a body. Make it once per activity, not once
// per inbox.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// Sign signs a request for key by the scheme, setting its Date. With a digest,
// that of the body, it is signed as a POST.
func Sign(req *http.Request, scheme Scheme, digest string, key *Key, now time.Time) error {
	req.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	for _, old := range []string{"Signature", "Signature-Input", "Digest", "Content-Digest"} {
		req.Header.Del(old)
	}
	if digest != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", ContentType)
	}
	sign := signCavage
	if scheme == RFC9421 {
		sign = signMessage
	}
	if err := sign(req, digest, key, now); err != nil {
		return fault.Wrap(fault.Internal, err, "The request could not be signed")
	}
	return nil
}

// signCavage signs by draft-cavage-http-signatures. The algorithm it names is
// hs2019, as the draft asks; all servers seen take that as what the key says.
func signCavage(req *http.Request, digest string, key *Key, _ time.Time) error {
	headers := signedGet
	if digest != "" {
		headers = signedPost
		req.Header.Set("Digest", digest)
	}
	if req.Header.Get(synchronizationHeader) != "" { // FEP-8fcf: only a signed one counts
		headers = append(slices.Clip(headers), "collection-synchronization")
	}
	algorithm := httpsig.RSA_SHA256
	if _, ok := key.Private.(ed25519.PrivateKey); ok {
		algorithm = httpsig.ED25519
	}
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{algorithm}, httpsig.DigestSha256, headers, httpsig.Signature, 0)
	if err != nil {
		return err
	}
	req.Header.Set("Host", hostHeader(req)) // httpsig reads it there; net/http ignores it
	wire := &http.Request{Method: req.Method, URL: &url.URL{Path: req.URL.RequestURI()}, Header: req.Header}
	return signer.SignRequest(key.Private, key.ID, wire, nil)
}

// signMessage signs by RFC 9421, with the actor's Ed25519 key where the
// receiver is known to take that: it costs a fortieth.
func signMessage(req *http.Request, digest string, key *Key, now time.Time) error {
	covered := []string{"@method", "@target-uri"}
	if digest != "" {
		covered = append(covered, "content-digest")
		req.Header.Set("Content-Digest", contentDigest(digest))
	}
	if req.Header.Get(synchronizationHeader) != "" {
		covered = append(covered, "collection-synchronization")
	}
	m := message{request: req, origin: req.URL.Scheme + "://" + hostHeader(req), covered: covered, input: httpsfv.InnerList{Params: httpsfv.NewParams()}}
	for _, name := range covered {
		m.input.Items = append(m.input.Items, httpsfv.NewItem(name))
	}
	m.input.Params.Add("created", now.Unix())
	m.input.Params.Add("keyid", key.ID)
	m.input.Params.Add("alg", messageAlgorithm(key))
	base, err := m.base()
	if err != nil {
		return err
	}
	value, err := signBytes(key, base)
	if err != nil {
		return err
	}
	input, err := httpsfv.Marshal(m.input)
	if err != nil {
		return err
	}
	req.Header.Set("Signature-Input", "sig1="+input)
	req.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(value)+":")
	return nil
}

// messageAlgorithm is the key's in the registry of RFC 9421, 6.2.2.
func messageAlgorithm(key *Key) string {
	if _, ok := key.Private.(ed25519.PrivateKey); ok {
		return "ed25519"
	}
	return "rsa-v1_5-sha256"
}

func signBytes(key *Key, base []byte) ([]byte, error) {
	if _, ok := key.Private.(ed25519.PrivateKey); ok {
		return key.Private.Sign(nil, base, crypto.Hash(0))
	}
	sum := sha256.Sum256(base)
	return key.Private.Sign(nil, sum[:], crypto.SHA256)
}

// contentDigest writes a Digest as RFC 9530 does.
func contentDigest(digest string) string {
	_, value, _ := strings.Cut(digest, "=")
	return "sha-256=:" + value + ":"
}

func hostHeader(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}
