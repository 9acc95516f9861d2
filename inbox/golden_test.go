package inbox

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/store"
)

var update = flag.Bool("update", false, "write the rows that the documents in testdata become beside them")

// row is what a reader sees of a document: the parts of the rows that do not
// depend on when it came.
type row struct {
	Ignored    bool             `json:"ignored,omitempty"`
	Kind       string           `json:"kind,omitempty"`
	URI        string           `json:"uri,omitempty"`
	URL        string           `json:"url,omitempty"`
	Visibility store.Visibility `json:"visibility,omitempty"`
	Published  string           `json:"published,omitempty"`
	Edited     string           `json:"edited,omitempty"`
	Language   string           `json:"language,omitempty"`
	Spoiler    string           `json:"spoiler,omitempty"`
	Sensitive  bool             `json:"sensitive,omitempty"`
	Content    []string         `json:"content,omitempty"` // a paragraph a line
	InReplyTo  string           `json:"in_reply_to,omitempty"`
	Quote      string           `json:"quote,omitempty"`
	Tags       []string         `json:"tags,omitempty"`
	Emojis     []store.Emoji    `json:"emojis,omitempty"`
	Named      []string         `json:"named,omitempty"`
	Media      []media          `json:"media,omitempty"`
	Options    []string         `json:"options,omitempty"`
	Reaction   string           `json:"reaction,omitempty"`
}

type media struct {
	Kind        string `json:"kind"`
	URL         string `json:"url"`
	Preview     string `json:"preview,omitempty"`
	Description string `json:"description,omitempty"`
	Blurhash    string `json:"blurhash,omitempty"`
	Size        [2]int `json:"size"`
	Focus       string `json:"focus,omitempty"`
}

// rowOf makes the rows of a document as the inbox does.
func rowOf(o *federation.Object) row {
	author := &store.Actor{ID: 1, URI: o.Actor}
	if o.Type == "Like" || o.Type == "EmojiReact" {
		emoji := reactionOf(o)
		return row{Kind: o.Type, URI: o.ID, Reaction: strings.TrimSpace(emoji.Shortcode + " " + emoji.URL)}
	}
	if o.Object != nil {
		addressed(o, o.Object)
		o = o.Object
	}
	if author.URI == "" {
		author.URI = o.AttributedTo
	}
	for _, uri := range o.Recipients() {
		if strings.Contains(uri, "followers") {
			author.FollowersURI = uri
		}
	}
	if !isPost(o) || authored(author, o) != nil {
		return row{Ignored: true}
	}
	p := postOf(author, o)
	r := row{Kind: p.Kind, URI: p.URI, URL: p.URL, Visibility: p.Visibility, Published: federation.Stamp(p.PublishedAt.Time()), Edited: federation.Stamp(p.EditedAt.Time()),
		Language: p.Language, Spoiler: p.Spoiler, Sensitive: p.Sensitive, InReplyTo: p.InReplyToURI, Quote: p.QuoteOfURI, Tags: p.Tags, Emojis: p.Emojis,
		Named: named(author, o), Content: strings.Split(strings.ReplaceAll(p.Content, "</p>", "</p>\x00"), "\x00")}
	if last := len(r.Content) - 1; r.Content[last] == "" {
		r.Content = r.Content[:last]
	}
	for _, m := range mediaOf(author, o) {
		shown := media{Kind: m.Kind, URL: m.RemoteURL, Preview: m.PreviewPath, Description: m.Description, Blurhash: m.Blurhash, Size: [2]int{m.Width, m.Height}}
		if m.FocusX != 0 || m.FocusY != 0 {
			focus, _ := json.Marshal([2]float64{m.FocusX, m.FocusY})
			shown.Focus = string(focus)
		}
		r.Media = append(r.Media, shown)
	}
	for _, option := range append(o.OneOf, o.AnyOf...) {
		r.Options = append(r.Options, option.Name)
	}
	return r
}

// The documents in testdata/<software> are written in the shape in which that
// software sends them. Beside each lies the row it becomes.
func TestWhatOtherSoftwareSends(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.HasSuffix(file, ".row.json") {
			continue
		}
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			o, err := federation.ParseObject(raw)
			require.NoError(t, err)
			var got strings.Builder
			e := json.NewEncoder(&got)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			require.NoError(t, e.Encode(rowOf(o)))
			golden := strings.TrimSuffix(file, ".json") + ".row.json"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err, "run go test ./inbox -run TestWhatOtherSoftwareSends -update, and read what it writes")
			require.Equal(t, string(want), got.String())
		})
	}
}
