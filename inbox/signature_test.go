package inbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// Who sent it, by RFC 9421: the same refusals as by draft-cavage.
func TestMessageSignaturesVouchForNobodyElse(t *testing.T) {
	n := sqlite(t)
	n.Actors.SecureMode = true
	far := nodetest.Play(t, "far")
	bob, eve := far.Actor("bob"), nodetest.Play(t, "evil").Actor("eve")
	bob.Scheme, eve.Scheme = federation.RFC9421, federation.RFC9421
	alice := n.Person("alice")
	n.Follow(alice, bob)

	note := bob.Note("signed")
	create := bob.Complete(bob.Create(note))
	require.Equal(t, http.StatusUnauthorized, eve.Send(n, create), "another signs for bob")
	body := encode(t, create)
	require.Equal(t, http.StatusUnauthorized, n.Do(withBody(bob.Request(n, body), encode(t, create.With("object", bob.Note("forged"))))))
	for _, at := range []time.Duration{-13 * time.Hour, 61 * time.Minute} {
		require.Equal(t, http.StatusUnauthorized, n.Do(bob.RequestAt(n, body, time.Now().Add(at))), at)
	}
	elsewhere := bob.Request(n, body)
	elsewhere.Host = "other.example"
	require.Equal(t, http.StatusUnauthorized, n.Do(elsewhere))
	require.Nil(t, n.Stored(note.ID()))
	for range 3 {
		require.Equal(t, http.StatusAccepted, n.Do(bob.Request(n, body)))
	}
	require.NotNil(t, n.Stored(note.ID()))

	// In secure mode a signed reader gets what a stranger does not, and
	// everybody gets the actors that keys are looked up with.
	post := n.Post(alice, store.Public, "For those who say who they are.")
	status, _, _ := n.Fetch(post.URI, nil)
	require.Equal(t, http.StatusUnauthorized, status)
	status, header, _ := n.Fetch(post.URI, bob)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "private, no-store", header.Get("Cache-Control"))
	node, err := n.DB.InstanceActor()
	require.NoError(t, err)
	for _, uri := range []string{node.URI, alice.URI} {
		status, _, _ = n.Fetch(uri, nil)
		require.Equal(t, http.StatusOK, status, uri)
	}
}

// A node that says it takes RFC 9421 and has Ed25519 keys gets such signatures,
// which fit the key that our actor publishes.
func TestEdwardsKeysForThoseWhoTakeThem(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	bob, alice := far.Actor("bob"), n.Person("alice")
	_, public, err := federation.NewEdwardsPair()
	require.NoError(t, err)
	key, err := federation.ParsePublicKeyPEM(public)
	require.NoError(t, err)
	far.Put("/users/bob", far.Document("/users/bob").With(
		"assertionMethod", []doc{{"id": bob.URI + "#ed25519-key", "type": "Multikey", "controller": bob.URI, "publicKeyMultibase": key.Multibase()}},
		"generator", doc{"type": "Application", "implements": []doc{{"href": "https://datatracker.ietf.org/doc/html/rfc9421"}}}))
	inputs := make(chan string, 10)
	far.Answer(func(_ http.ResponseWriter, r *http.Request, _ nodetest.Doc) bool {
		inputs <- r.Header.Get("Signature-Input")
		return false
	})
	n.Follow(alice, bob)
	require.Contains(t, <-inputs, `keyid="`+alice.URI+`#ed25519-key";alg="ed25519"`)
	known := n.Known(bob)
	keys, err := n.DB.Key(bob.URI + "#ed25519-key")
	require.NoError(t, err)
	assert.Equal(t, known.ID, keys.ActorID)
	assert.Equal(t, "ed25519", keys.Algorithm)
}

// Two nodes: one of ours gets new keys, and what is signed with them is taken.
func TestNewKeysAreLearned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		here := nodetest.Start(t, db)
		there := nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
		alice, bob := here.Person("alice"), there.Person("bob")
		author, err := there.Actors.Find(t.Context(), alice.URI)
		require.NoError(t, err)
		require.NoError(t, there.Outbox.Follow(t.Context(), bob.ID, author.ID, outbox.FollowOptions{}))
		nodetest.Eventually(t, "bob follows alice", func() bool {
			f, err := there.DB.Follow(bob.ID, author.ID)
			return err == nil && f.Accepted
		})
		before, err := there.DB.Key(alice.URI + "#main-key")
		require.NoError(t, err)
		for _, text := range []string{"with the first keys", "with the second"} {
			post := here.Post(alice, store.Public, text)
			nodetest.Eventually(t, "the post signed "+text+" arrives", func() bool { return there.Stored(post.URI) != nil })
			require.NoError(t, here.Outbox.RotateKeys(t.Context(), 0, alice.ID))
		}
		nodetest.Eventually(t, "the new key is known", func() bool {
			after, err := there.DB.Key(alice.URI + "#main-key")
			return err == nil && after.PublicKey != before.PublicKey
		})
	})
}
