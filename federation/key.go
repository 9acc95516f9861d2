package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/go-fed/httpsig"

	"parley/internal/fault"
)

// Bounds of an RSA key: smaller ones are forged, larger ones only cost us time.
const (
	minRSA = 2048
	maxRSA = 8192
)

// Key signs for an actor. ID is what receivers look up: `<actor id>#main-key`,
// because some of them strip the fragment and compare with the actor.
type Key struct {
	ID      string
	Private crypto.Signer
	Edwards *Key // the actor's Ed25519 key, where this one is RSA; nil if none
}

// PublicKey verifies. It alone decides on the algorithm.
type PublicKey struct {
	key       crypto.PublicKey
	algorithm httpsig.Algorithm
}

// NewKeyPair makes an RSA-2048 key, which every server in the field
// understands, as PKCS#8 and PKIX in PEM. It takes about a tenth of a second.
func NewKeyPair() (private, public string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", err
	}
	return encodePEM("PRIVATE KEY", der), encodePEM("PUBLIC KEY", spki), nil
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// ParsePrivateKeyPEM reads a key of ours. Keep the result: it holds what makes
// the next signature with it cheaper.
func ParsePrivateKeyPEM(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fault.New(fault.Internal, "The private key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if block.Type == "RSA PRIVATE KEY" {
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "The private key cannot be read")
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		key.Precompute()
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, fault.New(fault.Internal, "The private key is neither RSA nor Ed25519")
}

// ParsePublicKeyPEM reads the key of an actor and refuses one that is too weak.
func ParsePublicKeyPEM(text string) (*PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		block, _ = pem.Decode([]byte(relined(text)))
	}
	if block == nil {
		return nil, fault.New(fault.Unauthorized, "The public key is not PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if block.Type == "RSA PUBLIC KEY" {
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unauthorized, err, "The public key cannot be read")
	}
	return newPublicKey(parsed)
}

// relined gives back the line breaks that some servers lose.
func relined(text string) string {
	head, rest, _ := strings.Cut(text, "KEY-----")
	body, tail, _ := strings.Cut(rest, "-----END")
	return strings.TrimLeft(head, " \t\r\n") + "KEY-----\n" + strings.Join(strings.Fields(body), "\n") + "\n-----END" + strings.TrimRight(tail, " \t\r\n") + "\n"
}

func newPublicKey(parsed crypto.PublicKey) (*PublicKey, error) {
	switch key := parsed.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return nil, fault.New(fault.Unauthorized, "An RSA key must have 2048 to 8192 bits")
		}
		return &PublicKey{key, httpsig.RSA_SHA256}, nil
	case ed25519.PublicKey:
		return &PublicKey{key, httpsig.ED25519}, nil
	}
	return nil, fault.New(fault.Unauthorized, "The public key is neither RSA nor Ed25519")
}

// Equal reports whether both are the same key.
func (k *PublicKey) Equal(other *PublicKey) bool {
	a, errA := x509.MarshalPKIXPublicKey(k.key)
	b, errB := x509.MarshalPKIXPublicKey(other.key)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
