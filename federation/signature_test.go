package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"parley/internal/fault"
)

var now = time.Now().UTC().Truncate(time.Second)

// ann has one key for all tests, since making one takes a while.
var ann = newSigner()

type testSigner struct {
	*Key
	public *PublicKey
	pem    string
}

func newSigner() testSigner {
	private, public, err := NewKeyPair()
	if err != nil {
		panic(err)
	}
	key, err := ParsePrivateKeyPEM(private)
	if err != nil {
		panic(err)
	}
	parsed, err := ParsePublicKeyPEM(public)
	if err != nil {
		panic(err)
	}
	return testSigner{&Key{ID: "https://a.example/users/ann#main-key", Private: key}, parsed, public}
}

var activity = []byte(`{"type":"Follow"}`)

// arrive is the request as a server sees it.
func arrive(t testing.TB, out *http.Request, body []byte) *http.Request {
	t.Helper()
	in := httptest.NewRequest(out.Method, out.URL.String(), bytes.NewReader(body))
	in.Header = out.Header.Clone()
	in.Header.Del("Host")
	in.Host = hostHeader(out)
	in.RequestURI = out.URL.RequestURI()
	return in
}

func signed(t testing.TB, method, uri string, body []byte, key *Key) *http.Request {
	t.Helper()
	out := httptest.NewRequest(method, uri, nil)
	digest := ""
	if body != nil {
		out.Header.Set("Content-Type", ContentType)
		digest = Digest(body)
	}
	if err := Sign(out, Cavage, digest, key, now); err != nil {
		t.Fatal(err)
	}
	return arrive(t, out, body)
}

func verify(r *http.Request, body []byte, at time.Time, key *PublicKey) error {
	sig, err := ParseSignature(r, body, at, "https://b.example")
	if err != nil {
		return err
	}
	return sig.Verify(key)
}

func TestSignAndVerify(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	edwards, err := newPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, uri string
		body        []byte
	}{
		{http.MethodPost, "https://b.example/inbox", activity},
		{http.MethodPost, "https://b.example/users/b%C3%B6b%2Fx/inbox?a=%20b", activity},
		{http.MethodGet, "https://b.example/users/bob?page=true", nil},
		{http.MethodGet, "https://b.example", nil},
		{http.MethodGet, "https://b.example/x?", nil},
	} {
		if err := verify(signed(t, c.method, c.uri, c.body, ann.Key), c.body, now, ann.public); err != nil {
			t.Errorf("%s %s: %v", c.method, c.uri, err)
		}
		if err := verify(signed(t, c.method, c.uri, c.body, &Key{ID: "k", Private: private}), c.body, now, edwards); err != nil {
			t.Errorf("Ed25519 %s %s: %v", c.method, c.uri, err)
		}
	}
	sig, err := ParseSignature(signed(t, http.MethodPost, "https://b.example/inbox", activity, ann.Key), activity, now, "https://other.example", "https://B.example.:443")
	if err != nil || sig.KeyID != ann.ID || sig.Scheme != Cavage || !sig.Created.Equal(now) {
		t.Errorf("%+v %v", sig, err)
	}
}

// forge signs whatever it is told to, over the lines it is told to cover.
type forge struct {
	covered   string
	algorithm string // as the header names it
	extra     string // more parameters
	created   time.Time
	key       crypto.Signer
}

func (f forge) sign(r *http.Request) {
	var lines []string
	for name := range strings.FieldsSeq(f.covered) {
		value := strings.Join(r.Header.Values(name), ", ")
		switch name {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " " + r.URL.RequestURI()
		case "host":
			value = r.Host
		case "(created)":
			value = fmt.Sprint(f.created.Unix())
			f.extra += fmt.Sprintf(`,created=%d`, f.created.Unix())
		}
		lines = append(lines, name+": "+value)
	}
	if f.key == nil {
		f.key = ann.Private
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	sig, err := f.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",signature="%s"%s`,
		ann.ID, f.algorithm, f.covered, base64.StdEncoding.EncodeToString(sig), f.extra))
}

func post(change func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://b.example/inbox", bytes.NewReader(activity))
	r.Header.Set("Date", now.Format(http.TimeFormat))
	r.Header.Set("Digest", Digest(activity))
	if change != nil {
		change(r)
	}
	return r
}

const all = "(request-target) host date digest"

// Each of these is signed as it says, by the right key: what refuses it is the
// one rule that it breaks.
func TestRefusals(t *testing.T) {
	date := func(at time.Time) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Date", at.Format(http.TimeFormat)) }
	}
	digest := func(s string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Digest", s) }
	}
	empty512 := sha512.Sum512(nil)
	for _, c := range []struct {
		name   string
		change func(*http.Request) // before signing
		forge  forge
		reason string // part of the refusal, empty if it is accepted
	}{
		{"as it should be", nil, forge{covered: all}, ""},
		{"with all algorithm names", nil, forge{covered: all, algorithm: "rsa-sha256"}, ""},
		{"hs2019", nil, forge{covered: all, algorithm: "hs2019"}, ""},
		{"uppercase names", nil, forge{covered: all, algorithm: "RSA-SHA256"}, ""},
		{"request target not covered", nil, forge{covered: "host date digest"}, "(request-target)"},
		{"host not covered", nil, forge{covered: "(request-target) date digest"}, "cover host"},
		{"date not covered", nil, forge{covered: "(request-target) host digest"}, "neither date"},
		{"digest not covered", nil, forge{covered: "(request-target) host date"}, "cover digest"},
		{"digest not there", func(r *http.Request) { r.Header.Del("Digest") }, forge{covered: "(request-target) host date"}, "cover digest"},
		{"digest of other bytes", digest(Digest([]byte("{}"))), forge{covered: all}, "does not match"},
		{"digest of nothing", digest(Digest(nil)), forge{covered: all}, "does not match"},
		{"one digest of two wrong", digest(Digest(activity) + ",SHA-512=" + base64.StdEncoding.EncodeToString(empty512[:])), forge{covered: all}, "does not match"},
		{"a digest nobody computes", digest("MD5=xyz"), forge{covered: all}, "does not match"},
		{"an empty digest", digest("SHA-256="), forge{covered: all}, "does not match"},
		{"59 minutes ahead", date(now.Add(59 * time.Minute)), forge{covered: all}, ""},
		{"61 minutes ahead", date(now.Add(61 * time.Minute)), forge{covered: all}, "too far"},
		{"12 hours behind, almost", date(now.Add(time.Minute - 12*time.Hour)), forge{covered: all}, ""},
		{"12 hours behind and more", date(now.Add(-time.Minute - 12*time.Hour)), forge{covered: all}, "too far"},
		{"no date at all", func(r *http.Request) { r.Header.Set("Date", "soon") }, forge{covered: all}, "too far"},
		{"two dates", func(r *http.Request) { r.Header.Add("Date", now.Format(http.TimeFormat)) }, forge{covered: all}, "too far"},
		{"created now", nil, forge{covered: "(request-target) host (created) digest", created: now}, ""},
		{"created yesterday", nil, forge{covered: "(request-target) host (created) digest", created: now.Add(-24 * time.Hour)}, "created time"},
		{"created tomorrow", nil, forge{covered: "(request-target) host (created) digest", created: now.Add(24 * time.Hour)}, "created time"},
		{"created yesterday, dated now", nil, forge{covered: all + " (created)", created: now.Add(-24 * time.Hour)}, "created time"},
		{"created covered, not said", nil, forge{covered: all, extra: `,headers2=""`}, ""},
		{"expired", nil, forge{covered: all, extra: fmt.Sprintf(",expires=%d", now.Add(-time.Hour).Unix())}, "expired"},
		{"expiry that is none", nil, forge{covered: all, extra: ",expires=never"}, "expired"},
		{"another host", func(r *http.Request) { r.Host = "c.example" }, forge{covered: all}, "not this node"},
		{"our name at another port", func(r *http.Request) { r.Host = "b.example:8443" }, forge{covered: all}, "not this node"},
		{"no host", func(r *http.Request) { r.Host = "" }, forge{covered: all}, "Host header"},
		{"hmac", nil, forge{covered: all, algorithm: "hmac-sha256"}, "not accepted"},
		{"none", nil, forge{covered: all, algorithm: "none"}, "not accepted"},
		{"sha1", nil, forge{covered: all, algorithm: "rsa-sha1"}, "not accepted"},
		{"key named twice", nil, forge{covered: all, extra: `,keyId="https://evil.example/#main-key"`}, "twice"},
		{"headers named twice", nil, forge{covered: all, extra: `,headers="date"`}, "twice"},
		{"a header covered twice", nil, forge{covered: all + " date"}, "twice"},
		{"another case, twice", nil, forge{covered: all + " Date"}, "twice"},
		{"a header missing", nil, forge{covered: all + " x-none"}, "cannot be read|does not fit"},
		{"parameters without end", nil, forge{covered: all, extra: `,x="`}, "malformed"},
		{"parameters run together", nil, forge{covered: all, extra: ` y="z"`}, "malformed"},
		{"words behind", nil, forge{covered: all, extra: `,x`}, "malformed"},
		{"the list hides another list", nil, forge{covered: all + " x,headers=date"}, "no header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := post(c.change)
			c.forge.sign(r)
			wantRefusal(t, verify(r, activity, now, ann.public), c.reason)
		})
	}
}

func wantRefusal(t *testing.T, err error, reason string) {
	t.Helper()
	if reason == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if fault.Of(err) != fault.Unauthorized {
		t.Fatalf("got %v, want a refusal", err)
	}
	for part := range strings.SplitSeq(reason, "|") {
		if strings.Contains(err.Error(), part) {
			return
		}
	}
	t.Errorf("refused for %q, want %q", err, reason)
}

// What was changed after signing.
func TestTampering(t *testing.T) {
	other := newSigner()
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		body   []byte
		key    *PublicKey
		reason string
	}{
		{"nothing", func(*http.Request) {}, activity, ann.public, ""},
		{"unsigned", func(r *http.Request) { r.Header.Del("Signature") }, activity, ann.public, "not signed"},
		{"two signatures", func(r *http.Request) { r.Header.Add("Signature", r.Header.Get("Signature")) }, activity, ann.public, "more than one"},
		{"as RFC 9421", func(r *http.Request) { r.Header.Set("Signature-Input", "x") }, activity, ann.public, "malformed"},
		{"the body", func(*http.Request) {}, []byte(`{"type":"Delete"}`), ann.public, "does not match"},
		{"body and digest", func(r *http.Request) { r.Header.Set("Digest", Digest([]byte(`{}`))) }, []byte(`{}`), ann.public, "does not fit"},
		{"the path", func(r *http.Request) { r.RequestURI = "/other" }, activity, ann.public, "does not fit"},
		{"the query", func(r *http.Request) { r.RequestURI += "?x=1" }, activity, ann.public, "does not fit"},
		{"the method", func(r *http.Request) { r.Method = http.MethodPut }, activity, ann.public, "does not fit"},
		{"the type", func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, activity, ann.public, "does not fit"},
		{"another's key", func(*http.Request) {}, activity, other.public, "does not fit"},
		{"no key id", func(r *http.Request) { r.Header.Set("Signature", `signature="AAAA",headers="`+all+`"`) }, activity, ann.public, "lacks"},
		{"no signature", func(r *http.Request) { r.Header.Set("Signature", `keyId="x",headers="`+all+`"`) }, activity, ann.public, "lacks"},
		{"not base64", func(r *http.Request) { r.Header.Set("Signature", `keyId="x",signature="?",headers="`+all+`"`) }, activity, ann.public, "base64"},
		{"no list", func(r *http.Request) { r.Header.Set("Signature", `keyId="x",signature="AAAA"`) }, activity, ann.public, "cover"},
		{"in Authorization", func(r *http.Request) {
			r.Header.Set("Authorization", "Signature "+r.Header.Get("Signature"))
			r.Header.Del("Signature")
		}, activity, ann.public, "not signed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := signed(t, http.MethodPost, "https://b.example/inbox", activity, ann.Key)
			c.change(r)
			wantRefusal(t, verify(r, c.body, now, c.key), c.reason)
		})
	}
}

// The header of an Ed25519 signature may say what it likes: with an RSA key it
// is read as RSA.
func TestAlgorithmComesFromTheKey(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := signed(t, http.MethodPost, "https://b.example/inbox", activity, &Key{ID: ann.ID, Private: private})
	r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), "hs2019", "ed25519", 1))
	wantRefusal(t, verify(r, activity, now, ann.public), "does not fit")
	r = post(nil)
	forge{covered: all, algorithm: "ed25519"}.sign(r)
	wantRefusal(t, verify(r, activity, now, ann.public), "")
}

func TestGetWithBody(t *testing.T) {
	r := signed(t, http.MethodGet, "https://b.example/x", nil, ann.Key)
	wantRefusal(t, verify(r, activity, now, ann.public), "does not match")
}

func TestWeakKeys(t *testing.T) {
	encode := func(key any) string {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return encodePEM("PUBLIC KEY", der)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	huge := rsa.PublicKey{E: 65537, N: new(big.Int).Lsh(big.NewInt(1), 10240)}
	for name, text := range map[string]string{
		"RSA-1024": encode(&small.PublicKey), "RSA-10240": encode(&huge),
		"nothing": "", "no PEM": "hello", "empty PEM": "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
		"a private key": encodePEM("PRIVATE KEY", []byte{1, 2, 3}),
	} {
		if _, err := ParsePublicKeyPEM(text); fault.Of(err) != fault.Unauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPublicKeyForms(t *testing.T) {
	key := ann.Private.(*rsa.PrivateKey)
	for name, text := range map[string]string{
		"PKIX": ann.pem, "PKCS#1": encodePEM("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)),
		"spaces for lines": strings.ReplaceAll(ann.pem, "\n", " "), "CRLF": strings.ReplaceAll(ann.pem, "\n", "\r\n"),
		"no last line end": strings.TrimSpace(ann.pem),
	} {
		got, err := ParsePublicKeyPEM(text)
		if err != nil || !got.Equal(ann.public) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// recorded is a request as it was captured between other servers.
type recorded struct {
	Time    time.Time
	Method  string
	URL     string
	Host    string
	Headers map[string][]string
	Body    string
	KeyID   string `json:"keyId"`
	PEM     string `json:"publicKeyPem"`
}

func TestRecordedSignatures(t *testing.T) {
	for _, file := range corpusFiles(t, "*_signed-cavage_*.json") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rec recorded
		if err := json.Unmarshal(raw, &rec); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(rec.Method, rec.URL, strings.NewReader(rec.Body))
		for name, values := range rec.Headers {
			r.Header[http.CanonicalHeaderKey(name)] = values
		}
		r.Host, r.RequestURI = rec.Host, ""
		sig, err := ParseSignature(r, []byte(rec.Body), rec.Time, "https://"+rec.Host)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		key, err := ParsePublicKeyPEM(rec.PEM)
		if err != nil || sig.KeyID != rec.KeyID {
			t.Errorf("%s: key %q: %v", file, sig.KeyID, err)
			continue
		}
		if err := sig.Verify(key); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	digest := Digest(activity)
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequest(http.MethodPost, "https://b.example/inbox", bytes.NewReader(activity))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", ContentType)
		if err := Sign(req, Cavage, digest, ann.Key, now); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBareRSA is what BenchmarkSign must stay close to.
func BenchmarkBareRSA(b *testing.B) {
	sum := sha256.Sum256(activity)
	for b.Loop() {
		if _, err := rsa.SignPKCS1v15(nil, ann.Private.(*rsa.PrivateKey), crypto.SHA256, sum[:]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	r := signed(b, http.MethodPost, "https://b.example/inbox", activity, ann.Key)
	b.ReportAllocs()
	for b.Loop() {
		if err := verify(r, activity, now, ann.public); err != nil {
			b.Fatal(err)
		}
	}
}
