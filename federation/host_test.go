package federation

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestParseHost(t *testing.T) {
	for in, want := range map[string]Host{
		"Example.COM": "example.com", "example.com.": "example.com", "example.com:443": "example.com",
		" example.com ": "example.com", "example.com:8443": "example.com:8443", "example.com:0443": "example.com",
		"example.com:80": "example.com:80", "bücher.example": "xn--bcher-kva.example", "BÜCHER.example": "xn--bcher-kva.example",
		"xn--bcher-kva.example": "xn--bcher-kva.example", "eng.localhost:3000": "eng.localhost:3000", "a_b.example": "a_b.example",
		"ｅｘａｍｐｌｅ.com": "example.com", "example。com": "example.com", "127.0.0.1:80": "127.0.0.1:80", "[::1]:3000": "[::1]:3000",
		"[0:0::1]": "[::1]", "::1": "[::1]",
	} {
		if got, err := ParseHost(in); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", ".", "a..b", "a..", ".a", "a/b", "a b", "a@b", "a:b", "a:0", "a:70000", "a:1:2", "a?b", "a#b", "a\x00b", "a\nb", "[::1", "xn--\x80", "a%2fb"} {
		if got, err := ParseHost(in); err == nil {
			t.Errorf("%q: taken as %q", in, got)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://a.example/1", "https://A.example:443/2", true},
		{"https://a.example/1", "https://a.example./2", true},
		{"http://a.example:80/1", "http://a.example/2", true},
		{"https://a.example/1", "http://a.example/1", false},
		{"https://a.example/1", "https://a.example:8443/1", false},
		{"https://a.example/1", "https://b.a.example/1", false},
		{"https://a.example/1", "https://a.example.evil/1", false},
		{"https://a.example/1", "https://a.example@evil/1", false},
		{"https://a.example/1", "https://u@a.example/1", false},
		{"https://a.example/" + strings.Repeat("x", maxURI), "https://a.example/1", false},
		{"", "", false}, {"tag:x", "tag:x", false}, {"a.example/1", "a.example/1", false}, {"https:///1", "https:///1", false},
	} {
		if got := SameOrigin(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

func TestAccepts(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": false, "application/json": false,
		"application/activity+json": true, acceptType: true, `application/ld+json`: true, "APPLICATION/ACTIVITY+JSON": true,
		"application/activity+json, text/html;q=0.1": true, "text/html, application/activity+json": true,
		"text/html, application/activity+json;q=0.5": false, "application/activity+json;q=0": false,
		"application/activity+json;q=nonsense": false, "image/*, application/activity+json;q=0.2": true,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if got := Accepts(r); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}
