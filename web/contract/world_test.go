package contract

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/about"
	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

func text(n int64) string { return strconv.FormatInt(n, 10) }

func number(t testing.TB, id string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(id, 10, 64)
	require.NoError(t, err)
	return n
}

// world is a node with something of everything on it. Ada, who owns the node,
// does the asking.
type world struct {
	*node
	ada, bob, cho client
	far           *nodetest.Host
	fred          *nodetest.Actor
	fredID        string
	posts         []string // to be read by Ada, each of another kind
	count         int      // of newcomers
	tokens        map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	n.web.Limits = true
	w := &world{node: n, ada: n.person("ada", "owner"), bob: n.person("bob", "member"), cho: n.person("cho", "member"), far: nodetest.Play(t, "far"), tokens: map[string]string{}}
	require.NoError(t, n.Notify.Joined(t.Context(), w.cho.actor))
	w.fred = w.far.Actor("fred")
	require.NoError(t, n.Partners.Set(t.Context(), w.ada.actor, "partner.example", "allow"))
	w.describe()
	w.settle()
	w.acquaint()
	w.write()
	w.link()
	w.answer()
	w.keep()
	w.lose()
	w.hush()
	for _, list := range []string{"domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks", "canonical_email_blocks"} {
		w.barrier(list)
	}
	w.crowd()
	n.Settle()
	w.whole()
	return w
}

// whole insists that Ada sees something of every kind: an answer in which there
// is nothing is right in every schema.
func (w *world) whole() {
	w.T.Helper()
	kinds := map[string]bool{}
	for _, n := range w.ada.list("/api/v1/notifications?limit=80") {
		kinds[n["type"].(string)] = true
	}
	for _, kind := range []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote", "quoted_update", "severed_relationships", "admin.sign_up", "admin.report"} {
		require.True(w.T, kinds[kind], "no notification of a %s", kind)
	}
	seen := map[string]bool{}
	for _, id := range w.posts {
		for key, value := range w.ada.do("GET", "/api/v1/statuses/"+id, nil) {
			list, isList := value.([]any)
			seen[key] = seen[key] || value != nil && (!isList || len(list) > 0)
		}
	}
	for _, key := range []string{"application", "card", "edited_at", "emojis", "in_reply_to_id", "language", "media_attachments", "mentions", "poll", "quote", "reblog", "tags", "url"} {
		require.True(w.T, seen[key], "no post with %s", key)
	}
}

// describe says what the node is.
func (w *world) describe() {
	w.T.Helper()
	says, ctx := w.web.API.About, w.T.Context()
	require.NoError(w.T, says.SetTexts(ctx, w.ada.actor, map[string]string{about.Description: "A node for tests", about.ContactEmail: "owner@test.example",
		about.ContactAccount: "@ada", about.ExtendedDescription: "For all tests.", about.PrivacyPolicy: "We keep nothing."}))
	require.NoError(w.T, says.SetRules(ctx, w.ada.actor, "Be kind | Always"))
	require.NoError(w.T, says.SetTerms(ctx, w.ada.actor, "2020-01-01", "None."))
	require.NoError(w.T, says.SetEmoji(ctx, w.ada.actor, "blob", "Blobs", bytes.NewReader(square(w.T))))
	require.NoError(w.T, says.React(ctx, w.bob.actor, number(w.T, w.announce()), "👍"))
}

// announce makes an announcement.
func (w *world) announce() string {
	w.T.Helper()
	made, err := w.web.API.About.Announce(w.T.Context(), w.ada.actor, about.Announcement{Text: "Lunch :blob:"})
	require.NoError(w.T, err)
	return text(made.ID)
}

// settle gives Ada a profile with something in every part.
func (w *world) settle() {
	w.T.Helper()
	w.ada.do("PATCH", "/api/v1/accounts/update_credentials", object{"note": "Writes #go", "fields_attributes": []object{{"name": "site", "value": "https://site.localhost"}}})
	w.ada.do("POST", "/api/v1/markers", object{"home": object{"last_read_id": "1"}, "notifications": object{"last_read_id": "1"}})
}

// as is Ada with an app that has one scope, the same each time: some things
// belong to an app.
func (w *world) as(scope string) client {
	c := w.ada
	if w.tokens[scope] == "" {
		w.tokens[scope] = w.token(c.actor, scope)
	}
	c.token = w.tokens[scope]
	return c
}

func (w *world) subscribe(c client) {
	w.T.Helper()
	c.do("POST", "/api/v1/push/subscription", object{"subscription": w.subscription(), "data": object{"alerts": object{"mention": true}}})
}

// subscription is a place where nobody listens, with the key of RFC 8291 5.
func (w *world) subscription() object {
	return object{"endpoint": w.far.URL + "/push", "keys": object{"auth": "BTBZMqHH6r4Tts7J_aSIgg",
		"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}}
}

// acquaint has people follow each other, here and elsewhere, and one who asks.
func (w *world) acquaint() {
	w.T.Helper()
	w.ada.do("POST", "/api/v1/accounts/"+w.bob.id+"/follow", object{"notify": true})
	w.bob.act("accounts/" + w.ada.id + "/follow")
	w.cho.act("accounts/" + w.bob.id + "/follow")
	w.fredID = text(w.Known(w.fred).ID)
	ada, err := w.DB.Actor(w.ada.actor)
	require.NoError(w.T, err)
	w.Follow(ada, w.fred)
	w.fred.Follow(w.Node, ada.URI)
	w.ada.do("PATCH", "/api/v1/accounts/update_credentials", object{"locked": true})
	w.cho.act("accounts/" + w.ada.id + "/follow")
}

// write posts one of each kind.
func (w *world) write() {
	w.T.Helper()
	plain := w.bob.post("Hello @ada #go https://example.com/")
	pictured := w.ada.post("Look", "media_ids", []string{w.picture(w.ada)}, "spoiler_text", "a square", "language", "en")
	poll := w.bob.post("Tea?", "poll", object{"options": []string{"yes", "no"}, "expires_in": 3600})
	w.vote(w.ada, poll)
	boost := w.ada.act("statuses/" + plain + "/reblog")["id"].(string)
	quoted := w.ada.post("Words")
	quote := w.bob.post("As she says", "quoted_status_id", quoted)
	w.ada.post("As he says", "quoted_status_id", plain)
	reply := w.ada.post("@bob yes", "in_reply_to_id", plain)
	direct := w.cho.post("@ada psst", "visibility", "direct")
	w.bob.do("PUT", "/api/v1/statuses/"+plain, object{"status": "Hello again @ada #go https://example.com/"})
	w.posts = append(w.posts, plain, pictured, poll, boost, quote, quoted, reply, direct, w.fromElsewhere())
	w.end(poll)
}

// fromElsewhere is a post of Fred's with a picture, an emoji, a hashtag and a
// poll beside it.
func (w *world) fromElsewhere() string {
	w.T.Helper()
	ada, err := w.DB.Actor(w.ada.actor)
	require.NoError(w.T, err)
	note := w.fred.Note("Hello :wave: from afar #go").With("sensitive", true, "summary", "cw",
		"attachment", []nodetest.Doc{{"type": "Document", "mediaType": "image/png", "url": w.far.URL + "/a.png", "name": "a square", "width": 40, "height": 30}},
		"tag", []nodetest.Doc{
			{"type": "Hashtag", "name": "#go", "href": w.far.URL + "/tags/go"},
			{"type": "Mention", "name": "@ada", "href": ada.URI},
			{"type": "Emoji", "id": w.far.URL + "/emoji/wave", "name": ":wave:", "icon": nodetest.Doc{"type": "Image", "mediaType": "image/png", "url": w.far.URL + "/wave.png"}},
		})
	w.fred.Must(w.Node, w.fred.Create(note))
	asked := w.fred.Note("Which?").With("type", "Question", "oneOf", []nodetest.Doc{{"type": "Note", "name": "this"}, {"type": "Note", "name": "that"}},
		"endTime", federation.Stamp(time.Now().Add(time.Hour)))
	w.fred.Must(w.Node, w.fred.Create(asked))
	w.posts = append(w.posts, text(w.Stored(asked.ID()).ID))
	return text(w.Stored(note.ID()).ID)
}

// scheduled is a post of Ada's that waits for its time, with something in every
// part.
func (w *world) scheduled() string {
	w.T.Helper()
	return w.ada.do("POST", "/api/v1/statuses", object{"status": "Later", "scheduled_at": time.Now().Add(time.Hour).Format(time.RFC3339), "spoiler_text": "cw", "language": "de",
		"visibility": "unlisted", "in_reply_to_id": w.posts[0], "quoted_status_id": w.ada.post("Words"), "quote_approval_policy": "nobody", "media_ids": []string{w.picture(w.ada)}})["id"].(string)
}

// link has people talk about a page.
func (w *world) link() {
	w.T.Helper()
	w.Outbox.Cards = w.Cards
	defer func() { w.Outbox.Cards = nil }() // other pages are not there
	var b bytes.Buffer
	require.NoError(w.T, png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))))
	w.far.Put("/card.png", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(b.Bytes()) }))
	w.far.Put("/page", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		_, _ = rw.Write([]byte(`<title>A page</title><meta name="description" content="Words"><meta name="author" content="Ada"><meta property="og:image" content="/card.png">`))
	}))
	w.posts = append(w.posts, w.ada.post("See "+w.far.URL+"/page"), w.cho.post("I saw "+w.far.URL+"/page"))
	w.Settle()
}

// pollOf is the poll of a post.
func (w *world) pollOf(post string) string {
	w.T.Helper()
	return w.ada.do("GET", "/api/v1/statuses/"+post, nil)["poll"].(object)["id"].(string)
}

func (w *world) vote(c client, post string) {
	w.T.Helper()
	c.do("POST", "/api/v1/polls/"+w.pollOf(post)+"/votes", object{"choices": []int{1}})
}

// end lets the time of a poll come.
func (w *world) end(post string) {
	w.T.Helper()
	id := number(w.T, post)
	w.Exec(fmt.Sprintf(`UPDATE polls SET expires_at = 1 WHERE post_id = %d`, id))
	require.NoError(w.T, w.Outbox.EndPoll(w.T.Context(), outbox.PollJob{PostID: id}))
}

// answer has others react to what Ada wrote, and report somebody.
func (w *world) answer() {
	w.T.Helper()
	theirs := w.ada.post("For everybody #go")
	w.posts = append(w.posts, theirs)
	w.bob.act("statuses/" + theirs + "/favourite")
	w.bob.act("statuses/" + theirs + "/reblog")
	w.cho.act("statuses/" + theirs + "/favourite")
	w.bob.do("POST", "/api/v1/reports", object{"account_id": w.cho.id, "comment": "look", "category": "spam"})
}

// keep has Ada keep, pin, file and follow things.
func (w *world) keep() {
	w.T.Helper()
	w.ada.act("statuses/" + w.posts[0] + "/favourite")
	w.ada.act("statuses/" + w.posts[0] + "/bookmark")
	w.ada.act("statuses/" + w.ada.post("Pinned") + "/pin")
	w.ada.act("tags/go/follow")
	w.ada.act("tags/rain/feature")
	w.ada.act("accounts/" + w.bob.id + "/endorse")
	w.list()
	w.filter()
	require.NoError(w.T, w.DB.Write(w.T.Context(), func(tx *store.Tx) error { return tx.SetFeaturedTags(w.bob.actor, []string{"go"}) }))
}

// crowd has enough people like a post and use a hashtag for a trend.
func (w *world) crowd() {
	w.T.Helper()
	for _, c := range []client{w.ada, w.bob, w.cho} {
		c.post("#crowd")
	}
	liked := w.cho.post("A crowd likes this")
	w.ada.act("statuses/" + liked + "/favourite")
	w.bob.act("statuses/" + liked + "/favourite")
	require.NoError(w.T, (&search.Index{DB: w.DB}).Trends(w.T.Context(), search.TrendsJob{}))
}

// lose has Ada block a domain in which she followed somebody.
func (w *world) lose() {
	w.T.Helper()
	gina := nodetest.Play(w.T, "lost").Actor("gina")
	ada, err := w.DB.Actor(w.ada.actor)
	require.NoError(w.T, err)
	w.Follow(ada, gina)
	w.ada.do("POST", "/api/v1/domain_blocks", object{"domain": w.Known(gina).Domain})
}

// hush has Ada mute and block people, and lets those she does not follow wait.
func (w *world) hush() {
	w.T.Helper()
	w.ada.do("POST", "/api/v1/accounts/"+w.person("dan", "member").id+"/mute", object{"duration": 3600})
	w.ada.act("accounts/" + w.person("eve", "member").id + "/block")
	w.ada.do("PATCH", "/api/v2/notifications/policy", object{"for_not_following": "filter"})
	w.request()
}

// request has somebody wait in Ada's requests, and gives the id of that.
func (w *world) request() string {
	w.T.Helper()
	w.newcomer().post("@ada may I?")
	return w.ada.list("/api/v1/notifications/requests?limit=1")[0]["id"].(string)
}

// newcomer is somebody new.
func (w *world) newcomer() client {
	w.T.Helper()
	w.count++
	return w.person(fmt.Sprintf("n%d", w.count), "member")
}

// suspended is a newcomer whom Ada suspended.
func (w *world) suspended() string {
	w.T.Helper()
	who := w.newcomer().id
	w.ada.do("POST", "/api/v1/admin/accounts/"+who+"/action", object{"type": "suspend"})
	return who
}

// name is a new one, and address a new one of a network that is none.
func (w *world) name() string {
	w.count++
	return fmt.Sprintf("b%d", w.count)
}

func (w *world) address() string {
	w.count++
	return fmt.Sprintf("192.0.2.%d", w.count%256)
}

// barrier is a new entry of one of the lists of administrators.
func (w *world) barrier(list string) string {
	w.T.Helper()
	body := object{"domain": w.name() + ".example", "ip": w.address(), "severity": "no_access", "email": w.name() + "@corp.example"}
	if list == "domain_blocks" {
		body["severity"] = "silence"
	}
	return w.ada.do("POST", "/api/v1/admin/"+list, body)["id"].(string)
}

// reported is a new report about a newcomer's post.
func (w *world) reported() string {
	w.T.Helper()
	who := w.newcomer()
	return w.bob.do("POST", "/api/v1/reports", object{"account_id": who.id, "status_ids": []string{who.post("rude")}})["id"].(string)
}

// collection makes one of somebody's with somebody in it, and gives its id and
// that of the item.
func (w *world) collection(owner, who client) []string {
	w.T.Helper()
	for _, old := range owner.do("GET", "/api/v1/accounts/"+owner.id+"/collections", nil)["collections"].([]any) {
		owner.do("DELETE", "/api/v1/collections/"+old.(object)["id"].(string), nil) // nobody may have many
	}
	c := owner.do("POST", "/api/v1/collections", object{"name": "Good people", "account_ids": []string{who.id}})["collection"].(object)
	return []string{c["id"].(string), c["items"].([]any)[0].(object)["id"].(string)}
}

// followed is somebody new whom Ada follows.
func (w *world) followed() string {
	w.T.Helper()
	who := w.newcomer()
	w.ada.act("accounts/" + who.id + "/follow")
	return who.id
}

// notification is a new one of Ada's.
func (w *world) notification() object {
	w.T.Helper()
	w.bob.post("@ada hello")
	return w.ada.list("/api/v1/notifications?limit=1")[0]
}

// conversation is one of Ada's with a newcomer.
func (w *world) conversation() string {
	w.T.Helper()
	w.newcomer().post("@ada psst", "visibility", "direct")
	return w.ada.list("/api/v1/conversations?limit=1")[0]["id"].(string)
}

// list makes a list of Ada's with Bob on it.
func (w *world) list() string {
	w.T.Helper()
	list := w.ada.do("POST", "/api/v1/lists", object{"title": "Friends"})["id"].(string)
	w.ada.do("POST", "/api/v1/lists/"+list+"/accounts", object{"account_ids": []string{w.bob.id}})
	return list
}

// filter makes a filter of Ada's with a keyword and a post in it.
func (w *world) filter() object {
	w.T.Helper()
	f := w.ada.do("POST", "/api/v2/filters", object{"title": "Rain", "context": []string{"home", "public", "thread", "account", "notifications"}, "filter_action": "warn",
		"keywords_attributes": []object{{"keyword": "rain", "whole_word": true}}})
	w.ada.do("POST", "/api/v2/filters/"+f["id"].(string)+"/statuses", object{"status_id": w.posts[0]})
	return w.ada.do("GET", "/api/v2/filters/"+f["id"].(string), nil)
}

// part is the id of the first keyword or status of a new filter.
func (w *world) part(kind string) string {
	w.T.Helper()
	return w.filter()[kind].([]any)[0].(object)["id"].(string)
}

// featured puts a hashtag on Ada's profile, and gives its id there.
func (w *world) featured() string {
	w.T.Helper()
	return w.ada.do("POST", "/api/v1/featured_tags", object{"name": "snow"})["id"].(string)
}

// picture uploads one.
func (w *world) picture(c client) string {
	w.T.Helper()
	a := c.ask("POST", "/api/v2/media", multipartForm(w.T, object{"file": file{}, "description": "a square", "focus": "0.5,-0.5"}))
	require.Equal(w.T, 200, a.code, a.body)
	return decode(w.T, a.body)["id"].(string)
}

// file stands for a small picture in a form.
type file struct{}

func multipartForm(t testing.TB, fields object) body {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, value := range fields {
		if _, isFile := value.(file); !isFile {
			require.NoError(t, form.WriteField(name, fmt.Sprint(value)))
			continue
		}
		part, err := form.CreateFormFile(name, "a.png")
		require.NoError(t, err)
		_, err = part.Write(square(t))
		require.NoError(t, err)
	}
	require.NoError(t, form.Close())
	return body{form.FormDataContentType(), b.Bytes()}
}

// square is a small picture.
func square(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40))))
	return b.Bytes()
}
