package ui_test

import (
	"bufio"
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/search"
	"parley/internal/store"
)

func TestWritingAndReading(t *testing.T) {
	n := newNode(t)
	ayla, bob, stranger := n.person("ayla", "member"), n.person("bob", "member"), n.stranger()
	bob.post("/ui/accounts/" + ayla.idText() + "/follow").ok()
	post := ayla.write("Hello @bob, see <b> #Warehouse https://example.org/a")

	home := bob.get("/").ok().body
	assert.Contains(t, home, "see &lt;b&gt;")
	assert.Contains(t, home, `href="/@bob"`, "a mention leads to our page")
	assert.Contains(t, home, `href="/tags/warehouse"`)
	assert.Contains(t, home, "1<span class=\"hush\"> unread", "the mention is counted")
	bob.get("/notifications").has("mentioned you")
	bob.get("/").has(`hx-swap="outerHTML" hidden`)
	bob.get("/local").has("see &lt;b&gt;")
	bob.get("/tags/Warehouse").has("see &lt;b&gt;")

	reply := bob.post("/ui/posts", "text", "@ayla hi", "reply", post, "visibility", "public").ok()
	assert.Contains(t, reply.body, "see &lt;b&gt;", "the thread stands above")
	ayla.get("/@ayla/" + post).has("hi</p>")

	public := stranger.get("/@ayla/" + post).ok()
	assert.Contains(t, public.body, "see &lt;b&gt;")
	assert.NotContains(t, public.body, "/ui/posts/", "a stranger has no buttons")
	assert.Contains(t, public.head.Get("Content-Security-Policy"), "script-src 'self'")
	stranger.get("/@ayla").ok()
	stranger.get("/").has("Sign in")
	assert.Equal(t, "/@ayla/"+post, stranger.get("/@bob/"+post).url.Path, "the author's address is the post's")
}

func TestWhatOneMayNotSeeDoesNotExist(t *testing.T) {
	n := newNode(t)
	ayla, bob, stranger := n.person("ayla", "member"), n.person("bob", "member"), n.stranger()
	secret := ayla.write("only mine", "visibility", "private")
	for _, reader := range []*person{bob, stranger} {
		got := reader.get("/@ayla/" + secret)
		assert.Equal(t, http.StatusNotFound, got.code)
		assert.NotContains(t, got.body, "only mine")
		reader.get("/@ayla").lacks("only mine")
	}
	here := ayla.write("for the house", "visibility", "here")
	assert.Equal(t, http.StatusNotFound, stranger.get("/@ayla/"+here).code)
	bob.get("/@ayla/" + here).ok().has("on this node only")

	for _, path := range []string{"/ui/posts/" + secret + "/edit", "/ui/posts/" + secret + "/delete", "/ui/posts/" + here + "/edit", "/@nobody", "/@ayla/1", "/@ayla/x", "/tags/1"} {
		assert.Equal(t, http.StatusNotFound, bob.get(path).code, path)
	}
	assert.Equal(t, http.StatusNotFound, bob.post("/ui/posts/"+here+"/delete").code)
	assert.Equal(t, http.StatusNotFound, bob.post("/ui/posts/"+secret+"/favourite").code)
	assert.Equal(t, http.StatusNotFound, bob.post("/ui/posts/"+here+"/steal").code)
	ayla.get("/@ayla/" + here).has("for the house")
	for _, path := range []string{"/local", "/notifications", "/search", "/compose", "/settings", "/owner", "/ui/events"} {
		assert.Contains(t, stranger.get(path).url.Path, "/auth/sign_in", path)
	}
}

func TestActions(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	post := ayla.write("a post")
	for _, act := range []string{"favourite", "boost", "bookmark"} {
		got := bob.do("POST", "/ui/posts/"+post+"/"+act, nil, "HX-Request", "true").ok().body
		assert.Contains(t, got, `aria-pressed="true"`)
		assert.Contains(t, got, "/ui/posts/"+post+"/un"+act)
	}
	bob.get("/bookmarks").has("a post")
	notices := ayla.get("/notifications").body
	assert.Contains(t, notices, "favourited your post")
	assert.Contains(t, notices, "boosted your post")
	number, err := strconv.ParseInt(post, 10, 64)
	require.NoError(t, err)
	require.NoError(t, n.db.Write(t.Context(), func(tx *store.Tx) error { return tx.React(bob.id, number, store.Emoji{Shortcode: "🎉"}) }))
	ayla.get("/notifications").has("reacted to your post with <bdi>🎉</bdi>")
	bob.get("/@bob").has("</a> boosted")
	bob.do("POST", "/ui/posts/"+post+"/unboost", nil, "HX-Request", "true").ok()

	got := bob.do("POST", "/ui/accounts/"+ayla.idText()+"/follow", nil, "HX-Request", "true").ok().body
	assert.Contains(t, got, "Unfollow")
	bob.get("/@ayla/followers").has("@bob")
	bob.post("/ui/accounts/" + ayla.idText() + "/mute").ok()
	bob.get("/local").lacks("a post")
	bob.post("/ui/accounts/" + ayla.idText() + "/unmute").ok()
	bob.post("/ui/accounts/" + ayla.idText() + "/unfollow").ok()
	assert.Equal(t, "/", bob.do("POST", "/ui/posts/"+post+"/favourite", nil, "Referer", "https://evil.example/x").url.Path, "back only to this node")
}

func TestRequestsAreAnswered(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	ayla.post("/settings", "name", "Ayla", "locked", "true", "visibility", "public").ok()
	bob.post("/ui/accounts/" + ayla.idText() + "/follow").ok()
	bob.get("/@ayla").has("Requested")
	ayla.get("/notifications").has("asks to follow you")
	ayla.get("/requests").has("@bob")
	ayla.post("/ui/requests/" + bob.idText() + "/accept").ok()
	bob.get("/@ayla").has("Following")
	ayla.get("/requests").lacks("@bob")
}

func TestEditingAndDeleting(t *testing.T) {
	n := newNode(t)
	ayla := n.person("ayla", "member")
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 40, 30))))
	got := ayla.upload("/ui/posts", picture.Bytes(), "text", "look", "visibility", "public", "alt1", "An empty frame").ok()
	assert.Contains(t, got.body, `alt="An empty frame"`)
	post := ayla.write("frist")
	edit := ayla.get("/ui/posts/" + post + "/edit").ok().body
	assert.Contains(t, edit, "frist")
	saved := ayla.post("/ui/posts/"+post+"/edit", "text", "first").ok()
	assert.Equal(t, "/@ayla/"+post, saved.url.Path)
	assert.Contains(t, saved.body, "edited")
	ayla.get("/ui/posts/" + post + "/delete").has("Delete this post?")
	ayla.post("/ui/posts/" + post + "/delete").ok()
	assert.Equal(t, http.StatusNotFound, ayla.get("/@ayla/"+post).code)
}

func TestWhatIsWrongIsSaidAndNothingIsLost(t *testing.T) {
	n := newNode(t)
	ayla := n.person("ayla", "member")
	long := strings.Repeat("a", 501)
	got := ayla.post("/ui/posts", "text", long, "visibility", "direct")
	assert.Equal(t, http.StatusUnprocessableEntity, got.code)
	assert.Contains(t, got.body, long)
	assert.Contains(t, got.body, `<option value="direct" selected`)
	assert.Contains(t, got.body, `role="alert"`)
	assert.Equal(t, http.StatusUnprocessableEntity, ayla.upload("/ui/posts", []byte("<svg onload=alert(1)>"), "text", "x", "visibility", "public").code)
	twice := []string{"text", "only once", "visibility", "public", "key", "k1"}
	ayla.post("/ui/posts", twice...).ok()
	ayla.post("/ui/posts", twice...).ok()
	assert.Equal(t, 1, strings.Count(ayla.get("/@ayla").body, "<p>only once</p>"))
}

func TestHoldingBack(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	ayla.post("/settings", "name", "Ayla", "visibility", "public", "hold", "60").ok()
	ayla.get("/compose").has("waits 1 minute")
	post := ayla.write("wait for it")
	ayla.get("/").has("Not sent yet")
	assert.Equal(t, http.StatusNotFound, bob.get("/@ayla/"+post).code)
	ayla.get("/ui/posts/" + post + "/delete").has("has not been sent")
	ayla.post("/ui/posts/" + post + "/delete").ok()
	ayla.get("/").lacks("wait for it")
}

func TestSearch(t *testing.T) {
	n := newNode(t)
	ayla, _ := n.person("ayla", "member"), n.person("bob", "member")
	post := ayla.write("find me, colleague")
	require.NoError(t, (&search.Index{DB: n.db}).Update(t.Context()))
	for query, want := range map[string]string{"bo": "@bob", "@bob": "@bob", "%23Stock": "/tags/stock", n.url + "/@ayla/" + post: "find me", n.url + "/@bob": "@bob"} {
		ayla.get("/search?q=" + query).ok().has(want)
	}
	ayla.get("/search?q=COLLEAGUE+from:me").ok().has("find me, colleague")
	ayla.get("/search?q=colleague+-from:me").ok().lacks("find me, colleague")
	ayla.get("/search?q=zz@nowhere.example").ok().has("Nobody by that name")
	ayla.get("/search?q=https://nowhere.example/@zz").ok().has("Nobody by that name")
}

func TestPagesGoOn(t *testing.T) {
	n := newNode(t)
	ayla := n.person("ayla", "member")
	for range 25 {
		ayla.write("one of many")
	}
	first := ayla.get("/").ok().body
	assert.Equal(t, 20, strings.Count(first, "<article"))
	_, rest, found := strings.Cut(first, `class="button quiet" href="/?max_id=`)
	require.True(t, found)
	last, _, _ := strings.Cut(rest, `"`)
	rest = ayla.get("/?max_id=" + last).ok().body
	assert.Equal(t, 5, strings.Count(rest, "<article"))
	assert.NotContains(t, rest, "Show older", "that is all")
}

func TestOwnersPages(t *testing.T) {
	n := newNode(t)
	owner, admin, bob := n.person("olga", "owner"), n.person("adam", "admin"), n.person("bob", "member")
	assert.Equal(t, http.StatusForbidden, bob.get("/owner").code)
	assert.Equal(t, http.StatusForbidden, bob.post("/owner/accounts/"+bob.idText()+"/role", "role", "owner").code)
	owner.get("/owner").ok().has("@bob")

	assert.Equal(t, http.StatusForbidden, admin.post("/owner/accounts/"+owner.idText()+"/suspend").code)
	assert.Equal(t, http.StatusForbidden, admin.post("/owner/accounts/"+bob.idText()+"/role", "role", "owner").code)
	assert.Equal(t, http.StatusForbidden, admin.post("/owner/accounts/"+admin.idText()+"/role", "role", "owner").code)
	assert.Equal(t, http.StatusForbidden, owner.post("/owner/accounts/"+owner.idText()+"/suspend").code)
	admin.post("/owner/accounts/"+bob.idText()+"/role", "role", "moderator").ok()

	owner.post("/owner/accounts/" + bob.idText() + "/suspend").ok()
	assert.Contains(t, bob.get("/local").url.Path, "/auth/sign_in", "his session ended")
	assert.Equal(t, http.StatusNotFound, owner.get("/@bob").code)
	owner.post("/owner/accounts/" + bob.idText() + "/enable").ok()
	owner.get("/@bob").ok()

	carl := n.person("carl", "member")
	said := carl.write("what stays")
	assert.Equal(t, http.StatusForbidden, owner.post("/owner/accounts/"+owner.idText()+"/sign_out").code)
	owner.post("/owner/accounts/" + carl.idText() + "/sign_out").ok()
	assert.Contains(t, carl.get("/local").url.Path, "/auth/sign_in")
	carl.get(carl.link()).ok() // and in again
	owner.post("/owner/accounts/" + carl.idText() + "/close").ok().has("deprovisioned")
	assert.Contains(t, carl.get("/local").url.Path, "/auth/sign_in")
	owner.get("/@carl/" + said).has("what stays").has("has left")
	n.stranger().get("/@carl").lacks("answers in their place")
	mia := n.person("mia", "member")
	assert.Equal(t, http.StatusForbidden, mia.post("/owner/accounts/"+carl.idText()+"/successor", "handle", "mia").code)
	assert.Equal(t, http.StatusUnprocessableEntity, owner.post("/owner/accounts/"+carl.idText()+"/successor", "handle", "@carl").code)
	assert.Equal(t, http.StatusUnprocessableEntity, owner.post("/owner/accounts/"+carl.idText()+"/successor", "handle", "@nobody").code)
	owner.post("/owner/accounts/"+carl.idText()+"/successor", "handle", "@adam").ok().has(`value="@adam"`).has("account.successor")
	for _, reader := range []*person{owner, mia, n.stranger()} {
		reader.get("/@carl").ok().has("Carl has left").has(">@adam</a> answers in their place")
	}
	owner.post("/owner/accounts/" + carl.idText() + "/enable").ok().has(`value="@adam"`)
	carl.get(carl.link()).ok()
	owner.get("/@carl").lacks("answers in their place")
	owner.post("/owner/accounts/"+carl.idText()+"/successor", "handle", "").ok().lacks(`value="@adam"`)

	owner.post("/owner/partners", "domain", "Far.Example", "policy", "allow").ok()
	owner.get("/owner/partners").has("far.example")
	owner.post("/owner/partners/forget", "domain", "far.example").ok()
	owner.get("/owner/partners").lacks("far.example")
	assert.Equal(t, http.StatusUnprocessableEntity, owner.post("/owner/partners", "domain", "x.example", "policy", "adore").code)

	require.NoError(t, n.db.Write(context.Background(), func(tx *store.Tx) error {
		return tx.Dispatch(&store.Activity{ID: store.NewID(), URI: n.url + "/a/1", Kind: "Create", ActorID: bob.id, Body: "{}", CreatedAt: store.Now()},
			map[string]string{"https://partner.example/inbox": "partner.example"})
	}))
	owner.get("/owner/deliveries").ok().has("partner.example")
	line, err := n.Read.Queue("pending", "", store.Page{Limit: 1})
	require.NoError(t, err)
	require.Len(t, line, 1)
	require.NoError(t, n.db.Write(context.Background(), func(tx *store.Tx) error {
		if err := tx.HostFailed("partner.example", 3, store.Now(), "connection refused"); err != nil {
			return err
		}
		if _, err := tx.ShutHost("partner.example", store.Now(), store.Now()+60_000); err != nil {
			return err
		}
		return tx.GiveUp("partner.example", store.Now()+1, store.Now(), "it waited too long")
	}))
	owner.get("/owner/deliveries").ok().has("Hosts that do not answer").has("connection refused").has("unavailable")
	owner.get("/owner/deliveries?state=dead&host=partner.example").ok().has("it waited too long").has("Retry all")
	owner.get("/owner/deliveries?state=dead&host=other.example").ok().lacks("it waited too long")
	owner.post("/owner/hosts/retry", "host", "partner.example").ok()
	owner.get("/owner/deliveries?state=dead").lacks("it waited too long")
	for _, state := range []string{"dead", "done", "nonsense"} {
		owner.get("/owner/deliveries?state=" + state).ok()
	}
}

// events reads a stream of a page, and gives what comes as it comes.
func (p *person) events(ctx context.Context, stream string) <-chan string {
	r, err := http.NewRequestWithContext(ctx, "GET", p.n.url+"/ui/events?stream="+stream, nil)
	require.NoError(p.n.t, err)
	resp, err := p.http.Do(r)
	require.NoError(p.n.t, err)
	require.Equal(p.n.t, "text/event-stream", resp.Header.Get("Content-Type"))
	lines := make(chan string, 1000)
	begun := make(chan struct{})
	go func() {
		defer close(lines)
		defer func() { _ = resp.Body.Close() }()
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			if begun != nil {
				close(begun)
				begun = nil
			}
			lines <- s.Text()
		}
	}()
	<-begun
	return lines
}

// until reads lines up to one that contains what is wanted.
func until(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	for {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatalf("the stream ended before %q", want)
			}
			if strings.Contains(line, want) {
				return
			}
		case <-deadline:
			t.Fatalf("%q did not come", want)
		}
	}
}

func TestPagesAreLive(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	bob.post("/ui/accounts/" + ayla.idText() + "/follow").ok()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	watch, cancel := context.WithCancel(context.Background())
	defer cancel()
	go n.Streams.Watch(watch, n.Read, n.Log)
	home, local, tag, notices := bob.events(ctx, "home"), bob.events(ctx, "local"), bob.events(ctx, "tag:go"), bob.events(ctx, "notifications")

	post := ayla.write("fresh news #Go @bob")
	for _, lines := range []<-chan string{home, local, tag} {
		until(t, lines, "event: post")
		until(t, lines, "fresh news")
	}
	until(t, notices, "event: unread")
	until(t, notices, "event: notification")
	thread := bob.events(ctx, "thread:"+post)
	ayla.write("an answer", "reply", post)
	until(t, thread, "event: reply")
	ayla.post("/ui/posts/"+post+"/edit", "text", "better news").ok()
	until(t, home, `hx-swap-oob="true"`)
	until(t, home, "better news")
	ayla.post("/ui/posts/" + post + "/delete").ok()
	until(t, home, `hx-swap-oob="delete"`)

	require.NoError(t, n.Actors.Disable(context.Background(), 0, bob.id))
	deadline := time.After(5 * time.Second)
	for open := true; open; {
		select {
		case _, open = <-home:
		case <-deadline:
			t.Fatal("a stream outlived its session")
		}
	}
}

// A page costs as many queries for forty posts as for one.
func TestPagesCostTheSame(t *testing.T) {
	n := newNode(t)
	ayla := n.person("ayla", "member")
	ayla.write("one")
	asked, err := n.db.CountQueries()
	require.NoError(t, err)
	queries := func() int64 {
		before := asked.Load()
		ayla.get("/").ok()
		return asked.Load() - before
	}
	queries()
	one := queries()
	for range 19 {
		ayla.write("many @ayla #go")
	}
	assert.LessOrEqual(t, queries(), one+2)
}

func TestLater(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	ayla.get("/compose").ok().has("Later")
	ayla.get("/scheduled").ok().has("Nothing waits")
	at := time.Now().UTC().Add(48 * time.Hour).Truncate(time.Minute)
	got := ayla.post("/ui/posts", "text", "for the day after tomorrow", "visibility", "unlisted", "at", at.Format("2006-01-02T15:04"))
	got.ok().has("It goes out at its time").has("for the day after tomorrow").has(at.Format("2 January 2006, 15:04 UTC"))
	ayla.post("/ui/posts", "text", "only a thought", "visibility", "public", "draft", "true").ok().has("Kept as a draft").has("only a thought")
	ayla.get("/").lacks("only a thought")
	bob.get("/scheduled").ok().lacks("a thought")
	rows, err := n.db.ScheduledPosts(ayla.id, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	draft, timed := "/scheduled/"+strconv.FormatInt(rows[0].ID, 10), "/scheduled/"+strconv.FormatInt(rows[1].ID, 10)
	require.Equal(t, at, rows[1].ScheduledAt.Time().UTC())
	for _, path := range []string{draft, draft + "/delete"} {
		assert.Equal(t, http.StatusNotFound, bob.get(path).code)
	}
	for _, path := range []string{draft, draft + "/delete", draft + "/send"} {
		assert.Equal(t, http.StatusNotFound, bob.post(path, "text", "mine", "draft", "true").code)
	}

	ayla.get(timed).ok().has("for the day after tomorrow").has(`value="` + at.Format("2006-01-02T15:04") + `"`).has(`value="unlisted" selected`)
	// The script says the moment to the zone, which is what counts.
	ayla.post(timed, "text", "better said", "visibility", "private", "at", "2001-01-01T00:00", "moment", at.Add(time.Hour).Format(time.RFC3339)).ok().has("better said").has(at.Add(time.Hour).Format("15:04 UTC"))
	soon := ayla.post(timed, "text", "too soon", "visibility", "private", "at", time.Now().UTC().Format("2006-01-02T15:04"))
	assert.Equal(t, http.StatusUnprocessableEntity, soon.code)
	soon.has("at least 5 minutes").has("too soon")
	assert.Equal(t, http.StatusUnprocessableEntity, ayla.post(timed, "text", "never").code)
	assert.Equal(t, http.StatusUnprocessableEntity, ayla.post("/ui/posts", "text", "never", "visibility", "public", "at", "tomorrow").code)

	ayla.post(draft + "/send").ok().has("Posted").has("only a thought")
	ayla.get(timed + "/delete").ok().has("better said").has("Nobody else has seen it")
	ayla.post(timed + "/delete").ok()
	ayla.get("/scheduled").ok().has("Nothing waits")
	assert.Equal(t, http.StatusNotFound, ayla.get(timed).code)
}

func TestSendNow(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	n.Outbox.Hold = map[store.Visibility]time.Duration{store.Public: time.Hour, store.Private: time.Minute}
	ayla.get("/compose").ok().has("waits 60 minutes").has(`data-held="1 minute"`)
	ayla.get("/settings").ok().has("As the node has it, by who sees it")
	post := ayla.write("wait for it")
	ayla.get("/").has("Send now").has("Take back")
	assert.Equal(t, http.StatusNotFound, bob.post("/ui/posts/"+post+"/send").code)
	ayla.post("/ui/posts/" + post + "/send").ok().lacks("Not sent yet")
	bob.get("/@ayla/" + post).ok().has("wait for it")
}
