package federation

import (
	"math"
	"net/url"
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

// links reads urls: strings, Links, or objects with a url of their own.
func (r *reader) links() []Link {
	var out []Link
	r.elements(func() {
		if l := r.link(); l.Href != "" && len(out) < maxAttachments {
			out = append(out, l)
		}
	})
	return out
}

func (r *reader) link() (l Link) {
	if r.peek() != '{' {
		l.Href = r.text()
		return l
	}
	r.members(func(key string) {
		switch key {
		case "href", "url":
			l.Href = r.ref()
		case "mediaType":
			l.MediaType = r.text()
		case "rel":
			l.Rel = r.text()
		default:
			r.skip()
		}
	})
	return l
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
			t.Rel = r.text()
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

// picture reads an icon or image: an object, a bare url, or the first of
// several.
func (r *reader) picture() *Attachment {
	var out *Attachment
	r.elements(func() {
		if a := r.attachment(); out == nil && a.URL != "" {
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
	href := ""
	r.members(func(key string) {
		switch key {
		case "type":
			a.Type = first(r.types())
		case "mediaType":
			a.MediaType = r.text()
		case "url":
			a.takeLinks(r.links())
		case "href":
			href = r.ref()
		case "name":
			a.Name = r.text()
		case "summary":
			if s := r.text(); a.Name == "" {
				a.Name = s
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
	if a.URL == "" && isWeb(href) {
		a.URL = href
	}
	return a
}

func (a *Attachment) takeLinks(links []Link) {
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
			case "id", "@id":
				k.ID = r.text()
			case "owner", "controller":
				k.Owner = r.ref()
			case "publicKeyPem":
				k.PEM = r.text()
			default:
				r.skip()
			}
		})
		out = append(out, k)
	})
	return out
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
