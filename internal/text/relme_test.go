package text

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesAsSelf(t *testing.T) {
	const page, uri = "https://node.example/@ada", "https://node.example/actors/1"
	for html, want := range map[string]bool{
		`<a rel="me" href="https://node.example/@ada">me</a>`:                             true,
		`<html><head><link href='https://node.example/actors/1' rel='nofollow ME'/>`:      true,
		`<a rel="me" href="https://Node.example/@Ada/">me</a>`:                            true,
		`<a href="https://node.example/@ada">a friend</a>`:                                false,
		`<a rel="menu" href="https://node.example/@ada">a word that begins alike</a>`:     false,
		`<a rel="me" href="https://node.example/@adam">somebody else</a>`:                 false,
		`<!-- <a rel="me" href="https://node.example/@ada"> -->`:                          false,
		`<script>"<a rel='me' href='https://node.example/@ada'>"</script>`:                false,
		`<textarea><a rel="me" href="https://node.example/@ada">a comment</a></textarea>`: false,
		`<div rel="me" href="https://node.example/@ada">`:                                 false,
	} {
		assert.Equal(t, want, NamesAsSelf(strings.NewReader(html), page, uri), html)
	}
}
