package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
)

// NewSecret makes what only its holder knows: a session id, a token, a code,
// a client secret. 256 random bits, safe in a URL, a header and a form.
func NewSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// Hash is how a secret is stored. A secret of NewSecret cannot be guessed, so
// that one round without salt is enough; it keeps a stolen database from being
// a set of keys.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Same compares two secrets, or two hashes, in constant time. The empty
// string equals nothing, so that a value never set cannot be matched.
func Same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
