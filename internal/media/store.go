package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"syscall"
	"time"

	"parley/internal/fault"
)

// Store keeps what people here upload: in a folder, or in a bucket of a
// server that speaks S3.
type Store struct {
	place place
}

// place is where files lie.
type place interface {
	// put is complete or leaves nothing under the name.
	put(ctx context.Context, file string, from io.Reader, size int64) error
	// open gives a fault.NotFound for what is not there.
	open(ctx context.Context, file string) (content, time.Time, error)
	// move and remove take it as done where there is nothing to do any more.
	move(ctx context.Context, from, to string) error
	remove(ctx context.Context, file string) error
	close() error
}

// content is a file that is being read.
type content interface{ io.ReadSeekCloser }

var errNoFile = fault.New(fault.NotFound, "There is no such file")

// Close gives back what the store holds.
func (s *Store) Close() error { return s.place.close() }

// extensions are the types of what is served, each under an extension of its
// own: it says what a browser is told a file is.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif",
	"video/mp4": ".mp4", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".ogg", "audio/flac": ".flac", "audio/wav": ".wav",
}

// TypeOf is the type of a file by its name, empty for one that is not served.
func TypeOf(file string) string {
	for kind, ext := range extensions {
		if path.Ext(file) == ext {
			return kind
		}
	}
	return ""
}

// Name makes the name of a file of the type. It is random, not made of the
// content: it must not be guessed by who has the same file, and two posts never
// share one, so that erasing is simple.
func Name(kind string) string { return name(extensions[kind]) }

// RawName makes the name of an upload as it came. Nobody is served one.
func RawName() string { return name(".upload") }

// Rename makes another name for the same kind of file.
func Rename(file string) string { return name(path.Ext(file)) }

func name(ext string) string {
	id := make([]byte, 16)
	rand.Read(id)
	name := hex.EncodeToString(id)
	return path.Join(name[:2], name[2:4], name[4:]+ext)
}

// Save writes a picture and gives its name in the store.
func (s *Store) Save(ctx context.Context, p Picture) (string, error) {
	if extensions[p.Type] == "" {
		return "", fault.New(fault.Internal, "The picture has no type we keep")
	}
	file := Name(p.Type)
	return file, s.Put(ctx, file, bytes.NewReader(p.Bytes), int64(len(p.Bytes)))
}

// Put writes a file under a name that was made for it, in place of what may be
// there.
func (s *Store) Put(ctx context.Context, file string, from io.Reader, size int64) error {
	err := s.place.put(ctx, file, from, size)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(fault.Unavailable, err, "There is no space left for files")
	}
	return err
}

// Open reads a file.
func (s *Store) Open(ctx context.Context, file string) (io.ReadSeekCloser, error) {
	f, _, err := s.place.open(ctx, file)
	return f, err
}

// Move gives a file another name. One that has it already is no error.
func (s *Store) Move(ctx context.Context, from, to string) error { return s.place.move(ctx, from, to) }

// Remove deletes a file; one that is gone already is no error.
func (s *Store) Remove(ctx context.Context, file string) error { return s.place.remove(ctx, file) }

// Check keeps a file, reads it and removes it: who may not do that will not
// keep an upload either.
func (s *Store) Check(ctx context.Context) error {
	file := RawName()
	if err := s.Put(ctx, file, strings.NewReader(file), int64(len(file))); err != nil {
		return err
	}
	f, err := s.Open(ctx, file)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return errors.Join(err, f.Close(), s.Remove(ctx, file))
}

var served = regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.[0-9a-z]{3,4}$`)

// Serve answers with a file. Whatever the bytes were, a browser shows a picture,
// a video, a sound or nothing.
func (s *Store) Serve(w http.ResponseWriter, r *http.Request, file string) error {
	kind := TypeOf(file)
	if !served.MatchString(file) || kind == "" {
		return errNoFile
	}
	f, at, err := s.place.open(r.Context(), file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := w.Header()
	harmless(h)
	h.Set("Cache-Control", forever)
	h.Set("Content-Type", kind)
	http.ServeContent(w, r, "", at, f)
	return nil
}

// forever is how long a file may be cached: what is behind a name never changes.
const forever = "public, max-age=31536000, immutable"

// harmless are the headers of every file: it is what it is said to be, runs
// nothing, and may be shown by pages of other origins.
func harmless(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Access-Control-Allow-Origin", "*")
}
