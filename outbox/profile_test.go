package outbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

// fields sets the lines of a profile, and gives them as they are once the jobs
// are done.
func fields(t *testing.T, n *nodetest.Node, who *store.Actor, values ...string) []store.Field {
	t.Helper()
	p := outbox.Profile{Fields: []outbox.ProfileField{}}
	for i, value := range values {
		p.Fields = append(p.Fields, outbox.ProfileField{Name: fmt.Sprint("line ", i), Value: value})
	}
	require.NoError(t, n.Outbox.UpdateProfile(t.Context(), who.ID, p))
	n.Settle()
	again, err := n.DB.Actor(who.ID)
	require.NoError(t, err)
	return again.Fields
}

// page is a page at a path that names an address as its owner's.
func page(h *nodetest.Host, path, address string) string {
	h.Put(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>Me</title><a rel="me" href="%s">on Parley</a>`, address)
	}))
	return h.URL + path
}

func TestPagesAreVerified(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		site := nodetest.Play(t, "site")
		ada := n.Person("ada")
		mine, byID, anothers := page(site, "/ada", ada.URL), page(site, "/id", ada.URI), page(site, "/bob", n.URL+"/@bob")
		site.Put("/moved", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, mine, http.StatusFound) }))
		lines := fields(t, n, ada, mine, byID, site.URL+"/moved", anothers)
		require.Len(t, lines, 4)
		assert.NotZero(t, lines[0].VerifiedAt)
		assert.NotZero(t, lines[1].VerifiedAt, "the id is an address of hers too")
		assert.NotZero(t, lines[2].VerifiedAt, "by a redirect")
		assert.Zero(t, lines[3].VerifiedAt, "somebody else's")

		asked := site.Requests()
		again := fields(t, n, ada, mine, "my page is "+mine)
		assert.Equal(t, lines[0].VerifiedAt, again[0].VerifiedAt, "what was seen stays")
		assert.Zero(t, again[1].VerifiedAt, "words beside an address are no address")
		assert.Equal(t, asked, site.Requests())
	})
}

// A page is fetched like everything else that somebody else chose.
func TestPagesThatAreNotAsked(t *testing.T) {
	n := sqlite(t)
	site := nodetest.Play(t, "site")
	ada := n.Person("ada")
	mine := page(site, "/ada", ada.URL)
	site.Put("/plain", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = fmt.Fprintf(w, `<a rel="me" href="%s">`, ada.URL)
	}))
	lines := fields(t, n, ada, site.URL+"/plain", site.URL+"/nothing", "http://10.0.0.1/ada", "ftp"+mine[len("http"):])
	for _, line := range lines {
		assert.Zero(t, line.VerifiedAt, line.Source)
	}
	require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.SetPartner(&store.Partner{Domain: site.Name, Policy: "block"})
	}))
	require.NoError(t, n.Partners.Load(t.Context()))
	asked := site.Requests()
	other := nodetest.Play(t, "other")
	other.Put("/ada", http.RedirectHandler(mine, http.StatusFound))
	for _, line := range fields(t, n, ada, mine, other.URL+"/ada") {
		assert.Zero(t, line.VerifiedAt, line.Source)
	}
	assert.Equal(t, 1, other.Asked("/ada"))
	assert.Equal(t, asked, site.Requests(), "a host that is blocked is not asked")
}

// Whoever stops to approve followers has approved those who asked.
func TestUnlockingLetsIn(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far, low := nodetest.Play(t, "far"), nodetest.Play(t, "low")
		fay, lou := far.Actor("fay"), low.Actor("lou")
		ada, bob := n.Locked("ada"), n.Person("bob")
		require.NoError(t, n.Outbox.Follow(t.Context(), bob.ID, ada.ID, outbox.FollowOptions{}))
		fay.Follow(n, ada.URI)
		lou.Follow(n, ada.URI)
		n.Exec(fmt.Sprintf("UPDATE actors SET limited = TRUE WHERE uri = '%s'", lou.URI))
		open := false
		require.NoError(t, n.Outbox.UpdateProfile(t.Context(), ada.ID, outbox.Profile{Locked: &open}))
		n.Settle()
		far.Await("Accept")
		follows := func(who int64) bool {
			f, err := n.DB.Follow(who, ada.ID)
			require.NoError(t, err)
			return f.Accepted
		}
		assert.True(t, follows(bob.ID))
		assert.True(t, follows(n.Known(fay).ID))
		assert.False(t, follows(n.Known(lou).ID), "who is limited waits for everybody")
		assert.Empty(t, low.Arrived("Accept"))
	})
}

// The hashtags of a profile are told to followers, and read from its collection.
func TestFeaturedTagsFederate(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		fay := far.Actor("fay")
		ada := n.Person("ada")
		fay.Follow(n, ada.URI)
		n.Settle()
		_, err := n.Outbox.FeatureTag(t.Context(), ada.ID, "#GoLang")
		require.NoError(t, err)
		_, err = n.Outbox.FeatureTag(t.Context(), ada.ID, "golang")
		require.NoError(t, err, "again is nothing new")
		n.Settle()
		require.Len(t, far.Arrived("Add"), 1)
		tag := map[string]any{"type": "Hashtag", "name": "#GoLang", "href": n.URL + "/tags/golang"}
		add := far.Arrived("Add")[0].Doc
		assert.Equal(t, [3]any{ada.URI, tag, ada.FeaturedURI}, [3]any{add["actor"], add["object"], add["target"]})

		var person, collection map[string]any
		_, _, body := n.Fetch(ada.URI, fay)
		require.NoError(t, json.Unmarshal([]byte(body), &person))
		status, header, body := n.Fetch(person["featuredTags"].(string), fay)
		require.Equal(t, http.StatusOK, status)
		assert.Contains(t, header.Get("Content-Type"), federation.ContentType)
		require.NoError(t, json.Unmarshal([]byte(body), &collection))
		assert.Equal(t, [4]any{"Collection", person["featuredTags"], 1.0, []any{tag}}, [4]any{collection["type"], collection["id"], collection["totalItems"], collection["items"]})

		require.NoError(t, n.Outbox.UnfeatureTag(t.Context(), ada.ID, "golang"))
		require.NoError(t, n.Outbox.UnfeatureTag(t.Context(), ada.ID, "golang"))
		n.Settle()
		require.Len(t, far.Arrived("Remove"), 1)
		assert.Equal(t, tag, far.Arrived("Remove")[0].Doc["object"])
		n.Exec("UPDATE actors SET lifecycle = 'suspended' WHERE username = 'ada'")
		status, _, _ = n.Fetch(ada.FeaturedTagsURI, fay)
		assert.Equal(t, http.StatusNotFound, status)
	})
}

// Followers hear of a profile that changed, and of one that did not they don't.
func TestProfilesFederate(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	ada := n.Person("ada")
	far.Actor("fay").Follow(n, ada.URI)
	n.Settle()
	no, name := false, "Ada"
	change := outbox.Profile{DisplayName: &name, ShowMedia: &no, Attributions: []string{"News.Example"}}
	for range 2 {
		require.NoError(t, n.Outbox.UpdateProfile(t.Context(), ada.ID, change))
		n.Settle()
	}
	require.Len(t, far.Arrived("Update"), 1)
	person := far.Arrived("Update")[0].Doc["object"].(map[string]any)
	assert.Equal(t, [5]any{"Ada", false, true, true, []any{"news.example"}},
		[5]any{person["name"], person["showMedia"], person["showFeatured"], person["showRepliesInMedia"], person["attributionDomains"]})
}

// Followers elsewhere are told of another name.
func TestARenameIsTold(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		ada, bob := n.Person("ada"), far.Actor("bob")
		bob.Follow(n, ada.URI)
		_, err := n.Actors.Rename(t.Context(), 0, ada.ID, "countess")
		require.NoError(t, err)
		person := far.Await("Update").Doc["object"].(map[string]any)
		assert.Equal(t, [2]any{ada.URI, "countess"}, [2]any{person["id"], person["preferredUsername"]})
	})
}
