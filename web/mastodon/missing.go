package mastodon

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
)

// What stands in for pictures that nobody gave. Clients know the names and
// draw something of their own.
const (
	missingAvatar = "/avatars/original/missing.png"
	missingHeader = "/headers/original/missing.png"
)

var avatarPicture = sync.OnceValue(func() []byte { return drawing(120, 120, head) })

var headerPicture = sync.OnceValue(func() []byte {
	return drawing(15, 5, func(int, int) color.NRGBA { return color.NRGBA{0xc4, 0xcc, 0xd8, 0xff} })
})

// MissingAvatar and MissingHeader answer with those pictures.
func (a *API) MissingAvatar(c *gin.Context) error { return picture(c, avatarPicture()) }

// MissingHeader is the wide one.
func (a *API) MissingHeader(c *gin.Context) error { return picture(c, headerPicture()) }

func picture(c *gin.Context, png []byte) error {
	c.Header("Cache-Control", "public, max-age=86400")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "image/png", png)
	return nil
}

// head is a pixel of somebody without a face: a circle above a larger one.
func head(x, y int) color.NRGBA {
	inside := func(cx, cy, r int) bool { return (x-cx)*(x-cx)+(y-cy)*(y-cy) < r*r }
	if inside(60, 46, 22) || inside(60, 118, 42) {
		return color.NRGBA{0xf2, 0xf4, 0xf8, 0xff}
	}
	return color.NRGBA{0x9a, 0xa7, 0xba, 0xff}
}

func drawing(width, height int, pixel func(x, y int) color.NRGBA) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, pixel(x, y))
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory
	return b.Bytes()
}
