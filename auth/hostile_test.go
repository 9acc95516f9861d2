package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/auth"
)

// hostile is an identity provider that says whatever a test tells it to.
type hostile struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu       sync.Mutex
	document map[string]any // discovery
	claims   map[string]any // of the ID token
	userinfo any            // nil: 500
	sign     func(payload []byte) string
	token    func(w http.ResponseWriter, r *http.Request) // in place of the token endpoint
	keys     []any
	auth     string     // how the client last authenticated
	form     url.Values // of the last request at the token endpoint
	keyQuery string     // of the last request for keys

	keyFetches, discoveries, userinfos atomic.Int64
}

var oneKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const nonce = "the nonce of this attempt"

// newHostile starts a provider that behaves, until a test spoils it.
func newHostile(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{key: oneKey()}
	mux := http.NewServeMux()
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	h.document = map[string]any{
		"issuer": h.URL, "authorization_endpoint": h.URL + "/authorize", "token_endpoint": h.URL + "/token",
		"userinfo_endpoint": h.URL + "/userinfo", "jwks_uri": h.URL + "/keys", "end_session_endpoint": h.URL + "/bye?x=1",
		// What a provider announces must not widen what we accept.
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256", "RS384", "ES256", "PS256", "EdDSA"},
	}
	h.claims = map[string]any{
		"iss": h.URL, "sub": "s-1", "aud": "parley", "nonce": nonce, "sid": "session-1",
		"exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "auth_time": 1_700_000_000,
		"name": "Ada", "preferred_username": "ada", "email": "ada@corp.example", "email_verified": true, "groups": []string{"staff"},
	}
	h.userinfo = map[string]any{"sub": "s-1"}
	h.keys = []any{rsaJWK("k1", &h.key.PublicKey)}
	h.sign = h.rs256("k1")
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { // an issuer may have a path
		if !strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
			http.NotFound(w, r)
			return
		}
		h.discoveries.Add(1)
		h.write(w, h.document)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		h.keyFetches.Add(1)
		h.mu.Lock()
		h.keyQuery = r.URL.RawQuery
		h.mu.Unlock()
		h.write(w, map[string]any{"keys": h.keys})
	})
	mux.HandleFunc("/token", h.answerToken)
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, r *http.Request) {
		h.userinfos.Add(1)
		if h.userinfo == nil || r.Header.Get("Authorization") != "Bearer the access token" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		h.write(w, h.userinfo)
	})
	return h
}

func (h *hostile) answerToken(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _, basic := r.BasicAuth()
	h.auth = map[bool]string{true: "basic", false: "form"}[basic]
	h.form = nil
	if r.ParseForm() == nil {
		h.form = r.PostForm
	}
	if h.token != nil {
		h.token(w, r)
		return
	}
	payload, _ := json.Marshal(h.claims)
	_ = json.NewEncoder(withJSON(w)).Encode(map[string]any{
		"access_token": "the access token", "token_type": "Bearer", "expires_in": 60, "id_token": h.sign(payload),
	})
}

func (h *hostile) askedForKeys() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keyQuery
}

func (h *hostile) write(w http.ResponseWriter, v any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = json.NewEncoder(withJSON(w)).Encode(v)
}

func withJSON(w http.ResponseWriter) http.ResponseWriter {
	w.Header().Set("Content-Type", "application/json")
	return w
}

// relyingParty is a Provider that believes it talks to an honest one.
func (h *hostile) relyingParty() *auth.Provider {
	return &auth.Provider{Name: "Corp", Issuer: h.URL, ClientID: "parley", ClientSecret: "secret", Client: h.Client()}
}

func (h *hostile) exchange(t *testing.T, p *auth.Provider) (auth.Claims, error) {
	t.Helper()
	return p.Exchange(t.Context(), "a code", auth.Attempt{State: "s", Nonce: nonce, Verifier: "v", Redirect: "http://node.localhost/cb"})
}

// jwt joins header and payload and signs the two.
func jwt(header map[string]any, payload []byte, sign func([]byte) []byte) string {
	head, _ := json.Marshal(header)
	signed := b64(head) + "." + b64(payload)
	return signed + "." + b64(sign([]byte(signed)))
}

func (h *hostile) rs256(kid string) func([]byte) string {
	return func(payload []byte) string {
		return jwt(map[string]any{"alg": "RS256", "kid": kid}, payload, func(signed []byte) []byte { return rsaSign(h.key, signed) })
	}
}

func rsaSign(key *rsa.PrivateKey, signed []byte) []byte {
	sum := sha256.Sum256(signed)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signature
}

func (h *hostile) ps256(payload []byte) string {
	return jwt(map[string]any{"alg": "PS256", "kid": "k1"}, payload, func(signed []byte) []byte {
		sum := sha256.Sum256(signed)
		signature, _ := rsa.SignPSS(rand.Reader, h.key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		return signature
	})
}

func (h *hostile) rs384(payload []byte) string {
	return jwt(map[string]any{"alg": "RS384", "kid": "k1"}, payload, func(signed []byte) []byte {
		sum := crypto.SHA384.New()
		sum.Write(signed)
		signature, _ := rsa.SignPKCS1v15(rand.Reader, h.key, crypto.SHA384, sum.Sum(nil))
		return signature
	})
}

// hs256 takes the public key, which everybody knows, for an HMAC secret.
func (h *hostile) hs256(payload []byte) string {
	der, _ := x509.MarshalPKIXPublicKey(&h.key.PublicKey)
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return jwt(map[string]any{"alg": "HS256", "kid": "k1"}, payload, func(signed []byte) []byte { return mac(secret, signed) })
}

func mac(secret, signed []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write(signed)
	return m.Sum(nil)
}

func unsigned(payload []byte) string {
	return jwt(map[string]any{"alg": "none"}, payload, func([]byte) []byte { return nil })
}

func (h *hostile) es256(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	h.keys = append(h.keys, map[string]any{"kty": "EC", "crv": "P-256", "kid": "ec",
		"x": b64(key.X.FillBytes(make([]byte, 32))), "y": b64(key.Y.FillBytes(make([]byte, 32)))})
	h.sign = func(payload []byte) string {
		return jwt(map[string]any{"alg": "ES256", "kid": "ec"}, payload, func(signed []byte) []byte {
			sum := sha256.Sum256(signed)
			r, s, _ := ecdsa.Sign(rand.Reader, key, sum[:])
			return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		})
	}
}

func (h *hostile) eddsa(t *testing.T) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	h.keys = append(h.keys, map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": b64(public)})
	h.sign = func(payload []byte) string {
		return jwt(map[string]any{"alg": "EdDSA", "kid": "ed"}, payload, func(signed []byte) []byte { return ed25519.Sign(private, signed) })
	}
}

func rsaJWK(kid string, key *rsa.PublicKey) map[string]any {
	return map[string]any{"kty": "RSA", "kid": kid, "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
