package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// identity is the key by which push services know this node. RFC 8292
type identity struct {
	private *ecdsa.PrivateKey
	public  string // uncompressed, base64url
}

// newIdentity is the text of a new private key.
func newIdentity() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	raw, err := key.Bytes()
	return encode(raw), err
}

func parseIdentity(text string) (*identity, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the key for push services: %w", err)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return nil, fmt.Errorf("the key for push services: %w", err)
	}
	public, err := key.PublicKey.Bytes()
	return &identity{private: key, public: encode(public)}, err
}

// introductionLasts is how long a token for a push service is good: at most a
// day. RFC 8292 2
const introductionLasts = 12 * time.Hour

// introduce is a signed token that tells the push service of the endpoint who
// we are, and no other. RFC 8292 2, RFC 7515 3.1
func (i *identity) introduce(endpoint *url.URL, contact string, now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"aud": endpoint.Scheme + "://" + endpoint.Host, "exp": now.Add(introductionLasts).Unix(), "sub": contact,
	})
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, i.private, hash[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64) // RFC 7518 3.4
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + encode(signature), nil
}
