package mastodon

import (
	"fmt"
	"strconv"
	"time"

	"parley/internal/media"
	"parley/internal/store"
)

// attachment is the entity MediaAttachment.
// https://docs.joinmastodon.org/entities/MediaAttachment/
type attachment struct {
	ID          string  `json:"id"`
	Type        string  `json:"type"`
	URL         *string `json:"url"`
	PreviewURL  *string `json:"preview_url"`
	RemoteURL   *string `json:"remote_url"`
	TextURL     *string `json:"text_url"`
	Meta        *meta   `json:"meta"`
	Description *string `json:"description"`
	Blurhash    *string `json:"blurhash"`
}

// meta is what is known of a file. Of a video and a sound Mastodon says some of
// it twice, in words and in numbers.
type meta struct {
	Length        string  `json:"length,omitempty"`
	Duration      float64 `json:"duration,omitempty"`
	FPS           float64 `json:"fps,omitempty"`
	Size          string  `json:"size,omitempty"`
	Width         int     `json:"width,omitempty"`
	Height        int     `json:"height,omitempty"`
	Aspect        float64 `json:"aspect,omitempty"`
	AudioEncode   string  `json:"audio_encode,omitempty"`
	AudioBitrate  string  `json:"audio_bitrate,omitempty"`
	AudioChannels string  `json:"audio_channels,omitempty"`
	Original      *size   `json:"original,omitempty"`
	Small         *size   `json:"small,omitempty"`
	Focus         *focus  `json:"focus,omitempty"`
}

// size is how large a file is, in space and in time.
type size struct {
	Width     int     `json:"width,omitempty"`
	Height    int     `json:"height,omitempty"`
	Size      string  `json:"size,omitempty"`
	Aspect    float64 `json:"aspect,omitempty"`
	FrameRate string  `json:"frame_rate,omitempty"`
	Duration  float64 `json:"duration,omitempty"`
	Bitrate   int64   `json:"bitrate,omitempty"`
}

type focus struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

func (a *API) attachments(owner string, all []*store.Media) []*attachment {
	out := make([]*attachment, 0, len(all))
	for _, m := range all {
		out = append(out, a.attachment(owner, m))
	}
	return out
}

// attachment makes the entity of a file that hangs on the post owner. One that
// cannot be shown yet has no address; where its preview will be is known.
func (a *API) attachment(owner string, m *store.Media) *attachment {
	e := &attachment{
		ID: id(m.ID), Type: m.Kind, RemoteURL: optional(m.RemoteURL), Meta: metaOf(m),
		Description: optional(m.Description), Blurhash: optional(m.Blurhash),
	}
	url, preview := a.fileURL(owner, m.Path, ""), a.fileURL(owner, m.PreviewPath, "")
	if m.RemoteURL != "" {
		url, preview = a.Remote.Shown(owner, m)
	}
	if m.State != store.Ready {
		url = ""
	}
	e.URL, e.PreviewURL = optional(url), optional(preview)
	return e
}

func metaOf(m *store.Media) *meta {
	all := &meta{Original: sizeOf(m.Width, m.Height), Small: sizeOf(m.PreviewWidth, m.PreviewHeight)}
	if m.Kind == "image" || m.FocusX != 0 || m.FocusY != 0 {
		all.Focus = &focus{m.FocusX, m.FocusY}
	}
	if m.Duration > 0 {
		all.last(m)
	}
	return all
}

// last says what is known of a video or a sound.
func (all *meta) last(m *store.Media) {
	d := time.Duration(m.Duration) * time.Millisecond
	if all.Original == nil {
		all.Original = &size{}
	}
	o := all.Original
	o.FrameRate, o.Duration, o.Bitrate = m.FrameRate, d.Seconds(), m.Bitrate
	all.Length = fmt.Sprintf("%d:%02d:%05.2f", int(d.Hours()), int(d.Minutes())%60, (d % time.Minute).Seconds())
	all.Duration, all.Size, all.Width, all.Height, all.Aspect = o.Duration, o.Size, o.Width, o.Height, o.Aspect
	all.FPS = media.Rate(m.FrameRate)
	if all.AudioEncode = m.AudioCodec; m.AudioCodec != "" {
		all.AudioBitrate, all.AudioChannels = strconv.FormatInt(m.AudioRate, 10)+" Hz", m.AudioChannels
	}
}

func sizeOf(width, height int) *size {
	if width <= 0 || height <= 0 {
		return nil
	}
	return &size{Width: width, Height: height, Size: strconv.Itoa(width) + "x" + strconv.Itoa(height), Aspect: float64(width) / float64(height)}
}
