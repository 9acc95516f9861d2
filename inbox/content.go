package inbox

import (
	"cmp"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"parley/federation"
	"parley/internal/text"
)

// Bounds of what a post that is more than a note says in a timeline, in
// characters. A text beyond whole is shown by its beginning.
const (
	maxTitle   = 300
	whole      = 1000
	beginning  = 500
	maxDisplay = 2000 // of a summary that its author wrote
)

// contentOf is the text of a post. A note is shown as it is. What is more than
// a note is shown by its title, what it is about and its address, because
// clients have no other place for them.
func contentOf(o *federation.Object) string {
	title := titleOf(o)
	switch o.Type {
	case "Note":
		return text.Sanitize(title + htmlOf(o)) // forums give notes titles
	case "Question":
		return text.Sanitize(cmp.Or(htmlOf(o), title))
	case "Event":
		title += particulars(o)
	case "Video", "Audio":
		title = cmp.Or(title, "<p>"+o.Type+"</p>")
	}
	return text.Sanitize(title + teaser(o) + links(o))
}

// htmlOf is the content as HTML. Of Markdown, RFC 7763, only what would stand
// in the way of reading is taken off.
func htmlOf(o *federation.Object) string {
	switch o.MediaType {
	case "text/plain":
		return paragraph(o.Content)
	case "text/markdown":
		return paragraph(emphasis.ReplaceAllString(markdownLink.ReplaceAllString(o.Content, "$1 $2"), "$1"))
	}
	return o.Content
}

var (
	markdownLink = regexp.MustCompile(`!?\[([^\]\n]{0,300})\]\((https?://[^)\s]{1,900})\)`)
	emphasis     = regexp.MustCompile(`\*\*([^*\n]{1,300})\*\*`)
)

func titleOf(o *federation.Object) string {
	title := text.Excerpt(text.Plain(o.Name), maxTitle)
	if title == "" {
		return ""
	}
	if o.Duration > 0 {
		title += " (" + clock(o.Duration) + ")"
	}
	return "<p><strong>" + html.EscapeString(title) + "</strong></p>"
}

// clock writes a duration as players do.
func clock(d time.Duration) string {
	s := int(d.Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// teaser is what stands between title and address: a text of bearable length
// as it is, else the summary or preview that its author made, else how it
// begins. FEP-b2b8
func teaser(o *federation.Object) string {
	content := htmlOf(o)
	words := text.Plain(content)
	if words != "" && len([]rune(words)) <= whole {
		return content
	}
	if summary := text.Plain(o.Summary); summary != "" {
		return paragraph(text.Excerpt(summary, maxDisplay))
	}
	if o.Preview != nil {
		if preview := text.Plain(o.Preview.Content); preview != "" {
			return paragraph(text.Excerpt(preview, maxDisplay))
		}
	}
	return paragraph(text.Excerpt(words, beginning))
}

func paragraph(plain string) string {
	if plain == "" {
		return ""
	}
	return text.Render(strings.ReplaceAll(plain, "\r\n", "\n"), nil, nil)
}

// links are the addresses of a post: of what it is about, where that is
// elsewhere, and its own.
func links(o *federation.Object) string {
	list := []string{pageOf(o)}
	for _, l := range o.URLs {
		if l.Href == o.URL && o.URL != pageOf(o) {
			list = append([]string{o.URL}, list...)
			break
		}
	}
	for _, a := range o.Attachment {
		if a.Type == "Link" && mediaKind(a) == "" && federation.HostOf(a.URL) != "" && !slices.Contains(list, a.URL) {
			list = append([]string{a.URL}, list...)
		}
	}
	var b strings.Builder
	for _, href := range list[max(0, len(list)-4):] {
		b.WriteString(text.Render(href, nil, nil))
	}
	return b.String()
}

// particulars are when and where an event is.
func particulars(o *federation.Object) string {
	var lines []string
	if when := whenOf(o); when != "" {
		lines = append(lines, "🗓️ "+html.EscapeString(when))
	}
	place := o.Location.Name
	if o.Location.Address != "" && o.Location.Address != place {
		place = strings.TrimPrefix(place+", "+o.Location.Address, ", ")
	}
	if place = text.Excerpt(place, maxTitle); place != "" {
		lines = append(lines, "📍 "+html.EscapeString(place))
	}
	if len(lines) == 0 {
		return ""
	}
	return "<p>" + strings.Join(lines, "<br>") + "</p>"
}

// whenOf writes the time of an event as it is on the spot, where the event says
// in which zone that is.
func whenOf(o *federation.Object) string {
	const day, hour = "Monday, 2 January 2006", "15:04"
	if o.StartTime.IsZero() {
		return ""
	}
	zone, name := time.UTC, "UTC"
	if l, err := time.LoadLocation(o.Timezone); err == nil && o.Timezone != "" && o.Timezone != "Local" {
		zone, name = l, o.Timezone
	}
	start, end := o.StartTime.In(zone), o.EndTime.In(zone)
	switch {
	case o.EndTime.IsZero() || !end.After(start):
		return start.Format(day+", "+hour) + " (" + name + ")"
	case start.Format(day) == end.Format(day):
		return start.Format(day+", "+hour) + "–" + end.Format(hour) + " (" + name + ")"
	}
	return start.Format(day+", "+hour) + " – " + end.Format(day+", "+hour) + " (" + name + ")"
}
