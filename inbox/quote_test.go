package inbox_test

import (
	"cmp"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

func stateOf(t *testing.T, n *nodetest.Node, uri string) string {
	t.Helper()
	p := n.Stored(uri)
	require.NotNil(t, p)
	q, err := n.DB.Quote(p.ID)
	require.NoError(t, err)
	return q.State
}

// Whoever wants to quote one of ours gets leave by her policy, and shows a
// stamp that anybody can read; the quote counts, whichever came first.
func TestAQuoteOfOursIsAskedFor(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice := n.Person("alice")
		n.Follow(alice, bob)
		for _, order := range orders(2) {
			said := n.Post(alice, store.Public, "quote me")
			note := bob.Note("as she says").With("quote", said.URI)
			request := bob.Complete(doc{"type": "QuoteRequest", "object": said.URI, "instrument": note.ID()})
			story := []doc{request, bob.Create(note)}
			for _, at := range order {
				bob.Must(n, story[at])
			}
			assert.Equal(t, store.QuoteAccepted, stateOf(t, n, note.ID()), "%v", order)
			assert.EqualValues(t, 1, n.Again(said).QuotesCount)
			n.Settle()
			var accept nodetest.Arrival
			for _, a := range far.Arrived("Accept") {
				if about, _ := a.Doc["object"].(map[string]any); about["id"] == request.ID() {
					accept = a
				}
			}
			stamp, _ := accept.Doc["result"].(string)
			status, _, body := n.Fetch(stamp, nil)
			require.Equal(t, http.StatusOK, status, body)
			o, err := federation.ParseObject([]byte(body))
			require.NoError(t, err)
			assert.Equal(t, []string{"QuoteAuthorization", alice.URI, note.ID(), said.URI}, []string{o.Type, o.AttributedTo, o.InteractingObject, o.InteractionTarget})

			// What was let can be revoked, and is not to be had again.
			require.NoError(t, n.Outbox.RevokeQuote(t.Context(), alice.ID, said.ID, n.Stored(note.ID()).ID))
			status, _, _ = n.Fetch(stamp, nil)
			assert.Equal(t, http.StatusNotFound, status)
			bob.Must(n, doc{"type": "QuoteRequest", "object": said.URI, "instrument": note.ID()})
			assert.Equal(t, store.QuoteRevoked, stateOf(t, n, note.ID()))
			assert.EqualValues(t, 0, n.Again(said).QuotesCount)
			n.Settle()
			assert.NotEmpty(t, far.Arrived("Delete"))
		}
		assert.Equal(t, []string{"quote", "quote"}, n.Notified(alice))
	})
}

func TestAQuoteOfOursThatIsNotLet(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, eve := far.Actor("bob"), nodetest.Play(t, "elsewhere").Actor("eve")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	post := func(v store.Visibility, policy string) *store.Post {
		p, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "hm", Visibility: v, QuotePolicy: policy})
		require.NoError(t, err)
		return p
	}
	stamps := func() int64 { return nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM quote_stamps`) }
	nobody, followers, private := post(store.Public, "nobody"), post(store.Public, "followers"), post(store.Private, "public")
	ask := func(p *store.Post, instrument any) {
		bob.Must(n, doc{"type": "QuoteRequest", "object": p.URI, "instrument": instrument})
	}
	ask(nobody, bob.NewURI("notes"))
	ask(followers, bob.NewURI("notes"))
	n.Settle()
	assert.Len(t, far.Arrived("Reject"), 2)
	ask(private, bob.NewURI("notes"))
	open := post(store.Public, "public")
	ask(open, eve.NewURI("notes"))
	bob.Send(n, doc{"type": "QuoteRequest", "object": open.URI, "instrument": bob.Note("x").With("attributedTo", eve.URI)})
	hour := 3600
	for what, d := range map[string]outbox.Draft{
		"here only":             {Visibility: store.Public, Scope: store.Here},
		"not sent yet":          {Visibility: store.Public, HoldSeconds: &hour},
		"for who is named":      {Visibility: store.Direct},
		"for who is named, him": {Visibility: store.Direct, Text: "@bob@" + far.Name + " hm"},
	} {
		d.Text, d.QuotePolicy = cmp.Or(d.Text, "hm"), "public"
		p, err := n.Outbox.Post(t.Context(), alice.ID, d)
		require.NoError(t, err, what)
		ask(p, bob.NewURI("notes"))
		assert.Zero(t, stamps(), what)
	}
	gone := post(store.Public, "public")
	_, err := n.Outbox.Delete(t.Context(), alice.ID, gone.ID)
	require.NoError(t, err)
	ask(gone, bob.NewURI("notes"))
	assert.Zero(t, stamps())
	bob.Follow(n, alice.URI)
	ask(followers, bob.NewURI("notes"))
	assert.EqualValues(t, 1, stamps())

	// A quote that was not asked for is none, in the old way or the new, nor is
	// one with a stamp that is somebody else's.
	for _, property := range []string{"quote", "quoteUrl", "_misskey_quote"} {
		note := bob.Note("as she says").With(property, open.URI, "quoteAuthorization", bob.NewURI("stamps"))
		bob.Must(n, bob.Create(note))
		n.Settle()
		assert.Equal(t, store.QuotePending, stateOf(t, n, note.ID()), property)
	}
	assert.Zero(t, n.Again(open).QuotesCount)
}

// A quote of somebody elsewhere is shown when the author's node says that it
// may be, and no longer when it says so no more.
func TestAQuoteElsewhereIsVerified(t *testing.T) {
	n := sqlite(t)
	far, other := nodetest.Play(t, "far"), nodetest.Play(t, "other")
	bob, carol := far.Actor("bob"), other.Actor("carol")
	n.Follow(n.Person("alice"), bob)
	said := carol.Note("words")
	other.Put(said.ID()[len(other.URL):], said)
	quote := func(target doc, stamp doc) doc {
		note := bob.Note("as she says").With("quote", target.ID())
		if stamp != nil {
			full := doc{"id": carol.NewURI("stamps"), "type": "QuoteAuthorization", "attributedTo": carol.URI, "interactingObject": note.ID(), "interactionTarget": target.ID()}
			for k, v := range stamp {
				full[k] = v
			}
			other.Put(full.ID()[len(other.URL):], full)
			note = note.With("quoteAuthorization", full.ID())
		}
		bob.Must(n, bob.Create(note))
		n.Settle()
		return note
	}
	for name, lie := range map[string]doc{
		"another's":         {"attributedTo": bob.URI},
		"for another post":  {"interactingObject": bob.NewURI("notes")},
		"of another post":   {"interactionTarget": carol.NewURI("notes")},
		"of another kind":   {"type": "Note"},
		"no stamp, said so": nil,
	} {
		assert.Equal(t, store.QuotePending, stateOf(t, n, quote(said, lie).ID()), name)
	}
	note := quote(said, doc{})
	assert.Equal(t, store.QuoteAccepted, stateOf(t, n, note.ID()))
	stamp := note["quoteAuthorization"].(string)
	bob.Must(n, doc{"type": "Delete", "object": stamp}) // which is not his
	assert.Equal(t, store.QuoteAccepted, stateOf(t, n, note.ID()))
	mate := other.Actor("mate")
	mate.Must(n, doc{"type": "Delete", "object": stamp}) // nor hers, though she is on its host
	assert.Equal(t, store.QuoteAccepted, stateOf(t, n, note.ID()))
	carol.Must(n, doc{"type": "Delete", "object": stamp})
	assert.Equal(t, store.QuoteRevoked, stateOf(t, n, note.ID()))
	bob.Must(n, doc{"type": "Update", "object": note})
	n.Settle()
	assert.Equal(t, store.QuoteRevoked, stateOf(t, n, note.ID()), "it is dead")

	// One's own words need no leave.
	own := bob.Note("before")
	far.Put(own.ID()[len(far.URL):], own)
	assert.Equal(t, store.QuoteAccepted, stateOf(t, n, quote(own, nil).ID()))
}

// We ask before we quote, and show what we got.
func TestWeAskToQuote(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, eve := far.Actor("bob"), nodetest.Play(t, "elsewhere").Actor("eve")
	alice := n.Person("alice")
	n.Follow(alice, bob)
	closed := bob.Note("closed")
	bob.Must(n, bob.Create(closed))
	_, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "as he says", QuotedID: n.Stored(closed.ID()).ID})
	require.Error(t, err, "he said nothing of quotes")
	said := bob.Note("words").With("interactionPolicy", doc{"canQuote": doc{"automaticApproval": federation.Public}})
	bob.Must(n, bob.Create(said))
	bob.Follow(n, alice.URI)
	mine, err := n.Outbox.Post(t.Context(), alice.ID, outbox.Draft{Text: "as he says", QuotedID: n.Stored(said.ID()).ID})
	require.NoError(t, err)
	request := far.Await("QuoteRequest")
	assert.Equal(t, said.ID(), request.Doc["object"])
	instrument, _ := request.Doc["instrument"].(map[string]any)
	assert.Equal(t, []any{mine.URI, said.ID(), said.ID()}, []any{instrument["id"], instrument["quote"], instrument["quoteUri"]})
	assert.Contains(t, instrument["content"], `<p class="quote-inline">RE: `)

	accept := doc{"type": "Accept", "object": request.Doc["id"], "result": bob.NewURI("stamps")}
	eve.Must(n, accept.With("result", eve.NewURI("stamps")))
	bob.Must(n, accept.With("result", eve.NewURI("stamps")))
	assert.Equal(t, store.QuotePending, stateOf(t, n, mine.URI))
	bob.Must(n, accept)
	assert.Equal(t, store.QuoteAccepted, stateOf(t, n, mine.URI))
	n.Settle()
	updates := far.Arrived("Update")
	require.Len(t, updates, 1)
	object, _ := updates[0].Doc["object"].(map[string]any)
	assert.Equal(t, accept["result"], object["quoteAuthorization"])
	assert.NotContains(t, object, "updated", "it is no edit")
	bob.Must(n, doc{"type": "Reject", "object": doc{"type": "QuoteRequest", "id": "x:" + strconv.Itoa(1), "instrument": mine.URI}})
	assert.Equal(t, store.QuoteRevoked, stateOf(t, n, mine.URI))
}
