package media

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// folder keeps files under one directory, which nothing leads out of: every
// access goes through os.Root.
type folder struct {
	root *os.Root
}

// Open gives a store in a directory, which is made if need be.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Store{place: folder{root}}, nil
}

func (f folder) close() error { return f.root.Close() }

// put lets the name appear after the bytes are on the disk. What a process that
// died left of it is written over.
func (f folder) put(_ context.Context, file string, from io.Reader, _ int64) error {
	if err := f.root.MkdirAll(path.Dir(file), 0o750); err != nil {
		return err
	}
	part := file + ".part"
	to, err := f.root.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	err = errors.Join(err, to.Sync(), to.Close())
	if err == nil {
		err = f.root.Rename(part, file)
	}
	if err != nil {
		_ = f.root.Remove(part)
	}
	return err
}

func (f folder) open(_ context.Context, file string) (content, time.Time, error) {
	opened, err := f.root.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, errNoFile
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	info, err := opened.Stat()
	if err != nil || info.IsDir() {
		return nil, time.Time{}, errors.Join(err, opened.Close(), errNoFile)
	}
	return opened, info.ModTime(), nil
}

func (f folder) move(_ context.Context, from, to string) error {
	if err := f.root.MkdirAll(path.Dir(to), 0o750); err != nil {
		return err
	}
	return unlessGone(f.root.Rename(from, to))
}

func (f folder) remove(_ context.Context, file string) error { return unlessGone(f.root.Remove(file)) }

func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
