package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// load is what people and another node ask of a node while it fails: posts of
// alice, whom bob elsewhere follows, and posts of eve elsewhere, whom carol
// here follows. It remembers what was acknowledged.
type load struct {
	t            testing.TB
	url          string
	alice, carol *member
	far          *nodetest.Host
	eve          *nodetest.Actor

	stopping chan struct{}
	workers  sync.WaitGroup

	mu        sync.Mutex
	posts     map[string]string // ids of alice's by their texts
	notes     map[string]bool   // eve's, by their texts
	uploads   []string          // ids of files
	open      map[string]bool   // asked for and never answered with yes
	answers   map[int]int       // by status, 0 for none
	slowest   time.Duration     // of the refusals
	curt      int               // refusals for now that do not say when to come again
	repeated  int               // requests made again after a yes
	doubled   []string          // what a repeated request made anew
	impatient *store.DB         // where waiting deliveries are made due, instead of waiting for them
}

// member is somebody of the node, in a client app.
type member struct{ token, id, uri string }

func newLoad(t testing.TB, s *served) *load {
	t.Helper()
	l := &load{t: t, url: s.url, stopping: make(chan struct{}), posts: map[string]string{}, notes: map[string]bool{}, open: map[string]bool{}, answers: map[int]int{}}
	l.alice, l.carol = l.join(s, "alice"), l.join(s, "carol")
	l.far = nodetest.Play(t, "far")
	l.far.Actor("bob").Follow(l.node(), l.alice.uri)
	l.far.Await("Accept")
	l.eve = l.far.Actor("eve")
	var found struct{ Accounts []struct{ ID string } }
	l.must(l.carol, "GET", "/api/v2/search?resolve=true&type=accounts&q="+url.QueryEscape("@eve@"+l.far.Name), nil, &found)
	require.Len(t, found.Accounts, 1)
	for _, id := range []string{found.Accounts[0].ID, l.alice.id} {
		l.must(l.carol, "POST", "/api/v1/accounts/"+id+"/follow", url.Values{}, nil)
	}
	follow := l.far.Await("Follow")
	l.eve.Must(l.node(), nodetest.Doc{"type": "Accept", "object": map[string]any(follow.Doc)})
	return l
}

// node is the node as the ones who play others know it.
func (l *load) node() *nodetest.Node { return &nodetest.Node{T: l.t, URL: l.url, Log: &nodetest.Log{}} }

func (l *load) join(s *served, name string) *member {
	l.t.Helper()
	s.command("account", "create", name, "--email", name+"@corp.example")
	m := &member{token: s.command("account", "token", name)}
	var me struct{ ID, URI string }
	l.must(m, "GET", "/api/v1/accounts/verify_credentials", nil, &me)
	m.id, m.uri = me.ID, me.URI
	return m
}

// answer is what came of a request.
type answer struct {
	status int // 0: no answer
	body   []byte
	header http.Header
	took   time.Duration
}

func (a answer) yes() bool { return a.status >= 200 && a.status < 300 }

func (l *load) do(r *http.Request) answer {
	begun := time.Now()
	resp, err := nodetest.Client.Do(r)
	if err != nil {
		return answer{took: time.Since(begun)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{took: time.Since(begun)}
	}
	return answer{resp.StatusCode, body, resp.Header, time.Since(begun)}
}

// ask makes a request of the client API, for who.
func (l *load) ask(who *member, method, address string, form url.Values, key string) answer {
	if strings.HasPrefix(address, "/") {
		address = l.url + address
	}
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(form.Encode()))
	require.NoError(l.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	r.Header.Set("Authorization", "Bearer "+who.token)
	return l.do(r)
}

// must is ask of what has to work.
func (l *load) must(who *member, method, path string, form url.Values, into any) {
	l.t.Helper()
	a := l.ask(who, method, path, form, "")
	require.True(l.t, a.yes(), "%s %s: %d %s", method, path, a.status, a.body)
	if into != nil {
		require.NoError(l.t, json.Unmarshal(a.body, into))
	}
}

// begin lets so many write posts, as many deliver notes, and one upload, until end.
func (l *load) begin(writers int) {
	for w := range writers {
		l.workers.Go(func() { l.insist(fmt.Sprintf("writer %d says", w), l.post) })
		l.workers.Go(func() { l.insist(fmt.Sprintf("hand %d of eve writes", w), l.note()) })
	}
	l.workers.Go(func() { l.insist("upload", l.upload) })
}

// end lets everybody finish what they have in hand, or give up.
func (l *load) end() {
	close(l.stopping)
	l.workers.Wait()
}

// pace is how long somebody waits between two requests.
const pace = 15 * time.Millisecond

// insist does one thing after another, each until it is told yes.
func (l *load) insist(what string, do func(text string) answer) {
	for i := 0; ; i++ {
		text := fmt.Sprintf("%s %d", what, i)
		for !l.count(do(text)) {
			if l.over() {
				l.mu.Lock()
				l.open[text] = true
				l.mu.Unlock()
				return
			}
		}
		if l.over() {
			return
		}
	}
}

// over waits for the next turn and reports whether there is none.
func (l *load) over() bool {
	select {
	case <-l.stopping:
		return true
	case <-time.After(pace/2 + rand.N(pace)):
		return false
	}
}

// count notes how a request was answered, and whether with yes.
func (l *load) count(a answer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[a.status]++
	if a.status != 0 && !a.yes() {
		l.slowest = max(l.slowest, a.took)
		if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "" {
			l.curt++
		}
	}
	return a.yes()
}

// post has alice write something, and now and then once more what was taken.
func (l *load) post(text string) answer {
	ask := func() (answer, string) {
		a := l.ask(l.alice, "POST", "/api/v1/statuses", url.Values{"status": {text}}, text)
		var made struct{ ID string }
		if a.yes() && json.Unmarshal(a.body, &made) != nil {
			a.status = 0
		}
		return a, made.ID
	}
	a, id := ask()
	if !a.yes() {
		return a
	}
	again, other := answer{}, ""
	if rand.N(8) == 0 {
		again, other = ask()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posts[text] = id
	if again.yes() {
		l.repeated++
		if other != id {
			l.doubled = append(l.doubled, text)
		}
	}
	return a
}

// note has eve's node deliver a post, each time by the same activity.
func (l *load) note() func(string) answer {
	var sent string
	var body []byte
	return func(text string) answer {
		if sent != text {
			sent = text
			body, _ = json.Marshal(l.eve.Complete(l.eve.Create(l.eve.Note(text))))
		}
		a := l.do(l.eve.Request(l.node(), body))
		if !a.yes() {
			return a
		}
		again := answer{}
		if rand.N(8) == 0 {
			again = l.do(l.eve.Request(l.node(), body))
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.notes[text] = true
		if again.yes() {
			l.repeated++
		}
		return a
	}
}

// dot is a small picture.
var dot = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30)))
	return b.Bytes()
})

// upload has alice upload a picture.
func (l *load) upload(string) answer {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("file", "dot.png")
	_, _ = part.Write(dot())
	_ = form.Close()
	r, err := http.NewRequestWithContext(context.Background(), "POST", l.url+"/api/v2/media", &body)
	require.NoError(l.t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+l.alice.token)
	a := l.do(r)
	var made struct{ ID string }
	if a.yes() && json.Unmarshal(a.body, &made) == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.uploads = append(l.uploads, made.ID)
	}
	return a
}

// account is what came of a load.
type account struct {
	posts, notes, uploads, repeated int
	lost, doubled                   []string
	again                           int // deliveries that arrived more than once, under one id
}

func (a account) String() string {
	return fmt.Sprintf("%d posts, %d activities and %d uploads acknowledged, %d requests repeated: %d lost, %d doubled", a.posts, a.notes, a.uploads, a.repeated, len(a.lost), len(a.doubled))
}

// settleTime is how long it may take until what was acknowledged has arrived: a
// delivery that a dead process had in hand is nobody's for a minute.
const settleTime = 4 * time.Minute

// check compares what was acknowledged with what is there, once the load has
// ended: in the timelines, and at the other node.
func (l *load) check() account {
	l.t.Helper()
	a := account{posts: len(l.posts), notes: len(l.notes), uploads: len(l.uploads), repeated: l.repeated, doubled: l.doubled}
	var eve struct{ ID string }
	l.must(l.carol, "GET", "/api/v1/accounts/lookup?acct=eve@"+l.far.Name, nil, &eve)
	a.compare("at alice's", l.posts, l.open, l.told("/api/v1/accounts/"+l.alice.id+"/statuses?limit=40"))
	a.compare("at eve's", l.notes, l.open, l.told("/api/v1/accounts/"+eve.ID+"/statuses?limit=40"))
	for text, times := range l.told("/api/v1/timelines/home?limit=40") { // which is cut at its far end
		if times > 1 {
			a.doubled = append(a.doubled, "in carol's timeline: "+text)
		}
	}
	a.compare("delivered", l.posts, l.open, l.delivered(&a))
	for _, id := range l.uploads {
		if !l.shown(id) {
			a.lost = append(a.lost, "upload "+id)
		}
	}
	if len(a.lost)+len(a.doubled) > 0 {
		l.t.Fatalf("%s\nlost: %q\ndoubled: %q", a, a.lost[:min(20, len(a.lost))], a.doubled[:min(20, len(a.doubled))])
	}
	return a
}

// compare holds what was seen against what was said yes to. What was not
// answered may be there or not, but not twice.
func (a *account) compare(where string, said any, open map[string]bool, seen map[string]int) {
	texts := map[string]bool{}
	switch said := said.(type) {
	case map[string]string:
		for text := range said {
			texts[text] = true
		}
	case map[string]bool:
		texts = said
	}
	for text := range texts {
		if seen[text] == 0 {
			a.lost = append(a.lost, where+": "+text)
		}
	}
	for text, times := range seen {
		if times > 1 || !texts[text] && !open[text] {
			a.doubled = append(a.doubled, fmt.Sprintf("%s, %d times: %s", where, times, text))
		}
	}
}

var markup = regexp.MustCompile("<[^>]*>")

// told is how often each text is in a timeline, all pages of it, as carol sees it.
func (l *load) told(path string) map[string]int {
	l.t.Helper()
	seen := map[string]int{}
	for next := path; next != ""; {
		var list []struct{ ID, Content string }
		l.must(l.carol, "GET", next, nil, &list)
		next = ""
		for _, s := range list {
			seen[markup.ReplaceAllString(s.Content, "")]++
			next = path + "&max_id=" + s.ID
		}
	}
	return seen
}

// delivered is how many activities tell of each text at the other node, once
// all that was acknowledged is there.
func (l *load) delivered(a *account) map[string]int {
	l.t.Helper()
	ids := map[string]map[string]int{}
	deadline, tick := time.After(settleTime), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for arrived := 0; ; {
		all := l.far.Arrived("Create")
		for _, one := range all[arrived:] {
			object, _ := one.Doc["object"].(map[string]any)
			content, _ := object["content"].(string)
			text := markup.ReplaceAllString(content, "")
			if ids[text] == nil {
				ids[text] = map[string]int{}
			}
			ids[text][one.Doc.ID()]++
		}
		arrived = len(all)
		if !slices.ContainsFunc(slices.Collect(maps.Keys(l.posts)), func(text string) bool { return ids[text] == nil }) {
			break
		}
		select {
		case <-deadline:
			l.t.Logf("not all has arrived in %s", settleTime)
		case <-tick.C:
			l.push()
			continue
		}
		break
	}
	seen := map[string]int{}
	for text, by := range ids {
		seen[text] = len(by)
		for _, times := range by {
			a.again += times - 1
		}
	}
	return seen
}

// hurry has nobody wait for deliveries that are to be tried again later.
func (l *load) hurry(url string) { l.impatient = storetest.Open(l.t, url) }

// push makes due what waits.
func (l *load) push() {
	if l.impatient == nil {
		return
	}
	nodetest.Exec(l.t, l.impatient, `UPDATE deliveries SET taken_until = 0, next_at = 1 WHERE state = 'pending'`)
	nodetest.Exec(l.t, l.impatient, `UPDATE river_job SET state = 'available', scheduled_at = created_at WHERE state IN ('retryable', 'scheduled')`)
}

// shown reports whether a file that was uploaded can be looked at.
func (l *load) shown(id string) bool {
	a := l.ask(l.alice, "GET", "/api/v1/media/"+id, nil, "")
	var m struct{ URL string }
	if a.status != http.StatusOK || json.Unmarshal(a.body, &m) != nil {
		return false
	}
	return l.ask(l.alice, "GET", m.URL, nil, "").status == http.StatusOK
}

// statuses are the answers to what was asked, in words.
func (l *load) statuses() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var words []string
	for _, status := range slices.Sorted(maps.Keys(l.answers)) {
		words = append(words, fmt.Sprintf("%d×%d", l.answers[status], status))
	}
	return strings.Join(words, " ")
}
