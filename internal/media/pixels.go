package media

import (
	"image"

	"golang.org/x/image/draw"
)

// fit scales a picture down to at most area pixels, keeping its shape.
func fit(img image.Image, area int) image.Image {
	b := img.Bounds()
	w, h := scaled(b.Dx(), b.Dy(), area)
	if w == b.Dx() && h == b.Dy() {
		return img
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	return out
}

// crop scales the largest centred part of the picture that has the wanted
// shape.
func crop(img image.Image, width, height int) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dx()*height/width
	if h > b.Dy() {
		w, h = b.Dy()*width/height, b.Dy()
	}
	w, h = max(w, 1), max(h, 1)
	corner := b.Min.Add(image.Pt((b.Dx()-w)/2, (b.Dy()-h)/2))
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.BiLinear.Scale(out, out.Bounds(), img, image.Rectangle{Min: corner, Max: corner.Add(image.Pt(w, h))}, draw.Src, nil)
	return out
}

// upright turns a picture the way its camera was held. Exif 2.3, 4.6.4 A
// numbers the eight ways; from five on, rows and columns change places.
func upright(img image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	in := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(in, in.Bounds(), img, b.Min, draw.Src)
	outW, outH := w, h
	if orientation >= 5 {
		outW, outH = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, outW, outH))
	for y := range outH {
		for x := range outW {
			sx, sy := origin(orientation, x, y, w, h)
			copy(out.Pix[out.PixOffset(x, y):][:4], in.Pix[in.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// origin is where the upright pixel x, y lies in the stored picture of w by h.
func origin(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	default:
		return w - 1 - y, x
	}
}
