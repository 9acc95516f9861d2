package text

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLinks(t *testing.T) {
	tag := func(tag string) string { return "https://h.example/tags/" + tag }
	people := map[string]Mention{"bob": {URL: "https://h.example/@bob", Username: "bob"}}
	for html, want := range map[string][]string{
		Render("@bob #go see https://a.example/1 and https://b.example/?x=1&y=2", people, tag): {"https://a.example/1", "https://b.example/?x=1&y=2"},
		`<p>words</p>`: nil,
		`<a href="https://h.example/@bob" class="u-url mention">@bob</a> <a rel="tag" href="https://h.example/t/x">#x</a> <a href="https://a.example/">a</a>`: {"https://a.example/"},
		`<a href="https://a.example/" class="ellipsis" rel="nofollow noopener">a</a><a>nowhere</a>`:                                                           {"https://a.example/"},
	} {
		assert.Equal(t, want, Links(html), html)
	}
}
