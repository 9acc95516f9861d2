package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"parley/internal/fault"
)

func jrd(subject, self string) page {
	return page{kind: "application/jrd+json", body: fmt.Sprintf(
		`{"subject":"acct:%s","links":[{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"a:/@x"},
		{"rel":"self","type":"application/json","href":"a:/wrong"},{"rel":"self","type":"application/activity+json","href":%q}]}`, subject, self)}
}

func person(id, name string) page {
	return as(fmt.Sprintf(`{"id":%q,"type":"Person","preferredUsername":%q,"inbox":%q}`, id, name, strings.SplitAfter(id, ":/")[0]+"inbox"))
}

func TestResolve(t *testing.T) {
	const finger = "/.well-known/webfinger?acct:"
	w := newWorld(t, map[string]page{
		"a" + finger + "ann@a":  jrd("ann@a!", "a:/ann"),
		"a" + finger + "Ann@a":  jrd("ann@a!", "a:/ann"),
		"a" + finger + "anne@a": jrd("ann@a!", "a:/ann"), // her old name
		"a/ann":                 person("a:/ann", "ann"),

		// twin calls himself ann too, and is not.
		"a" + finger + "twin@a": jrd("ann@a!", "a:/twin"),
		"a/twin":                person("a:/twin", "ann"),

		// c is the handle domain of the node b.
		"c" + finger + "bob@c": jrd("bob@c!", "b:/bob"),
		"b" + finger + "bob@b": jrd("bob@c!", "b:/bob"),
		"b/bob":                person("b:/bob", "bob"),

		// b calls dan by a name that c does not use.
		"b" + finger + "dan@b": jrd("dan@c!", "b:/dan"),
		"c" + finger + "dan@c": jrd("daniel@c!", "b:/dan"),
		"b/dan":                person("b:/dan", "dan"),

		// c claims ann, and that somebody on a is called by a name of c.
		"c" + finger + "ann@c":  jrd("ann@c!", "a:/ann"),
		"c" + finger + "ann2@c": jrd("ann@a!", "a:/eve"),
		"c" + finger + "ann3@c": jrd("ann@a!", "c:/ann"),
		"c/ann":                 person("c:/ann", "ann3"),

		// b says that its mallory is ann@a.
		"b" + finger + "mallory@b": jrd("ann@a!", "b:/mallory"),
		"b/mallory":                person("b:/mallory", "mallory"),

		"a" + finger + "none@a":    {kind: "application/jrd+json", body: `{"subject":"acct:none@a!","links":[]}`},
		"a" + finger + "script@a":  jrd("script@a!", "javascript:x"),
		"a" + finger + "garbage@a": {kind: "text/html", body: "<html>"},
		"a" + finger + "silent@a":  {body: `{"links":[{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"a:/silent"}]}`},
		"a/silent":                 person("a:/silent", "silent"),
	})
	for _, c := range []struct{ handle, id, confirmed string }{
		{"ann@a!", "a:/ann", "ann@a!"},
		{"@ann@a!", "a:/ann", "ann@a!"},
		{"acct:Ann@a!", "a:/ann", "ann@a!"},
		{"anne@a!", "a:/ann", "ann@a!"},
		{"bob@c!", "b:/bob", "bob@c!"},
		{"bob@b!", "b:/bob", "bob@c!"},
		{"silent@a!", "a:/silent", "silent@a!"},
		{"twin@a!", "", ""},
		{"dan@b!", "", ""},
		{"ann@c!", "", ""},
		{"ann2@c!", "", ""},
		{"ann3@c!", "", ""},
		{"mallory@b!", "", ""},
		{"none@a!", "", ""},
		{"nobody@a!", "", ""},
		{"script@a!", "", ""},
		{"garbage@a!", "", ""},
		{"ann", "", ""},
		{"@a!", "", ""},
		{"an/n@a!", "", ""},
		{"ann@a!/x", "", ""},
	} {
		handle := "_" + c.handle // keeps fill from reading a bare @a!
		actor, confirmed, err := w.client.Resolve(context.Background(), w.fill(handle)[1:], nil)
		if c.id == "" {
			if err == nil {
				t.Errorf("%s: believed to be %s", c.handle, actor.ID)
			}
			continue
		}
		if err != nil || actor.ID != w.fill(c.id) || confirmed != w.fill(c.confirmed) {
			t.Errorf("%s: %q %v", c.handle, confirmed, err)
		}
	}
}

// A host that is not admitted is not asked about the names it would give: who
// has one goes by the name that his own host confirms.
func TestASubjectOnAHostThatIsNotAdmitted(t *testing.T) {
	const finger = "/.well-known/webfinger?acct:"
	w := newWorld(t, map[string]page{
		"c" + finger + "bob@c": jrd("bob@c!", "b:/bob"),
		"b" + finger + "bob@b": jrd("bob@c!", "b:/bob"),
		"b/bob":                person("b:/bob", "bob"),
	})
	barred := HostOf(w.fill("c:/"))
	w.client.Admits = func(h Host) error {
		if h == barred {
			return fault.New(fault.Forbidden, "not admitted")
		}
		return nil
	}
	_, confirmed, err := w.client.Resolve(context.Background(), w.fill("_bob@b!")[1:], nil)
	if want := w.fill("_bob@b!")[1:]; err != nil || confirmed != want {
		t.Errorf("%q %v", confirmed, err)
	}
	if _, _, err = w.client.Resolve(context.Background(), w.fill("_bob@c!")[1:], nil); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
}

func TestRecordedWebFinger(t *testing.T) {
	for _, file := range corpusFiles(t, "*_webfinger_*.json") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc JRD
		if err := json.Unmarshal(raw, &doc); err != nil || doc.self() == "" {
			t.Errorf("%s: %v", file, err)
		}
		if _, err := normalHandle(doc.Subject); err != nil && strings.HasPrefix(doc.Subject, "acct:") {
			t.Errorf("%s: %v", file, err)
		}
	}
}
