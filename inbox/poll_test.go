package inbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// choice is a vote of the actor in the poll of a post.
func choice(a *nodetest.Actor, p *store.Post, author *store.Actor, name string) doc {
	return a.Create(doc{"id": a.NewURI("votes"), "type": "Note", "name": name, "attributedTo": a.URI, "inReplyTo": p.URI, "to": []string{author.URI}})
}

// question is a poll of the actor, to everybody.
func question(a *nodetest.Actor, kind string, votes ...int) doc {
	var options []doc
	for i, n := range votes {
		options = append(options, doc{"type": "Note", "name": string(rune('A' + i)), "replies": doc{"type": "Collection", "totalItems": n}})
	}
	return a.Note("What now?").With("type", "Question", kind, options, "endTime", federation.Stamp(time.Now().Add(time.Hour)), "votersCount", 7)
}

func ask(t *testing.T, n *nodetest.Node, author *store.Actor, v store.Visibility, multiple bool) *store.Post {
	t.Helper()
	p, err := n.Outbox.Post(t.Context(), author.ID, outbox.Draft{Text: "What now?", Visibility: v,
		Poll: &outbox.PollDraft{Options: []string{"Tea", "Coffee", "Water"}, Multiple: multiple, For: time.Hour}})
	require.NoError(t, err)
	return p
}

// tally is how many votes each option has, and the number of voters last.
func tally(t *testing.T, n *nodetest.Node, p *store.Post) []int64 {
	t.Helper()
	poll, err := n.DB.Poll(p.ID)
	require.NoError(t, err)
	var list []int64
	for _, o := range poll.Options {
		list = append(list, o.Votes)
	}
	return append(list, poll.VotersCount)
}

// A voter votes once, in a poll that he may see and that is open, for what it
// offers, and a vote is never a post.
func TestOneVoteForEachVoter(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, eve := far.Actor("bob"), far.Actor("eve")
		alice := n.Person("alice")
		p := ask(t, n, alice, store.Public, false)
		vote := bob.Complete(choice(bob, p, alice, "Coffee"))
		bob.Must(n, vote)
		bob.Must(n, vote)
		bob.Must(n, choice(bob, p, alice, "Coffee"))
		bob.Must(n, choice(bob, p, alice, "Tea"))
		assert.Equal(t, []int64{0, 1, 0, 1}, tally(t, n, p))
		eve.Must(n, choice(eve, p, alice, "Wine"))
		assert.Equal(t, []int64{0, 1, 0, 1}, tally(t, n, p), "an option that there is not")
		eve.Send(n, choice(bob, p, alice, "Tea"))
		assert.Equal(t, []int64{0, 1, 0, 1}, tally(t, n, p), "for another")
		eve.Must(n, choice(eve, p, alice, "Tea"))
		assert.Equal(t, []int64{1, 1, 0, 2}, tally(t, n, p))
		assert.Zero(t, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM posts WHERE NOT local`))
		assert.Zero(t, n.Again(p).RepliesCount)
		assert.Empty(t, n.Notified(alice))

		several := ask(t, n, alice, store.Public, true)
		for _, name := range []string{"Tea", "Water", "Water"} {
			bob.Must(n, choice(bob, several, alice, name))
		}
		assert.Equal(t, []int64{1, 0, 1, 1}, tally(t, n, several))

		// GoToSocial sends all choices of a voter at once.
		notes := []any{choice(eve, several, alice, "Tea")["object"], choice(eve, several, alice, "Coffee")["object"]}
		eve.Must(n, doc{"type": "Create", "object": notes, "to": []string{alice.URI}})
		assert.Equal(t, []int64{2, 1, 1, 2}, tally(t, n, several))

		hidden := ask(t, n, alice, store.Private, false)
		bob.Must(n, choice(bob, hidden, alice, "Tea"))
		assert.Equal(t, []int64{0, 0, 0, 0}, tally(t, n, hidden), "for followers only")

		over := ask(t, n, alice, store.Public, false)
		n.Exec(`UPDATE polls SET expires_at = 1`)
		bob.Must(n, choice(bob, over, alice, "Tea"))
		assert.Equal(t, []int64{0, 0, 0, 0}, tally(t, n, over), "it has ended")
	})
}

// A remote poll is shown with its author's counts, which nobody else changes.
func TestARemotePollIsItsAuthors(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, eve := far.Actor("bob"), far.Actor("eve")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		asked := question(bob, "oneOf", 3, 4)
		bob.Must(n, bob.Create(asked))
		p := n.Stored(asked.ID())
		require.NotNil(t, p)
		assert.Equal(t, []int64{3, 4, 7}, tally(t, n, p))

		require.NoError(t, n.Outbox.Vote(t.Context(), alice.ID, p.ID, []int{1}))
		require.Error(t, n.Outbox.Vote(t.Context(), alice.ID, p.ID, []int{0}), "once")
		assert.Equal(t, []int64{3, 5, 8}, tally(t, n, p))
		sent := far.Await("Create")
		assert.Equal(t, "B", sent.Doc["object"].(map[string]any)["name"])
		assert.Equal(t, asked.ID(), sent.Doc["object"].(map[string]any)["inReplyTo"])
		assert.Equal(t, []any{bob.URI}, sent.Doc["to"])

		newer := question(bob, "oneOf", 9, 8).With("id", asked.ID(), "published", asked["published"])
		eve.Send(n, doc{"type": "Update", "object": newer})
		assert.Equal(t, []int64{3, 5, 8}, tally(t, n, p))
		bob.Must(n, doc{"type": "Update", "object": newer})
		assert.Equal(t, []int64{9, 8, 7}, tally(t, n, p))
		assert.Zero(t, n.Again(p).EditedAt, "counts are no edit")
		chosen, err := n.DB.Choices(alice.ID, []int64{p.ID})
		require.NoError(t, err)
		assert.Equal(t, []int{1}, chosen[p.ID])
	})
}

// At the end those who voted are told, and other nodes get the counts.
func TestAPollEnds(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice, carol := n.Person("alice"), n.Person("carol")
		p := ask(t, n, alice, store.Public, false)
		require.NoError(t, n.Outbox.Vote(t.Context(), carol.ID, p.ID, []int{2}))
		bob.Must(n, choice(bob, p, alice, "Tea"))
		n.Exec(`UPDATE polls SET expires_at = 1`)
		require.NoError(t, n.Outbox.EndPoll(t.Context(), outbox.PollJob{PostID: p.ID}))
		require.NoError(t, n.Outbox.EndPoll(t.Context(), outbox.PollJob{PostID: p.ID}))
		assert.Equal(t, []string{"poll"}, n.Notified(alice))
		assert.Equal(t, []string{"poll"}, n.Notified(carol))
		update := far.Await("Update")
		told := update.Doc["object"].(map[string]any)
		assert.Equal(t, "Question", told["type"])
		assert.NotEmpty(t, told["closed"])
		assert.EqualValues(t, 2, told["votersCount"])
	})
}
