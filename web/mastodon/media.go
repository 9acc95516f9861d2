package mastodon

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/store"
	"parley/outbox"
)

// Upload takes a file, as the second version of the API has it: what takes a
// while to convert is answered with 202 and no address, and asked for again.
// https://docs.joinmastodon.org/methods/media/#v2
func (a *API) Upload(c *gin.Context) error { return a.upload(c, false) }

// UploadAndWait takes a file as the first version has it: it can be shown when
// it is answered.
func (a *API) UploadAndWait(c *gin.Context) error { return a.upload(c, true) }

// uploadTime is how long a file may take to arrive, on a telephone in a train.
const uploadTime = 15 * time.Minute

func (a *API) upload(c *gin.Context, wait bool) error {
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadTime)) // else it is what it was
	p, err := readFiles(c, media.MaxClip+media.MaxPicture)
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
	u := outbox.Upload{File: file, Description: p.text("description"), Wait: wait}
	if f := focusOf(p); f != nil {
		u.FocusX, u.FocusY = f[0], f[1]
	}
	thumbnail, err := open(p.files["thumbnail"])
	if err != nil {
		return err
	}
	if thumbnail != nil {
		defer func() { _ = thumbnail.Close() }()
		u.Thumbnail = thumbnail
	}
	m, err := a.Outbox.Upload(contextOf(c), viewer(c), u)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if m.State == store.Processing {
		status = http.StatusAccepted
	}
	return answerStatus(c, status, a.attachment("", m))
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

// Media answers with one of the viewer's files: 206 while it is converted, 422
// where it could not be.
func (a *API) Media(c *gin.Context) error {
	m, err := a.file(c)
	if err != nil {
		return err
	}
	switch m.State {
	case store.Processing:
		return answerStatus(c, http.StatusPartialContent, a.attachment("", m))
	case store.Failed:
		return fault.New(fault.Invalid, m.Problem)
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
	change := outbox.Change{Description: p.given("description"), Focus: focusOf(p)}
	thumbnail, err := open(p.files["thumbnail"])
	if err != nil {
		return err
	}
	if thumbnail != nil {
		defer func() { _ = thumbnail.Close() }()
		change.Thumbnail = thumbnail
	}
	m, err := a.Outbox.Describe(contextOf(c), viewer(c), id, change)
	if err != nil {
		return err
	}
	return answer(c, a.attachment("", m))
}

// DeleteMedia deletes a file that no post has.
func (a *API) DeleteMedia(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.Discard(contextOf(c), viewer(c), id); err != nil {
		return err
	}
	return done(c)
}
