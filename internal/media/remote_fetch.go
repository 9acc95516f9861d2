package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"parley/internal/fault"
	"parley/internal/safehttp"
	"parley/internal/store"
)

// maxMovie is how large a copy of a video or a sound may be, in bytes as they
// are after inflation.
const maxMovie = 100 << 20

// shown are the types that are passed on, by what the bytes say. A type that
// can hold a script, SVG above all, is none of them.
var shown = []string{
	"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif",
	"video/mp4", "video/webm", "video/ogg", "video/quicktime",
	"audio/mpeg", "audio/mp4", "audio/ogg", "audio/flac", "audio/wav", "audio/aac", "audio/x-m4a",
}

// fetch copies a file from its node and notes what came of it.
func (r *Remote) fetch(ctx context.Context, f File) (*store.RemoteFile, error) {
	select {
	case r.busy <- struct{}{}:
		defer func() { <-r.busy }()
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "Too many files are being fetched at the moment")
	}
	row := &store.RemoteFile{Key: f.key(), URL: f.URL, UsedAt: store.Now(), FetchedAt: store.Now()}
	client := r.HTTP
	if f.Owner == originOf(r.URL) {
		client = r.Outside
	}
	err := r.download(ctx, client, row)
	if fault.Is(err, fault.Internal) { // our disk, not their fault
		return nil, fault.Wrap(fault.Unavailable, err, "The file cannot be kept at the moment")
	}
	if fault.Is(err, fault.TooMany) { // our own bound, not their fault
		return nil, err
	}
	if err != nil {
		r.Log.InfoContext(ctx, "cannot fetch a file", "url", f.URL, "error", err)
		return nil, errors.Join(fault.Wrap(fault.NotFound, err, "The file cannot be had at the moment"), r.failed(ctx, row, err))
	}
	return row, r.keep(ctx, row)
}

func (r *Remote) keep(ctx context.Context, row *store.RemoteFile) error {
	if err := r.DB.Write(ctx, func(tx *store.Tx) error { return tx.KeepRemoteFile(row) }); err != nil {
		return err
	}
	if r.grown.Add(row.Size) > r.Budget/8 {
		return r.Tidy(ctx, TidyJob{})
	}
	return nil
}

// failed remembers a failure: the next try is the later the more there were.
func (r *Remote) failed(ctx context.Context, row *store.RemoteFile, cause error) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.RemoteFile(row.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		pause := 10 * time.Minute
		if !fault.Is(cause, fault.Unavailable) { // gone, refused, or not what it should be
			pause = 6 * time.Hour
		}
		row.Mime, row.Size, row.Failures = "", 0, before.Failures+1
		row.RetryAt = store.Now().Add(min(pause<<min(before.Failures, 8), 48*time.Hour))
		return tx.KeepRemoteFile(row)
	})
}

// download writes the file to its place and what it is into the row.
func (r *Remote) download(ctx context.Context, client *safehttp.Client, row *store.RemoteFile) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, row.URL, nil)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The address cannot be read")
	}
	req.Header.Set("Accept", "image/*, video/*, audio/*")
	resp, err := client.HTTPClient().Do(req)
	if err != nil {
		if fault.Of(err) != fault.Internal { // refused before it was sent
			return err
		}
		return fault.Wrap(fault.Unavailable, err, "Could not fetch the file")
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
		return fault.New(fault.Unavailable, "Its node answered "+resp.Status)
	case resp.StatusCode != http.StatusOK:
		return fault.New(fault.NotFound, "Its node answered "+resp.Status)
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(resp.Body, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Wrap(fault.Unavailable, err, "The file broke off")
	}
	limit, err := recognise(row, head[:n])
	if err != nil {
		return err
	}
	return r.write(row, io.MultiReader(bytes.NewReader(head[:n]), resp.Body), limit)
}

// recognise finds the type of a file in its first bytes, and how long one of
// that type may be.
func recognise(row *store.RemoteFile, head []byte) (limit int64, err error) {
	found := mimetype.Detect(head)
	at := slices.IndexFunc(shown, func(t string) bool {
		// An animated PNG is a child of the plain one.
		return found.Is(t) || found.Parent() != nil && found.Parent().Is(t) && strings.HasPrefix(found.String(), t[:5])
	})
	if at < 0 {
		return 0, fault.New(fault.Invalid, "A file of the type "+found.String()+" is not shown")
	}
	row.Mime = shown[at]
	if strings.HasPrefix(row.Mime, "image/") {
		return MaxPicture, nil
	}
	return maxMovie, nil
}

// write brings the bytes to the disk; the name appears when they are complete.
func (r *Remote) write(row *store.RemoteFile, from io.Reader, limit int64) (err error) {
	file, part := pathOf(row.Key), partName()
	if err := r.root.MkdirAll(path.Dir(file), 0o750); err != nil {
		return full(err)
	}
	f, err := r.root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
	if err != nil {
		return full(err)
	}
	defer func() {
		_ = f.Close()
		if err != nil {
			_ = r.root.Remove(part)
		}
	}()
	source := &fromFar{r: io.LimitReader(from, limit+1)}
	if row.Size, err = io.Copy(f, source); err != nil {
		if source.err != nil {
			return fault.Wrap(fault.Unavailable, err, "The file broke off")
		}
		return full(err)
	}
	if row.Size > limit {
		return fault.New(fault.TooLarge, "The file is too large")
	}
	if err := measure(row, f); err != nil {
		return err
	}
	return full(r.root.Rename(part, file))
}

// fromFar tells a failure of the other side from one of our disk.
type fromFar struct {
	r   io.Reader
	err error
}

func (f *fromFar) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

func partName() string {
	id := make([]byte, 12)
	rand.Read(id)
	return partPrefix + hex.EncodeToString(id)
}

// partPrefix begins the names of what is not complete.
const partPrefix = "part-"

func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(fault.Internal, err, "There is no space left for files of other nodes")
	}
	return err
}

// measure reads from its header how many pixels a picture has, and refuses one
// that a browser had better not decode.
func measure(row *store.RemoteFile, f io.ReadSeeker) error {
	at := slices.IndexFunc(formats, func(f format) bool { return f.mime == row.Mime })
	if at < 0 {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	config, err := formats[at].config(f)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The picture is damaged")
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > MaxArea/config.Height {
		return fault.New(fault.Invalid, "The picture has too many pixels")
	}
	row.Width, row.Height = config.Width, config.Height
	return nil
}

// shrink makes the preview of a picture. One that is small already, or that we
// cannot decode, is its own.
func (r *Remote) shrink(ctx context.Context, f File) (*store.RemoteFile, error) {
	f.Small = false
	whole, file, err := r.open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if whole.Width*whole.Height <= maxSmall {
		return whole, nil
	}
	release, err := acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	src, err := read(file, MaxPicture)
	if err != nil {
		return whole, nil // what its header promised is not there; a browser may know better
	}
	img, err := src.decode()
	if err != nil {
		return whole, nil
	}
	small, err := encode(fit(img, maxSmall), "image/jpeg")
	if err != nil {
		return nil, err
	}
	f.Small = true
	row := &store.RemoteFile{Key: f.key(), URL: f.URL, Mime: small.Type, Width: small.Width, Height: small.Height, UsedAt: store.Now(), FetchedAt: store.Now()}
	if err := r.write(row, bytes.NewReader(small.Bytes), MaxPicture); err != nil {
		return nil, err
	}
	return row, r.keep(ctx, row)
}
