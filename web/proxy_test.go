package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
)

// picture is a PNG of the size, with noise in it so that it is not tiny.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		img.Set(i%width, i/width, color.NRGBA{uint8(i), uint8(i >> 3), uint8(i >> 7), 255})
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

func serves(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}
}

// farPost stores a post of somebody on the host with an attachment at each of
// the paths.
func (n *node) farPost(far *nodetest.Host, name string, paths ...string) *store.Post {
	n.t.Helper()
	id := store.NewID()
	bob := &store.Actor{ID: id, URI: far.URL + "/users/" + name, Kind: "Person", Username: name, Domain: far.Name, Lifecycle: store.Active, Revision: 1,
		Avatar: far.URL + "/avatar.png", Emojis: []store.Emoji{{Shortcode: "cat", URL: far.URL + "/cat.png"}}, CreatedAt: store.Now(), UpdatedAt: store.Now(), FetchedAt: store.Now()}
	p := &store.Post{ID: store.NewID(), URI: far.URL + "/notes/" + name, ActorID: id, Kind: "Note", Visibility: store.Public, Scope: store.World, Content: "<p>hi</p>",
		Emojis: []store.Emoji{{Shortcode: "dog", URL: far.URL + "/dog.png"}}, PublishedAt: store.Now(), ReceivedAt: store.Now()}
	var media []*store.Media
	for _, path := range paths {
		media = append(media, &store.Media{ID: store.NewID(), ActorID: id, Kind: "image", RemoteURL: far.URL + path, CreatedAt: store.Now()})
	}
	n.write(func(tx *store.Tx) error {
		if err := tx.CreateActor(bob); err != nil {
			return err
		}
		_, err := tx.InsertPost(p, nil, media)
		return err
	})
	return p
}

// attached are the attachments of a post as the client API gives them.
func (c *client) attached(p *store.Post) []object {
	c.n.t.Helper()
	var list []object
	for _, m := range c.get(fmt.Sprintf("/api/v1/statuses/%d", p.ID)).ok().object()["media_attachments"].([]any) {
		list = append(list, m.(object))
	}
	return list
}

// What others show is shown from here, all of it: no address in an answer
// would have a browser ask a stranger.
func TestFilesOfOthersAreShownFromHere(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	alice := n.person("alice")
	large, small := picture(t, 900, 700), picture(t, 20, 20)
	far.Put("/large.png", serves("text/html", large)) // the bytes say what it is
	far.Put("/avatar.png", serves("image/png", small))
	p := n.farPost(far, "bob", "/large.png")
	status := alice.get(fmt.Sprintf("/api/v1/statuses/%d", p.ID)).ok().object()
	m, account := alice.attached(p)[0], status["account"].(object)
	require.Equal(t, far.URL+"/large.png", m["remote_url"])
	for _, address := range []any{m["url"], m["preview_url"], account["avatar"], account["avatar_static"],
		account["emojis"].([]any)[0].(object)["url"], status["emojis"].([]any)[0].(object)["static_url"]} {
		require.Contains(t, address, n.url+"/proxy/")
	}

	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { assert.Equal(t, string(large), n.stranger().get(m["url"].(string)).ok().body) })
	}
	all.Wait()
	require.Equal(t, 1, far.Asked("/large.png"), "all who ask at once share one fetch")
	a := n.stranger().get(m["url"].(string)).ok()
	require.Equal(t, "image/png", a.header.Get("Content-Type"))
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	require.Contains(t, a.header.Get("Content-Security-Policy"), "sandbox")
	require.Contains(t, a.header.Get("Cache-Control"), "immutable")
	part := n.stranger().do("GET", m["url"].(string), nil, "Range", "bytes=10-19")
	require.Equal(t, http.StatusPartialContent, part.code)
	require.Equal(t, string(large[10:20]), part.body)

	preview := n.stranger().get(m["preview_url"].(string)).ok()
	config, _, err := image.DecodeConfig(strings.NewReader(preview.body))
	require.NoError(t, err)
	require.LessOrEqual(t, config.Width*config.Height, 640*360)
	require.Equal(t, string(small), n.stranger().get(account["avatar"].(string)).ok().body)
	require.Equal(t, 1, far.Asked("/large.png"))
}

// The proxy fetches only what this node itself gave out an address for.
func TestTheProxyIsNotOpen(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	far.Put("/a.png", serves("image/png", picture(t, 5, 5)))
	address := n.person("alice").attached(n.farPost(far, "bob", "/a.png"))[0]["url"].(string)
	parts := strings.Split(strings.TrimPrefix(address, n.url+"/proxy/"), "/")
	other := base64.RawURLEncoding.EncodeToString([]byte("whole " + far.URL + " " + far.URL + "/b.png"))
	for _, path := range []string{"/proxy/" + parts[0] + "/" + other, "/proxy//" + parts[1], "/proxy/" + strings.Repeat("A", len(parts[0])) + "/" + parts[1],
		"/proxy/" + parts[0] + "/" + parts[1][1:], "/proxy/x/y", "/proxy/" + parts[0] + "/%20"} {
		require.Equal(t, http.StatusNotFound, n.stranger().get(path).code, path)
	}
	require.Zero(t, far.Requests())
	require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "block"))
	require.Equal(t, http.StatusNotFound, n.stranger().get(address).code)
	require.Zero(t, far.Requests(), "a blocked host was asked")
	require.NoError(t, n.Partners.Remove(t.Context(), 0, far.Name))
	n.stranger().get(address).ok()

	// A file may lie on a host that is no partner, but not on a blocked one.
	files := nodetest.Play(t, "files")
	files.Put("/a.png", serves("image/png", picture(t, 5, 5)))
	for owner, want := range map[string]int{far.URL: http.StatusOK, files.URL: http.StatusNotFound} {
		n.Partners.Open = false
		require.NoError(t, n.Partners.Set(t.Context(), 0, far.Name, "allow"))
		require.Equal(t, want, n.stranger().get(n.Remote.Address(owner, files.URL+"/a.png")).code)
	}
	far.Put("/led.png", http.RedirectHandler(files.URL+"/b.png", http.StatusFound))
	require.NoError(t, n.Partners.Set(t.Context(), 0, files.Name, "block"))
	require.Equal(t, http.StatusNotFound, n.stranger().get(n.Remote.Address(far.URL, far.URL+"/led.png")).code)
	require.Zero(t, files.Asked("/b.png"), "a blocked host was asked because another led there")
	require.Equal(t, http.StatusNotFound, n.stranger().get(n.Remote.Address(far.URL, files.URL+"/a.png")).code)
}

// What a hostile host answers is not passed on, and it is not asked again soon.
func TestFilesThatAreNotShown(t *testing.T) {
	n := sqlite(t)
	far := nodetest.Play(t, "far")
	alice := n.person("alice")
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(picture(t, 2, 2))
	_, _ = io.CopyN(z, zeros{}, 40<<20)
	require.NoError(t, z.Close())
	var wide bytes.Buffer
	require.NoError(t, gif.Encode(&wide, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black}), nil))
	copy(wide.Bytes()[6:], []byte{0xff, 0xff, 0xff, 0xff}) // says that it has four thousand million pixels
	for path, answer := range map[string]http.HandlerFunc{
		"/svg":    serves("image/png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)),
		"/html":   serves("image/png", []byte("<!doctype html><script>alert(1)</script>")),
		"/pdf":    serves("image/png", []byte("%PDF-1.7 ....")),
		"/empty":  serves("image/png", nil),
		"/pixels": serves("image/gif", wide.Bytes()),
		"/gone":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
		"/loop":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) },
		"/inside": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/a.png", http.StatusFound)
		},
		"/bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		},
		"/endless": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(picture(t, 2, 2))
			_, _ = io.Copy(w, zeros{})
		},
	} {
		far.Put(path, answer)
		address := alice.attached(n.farPost(far, path[1:], path))[0]["url"].(string)
		for range 3 {
			require.Equal(t, http.StatusNotFound, n.stranger().get(address).code, path)
		}
		if path != "/loop" {
			require.Equal(t, 1, far.Asked(path), "%s was asked for again at once", path)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Pages let a browser load nothing from elsewhere.
func TestPagesLoadNothingOfOthers(t *testing.T) {
	policy := sqlite(t).stranger().get("/").ok().header.Get("Content-Security-Policy")
	require.NotContains(t, policy, "http")
}
