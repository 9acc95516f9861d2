package outbox

import (
	"bytes"
	"context"
	"os"

	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/store"
)

// ConvertJob makes of a video or a sound that was uploaded what is shown.
type ConvertJob struct {
	MediaID int64 `json:"media_id"`
}

// Kind names the job.
func (ConvertJob) Kind() string { return "convert" }

// Convert carries out the job. What cannot be converted is marked as such, with
// a sentence for who uploaded it; only what may pass is tried again.
func (o *Outbox) Convert(ctx context.Context, job ConvertJob) error {
	m, err := o.DB.With(ctx).Upload(job.MediaID)
	if fault.Is(err, fault.NotFound) || err == nil && m.State != store.Processing {
		return nil // deleted, or done by a process that died before it could say so
	}
	if err != nil {
		return err
	}
	if o.FFmpeg == nil {
		return fault.New(fault.Unavailable, "ffmpeg is not installed where this process runs: install it, or let the process that took the upload convert it")
	}
	raw, err := o.Files.Open(ctx, m.UploadPath)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	old := *m
	clip, err := o.FFmpeg.Clip(ctx, raw)
	if err == nil {
		defer func() { _ = clip.Close() }()
		err = o.convert(ctx, m, clip)
	}
	if fault.Is(err, fault.Invalid) {
		*m = old
		m.State, m.Problem, m.UploadPath, err = store.Failed, fault.Message(err), "", nil
	}
	if err != nil {
		return err
	}
	return o.converted(ctx, m, &old)
}

// convert makes the files of a clip, which can be shown from then on.
func (o *Outbox) convert(ctx context.Context, m *store.Media, clip *media.Clip) error {
	movie, err := clip.Convert(ctx)
	if err != nil {
		return err
	}
	file, err := os.Open(movie.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := o.Files.Put(ctx, m.Path, file, movie.Size); err != nil {
		return err
	}
	if small := movie.Small; len(small.Bytes) > 0 && m.PreviewWidth == 0 {
		if err := o.Files.Put(ctx, m.PreviewPath, bytes.NewReader(small.Bytes), int64(len(small.Bytes))); err != nil {
			return err
		}
		previewed(m, small, movie.Blurhash)
	}
	m.State, m.UploadPath, m.Size, m.Width, m.Height, m.Duration = store.Ready, "", movie.Size, movie.Width, movie.Height, movie.Duration.Milliseconds()
	m.FrameRate, m.Bitrate, m.AudioCodec, m.AudioRate, m.AudioChannels = movie.FrameRate, movie.Bitrate, movie.AudioCodec, movie.AudioRate, movie.AudioChannels
	return nil
}

// converted writes down what became of a file, and removes what it was made
// from; or all of it, where the file was deleted meanwhile.
func (o *Outbox) converted(ctx context.Context, m, old *store.Media) error {
	useless := []string{old.UploadPath}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		now, err := tx.Upload(m.ID)
		if fault.Is(err, fault.NotFound) {
			return o.clear(ctx, tx, append(useless, m.Files()...)...)
		}
		if err != nil {
			return err
		}
		if now.PreviewPath != old.PreviewPath { // somebody chose another meanwhile
			useless = append(useless, old.PreviewPath)
			m.PreviewPath, m.PreviewWidth, m.PreviewHeight, m.Blurhash = now.PreviewPath, now.PreviewWidth, now.PreviewHeight, now.Blurhash
		}
		if err := o.clear(ctx, tx, useless...); err != nil {
			return err
		}
		return tx.FinishMedia(m)
	})
}
