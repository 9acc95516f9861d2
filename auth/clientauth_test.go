package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/fault"
)

// keyFile writes a private key as OpenSSL does.
func keyFile(t *testing.T, private any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pemFile(t, "PRIVATE KEY", der)
}

func pemFile(t *testing.T, kind string, der []byte) string {
	t.Helper()
	return pemFileOf(t, &pem.Block{Type: kind, Bytes: der})
}

func pemFileOf(t *testing.T, blocks ...*pem.Block) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	var text []byte
	for _, block := range blocks {
		text = append(text, pem.EncodeToMemory(block)...)
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// certified is a private key with its certificate, signed by itself, and what
// stands in a file of both.
func certified(t *testing.T, private *rsa.PrivateKey) (key, certificate *pem.Block) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	return &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}, &pem.Block{Type: "CERTIFICATE", Bytes: der}
}

func clientKey(t *testing.T) *auth.ClientKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	key, err := auth.ReadClientKey(keyFile(t, private))
	require.NoError(t, err)
	return key
}

// How the node proves itself follows the settings and what the provider
// announces, and where the two do not fit an administrator is told.
func TestTokenAuth(t *testing.T) {
	key := clientKey(t)
	for name, test := range map[string]struct {
		methods []string
		setting string
		secret  string
		key     *auth.ClientKey
		want    string // empty: refused
	}{
		"unsaid":                      {nil, "", "secret", nil, "basic"},
		"both":                        {[]string{"client_secret_post", "client_secret_basic"}, "", "secret", nil, "basic"},
		"post only":                   {[]string{"client_secret_post"}, "", "secret", nil, "post"},
		"public client":               {nil, "", "", nil, "none"},
		"public, though unannounced":  {[]string{"client_secret_basic"}, "none", "secret", nil, "none"},
		"the better of the two":       {[]string{"client_secret_basic", "private_key_jwt"}, "", "secret", key, "jwt"},
		"a key nobody asks for":       {[]string{"client_secret_basic"}, "", "secret", key, "basic"},
		"post by the settings":        {[]string{"client_secret_post", "client_secret_basic"}, "client_secret_post", "secret", key, "post"},
		"basic by the settings":       {[]string{"client_secret_basic", "private_key_jwt"}, "client_secret_basic", "secret", key, "basic"},
		"a key by the settings":       {nil, "private_key_jwt", "", key, "jwt"},
		"announces something else":    {[]string{"client_secret_post"}, "client_secret_basic", "secret", nil, ""},
		"a key it does not take":      {[]string{"client_secret_basic"}, "private_key_jwt", "", key, ""},
		"only a key it does not take": {[]string{"client_secret_basic"}, "", "", key, ""},
		"a secret it does not take":   {[]string{"private_key_jwt", "tls_client_auth"}, "", "secret", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			if test.methods != nil {
				h.document["token_endpoint_auth_methods_supported"] = test.methods
			}
			p := h.relyingParty()
			p.ClientSecret, p.TokenAuth, p.Key = test.secret, test.setting, test.key
			require.NoError(t, p.CheckTokenAuth())
			_, err := h.exchange(t, p)
			if test.want == "" {
				assert.Equal(t, fault.Unavailable, fault.Of(err), err)
				assert.Contains(t, fault.Message(err), "token_auth")
				assert.Contains(t, fault.Message(err), test.methods[0])
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, h.proof())
		})
	}
}

// proof is how the client proved who it is.
func (h *hostile) proof() string {
	switch {
	case h.auth == "basic":
		return "basic"
	case h.form.Has("client_secret"):
		return "post"
	case h.form.Has("client_assertion"):
		if head, _, _ := strings.Cut(h.form.Get("client_assertion"), "."); strings.Contains(fromBase64(head), `"x5t"`) {
			return "certificate"
		}
		return "jwt"
	}
	return "none"
}

func fromBase64(text string) string {
	decoded, _ := base64.RawURLEncoding.DecodeString(text)
	return string(decoded)
}

func TestTokenAuthSettings(t *testing.T) {
	for name, p := range map[string]*auth.Provider{
		"private_key_file":    {TokenAuth: "private_key_jwt", ClientSecret: "secret"},
		"client_secret":       {TokenAuth: "client_secret_post"},
		"client_secret_basic": {TokenAuth: "client_secret_jwt", ClientSecret: "secret"},
	} {
		assert.ErrorContains(t, p.CheckTokenAuth(), name)
	}
}

// The proof is a token of a minute for this provider, signed with a key whose
// public half the node publishes.
func TestPrivateKeyJWT(t *testing.T) {
	rsaKey := oneKey()
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ecDER, err := x509.MarshalECPrivateKey(ecKey)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	n := newNode(t)
	for name, test := range map[string]struct {
		path string
		alg  jose.SignatureAlgorithm
	}{
		"RSA":        {keyFile(t, rsaKey), jose.RS256},
		"RSA of old": {pemFile(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), jose.RS256},
		"EC":         {keyFile(t, ecKey), jose.ES256},
		"EC of old":  {pemFile(t, "EC PRIVATE KEY", ecDER), jose.ES256},
		"Ed25519":    {keyFile(t, edKey), jose.EdDSA},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			p := h.relyingParty()
			p.ClientSecret, p.TokenAuth = "", "private_key_jwt"
			p.Key, err = auth.ReadClientKey(test.path)
			require.NoError(t, err)
			_, err := h.exchange(t, p)
			require.NoError(t, err)
			assert.Equal(t, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", h.form.Get("client_assertion_type"))
			assert.Equal(t, "parley", h.form.Get("client_id"))

			n.Providers = []*auth.Provider{p}
			published := n.browser().get("/auth/oidc/corp/jwks.json")
			require.Equal(t, http.StatusOK, published.code)
			assert.Contains(t, published.header.Get("Cache-Control"), "public")
			for _, private := range []string{`"d"`, `"p"`, `"q"`} {
				assert.NotContains(t, published.body, private)
			}
			var set jose.JSONWebKeySet
			require.NoError(t, json.Unmarshal([]byte(published.body), &set))
			token, err := jose.ParseSigned(h.form.Get("client_assertion"), []jose.SignatureAlgorithm{test.alg})
			require.NoError(t, err)
			keys := set.Key(token.Signatures[0].Header.KeyID)
			require.Len(t, keys, 1)
			payload, err := token.Verify(keys[0])
			require.NoError(t, err)
			claims := decoded(t, payload)
			assert.Equal(t, []any{"parley", "parley", h.URL}, []any{claims["iss"], claims["sub"], claims["aud"]})
			assert.NotEmpty(t, claims["jti"])
			assert.WithinDuration(t, time.Now().Add(time.Minute), time.Unix(int64(claims["exp"].(float64)), 0), 5*time.Second)
		})
	}
	n.Providers = []*auth.Provider{newHostile(t).relyingParty()}
	assert.Equal(t, http.StatusNotFound, n.browser().get("/auth/oidc/corp/jwks.json").code)
	assert.Equal(t, http.StatusNotFound, n.browser().get("/auth/oidc/other/jwks.json").code)
}

func decoded(t *testing.T, payload []byte) map[string]any {
	t.Helper()
	var claims map[string]any
	require.NoError(t, json.Unmarshal(payload, &claims))
	return claims
}

// A provider that wants its token endpoint for the audience gets it, and each
// proof is a new one.
func TestTheAudienceOfAProof(t *testing.T) {
	h := newHostile(t)
	p := h.relyingParty()
	p.TokenAuth, p.Key = "private_key_jwt", clientKey(t)
	var seen [][2]any // aud and jti
	h.token = func(w http.ResponseWriter, r *http.Request) {
		token, err := jose.ParseSigned(r.PostFormValue("client_assertion"), []jose.SignatureAlgorithm{jose.EdDSA})
		if !assert.NoError(t, err) {
			return
		}
		claims := decoded(t, token.UnsafePayloadWithoutVerification())
		seen = append(seen, [2]any{claims["aud"], claims["jti"]})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
	}
	_, err := h.exchange(t, p)
	assert.Contains(t, fault.Message(err), "private key")
	require.Len(t, seen, 2)
	assert.Equal(t, []any{h.URL, h.URL + "/token"}, []any{seen[0][0], seen[1][0]})
	assert.NotEqual(t, seen[0][1], seen[1][1])

	asked := 0
	h.token = func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
	}
	_, err = h.exchange(t, p)
	assert.Contains(t, fault.Message(err), "expired or was used already")
	assert.Equal(t, 1, asked, "a code that is refused is not sent twice")
}

// A certificate beside the key is named in the proof by its thumbprints, wherever
// it stands in the file and whatever follows it.
func TestTheCertificateOfAKey(t *testing.T) {
	key, certificate := certified(t, oneKey())
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, issuer := certified(t, other)
	short, long := sha1.Sum(certificate.Bytes), sha256.Sum256(certificate.Bytes)
	h := newHostile(t)
	for name, path := range map[string]string{
		"after the key":  pemFileOf(t, key, certificate),
		"before the key": pemFileOf(t, certificate, key),
		"with its chain": pemFileOf(t, key, certificate, issuer),
	} {
		t.Run(name, func(t *testing.T) {
			p := h.relyingParty()
			p.ClientSecret, p.TokenAuth = "", "private_key_jwt"
			p.Key, err = auth.ReadClientKey(path)
			require.NoError(t, err)
			_, err := h.exchange(t, p)
			require.NoError(t, err)
			token, err := jose.ParseSigned(h.form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.RS256})
			require.NoError(t, err)
			_, err = token.Verify(&oneKey().PublicKey)
			require.NoError(t, err)
			head, _, _ := strings.Cut(h.form.Get("client_assertion"), ".")
			said := decoded(t, []byte(fromBase64(head)))
			assert.Equal(t, []any{base64.RawURLEncoding.EncodeToString(short[:]), base64.RawURLEncoding.EncodeToString(long[:])}, []any{said["x5t"], said["x5t#S256"]})
		})
	}
}

func TestKeysThatCannotProve(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&oneKey().PublicKey)
	require.NoError(t, err)
	key, certificate := certified(t, oneKey())
	strange, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, another := certified(t, strange)
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("a secret"), 0o600))
	for path, says := range map[string]string{
		"/nowhere/key.pem":                     "read the private key",
		text:                                   "must be a PEM file",
		pemFileOf(t, certificate):              "no private key",
		pemFileOf(t, key, another):             "of another key",
		keyFile(t, weak):                       "2048 bits",
		keyFile(t, curve):                      "P-256",
		pemFile(t, "PUBLIC KEY", public):       "write an unencrypted private key",
		pemFile(t, "PRIVATE KEY", []byte("x")): "cannot be read",
		pemFileOf(t, key, &pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}): "the certificate in",
	} {
		_, err := auth.ReadClientKey(path)
		assert.ErrorContains(t, err, says)
		assert.ErrorContains(t, err, path)
	}
}
