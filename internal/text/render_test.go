package text

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

var known = map[string]Mention{
	"bob":              {URL: "https://h.example/@bob", Username: "bob", Acct: "bob"},
	"eve@else.example": {URL: `https://else.example/?a=1&b="`, Username: "eve", Acct: "eve@else.example"},
	"sly":              {URL: "javascript:alert(1)", Username: "sly"},
}

func tagURL(tag string) string { return "https://h.example/tags/" + tag }

func TestRender(t *testing.T) {
	for source, want := range map[string]string{
		"":                        "",
		" \n\n ":                  "",
		"a <b> & 'c":              "<p>a &lt;b&gt; &amp; &#39;c</p>",
		"a\nb\n\n\nc\n":           "<p>a<br>b</p><p>c</p>",
		"hi @bob!":                `<p>hi <span class="h-card" translate="no"><a href="https://h.example/@bob" class="u-url mention">@<span>bob</span></a></span>!</p>`,
		"@eve@Else.example":       `<p><span class="h-card" translate="no"><a href="https://else.example/?a=1&amp;b=&#34;" class="u-url mention">@<span>eve</span></a></span></p>`,
		"@nobody @sly":            "<p>@nobody @sly</p>",
		"#Go":                     `<p><a href="https://h.example/tags/go" class="mention hashtag" rel="tag">#<span>Go</span></a></p>`,
		"https://www.h.example/a": `<p><a href="https://www.h.example/a" target="_blank" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://www.</span><span class="">h.example/a</span><span class="invisible"></span></a></p>`,
		"https://h.example/0123456789/0123456789": `<p><a href="https://h.example/0123456789/0123456789" target="_blank" rel="nofollow noopener noreferrer" translate="no"><span class="invisible">https://</span><span class="ellipsis">h.example/0123456789/012345678</span><span class="invisible">9</span></a></p>`,
	} {
		assert.Equal(t, want, Render(source, known, tagURL), source)
	}
	assert.Contains(t, Field(" https://h.example \n"), `rel="me nofollow`)
}

// markup holds every tag that a rendering may have, and nothing else.
var markup = regexp.MustCompile(`^</?(p|br|span|a)( (href="(?i:https?)://[^"<>]*"|class="[a-z -]*"|translate="no"|rel="[a-z ]*"|target="_blank"))*>$`)

// requireOurs fails when HTML has any tag or attribute that is not of ours, or
// does not close what it opens.
func requireOurs(t rapid.TB, out string) {
	z := html.NewTokenizer(strings.NewReader(out))
	depth := 0
	for {
		kind := z.Next()
		switch raw := string(z.Raw()); kind {
		case html.ErrorToken:
			if depth != 0 {
				t.Fatalf("unbalanced: %q", out)
			}
			return
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
			if !markup.MatchString(raw) {
				t.Fatalf("foreign markup %q in %q", raw, out)
			}
			if !strings.HasPrefix(raw, "<br") {
				depth += map[html.TokenType]int{html.StartTagToken: 1, html.EndTagToken: -1}[kind]
			}
		}
	}
}

func hostile() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"@bob", "@eve@else.example", "#go", "https://h.example/", "<", ">", "\"", "'", "&", "&lt;", "<script>",
		"<img src=x onerror=a>", "</p>", "\n", "\n\n", " ", "\x00", "\xff", "javascript:", "<!--", "]]>", "日本"})
	return rapid.Map(rapid.SliceOf(rapid.OneOf(piece, rapid.String())), func(s []string) string { return strings.Join(s, "") })
}

func TestRenderLetsNoMarkupThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := hostile().Draw(t, "source")
		requireOurs(t, Render(source, known, tagURL))
		requireOurs(t, Field(source))
		if Length(source) < 0 {
			t.Fatal("negative length")
		}
	})
}

// What was rendered and read again as plain text has the same words.
func TestPlainReadsBackWhatWasRendered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.StringMatching(`[a-z<>&"'#@. ]{0,40}`).Draw(t, "source")
		want := squeeze(source)
		if got := Plain(Render(source, known, tagURL)); got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

func FuzzRender(f *testing.F) {
	f.Add("hi @bob, #Go https://h.example/?a=<b>\n\nx")
	f.Fuzz(func(t *testing.T, source string) { requireOurs(t, Render(source, known, tagURL)) })
}
