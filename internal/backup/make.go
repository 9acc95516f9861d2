package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/store"
)

// Node is a node that is backed up.
type Node struct {
	DB        *store.DB
	Files     *media.Store
	Program   string // version of Parley
	PublicURL string
	Elsewhere bool // files stay where they are, and only their names and sizes are kept
}

// Make writes a backup into a folder that is new or empty, while the node may serve.
func Make(ctx context.Context, n Node, dir string) (*Manifest, error) {
	steps, err := n.DB.Steps(ctx)
	if err != nil {
		return nil, err
	}
	if err := store.Current(steps); err != nil {
		return nil, err
	}
	if err := vacantFolder(dir); err != nil {
		return nil, err
	}
	m := &Manifest{Format: format, Program: n.Program, PublicURL: n.PublicURL, MadeAt: time.Now().UTC(), Kind: n.DB.Kind(), Elsewhere: n.Elsewhere, Absent: []string{}}
	var named []store.OwnFile
	files, err := n.DB.Snapshot(ctx, filepath.Join(dir, databaseDir), func(r store.Reader) (err error) {
		if m.Steps, err = r.Steps(ctx); err != nil {
			return err
		}
		m.Audit = trailOf(r)
		return r.AllFiles(func(f store.OwnFile) error { named = append(named, f); return nil })
	})
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		f, err := os.Open(filepath.Join(dir, databaseDir, name))
		if err != nil {
			return nil, err
		}
		file, err := sum(io.Discard, f)
		if err := errors.Join(err, f.Close(), settle(filepath.Join(dir, databaseDir), name)); err != nil {
			return nil, err
		}
		file.Name = name
		m.Database = append(m.Database, file)
	}
	// The database first: what its rows name was there by then.
	if err := n.keep(ctx, dir, m, named); err != nil {
		return nil, err
	}
	return m, m.write(dir)
}

// trailOf is how the audit trail stands. One that is broken is kept as it is.
func trailOf(r store.Reader) (a Audit) {
	var err error
	if a.Lines, a.Last, err = audit.Verify(r); err != nil {
		a.Problem = err.Error()
	}
	return a
}

// vacantFolder makes the folders of a backup.
func vacantFolder(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(list) > 0 {
		return fault.New(fault.Conflict, fmt.Sprintf("%s is not empty: name a folder that is new", dir))
	}
	for _, folder := range []string{databaseDir, mediaDir} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// keep copies files, each once.
func (n Node) keep(ctx context.Context, dir string, m *Manifest, named []store.OwnFile) error {
	seen := map[string]bool{}
	for _, of := range named {
		if seen[of.Name] {
			continue
		}
		seen[of.Name] = true
		file, err := n.keepFile(ctx, dir, of)
		switch {
		case fault.Is(err, fault.NotFound):
			m.Absent = append(m.Absent, of.Name)
		case err != nil:
			return fmt.Errorf("keep the file %s: %w", of.Name, err)
		default:
			m.Media = append(m.Media, file)
		}
	}
	return nil
}

// keepFile copies a file, under the name that it had when the database was copied.
func (n Node) keepFile(ctx context.Context, dir string, of store.OwnFile) (File, error) {
	from, err := n.Files.Open(ctx, of.Name)
	if fault.Is(err, fault.NotFound) {
		now, nerr := n.DB.With(ctx).NameNow(of)
		if nerr != nil || now == "" {
			return File{}, errors.Join(nerr, err)
		}
		from, err = n.Files.Open(ctx, now)
	}
	if err != nil {
		return File{}, err
	}
	defer from.Close()
	if n.Elsewhere {
		size, err := from.Seek(0, io.SeekEnd)
		return File{Name: of.Name, Size: size}, err
	}
	if !filepath.IsLocal(of.Name) {
		return File{}, fault.New(fault.Internal, "Its name leads out of the folder")
	}
	name := filepath.Join(dir, mediaDir, of.Name)
	if err := os.MkdirAll(path.Dir(name), 0o700); err != nil {
		return File{}, err
	}
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return File{}, err
	}
	file, err := sum(to, from)
	file.Name = of.Name
	return file, errors.Join(err, to.Sync(), to.Close())
}
