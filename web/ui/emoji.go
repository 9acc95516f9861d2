package ui

import (
	"cmp"
	"fmt"
	"html"
	"html/template"

	"parley/internal/store"
	"parley/internal/text"
)

// drawn are the pictures of the custom emoji in what somebody says.
type drawn struct {
	owner    string            // the post or actor that says it
	pictures map[string]string // HTML, by shortcode
}

// drawn makes the pictures, which stand still: nobody could stop them.
func (u *UI) drawn(owner string, emojis []store.Emoji) drawn {
	d := drawn{owner, make(map[string]string, len(emojis))}
	for _, e := range emojis {
		d.pictures[e.Shortcode] = fmt.Sprintf(`<img class="emoji" src="%s" alt=":%s:" title=":%[2]s:" loading="lazy" decoding="async">`,
			html.EscapeString(u.fileURL(owner, cmp.Or(e.Static, e.URL))), html.EscapeString(e.Shortcode))
	}
	return d
}

// Draw puts the pictures into HTML.
func (d drawn) Draw(markup template.HTML) template.HTML {
	if len(d.pictures) == 0 {
		return markup
	}
	return template.HTML(text.DrawEmoji(string(markup), d.pictures))
}

// Words are plain text with the pictures in it.
func (d drawn) Words(plain string) template.HTML {
	return d.Draw(template.HTML(html.EscapeString(plain)))
}

// Drawn is the name with its emoji.
func (v ViewAccount) Drawn() template.HTML { return v.Words(v.Name) }
