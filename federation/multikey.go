package federation

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"strings"
)

// ed25519Code is the multicodec prefix of an Ed25519 public key.
var ed25519Code = []byte{0xed, 0x01}

// NewEdwardsPair makes an Ed25519 key, which servers that know RFC 9421 take
// for a fortieth of the cost, as PKCS#8 and PKIX in PEM.
func NewEdwardsPair() (private, public string, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	spki, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", "", err
	}
	return encodePEM("PRIVATE KEY", der), encodePEM("PUBLIC KEY", spki), nil
}

// Multibase writes an Ed25519 public key as a Multikey has it, and nothing for
// a key of another kind. FEP-521a
func (k *PublicKey) Multibase() string {
	public, ok := k.key.(ed25519.PublicKey)
	if !ok {
		return ""
	}
	return "z" + base58(slices.Concat(ed25519Code, public))
}

// multikeyPEM is the key of a Multikey as PEM, empty where it is not one for
// Ed25519: of the others we verify none.
func multikeyPEM(multibase string) string {
	text, ok := strings.CutPrefix(multibase, "z")
	if !ok {
		return ""
	}
	raw, ok := bytes.CutPrefix(unbase58(text), ed25519Code)
	if !ok || len(raw) != ed25519.PublicKeySize {
		return ""
	}
	spki, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(raw))
	if err != nil {
		return ""
	}
	return encodePEM("PUBLIC KEY", spki)
}

// alphabet58 is Bitcoin's, which multibase calls base58btc.
const alphabet58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

var fiftyEight = big.NewInt(58)

// base58 writes bytes of which the first is not 0.
func base58(raw []byte) string {
	var out []byte
	n, digit := new(big.Int).SetBytes(raw), new(big.Int)
	for n.Sign() > 0 {
		n.DivMod(n, fiftyEight, digit)
		out = append(out, alphabet58[digit.Int64()])
	}
	slices.Reverse(out)
	return string(out)
}

// unbase58 is nil for what is none, or longer than a key.
func unbase58(text string) []byte {
	if len(text) > 100 {
		return nil
	}
	n := new(big.Int)
	for i := range len(text) {
		digit := strings.IndexByte(alphabet58, text[i])
		if digit < 0 {
			return nil
		}
		n.Add(n.Mul(n, fiftyEight), big.NewInt(int64(digit)))
	}
	return n.Bytes()
}

// ownMultikeys are those of an actor's Multikeys that are his own and that we
// can verify with. The others are no reason to refuse him.
func ownMultikeys(o *Object) []*KeyDocument {
	return slices.DeleteFunc(o.AssertionMethods, func(k *KeyDocument) bool {
		if k.PEM = multikeyPEM(k.Multibase); k.PEM == "" {
			return true
		}
		return k.Owner != o.ID || !SameOrigin(k.ID, o.ID)
	})
}

// rfc9421 is how servers say that they verify by it, FEP-844e.
const rfc9421 = "https://datatracker.ietf.org/doc/html/rfc9421"

// Implemented is what our server says that it can do, FEP-844e.
var Implemented = &Generator{Type: "Application", Implements: []Implementation{{Href: rfc9421, Name: "RFC-9421: HTTP Message Signatures"}}}

// TakesEdwards reports whether an actor's server says that it verifies by
// RFC 9421, and he himself has an Ed25519 key.
func (o *Object) TakesEdwards() bool {
	return len(o.AssertionMethods) > 0 && slices.Contains(o.Implements, rfc9421)
}
