package federation

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func written(t *testing.T, doc any) string {
	t.Helper()
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// What we write, we read.
func TestWriteNote(t *testing.T) {
	at := time.Date(2026, 1, 5, 15, 0, 0, 123e6, time.FixedZone("", 3600))
	doc := written(t, Activity{
		Context: Context, ID: "https://a.example/x", Type: "Create", Actor: "https://a.example/ann", To: []string{Public},
		Object: Note{ID: "https://a.example/1", Type: "Note", AttributedTo: "https://a.example/ann", Content: "<p>", Published: Stamp(at),
			Tag:        []Tag{{Type: "Emoji", ID: "e", Name: ":x:", Icon: &Attachment{Type: "Image", URL: "https://a.example/x.png"}}},
			Attachment: []Attachment{{Type: "Document", MediaType: "image/png", URL: "https://a.example/f.png", FocalPoint: []float64{0, 1}}}},
	})
	o := parse(t, doc)
	equal(t, "public", IsPublic(o.To[0]), true)
	equal(t, "published", o.Object.Published, time.Date(2026, 1, 5, 14, 0, 0, 123e6, time.UTC))
	equal(t, "emoji", o.Object.Tag[0].Icon.URL, "https://a.example/x.png")
	equal(t, "focal point", o.Object.Attachment[0].FocalPoint, []float64{0, 1})
	for _, part := range []string{`"cc":[]`, `"sensitive":false`, `"to":[]`} {
		if !strings.Contains(doc, part) {
			t.Errorf("%s is not in %s", part, doc)
		}
	}
	if strings.Contains(doc, "null") {
		t.Errorf("null in %s", doc)
	}
	if !strings.HasPrefix(doc, `{"@context":["https://www.w3.org/ns/activitystreams"`) || strings.Count(doc, "@context") != 1 {
		t.Errorf("the context of %s", doc)
	}
}

func TestWritePoll(t *testing.T) {
	voters := 0
	o := parse(t, written(t, Note{Type: "Question", AnyOf: []Choice{{"a", 2}, {"b", 0}}, EndTime: Stamp(now), VotersCount: &voters}))
	equal(t, "options", o.AnyOf, []Option{{"a", 2}, {"b", 0}})
	equal(t, "end", o.EndTime, now)
}

func TestWriteActor(t *testing.T) {
	doc := written(t, Actor{ID: "https://a.example/ann", Type: "Person", Inbox: "https://a.example/ann/inbox", PreferredUsername: "ann",
		Endpoints:  &Endpoints{"https://a.example/inbox"},
		PublicKey:  &KeyDocument{ID: "https://a.example/ann#main-key", Owner: "https://a.example/ann", PEM: ann.pem},
		Attachment: []Attachment{{Type: "PropertyValue", Name: "Web", Value: "x"}}})
	o := parse(t, doc)
	equal(t, "shared inbox", o.Endpoints.SharedInbox, "https://a.example/inbox")
	equal(t, "key", o.PublicKey.PEM, ann.pem)
	equal(t, "field", o.Attachment[0].Value, "x")
	if err := checkActor(o); err != nil {
		t.Error(err)
	}
}

func TestWriteCollection(t *testing.T) {
	none := 0
	for _, c := range []struct {
		collection Collection
		want       string
	}{
		{Collection{ID: "i", Type: "OrderedCollection", TotalItems: &none, First: "f"}, `{"id":"i","type":"OrderedCollection","totalItems":0,"first":"f"}`},
		{Collection{ID: "i", Type: "OrderedCollectionPage", PartOf: "p", Items: []any{"a"}}, `{"id":"i","type":"OrderedCollectionPage","partOf":"p","orderedItems":["a"]}`},
		{Collection{ID: "i", Type: "CollectionPage", Next: "n"}, `{"id":"i","type":"CollectionPage","next":"n","items":[]}`},
	} {
		equal(t, c.collection.Type, written(t, c.collection), c.want)
	}
}

func TestDiscovery(t *testing.T) {
	doc := WebFingerOf("ann@a.example", "https://a.example/actors/1", "https://a.example/@ann", "https://a.example")
	equal(t, "self", doc.self(), "https://a.example/actors/1")
	equal(t, "subject", doc.Subject, "acct:ann@a.example")
	meta := string(HostMeta("https://a.example"))
	if !strings.Contains(meta, `<Link rel="lrdd" template="https://a.example/.well-known/webfinger?resource={uri}">`) ||
		!strings.Contains(meta, `xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"`) {
		t.Error(meta)
	}
	software := NodeSoftware{Name: "parley", Version: "1", Repository: "https://a.example/src"}
	if s := written(t, NewNodeInfo("2.0", software, NodeUsage{}, nil)); strings.Contains(s, "repository") || strings.Contains(s, "null") {
		t.Errorf("2.0: %s", s)
	}
	if s := written(t, NewNodeInfo("2.1", software, NodeUsage{LocalPosts: 3}, nil)); !strings.Contains(s, "repository") || !strings.Contains(s, `"localPosts":3`) {
		t.Errorf("2.1: %s", s)
	}
	equal(t, "links", len(NodeInfoLinks("https://a.example")["links"]), 2)
}
