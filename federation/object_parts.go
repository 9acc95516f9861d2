package federation

import (
	"cmp"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of what hangs on an object. What is beyond them is left out.
const (
	maxName        = 2048
	maxBio         = 20480
	maxFields      = 50
	maxAliases     = 256
	maxTags        = 100
	maxAttachments = 100
	maxOptions     = 500
	maxLanguages   = 100
)

func bounded[T any](list []T, limit int) []T { return list[:min(len(list), limit)] }

// shorten cuts s between two characters.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// member reads one string of an object.
func (r *reader) member(name string) (value string) {
	r.elements(func() {
		r.members(func(key string) {
			if key == name {
				value = r.ref()
			} else {
				r.skip()
			}
		})
	})
	return value
}

// plain reads a text whose language map may have come before it.
func (r *reader) plain(field *string) {
	if s := r.text(); s != "" {
		*field = s
	}
}

// languages reads a map from language to text. The first of its texts stands
// in for the plain field where the document lacks that.
func (r *reader) languages(plain *string) map[string]string {
	if r.peek() != '{' {
		r.skip()
		return nil
	}
	texts := map[string]string{}
	r.members(func(language string) {
		text := r.text()
		if text == "" || len(texts) >= maxLanguages {
			return
		}
		texts[language] = text
		if *plain == "" {
			*plain = text
		}
	})
	return texts
}

// spoken is the language of a text with its map: the one that says the same,
// or the only one.
func spoken(texts map[string]string, plain string) string {
	for _, language := range slices.Sorted(maps.Keys(texts)) {
		if texts[language] == plain || len(texts) == 1 {
			return language
		}
	}
	return ""
}

// language is what a tag of RFC 5646 looks like.
var language = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// tongue reads a language: its tag, or an object that identifies it.
func (r *reader) tongue() string {
	if r.peek() == '{' {
		return r.member("identifier") // PeerTube, Lemmy
	}
	return r.text()
}

func (r *reader) source() (s Source) {
	if r.peek() != '{' {
		s.Content = r.text()
		return s
	}
	r.members(func(key string) {
		switch key {
		case "content":
			s.Content = r.text()
		case "mediaType":
			s.MediaType = r.text()
		default:
			r.skip()
		}
	})
	return s
}

var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", time.DateOnly}

func (r *reader) time() time.Time { return parseTime(r.text()) }

// parseTime is zero for what is not a time, or one outside of what the
// databases can hold.
func parseTime(s string) time.Time {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 && t.Year() < 10000 {
			return t.UTC()
		}
	}
	return time.Time{}
}

// links reads urls: strings, Links, or objects with a url of their own. The
// files of a PeerTube playlist are tags of its Link.
func (r *reader) links() []Link {
	var out []Link
	r.elements(func() {
		l, files := r.link()
		for _, l := range append([]Link{l}, files...) {
			if l.Href != "" && len(out) < maxAttachments {
				out = append(out, l)
			}
		}
	})
	return out
}

func (r *reader) link() (l Link, files []Link) {
	if r.peek() != '{' {
		l.Href = r.text()
		return l, nil
	}
	r.members(func(key string) {
		switch key {
		case "href", "url":
			l.Href = r.ref()
		case "mediaType", "mimeType":
			l.MediaType = r.text()
		case "rel":
			l.Rel = r.text()
		case "width":
			l.Width = r.number()
		case "height":
			l.Height = r.number()
		case "tag":
			files = bounded(r.links(), maxAttachments)
		default:
			r.skip()
		}
	})
	return l, files
}

// goodHeight is that of a video which is sharp enough and still quick to load.
const goodHeight = 720

// File is the address of the picture, film or sound that the links offer: a
// file that browsers play, and of several the largest that is not too large.
// What needs a player of its own, as playlists and torrents do, is none.
func File(links []Link) (best Link) {
	for _, l := range links {
		major, _, _ := strings.Cut(l.MediaType, "/")
		if !isWeb(l.Href) || major != "image" && major != "video" && major != "audio" {
			continue
		}
		if best.Href == "" || better(l, best) {
			best = l
		}
	}
	return best
}

// better reports whether l is to be shown rather than other.
func better(l, other Link) bool {
	if video := strings.HasPrefix(l.MediaType, "video/"); video != strings.HasPrefix(other.MediaType, "video/") {
		return video
	}
	if strings.HasPrefix(l.MediaType, "image/") {
		return l.Width > other.Width
	}
	if (l.Height > goodHeight) != (other.Height > goodHeight) {
		return l.Height <= goodHeight
	}
	return (l.Height > other.Height) == (l.Height <= goodHeight) && l.Height != other.Height
}

// place reads where an event is.
func (r *reader) place() (p Place) {
	if r.peek() != '{' {
		p.Name = r.text()
		return p
	}
	r.members(func(key string) {
		switch key {
		case "name":
			p.Name = shorten(r.text(), maxName)
		case "address":
			p.Address = r.address()
		case "url":
			p.URL = forPeople(r.links())
		default:
			r.skip()
		}
	})
	return p
}

// address reads a postal address, as text or by its parts.
func (r *reader) address() string {
	if r.peek() != '{' {
		return shorten(r.text(), maxName)
	}
	var street, code, town, region, country string
	r.members(func(key string) {
		switch key {
		case "streetAddress":
			street = r.text()
		case "postalCode":
			code = r.text()
		case "addressLocality":
			town = r.text()
		case "addressRegion":
			region = r.text()
		case "addressCountry":
			country = r.text()
		default:
			r.skip()
		}
	})
	parts := slices.DeleteFunc([]string{street, strings.TrimSpace(code + " " + town), region, country}, func(s string) bool { return s == "" })
	return shorten(strings.Join(parts, ", "), maxName)
}

var duration = regexp.MustCompile(`^PT(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?$`)

// parseDuration reads an xsd:duration of hours and less; 0 for anything else.
func parseDuration(s string) time.Duration {
	m := duration.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	var d time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1])
		d += time.Duration(n) * unit
	}
	return d
}

// forPeople is the first address that a browser can show: better one that
// says it is a page, and never one of another scheme.
func forPeople(links []Link) string {
	best := ""
	for _, l := range links {
		if !isWeb(l.Href) {
			continue
		}
		if strings.HasPrefix(l.MediaType, "text/html") {
			return l.Href
		}
		if best == "" {
			best = l.Href
		}
	}
	return best
}

func isWeb(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func (r *reader) tags() []Tag {
	var out []Tag
	r.elements(func() {
		if t := r.tag(); t.Type != "" && len(out) < maxTags {
			out = append(out, t)
		}
	})
	return out
}

func (r *reader) tag() (t Tag) {
	if r.peek() != '{' {
		r.skip()
		return t
	}
	r.members(func(key string) {
		switch key {
		case "id":
			t.ID = r.text()
		case "type":
			t.Type = first(r.types())
		case "name":
			t.Name = shorten(r.text(), maxName)
		case "href":
			t.Href = r.ref()
		case "mediaType":
			t.MediaType = r.text()
		case "rel":
			t.Rel = strings.Join(r.refs(), " ")
		case "updated":
			t.Updated = r.text()
		case "icon":
			t.Icon = r.picture()
		default:
			r.skip()
		}
	})
	return t
}

// Approval is who may do something with a post: whom its author lets, and whom
// its author wants to be asked by. They are URIs of actors and collections.
type Approval struct {
	Automatic, Manual []string
}

// policy reads who may quote a post, FEP-044f.
func (r *reader) policy(o *Object) {
	r.each(func(key string) {
		if key != "canQuote" {
			r.skip()
			return
		}
		r.each(func(key string) {
			switch key {
			case "automaticApproval":
				o.CanQuote.Automatic = r.refs()
			case "manualApproval":
				o.CanQuote.Manual = r.refs()
			default:
				r.skip()
			}
		})
	})
}

// each reads the members of an object, and nothing of what is none.
func (r *reader) each(member func(key string)) {
	if r.peek() != '{' {
		r.skip()
		return
	}
	r.members(member)
}

// quotes reports whether the tag is a link to an object that is quoted. Some
// name that relation after the property of Misskey's. FEP-e232
func (t Tag) quotes() bool {
	return t.Type == "Link" && IsActivityType(t.MediaType) &&
		(t.Rel == "" && strings.HasPrefix(t.Name, "RE: ") || slices.ContainsFunc(strings.Fields(t.Rel), func(rel string) bool {
			return rel == "https://misskey-hub.net/ns#_misskey_quote" || rel == "_misskey_quote" || rel == "quote" || rel == "https://w3id.org/fep/044f#quote"
		}))
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (r *reader) attachments() []Attachment {
	var out []Attachment
	r.elements(func() {
		if a := r.attachment(); len(out) < maxAttachments && (a.URL != "" || a.Name != "") {
			out = append(out, a)
		}
	})
	return out
}

// picture reads an icon or image: an object, a bare url, or of several the
// first, unless a later one is larger.
func (r *reader) picture() *Attachment {
	var out *Attachment
	r.elements(func() {
		if a := r.attachment(); a.URL != "" && (out == nil || a.Width > out.Width && out.Width > 0) {
			out = &a
		}
	})
	return out
}

func (r *reader) attachment() (a Attachment) {
	if r.peek() != '{' {
		a.Type, a.URL = "Link", r.text()
		return a
	}
	var href, summary, content string
	var links []Link
	r.members(func(key string) {
		switch key {
		case "type":
			a.Type = first(r.types())
		case "mediaType", "mimeType":
			a.MediaType = r.text()
		case "url":
			links = r.links()
		case "href":
			href = r.ref()
		case "name":
			r.plain(&a.Name)
		case "summary":
			r.plain(&summary)
		case "content": // Owncast
			r.plain(&content)
		case "icon":
			if icon := r.picture(); icon != nil {
				a.Preview = icon.URL
			}
		case "value":
			a.Value = r.text()
		case "blurhash":
			a.Blurhash = r.text()
		case "width":
			a.Width = r.number()
		case "height":
			a.Height = r.number()
		case "focalPoint":
			a.FocalPoint = r.focalPoint()
		default:
			r.skip()
		}
	})
	a.takeLinks(links)
	if a.URL == "" && isWeb(href) {
		a.URL = href
	}
	a.Name = cmp.Or(summary, a.Name, content)
	return a
}

// takeLinks chooses the file among the addresses of an attachment.
func (a *Attachment) takeLinks(links []Link) {
	if file := File(links); file.Href != "" {
		a.URL, a.MediaType = file.Href, file.MediaType
		a.Width, a.Height = cmp.Or(a.Width, file.Width), cmp.Or(a.Height, file.Height)
		return
	}
	a.URL = forPeople(links)
	if len(links) > 0 && a.MediaType == "" {
		a.MediaType = links[0].MediaType
	}
}

func (r *reader) focalPoint() []float64 {
	var out []float64
	r.elements(func() {
		f, err := strconv.ParseFloat(r.text(), 64)
		if err != nil || math.IsNaN(f) {
			f = 0
		}
		if len(out) < 3 {
			out = append(out, max(-1, min(1, f)))
		}
	})
	if len(out) != 2 {
		return nil
	}
	return out
}

func (r *reader) keys() []*KeyDocument {
	var out []*KeyDocument
	r.elements(func() {
		if r.peek() != '{' || len(out) == 10 {
			r.skip()
			return
		}
		k := &KeyDocument{}
		r.members(func(key string) {
			switch key {
			case "id":
				k.ID = r.text()
			case "owner", "controller":
				k.Owner = r.ref()
			case "publicKeyPem":
				k.PEM = r.text()
			case "publicKeyMultibase":
				k.Multibase = r.text()
			default:
				r.skip()
			}
		})
		out = append(out, k)
	})
	return out
}

// generator reads what made an object, and of an actor what its server can do:
// the addresses of specifications. FEP-844e
func (r *reader) generator() (id string, hrefs []string) {
	r.elements(func() {
		if r.peek() != '{' {
			id = r.text()
			return
		}
		r.members(func(key string) {
			switch key {
			case "id":
				id = r.text()
			case "implements":
				hrefs = append(hrefs, bounded(r.refs(), maxFields)...)
			default:
				r.skip()
			}
		})
	})
	return id, hrefs
}

func (r *reader) options() []Option {
	var out []Option
	r.elements(func() {
		if o := r.option(); len(out) < maxOptions {
			out = append(out, o)
		}
	})
	return out
}

func (r *reader) option() (o Option) {
	if r.peek() != '{' {
		o.Name = r.text()
		return o
	}
	r.members(func(key string) {
		switch key {
		case "name":
			o.Name = shorten(r.text(), maxName)
		case "replies":
			o.Votes = r.votes()
		default:
			r.skip()
		}
	})
	return o
}

// votes reads the size of the collection of replies to an option.
func (r *reader) votes() (n int) {
	r.members(func(key string) {
		if key == "totalItems" {
			n = r.number()
		} else {
			r.skip()
		}
	})
	return n
}
