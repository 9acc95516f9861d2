package outbox_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piprate/json-gold/ld"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// pinned are the contexts that our documents name, as published.
type pinned map[string]any

func (p pinned) LoadDocument(uri string) (*ld.RemoteDocument, error) {
	doc, ok := p[uri]
	if !ok {
		return nil, ld.NewJsonLdError(ld.LoadingDocumentFailed, uri)
	}
	return &ld.RemoteDocument{DocumentURL: uri, Document: doc}, nil
}

func contexts(t *testing.T) pinned {
	t.Helper()
	p := pinned{}
	for uri, file := range map[string]string{"https://www.w3.org/ns/activitystreams": "activitystreams", "https://w3id.org/security/v1": "security-v1", "https://w3id.org/security/multikey/v1": "security-multikey-v1"} {
		raw, err := os.ReadFile("testdata/contexts/" + file + ".json")
		require.NoError(t, err)
		var doc any
		require.NoError(t, json.Unmarshal(raw, &doc))
		p[uri] = doc
	}
	return p
}

// expand reads a document as software does that knows nothing but JSON-LD, and
// insists that it understands each property and each type.
func expand(t *testing.T, p pinned, d map[string]any) any {
	t.Helper()
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader, options.SafeMode = p, true
	out, err := ld.NewJsonLdProcessor().Expand(d, options)
	require.NoError(t, err, "%v", d)
	understood(t, out, d)
	return out
}

func understood(t *testing.T, v any, of map[string]any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			understood(t, item, of)
		}
	case map[string]any:
		for key, value := range v {
			assert.True(t, strings.HasPrefix(key, "@") || strings.Contains(key, "://"), "%s in %v", key, of)
			if kinds, ok := value.([]any); ok && key == "@type" {
				for _, kind := range kinds {
					assert.Contains(t, kind, "://", "the type in %v", of)
				}
			}
			understood(t, value, of)
		}
	}
}

// Every property of every document that we send or serve is defined by the
// context that goes with it.
func TestDocumentsAreWholeJSONLD(t *testing.T) {
	n := sqlite(t)
	p := contexts(t)
	s := speak(t, n)
	kinds := map[string]bool{}
	for _, a := range s.host.Arrived() {
		kind := a.Doc["type"].(string)
		if object, ok := a.Doc["object"].(map[string]any); ok {
			kind += " " + object["type"].(string)
		}
		kinds[kind] = true
		expand(t, p, a.Doc)
	}
	for _, uri := range s.uris {
		_, _, body := n.Fetch(uri, s.bob)
		var d doc
		require.NoError(t, json.Unmarshal([]byte(body), &d), "%s: %s", uri, body)
		require.Contains(t, d, "@context", "%s: %s", uri, body)
		kinds[d["type"].(string)] = true
		expand(t, p, d)
	}
	require.Equal(t, []string{
		"Accept Follow", "Accept QuoteRequest", "Add", "Announce", "Application", "Block", "Collection", "CollectionPage", "Create", "Create Note", "Create Question", "Delete", "Delete Tombstone",
		"Flag", "Follow", "Like", "Move", "Note", "OrderedCollection", "OrderedCollectionPage", "Person", "Question", "QuoteAuthorization", "QuoteRequest", "Reject Follow", "Reject QuoteRequest", "Remove",
		"Tombstone", "Undo Announce", "Undo Block", "Undo Follow", "Undo Like", "Update Note", "Update Person", "Update Question",
	}, slices.Sorted(maps.Keys(kinds)))
}

// spoken is what one of ours did before a host, and where it can be read.
type spoken struct {
	host *nodetest.Host
	bob  *nodetest.Actor
	uris []string
}

// speak has one of ours do everything there is to do.
func speak(t *testing.T, n *nodetest.Node) *spoken {
	t.Helper()
	s := &spoken{host: nodetest.Play(t, "far")}
	s.bob = s.host.Actor("bob")
	alice, carol := n.Person("alice"), n.Person("carol")
	bob := n.Known(s.bob)
	s.bob.Follow(n, alice.URI)
	s.bob.Follow(n, carol.URI)
	n.Follow(alice, s.bob)
	s.describe(t, n, alice)
	s.post(t, n, alice)
	s.react(t, n, alice, bob)
	s.relate(t, n, alice, carol, bob)
	n.Settle()
	node, err := n.DB.InstanceActor()
	require.NoError(t, err)
	for _, actor := range []*store.Actor{alice, carol, node} {
		s.uris = append(s.uris, actor.URI)
	}
	for _, name := range []string{"/outbox", "/outbox?page=true", "/featured", "/followers", "/followers?page=true", "/following?page=true", "/followers_synchronization"} {
		s.uris = append(s.uris, alice.URI+name)
	}
	return s
}

func (s *spoken) describe(t *testing.T, n *nodetest.Node, alice *store.Actor) {
	name, note, on := "Alice", "Writes about #go", true
	require.NoError(t, n.Outbox.UpdateProfile(t.Context(), alice.ID, outbox.Profile{DisplayName: &name, Note: &note, Indexable: &on, Discoverable: &on,
		Fields: []outbox.ProfileField{{Name: "Web", Value: "https://alice.example"}}, Avatar: drawn(t), Header: drawn(t)}))
	_, err := n.Outbox.SetAlias(t.Context(), 0, alice.ID, s.bob.URI, true)
	require.NoError(t, err)
}

// drawn is a small picture.
func drawn(t *testing.T) *bytes.Buffer {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 64, 48))))
	return &file
}

func (s *spoken) post(t *testing.T, n *nodetest.Node, alice *store.Actor) {
	file, err := n.Outbox.Upload(t.Context(), alice.ID, outbox.Upload{File: bytes.NewReader(drawn(t).Bytes()), Description: "A blank sheet", FocusX: 0.5, FocusY: -0.5})
	require.NoError(t, err)
	all := post(t, n, alice, outbox.Draft{Text: "hello @bob@" + s.host.Name + " of #go", Spoiler: "careful", Language: "en", MediaIDs: []int64{file.ID}})
	_, err = n.Outbox.Edit(t.Context(), alice.ID, all.ID, outbox.Draft{Text: "hello again"})
	require.NoError(t, err)
	require.NoError(t, n.Outbox.Pin(t.Context(), alice.ID, all.ID))
	loose := post(t, n, alice, outbox.Draft{Text: "an answer", InReplyToID: all.ID})
	require.NoError(t, n.Outbox.Pin(t.Context(), alice.ID, loose.ID))
	require.NoError(t, n.Outbox.Unpin(t.Context(), alice.ID, loose.ID))
	poll := post(t, n, alice, outbox.Draft{Text: "which?", Poll: &outbox.PollDraft{Options: []string{"a", "b"}, Multiple: true, For: time.Hour}})
	n.Exec(`UPDATE polls SET expires_at = 1`)
	require.NoError(t, n.Outbox.EndPoll(t.Context(), outbox.PollJob{PostID: poll.ID}))
	gone := post(t, n, alice, outbox.Draft{Text: "never mind"})
	_, err = n.Outbox.Delete(t.Context(), alice.ID, gone.ID)
	require.NoError(t, err)
	boost, err := n.Outbox.Boost(t.Context(), alice.ID, all.ID, "")
	require.NoError(t, err)
	for _, name := range []string{"", "/activity", "/replies", "/replies?page=true", "/likes", "/shares"} {
		s.uris = append(s.uris, all.URI+name)
	}
	s.uris = append(s.uris, poll.URI, gone.URI, boost.URI, all.ContextURI, all.ContextURI+"?page=true")

	// He asks to quote her, twice, and she lets him once.
	for _, who := range []string{"public", "nobody"} {
		p := post(t, n, alice, outbox.Draft{Text: "quote me", QuotePolicy: who})
		s.bob.Must(n, doc{"type": "QuoteRequest", "object": p.URI, "instrument": s.bob.NewURI("notes")})
	}
	n.Settle()
	for _, a := range s.host.Arrived("Accept") {
		if stamp, ok := a.Doc["result"].(string); ok {
			s.uris = append(s.uris, stamp)
		}
	}
}

// react has her answer what he does: like, boost, vote and quote, and take it
// back.
func (s *spoken) react(t *testing.T, n *nodetest.Node, alice, bob *store.Actor) {
	said := s.bob.Note("words").With("interactionPolicy", doc{"canQuote": doc{"automaticApproval": federation.Public}}, "type", "Question",
		"oneOf", []doc{{"type": "Note", "name": "yes"}, {"type": "Note", "name": "no"}}, "endTime", federation.Stamp(time.Now().Add(time.Hour)))
	s.bob.Must(n, s.bob.Create(said))
	id := n.Stored(said.ID()).ID
	require.NoError(t, n.Outbox.Favourite(t.Context(), alice.ID, id))
	require.NoError(t, n.Outbox.Unfavourite(t.Context(), alice.ID, id))
	_, err := n.Outbox.Boost(t.Context(), alice.ID, id, "")
	require.NoError(t, err)
	require.NoError(t, n.Outbox.Unboost(t.Context(), alice.ID, id))
	require.NoError(t, n.Outbox.Vote(t.Context(), alice.ID, id, []int{0}))
	quote := post(t, n, alice, outbox.Draft{Text: "as he says", QuotedID: id})
	request := s.host.Await("QuoteRequest")
	s.bob.Must(n, doc{"type": "Accept", "object": request.Doc["id"], "result": s.bob.NewURI("stamps")})
	s.uris = append(s.uris, quote.URI)
	_, err = n.Outbox.Report(t.Context(), alice.ID, outbox.Complaint{TargetID: bob.ID, PostIDs: []int64{id}, Comment: "hm", Forward: true})
	require.NoError(t, err)
}

// relate has them part, and both of ours leave: one moves, one is deleted.
func (s *spoken) relate(t *testing.T, n *nodetest.Node, alice, carol, bob *store.Actor) {
	require.NoError(t, n.Outbox.RotateKeys(t.Context(), 0, alice.ID))
	require.NoError(t, n.Outbox.RemoveFollower(t.Context(), alice.ID, bob.ID))
	require.NoError(t, n.Outbox.Block(t.Context(), alice.ID, bob.ID))
	require.NoError(t, n.Outbox.Unblock(t.Context(), alice.ID, bob.ID))
	s.bob.Follow(n, alice.URI)
	names := s.host.Document("/users/bob").With("alsoKnownAs", []string{alice.URI})
	s.host.Put("/users/bob", names)
	_, err := n.Outbox.Move(t.Context(), 0, alice.ID, s.bob.URI)
	require.NoError(t, err)
	require.NoError(t, n.Actors.Delete(t.Context(), 0, carol.ID))
}
