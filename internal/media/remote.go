package media

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"parley/internal/fault"
	"parley/internal/safehttp"
	"parley/internal/store"
)

// Remote shows files of other nodes from copies on this one, so that nobody's
// browser asks a stranger. An address of it carries a signature: only what a
// post or a profile here shows is fetched.
type Remote struct {
	DB      *store.DB
	HTTP    *safehttp.Client
	Outside *safehttp.Client // for what pages show that are nobody's of ours and no node's; HTTP if nil
	URL     string           // public, without a slash at its end
	Budget  int64            // bytes on the disk
	Log     *slog.Logger

	root   *os.Root
	secret []byte
	flight singleflight.Group
	busy   chan struct{}
	looks  looks
	grown  atomic.Int64 // bytes since the files were last tidied
}

// Bounds of fetching: how long one file may take, and how many come at once.
const (
	patience = 30 * time.Second
	atOnce   = 16
)

// secretName is the row of the key that addresses are signed with.
const secretName = "media proxy"

// Open makes the folder and the secret if need be.
func (r *Remote) Open(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	var err error
	if r.root, err = os.OpenRoot(dir); err != nil {
		return err
	}
	if r.Outside == nil {
		r.Outside = r.HTTP
	}
	r.busy, r.HTTP, r.Outside = make(chan struct{}, atOnce), r.HTTP.WithTimeout(patience), r.Outside.WithTimeout(patience)
	r.looks.seen, r.looks.since = map[string]bool{}, time.Now()
	fresh := make([]byte, 32)
	rand.Read(fresh)
	var secret string
	err = r.DB.Write(ctx, func(tx *store.Tx) (err error) {
		secret, err = tx.Secret(secretName, hex.EncodeToString(fresh))
		return err
	})
	if err != nil {
		return err
	}
	r.secret, err = hex.DecodeString(secret)
	return err
}

// Close gives the folder back.
func (r *Remote) Close() error {
	if r.root == nil {
		return nil
	}
	return r.root.Close()
}

// File is a file of another node, as a post or a profile there shows it.
type File struct {
	Owner string // the origin of that post or profile; ours where a page shows it that a post links to
	URL   string
	Small bool // a picture no larger than a preview has to be
}

// Pictured is where this node shows a picture of a page that a post links to.
func (r *Remote) Pictured(url string) string { return r.Address(r.URL, url) }

// Prefix is where the addresses of copies begin.
const Prefix = "/proxy/"

// Address is where this node shows a file that the post or profile at owner
// shows.
func (r *Remote) Address(owner, url string) string {
	return r.address(File{originOf(owner), url, false})
}

// SmallAddress is Address for a preview of a picture.
func (r *Remote) SmallAddress(owner, url string) string {
	return r.address(File{originOf(owner), url, true})
}

func (r *Remote) address(f File) string {
	name := f.name()
	return r.URL + Prefix + base64.RawURLEncoding.EncodeToString(r.sign(name)) + "/" + base64.RawURLEncoding.EncodeToString([]byte(name))
}

// name is the one text that stands for a file.
func (f File) name() string {
	size := "whole"
	if f.Small {
		size = "small"
	}
	return size + " " + f.Owner + " " + f.URL
}

func (r *Remote) sign(name string) []byte {
	mac := hmac.New(sha256.New, r.secret)
	mac.Write([]byte(name))
	return mac.Sum(nil)[:16]
}

// Parse reads the two parts of an address that this node made.
func (r *Remote) Parse(signature, encoded string) (File, error) {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	name, err2 := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || err2 != nil || subtle.ConstantTimeCompare(sum, r.sign(string(name))) != 1 {
		return File{}, fault.New(fault.NotFound, "There is no such file")
	}
	parts := strings.SplitN(string(name), " ", 3)
	return File{Owner: parts[1], URL: parts[2], Small: parts[0] == "small"}, nil
}

// originOf is scheme and host of an address.
func originOf(uri string) string {
	scheme, rest, _ := strings.Cut(uri, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// key names the copy. Who shows a file does not matter to what is in it.
func (f File) key() string {
	f.Owner = ""
	sum := sha256.Sum256([]byte(f.name()))
	return hex.EncodeToString(sum[:20])
}

func pathOf(key string) string { return path.Join(key[:2], key[2:]) }

// Serve answers with a file, fetched if there is no copy. Whatever its bytes
// are, a browser shows a picture, a video, a sound or nothing.
func (r *Remote) Serve(w http.ResponseWriter, req *http.Request, f File) error {
	row, file, err := r.open(req.Context(), f)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	h := w.Header()
	harmless(h)
	h.Set("Cache-Control", forever)
	h.Set("Content-Type", row.Mime)
	http.ServeContent(w, req, "", row.FetchedAt.Time(), file)
	return nil
}

// open gives the copy of a file, which is made first where there is none.
func (r *Remote) open(ctx context.Context, f File) (*store.RemoteFile, *os.File, error) {
	key := f.key()
	row, err := r.DB.With(ctx).RemoteFile(key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, nil, err
	}
	if err == nil {
		if row.Mime == "" && store.Now() < row.RetryAt {
			return nil, nil, fault.New(fault.NotFound, "The file cannot be had at the moment")
		}
		if file, err := r.root.Open(pathOf(key)); err == nil && row.Mime != "" {
			r.look(key)
			return row, file, nil
		}
	}
	if row, err = r.once(ctx, f); err != nil {
		return nil, nil, err
	}
	file, err := r.root.Open(pathOf(row.Key))
	return row, file, err
}

// once makes a copy. Whoever asks for the same meanwhile waits for it, and it
// goes on if they leave.
func (r *Remote) once(ctx context.Context, f File) (*store.RemoteFile, error) {
	done := r.flight.DoChan(f.key(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*patience)
		defer cancel()
		if f.Small {
			return r.shrink(ctx, f)
		}
		return r.fetch(ctx, f)
	})
	select {
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "The file did not come in time")
	case result := <-done:
		row, _ := result.Val.(*store.RemoteFile)
		return row, result.Err
	}
}

// Shown are the addresses under which this node shows an attachment of the
// post owner, and its preview: none where it is no picture, and the picture
// itself where that is small.
func (r *Remote) Shown(owner string, m *store.Media) (url, preview string) {
	url = r.Address(owner, m.RemoteURL)
	switch {
	case m.Kind != "image":
		return url, ""
	case m.Width > 0 && m.Height > 0 && m.Width <= maxSmall/m.Height:
		return url, url
	}
	return url, r.SmallAddress(owner, m.RemoteURL)
}
