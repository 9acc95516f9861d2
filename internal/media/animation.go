package media

import (
	"bytes"
	"image"
	"image/draw"
	"image/gif"

	"parley/internal/fault"
)

// An animation is decoded whole, one byte a pixel and frame.
const (
	maxFrames         = 500
	maxAnimatedPixels = 100_000_000
)

var errAnimation = fault.New(fault.Invalid, "The animation is too long or too large")

// animated walks the blocks of a GIF without decoding them and reports whether
// it has more than one frame. It refuses what would be too dear to decode: a
// file of a few kilobytes can hold thousands of frames. GIF89a, sections 17 on.
func animated(data []byte) (bool, error) {
	frames, pixels := 0, 0
	at := 13
	if len(data) > 10 {
		at += colours(data[10])
	}
	for at < len(data) && data[at] != 0x3B {
		switch {
		case data[at] == 0x21: // extension
			at = skipBlocks(data, at+2)
		case data[at] == 0x2C && at+10 < len(data): // image descriptor
			pixels += le16(data, at+5) * le16(data, at+7)
			if frames++; frames > maxFrames || pixels > maxAnimatedPixels {
				return false, errAnimation
			}
			at = skipBlocks(data, at+10+colours(data[at+9])+1)
		default:
			return frames > 1, nil // the decoder will say what is wrong
		}
	}
	return frames > 1, nil
}

// colours is the size of the colour table that a packed field announces.
func colours(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

func le16(data []byte, at int) int { return int(data[at]) | int(data[at+1])<<8 }

// skipBlocks passes over data sub-blocks up to their terminator.
func skipBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}

// animation writes all frames anew. It keeps its size: scaling frames that
// build on each other would take them apart.
func (s source) animation() (Image, error) {
	all, err := gif.DecodeAll(bytes.NewReader(s.data))
	if err != nil {
		return Image{}, fault.Wrap(fault.Invalid, err, "The picture is damaged or of a kind we cannot read")
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, all); err != nil {
		return Image{}, fault.Wrap(fault.Invalid, err, "The animation could not be written")
	}
	original := Picture{Bytes: b.Bytes(), Type: "image/gif", Width: all.Config.Width, Height: all.Config.Height}
	first := image.NewNRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	draw.Draw(first, all.Image[0].Bounds(), all.Image[0], all.Image[0].Bounds().Min, draw.Over)
	return thumbnail(original, first)
}
