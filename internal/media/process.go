package media

import (
	"bytes"
	"context"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"

	"github.com/bbrks/go-blurhash"
	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/webp"

	"parley/internal/fault"
)

// What a picture may be, in pixels. A file's header says its size, so the
// first bound is checked before anything is decoded.
const (
	MaxArea     = 33_177_600
	maxOriginal = 3840 * 2160
	maxSmall    = 640 * 360
)

// MaxPicture is the largest file with a picture that is read, in bytes.
const MaxPicture = 16 << 20

const jpegQuality = 88

// Picture is an encoded image.
type Picture struct {
	Bytes  []byte
	Type   string
	Width  int
	Height int
}

// Aspect is the width for a height of one.
func (p Picture) Aspect() float64 { return float64(p.Width) / float64(p.Height) }

// Image is an uploaded picture as it will be shown.
type Image struct {
	Original Picture
	Small    Picture
	Blurhash string
}

// Types are the media types that Process takes.
var Types = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

var errType = fault.New(fault.Invalid, "This file is no picture we can show: JPEG, PNG, GIF and WebP files are taken")

// format is how one of the types is read.
type format struct {
	mime   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"image/jpeg", jpeg.DecodeConfig, jpeg.Decode},
	{"image/png", png.DecodeConfig, png.Decode},
	{"image/gif", gif.DecodeConfig, gif.Decode},
	{"image/webp", webp.DecodeConfig, webp.Decode},
}

// slots bounds how many pictures are decoded at once: each may take 130 MB.
var slots = make(chan struct{}, 2)

// Process reads a picture of at most limit bytes and writes it anew, with a
// thumbnail and a blurhash.
func Process(ctx context.Context, r io.Reader, limit int64) (Image, error) {
	src, err := read(r, limit)
	if err != nil {
		return Image{}, err
	}
	release, err := acquire(ctx)
	if err != nil {
		return Image{}, err
	}
	defer release()
	if src.animated {
		return src.animation()
	}
	return src.still()
}

// Crop reads a picture and cuts its middle to width by height, for avatars
// and headers. An animation gives its first frame.
func Crop(ctx context.Context, r io.Reader, width, height int) (Picture, error) {
	src, err := read(r, MaxPicture)
	if err != nil {
		return Picture{}, err
	}
	release, err := acquire(ctx)
	if err != nil {
		return Picture{}, err
	}
	defer release()
	img, err := src.decode()
	if err != nil {
		return Picture{}, err
	}
	return encode(crop(img, width, height), src.mime)
}

func acquire(ctx context.Context) (release func(), err error) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "Too many pictures are being read at the moment")
	}
}

// source is an upload that may be decoded: its type and size are known.
type source struct {
	format
	data        []byte
	orientation int
	animated    bool
}

func read(r io.Reader, limit int64) (source, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return source{}, fault.Wrap(fault.BadRequest, err, "The upload broke off")
	}
	if int64(len(data)) > limit {
		return source{}, fault.New(fault.TooLarge, "The file is too large")
	}
	src := source{data: data}
	if src.format, err = sniff(data); err != nil {
		return source{}, err
	}
	config, err := src.config(bytes.NewReader(data))
	if err != nil {
		return source{}, fault.Wrap(fault.Invalid, err, "The picture is damaged or of a kind we cannot read")
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > MaxArea/config.Height {
		return source{}, fault.New(fault.Invalid, "The picture has too many pixels")
	}
	switch src.mime {
	case "image/jpeg":
		src.orientation = orientation(data)
	case "image/gif":
		src.animated, err = animated(data)
	}
	return src, err
}

func sniff(data []byte) (format, error) {
	found := mimetype.Detect(data)
	for _, f := range formats {
		// An animated PNG is a child of the plain one and decodes as such.
		if found.Is(f.mime) || found.Parent() != nil && found.Parent().Is(f.mime) {
			return f, nil
		}
	}
	return format{}, errType
}

// decode gives the picture upright and no larger than we keep.
func (s source) decode() (image.Image, error) {
	img, err := s.format.decode(bytes.NewReader(s.data))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The picture is damaged or of a kind we cannot read")
	}
	return upright(fit(img, maxOriginal), s.orientation), nil
}

func (s source) still() (Image, error) {
	img, err := s.decode()
	if err != nil {
		return Image{}, err
	}
	original, err := encode(img, s.mime)
	if err != nil {
		return Image{}, err
	}
	return thumbnail(original, img)
}

// thumbnail completes an image by what is made of its pixels.
func thumbnail(original Picture, img image.Image) (Image, error) {
	small := fit(img, maxSmall)
	// A still of an animation need not be a GIF, nor a small photo a PNG.
	picture, err := encode(small, "image/jpeg")
	if err != nil {
		return Image{}, err
	}
	h, err := hash(small)
	return Image{Original: original, Small: picture, Blurhash: h}, err
}

// hash is the blurhash of a picture. It has sixteen components, and sees
// nothing finer than a picture of this size.
func hash(img image.Image) (string, error) {
	h, err := blurhash.Encode(4, 4, fit(img, 64*64))
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "The picture could not be summarised")
	}
	return h, nil
}

// encode writes a picture as PNG where the source was one or something shows
// through it, else as JPEG: screenshots stay sharp and photographs small.
func encode(img image.Image, source string) (Picture, error) {
	var b bytes.Buffer
	p := Picture{Width: img.Bounds().Dx(), Height: img.Bounds().Dy(), Type: "image/jpeg"}
	var err error
	if source == "image/png" || !opaque(img) {
		p.Type = "image/png"
		err = png.Encode(&b, img)
	} else {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality})
	}
	p.Bytes = b.Bytes()
	if err != nil {
		return Picture{}, fault.Wrap(fault.Internal, err, "The picture could not be written")
	}
	return p, nil
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// scaled is the size of the same shape with at most area pixels.
func scaled(width, height, area int) (int, int) {
	if width*height <= area {
		return width, height
	}
	f := math.Sqrt(float64(area) / float64(width*height))
	w, h := int(float64(width)*f), int(float64(height)*f)
	return max(w, 1), max(h, 1)
}
