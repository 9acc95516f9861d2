package test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type poll struct {
	ID      string `json:"id"`
	Expired bool   `json:"expired"`
	Votes   int    `json:"votes_count"`
	Options []struct {
		Title string `json:"title"`
		Votes int    `json:"votes_count"`
	} `json:"options"`
}

// reactBothWays has likes, emoji and boosts come and go on both sides.
func reactBothWays(t *testing.T, v *fediverse) {
	said := v.alice.say("React to this.")
	v.awaits("the post", func(a arrival) bool { return a.about() == said.URI })
	counts := func(likes, boosts int) func() bool {
		return func() bool {
			now := v.alice.status(said.ID)
			return now.FavouritesCount == likes && now.ReblogsCount == boosts
		}
	}
	like := v.act("fred", "Like", fields{"object": said.URI, "to": v.aliceURI})
	require.Equal(t, said.ID, v.alice.awaitsNews("favourite", v.fred).Status.ID)
	boost := v.act("fred", "Announce", fields{"object": said.URI, "to": v.aliceURI})
	require.Equal(t, said.ID, v.alice.awaitsNews("reblog", v.fred).Status.ID)
	eventually(t, "both count", counts(1, 1))
	v.undo("fred", "Like", like, said.URI, v.aliceURI)
	v.undo("fred", "Announce", boost, said.URI, v.aliceURI)
	eventually(t, "both are taken back", counts(0, 0))
	emoji := v.act("fred", "EmojiReact", fields{"object": said.URI, "content": "🎉", "to": v.aliceURI})
	eventually(t, "an emoji counts as a favourite", counts(1, 0))
	v.undo("fred", "EmojiReact", emoji, said.URI, v.aliceURI)
	eventually(t, "until it is taken back", counts(0, 0))

	v.tell("post", fields{"as": "fred", "text": "<p>React to fred.</p>"})
	his := v.alice.awaits("React to fred.")
	for _, c := range []struct{ act, undo, kind string }{{"favourite", "unfavourite", "Like"}, {"reblog", "unreblog", "Announce"}} {
		v.alice.act(his, c.act)
		done := v.awaits("her "+c.kind, func(a arrival) bool { return a.is(c.kind, v.aliceURI) && a.about() == his.URI })
		v.alice.act(his, c.undo)
		v.awaits("the end of it", func(a arrival) bool { return a.is("Undo", v.aliceURI) && a.inner().id() == done.id() })
	}
}

// voteBothWays has each ask, and the other choose.
func voteBothWays(t *testing.T, v *fediverse) {
	asked := v.alice.say("Tea or coffee?", fields{"poll": fields{"options": []string{"tea", "coffee"}, "expires_in": 3600}})
	question := v.awaits("the question", func(a arrival) bool { return a.is("Create", v.aliceURI) && a.about() == asked.URI }).inner()
	require.Equal(t, "Question", question["type"])
	require.NotEmpty(t, question["endTime"])
	require.Len(t, question.list("oneOf"), 2)
	v.tell("vote", fields{"as": "fred", "object": asked.URI, "name": "tea", "to": v.aliceURI})
	eventually(t, "his vote counts", func() bool {
		now := v.alice.show(asked.ID).Poll
		return now.Votes == 1 && now.Options[0].Votes == 1
	})
	v.tell("vote", fields{"as": "fred", "object": asked.URI, "name": "coffee", "to": v.aliceURI})

	id := v.tell("post", fields{"as": "fred", "text": "<p>Steel or brass?</p>", "options": []string{"steel", "brass"}})
	his := v.alice.show(v.alice.awaits("Steel or brass?").ID)
	require.Equal(t, []string{"steel", "brass"}, []string{his.Poll.Options[0].Title, his.Poll.Options[1].Title})
	v.alice.post("/api/v1/polls/"+his.Poll.ID+"/votes", fields{"choices": []int{1}}, nil)
	vote := v.awaits("her vote", func(a arrival) bool { return a.is("Create", v.aliceURI) && a.inner()["name"] == "brass" }).inner()
	require.Equal(t, []any{id, nil}, []any{vote["inReplyTo"], vote["content"]})
	require.Equal(t, []any{v.uri("fred")}, vote.list("to"))
	v.tell("edit", fields{"id": id, "votes": []int{3, 4}, "closed": true})
	eventually(t, "it is closed, with his counts", func() bool {
		now := v.alice.show(his.ID)
		return now.Poll.Expired && now.Poll.Options[0].Votes == 3 && now.Poll.Options[1].Votes == 4 && now.EditedAt == nil
	})
	require.Equal(t, 1, v.alice.show(asked.ID).Poll.Votes, "nobody votes twice")
}

// pinBothWays has each show a post on the profile, and no more.
func pinBothWays(t *testing.T, v *fediverse) {
	said := v.alice.say("Read this first.")
	v.awaits("the post", func(a arrival) bool { return a.about() == said.URI })
	for _, c := range []struct{ act, kind string }{{"pin", "Add"}, {"unpin", "Remove"}} {
		v.alice.act(said, c.act)
		v.awaits(c.kind, func(a arrival) bool {
			return a.is(c.kind, v.aliceURI) && a.about() == said.URI && a["target"] == v.aliceURI+"/featured"
		})
	}
	id := v.tell("post", fields{"as": "fred", "text": "<p>Read fred first.</p>"})
	his := v.alice.awaits("Read fred first.")
	pinned := func() int {
		var list []status
		v.alice.get("/api/v1/accounts/"+his.Account.ID+"/statuses?pinned=true", &list)
		return len(list)
	}
	v.tell("pin", fields{"as": "fred", "id": id})
	eventually(t, "his pin is shown", func() bool { return pinned() == 1 })
	v.tell("pin", fields{"as": "fred", "id": id, "off": true})
	eventually(t, "and no more", func() bool { return pinned() == 0 })
}

// quoteBothWays has each ask to quote the other, get leave, and lose it. FEP-044f
func quoteBothWays(t *testing.T, v *fediverse) {
	said := v.alice.say("Quote me.", fields{"quote_approval_policy": "public"})
	v.awaits("the post", func(a arrival) bool { return a.about() == said.URI })
	id := v.tell("post", fields{"as": "fred", "text": "<p>As she says.</p>", "quote": said.URI, "mention": v.aliceURI})
	quote := v.alice.awaits("As she says.")
	require.Equal(t, "pending", v.alice.show(quote.ID).Quote.State)
	v.tell("ask", fields{"as": "fred", "object": said.URI, "id": id, "to": v.aliceURI})
	stamp, _ := v.awaits("leave to quote", func(a arrival) bool { return a.is("Accept", v.aliceURI) && a["result"] != nil })["result"].(string)
	v.alice.awaitsNews("quote", v.fred)
	require.Equal(t, "accepted", v.alice.show(quote.ID).Quote.State)
	document, _ := v.read(stamp)
	require.Equal(t, []any{"QuoteAuthorization", v.aliceURI, id, said.URI}, []any{document["type"], document["attributedTo"], document["interactingObject"], document["interactionTarget"]})
	v.tell("edit", fields{"id": id, "stamp": stamp})
	v.alice.post("/api/v1/statuses/"+said.ID+"/quotes/"+quote.ID+"/revoke", fields{}, nil)
	v.awaits("that it is revoked", func(a arrival) bool { return a.is("Delete", v.aliceURI) && a.about() == stamp })

	his := v.tell("post", fields{"as": "fred", "text": "<p>Quote fred.</p>"})
	mine := v.alice.say("As he says.", fields{"quoted_status_id": v.alice.awaits("Quote fred.").ID})
	request := v.awaits("her request", func(a arrival) bool { return a.is("QuoteRequest", v.aliceURI) && a.about() == his })
	given := v.tell("allow", fields{"as": "fred", "request": request.id(), "object": his, "id": mine.URI, "to": v.aliceURI})
	state := func() string { return v.alice.show(mine.ID).Quote.State }
	eventually(t, "she may quote him", func() bool { return state() == "accepted" })
	v.awaits("the proof", func(a arrival) bool {
		return a.is("Update", v.aliceURI) && a.about() == mine.URI && a.inner()["quoteAuthorization"] == given && a.inner()["quote"] == his
	})
	v.tell("revoke", fields{"as": "fred", "id": given, "to": v.aliceURI})
	eventually(t, "and no more", func() bool { return state() == "revoked" })
}
