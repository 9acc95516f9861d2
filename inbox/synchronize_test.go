package inbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// synchronized has the actor post, and say whom of the node's people he counts
// among his followers.
func synchronized(t *testing.T, n *nodetest.Node, bob *nodetest.Actor, collection, url string, followers ...string) {
	t.Helper()
	body, err := json.Marshal(bob.Complete(bob.Create(bob.Note("hello"))))
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL+"/inbox", bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", federation.ContentType)
	r.Header.Set("Collection-Synchronization", federation.Synchronization{CollectionID: collection, URL: url, Digest: federation.Members(followers)}.String())
	require.NoError(t, federation.Sign(r, federation.Cavage, federation.Digest(body), bob.Key, time.Now()))
	require.Equal(t, http.StatusAccepted, n.Do(r))
	n.Settle()
}

// list publishes a collection of followers.
func list(h *nodetest.Host, path string, followers ...string) {
	h.Put(path, doc{"id": h.URL + path, "type": "OrderedCollection", "orderedItems": followers})
}

func follows(t *testing.T, n *nodetest.Node, who *store.Actor, bob *nodetest.Actor) bool {
	t.Helper()
	f, err := n.DB.Follow(who.ID, n.Known(bob).ID)
	if !fault.Is(err, fault.NotFound) {
		require.NoError(t, err)
	}
	return err == nil && f.Accepted
}

// FEP-8fcf, received: what the other node does not know ends here, and what we
// do not know ends there.
func TestFollowersAreSynchronized(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		alice, amy, ann := n.Person("alice"), n.Person("amy"), n.Person("ann")
		n.Follow(alice, bob)
		n.Follow(amy, bob)
		collection, path := bob.URI+"/followers", "/users/bob/followers_synchronization"
		list(far, path, alice.URI, ann.URI)
		synchronized(t, n, bob, collection, far.URL+path, alice.URI, ann.URI)
		require.True(t, follows(t, n, alice, bob))
		require.False(t, follows(t, n, amy, bob), "bob's node does not know of it")
		undone := map[any]bool{}
		for _, a := range far.Arrived("Undo") {
			undone[a.Doc["actor"]] = true
		}
		require.True(t, undone[ann.URI], "ann does not follow him")
		require.False(t, undone[alice.URI])
		require.Equal(t, 1, far.Asked(path))
		synchronized(t, n, bob, collection, far.URL+path)
		require.Equal(t, 1, far.Asked(path), "it is asked for once in a while")
	})
}

func TestAListThatIsNotWhatWasSignedChangesNothing(t *testing.T) {
	for name, break_ := range map[string]func(far, near *nodetest.Host, bob *nodetest.Actor) (collection, url string, digest []string){
		"another's collection": func(far, _ *nodetest.Host, bob *nodetest.Actor) (string, string, []string) {
			return far.URL + "/users/eve/followers", far.URL + "/list", nil
		},
		"a list elsewhere": func(_, near *nodetest.Host, bob *nodetest.Actor) (string, string, []string) {
			return bob.URI + "/followers", near.URL + "/list", nil
		},
		"a list that is cut short": func(far, _ *nodetest.Host, bob *nodetest.Actor) (string, string, []string) {
			return bob.URI + "/followers", far.URL + "/list", []string{"https://somebody.example/else"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := sqlite(t)
			far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
			bob := far.Actor("bob")
			alice := n.Person("alice")
			n.Follow(alice, bob)
			list(far, "/list")
			list(near, "/list")
			collection, url, digest := break_(far, near, bob)
			synchronized(t, n, bob, collection, url, digest...)
			require.True(t, follows(t, n, alice, bob))
			require.Zero(t, near.Asked("/list"))
		})
	}
}

// FEP-8fcf, sent: with what is for followers, for each host its own; the list
// is shown to the host that signs for it, and to nobody else.
func TestWeSayWhoFollows(t *testing.T) {
	n := sqlite(t)
	far, near := nodetest.Play(t, "far"), nodetest.Play(t, "near")
	bob, eve := far.Actor("bob"), near.Actor("eve")
	alice := n.Person("alice")
	bob.Follow(n, alice.URI)
	eve.Follow(n, alice.URI)
	n.Settle()
	headers := make(chan string, 10)
	far.Answer(func(_ http.ResponseWriter, r *http.Request, a doc) bool {
		if s := r.Header.Get("Collection-Synchronization"); s != "" && strings.Contains(r.Header.Get("Signature"), "collection-synchronization") {
			headers <- a["type"].(string) + " " + s
		}
		return false
	})
	n.Post(alice, store.Public, "hello")
	n.Post(alice, store.Direct, "to @bob@"+far.Name)
	n.Settle()
	require.Len(t, far.Arrived("Create"), 2)
	require.Len(t, headers, 1, "what is not for followers says nothing of them")
	url := alice.URI + "/followers_synchronization"
	require.Equal(t, "Create "+federation.Synchronization{CollectionID: alice.FollowersURI, URL: url, Digest: federation.Members([]string{bob.URI})}.String(), <-headers)

	status, header, body := n.Fetch(url, bob)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, header.Get("Cache-Control"), "no-store")
	require.True(t, strings.Contains(body, bob.URI) && !strings.Contains(body, eve.URI), body)
	status, _, _ = n.Fetch(url, nil)
	require.Equal(t, http.StatusUnauthorized, status)
}

// An inbox that is gone is no more than a reason to ask who is.
func TestAnInboxThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob, eve := far.Actor("bob"), far.Actor("eve")
		alice := n.Person("alice")
		bob.Follow(n, alice.URI)
		eve.Follow(n, alice.URI)
		n.Follow(alice, bob)
		n.Settle()
		n.Exec(`UPDATE actors SET fetched_at = 1 WHERE domain <> ''`)
		far.Remove("/users/bob")
		far.Answer(func(w http.ResponseWriter, _ *http.Request, _ doc) bool { w.WriteHeader(http.StatusGone); return true })
		n.Post(alice, store.Public, "hello")
		n.Settle()
		require.Equal(t, store.Erased, n.Known(bob).Lifecycle)
		require.Equal(t, store.Active, n.Known(eve).Lifecycle, "she is there")
		now, err := n.DB.Actor(alice.ID)
		require.NoError(t, err)
		require.Equal(t, [2]int64{1, 0}, [2]int64{now.FollowersCount, now.FollowingCount})
	})
}
