package federation

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/fault"
	"parley/internal/safehttp"
)

func TestDeliver(t *testing.T) {
	pages := map[string]page{
		"a/moved":  {status: 307, location: "b:/202"},
		"a/moved8": {status: 308, location: "/202"},
		"a/loop":   {status: 307, location: "a:/loop"},
		"a/302":    {status: 302, location: "b:/202"},
		"a/wait":   {status: 429, header: map[string]string{"Retry-After": "120"}},
		"a/date":   {status: 503, header: map[string]string{"Retry-After": now.Add(time.Hour).Format(http.TimeFormat)}},
		"a/long":   {status: 503, header: map[string]string{"Retry-After": "99999999"}},
		"a/past":   {status: 503, header: map[string]string{"Retry-After": "-5"}},
		"a/inside": {status: 307, location: "http://10.0.0.1/inbox"},
	}
	statuses := map[int]bool{ // and whether to try again
		200: false, 201: false, 202: false, 204: false, 400: false, 401: true, 403: false, 404: false, 405: false,
		406: false, 408: true, 410: false, 413: false, 415: false, 422: false, 425: true, 429: true, 451: false,
		500: true, 501: false, 502: true, 503: true, 504: true,
	}
	for status := range statuses {
		for _, host := range []string{"a", "b"} {
			p := page{status: status, body: "because\x00 of\nthis"}
			if status == 204 {
				p.body = ""
			}
			pages[fmt.Sprintf("%s/%d", host, status)] = p
		}
	}
	w := newWorld(t, pages)
	deliver := func(uri string) Result {
		return w.client.Deliver(context.Background(), w.fill(uri), activity, Digest(activity), "", ann.Key)
	}
	for status, retry := range statuses {
		r := deliver(fmt.Sprintf("a:/%d", status))
		if r.Status != status || r.Retry != retry || (r.Err == nil) != (status < 300) || r.Duration == 0 {
			t.Errorf("%d: %+v", status, r)
		}
		if r.Err != nil && !strings.Contains(fault.Message(r.Err), "because of this") {
			t.Errorf("%d: the reason is lost: %v", status, r.Err)
		}
	}
	for uri, want := range map[string]Result{
		"a:/moved":         {Status: 202},
		"a:/moved8":        {Status: 202},
		"a:/302":           {Status: 302, Retry: true},
		"a:/loop":          {Retry: true},
		"a:/wait":          {Status: 429, Retry: true, After: 2 * time.Minute},
		"a:/date":          {Status: 503, Retry: true, After: time.Hour},
		"a:/long":          {Status: 503, Retry: true, After: maxRetryAfter},
		"a:/past":          {Status: 503, Retry: true},
		"a:/inside":        {Retry: true},
		"http://10.0.0.1/": {Retry: true},
		"::":               {},
	} {
		r := deliver(uri)
		if r.Status != want.Status || r.Retry != want.Retry || r.After != want.After || (r.Err == nil) != (want.Status == 202) {
			t.Errorf("%s: %+v", uri, r)
		}
	}
	before := len(w.requests())
	if deliver("a:/loop"); len(w.requests()) != before+1+safehttp.MaxRedirects {
		t.Errorf("%d requests to an inbox that leads in a circle", len(w.requests())-before)
	}
}

func TestDeliverySignature(t *testing.T) {
	w := newWorld(t, map[string]page{"a/inbox": {status: 307, location: "b:/inbox"}, "b/inbox": {status: 202}})
	if r := w.client.Deliver(context.Background(), w.fill("a:/inbox"), activity, Digest(activity), "", ann.Key); r.Err != nil {
		t.Fatal(r.Err)
	}
	if len(w.requests()) != 2 {
		t.Fatalf("%d requests", len(w.requests()))
	}
	for _, r := range w.requests() {
		sig, err := ParseSignature(r, activity, now, "http://"+r.Host)
		if err != nil {
			t.Fatal(err)
		}
		if err := sig.Verify(ann.public); err != nil {
			t.Errorf("%s: %v", r.Host, err)
		}
		if _, sent := r.Header["Idempotency-Key"]; sent || r.Header.Get("Content-Type") != ContentType {
			t.Errorf("headers: %v", r.Header)
		}
	}
}

// BenchmarkDeliver is one delivery over loopback, with the receiving server in
// the same process.
func BenchmarkDeliver(b *testing.B) {
	w := newWorld(b, map[string]page{"a/inbox": {status: 202}})
	inbox, digest := w.fill("a:/inbox"), Digest(activity)
	b.ReportAllocs()
	for b.Loop() {
		if r := w.client.Deliver(context.Background(), inbox, activity, digest, "", ann.Key); r.Err != nil {
			b.Fatal(r.Err)
		}
	}
}
