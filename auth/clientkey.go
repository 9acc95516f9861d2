package auth

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 2.2
	assertionLife = time.Minute
	minRSA        = 2048
)

// ClientKey is the private key that proves who this node is.
type ClientKey struct {
	key         jose.JSONWebKey
	certificate *x509.Certificate // by which some providers know the key; nil: none
}

// ReadClientKey reads the private key of a PEM file: RSA of 2048 bits or more,
// EC P-256 or Ed25519, and the certificate of it where there is one.
func ReadClientKey(path string) (*ClientKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the private key: %w", err)
	}
	block, certificate := pemBlocks(text)
	if block == nil {
		return nil, fmt.Errorf("there is no private key in %s, which must be a PEM file: make a key with `openssl genpkey -algorithm ED25519`", path)
	}
	private, err := parsePrivate(block)
	if err != nil {
		return nil, fmt.Errorf("the private key in %s cannot be read: %w", path, err)
	}
	alg, err := algorithmOf(private)
	if err != nil {
		return nil, fmt.Errorf("the private key in %s: %w", path, err)
	}
	k := &ClientKey{key: jose.JSONWebKey{Key: private, Algorithm: string(alg), Use: "sig"}}
	thumb, err := k.key.Thumbprint(crypto.SHA256) // RFC 7638: a name that only changes with the key
	if err != nil {
		return nil, fmt.Errorf("the private key in %s: %w", path, err)
	}
	k.key.KeyID = base64.RawURLEncoding.EncodeToString(thumb)
	if certificate != nil {
		if k.certificate, err = certificateOf(k.key.Public(), certificate); err != nil {
			return nil, fmt.Errorf("the certificate in %s: %w", path, err)
		}
	}
	return k, nil
}

// pemBlocks finds the private key of a PEM file, and the first certificate, which
// is its own where a chain follows. Nil: none.
func pemBlocks(text []byte) (private, certificate *pem.Block) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			certificate = cmp.Or(certificate, block)
		} else {
			private = cmp.Or(private, block)
		}
	}
	return private, certificate
}

// certificateOf reads the certificate of a key: another's would prove nothing.
func certificateOf(public jose.JSONWebKey, block *pem.Block) (*x509.Certificate, error) {
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	if key, ok := public.Key.(interface{ Equal(crypto.PublicKey) bool }); !ok || !key.Equal(certificate.PublicKey) {
		return nil, errors.New("it is of another key: write the one that was made for the private key, and its issuers after it")
	}
	return certificate, nil
}

// parsePrivate reads a key as OpenSSL writes it, of today and of old.
func parsePrivate(block *pem.Block) (any, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("the file holds a %s: write an unencrypted private key", block.Type)
}

// algorithmOf is what a key signs with, as far as we take it.
func algorithmOf(private any) (jose.SignatureAlgorithm, error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() >= minRSA {
			return jose.RS256, nil
		}
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() {
			return jose.ES256, nil
		}
	case ed25519.PrivateKey:
		return jose.EdDSA, nil
	}
	return "", errors.New("it must be RSA of 2048 bits or more, EC P-256 or Ed25519")
}

// Set is the public half, for a provider to check our proofs with.
func (k *ClientKey) Set() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.key.Public()}}
}

// proof is a token by which client tells audience who it is. RFC 7523 3
func (k *ClientKey) proof(client, audience string, now time.Time) (string, error) {
	options := (&jose.SignerOptions{}).WithType("JWT")
	if k.certificate != nil { // RFC 7515 4.1.7 and 4.1.8, for who knows certificates and no key sets
		sha1Sum, sha256Sum := sha1.Sum(k.certificate.Raw), sha256.Sum256(k.certificate.Raw)
		options.WithHeader("x5t", base64.RawURLEncoding.EncodeToString(sha1Sum[:]))
		options.WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(sha256Sum[:]))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.key.Algorithm), Key: k.key}, options)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": client, "sub": client, "aud": audience, "jti": NewSecret(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
