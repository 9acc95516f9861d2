package mastodon

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// Upload takes a file. It is ready when it is answered, so that the old and
// the new way of uploading are one.
func (a *API) Upload(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	file, err := open(p.files["file"])
	if err != nil {
		return err
	}
	if file == nil {
		return fault.New(fault.Invalid, "Validation failed: File can't be blank")
	}
	defer func() { _ = file.Close() }()
	var x, y float64
	if f := focusOf(p); f != nil {
		x, y = f[0], f[1]
	}
	m, err := a.Outbox.Upload(contextOf(c), viewer(c), file, p.text("description"), x, y)
	if err != nil {
		return err
	}
	return answer(c, a.attachment("", m))
}

// focusOf reads "0.5,-0.3", nil for what is no point of a picture.
func focusOf(p *params) *[2]float64 {
	left, right, ok := strings.Cut(p.text("focus"), ",")
	x, errX := strconv.ParseFloat(strings.TrimSpace(left), 64)
	y, errY := strconv.ParseFloat(strings.TrimSpace(right), 64)
	if !ok || errX != nil || errY != nil || !(x >= -1 && x <= 1 && y >= -1 && y <= 1) {
		return nil
	}
	return &[2]float64{x, y}
}

// Media answers with one of the viewer's files.
func (a *API) Media(c *gin.Context) error {
	m, err := a.file(c)
	if err != nil {
		return err
	}
	return answer(c, a.attachment("", m))
}

func (a *API) file(c *gin.Context) (*store.Media, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	found, err := a.reader(c).Media(viewer(c), []int64{id})
	if err == nil && len(found) == 0 {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// Describe changes what a file is said to show.
func (a *API) Describe(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	m, err := a.Outbox.Describe(contextOf(c), viewer(c), id, p.given("description"), focusOf(p))
	if err != nil {
		return err
	}
	return answer(c, a.attachment("", m))
}
