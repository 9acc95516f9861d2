package media

import (
	"context"
	"strings"

	"parley/internal/fault"
)

// Sketch is what a picture is like, for who has not got it yet.
type Sketch struct {
	Width, Height int
	Blurhash      string // empty where we cannot decode it
}

// Sketch makes a copy of a picture of a page that a post links to, and tells
// what it is like.
func (r *Remote) Sketch(ctx context.Context, url string) (Sketch, error) {
	row, file, err := r.open(ctx, File{Owner: originOf(r.URL), URL: url})
	if err != nil {
		return Sketch{}, err
	}
	defer func() { _ = file.Close() }()
	if !strings.HasPrefix(row.Mime, "image/") {
		return Sketch{}, fault.New(fault.Invalid, "This is no picture but "+row.Mime)
	}
	s := Sketch{Width: row.Width, Height: row.Height}
	release, err := acquire(ctx)
	if err != nil {
		return s, err
	}
	defer release()
	src, err := read(file, MaxPicture)
	if err != nil {
		return s, nil // a browser may know better
	}
	img, err := src.decode()
	if err != nil {
		return s, nil
	}
	s.Blurhash, err = hash(img)
	return s, err
}
