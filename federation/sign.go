package federation

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"time"

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

// Sign signs a request for key by draft-cavage-http-signatures, setting its
// Date. With a digest, that of the body, it is signed as a POST. The algorithm it names is
// hs2019, as the draft asks; all servers seen take that as what the key says.
func Sign(req *http.Request, digest string, key *Key, now time.Time) error {
	headers := signedGet
	req.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	if digest != "" {
		headers = signedPost
		req.Header.Set("Digest", digest)
		if req.Header.Get("Content-Type") == "" {
			req.Header.Set("Content-Type", ContentType)
		}
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
		return fault.Wrap(fault.Internal, err, "The request could not be signed")
	}
	req.Header.Del("Signature")
	req.Header.Set("Host", hostHeader(req)) // httpsig reads it there; net/http ignores it
	wire := &http.Request{Method: req.Method, URL: &url.URL{Path: req.URL.RequestURI()}, Header: req.Header}
	if err := signer.SignRequest(key.Private, key.ID, wire, nil); err != nil {
		return fault.Wrap(fault.Internal, err, "The request could not be signed")
	}
	return nil
}

func hostHeader(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}
