package federation

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/fault"
	"parley/internal/safehttp"
)

// world is one server that answers for every NAME.localhost there is. Pages
// are named by host and path; %s in a body is the host with its port.
type world struct {
	client *Client
	port   string
	pages  map[string]page

	mu   sync.Mutex
	seen []*http.Request
}

type page struct {
	status   int
	kind     string
	body     string
	location string
	header   map[string]string
}

func as(body string) page { return page{body: body} }

func newWorld(t testing.TB, pages map[string]page) *world {
	t.Helper()
	w := &world{pages: pages}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.port = server.URL[strings.LastIndex(server.URL, ":"):]
	w.client = &Client{
		HTTP: safehttp.New(safehttp.Options{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
		Now:  func() time.Time { return now },
	}
	return w
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	w.mu.Lock()
	w.seen = append(w.seen, r)
	w.mu.Unlock()
	name := strings.TrimSuffix(r.Host, ".localhost"+w.port) + r.URL.Path
	if resource := r.URL.Query().Get("resource"); resource != "" {
		name += "?" + strings.ReplaceAll(resource, ".localhost"+w.port, "")
	}
	p, ok := w.pages[name]
	if !ok {
		http.NotFound(rw, r)
		return
	}
	if p.kind == "" {
		p.kind = ContentType
	}
	rw.Header().Set("Content-Type", p.kind)
	for k, v := range p.header {
		rw.Header().Set(k, v)
	}
	if p.location != "" {
		rw.Header().Set("Location", w.fill(p.location))
	}
	if p.status != 0 {
		rw.WriteHeader(p.status)
	}
	io.WriteString(rw, w.fill(p.body))
}

// fill makes URIs of this world out of `a:/path`.
func (w *world) fill(s string) string {
	for _, host := range []string{"a", "b", "c"} {
		s = strings.ReplaceAll(s, host+":/", "http://"+host+".localhost"+w.port+"/")
		s = strings.ReplaceAll(s, "@"+host+"!", "@"+host+".localhost"+w.port)
	}
	return s
}

func (w *world) requests() []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

func TestFetch(t *testing.T) {
	const html = "text/html; charset=utf-8"
	profile := `application/ld+json; profile="https://www.w3.org/ns/activitystreams"; charset=utf-8`
	w := newWorld(t, map[string]page{
		"a/1":          as(`{"id":"a:/1","type":"Note"}`),
		"a/ld":         {kind: profile, body: `{"id":"a:/ld","type":"Note"}`},
		"a/@ann":       as(`{"id":"a:/1","type":"Note"}`),
		"a/moved":      {status: 301, location: "a:/1"},
		"a/old":        {status: 302, location: "a:/new"},
		"a/new":        as(`{"id":"a:/old","type":"Note"}`),
		"a/upload":     {kind: "application/json", body: `{"id":"a:/upload","type":"Note"}`},
		"a/uploadld":   {kind: "application/ld+json", body: `{"id":"a:/uploadld","type":"Note"}`},
		"a/page":       {kind: html, body: `<html>`},
		"b/claims":     as(`{"id":"a:/1","type":"Note","content":"forged"}`),
		"b/lost":       as(`{"id":"a:/none","type":"Note"}`),
		"b/chain":      as(`{"id":"b:/chain2"}`),
		"b/chain2":     as(`{"id":"b:/chain3"}`),
		"b/chain3":     as(`{"id":"b:/chain3"}`),
		"b/anonymous":  as(`{"type":"Note"}`),
		"b/odd":        as(`{"id":"tag:b,2026:1"}`),
		"a/open":       {status: 302, location: "b:/victim"},
		"b/victim":     as(`{"id":"a:/open","type":"Note","content":"forged"}`),
		"a/gone":       {status: 410},
		"a/secret":     {status: 401},
		"a/teapot":     {status: 418},
		"a/busy":       {status: 429},
		"a/broken":     {status: 502},
		"a/loop":       {status: 302, location: "a:/loop"},
		"a/nowhere":    {status: 302},
		"a/file":       {status: 302, location: "file:///etc/passwd"},
		"a/inside":     {status: 302, location: "http://[::1]:1/"},
		"a/big":        as(`{"id":"a:/big","content":"` + strings.Repeat("x", documentLimit) + `"}`),
		"a/nojson":     as(`{`),
		"a/hop1":       {status: 301, location: "/hop2"},
		"a/hop2":       {status: 307, location: "b:/hop3"},
		"b/hop3":       {status: 308, location: "a:/1"},
		"a/hop0":       {status: 303, location: "a:/hop1"},
		"a/otherstype": {kind: "application/activity+json, text/html", body: `{"id":"a:/otherstype"}`},
	})
	for _, c := range []struct {
		uri, id string
		kind    fault.Kind
	}{
		{"a:/1", "a:/1", 0},
		{"a:/1#part", "a:/1", 0},
		{"a:/ld", "a:/ld", 0},
		{"a:/@ann", "a:/1", 0},
		{"a:/moved", "a:/1", 0},
		{"a:/old", "a:/old", 0},
		{"a:/hop1", "a:/1", 0},
		{"b:/claims", "a:/1", 0},
		{"a:/hop0", "", fault.Unavailable},
		{"b:/lost", "", fault.NotFound},
		{"b:/chain", "", fault.Invalid},
		{"b:/anonymous", "", fault.Invalid},
		{"b:/odd", "", fault.Invalid},
		{"a:/open", "", fault.Invalid},
		{"a:/upload", "", fault.Invalid},
		{"a:/uploadld", "", fault.Invalid},
		{"a:/page", "", fault.Invalid},
		{"a:/otherstype", "", fault.Invalid},
		{"a:/none", "", fault.NotFound},
		{"a:/gone", "", fault.Gone},
		{"a:/secret", "", fault.Forbidden},
		{"a:/teapot", "", fault.Invalid},
		{"a:/busy", "", fault.Unavailable},
		{"a:/broken", "", fault.Unavailable},
		{"a:/loop", "", fault.Unavailable},
		{"a:/nowhere", "", fault.Unavailable},
		{"a:/file", "", fault.Forbidden},
		{"a:/inside", "", fault.Forbidden},
		{"a:/big", "", fault.TooLarge},
		{"a:/nojson", "", fault.BadRequest},
		{"http://10.0.0.1/", "", fault.Forbidden},
		{"gopher://x/", "", fault.Forbidden},
		{"::", "", fault.Invalid},
	} {
		o, err := w.client.Fetch(context.Background(), w.fill(c.uri), nil)
		switch {
		case c.kind != 0 && fault.Of(err) != c.kind, c.kind != 0 && err == nil:
			t.Errorf("%s: %v (%d), want %d", c.uri, err, fault.Of(err), c.kind)
		case c.kind == 0 && err != nil:
			t.Errorf("%s: %v", c.uri, err)
		case c.kind == 0 && (o.ID != w.fill(c.id) || o.Content == "forged"):
			t.Errorf("%s: got %s %s", c.uri, o.ID, o.Content)
		}
	}
}

func TestFetchSignsEachHop(t *testing.T) {
	w := newWorld(t, map[string]page{
		"a/1": {status: 302, location: "b:/2?x=y"},
		"b/2": as(`{"id":"b:/2?x=y","type":"Note"}`),
	})
	if _, err := w.client.Fetch(context.Background(), w.fill("a:/1"), ann.Key); err != nil {
		t.Fatal(err)
	}
	seen := w.requests()
	if len(seen) != 2 {
		t.Fatalf("%d requests", len(seen))
	}
	for _, r := range seen {
		sig, err := ParseSignature(r, nil, now, "http://"+r.Host)
		if err != nil {
			t.Fatal(err)
		}
		if err := sig.Verify(ann.public); err != nil {
			t.Errorf("%s%s: %v", r.Host, r.URL, err)
		}
		if a := r.Header.Get("Accept"); !strings.Contains(a, ContentType) {
			t.Errorf("Accept: %s", a)
		}
	}
}

func actorDoc(id, owner, keyID string) page {
	return as(fmt.Sprintf(`{"id":%q,"type":"Person","preferredUsername":"ann","inbox":"a:/inbox",
		"publicKey":{"id":%q,"owner":%q,"publicKeyPem":"x"}}`, id, keyID, owner))
}

func TestFetchActor(t *testing.T) {
	w := newWorld(t, map[string]page{
		"a/ann":     actorDoc("a:/ann", "a:/ann", "a:/ann#main-key"),
		"a/apart":   actorDoc("a:/apart", "a:/apart", "a:/apart/main-key"),
		"a/owned":   actorDoc("a:/owned", "b:/bob", "a:/owned#main-key"),
		"a/unowned": actorDoc("a:/unowned", "", "a:/unowned#main-key"),
		"a/foreign": actorDoc("a:/foreign", "a:/foreign", "b:/bob#main-key"),
		"a/two": as(`{"id":"a:/two","type":"Person","inbox":"a:/inbox","publicKey":[
			{"id":"a:/two#1","owner":"a:/two"},{"id":"b:/bob#main-key","owner":"b:/bob"}]}`),
		"a/keyless": as(`{"id":"a:/keyless","type":"Service","inbox":"a:/inbox"}`),
		"a/deaf":    as(`{"id":"a:/deaf","type":"Person"}`),
		"a/odd":     as(`{"id":"a:/odd","type":"Person","inbox":"ftp://x/"}`),
		"a/bother":  as(`{"id":"a:/bother","type":"Person","inbox":"b:/inbox"}`),
		"a/note":    as(`{"id":"a:/note","type":"Note","inbox":"a:/inbox"}`),
	})
	for name, ok := range map[string]bool{
		"ann": true, "apart": true, "keyless": true,
		"owned": false, "unowned": false, "foreign": false, "two": false, "deaf": false, "odd": false, "bother": false, "note": false,
	} {
		if _, err := w.client.FetchActor(context.Background(), w.fill("a:/"+name), nil); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A Multikey counts if the actor controls it and it is on his own host; one
// that is somebody else's is passed over.
func TestForeignMultikeysArePassedOver(t *testing.T) {
	const public = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	multikey := func(id, controller string) string {
		return fmt.Sprintf(`{"id":%q,"type":"Multikey","controller":%q,"publicKeyMultibase":%q}`, id, controller, public)
	}
	w := newWorld(t, map[string]page{"a/eve": as(`{"id":"a:/eve","type":"Person","inbox":"a:/inbox","assertionMethod":[` +
		multikey("a:/eve#theirs", "b:/bob") + "," + multikey("b:/bob#key", "a:/eve") + "," + multikey("a:/eve#nobodys", "") + "," + multikey("a:/eve#own", "a:/eve") + `]}`)})
	eve, err := w.client.FetchActor(context.Background(), w.fill("a:/eve"), nil)
	if err != nil || len(eve.AssertionMethods) != 1 || eve.AssertionMethods[0].ID != w.fill("a:/eve#own") {
		t.Fatalf("%+v %v", eve, err)
	}
	for _, id := range []string{"a:/eve#theirs", "b:/bob#key", "a:/eve#nobodys"} {
		if _, err := w.client.FetchKey(context.Background(), w.fill(id), nil); err == nil {
			t.Errorf("%s is taken for hers", id)
		}
	}
}

func TestFetchKey(t *testing.T) {
	w := newWorld(t, map[string]page{
		"a/ann":           actorDoc("a:/ann", "a:/ann", "a:/ann#main-key"),
		"a/dave":          actorDoc("a:/dave", "a:/dave", "a:/dave/main-key"),
		"a/dave/main-key": as(`{"id":"a:/dave","type":"Person","preferredUsername":"dave","publicKey":{"id":"a:/dave/main-key","owner":"a:/dave","publicKeyPem":"x"}}`),
		"a/eve": as(`{"id":"a:/eve","type":"Person","inbox":"a:/inbox","publicKey":[
			{"id":"a:/keys/eve","owner":"a:/eve"},{"id":"a:/keys/renamed","owner":"a:/eve"}]}`),
		"a/keys/eve":     as(`{"id":"a:/keys/eve","type":"CryptographicKey","owner":"a:/eve","publicKeyPem":"x"}`),
		"a/keys/renamed": as(`{"id":"a:/keys/eve","type":"CryptographicKey","owner":"a:/eve","publicKeyPem":"x"}`),
		"a/keys/unknown": as(`{"id":"a:/keys/unknown","type":"CryptographicKey","owner":"a:/eve","publicKeyPem":"x"}`),
		"a/keys/orphan":  as(`{"id":"a:/keys/orphan","type":"CryptographicKey","publicKeyPem":"x"}`),
		"b/key":          as(`{"id":"b:/key","type":"CryptographicKey","owner":"a:/ann","publicKeyPem":"evil"}`),
		"b/ann":          actorDoc("a:/ann", "a:/ann", "b:/ann#main-key"),
		"a/open":         {status: 302, location: "b:/forged"},
		"b/forged":       actorDoc("a:/open", "a:/open", "a:/open#main-key"),
		"a/down":         {status: 503},
	})
	for _, c := range []struct {
		keyID, owner string
		kind         fault.Kind
	}{
		{"a:/ann#main-key", "a:/ann", 0},
		{"a:/dave/main-key", "a:/dave", 0},
		{"a:/keys/eve", "a:/eve", 0},
		{"a:/ann#other-key", "", fault.Unauthorized},
		{"a:/ann", "", fault.Unauthorized},
		{"a:/keys/renamed", "", fault.Unauthorized},
		{"a:/keys/unknown", "", fault.Unauthorized},
		{"a:/keys/orphan", "", fault.Unauthorized},
		{"b:/key", "", fault.Unauthorized},
		{"b:/ann#main-key", "", fault.Unauthorized},
		{"a:/open#main-key", "", fault.Invalid},
		{"a:/none#main-key", "", fault.NotFound},
		{"a:/down#main-key", "", fault.Unavailable},
	} {
		o, err := w.client.FetchKey(context.Background(), w.fill(c.keyID), nil)
		if c.kind != 0 {
			if err == nil || fault.Of(err) != c.kind {
				t.Errorf("%s: %v (%d), want %d", c.keyID, err, fault.Of(err), c.kind)
			}
			continue
		}
		if err != nil || o.ID != w.fill(c.owner) || o.Key(w.fill(c.keyID)) == nil {
			t.Errorf("%s: %v", c.keyID, err)
		}
	}
}

func TestItems(t *testing.T) {
	pages := map[string]page{
		"a/all":     as(`{"id":"a:/all","type":"OrderedCollection","orderedItems":["a:/1","a:/2"]}`),
		"a/paged":   as(`{"id":"a:/paged","type":"Collection","first":"a:/p1"}`),
		"a/p1":      as(`{"type":"CollectionPage","items":["a:/1",{"id":"a:/2"}],"next":"a:/p2"}`),
		"a/p2":      as(`{"type":"CollectionPage","items":["a:/3"]}`),
		"a/inside":  as(`{"id":"a:/inside","first":{"type":"CollectionPage","items":["a:/1"],"next":"a:/p2"}}`),
		"a/outside": as(`{"id":"a:/outside","items":["a:/1"],"next":"b:/p"}`),
		"a/endless": as(`{"items":["a:/1"],"next":"a:/more0"}`),
		"a/self":    as(`{"items":["a:/1"],"next":"a:/self"}`),
		"a/ring":    as(`{"items":["a:/1"],"next":"a:/ring2"}`),
		"a/ring2":   as(`{"type":"CollectionPage","items":["a:/2"],"first":"a:/ring","next":"a:/ring"}`),
		"a/halfway": as(`{"items":["a:/1"],"next":"a:/none"}`),
		"a/astray":  as(`{"items":["a:/1"],"next":"a:/hop"}`),
		"a/hop":     {status: 302, location: "c:/p"},
		"a/away":    {status: 302, location: "c:/p"},
		"b/p":       as(`{"items":["b:/1"]}`),
		"c/p":       as(`{"items":["c:/1"]}`),
	}
	for n := range 2 * maxPages {
		pages[fmt.Sprintf("a/more%d", n)] = as(fmt.Sprintf(`{"type":"CollectionPage","items":["a:/1"],"next":"a:/more%d"}`, n+1))
	}
	w := newWorld(t, pages)
	for name, want := range map[string]int{"all": 2, "paged": 3, "inside": 2, "outside": 1, "astray": 1, "endless": 1 + maxPages, "self": 1, "ring": 2, "halfway": 1} {
		items, err := w.client.Items(context.Background(), w.fill("a:/"+name), nil, 50)
		if err != nil || len(items) != want {
			t.Errorf("%s: %d items, want %d: %v", name, len(items), want, err)
		}
	}
	if items, err := w.client.Items(context.Background(), w.fill("a:/away"), nil, 50); err == nil {
		t.Errorf("another host speaks for a collection: %d items", len(items))
	}
	for _, r := range w.requests() {
		if strings.HasPrefix(r.Host, "b.") {
			t.Errorf("a collection sent us to %s", r.Host)
		}
	}
	if items, err := w.client.Items(context.Background(), w.fill("a:/paged"), nil, 1); err != nil || len(items) != 1 {
		t.Errorf("%d items of one wanted: %v", len(items), err)
	}
}

func TestItemsOf(t *testing.T) {
	w := newWorld(t, map[string]page{
		"a/replies": as(`{"id":"a:/replies","items":["a:/1","a:/2"]}`),
		"a/next":    as(`{"type":"CollectionPage","items":["a:/3"]}`),
		"b/replies": as(`{"id":"b:/replies","items":["b:/1"]}`),
	})
	for note, want := range map[string]int{
		`{"id":"a:/n","replies":"a:/replies"}`:                                                                            2,
		`{"id":"a:/n","replies":{"id":"a:/replies","type":"Collection"}}`:                                                 2,
		`{"id":"a:/n","replies":{"id":"a:/replies","first":{"type":"CollectionPage","items":["a:/1"],"next":"a:/next"}}}`: 2,
		`{"id":"a:/n","replies":{"items":["a:/1"]}}`:                                                                      1,
		`{"id":"a:/n","replies":"b:/replies"}`:                                                                            0,
		`{"id":"a:/n","replies":{"first":"b:/replies"}}`:                                                                  0,
		`{"id":"a:/n"}`: 0,
	} {
		o, err := ParseObject([]byte(w.fill(note)))
		if err != nil {
			t.Fatal(err)
		}
		if items, err := w.client.ItemsOf(context.Background(), o.ID, o.Replies, nil, 50); err != nil || len(items) != want {
			t.Errorf("%s: %d items, want %d: %v", note, len(items), want, err)
		}
	}
	for _, r := range w.requests() {
		if strings.HasPrefix(r.Host, "b.") {
			t.Errorf("a collection on another host was read")
		}
	}
}
