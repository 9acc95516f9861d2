package ui_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// Custom emoji are pictures from this node in whatever people say, here and
// elsewhere; titles and labels have their names.
func TestEmojiAreDrawn(t *testing.T) {
	n := newNode(t)
	olga, bob := n.person("olga", "owner"), n.person("bob", "member")
	var tiny bytes.Buffer
	require.NoError(t, png.Encode(&tiny, image.NewGray(image.Rect(0, 0, 16, 16))))
	require.NoError(t, n.About.SetEmoji(t.Context(), olga.id, "ship_it", "", &tiny))
	ours := regexp.MustCompile(`<img class="emoji" src="` + n.url + `/media/[^"]+" alt=":ship_it:" title=":ship_it:" loading="lazy" decoding="async">`)
	drawn := func(body string, before, after string) {
		t.Helper()
		require.Regexp(t, regexp.QuoteMeta(before)+ours.String()+regexp.QuoteMeta(after), body)
	}

	bob.post("/settings", "name", "Bob :ship_it: <b>", "note", "I :ship_it: things", "visibility", "public").ok()
	id := bob.write("Done :ship_it: :unknown:", "spoiler", "Warning :ship_it:", "option", "Now :ship_it:", "option", "Never", "hours", "1")
	page := olga.get("/@bob/" + id).ok().body
	drawn(page, `">Bob `, " &lt;b&gt;</a>")
	drawn(page, "Done ", " :unknown:")
	drawn(page, "<span>Warning ", "</span>")
	drawn(page, "<span>Now ", "</span>")
	require.Contains(t, page, `aria-label="Post by Bob :ship_it: &lt;b&gt;"`)
	require.Contains(t, page, "<title>Bob :ship_it: &lt;b&gt;: Warning :ship_it:")
	profile := olga.get("/@bob").ok().body
	drawn(profile, `<h1 id="who">Bob `, " &lt;b&gt;")
	drawn(profile, "I ", " things")
	require.Equal(t, 200, n.stranger().get(regexp.MustCompile(`/media/[^"]+`).FindString(ours.FindString(page))).code)
	olga.post("/owner/announcements", "text", "We :ship_it: today").ok()
	drawn(bob.get("/").ok().body, "We ", " today")

	far := &store.Actor{ID: store.NewID(), URI: "https://far.example/users/eve", Username: "eve", Domain: "far.example", DisplayName: "Eve :cat:", Kind: "Person",
		Emojis: []store.Emoji{{Shortcode: "cat", URL: "https://cdn.far.example/cat.png"}}, CreatedAt: store.Now(), FetchedAt: store.Now()}
	number, err := strconv.ParseInt(id, 10, 64)
	require.NoError(t, err)
	olga.post("/ui/posts/" + id + "/favourite").ok()
	require.NoError(t, n.db.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.CreateActor(far); err != nil {
			return err
		}
		return tx.React(olga.id, number, store.Emoji{Shortcode: "dog", URL: "https://cdn.far.example/dog.png"})
	}))
	theirs := `<img class="emoji" src="` + n.url + `/proxy/[^"]+" alt=":%s:"`
	require.Regexp(t, `<h1 id="who">Eve `+fmt.Sprintf(theirs, "cat"), olga.get("/@eve@far.example").ok().body)
	require.Regexp(t, `reacted to your post with <bdi>`+fmt.Sprintf(theirs, "dog"), bob.get("/notifications").ok().body)
}
