package text

import (
	"regexp"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxHTML bounds a remote document; the rest of a longer one is dropped.
const maxHTML = 256 << 10

// maxDepth bounds the nesting of elements; deeper ones lose their tags.
const maxDepth = 24

// Sanitize makes remote HTML safe to show: the elements and classes that
// Mastodon keeps, links to http and https only, every element closed. It runs
// twice over the text: tidy rewrites what can be saved and balances the tags,
// and the policy, which knows nothing of tidy, has the last word.
func Sanitize(s string) string {
	s = Clean(cutBytes(s, maxHTML))
	if onlyWords(s) {
		return s
	}
	return policy.Sanitize(tidy(s))
}

// policy is built once; bluemonday's policies may be used by many at once.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "del", "pre", "blockquote", "code", "b", "strong", "u", "i", "em", "ul", "ol", "li")
	p.AllowNoAttrs().OnElements("span")
	p.AllowAttrs("class").Matching(classes).OnElements("a", "span", "p")
	p.AllowAttrs("translate").Matching(regexp.MustCompile(`^no$`)).OnElements("a", "span")
	p.AllowAttrs("start", "value").Matching(bluemonday.Integer).OnElements("ol", "li")
	p.AllowAttrs("reversed").Matching(regexp.MustCompile(`^(reversed)?$`)).OnElements("ol")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^tag$`)).OnElements("a")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

const classPattern = `(?:[hpu]-[a-z0-9-]+|dt-[a-z0-9-]+|e-[a-z0-9-]+|mention|hashtag|ellipsis|invisible|quote-inline)`

var (
	class   = regexp.MustCompile(`^` + classPattern + `$`)
	classes = regexp.MustCompile(`^` + classPattern + `(?: ` + classPattern + `)*$`)
)

// onlyWords reports whether the text is nothing but closed paragraphs of
// words and line breaks, as most posts are: there is nothing to sanitise.
func onlyWords(s string) bool {
	open := false
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return !open && safeWords(s)
		}
		if !safeWords(s[:i]) {
			return false
		}
		s = s[i:]
		switch {
		case !open && strings.HasPrefix(s, "<p>"):
			open, s = true, s[3:]
		case open && strings.HasPrefix(s, "</p>"):
			open, s = false, s[4:]
		case strings.HasPrefix(s, "<br>"):
			s = s[4:]
		default:
			return false
		}
	}
}

func safeWords(s string) bool { return !strings.ContainsAny(s, `>"'`) }

// tidier writes HTML back with every element closed.
type tidier struct {
	out  strings.Builder
	open []element
	skip atom.Atom // the element whose content is dropped, if any
}

// element is an open tag: closing is what ends it in the output.
type element struct {
	tag     atom.Atom
	closing string
}

func tidy(s string) string {
	t := &tidier{}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			t.closeTo(0)
			return t.out.String()
		case html.TextToken:
			if t.skip == 0 {
				t.out.WriteString(html.EscapeString(z.Token().Data))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t.start(z.Token())
		case html.EndTagToken:
			t.end(z.Token().DataAtom)
		}
	}
}

func (t *tidier) start(token html.Token) {
	tag := token.DataAtom
	switch {
	case t.skip != 0:
	case dropped[tag]:
		if token.Type == html.StartTagToken {
			t.skip = tag
		}
	case tag == atom.Br:
		t.out.WriteString("<br>")
	case kept[tag]:
		if blocks[tag] {
			t.closeParagraph()
		}
		t.write(token, attributes(token), "</"+tag.String()+">")
	case headings[tag]:
		t.closeParagraph()
		token.DataAtom, token.Data = atom.P, "p"
		t.write(token, "<strong>", "</strong></p>")
	case breaking[tag]:
		t.closeParagraph()
		t.write(html.Token{DataAtom: tag, Data: "p"}, "", "</p>")
	}
}

func (t *tidier) write(token html.Token, after, closing string) {
	if len(t.open) >= maxDepth {
		return
	}
	t.out.WriteString("<" + token.Data)
	if strings.HasPrefix(after, "<") {
		t.out.WriteString(">" + after)
	} else {
		t.out.WriteString(after + ">")
	}
	t.open = append(t.open, element{token.DataAtom, closing})
}

func (t *tidier) end(tag atom.Atom) {
	if t.skip != 0 {
		if tag == t.skip {
			t.skip = 0
		}
		return
	}
	if headings[tag] {
		tag = atom.P
	}
	for i := len(t.open) - 1; i >= 0; i-- {
		if t.open[i].tag == tag {
			t.closeTo(i)
			return
		}
	}
}

// closeParagraph ends an open paragraph before a block begins, as HTML does.
func (t *tidier) closeParagraph() {
	for i, e := range t.open {
		if strings.HasSuffix(e.closing, "</p>") {
			t.closeTo(i)
			return
		}
	}
}

func (t *tidier) closeTo(depth int) {
	for len(t.open) > depth {
		last := len(t.open) - 1
		t.out.WriteString(t.open[last].closing)
		t.open = t.open[:last]
	}
}

// attributes writes those worth keeping, each class by its name.
func attributes(token html.Token) string {
	var b strings.Builder
	for _, a := range token.Attr {
		value := a.Val
		switch a.Key {
		case "class":
			value = strings.Join(slices.DeleteFunc(strings.Fields(value), func(c string) bool {
				return !class.MatchString(c)
			}), " ")
		case "rel":
			if value = ""; slices.Contains(strings.Fields(a.Val), "tag") {
				value = "tag"
			}
		case "href":
			value = strings.TrimSpace(value)
		case "translate", "start", "value", "reversed":
		default:
			continue
		}
		if value != "" || a.Key == "reversed" {
			b.WriteString(" " + a.Key + `="` + html.EscapeString(value) + `"`)
		}
	}
	return b.String()
}

func set(tags ...atom.Atom) map[atom.Atom]bool {
	m := make(map[atom.Atom]bool, len(tags))
	for _, t := range tags {
		m[t] = true
	}
	return m
}

var (
	kept = set(atom.P, atom.A, atom.Span, atom.Del, atom.Pre, atom.Blockquote, atom.Code, atom.B, atom.Strong,
		atom.U, atom.I, atom.Em, atom.Ul, atom.Ol, atom.Li)
	blocks   = set(atom.P, atom.Pre, atom.Blockquote, atom.Ul, atom.Ol)
	headings = set(atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6)
	breaking = set(atom.Div, atom.Section, atom.Article, atom.Tr, atom.Dt, atom.Dd, atom.Figure, atom.Figcaption)
	dropped  = set(atom.Script, atom.Style, atom.Iframe, atom.Object, atom.Noscript, atom.Noembed, atom.Noframes,
		atom.Template, atom.Textarea, atom.Title, atom.Svg, atom.Math, atom.Select, atom.Xmp, atom.Plaintext, atom.Frameset, atom.Audio, atom.Video)
)

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
