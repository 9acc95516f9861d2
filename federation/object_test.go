package federation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const note = `{
 "@context": ["https://www.w3.org/ns/activitystreams", {"sensitive": "as:sensitive", "type": "ignored"}],
 "id": "https://a.example/notes/1/activity", "type": "Create", "actor": "https://a.example/users/ann",
 "published": "2026-01-05T15:00:00Z", "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": ["https://a.example/users/ann/followers"],
 "object": {
  "id": "https://a.example/notes/1", "type": "Note", "summary": null, "inReplyTo": null,
  "published": "2026-01-05T15:00:00Z", "updated": "2026-01-05T16:00:00.5+01:00",
  "url": "https://a.example/@ann/1", "attributedTo": "https://a.example/users/ann",
  "to": "as:Public", "cc": ["https://a.example/users/ann/followers", {"id": "https://b.example/users/bob"}],
  "sensitive": true, "conversation": "tag:a.example,2026:1",
  "content": "<p>Hello \u003cb\u003e\ud83d\ude00 \"you\"</p>", "contentMap": {"en": "<p>Hello \u003cb\u003e\ud83d\ude00 \"you\"</p>", "de": "<p>Hallo</p>"},
  "source": {"content": "Hello", "mediaType": "text/plain"},
  "attachment": [{"type": "Document", "mediaType": "image/png", "url": "https://a.example/f.png", "name": "A cat", "blurhash": "UHIhT~", "focalPoint": [-0.5, 7], "width": 640, "height": 480.0}],
  "tag": [{"type": "Mention", "href": "https://b.example/users/bob", "name": "@bob@b.example"},
   {"type": "Hashtag", "href": "https://a.example/tags/x", "name": "#x"},
   {"id": "https://a.example/e/1", "type": "Emoji", "name": ":cat:", "updated": "2026-01-01T00:00:00Z", "icon": {"type": "Image", "mediaType": "image/png", "url": "https://a.example/cat.png"}}],
  "quoteUri": "https://c.example/1",
  "replies": {"id": "https://a.example/notes/1/replies", "type": "Collection", "first": {"type": "CollectionPage", "next": "https://a.example/n?page=2", "items": ["https://a.example/notes/2"]}}
 }
}`

func parse(t *testing.T, s string) *Object {
	t.Helper()
	o, err := ParseObject([]byte(s))
	if err != nil {
		t.Fatalf("%v in %.200s", err, s)
	}
	return o
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func TestParseNote(t *testing.T) {
	a := parse(t, note)
	equal(t, "type", a.Type, "Create")
	equal(t, "actor", a.Actor, "https://a.example/users/ann")
	equal(t, "public", IsPublic(a.To[0]), true)
	n := a.Object
	equal(t, "embedded", n.Embedded(), true)
	equal(t, "id", n.ID, "https://a.example/notes/1")
	equal(t, "to", n.To, []string{"as:Public"})
	equal(t, "cc", n.Cc, []string{"https://a.example/users/ann/followers", "https://b.example/users/bob"})
	equal(t, "content", n.Content, `<p>Hello <b>😀 "you"</p>`)
	equal(t, "language", n.Language(), "en")
	equal(t, "source", n.Source, Source{"Hello", "text/plain"})
	equal(t, "updated", n.Updated, time.Date(2026, 1, 5, 15, 0, 0, 5e8, time.UTC))
	equal(t, "sensitive", n.Sensitive, true)
	equal(t, "summary", n.Summary, "")
	equal(t, "attachment", n.Attachment, []Attachment{{Type: "Document", MediaType: "image/png", URL: "https://a.example/f.png",
		Name: "A cat", Blurhash: "UHIhT~", FocalPoint: []float64{-0.5, 1}, Width: 640, Height: 480}})
	equal(t, "tags", len(n.Tag), 3)
	equal(t, "emoji", n.Tag[2].Icon.URL, "https://a.example/cat.png")
	equal(t, "quote", n.Quote, "https://c.example/1")
	equal(t, "url", n.URL, "https://a.example/@ann/1")
	equal(t, "replies", n.Replies.First.Items[0].ID, "https://a.example/notes/2")
	if !json.Valid(n.Raw) || !bytes.Contains(n.Raw, []byte(`"sensitive": true`)) {
		t.Errorf("raw of the note: %s", n.Raw)
	}
}

func TestParseLeniently(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		read      func(*Object) any
		want      any
	}{
		{"types, first known", `{"type":["x:Toot","Note","Article"]}`, func(o *Object) any { return o.Type }, "Note"},
		{"types, none known", `{"type":["Travel","Foo"]}`, func(o *Object) any { return o.Type }, "Travel"},
		{"type as an IRI", `{"type":"https://www.w3.org/ns/activitystreams#Note"}`, func(o *Object) any { return o.Type }, "Note"},
		{"type prefixed", `{"@type":"as:Like","@id":"x"}`, func(o *Object) any { return o.Type + o.ID }, "Likex"},
		{"actor embedded", `{"actor":{"name":"A","id":"https://a/1"}}`, func(o *Object) any { return o.Actor }, "https://a/1"},
		{"actor in a list", `{"actor":[{"type":"Person","id":"https://a/1"},"https://a/2"]}`, func(o *Object) any { return o.Actor }, "https://a/1"},
		{"object as an id", `{"object":"https://a/1"}`, func(o *Object) any { return o.ObjectID() }, "https://a/1"},
		{"object null", `{"object":null}`, func(o *Object) any { return o.ObjectID() }, ""},
		{"objects", `{"object":["https://a/1",{"id":"https://a/2"}]}`, func(o *Object) any { return len(o.Objects) }, 2},
		{"url of links", `{"url":[{"type":"Link","href":"threads://x","mediaType":"application/x-threads"},{"type":"Link","href":"https://t/1","mediaType":"text/html"}]}`, func(o *Object) any { return o.URL }, "https://t/1"},
		{"url without a page", `{"url":[{"href":"https://t/v.mp4","mediaType":"video/mp4"}]}`, func(o *Object) any { return o.URL }, "https://t/v.mp4"},
		{"url of a script", `{"url":"javascript:alert(1)"}`, func(o *Object) any { return o.URL }, ""},
		{"one tag, not a list", `{"tag":{"type":"Mention","href":"https://a/1"}}`, func(o *Object) any { return o.Tag[0].Href }, "https://a/1"},
		{"only a content map", `{"contentMap":{"fr":"bonjour"}}`, func(o *Object) any { return o.Content + o.Language() }, "bonjourfr"},
		{"map, then null", `{"contentMap":{"fr":"bonjour"},"content":null}`, func(o *Object) any { return o.Content }, "bonjour"},
		{"name map", `{"nameMap":{"fr":"A"},"summaryMap":{"fr":"B"}}`, func(o *Object) any { return o.Name + o.Summary }, "AB"},
		{"map that is a string", `{"contentMap":"x","content":"y"}`, func(o *Object) any { return o.Content }, "y"},
		{"time without a colon", `{"published":"2026-01-05T15:00:00+0000"}`, func(o *Object) any { return o.Published.Hour() }, 15},
		{"time without a zone", `{"published":"2007-07-07T03:04:05"}`, func(o *Object) any { return o.Published.Hour() }, 3},
		{"time that is none", `{"published":"yesterday"}`, func(o *Object) any { return o.Published.IsZero() }, true},
		{"time beyond databases", `{"published":"0000-01-01T00:00:00Z"}`, func(o *Object) any { return o.Published.IsZero() }, true},
		{"icon list", `{"icon":[{"type":"Image","url":"https://a/1.png"},{"url":"https://a/2.png"}]}`, func(o *Object) any { return o.Icon.URL }, "https://a/1.png"},
		{"icon url as a link", `{"icon":{"url":{"href":"https://a/1.png","mediaType":"image/png"}}}`, func(o *Object) any { return o.Icon.URL + o.Icon.MediaType }, "https://a/1.pngimage/png"},
		{"icon as a string", `{"icon":"https://a/1.png"}`, func(o *Object) any { return o.Icon.URL }, "https://a/1.png"},
		{"attachment href", `{"attachment":[{"type":"Link","href":"https://a/1"}]}`, func(o *Object) any { return o.Attachment[0].URL }, "https://a/1"},
		{"fields", `{"type":"Person","attachment":[{"type":"PropertyValue","name":"Web","value":"<a>"}]}`, func(o *Object) any { return o.Attachment[0].Value }, "<a>"},
		{"focal point of three", `{"attachment":{"url":"https://a/1","focalPoint":[1,2,3]}}`, func(o *Object) any { return len(o.Attachment[0].FocalPoint) }, 0},
		{"huge numbers", `{"totalItems":1e999,"votersCount":99999999999999999999}`, func(o *Object) any { return o.TotalItems + o.VotersCount }, 0},
		{"negative number", `{"totalItems":-1.5}`, func(o *Object) any { return o.TotalItems }, 0},
		{"NUL", `{"content":"a\u0000b","id":"x\u0000"}`, func(o *Object) any { return o.Content + o.ID }, "abx"},
		{"half a surrogate", `{"content":"\ud800x"}`, func(o *Object) any { return o.Content }, "\ufffdx"},
		{"double keys", `{"id":"a","id":"b"}`, func(o *Object) any { return o.ID }, "b"},
		{"escaped key", `{"\u0069d":"a"}`, func(o *Object) any { return o.ID }, "a"},
		{"keys in other case", `{"ID":"a","Type":"Note"}`, func(o *Object) any { return o.ID + o.Type }, ""},
		{"key after strange values", `{"x":[1,{"id":"no"},[true,"]"]],"y":-1.5e3,"z":null,"w":"}\"","id":"a"}`, func(o *Object) any { return o.ID }, "a"},
		{"everything the wrong shape", `{"id":{},"type":5,"actor":7,"object":[[],[null]],"to":{"a":1},"tag":["x",1],"attachment":[{}],"publicKey":"k","endpoints":[],"icon":[],"contentMap":[],"source":[],"first":true,"oneOf":[{"replies":"x"}],"alsoKnownAs":{}}`, func(o *Object) any { return o.ID }, ""},
		{"true as a string", `{"sensitive":"true"}`, func(o *Object) any { return o.Sensitive }, true},
		{"poll", `{"type":"Question","oneOf":[{"name":"a","replies":{"totalItems":3}},{"name":"b"}],"endTime":"2026-01-01T00:00:00Z"}`, func(o *Object) any { return o.OneOf }, []Option{{"a", 3}, {"b", 0}}},
		{"key", `{"publicKey":[{"id":"k","owner":"o","publicKeyPem":"p"}]}`, func(o *Object) any { return *o.PublicKey }, KeyDocument{ID: "k", Owner: "o", PEM: "p"}},
		{"key alone", `{"id":"k","owner":"o","publicKeyPem":"p","type":"Key"}`, func(o *Object) any { return o.Owner + o.PublicKeyPEM }, "op"},
		{"endpoints", `{"endpoints":{"x":1,"sharedInbox":"https://a/inbox"}}`, func(o *Object) any { return o.Endpoints.SharedInbox }, "https://a/inbox"},
		{"items of both names", `{"orderedItems":["a",{"id":"b"}]}`, func(o *Object) any { return len(o.Items) }, 2},
		{"misskey quote", `{"_misskey_quote":"a","quoteUrl":"b","quote":"c"}`, func(o *Object) any { return o.Quote }, "c"},
		{"quote by a link", `{"tag":[{"type":"Link","mediaType":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"https://a/1","rel":["https://misskey-hub.net/ns#_misskey_quote"]}]}`, func(o *Object) any { return o.Quote }, "https://a/1"},
		{"quote by a link named RE", `{"tag":{"type":"Link","mediaType":"application/activity+json","href":"https://a/1","name":"RE: https://a/1"}}`, func(o *Object) any { return o.Quote }, "https://a/1"},
		{"link that is no quote", `{"tag":[{"type":"Link","mediaType":"application/activity+json","href":"https://a/1","rel":"related"},{"type":"Link","mediaType":"text/html","href":"https://a/2","rel":"quote"}]}`, func(o *Object) any { return o.Quote }, ""},
		{"quote named and linked", `{"quoteUrl":"https://a/2","tag":{"type":"Link","mediaType":"application/activity+json","href":"https://a/1","name":"RE: x"}}`, func(o *Object) any { return o.Quote }, "https://a/2"},
		{"keys with a prefix", `{"as:content":"x","toot:memorial":true,"as:to":"as:Public"}`, func(o *Object) any { return fmt.Sprint(o.Content, o.Memorial, o.To) }, "xtrue [as:Public]"},
		{"value objects", `{"content":{"@value":"x","@language":"en"},"published":{"@value":"2026-01-05T15:00:00Z"}}`, func(o *Object) any { return o.Content + o.Published.Format("15") }, "x15"},
		{"types of other vocabularies", `{"type":"Person","tag":[{"type":"toot:Emoji","name":"a"}],"attachment":[{"type":"http://schema.org#PropertyValue","name":"n","schema:value":"v"}]}`, func(o *Object) any { return o.Tag[0].Type + o.Attachment[0].Type + o.Attachment[0].Value }, "EmojiPropertyValuev"},
		{"language of its own", `{"language":{"identifier":"nl","name":"Dutch"},"contentMap":{"en":"x"}}`, func(o *Object) any { return o.Language() }, "nl"},
		{"language not known", `{"language":{"identifier":"und"}}`, func(o *Object) any { return o.Language() }, ""},
		{"language that is none", `{"contentMap":{"<b>":"x"}}`, func(o *Object) any { return o.Language() }, ""},
		{"language of several", `{"contentMap":{"de":"y","en":"x","fr":"x"},"content":"x"}`, func(o *Object) any { return o.Language() }, "en"},
		{"duration", `{"duration":"PT1H2M3.5S"}`, func(o *Object) any { return o.Duration }, time.Hour + 2*time.Minute + 3*time.Second},
		{"duration too long to be true", `{"duration":"PT99999999999999H"}`, func(o *Object) any { return o.Duration }, time.Duration(0)},
		{"place", `{"location":{"name":"Yard","address":{"streetAddress":"Quay 7","postalCode":"1","addressLocality":"R","addressRegion":null}}}`, func(o *Object) any { return o.Location }, Place{Name: "Yard", Address: "Quay 7, 1 R"}},
		{"place in words", `{"location":"at home"}`, func(o *Object) any { return o.Location.Name }, "at home"},
		{"largest icon", `{"icon":[{"url":"https://a/1.png","width":48},{"url":"https://a/2.png","width":96},{"url":"https://a/3.png","width":50}]}`, func(o *Object) any { return o.Icon.URL }, "https://a/2.png"},
		{"shared inbox outside", `{"sharedInbox":"https://a/in"}`, func(o *Object) any { return o.Endpoints.SharedInbox }, "https://a/in"},
		{"attachment as links", `{"attachment":{"type":"Document","url":[{"href":"https://a/x","mediaType":"text/html"},{"href":"https://a/1.webp","mediaType":"image/webp","width":9}]}}`, func(o *Object) any {
			return fmt.Sprint(o.Attachment[0].URL, o.Attachment[0].MediaType, o.Attachment[0].Width)
		}, "https://a/1.webpimage/webp9"},
		{"misskey reaction", `{"type":"Like","_misskey_reaction":"x"}`, func(o *Object) any { return o.Emoji }, "x"},
		{"source as a string", `{"source":"x"}`, func(o *Object) any { return o.Source.Content }, "x"},
	} {
		t.Run(c.name, func(t *testing.T) { equal(t, c.name, c.read(parse(t, c.doc)), c.want) })
	}
}

func TestFile(t *testing.T) {
	link := func(mediaType string, height int) Link {
		return Link{Href: fmt.Sprintf("https://a.example/%s/%d", mediaType, height), MediaType: mediaType, Height: height, Width: height}
	}
	page, magnet, playlist := link("text/html", 0), Link{Href: "magnet:?x", MediaType: "video/mp4"}, link("application/x-mpegURL", 0)
	for name, c := range map[string]struct {
		links []Link
		want  Link
	}{
		"sharp enough":            {[]Link{page, playlist, magnet, link("video/mp4", 1080), link("video/mp4", 480), link("video/mp4", 720), link("video/mp4", 240)}, link("video/mp4", 720)},
		"all too large":           {[]Link{link("video/mp4", 2160), link("video/mp4", 1080)}, link("video/mp4", 1080)},
		"a film, not its picture": {[]Link{link("image/png", 900), link("video/mp4", 240)}, link("video/mp4", 240)},
		"largest picture":         {[]Link{link("image/png", 90), link("image/png", 900), link("image/png", 400)}, link("image/png", 900)},
		"nothing to play":         {[]Link{page, playlist, magnet}, Link{}},
	} {
		equal(t, name, File(c.links), c.want)
	}
}

func TestParseBounds(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`{"object":`, n) + `"x"` + strings.Repeat("}", n) }
	lists := func(n int) string { return `{"to":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	for name, doc := range map[string]string{
		"not UTF-8":    "{\"id\":\"a\xff\"}",
		"not JSON":     `{"id":`,
		"two values":   `{} {}`,
		"a list":       `[{"id":"a"}]`,
		"a string":     `"https://a/1"`,
		"nothing":      ``,
		"a raw NUL":    "{\"id\":\"a\x00\"}",
		"65 deep":      nested(65),
		"lists deep":   lists(64),
		"unbalanced":   strings.Repeat("[", 60),
		"too large":    `{"content":"` + strings.Repeat("x", documentLimit) + `"}`,
		"many objects": `{"items":[` + strings.Repeat(`{},`, maxObjects) + `{}]}`,
		"many ids":     `{"object":[` + strings.Repeat(`"a",`, maxObjects) + `"a"]}`,
	} {
		if o, err := ParseObject([]byte(doc)); err == nil {
			t.Errorf("%s: taken as %+v", name, o)
		}
	}
	for name, doc := range map[string]string{"64 deep": nested(64), "brackets in a string": `{"id":"` + strings.Repeat("[", 99) + `"}`} {
		if _, err := ParseObject([]byte(doc)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := strings.Repeat("ü", 20000)
	o := parse(t, `{"type":"Person","name":"`+long+`","summary":"`+long+`","attachment":[`+
		strings.Repeat(`{"type":"PropertyValue","name":"n","value":"v"},`, 60)+`{}],"alsoKnownAs":[`+strings.Repeat(`"https://a/1",`, 300)+`"x"],"tag":[`+
		strings.Repeat(`{"type":"Hashtag","name":"#x"},`, 200)+`{}],"to":[`+strings.Repeat(`"a",`, 6000)+`"b"],"oneOf":[`+strings.Repeat(`{},`, 600)+`{}]}`)
	equal(t, "name", len(o.Name), maxName)
	equal(t, "bio", len(o.Summary), maxBio)
	equal(t, "fields", len(o.Attachment), maxFields)
	equal(t, "aliases", len(o.AlsoKnownAs), maxAliases)
	equal(t, "tags", len(o.Tag), maxTags)
	equal(t, "to", len(o.To), maxStrings)
	equal(t, "options", len(o.OneOf), maxOptions)
	equal(t, "whole characters", utf8.ValidString(o.Name), true)
}

// corpus is where documents captured from other software lie on machines that
// have them; they are under licences of their own.
const corpus = "../../shared/corpus"

func corpusFiles(t testing.TB, pattern string) []string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(corpus, pattern))
	more, _ := filepath.Glob(filepath.Join(corpus, "copyleft", pattern))
	if files = append(files, more...); len(files) == 0 {
		t.Skip("the corpus of captured documents is not here: lay it at ../shared/corpus beside the repository")
	}
	return files
}

func TestCorpusIsRead(t *testing.T) {
	for _, file := range corpusFiles(t, "*.json") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o, err := ParseObject(raw)
		if err != nil {
			if raw = bytes.TrimSpace(raw); raw[0] == '{' && json.Valid(raw) {
				t.Errorf("%s: %v", file, err)
			}
			continue
		}
		agrees(t, file, raw, o)
	}
}

// agrees compares the fields that decide about trust with what encoding/json
// reads.
func agrees(t *testing.T, file string, raw []byte, o *Object) {
	var plain map[string]any
	if err := json.Unmarshal(raw, &plain); err != nil {
		t.Fatal(err)
	}
	compare := func(name, got string) {
		if want, ok := plain[name].(string); ok && got != strings.ReplaceAll(want, "\x00", "") {
			t.Errorf("%s: %s is %q, want %q", file, name, got, want)
		}
	}
	if _, both := plain["@id"]; !both {
		compare("id", o.ID)
	}
	compare("actor", o.Actor)
	compare("attributedTo", o.AttributedTo)
	compare("inReplyTo", o.InReplyTo)
	compare("inbox", o.Inbox)
	compare("preferredUsername", o.PreferredUsername)
	if s, ok := plain["content"].(string); ok && s != "" {
		compare("content", o.Content)
	}
	if object, ok := plain["object"].(map[string]any); ok {
		if id, ok := object["id"].(string); ok {
			equal(t, file+" object", o.ObjectID(), id)
		}
	}
}

func FuzzParseObject(f *testing.F) {
	f.Add([]byte(note))
	f.Add([]byte(`{"id":"a","type":["x"],"object":[[{"tag":{}}],null,"b"],"url":[{"href":[]}],"name":"\u0000\ud800"}`))
	f.Add([]byte(`{"a":{"b":[1e5,true,null,"\\"]},"icon":[[{}]],"publicKey":[1],"first":{"items":{"next":2}}}`))
	files, _ := filepath.Glob(filepath.Join(corpus, "*.json"))
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := ParseObject(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(bytes.TrimSpace(raw), o.Raw) {
			t.Errorf("the walk ended elsewhere than the document: %q of %q", o.Raw, raw)
		}
		for _, s := range []string{o.ID, o.Type, o.Actor, o.Content, o.Name, o.Summary} {
			if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
				t.Errorf("%q would not go into a database", s)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(note)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseObject([]byte(note)); err != nil {
			b.Fatal(err)
		}
	}
}
