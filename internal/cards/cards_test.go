package cards_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/cards"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// site is somebody's site, and a node whose people link to it.
type site struct {
	*nodetest.Node
	*nodetest.Host
	t     *testing.T
	alice *store.Actor
	make  func(p *store.Post) // carries out what there is to do for a post
}

// open is a node that runs its jobs.
func open(t *testing.T, db *store.DB) *site {
	s := wire(t, db)
	s.make = func(*store.Post) { s.Settle() }
	s.Run()
	return s
}

// wire is one whose jobs the test carries out: that is quicker.
func wire(t *testing.T, db *store.DB) *site {
	n := nodetest.Wire(t, db)
	n.Outbox.Cards, n.Inbox.Cards = n.Cards, n.Cards
	return &site{Node: n, Host: nodetest.Play(t, "site"), t: t, alice: n.Person("alice"),
		make: func(p *store.Post) { require.NoError(t, n.Cards.Make(t.Context(), cards.Job{PostID: p.ID})) }}
}

func sqlite(t *testing.T) *site {
	return wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))
}

// page answers with a document of a type.
func page(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	}
}

const asHTML = "text/html; charset=utf-8"

// card is that of a new post that links to a path, nil for none.
func (s *site) card(path string) *store.Card {
	s.t.Helper()
	return s.of(s.Post(s.alice, store.Public, "see "+s.Host.URL+path))
}

func (s *site) of(p *store.Post) *store.Card {
	s.t.Helper()
	s.make(p)
	found, err := s.DB.PostCards([]int64{p.ID})
	require.NoError(s.t, err)
	return found[p.ID]
}

func picture(w http.ResponseWriter, _ *http.Request) {
	img := image.NewNRGBA(image.Rect(0, 0, 120, 80))
	for x := range 120 {
		img.Set(x, x%80, color.NRGBA{200, 30, 30, 255})
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = w.Write(b.Bytes())
}

// What a page says of itself stands on the card of the posts that link to it.
func TestACard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		s.Put("/images/a.jpg", http.HandlerFunc(picture))
		s.Put("/article", page(asHTML, `<!DOCTYPE html><html lang="de-AT"><head><title>not this</title>
<meta property="og:title" content="Tea &amp; biscuits"><meta property=og:description content="  What we
 drink "><meta property="og:site_name" content="The Times"><meta property="og:image" content="images/a.jpg"><meta property="og:image:alt" content="a cup">
<meta name="author" content="Ada"><meta property="article:author" content="/by/ada"><meta property="article:published_time" content="2026-01-02T03:04:05Z">
<meta property="og:title" content="nor this"></head><body><script>alert(1)</script></body></html>`))
		p := s.Post(s.alice, store.Public, "see "+s.Host.URL+"/article#part and "+s.Host.URL+"/other")
		c := s.of(p)
		require.NotNil(t, c)
		want := store.Card{ID: c.ID, URL: s.Host.URL + "/article", Kind: "link", Title: "Tea & biscuits", Description: "What we drink", Language: "de", AuthorName: "Ada", ProviderName: "The Times",
			ImageURL: s.Host.URL + "/images/a.jpg", ImageDescription: "a cup", Blurhash: c.Blurhash, Width: 120, Height: 80, PublishedAt: c.PublishedAt, FreshUntil: c.FreshUntil}
		assert.Equal(t, want, *c)
		assert.NotEmpty(t, c.Blurhash)
		assert.Equal(t, "2026-01-02T03:04:05Z", c.PublishedAt.Time().UTC().Format(time.RFC3339))
		assert.Greater(t, s.Again(p).Revision, p.Revision, "what was rendered before is old")
		assert.Zero(t, s.Asked("/other"))

		assert.Equal(t, c.ID, s.card("/article").ID)
		assert.Equal(t, 1, s.Asked("/article"), "a page is asked once for all who link to it")
		s.Exec(fmt.Sprintf(`UPDATE cards SET fresh_until = %d`, store.Now()-1))
		s.Put("/article", page(asHTML, `<title>Coffee</title>`))
		before := s.Again(p).Revision
		require.Equal(t, "Coffee", s.card("/article").Title, "and again when that is long ago")
		assert.Equal(t, "Coffee", s.of(p).Title)
		assert.Greater(t, s.Again(p).Revision, before)
		assert.Empty(t, s.of(p).ImageURL)

		// An edit may link to something else, or to nothing.
		s.Put("/other", page(asHTML, `<title>Other</title>`))
		for text, title := range map[string]string{"see " + s.Host.URL + "/other": "Other", "nothing": ""} {
			_, err := s.Outbox.Edit(t.Context(), s.alice.ID, p.ID, outbox.Draft{Text: text})
			require.NoError(t, err)
			if c := s.of(p); title == "" {
				assert.Nil(t, c)
			} else {
				assert.Equal(t, title, c.Title)
			}
		}
	})
}

func TestOddPages(t *testing.T) {
	s := sqlite(t)
	var squeezed bytes.Buffer
	z := gzip.NewWriter(&squeezed)
	_, _ = z.Write([]byte(`<title>A bomb</title>` + strings.Repeat(" ", 64<<20)))
	_ = z.Close()
	s.Put("/there", page(asHTML, "<title>There</title>"))
	for path, c := range map[string]struct {
		page  http.HandlerFunc
		title string // empty: no card
	}{
		"/latin":    {page("text/html; charset=iso-8859-1", "<title>Caf\xe9</title>"), "Café"},
		"/shift":    {page("text/html", "<meta charset=shift_jis><title>\x93\xfa\x96\x7b</title>"), "日本"},
		"/bom":      {page("text/html", "\xff\xfe<\x00t\x00i\x00t\x00l\x00e\x00>\x00H\x00i\x00<\x00/\x00t\x00i\x00t\x00l\x00e\x00>\x00"), "Hi"},
		"/odd":      {page("text/html; charset=klingon", "<title>Odd</title>"), "Odd"},
		"/broken":   {page(asHTML, "<title>Bro\xff\x00ken</title>"), "Bro\uFFFD\uFFFDken"},
		"/entities": {page(asHTML, "<title>&lt;b&gt; &#x201C;x&#x201D; &amp;amp;</title>"), "<b> “x” &amp;"},
		"/twitter":  {page(asHTML, `<meta name="twitter:title" content="Bird"><title>no</title>`), "Bird"},
		"/huge":     {page(asHTML, "<title>Huge</title>"+strings.Repeat("x", 3<<20)), "Huge"},
		"/late":     {page(asHTML, strings.Repeat("x", 2<<20)+"<title>Late</title>"), ""},
		"/long":     {page(asHTML, "<title>"+strings.Repeat("long ", 1000)+"</title>"), strings.Repeat("long ", 59) + "long…"},
		"/none":     {page(asHTML, "<p>no title</p>"), ""},
		"/blank":    {page(asHTML, `<title> </title><meta property="og:title" content="">`), ""},
		"/svg":      {page(asHTML, `<body><svg><title>not this</title></svg>`), "not this"},
		"/text":     {page("text/plain", "<title>words</title>"), ""},
		"/image":    {picture, ""},
		"/empty":    {page(asHTML, ""), ""},
		"/missing":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, ""},
		"/failing":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, ""},
		"/bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", asHTML)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(squeezed.Bytes())
		}, "A bomb"},
		"/private": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/secret", http.StatusFound)
		}, ""},
		"/round": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, ""},
		"/moved": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/there", http.StatusMovedPermanently)
		}, "There"},
	} {
		s.Put(path, c.page)
		got := ""
		if card := s.card(path); card != nil {
			got = card.Title
			assert.Equal(t, s.Host.URL+path, card.URL)
		}
		if path == "/long" {
			assert.LessOrEqual(t, len([]rune(got)), 300)
			continue
		}
		assert.Equal(t, c.title, got, path)
	}
	asked := s.Asked("/failing")
	s.card("/failing")
	assert.Equal(t, asked, s.Asked("/failing"), "what could not be had is left alone for a while")
}

// A page that never ends costs the node some seconds, and nobody waits.
func TestASlowPage(t *testing.T) {
	s := sqlite(t)
	done := make(chan struct{})
	defer close(done)
	s.Put("/slow", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", asHTML)
		_, _ = io.WriteString(w, "<title>Slow</title>")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-done:
		}
	}))
	begun := time.Now()
	c := s.card("/slow")
	require.NotNil(t, c)
	assert.Equal(t, "Slow", c.Title, "what came is enough")
	assert.Less(t, time.Since(begun), 12*time.Second)
}

// Pictures of pages are looked at through the guard, or left out.
func TestPicturesOfPages(t *testing.T) {
	s := sqlite(t)
	s.Put("/a.jpg", http.HandlerFunc(picture))
	s.Put("/evil.svg", page("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`))
	s.Put("/page.html", page(asHTML, "<title>no picture</title>"))
	for image, want := range map[string]string{
		"../a.jpg": "/a.jpg", "//" + s.Host.Name + "/a.jpg": "/a.jpg", "/evil.svg": "", "/page.html": "", "/missing.jpg": "",
		"http://10.0.0.1/a.jpg": "", "javascript:alert(1)": "", "data:image/png;base64,xxxx": "", "http://user:pass@" + s.Host.Name + "/a.jpg": "", "::": "",
	} {
		path := fmt.Sprintf("/pages/%d", store.NewID())
		s.Put(path, page(asHTML, `<title>Page</title><meta property="og:image" content="`+image+`">`))
		c := s.card(path)
		require.NotNil(t, c, image)
		if want != "" {
			want = s.Host.URL + want
		}
		assert.Equal(t, want, c.ImageURL, image)
	}
}

// oEmbed says who made something, and that it is a photo; its markup is not
// read.
func TestOEmbed(t *testing.T) {
	s := sqlite(t)
	s.Put("/a.jpg", http.HandlerFunc(picture))
	linked := func(path string) http.HandlerFunc {
		return page(asHTML, `<title>Seen</title><link rel="alternate" type="application/json+oembed" href="`+path+`">`)
	}
	s.Put("/photo", linked("/photo.json"))
	s.Put("/photo.json", page("application/json", `{"type":"photo","title":"Oembed","author_name":"Ada","author_url":"/ada","provider_name":"Pics","provider_url":"/","url":"a.jpg","width":"999"}`))
	s.Put("/video", linked("/video.json"))
	s.Put("/video.json", page("application/json", `{"type":"video","html":"<script>alert(1)</script><iframe src=x>","thumbnail_url":"/a.jpg","author_url":"javascript:alert(1)"}`))
	s.Put("/broken", linked("/broken.json"))
	s.Put("/broken.json", page("application/json", `{"type":`))
	c := s.card("/photo")
	assert.Equal(t, []any{"photo", "Seen", "Ada", s.Host.URL + "/ada", "Pics", s.Host.URL + "/", s.Host.URL + "/a.jpg", 120}, []any{c.Kind, c.Title, c.AuthorName, c.AuthorURL, c.ProviderName, c.ProviderURL, c.ImageURL, c.Width})
	c = s.card("/video")
	assert.Equal(t, []any{"link", s.Host.URL + "/a.jpg", ""}, []any{c.Kind, c.ImageURL, c.AuthorURL})
	c = s.card("/broken")
	assert.Equal(t, []any{"link", "Seen"}, []any{c.Kind, c.Title})
}

// What is for few, what stays here, what is held, this node's own pages, people, hashtags and
// barred hosts are asked about by nobody.
func TestWhatIsNotAsked(t *testing.T) {
	s := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	s.Put("/page", page(asHTML, "<title>Page</title>"))
	link, hour := s.Host.URL+"/page", 3600
	write := func(d outbox.Draft) *store.Post {
		p, err := s.Outbox.Post(t.Context(), s.alice.ID, d)
		require.NoError(t, err)
		return p
	}
	held := write(outbox.Draft{Text: link, Visibility: store.Public, HoldSeconds: &hour})
	assert.Nil(t, s.of(held))
	assert.Nil(t, s.of(write(outbox.Draft{Text: link, Visibility: store.Direct})))
	assert.Nil(t, s.of(write(outbox.Draft{Text: link, Visibility: store.Public, Scope: store.Here})))
	assert.Nil(t, s.of(write(outbox.Draft{Text: s.Node.URL + "/@alice #tag @alice"})))
	require.NoError(t, s.Cards.Make(t.Context(), cards.Job{PostID: held.ID}))
	assert.Zero(t, s.Asked("/page"))
	require.NoError(t, s.Outbox.SendNow(t.Context(), s.alice.ID, held.ID))
	assert.NotNil(t, s.of(held), "when it is sent it is asked about")
	assert.NotNil(t, s.of(write(outbox.Draft{Text: link, Visibility: store.Private})))

	require.NoError(t, s.Partners.Set(t.Context(), 0, s.Host.Name, "block"))
	s.Exec(`UPDATE cards SET fresh_until = 0`)
	assert.Nil(t, s.of(write(outbox.Draft{Text: link})))
	other := nodetest.Play(t, "other")
	other.Put("/page", http.RedirectHandler(link, http.StatusFound))
	assert.Nil(t, s.of(write(outbox.Draft{Text: other.URL + "/page"})))
	assert.Equal(t, 1, other.Asked("/page"))
	assert.Equal(t, 1, s.Asked("/page"), "a barred host was asked because another led there")
	s.Outbox.Cards = nil
	assert.Nil(t, s.of(write(outbox.Draft{Text: link})), "where previews are switched off")
}

// Posts of others have cards too, each after a while of its own.
func TestCardsOfRemotePosts(t *testing.T) {
	s := sqlite(t)
	s.Put("/page", page(asHTML, "<title>Page</title>"))
	bob := nodetest.Play(t, "far").Actor("bob")
	s.Follow(s.alice, bob)
	note := bob.Note(`<a href="` + bob.URI + `" class="u-url mention">@bob</a> <a href="` + s.Host.URL + `/page">page</a>`)
	bob.Must(s.Node, bob.Create(note))
	p := s.Stored(note.ID())
	require.NoError(t, s.Cards.Make(t.Context(), cards.Job{PostID: p.ID}))
	require.NotNil(t, s.of(p))
	assert.Equal(t, "Page", s.of(p).Title)
	assert.EqualValues(t, 1, nodetest.Number(t, s.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'card'`))
}
