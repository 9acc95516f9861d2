package inbox_test

import (
	"encoding/csv"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// corpus is where documents captured from other software lie on machines that
// have them; they are under licences of their own.
const corpus = "../../shared/corpus"

// captured is a document with what is known of it.
type captured struct {
	file, software, kind string
	object               *federation.Object
}

// capturedDocuments are those that can be read at all; signed requests and
// test vectors are no documents.
func capturedDocuments(t *testing.T) []captured {
	t.Helper()
	list, err := os.Open(filepath.Join(corpus, "PROVENANCE.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the corpus of captured documents is not here: lay it at ../shared/corpus beside the repository")
	}
	require.NoError(t, err)
	defer list.Close()
	r := csv.NewReader(list)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	require.NoError(t, err)
	var all []captured
	for _, row := range rows[1:] {
		if !strings.HasSuffix(row[0], ".json") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(corpus, row[0]))
		require.NoError(t, err)
		if o, err := federation.ParseObject(raw); err == nil {
			all = append(all, captured{row[0], row[1], row[2], o})
		}
	}
	return all
}

// stage is a node on which the captured documents are played: whom they name
// is known to it, as if it had met them.
type stage struct {
	*nodetest.Node
	alice *store.Actor
}

// meet makes the row of a remote actor that alice follows.
func (s *stage) meet(t *testing.T, uri, followers string) *store.Actor {
	t.Helper()
	if actor, err := s.DB.ActorByURI(uri); err == nil {
		return actor
	}
	host := string(federation.HostOf(uri))
	if host == "" {
		return nil
	}
	actor := &store.Actor{ID: store.NewID(), URI: uri, Kind: "Person", Username: "u" + uri[len(uri)-min(len(uri), 40):], Domain: host, InboxURI: uri + "/inbox",
		FollowersURI: followers, Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now(), FetchedAt: store.Now()}
	require.NoError(t, s.DB.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.CreateActor(actor); err != nil {
			return err
		}
		return tx.CreateFollow(&store.Follow{ID: store.NewID(), URI: "https://follows.example/" + uri, FollowerID: s.alice.ID, TargetID: actor.ID, Accepted: true, ShowBoosts: true})
	}))
	return actor
}

// lay stores a post of alice under the URI that an activity is about.
func (s *stage) lay(t *testing.T, uri string) {
	t.Helper()
	if federation.HostOf(uri) == "" {
		return
	}
	require.NoError(t, s.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertPost(&store.Post{ID: store.NewID(), URI: uri, ActorID: s.alice.ID, Kind: "Note", Local: true, Visibility: store.Public,
			Scope: store.World, Content: "<p>ours</p>", PublishedAt: store.Now(), ReceivedAt: store.Now()}, nil, nil)
		return err
	}))
}

// followersOf guesses the collection that a post is addressed to.
func followersOf(o *federation.Object) string {
	for _, uri := range o.Recipients() {
		if strings.Contains(uri, "followers") {
			return uri
		}
	}
	return ""
}

// play feeds the node a document: an activity as if its signature had been
// checked, anything else as if it had been fetched.
func (s *stage) play(t *testing.T, o *federation.Object) error {
	t.Helper()
	if o.Actor != "" && o.Object != nil {
		sender := s.meet(t, o.Actor, followersOf(o))
		if sender == nil {
			return fault.New(fault.Unauthorized, "nobody can sign for that")
		}
		about := o.Object
		if o.Type == "Undo" && about.Object != nil {
			about = about.Object
		}
		if !about.Embedded() && o.Type != "Follow" && o.Type != "Block" && o.Type != "Delete" {
			s.lay(t, about.ID)
		}
		return s.Inbox.Apply(t.Context(), sender, o)
	}
	for _, object := range []*federation.Object{o, o.Object} {
		if object != nil && object.AttributedTo != "" {
			s.meet(t, object.AttributedTo, followersOf(object))
		}
	}
	_, err := s.Inbox.Take(t.Context(), o)
	return err
}

// Nothing that other software was seen to send breaks the node, and what a
// reader of that software expects to see is there.
func TestCorpusIsUnderstood(t *testing.T) {
	documents := capturedDocuments(t)
	s := &stage{Node: nodetest.Wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))}
	s.alice = s.Person("alice")
	shown, refused := map[string]int{}, map[string]int{}
	for _, c := range documents {
		err := s.play(t, c.object)
		if err != nil {
			assert.Less(t, int(fault.Of(err)), http.StatusInternalServerError, "%s: %v", c.file, err)
			if testing.Verbose() {
				t.Logf("%s: %v", c.file, err)
			}
			refused[c.software]++
			continue
		}
		post := c.object
		if post.Type == "Create" && post.Object != nil {
			post = post.Object
		}
		p := s.Stored(post.ID)
		if p == nil || p.Local {
			continue
		}
		shown[p.Kind]++
		media, err := s.DB.PostMedia([]int64{p.ID})
		require.NoError(t, err)
		assert.True(t, p.Content != "" || len(media[p.ID]) > 0 || post.Content == "", "%s says nothing", c.file)
		if post.Name != "" && p.Kind != "Note" && p.Kind != "Question" {
			assert.Contains(t, p.Content, "<strong>", "%s has its title", c.file)
			assert.Contains(t, p.Content, "<a href=", "%s has its address", c.file)
		}
	}
	t.Logf("shown %v, refused %v", shown, refused)
	for _, kind := range []string{"Note", "Question", "Article", "Page", "Video", "Audio", "Image", "Event"} {
		assert.Positive(t, shown[kind], kind)
	}
}
