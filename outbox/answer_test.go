package outbox_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// leave closes the account of somebody, in whose place another answers.
func leave(t *testing.T, n *nodetest.Node, who *store.Actor, successor string) {
	t.Helper()
	_, err := n.Actors.SetSuccessor(t.Context(), 0, who.ID, successor)
	require.NoError(t, err)
	require.NoError(t, n.Actors.Close(t.Context(), 0, who.ID))
	n.Settle()
}

// postsOf are the posts of an account, newest first.
func postsOf(t *testing.T, n *nodetest.Node, who *store.Actor) []*store.Post {
	t.Helper()
	entries, err := n.DB.AccountTimeline(who.ID, who.ID, store.Page{Limit: 40}, store.AccountQuery{})
	require.NoError(t, err)
	var list []*store.Post
	for _, e := range entries {
		p, err := n.DB.Post(e.PostID)
		require.NoError(t, err)
		list = append(list, p)
	}
	return list
}

func audited(t *testing.T, n *nodetest.Node, action string) (lines []*store.AuditLine) {
	t.Helper()
	all, err := n.DB.AuditLines(0, 500)
	require.NoError(t, err)
	for _, line := range all {
		if line.Action == action {
			lines = append(lines, line)
		}
	}
	return lines
}

// Who writes to a closed account learns once who answers in its place.
func TestAClosedAccountNamesItsSuccessor(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		ada, bert, carl := n.Person("ada"), n.Person("bert"), n.Person("carl")
		bob.Follow(n, ada.URI)
		far.Await("Accept")
		leave(t, n, ada, "@bert")

		n.Post(carl, store.Direct, "@ada are you there?")
		n.Settle()
		notes := postsOf(t, n, ada)
		require.Len(t, notes, 1)
		note := notes[0]
		domain := n.Actors.Domain
		assert.Equal(t, "@carl This is an automatic note: this account is closed. @bert@"+domain+" answers in its place.", note.Source)
		assert.Contains(t, note.Content, `href="`+bert.URL+`"`)
		assert.Equal(t, store.Direct, note.Visibility)
		assert.True(t, note.Automatic)
		assert.Zero(t, note.ActedBy)
		assert.Zero(t, note.HeldUntil)
		assert.Equal(t, []string{"mention"}, n.Notified(carl))
		assert.Empty(t, n.Notified(bert), "the post was not for him")
		n.Post(carl, store.Direct, "@ada please")
		n.Settle()
		assert.Len(t, postsOf(t, n, ada), 1, "once")
		lines := audited(t, n, "account.answered")
		require.Len(t, lines, 1)
		assert.Zero(t, lines[0].ActorID, "the node did it")
		assert.Equal(t, "ada", lines[0].Subject)

		asked := bob.Note("@ada hello").With("to", []string{ada.URI}, "cc", []string{}, "tag", []doc{{"type": "Mention", "href": ada.URI}})
		bob.Must(n, bob.Create(asked))
		sent := far.Await("Create")
		object := sent.Doc["object"].(map[string]any)
		assert.Equal(t, asked.ID(), object["inReplyTo"])
		assert.Equal(t, []any{bob.URI}, object["to"])
		assert.Len(t, object["tag"], 1, "the successor is a link")
		node, err := n.DB.InstanceActor()
		require.NoError(t, err)
		assert.Equal(t, node.URI, object["generator"])
		require.NotNil(t, n.Stored(asked.ID()), "it is kept for the record")
		bob.Must(n, bob.Create(bob.Note("again").With("to", []string{ada.URI}, "cc", []string{})))
		n.Settle()
		assert.Len(t, far.Arrived("Create"), 1)

		// Thirty days later it may be that they forgot.
		require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.Prune(store.Now() + 1) }))
		n.Post(carl, store.Direct, "@ada after a while")
		n.Settle()
		assert.Len(t, postsOf(t, n, ada), 3)

		require.NoError(t, n.Actors.Enable(t.Context(), 0, ada.ID))
		n.Post(bert, store.Direct, "@ada welcome back")
		frida := n.Person("frida")
		n.Post(frida, store.Direct, "@ada welcome")
		n.Settle()
		assert.Len(t, postsOf(t, n, ada), 3, "she answers herself")
		back, err := n.DB.Actor(ada.ID)
		require.NoError(t, err)
		assert.Equal(t, bert.ID, back.SuccessorID, "nothing is forgotten")
	})
}

// What a closed account does not answer.
func TestAClosedAccountStaysSilent(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, robot, barred := far.Actor("bob"), far.Actor("robot"), far.Actor("barred")
		far.Put("/users/robot", far.Document("/users/robot").With("type", "Service"))
		ada, bert, carl, gone := n.Person("ada"), n.Person("bert"), n.Person("carl"), n.Person("gone")
		require.NoError(t, n.Outbox.Block(t.Context(), ada.ID, n.Known(barred).ID))
		leave(t, n, ada, "bert")
		require.NoError(t, n.Actors.Close(t.Context(), 0, gone.ID))
		direct := func(a *nodetest.Actor) doc {
			return a.Note("hello").With("to", []string{ada.URI}, "cc", []string{}, "tag", []doc{{"type": "Mention", "href": ada.URI}})
		}
		robot.Must(n, robot.Create(direct(robot)))
		barred.Send(n, barred.Create(direct(barred)))
		bob.Must(n, bob.Create(direct(bob).With("to", []string{ada.URI, federation.Public})))
		bob.Must(n, bob.Create(direct(bob).With("to", []string{ada.URI}, "cc", []string{bob.URI + "/followers"})))
		bob.Must(n, bob.Create(direct(bob).With("generator", far.URL+"/actor")))
		n.Post(bert, store.Direct, "@ada I read yours now")
		n.Post(carl, store.Direct, "@gone nobody answers for you")
		n.Post(carl, store.Public, "@ada in the open")
		n.Settle()
		assert.Empty(t, postsOf(t, n, ada))
		assert.Empty(t, postsOf(t, n, gone))
		assert.Empty(t, far.Arrived("Create"))

		require.NoError(t, n.Actors.Disable(t.Context(), 0, n.Known(bob).ID))
		require.NotEqual(t, http.StatusAccepted, bob.Send(n, bob.Create(direct(bob))))
		require.NoError(t, n.Actors.Close(t.Context(), 0, bert.ID))
		n.Post(carl, store.Direct, "@ada is anybody there?")
		n.Settle()
		assert.Empty(t, postsOf(t, n, ada), "her successor has left too")
	})
}

// Two closed accounts on two nodes do not talk to each other.
func TestClosedAccountsDoNotTalk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		here, there := nodetest.Start(t, db), nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
		ada, bert := here.Person("ada"), here.Person("bert")
		zoe := there.Person("zoe")
		there.Person("yan")
		here.Post(ada, store.Direct, "@zoe@"+there.Actors.Domain+" remember me")
		nodetest.Eventually(t, "they know each other", func() bool { return len(there.Notified(zoe)) == 1 })
		there.Post(zoe, store.Direct, "@ada@"+here.Actors.Domain+" one last word")
		nodetest.Eventually(t, "it arrives", func() bool { return len(here.Notified(ada)) == 1 })
		leave(t, there, zoe, "yan")
		leave(t, here, ada, "bert")
		// Her last word comes to be answered only now.
		first := postsOf(t, there, zoe)[0]
		stored := here.Stored(first.URI)
		require.NotNil(t, stored)
		require.NoError(t, here.Outbox.Answer(t.Context(), outbox.AnswerJob{PostID: stored.ID, AccountID: ada.ID}))
		note := postsOf(t, here, ada)[0]
		require.True(t, note.Automatic)
		nodetest.Eventually(t, "the note arrives", func() bool { return there.Stored(note.URI) != nil })
		there.Settle()
		here.Settle()
		assert.True(t, there.Stored(note.URI).Automatic)
		assert.Len(t, postsOf(t, there, zoe), 1, "a note is not answered by a note")
		assert.Empty(t, here.Notified(bert))
	})
}

// Who is no successor.
func TestWhoCanSucceed(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	far.Actor("bob")
	ada, gone := n.Person("ada"), n.Person("gone")
	require.NoError(t, n.Actors.Close(t.Context(), 0, gone.ID))
	for _, handle := range []string{"ada", "@ada@" + n.Actors.Domain, "nobody", "nobody@" + far.Name, "gone", "two words"} {
		_, err := n.Actors.SetSuccessor(t.Context(), 0, ada.ID, handle)
		require.Error(t, err, handle)
	}
	assert.Empty(t, audited(t, n, "account.successor"))
	next, err := n.Actors.SetSuccessor(t.Context(), 0, ada.ID, "@bob@"+far.Name)
	require.NoError(t, err)
	assert.Equal(t, "bob@"+far.Name, next.Acct())
	_, err = n.Actors.SetSuccessor(t.Context(), 0, ada.ID, "@bob@"+far.Name)
	require.NoError(t, err)
	_, err = n.Actors.SetSuccessor(t.Context(), 0, ada.ID, "")
	require.NoError(t, err)
	lines := audited(t, n, "account.successor")
	require.Len(t, lines, 2, "what changes nothing has no line")
	assert.JSONEq(t, `{"before":"bob@`+far.Name+`","after":""}`, lines[1].Detail)
	back, err := n.DB.Actor(ada.ID)
	require.NoError(t, err)
	assert.Zero(t, back.SuccessorID)
}

// Followers are told nothing that is not so: the account is there, and says what
// it said.
func TestClosingTellsFollowersNothingUntrue(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob := far.Actor("bob")
	ada := n.Person("ada")
	n.Person("bert")
	bob.Follow(n, ada.URI)
	far.Await("Accept")
	document := func() doc {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ada.URI, nil)
		require.NoError(t, err)
		r.Header.Set("Accept", federation.ContentType)
		res, err := nodetest.Client.Do(r)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		require.Equal(t, http.StatusOK, res.StatusCode)
		var d doc
		require.NoError(t, json.NewDecoder(res.Body).Decode(&d))
		delete(d, "updated")
		return d
	}
	before := document()
	leave(t, n, ada, "bert")
	assert.Equal(t, before, document())
	for _, a := range far.Arrived() {
		switch a.Doc["type"] {
		case "Accept":
		case "Update":
			told := a.Doc["object"].(map[string]any)
			for _, key := range []string{"id", "name", "preferredUsername", "inbox", "movedTo", "suspended", "published"} {
				assert.Equal(t, before[key], told[key], key)
			}
		default:
			t.Error("followers are told", a.Doc)
		}
	}
}
