package text

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"mvdan.cc/xurls/v2"
)

// Draft is a source text with what was found in it, each in order of first
// appearance and without repetition.
type Draft struct {
	Source   string
	Mentions []Handle
	Tags     []Tag
	Links    []string

	spans []span
}

// Tag is a hashtag: Name is what it is compared by, Text what its author wrote.
type Tag struct {
	Name string
	Text string
}

type spanKind int

const (
	spanMention spanKind = iota
	spanTag
	spanLink
)

// span is a part of the source that is more than words.
type span struct {
	kind       spanKind
	start, end int
	handle     Handle
	tag        Tag
}

var (
	links = func() *regexp.Regexp {
		re, err := xurls.StrictMatchingScheme(`https?://`)
		if err != nil {
			panic(err)
		}
		return re
	}()

	// A user name may hold dots and hyphens but not end in one, so that the
	// full stop after a mention stays outside it. The port is for nodes that
	// do not answer on 443.
	mentions = regexp.MustCompile(`(?i)@(` + usernamePattern + `)(?:@(` + hostPattern + `))?`)

	hashtags = regexp.MustCompile(`[#＃]([\p{L}\p{M}\p{N}_]+(?:[·・\x{200c}][\p{L}\p{M}\p{N}_]+)*)`)
)

const (
	usernamePattern = `[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?`
	hostPattern     = `[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}.-]*[\p{L}\p{M}\p{N}])?(?::[0-9]{1,5})?`
)

// maxTag is the longest hashtag in characters; a longer one is only words.
const maxTag = 100

// Parse reads a source. Links come first: what looks like a mention or a tag
// inside an address is part of the address.
func Parse(source string) Draft {
	d := Draft{Source: Clean(source)}
	at := 0
	for _, m := range links.FindAllStringIndex(d.Source, -1) {
		if !validLink(d.Source[m[0]:m[1]]) {
			continue
		}
		d.words(at, m[0])
		d.spans = append(d.spans, span{kind: spanLink, start: m[0], end: m[1]})
		at = m[1]
	}
	d.words(at, len(d.Source))
	d.collect()
	return d
}

// Clean makes a text storable: valid UTF-8, LF line ends and no control
// characters beside tab.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, s)
}

func isControl(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r)
}

// words finds the mentions and tags between two links.
func (d *Draft) words(start, end int) {
	from := len(d.spans)
	part := d.Source[start:end]
	for _, m := range mentions.FindAllStringSubmatchIndex(part, -1) {
		if !d.startsWord(start + m[0]) {
			continue
		}
		h := Handle{Username: strings.ToLower(part[m[2]:m[3]])}
		if m[4] >= 0 {
			if h.Host = normalHost(part[m[4]:m[5]]); h.Host == "" {
				continue
			}
		}
		d.spans = append(d.spans, span{kind: spanMention, start: start + m[0], end: start + m[1], handle: h})
	}
	found := d.spans[from:]
	for _, m := range hashtags.FindAllStringSubmatchIndex(part, -1) {
		name := TagName(part[m[2]:m[3]])
		if name == "" || !d.startsWord(start+m[0]) || overlaps(found, start+m[0], start+m[1]) {
			continue
		}
		tag := Tag{Name: name, Text: part[m[2]:m[3]]}
		d.spans = append(d.spans, span{kind: spanTag, start: start + m[0], end: start + m[1], tag: tag})
	}
	slices.SortFunc(d.spans[from:], func(a, b span) int { return a.start - b.start })
}

// startsWord reports whether a mark at i opens a word: bob@host is a mail
// address and a/#b a path.
func (d *Draft) startsWord(i int) bool {
	r, _ := utf8.DecodeLastRuneInString(d.Source[:i])
	return i == 0 || !(unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("_/=&@#", r))
}

func overlaps(spans []span, start, end int) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return start < s.end && s.start < end })
}

func (d *Draft) collect() {
	for _, s := range d.spans {
		switch s.kind {
		case spanMention:
			if !slices.Contains(d.Mentions, s.handle) {
				d.Mentions = append(d.Mentions, s.handle)
			}
		case spanTag:
			if !slices.ContainsFunc(d.Tags, func(t Tag) bool { return t.Name == s.tag.Name }) {
				d.Tags = append(d.Tags, s.tag)
			}
		case spanLink:
			if link := d.Source[s.start:s.end]; !slices.Contains(d.Links, link) {
				d.Links = append(d.Links, link)
			}
		}
	}
}

// TagName is what a hashtag is compared by, without its mark: compatibility
// forms folded and lower case. It is empty where the text is no hashtag, such
// as a number.
func TagName(s string) string {
	s = strings.TrimLeft(s, "#＃")
	if m := hashtags.FindString("#" + s); len(m) != len(s)+1 {
		return ""
	}
	if !strings.ContainsFunc(s, unicode.IsLetter) || utf8.RuneCountInString(s) > maxTag {
		return ""
	}
	return strings.ToLower(norm.NFKC.String(s))
}
