package web_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color/palette"
	"image/gif"
	"image/png"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/media"
	"parley/internal/media/mediatest"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

// film is a second of video with sound, on a machine that can make one.
func film(t *testing.T) []byte {
	t.Helper()
	if media.FindFFmpeg() == nil {
		t.Skip("ffmpeg is not here: install it to test videos and sounds")
	}
	file := filepath.Join(t.TempDir(), "a.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1", "-f", "lavfi", "-i", "sine=duration=1", "-pix_fmt", "yuv420p", file).CombinedOutput()
	require.NoError(t, err, string(out))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return data
}

func square(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40))))
	return b.Bytes()
}

// sendFiles sends files and fields as a multipart form.
func (c *client) sendFiles(method, path string, files map[string][]byte, fields ...string) answer {
	c.n.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, data := range files {
		part, err := form.CreateFormFile(name, name)
		require.NoError(c.n.t, err)
		_, err = part.Write(data)
		require.NoError(c.n.t, err)
	}
	for i := 0; i < len(fields); i += 2 {
		require.NoError(c.n.t, form.WriteField(fields[i], fields[i+1]))
	}
	require.NoError(c.n.t, form.Close())
	return c.do(method, path, &body, "Content-Type", form.FormDataContentType())
}

// work runs the jobs that have to do with files.
func (n *node) work() {
	n.t.Helper()
	jobs, err := queue.New(n.db, slog.New(slog.DiscardHandler), queue.All, queue.Do(time.Minute, n.Outbox.Convert), queue.Do(time.Minute, n.Outbox.Withhold), queue.Do(time.Minute, n.Files.Clear))
	require.NoError(n.t, err)
	require.NoError(n.t, jobs.Start(context.Background()))
	n.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = jobs.Stop(ctx)
	})
}

// keeps waits until the node keeps that many files.
func (n *node) keeps(count int, why string) {
	n.t.Helper()
	require.Eventually(n.t, func() bool { return len(n.place.names()) == count }, time.Minute, 20*time.Millisecond, "%s: %d files", why, count)
}

// place is where a node of a test keeps uploads.
type place struct {
	files *media.Store
	names func() []string // of all that is there
}

func inFolder(t testing.TB) place {
	t.Helper()
	folder := t.TempDir()
	files, err := media.Open(folder)
	require.NoError(t, err)
	t.Cleanup(func() { _ = files.Close() })
	return place{files, func() (names []string) {
		require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names = append(names, filepath.Base(path))
			}
			return err
		}))
		return names
	}}
}

func inBucket(t testing.TB, server *mediatest.Server) place {
	t.Helper()
	files, err := media.OpenBucket(media.Bucket{Endpoint: server.URL, Region: "here", Name: mediatest.Bucket, Prefix: "node/", AccessKey: mediatest.AccessKey, SecretKey: mediatest.SecretKey, PathStyle: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = files.Close() })
	return place{files, func() []string { return server.Names(t, "") }}
}

// eachPlace runs a test on each database, and with uploads in each kind of place.
func eachPlace(t *testing.T, test func(*testing.T, *node)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newNode(t, db)) })
	t.Run("bucket", func(t *testing.T) {
		test(t, newNodeIn(t, storetest.Open(t, storetest.URL(t, "sqlite")), inBucket(t, mediatest.New(t))))
	})
}

// A video is taken at once, shown when it is converted, and cannot be posted
// before.
func TestVideoIsConvertedLater(t *testing.T) {
	data := film(t)
	eachPlace(t, func(t *testing.T, n *node) {
		ada, bob := n.person("ada"), n.person("bob")
		a := ada.sendFiles("POST", "/api/v2/media", map[string][]byte{"file": data}, "description", "a test card")
		require.Equal(t, 202, a.code, a.body)
		taken := a.object()
		id := taken["id"].(string)
		assert.Nil(t, taken["url"])
		assert.Equal(t, "video", taken["type"])
		assert.NotNil(t, taken["preview_url"])

		waiting := ada.get("/api/v1/media/" + id)
		assert.Equal(t, 206, waiting.code)
		assert.Nil(t, waiting.object()["url"])
		early := ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{id}})
		assert.Equal(t, 422, early.code)
		assert.Equal(t, "Validation failed: Cannot attach files that have not finished processing. Try again in a moment!", early.object()["error"])
		assert.Equal(t, 404, bob.get("/api/v1/media/"+id).code)
		described := ada.send("PUT", "/api/v1/media/"+id, object{"description": "a test card, moving"}).ok().object()
		assert.Equal(t, "a test card, moving", described["description"])

		n.work()
		require.Eventually(t, func() bool { return ada.get("/api/v1/media/"+id).code == 200 }, time.Minute, 50*time.Millisecond)
		m := ada.get("/api/v1/media/" + id).ok().object()
		assert.Equal(t, "a test card, moving", m["description"])
		assert.NotEmpty(t, m["blurhash"])
		meta := m["meta"].(object)
		original := meta["original"].(object)
		assert.EqualValues(t, 64, original["width"])
		assert.EqualValues(t, 48, original["height"])
		assert.Equal(t, "5/1", original["frame_rate"])
		assert.InDelta(t, 1, original["duration"], 0.2)
		assert.Positive(t, original["bitrate"])
		assert.InDelta(t, 1, meta["duration"], 0.2)
		assert.Regexp(t, `^0:00:0[01]\.\d\d$`, meta["length"])
		assert.EqualValues(t, 5, meta["fps"])
		assert.Equal(t, "64x48", meta["size"])
		assert.Equal(t, "aac", meta["audio_encode"])
		assert.Equal(t, "64x48", meta["small"].(object)["size"])
		for _, key := range []string{"url", "preview_url"} {
			assert.Equal(t, 200, n.stranger().get(m[key].(string)).code, key)
		}
		n.keeps(2, "what was uploaded is gone")

		post := ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{id}}).ok().object()
		assert.Equal(t, "video", post["media_attachments"].([]any)[0].(object)["type"])
		number, err := strconv.ParseInt(post["id"].(string), 10, 64)
		require.NoError(t, err)
		row, err := n.db.Post(number)
		require.NoError(t, err)
		note, err := n.Outbox.Note(n.db.Reader, row)
		require.NoError(t, err)
		shown := note.Attachment[0]
		assert.Equal(t, "video/mp4", shown.MediaType)
		assert.Equal(t, []int{64, 48}, []int{shown.Width, shown.Height})
		assert.Regexp(t, `^PT[01](\.\d+)?S$`, shown.Duration)
		assert.Equal(t, m["blurhash"], shown.Blurhash)
		assert.Equal(t, "image/jpeg", shown.Icon.MediaType)
		assert.Equal(t, m["preview_url"], shown.Icon.URL)
	})
}

// The first version of the API waits.
func TestVideoIsConvertedAtOnce(t *testing.T) {
	data := film(t)
	n := sqlite(t)
	ada := n.person("ada")
	m := ada.sendFiles("POST", "/api/v1/media", map[string][]byte{"file": data, "thumbnail": square(t)}, "focus", "0.5,-0.5").ok().object()
	assert.NotNil(t, m["url"])
	assert.Equal(t, "40x40", m["meta"].(object)["small"].(object)["size"], "the picture that was chosen")
	assert.EqualValues(t, 0.5, m["meta"].(object)["focus"].(object)["x"])
	preview := m["preview_url"].(string)
	assert.Equal(t, 200, n.stranger().get(preview).code)
	other := ada.sendFiles("PUT", "/api/v1/media/"+m["id"].(string), map[string][]byte{"thumbnail": square(t)}).ok().object()
	assert.NotEqual(t, preview, other["preview_url"])
	n.work()
	n.keeps(2, "the first picture is gone")
	assert.Equal(t, 404, n.stranger().get(preview).code)
	assert.Equal(t, 200, n.stranger().get(other["preview_url"].(string)).code)
	picture := upload(t, ada, "another")
	refused := ada.send("POST", "/api/v1/statuses", object{"status": "both", "media_ids": []string{picture, m["id"].(string)}})
	assert.Equal(t, 422, refused.code)
	assert.Equal(t, "Validation failed: Cannot attach a video to a post that already contains images", refused.object()["error"])
}

// A file that looks right and cannot be converted says so to who uploaded it.
func TestVideoThatCannotBeConverted(t *testing.T) {
	data := film(t)
	at := bytes.Index(data, []byte("mdat"))
	for i := at + 4; i < len(data) && string(data[i:min(i+4, len(data))]) != "moov"; i++ {
		data[i] = 0xA5
	}
	n := sqlite(t)
	ada := n.person("ada")
	a := ada.sendFiles("POST", "/api/v2/media", map[string][]byte{"file": data})
	if a.code == 202 {
		n.work()
		id := a.object()["id"].(string)
		require.Eventually(t, func() bool { return ada.get("/api/v1/media/"+id).code != 206 }, time.Minute, 50*time.Millisecond)
		a = ada.get("/api/v1/media/" + id)
		post := ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{id}})
		assert.Equal(t, 422, post.code)
		n.keeps(0, "nothing is left of it")
	}
	assert.Equal(t, 422, a.code, a.body)
	assert.NotEmpty(t, a.object()["error"])
}

func TestWithoutFFmpeg(t *testing.T) {
	n := sqlite(t)
	n.Outbox.FFmpeg = nil
	ada := n.person("ada")
	wav := append([]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"), make([]byte, 64)...)
	for _, version := range []string{"v1", "v2"} {
		a := ada.sendFiles("POST", "/api/"+version+"/media", map[string][]byte{"file": wav})
		assert.Equal(t, 422, a.code)
		assert.Contains(t, a.object()["error"], "ffmpeg")
	}
	limits := n.stranger().get("/api/v2/instance").ok().object()["configuration"].(object)["media_attachments"].(object)
	assert.Equal(t, []any{"image/jpeg", "image/png", "image/gif", "image/webp"}, limits["supported_mime_types"])
	assert.EqualValues(t, 0, limits["video_size_limit"])

	moving := &gif.GIF{}
	for range 2 {
		moving.Image, moving.Delay = append(moving.Image, image.NewPaletted(image.Rect(0, 0, 20, 20), palette.Plan9)), append(moving.Delay, 5)
	}
	var b bytes.Buffer
	require.NoError(t, gif.EncodeAll(&b, moving))
	m := ada.sendFiles("POST", "/api/v2/media", map[string][]byte{"file": b.Bytes()}).ok().object()
	assert.Equal(t, "image", m["type"])
	assert.True(t, strings.HasSuffix(m["url"].(string), ".gif"))

	if n.Outbox.FFmpeg = media.FindFFmpeg(); n.Outbox.FFmpeg == nil {
		t.Skip("ffmpeg is not here: install it to test videos and sounds")
	}
	limits = n.stranger().get("/api/v2/instance").ok().object()["configuration"].(object)["media_attachments"].(object)
	assert.Contains(t, limits["supported_mime_types"], "video/mp4")
	assert.EqualValues(t, media.MaxClip, limits["video_size_limit"])
	assert.EqualValues(t, 120, limits["video_frame_rate_limit"])
	assert.EqualValues(t, 8294400, limits["video_matrix_limit"])
	m = ada.sendFiles("POST", "/api/v1/media", map[string][]byte{"file": b.Bytes()}).ok().object()
	assert.Equal(t, "gifv", m["type"])
	assert.True(t, strings.HasSuffix(m["url"].(string), ".mp4"))
}

// Kinds of files that are known and not taken say what to do.
func TestFilesThatAreRefused(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	for name, data := range map[string][]byte{
		"SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "HTML": []byte("<!DOCTYPE html><script>alert(1)</script>"), "PDF": []byte("%PDF-1.7"),
		"HEIC": []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "AVIF": []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"),
	} {
		a := ada.sendFiles("POST", "/api/v2/media", map[string][]byte{"file": data})
		assert.Equal(t, 422, a.code, name)
		assert.Contains(t, a.object()["error"], "JPEG, PNG, GIF and WebP", name)
	}
	assert.Equal(t, 422, ada.sendFiles("POST", "/api/v2/media", nil, "description", "nothing").code)
	assert.Equal(t, 413, ada.sendFiles("POST", "/api/v2/media", map[string][]byte{"file": make([]byte, media.MaxPicture+1)}).code)
	assert.Equal(t, 422, ada.sendFiles("POST", "/api/v2/media", map[string][]byte{"file": square(t)}, "description", strings.Repeat("x", outbox.MaxDescription+1)).code)
	assert.Empty(t, n.place.names())
}

// An upload is its owner's to change and delete until a post has it.
func TestUploadsAreChangedAndDeleted(t *testing.T) {
	eachPlace(t, func(t *testing.T, n *node) {
		ada, bob := n.person("ada"), n.person("bob")
		id := upload(t, ada, "a square")
		path := "/api/v1/media/" + id
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
			assert.Equal(t, 404, bob.send(method, path, object{"description": "mine"}).code, method)
			assert.Equal(t, 404, ada.send(method, "/api/v1/media/1", object{}).code, method)
		}
		m := ada.send("PATCH", path, object{"focus": "-1.0,0.25"}).ok().object()
		assert.Equal(t, "a square", m["description"])
		assert.Equal(t, object{"x": -1.0, "y": 0.25}, m["meta"].(object)["focus"])
		m = ada.send("PUT", path, object{"description": "a grey square", "focus": "7,7"}).ok().object()
		assert.Equal(t, "a grey square", m["description"])
		assert.Equal(t, object{"x": -1.0, "y": 0.25}, m["meta"].(object)["focus"], "no point of a picture")
		assert.Equal(t, 422, ada.send("PUT", path, object{"description": strings.Repeat("x", outbox.MaxDescription+1)}).code)

		post := ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{id}}).ok().object()["id"].(string)
		assert.Equal(t, 404, ada.send("PUT", path, object{"description": "behind their backs"}).code, "a post keeps what it said before")
		used := ada.send("DELETE", path, object{})
		assert.Equal(t, 422, used.code)
		assert.Equal(t, "Media attachment is currently used by a status", used.object()["error"])
		ada.send("PUT", "/api/v1/statuses/"+post, object{"status": "look away", "media_ids": []string{}}).ok()
		assert.Equal(t, 422, ada.send("DELETE", path, object{}).code, "a version of the post shows it")

		other := upload(t, ada, "another")
		link := ada.get("/api/v1/media/" + other).ok().object()["url"].(string)
		assert.Equal(t, 200, n.stranger().get(link).code)
		assert.Equal(t, "{}", ada.send("DELETE", "/api/v1/media/"+other, object{}).ok().body)
		assert.Equal(t, 404, ada.get("/api/v1/media/"+other).code)
		n.work()
		n.keeps(2, "those of the post")
		assert.Equal(t, 404, n.stranger().get(link).code)
	})
}

// What an edit takes off a post is still there for who reads what it was.
func TestHistoryShowsFilesOfOldVersions(t *testing.T) {
	eachPlace(t, func(t *testing.T, n *node) {
		ada := n.person("ada")
		first, second := upload(t, ada, "first"), upload(t, ada, "second")
		post := ada.send("POST", "/api/v1/statuses", object{"status": "one", "media_ids": []string{first}}).ok().object()["id"].(string)
		edited := ada.send("PUT", "/api/v1/statuses/"+post, object{"status": "two", "media_ids": []string{second}}).ok().object()
		require.Len(t, edited["media_attachments"], 1)
		assert.Equal(t, second, edited["media_attachments"].([]any)[0].(object)["id"])
		n.write(func(tx *store.Tx) error {
			_, err := tx.DropUnusedMedia(store.Now().Add(time.Hour), 10)
			return err
		})
		history := ada.get("/api/v1/statuses/" + post + "/history").ok().list()
		old := history[0]["media_attachments"].([]any)[0].(object)
		assert.Equal(t, 200, n.stranger().get(old["url"].(string)).code)
		back := ada.send("PUT", "/api/v1/statuses/"+post, object{"status": "three", "media_ids": []string{first, second}}).ok().object()
		assert.Len(t, back["media_attachments"], 2)
		ada.send("PUT", "/api/v1/statuses/"+post, object{"status": "four", "media_ids": []string{}}).ok()
		assert.Empty(t, ada.get(ada.at("/api/v1/accounts/%d/statuses?only_media=true")).ids())
	})
}

// The files of a post that is gone stay for evidence, and are shown to nobody.
func TestFilesOfDeletedPostsAreNotShown(t *testing.T) {
	eachPlace(t, func(t *testing.T, n *node) {
		n.work()
		ada := n.person("ada")
		first, second := upload(t, ada, "first"), upload(t, ada, "second")
		post := ada.send("POST", "/api/v1/statuses", object{"status": "one", "media_ids": []string{first}}).ok().object()["id"].(string)
		ada.send("PUT", "/api/v1/statuses/"+post, object{"status": "two", "media_ids": []string{second}}).ok()
		var links []string
		for _, id := range []string{first, second} {
			m := ada.get("/api/v1/media/" + id).ok().object()
			links = append(links, m["url"].(string), m["preview_url"].(string))
		}
		ada.send("DELETE", "/api/v1/statuses/"+post, object{}).ok()
		for _, link := range links {
			require.Eventually(t, func() bool { // whoever reads while it is moved gets half of it
				answer, err := http.Get(link)
				return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusNotFound
			}, time.Minute, 20*time.Millisecond, link)
		}
		assert.Len(t, n.place.names(), 4)
		number, err := strconv.ParseInt(post, 10, 64)
		require.NoError(t, err)
		files, err := n.db.OwnFiles(number)
		require.NoError(t, err)
		require.Len(t, files, 2)
		for _, m := range files {
			f, err := n.Files.Open(t.Context(), m.Path)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}
	})
}

// Who is suspended or gone shows nothing, to those neither who kept an address.
func TestFilesOfSomebodySuspendedAreNotShown(t *testing.T) {
	eachPlace(t, func(t *testing.T, n *node) {
		ada, bea := n.person("ada"), n.person("bea")
		id := upload(t, ada, "hers")
		ada.send("POST", "/api/v1/statuses", object{"status": "one", "media_ids": []string{id}}).ok()
		m := ada.get("/api/v1/media/" + id).ok().object()
		links := []string{m["url"].(string), m["preview_url"].(string)}
		account := ada.sendFiles("PATCH", "/api/v1/accounts/update_credentials", map[string][]byte{"avatar": square(t), "header": square(t)}).ok().object()
		links = append(links, account["avatar"].(string), account["header"].(string))
		other := bea.get("/api/v1/media/" + upload(t, bea, "another's")).ok().object()["url"].(string)
		shown := func(code int) {
			t.Helper()
			for _, link := range links {
				assert.Equal(t, code, n.stranger().get(link).code, link)
				assert.Equal(t, code, n.stranger().do("HEAD", link, nil).code, link)
			}
			assert.Equal(t, 200, n.stranger().get(other).code)
		}
		shown(200)
		require.NoError(t, n.Actors.Disable(t.Context(), 0, ada.id))
		shown(404)
		require.NoError(t, n.Actors.Enable(t.Context(), 0, ada.id))
		shown(200)
		require.NoError(t, n.Actors.Close(t.Context(), 0, ada.id)) // what was said stays to be seen
		shown(200)
		require.NoError(t, n.Actors.Delete(t.Context(), 0, ada.id))
		shown(404)
	})
}

// Who deletes a post to write it anew has its files, may describe them otherwise
// meanwhile, and the new post shows them. What the old one said stays on record.
func TestFilesOfAPostThatIsWrittenAnew(t *testing.T) {
	eachPlace(t, func(t *testing.T, n *node) {
		n.work()
		ada, bob := n.person("ada"), n.person("bob")
		id := upload(t, ada, "a squar")
		path := "/api/v1/media/" + id
		first := ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{id}}).ok().object()["id"].(string)
		assert.Equal(t, 404, ada.send("PUT", path, object{"description": "behind their backs"}).code)
		deleted := ada.send("DELETE", "/api/v1/statuses/"+first, object{}).ok().object()
		assert.Equal(t, "look", deleted["text"])
		assert.Equal(t, id, deleted["media_attachments"].([]any)[0].(object)["id"])

		for _, words := range []string{"a square", "a grey square"} {
			assert.Equal(t, words, ada.send("PUT", path, object{"description": words, "focus": "0,0"}).ok().object()["description"])
		}
		assert.Equal(t, 404, bob.send("PUT", path, object{"description": "mine"}).code)
		assert.Equal(t, 422, bob.send("POST", "/api/v1/statuses", object{"status": "mine", "media_ids": []string{id}}).code)
		query(t, n.db, `UPDATE media SET created_at = 1`)
		require.NoError(t, n.Outbox.Clean(t.Context(), outbox.CleanJob{}))
		again := ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{id}}).ok().object()
		shown := again["media_attachments"].([]any)[0].(object)
		assert.Equal(t, []any{id, "a grey square"}, []any{shown["id"], shown["description"]})
		require.Eventually(t, func() bool { return n.stranger().get(shown["url"].(string)).code == 200 }, time.Minute, 20*time.Millisecond)
		versions, err := n.db.Versions(number(t, first))
		require.NoError(t, err)
		require.Len(t, versions, 1)
		assert.Equal(t, "a squar", versions[0].Media[0].Description)
		assert.Equal(t, 404, ada.send("PUT", path, object{"description": "behind their backs"}).code)

		ada.do("DELETE", "/api/v1/statuses/"+again["id"].(string)+"?delete_media=true", nil).ok()
		assert.Equal(t, 404, ada.send("PUT", path, object{"description": "no more"}).code)
		n.keeps(2, "evidence")
	})
}

// A server of files that is away is told as such; nothing is kept by half, and
// what was to go goes when it is back.
func TestBucketIsAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		server := mediatest.New(t)
		n := newNodeIn(t, db, inBucket(t, server))
		n.work()
		ada := n.person("ada")
		id := upload(t, ada, "a square")
		link := ada.get("/api/v1/media/" + id).ok().object()["url"].(string)
		n.keeps(2, "a picture and its preview")

		server.Down.Store(true)
		for what, a := range map[string]answer{
			"upload":  ada.sendFiles("POST", "/api/v2/media", map[string][]byte{"file": square(t)}),
			"profile": ada.sendFiles("PATCH", "/api/v1/accounts/update_credentials", map[string][]byte{"avatar": square(t), "header": square(t)}),
			"file":    n.stranger().get(link),
		} {
			assert.Equal(t, 503, a.code, what)
			assert.NotEmpty(t, a.object()["error"], what)
			assert.NotEmpty(t, a.header.Get("Retry-After"), what)
			assert.NotContains(t, a.header.Get("Cache-Control"), "immutable", what)
			assert.NotContains(t, a.body, server.URL, what)
		}
		assert.Len(t, query(t, db, `SELECT id FROM media`), 1)
		assert.NotContains(t, ada.get("/api/v1/accounts/verify_credentials").ok().object()["avatar"], "/media/")
		ada.send("DELETE", "/api/v1/media/"+id, object{}).ok()

		server.Down.Store(false)
		n.keeps(0, "what was deleted meanwhile")
		assert.Equal(t, 404, n.stranger().get(link).code)
		ada.sendFiles("PATCH", "/api/v1/accounts/update_credentials", map[string][]byte{"avatar": square(t)}).ok()
	})
}

// Nobody is shown a picture that somebody chose another for, and it is kept no
// longer.
func TestReplacedPicturesAreRemoved(t *testing.T) {
	eachPlace(t, func(t *testing.T, n *node) {
		n.work()
		ada, bob := n.person("ada"), n.person("bob")
		bob.sendFiles("PATCH", "/api/v1/accounts/update_credentials", map[string][]byte{"avatar": square(t)}).ok()
		change := func(files map[string][]byte) (avatar, header string) {
			me := ada.sendFiles("PATCH", "/api/v1/accounts/update_credentials", files).ok().object()
			return me["avatar"].(string), me["header"].(string)
		}
		avatar, header := change(map[string][]byte{"avatar": square(t), "header": square(t)})
		n.keeps(3, "with that of somebody else")
		second, same := change(map[string][]byte{"avatar": square(t)})
		assert.Equal(t, header, same)
		n.keeps(3, "the first is gone")
		assert.Equal(t, []int{404, 200, 200}, []int{n.stranger().get(avatar).code, n.stranger().get(second).code, n.stranger().get(header).code})
		ada.send("DELETE", "/api/v1/profile/header", object{}).ok()
		ada.send("DELETE", "/api/v1/profile/avatar", object{}).ok()
		n.keeps(1, "taken away")
		refused := ada.sendFiles("PATCH", "/api/v1/accounts/update_credentials", map[string][]byte{"avatar": square(t), "header": []byte("no picture")})
		assert.Equal(t, 422, refused.code)
		n.keeps(1, "one of two that could not both be taken")
	})
}

// The clean-up job forgets what nobody posted in a day: what could not be
// converted too, and what never came to be.
func TestUploadsNobodyPostedAreCleaned(t *testing.T) {
	eachPlace(t, func(t *testing.T, n *node) {
		n.work()
		ada := n.person("ada")
		posted, scheduled, old, fresh := upload(t, ada, "posted"), upload(t, ada, "scheduled"), upload(t, ada, "old"), upload(t, ada, "fresh")
		ada.send("POST", "/api/v1/statuses", object{"status": "look", "media_ids": []string{posted}}).ok()
		ada.send("POST", "/api/v1/statuses", object{"status": "later", "media_ids": []string{scheduled}, "scheduled_at": time.Now().Add(48 * time.Hour).Format(time.RFC3339)}).ok()
		broken := &store.Media{ID: store.NewID(), ActorID: ada.id, Kind: "video", State: store.Failed, Path: media.Name("video/mp4"), PreviewPath: media.Name("image/jpeg"), Problem: "no"}
		stuck := &store.Media{ID: store.NewID(), ActorID: ada.id, Kind: "video", State: store.Processing, Path: media.Name("video/mp4"), UploadPath: media.RawName()}
		for _, file := range []string{broken.PreviewPath, stuck.UploadPath} {
			require.NoError(t, n.Files.Put(t.Context(), file, strings.NewReader("bytes"), 5))
		}
		n.write(func(tx *store.Tx) error { return errors.Join(tx.CreateMedia(broken), tx.CreateMedia(stuck)) })
		yesterday := store.Now().Add(-25 * time.Hour)
		for _, id := range []string{posted, scheduled, old} {
			query(t, n.db, `UPDATE media SET created_at = `+strconv.FormatInt(int64(yesterday), 10)+` WHERE id = `+id)
		}
		n.keeps(10, "four pictures, and half of two videos")
		require.NoError(t, n.Outbox.Clean(t.Context(), outbox.CleanJob{}))
		n.keeps(6, "three pictures")
		for id, code := range map[string]int{posted: 200, scheduled: 200, fresh: 200, old: 404, strconv.FormatInt(broken.ID, 10): 404, strconv.FormatInt(stuck.ID, 10): 404} {
			assert.Equal(t, code, ada.get("/api/v1/media/"+id).code)
		}
	})
}
