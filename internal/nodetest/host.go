package nodetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/federation"
)

// Doc is a document as others write it.
type Doc map[string]any

// Host plays another server of the fediverse.
type Host struct {
	T    testing.TB
	URL  string
	Name string // as it stands in handles

	mu       sync.Mutex
	docs     map[string]any
	gone     map[string]bool
	actors   map[string]*Actor
	asked    map[string]int
	requests int
	arrived  []Arrival
	answer   func(http.ResponseWriter, *http.Request, Doc) bool
}

// Arrival is an activity that a node delivered.
type Arrival struct {
	Doc
	Path string
	At   time.Time
}

// Play begins to play the host.
func Play(t testing.TB, name string) *Host {
	t.Helper()
	h := &Host{T: t, docs: map[string]any{}, gone: map[string]bool{}, actors: map[string]*Actor{}, asked: map[string]int{}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.URL = named(server.URL, name)
	h.Name = strings.TrimPrefix(h.URL, "http://")
	return h
}

// Actor is somebody on the host, with a key.
type Actor struct {
	Host *Host
	Name string
	URI  string
	Key  *federation.Key

	Scheme federation.Scheme // what the actor signs by, draft-cavage unless said
}

// Actor makes somebody on the host.
func (h *Host) Actor(name string) *Actor {
	h.T.Helper()
	a := &Actor{Host: h, Name: name, URI: h.URL + "/users/" + name}
	a.Rekey()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.actors[name] = a
	return a
}

// Rekey gives the actor another key, and publishes it.
func (a *Actor) Rekey() {
	a.Host.T.Helper()
	private, public := keyPair(a.Host.T)
	parsed, err := federation.ParsePrivateKeyPEM(private)
	require.NoError(a.Host.T, err)
	a.Key = &federation.Key{ID: a.URI + "#main-key", Private: parsed}
	a.Host.Put("/users/"+a.Name, a.document(public))
}

// Rename gives the actor another name, to which the old one leads too.
func (a *Actor) Rename(name string) Doc {
	doc := a.Host.Document("/users/"+a.Name).With("preferredUsername", name)
	a.Host.Put("/users/"+a.Name, doc)
	a.Host.mu.Lock()
	defer a.Host.mu.Unlock()
	a.Host.actors[name] = a
	return doc
}

func (a *Actor) document(public string) Doc {
	return Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": a.URI, "type": "Person", "preferredUsername": a.Name,
		"inbox": a.URI + "/inbox", "outbox": a.URI + "/outbox", "followers": a.URI + "/followers",
		"endpoints": Doc{"sharedInbox": a.Host.URL + "/inbox"},
		"publicKey": Doc{"id": a.URI + "#main-key", "owner": a.URI, "publicKeyPem": public}}
}

// keys are made once and lent to tests in turn: making one takes a tenth of a
// second. No test has as many actors as there are.
var keys struct {
	sync.Mutex
	pairs [8][2]string
	next  int
}

func keyPair(t testing.TB) (private, public string) {
	t.Helper()
	keys.Lock()
	defer keys.Unlock()
	pair := &keys.pairs[keys.next%len(keys.pairs)]
	keys.next++
	if pair[0] == "" {
		var err error
		pair[0], pair[1], err = federation.NewKeyPair()
		require.NoError(t, err)
	}
	return pair[0], pair[1]
}

// Put publishes a document at a path.
func (h *Host) Put(path string, doc any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.docs[path] = doc
}

// Remove answers 410 at a path from now on.
func (h *Host) Remove(path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.docs, path)
	h.gone[path] = true
}

// Answer has deliveries answered by f, where it returns true.
func (h *Host) Answer(f func(http.ResponseWriter, *http.Request, Doc) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = f
}

// Asked is how often a path was asked for.
func (h *Host) Asked(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[path]
}

// Requests is how often the host was asked for anything.
func (h *Host) Requests() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.requests
}

// Arrived are the activities of the type that were taken; all without one.
func (h *Host) Arrived(kinds ...string) []Arrival {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Arrival
	for _, a := range h.arrived {
		for _, kind := range kinds {
			if a.Doc["type"] == kind {
				list = append(list, a)
			}
		}
		if len(kinds) == 0 {
			list = append(list, a)
		}
	}
	return list
}

// Await is the first activity of the type that comes.
func (h *Host) Await(kind string) Arrival {
	h.T.Helper()
	Eventually(h.T, kind+" arrives at "+h.Name, func() bool { return len(h.Arrived(kind)) > 0 })
	return h.Arrived(kind)[0]
}

func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.requests++
	h.asked[r.URL.Path]++
	doc, known, gone, answer := h.docs[r.URL.Path], h.docs[r.URL.Path] != nil, h.gone[r.URL.Path], h.answer
	h.mu.Unlock()
	switch {
	case r.Method == http.MethodPost:
		h.take(w, r, answer)
	case r.URL.Path == "/.well-known/webfinger":
		h.finger(w, r)
	case gone:
		w.WriteHeader(http.StatusGone)
	case !known:
		w.WriteHeader(http.StatusNotFound)
	default:
		if f, ok := doc.(http.HandlerFunc); ok {
			f(w, r)
			return
		}
		w.Header().Set("Content-Type", federation.ContentType)
		_ = json.NewEncoder(w).Encode(doc)
	}
}

func (h *Host) take(w http.ResponseWriter, r *http.Request, answer func(http.ResponseWriter, *http.Request, Doc) bool) {
	body, err := io.ReadAll(r.Body)
	a := Arrival{Path: r.URL.Path, At: time.Now()}
	if err != nil || json.Unmarshal(body, &a.Doc) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if answer != nil && answer(w, r, a.Doc) {
		return
	}
	h.mu.Lock()
	h.arrived = append(h.arrived, a)
	h.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

func (h *Host) finger(w http.ResponseWriter, r *http.Request) {
	name, _, err := federation.ParseHandle(r.URL.Query().Get("resource"))
	h.mu.Lock()
	a := h.actors[name]
	h.mu.Unlock()
	if err != nil || a == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/jrd+json")
	_ = json.NewEncoder(w).Encode(federation.JRD{Subject: "acct:" + name + "@" + h.Name,
		Links: []federation.JRDLink{{Rel: "self", Type: federation.ContentType, Href: a.URI}}})
}

var serial atomic.Int64

// NewURI is an id on the actor's host that was not used before.
func (a *Actor) NewURI(kind string) string {
	return fmt.Sprintf("%s/%s/%d", a.Host.URL, kind, serial.Add(1))
}

// Note is a post of the actor, to everybody.
func (a *Actor) Note(text string) Doc {
	return Doc{"id": a.NewURI("notes"), "type": "Note", "attributedTo": a.URI, "content": "<p>" + text + "</p>",
		"published": federation.Stamp(time.Now()), "to": []string{federation.Public}, "cc": []string{a.URI + "/followers"}}
}

// Create is the activity by which the actor publishes an object.
func (a *Actor) Create(object Doc) Doc {
	return Doc{"type": "Create", "object": object, "to": object["to"], "cc": object["cc"]}
}

// With is the document with other values.
func (d Doc) With(pairs ...any) Doc {
	other := Doc{}
	for k, v := range d {
		other[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		other[pairs[i].(string)] = pairs[i+1]
	}
	return other
}

// ID is the document's id.
func (d Doc) ID() string { id, _ := d["id"].(string); return id }

// Complete gives an activity of the actor what it lacks.
func (a *Actor) Complete(activity Doc) Doc {
	doc := Doc{"@context": "https://www.w3.org/ns/activitystreams", "actor": a.URI}
	for k, v := range activity {
		doc[k] = v
	}
	if _, has := doc["id"]; !has {
		doc["id"] = a.NewURI("activities")
	}
	return doc
}

// Request is a signed request that brings a body to the node's shared inbox.
func (a *Actor) Request(n *Node, body []byte) *http.Request {
	n.T.Helper()
	return a.RequestAt(n, body, time.Now())
}

// RequestAt is Request, signed at another time.
func (a *Actor) RequestAt(n *Node, body []byte, at time.Time) *http.Request {
	n.T.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, n.URL+"/inbox", bytes.NewReader(body))
	require.NoError(n.T, err)
	r.Header.Set("Content-Type", federation.ContentType)
	require.NoError(n.T, federation.Sign(r, a.scheme(), federation.Digest(body), a.Key, at))
	return r
}

func (a *Actor) scheme() federation.Scheme { return cmp.Or(a.Scheme, federation.Cavage) }

// Send brings an activity of the actor to the node and tells the status.
func (a *Actor) Send(n *Node, activity Doc) int {
	n.T.Helper()
	body, err := json.Marshal(a.Complete(activity))
	require.NoError(n.T, err)
	return n.Do(a.Request(n, body))
}

// Must is Send of what the node has to take.
func (a *Actor) Must(n *Node, activity Doc) {
	n.T.Helper()
	require.Equal(n.T, http.StatusAccepted, a.Send(n, activity), "%v", activity)
}

// Follow has the actor follow one of the node's people.
func (a *Actor) Follow(n *Node, target string) Doc {
	n.T.Helper()
	follow := a.Complete(Doc{"type": "Follow", "object": target})
	a.Must(n, follow)
	return follow
}

// Client sends names below localhost to this machine. RFC 6761 6.3
var Client = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 32,
	DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}}

// Document is what is published at a path.
func (h *Host) Document(path string) Doc {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, _ := h.docs[path].(Doc)
	return d
}
