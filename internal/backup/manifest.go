package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/internal/fault"
)

// format is the number of the layout that this program writes and reads.
const format = 1

// The names in the folder.
const (
	manifestName = "manifest.json"
	sumName      = manifestName + ".sha256"
	databaseDir  = "database"
	mediaDir     = "media"
)

// Manifest says what a backup is.
type Manifest struct {
	Format    int       `json:"format"`
	Program   string    `json:"program"`    // version of Parley
	PublicURL string    `json:"public_url"` // of the node
	MadeAt    time.Time `json:"made_at"`    // what was written before is in it
	Kind      string    `json:"kind"`       // sqlite, postgres
	Steps     []int64   `json:"steps"`      // of migration, that the database has had
	Audit     Audit     `json:"audit"`
	Database  []File    `json:"database"`
	Media     []File    `json:"media"`
	Elsewhere bool      `json:"elsewhere"` // the files themselves are in a bucket, and not in the backup
	Absent    []string  `json:"absent"`    // files that rows name and that were deleted while the backup was made, or before
}

// Audit is the end of the audit trail.
type Audit struct {
	Lines   int64  `json:"lines"`
	Last    string `json:"last_hash"`
	Problem string `json:"problem,omitempty"` // where it was broken already
}

// File is one file.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`             // bytes
	SHA256 string `json:"sha256,omitempty"` // in hexadecimal; not of what stays in a bucket
}

// Size is what the files of the backup take, in bytes.
func (m *Manifest) Size() (total int64) {
	for _, f := range m.Database {
		total += f.Size
	}
	if !m.Elsewhere {
		for _, f := range m.Media {
			total += f.Size
		}
	}
	return total
}

// write completes a backup: without the sum of the manifest it is none.
func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, manifestName), text, 0o600); err != nil {
		return err
	}
	if err := settle(dir, manifestName); err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	if err := os.WriteFile(filepath.Join(dir, sumName), []byte(hex.EncodeToString(sum[:])+"  "+manifestName+"\n"), 0o600); err != nil {
		return err
	}
	return settle(dir, sumName)
}

// settle has a file and its folder on the disk.
func settle(dir, name string) error {
	for _, path := range []string{filepath.Join(dir, name), filepath.Dir(filepath.Join(dir, name))} {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Verify reads a whole backup and gives its manifest. What is damaged or missing is
// a fault.Conflict that names it.
func Verify(ctx context.Context, dir string) (*Manifest, error) {
	m, err := read(dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]File{databaseDir: m.Database}
	if !m.Elsewhere {
		files[mediaDir] = m.Media
	}
	for folder, list := range files {
		for _, want := range list {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := check(dir, folder+"/"+want.Name, want); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// read gives the manifest, if it is what was written.
func read(dir string) (*Manifest, error) {
	said, err := os.ReadFile(filepath.Join(dir, sumName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.Conflict, fmt.Sprintf("There is no complete backup in %s: %s is missing. Nothing was restored; take another backup", dir, sumName))
	}
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, damaged(dir, manifestName, "is missing")
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	if want, _, _ := strings.Cut(string(said), " "); want != hex.EncodeToString(sum[:]) {
		return nil, damaged(dir, manifestName, "is not as it was written")
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	if m.Format != format {
		return nil, fault.New(fault.Conflict, fmt.Sprintf("The backup in %s was made by Parley %s in another layout (%d): restore it with that version", dir, m.Program, m.Format))
	}
	return &m, nil
}

func check(dir, name string, want File) error {
	if !filepath.IsLocal(name) {
		return damaged(dir, name, "is outside of it")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return damaged(dir, name, "is missing")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	got, err := sum(io.Discard, f)
	if err != nil {
		return err
	}
	switch {
	case got.Size != want.Size:
		return damaged(dir, name, fmt.Sprintf("has %d bytes and had %d", got.Size, want.Size))
	case got.SHA256 != want.SHA256:
		return damaged(dir, name, "is not as it was written: its SHA-256 is another")
	}
	return nil
}

func damaged(dir, name, how string) error {
	return fault.New(fault.Conflict, fmt.Sprintf("The backup in %s is damaged: %s %s. Nothing was restored; take another backup", dir, name, how))
}

// sum copies, and tells what was copied.
func sum(to io.Writer, from io.Reader) (File, error) {
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, hash), from)
	return File{Size: n, SHA256: hex.EncodeToString(hash.Sum(nil))}, err
}
