package inbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/store"
)

const hal = "https://rooms.example/users/hal"

// many are n things for a document.
func many(n int, thing func(i int) map[string]any) (list []map[string]any) {
	for i := range n {
		list = append(list, thing(i))
	}
	return list
}

// What a post may bring, and no more of it.
func TestBoundsOfAPost(t *testing.T) {
	long := strings.Repeat("ü", 5000)
	var tags []map[string]any
	tags = append(tags, many(60, func(i int) map[string]any {
		return map[string]any{"type": "Mention", "href": fmt.Sprintf("https://far.example/%d", i)}
	})...)
	tags = append(tags, many(30, func(i int) map[string]any {
		return map[string]any{"type": "Emoji", "name": fmt.Sprintf(":%d%s:", i, long), "icon": map[string]any{"url": "https://far.example/e.png"}}
	})...)
	tags = append(tags, many(200, func(i int) map[string]any { return map[string]any{"type": "Hashtag", "name": fmt.Sprintf("#t%d", i)} })...)
	raw, err := json.Marshal(map[string]any{"id": hal + "/1", "type": "Question", "attributedTo": hal, "to": federation.Public, "content": "x", "summary": long, "tag": tags,
		"attachment": many(20, func(i int) map[string]any {
			return map[string]any{"type": "Image", "url": fmt.Sprintf("https://far.example/%d.png", i), "name": long, "blurhash": long[:200]}
		}),
		"oneOf": many(600, func(i int) map[string]any { return map[string]any{"name": "x"} }),
		"cc":    many(400, func(i int) map[string]any { return map[string]any{"id": fmt.Sprintf("https://far.example/cc/%d", i)} })})
	require.NoError(t, err)
	o, err := federation.ParseObject(raw)
	require.NoError(t, err)
	author := &store.Actor{ID: 1, URI: hal}
	p := postOf(author, o)
	loud := 0
	for _, tag := range o.Tag {
		if tag.Type == "Mention" {
			loud++
		}
	}
	assert.Greater(t, loud, maxMentions)
	assert.Len(t, named(author, o), 2*maxMentions, "mentions, and those who are only addressed")
	assert.Equal(t, "https://far.example/cc/0", named(author, o)[maxMentions])
	assert.Equal(t, maxSpoiler, utf8.RuneCountInString(p.Spoiler))
	assert.LessOrEqual(t, len(o.Tag), 100)
	assert.Len(t, o.OneOf, 500)
	for _, e := range p.Emojis {
		assert.LessOrEqual(t, len(e.Shortcode), 2048)
	}
	media := mediaOf(author, o)
	require.Len(t, media, maxAttachments)
	assert.Equal(t, maxAlt, utf8.RuneCountInString(media[0].Description))
	assert.Empty(t, media[0].Blurhash)

	for _, kind := range []string{"Article", "Video", "Event", "Page"} {
		o.Type, o.Name, o.Summary, o.Content, o.Location.Name = kind, long, long, strings.Repeat("<p>"+long+"</p>", 20), long
		assert.Less(t, len(contentOf(o)), 12_000, kind)
	}
}

// FuzzRows looks for a document that makes the reader or the rows fall, or
// that would be shown with a script in it.
func FuzzRows(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.json", "../../shared/corpus/*.json", "../../shared/corpus/copyleft/*.json"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if raw, err := os.ReadFile(file); err == nil {
				f.Add(raw)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := federation.ParseObject(raw)
		if err != nil {
			return
		}
		_ = rowOf(o)
		author := &store.Actor{ID: 1, URI: o.AttributedTo, FollowersURI: "https://far.example/followers"}
		_ = isPost(o)
		p := postOf(author, o)
		for _, s := range []string{p.Content, p.Spoiler, p.URL, p.Language, strings.Join(p.Tags, "")} {
			if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
				t.Errorf("%q would not go into a database", s)
			}
		}
		if strings.Contains(strings.ToLower(p.Content), "<script") {
			t.Errorf("%q would be shown", p.Content)
		}
		if media := mediaOf(author, o); len(media) > maxAttachments || len(p.Tags) > maxTags || len(named(author, o)) > 2*maxMentions {
			t.Errorf("%d files, %d tags, %d named", len(media), len(p.Tags), len(named(author, o)))
		}
		says(p, o)
		_ = reactionOf(o)
		if p.PublishedAt < 0 || p.ID <= 0 {
			t.Errorf("published at %d, id %d", p.PublishedAt, p.ID)
		}
	})
}
