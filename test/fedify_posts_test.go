package test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// shown is a post with what the tests here look at.
type shown struct {
	status
	Spoiler   string                  `json:"spoiler_text"`
	Sensitive bool                    `json:"sensitive"`
	Language  string                  `json:"language"`
	Tags      []struct{ Name string } `json:"tags"`
	Poll      *poll                   `json:"poll"`
	Quote     *struct {
		State  string  `json:"state"`
		Quoted *status `json:"quoted_status"`
	} `json:"quote"`
}

func (p *person) show(id string) shown {
	p.t.Helper()
	var s shown
	p.get("/api/v1/statuses/"+id, &s)
	return s
}

// sendPosts has a post with everything go out, with its edit and its end.
func sendPosts(t *testing.T, v *fediverse) {
	picture := v.alice.upload("chart.png", drawing(t), "Two bars")
	said := v.alice.say("Is @"+v.fred+" there? #Hello", fields{"spoiler_text": "careful", "language": "en", "media_ids": []string{picture.ID}})
	created := v.awaits("the post", func(a arrival) bool { return a.is("Create", v.aliceURI) && a.about() == said.URI })
	note := created.inner()
	require.Equal(t, []any{"Note", v.aliceURI, "careful", true, said.URL}, []any{note["type"], note["attributedTo"], note["summary"], note["sensitive"], note["url"]})
	require.Equal(t, said.Content, note["content"])
	require.Equal(t, map[string]any{"en": said.Content}, note["contentMap"])
	require.Contains(t, note.list("tag"), any(map[string]any{"type": "Mention", "href": v.uri("fred"), "name": "@" + v.fred}))
	file, _ := note["attachment"].(map[string]any)
	require.Equal(t, []any{"Document", "image/png", "Two bars", float64(64)}, []any{file["type"], file["mediaType"], file["name"], file["width"]})
	for _, name := range []string{"published", "replies", "likes", "shares", "interactionPolicy", "source"} {
		require.Contains(t, note, name)
	}

	v.alice.must("PUT", "/api/v1/statuses/"+said.ID, fields{"status": "Is anybody there?"}, &said)
	updated := v.awaits("the edit", func(a arrival) bool { return a.is("Update", v.aliceURI) && a.about() == said.URI }).inner()
	require.Equal(t, said.Content, updated["content"])
	require.NotEmpty(t, updated["updated"])
	v.alice.must("DELETE", "/api/v1/statuses/"+said.ID, nil, nil)
	deleted := v.awaits("its end", func(a arrival) bool { return a.is("Delete", v.aliceURI) && a.about() == said.URI }).inner()
	require.Equal(t, "Tombstone", deleted["type"])
}

// receivePosts has a post with everything come in, with its edit and its end,
// and an answer.
func receivePosts(t *testing.T, v *fediverse) {
	id := v.tell("post", fields{"as": "fred", "text": "<p>News of fred.</p>", "summary": "careful", "picture": "/x.png", "tag": "news"})
	got := v.alice.awaits("News of fred.")
	s := v.alice.show(got.ID)
	require.Equal(t, []any{id, "public", "careful", true, "en"}, []any{s.URI, s.Visibility, s.Spoiler, s.Sensitive, s.Language})
	require.Equal(t, "news", s.Tags[0].Name)
	require.Equal(t, "A drawing", *s.MediaAttachments[0].Description)
	v.tell("edit", fields{"id": id, "text": "<p>Other news of fred.</p>"})
	eventually(t, "the post is edited", func() bool {
		now := v.alice.status(got.ID)
		return now.EditedAt != nil && now.Content == "<p>Other news of fred.</p>"
	})
	var history []struct{ Content string }
	v.alice.get("/api/v1/statuses/"+got.ID+"/history", &history)
	require.Len(t, history, 2)
	require.Equal(t, "<p>News of fred.</p>", history[0].Content)
	v.tell("delete", fields{"id": id})
	eventually(t, "the post is gone", func() bool { return v.alice.gone(got.ID) })

	said := v.alice.say("Is anybody there?")
	v.awaits("her question", func(a arrival) bool { return a.about() == said.URI })
	reply := v.tell("post", fields{"as": "fred", "text": "<p>I am.</p>", "reply": said.URI, "mention": v.aliceURI})
	mention := v.alice.awaitsNews("mention", v.fred)
	require.Equal(t, reply, mention.Status.URI)
	require.Equal(t, said.ID, *mention.Status.InReplyToID)
	require.Equal(t, 1, v.alice.status(said.ID).RepliesCount)
}

// showFew has posts for few come and go, addressed to them alone.
func showFew(t *testing.T, v *fediverse) {
	followers, public := v.aliceURI+"/followers", "as:Public"
	for visibility, want := range map[string][2][]any{
		"unlisted": {{followers}, {public, v.uri("fred")}}, "private": {{followers}, {v.uri("fred")}}, "direct": {{v.uri("fred")}, nil},
	} {
		said := v.alice.say("@"+v.fred+" this is "+visibility, fields{"visibility": visibility})
		note := v.awaits(visibility, func(a arrival) bool { return a.is("Create", v.aliceURI) && a.about() == said.URI }).inner()
		require.Equal(t, want, [2][]any{note.list("to"), note.list("cc")}, visibility)

		id := v.tell("post", fields{"as": "fred", "text": "<p>his " + visibility + "</p>", "visibility": visibility, "mention": v.aliceURI})
		eventually(t, "alice is told of his "+visibility, func() bool {
			for _, n := range v.alice.news("mention") {
				if n.Status.URI == id {
					return n.Status.Visibility == visibility
				}
			}
			return false
		})
		if visibility != "unlisted" {
			require.Empty(t, v.carol.find(id).Statuses, "it is not for carol")
		}
	}
}

// read is a document of ours as the other understands it, and what is in it.
func (v *fediverse) read(uri string) (document arrival, items []string) {
	v.t.Helper()
	var found struct {
		Document arrival
		Items    []string
	}
	v.ask("read", fields{"as": "fred", "uri": uri}, &found)
	return found.Document, found.Items
}

// readDocuments has the other read all that there is to read of a thread and of
// a person.
func readDocuments(t *testing.T, v *fediverse) {
	root := v.alice.say("A thread to read.")
	answer := v.alice.say("It goes on.", fields{"in_reply_to_id": root.ID})
	v.awaits("the answer", func(a arrival) bool { return a.about() == answer.URI })
	v.act("fred", "Like", fields{"object": root.URI, "to": v.aliceURI})
	eventually(t, "the like counts", func() bool { return v.alice.status(root.ID).FavouritesCount == 1 })
	note, _ := v.read(root.URI)
	require.Equal(t, root.URI, note["id"])
	create, _ := v.read(root.URI + "/activity")
	require.Equal(t, []any{"Create", root.URI}, []any{create["type"], create.about()})
	for uri, want := range map[string][]string{
		root.URI + "/replies": {answer.URI}, note["context"].(string): {root.URI, answer.URI}, v.aliceURI + "/followers": {v.uri("fred")}, v.aliceURI + "/following": {v.uri("fred")},
	} {
		_, items := v.read(uri)
		require.Equal(t, want, items, uri)
	}
	likes, _ := v.read(root.URI + "/likes")
	require.EqualValues(t, 1, likes["totalItems"])
	_, items := v.read(v.aliceURI + "/outbox")
	require.Contains(t, items, root.URI+"/activity")
}
