package text

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

func TestSanitize(t *testing.T) {
	for source, want := range map[string]string{
		"<p>plain &amp; simple<br>text</p>":                             "<p>plain &amp; simple<br>text</p>",
		`<p onclick="x()">a<script>alert(1)</script></p>`:               "<p>a</p>",
		`<script src="x">`:                                              "",
		`<img src=x onerror=alert(1)>a`:                                 "a",
		`<a href="javascript:alert(1)">x</a>`:                           "x",
		`<a href=" JaVaScRiPt:alert(1)">x</a>`:                          "x",
		`<a href="/local">x</a>`:                                        "x",
		`<a href="data:text/html,x">x</a>`:                              "x",
		`<p style="position:fixed" id="x">a</p>`:                        "<p>a</p>",
		`<p><b>open`:                                                    "<p><b>open</b></p>",
		`a</div></p></b>`:                                               "a",
		`<p>a<p>b`:                                                      "<p>a</p><p>b</p>",
		`<h1>Title</h1>text`:                                            "<p><strong>Title</strong></p>text",
		`<div>a</div><div>b</div>`:                                      "<p>a</p><p>b</p>",
		`<span class="h-card evil invisible" data-x="1">a</span>`:       `<span class="h-card invisible">a</span>`,
		`<ol start="3" reversed><li value="3">a</li></ol>`:              `<ol start="3" reversed=""><li value="3">a</li></ol>`,
		`<p class="quote-inline">RE: x</p>`:                             `<p class="quote-inline">RE: x</p>`,
		`<svg><a xlink:href="javascript:x">y</a></svg>z`:                "z",
		`<plaintext><b>`:                                                "",
		"<!-- c --><p>a</p>":                                            "<p>a</p>",
		"a\x00b":                                                        "ab",
		`<textarea><p title="</textarea><img src=x onerror=alert(1)>">`: "&#34;&gt;",
	} {
		assert.Equal(t, want, Sanitize(source), source)
	}
}

func TestSanitizeKeepsWhatClientsMatchOn(t *testing.T) {
	mention := Sanitize(`<p><span class="h-card" translate="no"><a href="https://h.example/@bob?a=1&amp;b=2" class="u-url mention">@<span>bob</span></a></span></p>`)
	assert.Contains(t, mention, `class="u-url mention"`)
	assert.Contains(t, mention, `href="https://h.example/@bob?a=1&amp;b=2"`)
	assert.Contains(t, mention, `<span class="h-card" translate="no">`)
	tag := Sanitize(`<a href="https://h.example/tags/go" class="mention hashtag" rel="tag">#<span>go</span></a>`)
	for _, want := range []string{"tag", "nofollow", "noopener", "noreferrer", `class="mention hashtag"`} {
		assert.Contains(t, tag, want)
	}
}

// safe are the tags and attributes that sanitised HTML may have.
var safe = map[string]string{
	"p": "class", "br": "", "a": "href class rel target translate", "span": "class translate", "del": "", "pre": "", "blockquote": "",
	"code": "", "b": "", "strong": "", "u": "", "i": "", "em": "", "ul": "", "ol": "start reversed value", "li": "value start",
}

func requireSafe(t rapid.TB, out string) {
	z := html.NewTokenizer(strings.NewReader(out))
	depth := 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if depth != 0 {
				t.Fatalf("unbalanced: %q", out)
			}
			return
		}
		token := z.Token()
		switch kind {
		case html.CommentToken, html.DoctypeToken:
			t.Fatalf("comment in %q", out)
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			requireSafeTag(t, token)
			if token.Data != "br" {
				depth += map[html.TokenType]int{html.StartTagToken: 1, html.EndTagToken: -1}[kind]
			}
		}
	}
}

func requireSafeTag(t rapid.TB, token html.Token) {
	allowed, ok := safe[token.Data]
	if !ok {
		t.Fatalf("tag %s", token)
	}
	for _, a := range token.Attr {
		if !strings.Contains(" "+allowed+" ", " "+a.Key+" ") {
			t.Fatalf("attribute %s of %s", a.Key, token)
		}
		if a.Key == "href" && !validLink(a.Val) && !strings.HasPrefix(a.Val, "http") {
			t.Fatalf("link %s", a.Val)
		}
	}
}

func hostileHTML() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"<p>", "</p>", "<b>", "</b>", "<ul>", "<li>", "<a href='https://x.example'>", "<a href=javascript:x>", "</a>",
		"<script>", "</script>", "<style>", "<svg>", "<math>", "<title>", "<xmp>", "<plaintext>", "<noscript>", "<!--", "-->", "<![CDATA[", "<h1>", "</h1>",
		"<div>", "</div>", "<br/>", "<script/>", "<span class='invisible x'>", "<p onload=x>", "&lt;script&gt;", "\"", "'", "<", ">", "x", "<textarea>", "<iframe>"})
	return rapid.Map(rapid.SliceOf(rapid.OneOf(piece, rapid.String())), func(s []string) string { return strings.Join(s, "") })
}

func TestSanitizeIsSafeAndSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := Sanitize(hostileHTML().Draw(t, "html"))
		requireSafe(t, once)
		requireSafe(t, Sanitize(once))
		if strings.ContainsAny(Plain(once), "\x00") {
			t.Fatal("control character")
		}
	})
}

func TestSanitizeIsBounded(t *testing.T) {
	out := Sanitize(strings.Repeat("<blockquote>", 100_000) + "deep")
	assert.Equal(t, maxDepth, strings.Count(out, "<blockquote>"))
	requireSafe(t, out)
	assert.LessOrEqual(t, len(Plain(strings.Repeat("word ", 1<<20))), maxPlain)
}

func FuzzSanitize(f *testing.F) {
	f.Add(`<p class="h-card">a<a href="https://h.example">b</a><script>c</script>`)
	f.Fuzz(func(t *testing.T, s string) { requireSafe(t, Sanitize(s)) })
}

func TestPlain(t *testing.T) {
	for source, want := range map[string]string{
		"<p>a<br>b</p><p>c &amp; d</p>": "a\nb\nc & d",
		`<a href="https://h.example/x"><span class="invisible">https://</span><span>h.example/x</span></a>`: "https://h.example/x",
		"<ul><li>a</li><li>b</li></ul>": "a\nb",
		"a<script>b</script>c":          "ac",
		"1 < 2":                         "1 < 2",
	} {
		assert.Equal(t, want, Plain(source), source)
	}
	assert.Equal(t, "one two…", Excerpt("one\ntwo three", 10))
	assert.Equal(t, "short", Excerpt("short", 10))
}

func BenchmarkSanitize(b *testing.B) {
	for name, s := range map[string]string{
		"words": "<p>" + strings.Repeat("a few words ", 20) + "</p>",
		"links": Render(strings.Repeat("@bob #go https://h.example/a ", 3), known, tagURL),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Sanitize(s)
			}
		})
	}
}
