package media

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
)

// red has a red top left quarter on white, so that turning it shows.
func red(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, w/2, h/2), image.NewUniform(color.RGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	return img
}

func asJPEG(t *testing.T, img image.Image) []byte {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

func asPNG(t *testing.T, img image.Image) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

// withExif puts a block with an orientation and a place into a JPEG.
func withExif(jpeg []byte, orientation uint16) []byte {
	order := binary.BigEndian
	tiff := []byte("MM\x00\x2A\x00\x00\x00\x08\x00\x02")
	tiff = append(tiff, 0x01, 0x12, 0, 3, 0, 0, 0, 1)
	tiff = order.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0)
	tiff = append(tiff, "GPSLatitude 52.5200 GPSLongitude 13.4050"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	block := order.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(body)+2))
	return append(append(append([]byte{}, jpeg[:2]...), append(block, body...)...), jpeg[2:]...)
}

func process(t *testing.T, data []byte) (Image, error) {
	t.Helper()
	return Process(t.Context(), bytes.NewReader(data), MaxPicture)
}

func TestPhotograph(t *testing.T) {
	img, err := process(t, asJPEG(t, red(800, 400)))
	require.NoError(t, err)
	assert.Equal(t, "image/jpeg", img.Original.Type)
	assert.Equal(t, []int{800, 400}, []int{img.Original.Width, img.Original.Height})
	assert.InDelta(t, 2.0, img.Original.Aspect(), 0.01)
	assert.LessOrEqual(t, img.Small.Width*img.Small.Height, maxSmall)
	assert.InDelta(t, 2.0, img.Small.Aspect(), 0.01)
	assert.NotEmpty(t, img.Blurhash)
	for _, p := range []Picture{img.Original, img.Small} {
		config, _, err := image.DecodeConfig(bytes.NewReader(p.Bytes))
		require.NoError(t, err)
		assert.Equal(t, []int{config.Width, config.Height}, []int{p.Width, p.Height})
	}
}

func TestMetadataStaysBehindAndOrientationIsApplied(t *testing.T) {
	isRed := func(img image.Image, x, y int) bool {
		r, g, _, _ := img.At(x, y).RGBA()
		return r > 0xC000 && g < 0x4000
	}
	for orientation, corner := range map[uint16]image.Point{
		1: {10, 10}, 2: {70, 10}, 3: {70, 30}, 4: {10, 30}, 5: {10, 10}, 6: {30, 10}, 7: {30, 70}, 8: {10, 70}, 99: {10, 10},
	} {
		data := withExif(asJPEG(t, red(80, 40)), orientation)
		require.Contains(t, string(data), "GPSLatitude")
		img, err := process(t, data)
		require.NoError(t, err)
		for _, p := range []Picture{img.Original, img.Small} {
			assert.NotContains(t, string(p.Bytes), "Exif")
			assert.NotContains(t, string(p.Bytes), "GPS")
		}
		turned, err := jpeg.Decode(bytes.NewReader(img.Original.Bytes))
		require.NoError(t, err)
		assert.Equal(t, orientation >= 5 && orientation <= 8, img.Original.Height > img.Original.Width, orientation)
		assert.True(t, isRed(turned, corner.X, corner.Y), "orientation %d", orientation)
	}
}

func TestLargePicturesShrink(t *testing.T) {
	w, h := scaled(8000, 4000, maxOriginal)
	assert.LessOrEqual(t, w*h, maxOriginal)
	assert.InDelta(t, 2, float64(w)/float64(h), 0.01)
	w, h = scaled(1<<24, 1, 100)
	assert.Equal(t, []int{1, 1}, []int{min(w, 1), h})
	img, err := process(t, asJPEG(t, red(4000, 2500)))
	require.NoError(t, err)
	assert.LessOrEqual(t, img.Original.Width*img.Original.Height, maxOriginal)
}

func TestTransparencyStays(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 30, 30))
	img, err := process(t, asPNG(t, clear))
	require.NoError(t, err)
	assert.Equal(t, "image/png", img.Original.Type)
	assert.Equal(t, "image/png", img.Small.Type)
	img, err = process(t, asPNG(t, red(30, 30)))
	require.NoError(t, err)
	assert.Equal(t, "image/png", img.Original.Type)
	assert.Equal(t, "image/jpeg", img.Small.Type)
}

func TestWebP(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	require.NoError(t, err)
	img, err := process(t, data)
	require.NoError(t, err)
	assert.Equal(t, "image/jpeg", img.Original.Type)
}

func asGIF(t *testing.T, frames, size int) []byte {
	all := &gif.GIF{LoopCount: 3}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, size, size), palette.Plan9)
		frame.Set(i%size, 0, color.White)
		all.Image, all.Delay = append(all.Image, frame), append(all.Delay, 5)
	}
	var b bytes.Buffer
	require.NoError(t, gif.EncodeAll(&b, all))
	return b.Bytes()
}

func TestAnimationIsKept(t *testing.T) {
	img, err := process(t, asGIF(t, 3, 20))
	require.NoError(t, err)
	assert.Equal(t, "image/gif", img.Original.Type)
	all, err := gif.DecodeAll(bytes.NewReader(img.Original.Bytes))
	require.NoError(t, err)
	assert.Len(t, all.Image, 3)
	assert.Equal(t, 3, all.LoopCount)

	still, err := process(t, asGIF(t, 1, 20))
	require.NoError(t, err)
	assert.Equal(t, "image/jpeg", still.Original.Type)

	avatar, err := Crop(t.Context(), bytes.NewReader(asGIF(t, 3, 20)), 400, 400)
	require.NoError(t, err)
	assert.Equal(t, []int{400, 400}, []int{avatar.Width, avatar.Height})
}

// bomb is a PNG whose header promises more pixels than its bytes.
func bomb(w, h uint32) []byte {
	ihdr := []byte("IHDR")
	ihdr = binary.BigEndian.AppendUint32(ihdr, w)
	ihdr = binary.BigEndian.AppendUint32(ihdr, h)
	ihdr = append(ihdr, 8, 6, 0, 0, 0)
	out := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	out = append(out, ihdr...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(ihdr))
}

func TestRefusals(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":             nil,
		"bomb":              bomb(60_000, 60_000),
		"overflowing bomb":  bomb(0x7FFFFFFF, 0x7FFFFFFF),
		"no pixels":         bomb(0, 10),
		"SVG":               []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"HTML":              []byte(`<!DOCTYPE html><script>alert(1)</script>`),
		"PDF":               []byte("%PDF-1.7"),
		"cut off":           asJPEG(t, red(80, 40))[:200],
		"only a GIF header": []byte("GIF89a"),
		"endless animation": asGIF(t, maxFrames+1, 2),
	} {
		_, err := process(t, data)
		assert.True(t, fault.Is(err, fault.Invalid), "%s: %v", name, err)
	}
	_, err := Process(t.Context(), bytes.NewReader(make([]byte, 101)), 100)
	assert.True(t, fault.Is(err, fault.TooLarge))
	_, err = process(t, []byte("<svg/>"))
	assert.ErrorContains(t, err, "JPEG, PNG, GIF and WebP")
}

// A canvas of the largest size, drawn again and again, costs gigabytes: it is
// refused from its block structure alone.
func TestAnimationIsCountedBeforeDecoding(t *testing.T) {
	data := []byte("GIF89a\xff\x0f\xff\x0f\x00\x00\x00")
	for range 20 {
		data = append(data, "\x2C\x00\x00\x00\x00\xff\x0f\xff\x0f\x00\x02\x01\x00\x00"...)
	}
	_, err := animated(append(data, 0x3B))
	assert.Equal(t, errAnimation, err)
}

func FuzzHeaders(f *testing.F) {
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00"))
	f.Add(withExif([]byte("\xff\xd8\xff\xd9"), 6))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = animated(data)
		orientation(data)
	})
}
