package media

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"syscall"

	"parley/internal/fault"
)

// Store keeps pictures as files under one directory, which nothing leads out
// of: every access goes through os.Root.
type Store struct {
	root *os.Root
}

// Open makes the directory if need be.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Store{root: root}, nil
}

// Close gives the directory back.
func (s *Store) Close() error { return s.root.Close() }

var extensions = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif"}

// Save writes a picture and gives its path in the store. The name is random,
// not made of the content: it must not be guessed by who has the same
// picture, and two posts never share a file, so that erasing one is simple.
func (s *Store) Save(p Picture) (string, error) {
	ext, ok := extensions[p.Type]
	if !ok {
		return "", fault.New(fault.Internal, "The picture has no type we keep")
	}
	id := make([]byte, 16)
	rand.Read(id)
	name := hex.EncodeToString(id)
	file := path.Join(name[:2], name[2:4], name[4:]+ext)
	return file, s.write(file, p.Bytes)
}

// write is complete or leaves nothing: the name appears after the bytes are
// on the disk.
func (s *Store) write(file string, data []byte) (err error) {
	defer func() {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			err = fault.Wrap(fault.Unavailable, err, "There is no space left for pictures")
		}
	}()
	if err := s.root.MkdirAll(path.Dir(file), 0o750); err != nil {
		return err
	}
	part := file + ".part"
	f, err := s.root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = s.root.Rename(part, file)
	}
	if err != nil {
		_ = s.root.Remove(part)
	}
	return err
}

// Read is the bytes of a saved picture.
func (s *Store) Read(file string) ([]byte, error) { return s.root.ReadFile(file) }

// Remove deletes a picture; one that is gone already is no error.
func (s *Store) Remove(file string) error {
	if err := s.root.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

var saved = regexp.MustCompile(`^/?[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.(jpg|png|gif)$`)

// ServeHTTP answers with a saved picture; the path is the one Save gave, so
// mount it behind http.StripPrefix. Whatever the bytes were, a browser shows a
// picture or nothing.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Access-Control-Allow-Origin", "*")
	if !saved.MatchString(r.URL.Path) {
		http.NotFound(w, r)
		return
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeFileFS(w, r, s.root.FS(), path.Clean("/" + r.URL.Path)[1:])
}
