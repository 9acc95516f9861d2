package outbox

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/store"
	"parley/internal/text"
)

// MaxDescription is how many characters may describe a picture.
const MaxDescription = 1500

var (
	tooLong     = fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Description is too long (maximum is %d characters)", MaxDescription))
	errNoUpload = fault.New(fault.NotFound, "Record not found")
	errUsed     = fault.New(fault.Invalid, "Media attachment is currently used by a status")
)

// Upload is a file on its way in.
type Upload struct {
	File           io.ReadSeeker
	Thumbnail      io.Reader // of a video or a sound; nil: made from it
	Description    string
	FocusX, FocusY float64
	Wait           bool // until it can be shown
}

// Upload takes in a file that will hang on a post. A picture can be shown at
// once; a video or a sound is converted first, later unless the caller waits.
func (o *Outbox) Upload(ctx context.Context, actor int64, u Upload) (*store.Media, error) {
	if utf8.RuneCountInString(u.Description) > MaxDescription {
		return nil, tooLong
	}
	moving, err := o.FFmpeg.Moving(u.File)
	if err != nil {
		return nil, err
	}
	m := &store.Media{ID: store.NewID(), ActorID: actor, Kind: string(media.StillImage), Description: text.Clean(u.Description), FocusX: u.FocusX, FocusY: u.FocusY, CreatedAt: store.Now()}
	if moving {
		err = o.uploadClip(ctx, m, u)
	} else {
		err = o.uploadPicture(ctx, m, u.File)
	}
	return m, o.abandon(ctx, err, m.Files()...)
}

func (o *Outbox) uploadPicture(ctx context.Context, m *store.Media, file io.Reader) error {
	img, err := media.Process(ctx, file, media.MaxPicture)
	if err != nil {
		return err
	}
	m.Mime, m.Width, m.Height, m.Size = img.Original.Type, img.Original.Width, img.Original.Height, int64(len(img.Original.Bytes))
	if m.Path, err = o.Files.Save(ctx, img.Original); err != nil {
		return err
	}
	if m.PreviewPath, err = o.Files.Save(ctx, img.Small); err != nil {
		return err
	}
	previewed(m, img.Small, img.Blurhash)
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.CreateMedia(m) })
}

func previewed(m *store.Media, small media.Picture, blurhash string) {
	m.PreviewWidth, m.PreviewHeight, m.Blurhash = small.Width, small.Height, blurhash
}

// uploadClip takes in a video or a sound. Its names are made now, so that
// whatever becomes of it leaves nothing behind that no row names.
func (o *Outbox) uploadClip(ctx context.Context, m *store.Media, u Upload) error {
	clip, err := o.FFmpeg.Clip(ctx, u.File)
	if err != nil {
		return err
	}
	defer func() { _ = clip.Close() }()
	m.State, m.Kind, m.Mime, m.Width, m.Height = store.Processing, string(clip.Kind), clip.Type, clip.Width, clip.Height
	m.Path, m.UploadPath = media.Name(clip.Type), media.RawName()
	if clip.HasPreview() {
		m.PreviewPath = media.Name("image/jpeg")
	}
	if u.Thumbnail != nil {
		if err := o.thumbnail(ctx, m, u.Thumbnail); err != nil {
			return err
		}
	}
	if u.Wait {
		return o.uploadNow(ctx, m, clip)
	}
	return o.uploadLater(ctx, m, clip)
}

// thumbnail keeps a picture that somebody chose to stand for a video or a sound.
func (o *Outbox) thumbnail(ctx context.Context, m *store.Media, picture io.Reader) error {
	img, err := media.Process(ctx, picture, media.MaxPicture)
	if err != nil {
		return err
	}
	m.PreviewPath, err = o.Files.Save(ctx, img.Small)
	previewed(m, img.Small, img.Blurhash)
	return err
}

func (o *Outbox) uploadNow(ctx context.Context, m *store.Media, clip *media.Clip) error {
	if err := o.convert(ctx, m, clip); err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.CreateMedia(m) })
}

func (o *Outbox) uploadLater(ctx context.Context, m *store.Media, clip *media.Clip) error {
	raw, err := clip.Upload()
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	if err := o.Files.Put(ctx, m.UploadPath, raw, clip.Size); err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.CreateMedia(m); err != nil {
			return err
		}
		return o.Queue.Insert(ctx, tx, ConvertJob{MediaID: m.ID})
	})
}

// Change is what may be changed of an upload. Nil leaves a value as it is.
type Change struct {
	Description *string
	Focus       *[2]float64
	Thumbnail   io.Reader
}

// Describe changes what an upload is said to show, and how it is previewed,
// before a post has it or after one was deleted. In between it is changed with
// the post, which keeps what was there before.
func (o *Outbox) Describe(ctx context.Context, actor, id int64, c Change) (m *store.Media, err error) {
	if c.Description != nil && utf8.RuneCountInString(*c.Description) > MaxDescription {
		return nil, tooLong
	}
	if m, err = o.upload(o.DB.With(ctx), actor, id); err != nil {
		return nil, err
	}
	if c.Thumbnail == nil || m.Kind == string(media.StillImage) {
		return o.describe(ctx, actor, id, c, nil)
	}
	chosen := &store.Media{}
	if err = o.thumbnail(ctx, chosen, c.Thumbnail); err == nil {
		m, err = o.describe(ctx, actor, id, c, chosen)
	}
	return m, o.abandon(ctx, err, chosen.PreviewPath)
}

// describe writes a change down, with the preview that was chosen, if one was.
func (o *Outbox) describe(ctx context.Context, actor, id int64, c Change, chosen *store.Media) (m *store.Media, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if m, err = o.upload(tx.Reader, actor, id); err != nil {
			return err
		}
		if err := o.leave(ctx, tx, m, chosen != nil); err != nil {
			return err
		}
		if chosen != nil {
			m.PreviewPath, m.PreviewWidth, m.PreviewHeight, m.Blurhash = chosen.PreviewPath, chosen.PreviewWidth, chosen.PreviewHeight, chosen.Blurhash
		}
		set(&m.Description, clean(c.Description))
		if c.Focus != nil {
			m.FocusX, m.FocusY = c.Focus[0], c.Focus[1]
		}
		return tx.DescribeMedia(m)
	})
	return m, err
}

// leave takes leave of what a file is said to show, and of its preview: evidence
// where it was on a post that was deleted, else of no use.
func (o *Outbox) leave(ctx context.Context, tx *store.Tx, m *store.Media, preview bool) error {
	if m.PostID != 0 {
		return tx.KeepShown(m.PostID)
	}
	if preview {
		return o.clear(ctx, tx, m.PreviewPath)
	}
	return nil
}

// upload is one of the actor's files that no post shows.
func (o *Outbox) upload(r store.Reader, actor, id int64) (*store.Media, error) {
	found, err := r.Media(actor, []int64{id})
	if err == nil && len(found) == 0 {
		err = errNoUpload
	}
	if err != nil {
		return nil, err
	}
	m := found[0]
	posts, err := r.Posts([]int64{m.PostID})
	if err == nil && !free(m, posts[m.PostID]) {
		err = errNoUpload
	}
	return m, err
}

// free reports whether another post than on may have a file: there is none, or
// it was deleted, so that it can be written anew.
func free(m *store.Media, on *store.Post) bool {
	return m.PostID == 0 || on != nil && on.DeletedAt != 0 && m.Position >= 0
}

// Discard deletes an upload that no post has.
func (o *Outbox) Discard(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		found, err := tx.Media(actor, []int64{id})
		if err == nil && len(found) == 0 {
			err = errNoUpload
		}
		if err != nil {
			return err
		}
		dropped, err := tx.DropMedia(found[0])
		if err == nil && !dropped {
			err = errUsed
		}
		if err != nil {
			return err
		}
		return o.clear(ctx, tx, found[0].Files()...)
	})
}
