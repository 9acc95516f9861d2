package federation

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dunglas/httpsfv"
)

// stamp is a request that is signed by RFC 9421 over what it is told to cover.
type stamp struct {
	covered string // components, parted by spaces; quotes are added
	params  string // in place of the usual ones, {at} is the time
	key     *Key
	change  func(*http.Request) // before signing
	after   func(*http.Request)
}

const everything = `"@method" "@target-uri" "content-digest"`

func (s stamp) post(t testing.TB) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://b.example/inbox?a=b", bytes.NewReader(activity))
	r.Header.Set("Date", now.Format(http.TimeFormat))
	r.Header.Set("Content-Digest", contentDigest(Digest(activity)))
	if s.change != nil {
		s.change(r)
	}
	if s.key == nil {
		s.key = ann.Key
	}
	if s.params == "" {
		s.params = `;created={at};keyid="` + ann.ID + `"`
	}
	input := "(" + s.covered + ")" + strings.ReplaceAll(s.params, "{at}", fmt.Sprint(now.Unix()))
	dictionary, err := httpsfv.UnmarshalDictionary([]string{"sig1=" + input})
	if err != nil {
		t.Fatal(err)
	}
	member, _ := dictionary.Get("sig1")
	m := message{request: r, origin: "https://b.example", input: member.(httpsfv.InnerList)}
	for _, item := range m.input.Items {
		m.covered = append(m.covered, item.Value.(string))
	}
	base, _ := m.base()
	value, err := signBytes(s.key, base)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Signature-Input", "sig1="+input)
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(value)+":")
	if s.after != nil {
		s.after(r)
	}
	return r
}

// Each of these is signed as it says, by the right key: what refuses it is the
// one rule that it breaks.
func TestMessageRefusals(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	created := func(at time.Time) string { return fmt.Sprintf(`;created=%d;keyid="k"`, at.Unix()) }
	for name, c := range map[string]struct {
		stamp
		reason string
	}{
		"as it should be":              {stamp{covered: everything}, ""},
		"authority, path and query":    {stamp{covered: `"@method" "@authority" "@path" "@query" "content-digest"`}, ""},
		"authority and request target": {stamp{covered: `"@method" "@authority" "@request-target" "content-digest"`}, ""},
		"with headers":                 {stamp{covered: everything + ` "date" "host"`}, ""},
		"method not covered":           {stamp{covered: `"@target-uri" "content-digest"`}, "@method"},
		"target not covered":           {stamp{covered: `"@method" "@authority" "content-digest"`}, "@target-uri"},
		"query not covered":            {stamp{covered: `"@method" "@authority" "@path" "content-digest"`}, "@target-uri"},
		"authority not covered":        {stamp{covered: `"@method" "@path" "@query" "content-digest"`}, "@target-uri"},
		"digest not covered":           {stamp{covered: `"@method" "@target-uri"`}, "content-digest"},
		"digest of other bytes":        {stamp{covered: everything, change: header("Content-Digest", contentDigest(Digest(nil)))}, "does not match"},
		"a digest nobody computes":     {stamp{covered: everything, change: header("Content-Digest", "md5=:AAAA:")}, "does not match"},
		"a digest that is none":        {stamp{covered: everything, change: header("Content-Digest", "((")}, "malformed"},
		"not created":                  {stamp{covered: everything, params: `;keyid="k"`}, "created time"},
		"created yesterday":            {stamp{covered: everything, params: created(now.Add(-24 * time.Hour))}, "created time"},
		"created tomorrow":             {stamp{covered: everything, params: created(now.Add(24 * time.Hour))}, "created time"},
		"created in words":             {stamp{covered: everything, params: `;created="now";keyid="k"`}, "created time"},
		"expired":                      {stamp{covered: everything, params: `;created={at};expires=1;keyid="k"`}, "expired"},
		"expiry in words":              {stamp{covered: everything, params: `;created={at};expires="no";keyid="k"`}, "expired"},
		"no key":                       {stamp{covered: everything, params: `;created={at}`}, "name its key"},
		"an empty key":                 {stamp{covered: everything, params: `;created={at};keyid=""`}, "name its key"},
		"hmac":                         {stamp{covered: everything, params: `;created={at};keyid="k";alg="hmac-sha256"`}, "does not fit the key"},
		"another kind of key":          {stamp{covered: everything, params: `;created={at};keyid="k";alg="ed25519"`}, "does not fit the key"},
		"an algorithm in numbers":      {stamp{covered: everything, params: `;created={at};keyid="k";alg=1`}, "malformed"},
		"a date of yesterday":          {stamp{covered: everything + ` "date"`, change: header("Date", now.Add(-24*time.Hour).Format(http.TimeFormat))}, "too far"},
		"covered twice":                {stamp{covered: everything + ` "@method"`}, "twice"},
		"an unknown component":         {stamp{covered: everything + ` "@status"`}, "not understood"},
		"a component with a parameter": {stamp{covered: everything + ` "date";sf`}, "not understood"},
		"a component of the request":   {stamp{covered: `"@method";req "@target-uri" "content-digest"`}, "not understood"},
		"a name that is none":          {stamp{covered: everything + ` "x: y"`}, "no header"},
		"a header that is missing":     {stamp{covered: everything + ` "x-none"`}, "lacks"},
		"another host":                 {stamp{covered: everything, after: func(r *http.Request) { r.Host = "c.example" }}, "not this node"},
		"another path":                 {stamp{covered: everything, after: func(r *http.Request) { r.RequestURI = "/other?a=b" }}, "does not fit"},
		"another query":                {stamp{covered: everything, after: func(r *http.Request) { r.RequestURI = "/inbox?a=c" }}, "does not fit"},
		"another method":               {stamp{covered: everything, after: func(r *http.Request) { r.Method = http.MethodPut }}, "does not fit"},
		"another time": {stamp{covered: everything, after: func(r *http.Request) {
			r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), "created=", "created=1", 1))
		}}, "created time"},
		"another key's":            {stamp{covered: everything, key: newSigner().Key}, "does not fit"},
		"no signature":             {stamp{covered: everything, after: header("Signature", `sig2=:AAAA:`)}, "lacks"},
		"a signature in words":     {stamp{covered: everything, after: header("Signature", `sig1="AAAA"`)}, "lacks"},
		"a draft-cavage signature": {stamp{covered: everything, after: header("Signature", `keyId="k",signature="AAAA"`)}, "malformed|lacks"},
		"nothing covered":          {stamp{covered: everything, after: header("Signature-Input", `sig1=1`)}, "malformed"},
		"no inputs":                {stamp{covered: everything, after: header("Signature-Input", ``)}, "not signed"},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusal(t, verify(c.post(t), activity, now, ann.public), c.reason)
		})
	}
	wantRefusal(t, verify(stamp{covered: everything}.post(t), []byte(`{}`), now, ann.public), "does not match")
}

// The key decides on the algorithm, and what the sender says of it has to agree.
func TestTheAlgorithmOfAMessageFitsTheKey(t *testing.T) {
	key := withEdwards(t).Edwards
	public, err := newPublicKey(key.Private.Public())
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, reason := range map[string]string{"ed25519": "", "rsa-v1_5-sha256": "does not fit the key", "rsa-pss-sha512": "does not fit the key", "hmac-sha256": "does not fit the key"} {
		s := stamp{covered: everything, key: key, params: `;created={at};keyid="k";alg="` + algorithm + `"`}
		wantRefusal(t, verify(s.post(t), activity, now, public), reason)
	}
}

// Of several signatures one that covers enough will do, among the first few.
func TestSeveralMessageSignatures(t *testing.T) {
	with := func(others int) *http.Request {
		r := stamp{covered: everything}.post(t)
		input, value := r.Header.Get("Signature-Input"), r.Header.Get("Signature")
		for i := range others {
			input = fmt.Sprintf(`p%d=("@method");created=1, `, i) + input
			value = fmt.Sprintf(`p%d=:AAAA:, `, i) + value
		}
		r.Header.Set("Signature-Input", input)
		r.Header.Set("Signature", value)
		return r
	}
	wantRefusal(t, verify(with(maxSignatures-1), activity, now, ann.public), "")
	wantRefusal(t, verify(with(maxSignatures), activity, now, ann.public), "@target-uri")
}

func TestSignMessage(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	edwardsPublic, err := newPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	for key, public := range map[*Key]*PublicKey{ann.Key: ann.public, {ID: "k", Private: private}: edwardsPublic} {
		for _, uri := range []string{"https://b.example/inbox", "https://b.example/b%C3%B6b%2Fx?a=%20b", "https://b.example", "https://b.example/x?"} {
			for _, body := range [][]byte{activity, nil} {
				method, digest := http.MethodGet, ""
				if body != nil {
					method, digest = http.MethodPost, Digest(body)
				}
				out := httptest.NewRequest(method, uri, nil)
				if err := Sign(out, RFC9421, digest, key, now); err != nil {
					t.Fatal(err)
				}
				in := arrive(t, out, body)
				wantRefusal(t, verify(in, body, now, public), "")
				sig, err := ParseSignature(in, body, now, "https://b.example")
				if err != nil || sig.Scheme != RFC9421 || sig.KeyID != key.ID || sig.Edwards() != (key.ID == "k") {
					t.Errorf("%+v %v", sig, err)
				}
			}
		}
	}
}

func TestRecordedMessageSignatures(t *testing.T) {
	for _, file := range corpusFiles(t, "*_signed-rfc9421_*.json") {
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
		wantRefusal(t, sig.Verify(key), "")
	}
}

// The vectors of RFC 9421 B.2 for requests cover less than we want; what is
// signed, and whether it fits the key, must be as printed there.
func TestPublishedVectors(t *testing.T) {
	for name, key := range map[string]string{"b21": "test-key-rsa-pss", "b22": "test-key-rsa-pss", "b23": "test-key-rsa-pss", "b26": "test-key-ed25519"} {
		files := corpusFiles(t, "rfc9421_"+name+"_request_signed.txt")
		raw, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		inputs, err := httpsfv.UnmarshalDictionary(r.Header.Values("Signature-Input"))
		if err != nil {
			t.Fatal(err)
		}
		label := inputs.Names()[0]
		member, _ := inputs.Get(label)
		m := message{request: r, origin: "https://example.com", input: member.(httpsfv.InnerList)}
		if name == "b22" { // covers a parameter of the query, which we refuse
			if m.checkComponents() == nil {
				t.Error("@query-param is not understood and was taken")
			}
			continue
		}
		if err := m.checkComponents(); err != nil {
			t.Fatal(err)
		}
		values, err := httpsfv.UnmarshalDictionary(r.Header.Values("Signature"))
		if err != nil {
			t.Fatal(err)
		}
		sig := &Signature{Scheme: RFC9421}
		if sig.value, err = signatureOf(values, label); err != nil {
			t.Fatal(err)
		}
		if sig.base, err = m.base(); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.Replace(files[0], "_signed", "_sigbase", 1))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(sig.base); got != strings.TrimSpace(string(want)) {
			t.Errorf("%s: signed\n%s\nwant\n%s", name, got, want)
		}
		pem, err := os.ReadFile(filepath.Join(filepath.Dir(files[0]), "rfc9421_"+key+".pub"))
		if err != nil {
			t.Fatal(err)
		}
		public, err := ParsePublicKeyPEM(string(pem))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if strings.Contains(key, "pss") {
			sig.algorithm = "rsa-pss-sha512"
		}
		wantRefusal(t, sig.Verify(public), "")
	}
}

// did:key's test vector of an Ed25519 public key.
func TestMultikey(t *testing.T) {
	const multibase = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	raw, err := hex.DecodeString("2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6")
	if err != nil {
		t.Fatal(err)
	}
	key, err := newPublicKey(ed25519.PublicKey(raw))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "written", key.Multibase(), multibase)
	read, err := ParsePublicKeyPEM(multikeyPEM(multibase))
	if err != nil || !read.Equal(key) {
		t.Errorf("%v %v", read, err)
	}
	for _, no := range []string{"", "z", "6Mk", "zO0Il", "z" + strings.Repeat("1", 48), "z" + strings.Repeat("z", 10_000), multibase + "x", "u7QEub8zjZwHceRSI4NCxdFzB4zpMHJ_MQcY700Pbvglw5g"} {
		equal(t, no, multikeyPEM(no), "")
	}
}

// peer is a server that lets in by some schemes and answers with a status
// otherwise.
type peer struct {
	takes   []Scheme
	refuses int
	other   int // to RFC 9421, where that is another answer
	mu      sync.Mutex
	knocked []Scheme
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	sig, err := ParseSignature(r, body, now, "http://"+r.Host)
	scheme := Scheme("none")
	if err == nil {
		if scheme = sig.Scheme; sig.Edwards() {
			scheme = edwards
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.knocked = append(p.knocked, scheme)
	for _, s := range p.takes {
		if s == scheme {
			w.WriteHeader(http.StatusAccepted)
			return
		}
	}
	if scheme == RFC9421 && p.other != 0 {
		w.WriteHeader(p.other)
		return
	}
	w.WriteHeader(p.refuses)
}

// knocks delivers so often and tells how the peer was knocked at.
func (p *peer) knocks(t *testing.T, c *Client, times int) string {
	t.Helper()
	server := httptest.NewServer(p)
	defer server.Close()
	inbox := strings.Replace(server.URL, "127.0.0.1", "peer.localhost", 1) + "/inbox"
	if len(p.takes) > 0 && p.takes[0] == edwards {
		c.Prefer(HostOf(inbox))
	}
	for range times {
		c.Deliver(context.Background(), inbox, activity, Digest(activity), "", withEdwards(t))
	}
	return strings.Trim(fmt.Sprint(p.knocked), "[]")
}

func withEdwards(t *testing.T) *Key {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := *ann.Key
	key.Edwards = &Key{ID: "https://a.example/users/ann#ed25519-key", Private: private}
	return &key
}

func TestKnocking(t *testing.T) {
	client := func() *Client { return newWorld(t, nil).client }
	for _, c := range []struct {
		name  string
		peer  *peer
		times int
		want  string
	}{
		{"draft-cavage first", &peer{takes: []Scheme{Cavage, RFC9421}}, 2, "cavage cavage"},
		{"again after a 401, and remembered", &peer{takes: []Scheme{RFC9421}, refuses: 401}, 3, "cavage rfc9421 rfc9421 rfc9421"},
		{"not after a 403", &peer{refuses: 403}, 2, "cavage cavage"},
		{"not after a 500", &peer{takes: []Scheme{RFC9421}, refuses: 500}, 2, "cavage cavage"},
		{"two refusals teach nothing", &peer{refuses: 401}, 2, "cavage rfc9421 cavage rfc9421"},
		{"a 401 and then no yes teach nothing", &peer{refuses: 401, other: 403}, 2, "cavage rfc9421 cavage rfc9421"},
		{"Ed25519 where it is taken", &peer{takes: []Scheme{edwards}, refuses: 401}, 2, "rfc9421-ed25519 rfc9421-ed25519"},
	} {
		t.Run(c.name, func(t *testing.T) { equal(t, "knocks", c.peer.knocks(t, client(), c.times), c.want) })
	}
	t.Run("back to draft-cavage where Ed25519 is refused", func(t *testing.T) {
		p, cl := &peer{takes: []Scheme{Cavage}, refuses: 401}, client()
		server := httptest.NewServer(p)
		defer server.Close()
		inbox := strings.Replace(server.URL, "127.0.0.1", "peer.localhost", 1) + "/inbox"
		for range 2 {
			cl.Prefer(HostOf(inbox))
			cl.Deliver(context.Background(), inbox, activity, Digest(activity), "", withEdwards(t))
		}
		equal(t, "knocks", fmt.Sprint(p.knocked), "[rfc9421-ed25519 cavage cavage]")
	})
}

func FuzzSignature(f *testing.F) {
	f.Add(`keyId="k",headers="(request-target) host date digest",signature="AAAA"`, "", "SHA-256=x")
	f.Add(`sig1=:AAAA:`, `sig1=("@method" "@target-uri" "content-digest");created=1795378105;keyid="k"`, "sha-256=:AAAA:")
	f.Add(`a=1, b=?0`, `a=(), b=(1;x "y");z=:AA:`, "((")
	f.Fuzz(func(t *testing.T, signature, input, digest string) {
		r := httptest.NewRequest(http.MethodPost, "https://b.example/inbox", nil)
		r.Header.Set("Signature", signature)
		r.Header.Set("Digest", digest)
		r.Header.Set("Content-Digest", digest)
		r.Header.Set("Date", now.Format(http.TimeFormat))
		if input != "" {
			r.Header.Set("Signature-Input", input)
		}
		if err := verify(r, activity, now, ann.public); err == nil {
			t.Errorf("%q %q %q was believed", signature, input, digest)
		}
	})
}

func FuzzWebFinger(f *testing.F) {
	f.Add("acct:ann@a.example", `{"subject":"acct:ann@a.example","links":[{"rel":"self","type":"application/activity+json","href":"https://a.example/ann"}]}`)
	f.Add("@ö@ü.example:443", `{"subject":7}`)
	f.Fuzz(func(t *testing.T, handle, document string) {
		if name, host, err := ParseHandle(handle); err == nil && (name == "" || host == "" || len(string(host)) > 300) {
			t.Errorf("%q became %q at %q", handle, name, host)
		}
		var jrd JRD
		if json.Unmarshal([]byte(document), &jrd) == nil && jrd.self() != "" && !isWeb(jrd.self()) {
			t.Errorf("%q leads to %q", document, jrd.self())
		}
	})
}

func BenchmarkSignEdwards(b *testing.B) {
	digest := Digest(activity)
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	key := &Key{ID: "https://a.example/users/ann#ed25519-key", Private: private}
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequest(http.MethodPost, "https://b.example/inbox", bytes.NewReader(activity))
		if err != nil {
			b.Fatal(err)
		}
		if err := Sign(req, RFC9421, digest, key, now); err != nil {
			b.Fatal(err)
		}
	}
}
