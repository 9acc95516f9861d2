package ui_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// Pages show what a post quotes to who may see it, and let people quote.
func TestQuotesOnPages(t *testing.T) {
	n := newNode(t)
	ayla, bob, stranger := n.person("ayla", "member"), n.person("bob", "member"), n.stranger()
	said := ayla.write("what was said")
	link := `href="/compose?quote=` + said + `"`
	bob.get("/@ayla/" + said).has(link)
	stranger.get("/@ayla/" + said).lacks(link)
	form := bob.get("/compose?quote=" + said)
	form.has(`name="quote" value="` + said + `"`)
	form.has("what was said")
	again := bob.post("/ui/posts", "text", "", "quote", said, "visibility", "nonsense")
	assert.Equal(t, http.StatusUnprocessableEntity, again.code)
	assert.Contains(t, again.body, `name="quote" value="`+said+`"`, "nothing is lost by a mistake")
	quoting := bob.write("exactly", "quote", said)
	for _, reader := range []*person{ayla, bob, stranger} {
		page := reader.get("/@bob/" + quoting).ok()
		page.has(`<blockquote class="quote">`)
		page.has("what was said")
	}
	bob.get("/").has("what was said")

	bob.post("/ui/posts/"+quoting+"/edit", "text", "").ok().has("what was said")
	ayla.post("/ui/posts/" + said + "/delete").ok()
	bob.get("/@bob/" + quoting).has("The quoted post was deleted.").lacks("what was said")
}

// What quotes each other is shown one deep.
func TestQuotesOfQuotes(t *testing.T) {
	n := newNode(t)
	ayla := n.person("ayla", "member")
	one := ayla.write("number one")
	two := ayla.write("number two", "quote", one)
	three := ayla.write("number three", "quote", two)
	page := ayla.get("/@ayla/" + three)
	page.has("number two").lacks("number one")
	ayla.get("/").ok()
}

// Whom a reader does not want to hear is not heard in quotes either; what is not
// for everybody is offered to nobody.
func TestQuotesThatAreNotShown(t *testing.T) {
	n := newNode(t)
	ayla, bob, cara := n.person("ayla", "member"), n.person("bob", "member"), n.person("cara", "member")
	said := ayla.write("loud words")
	quoting := bob.write("see", "quote", said)
	cara.post("/ui/accounts/" + ayla.idText() + "/mute").ok()
	cara.get("/@bob/" + quoting).has("A post of somebody you muted.").lacks("loud words")
	few := ayla.write("for @bob alone", "visibility", "direct")
	bob.get("/@ayla/" + few).lacks("/compose?quote=" + few)
	assert.Equal(t, http.StatusNotFound, cara.get("/compose?quote="+few).code)
	assert.Equal(t, http.StatusUnprocessableEntity, bob.post("/ui/posts", "text", "look", "quote", few, "visibility", "public").code)
}

func TestCardsOnPages(t *testing.T) {
	n := newNode(t)
	ayla := n.person("ayla", "member")
	post := ayla.write("see https://paper.example/a")
	id, err := strconv.ParseInt(post, 10, 64)
	require.NoError(t, err)
	require.NoError(t, n.db.Write(t.Context(), func(tx *store.Tx) error {
		c := &store.Card{ID: store.NewID(), URL: "https://paper.example/a", Kind: "link", Title: "A <b> paper", Description: "About it", ImageURL: "https://paper.example/a.png"}
		if err := tx.SaveCard(c); err != nil {
			return err
		}
		return tx.SetCard(id, c.ID)
	}))
	page := n.stranger().get("/@ayla/" + post)
	page.has(`<a class="card" href="https://paper.example/a"`).has("A &lt;b&gt; paper").has("paper.example</span>").lacks(`src="https://paper.example`)
}
