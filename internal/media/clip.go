package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gabriel-vasile/mimetype"

	"parley/internal/fault"
)

// Kind is what Mastodon calls a sort of file.
type Kind string

// The kinds of files. A gifv is a short film without sound, shown as if it were
// an animated picture.
const (
	StillImage Kind = "image"
	Gifv       Kind = "gifv"
	Video      Kind = "video"
	Audio      Kind = "audio"
)

// demuxers are the readers of ffmpeg for what a file is found to be.
var demuxers = map[string]string{
	"video/mp4": "mov", "video/quicktime": "mov", "video/x-m4v": "mov", "video/3gpp": "mov", "audio/mp4": "mov", "audio/x-m4a": "mov", "audio/3gpp": "mov",
	"video/webm": "matroska", "audio/webm": "matroska", "video/x-matroska": "matroska",
	"video/ogg": "ogg", "audio/ogg": "ogg", "application/ogg": "ogg",
	"audio/mpeg": "mp3", "audio/flac": "flac", "audio/wav": "wav", "audio/aac": "aac",
	"image/gif": "gif",
}

// demuxerOf is how to read a file of a type; empty for no clip. What is like an
// MP4 is not one: HEIC and AVIF pictures are.
func demuxerOf(found *mimetype.MIME) string {
	for kind, demuxer := range demuxers {
		if found.Is(kind) {
			return demuxer
		}
	}
	return ""
}

var errNoFFmpeg = fault.New(fault.Invalid, "This node takes no videos and sounds, only pictures: JPEG, PNG, GIF and WebP files. Its owner can change that by installing ffmpeg")

// Moving looks whether a file is for ffmpeg: a video, a sound or, where there is
// ffmpeg, an animated GIF. The file is at its beginning afterwards.
func (f *FFmpeg) Moving(file io.ReadSeeker) (bool, error) {
	head := make([]byte, 4096)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, fault.Wrap(fault.BadRequest, err, "The upload broke off")
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	switch demuxer := demuxerOf(mimetype.Detect(head[:n])); {
	case demuxer == "":
		return false, nil
	case demuxer == "gif":
		return f.animated(file)
	case f == nil:
		return false, errNoFFmpeg
	}
	return true, nil
}

func (f *FFmpeg) animated(file io.ReadSeeker) (bool, error) {
	if f == nil {
		return false, nil
	}
	src, err := read(file, MaxPicture)
	if err != nil {
		return false, err
	}
	_, err = file.Seek(0, io.SeekStart)
	return src.animated, err
}

// Clip is a video or a sound as it was uploaded, in a folder of its own.
type Clip struct {
	Kind Kind
	Type string // what it will be when it is converted
	Size int64  // in bytes, as it was uploaded
	Facts

	tools   *FFmpeg
	demuxer string
	dir     string
	streams *streams
}

// Clip takes in a video or a sound and finds out what it is. Close it.
func (f *FFmpeg) Clip(ctx context.Context, from io.Reader) (_ *Clip, err error) {
	if f == nil {
		return nil, errNoFFmpeg
	}
	c := &Clip{tools: f}
	if c.dir, err = os.MkdirTemp("", "parley-clip-"); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The upload could not be kept")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.Size, err = copied(c.path("upload"), from, MaxClip); err != nil {
		return nil, err
	}
	found, err := mimetype.DetectFile(c.path("upload"))
	if err != nil {
		return nil, err
	}
	if c.demuxer = demuxerOf(found); c.demuxer == "" {
		return nil, errType
	}
	if c.streams, err = f.probe(ctx, c.dir, c.demuxer, c.path("upload")); err != nil {
		return nil, err
	}
	c.Facts = c.streams.facts
	c.classify()
	return c, c.streams.check(c.demuxer)
}

func (c *Clip) classify() {
	switch {
	case c.demuxer == "gif":
		c.Kind, c.Type = Gifv, "video/mp4"
	case c.streams.video != nil:
		c.Kind, c.Type = Video, "video/mp4"
	case c.streams.audio != nil:
		c.Kind, c.Type = Audio, soundOf(c.streams.audio.Codec).kind
	}
}

// Close removes the folder.
func (c *Clip) Close() error { return os.RemoveAll(c.dir) }

func (c *Clip) path(name string) string { return filepath.Join(c.dir, name) }

// Upload is the file as it came.
func (c *Clip) Upload() (*os.File, error) { return os.Open(c.path("upload")) }

// HasPreview reports whether there is something to see.
func (c *Clip) HasPreview() bool { return c.streams.video != nil || c.streams.cover != nil }

// Movie is a clip as it will be shown.
type Movie struct {
	Facts
	File     string // where it lies until the clip is closed
	Size     int64
	Small    Picture
	Blurhash string
}

// converting bounds how many clips are converted at once.
var converting = make(chan struct{}, 1)

// Convert writes a clip anew, without what was in it beside pictures and sound.
func (c *Clip) Convert(ctx context.Context) (*Movie, error) {
	select {
	case converting <- struct{}{}:
		defer func() { <-converting }()
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "Too many files are being converted at the moment")
	}
	ctx, cancel := context.WithTimeout(ctx, convertTime)
	defer cancel()
	m := &Movie{File: c.path("shown" + extensions[c.Type])}
	if _, err := c.tools.run(ctx, c.dir, c.tools.ffmpeg, c.conversion(m.File)...); err != nil {
		return nil, err
	}
	made, err := c.tools.probe(ctx, c.dir, demuxers[c.Type], m.File)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(m.File)
	if err != nil {
		return nil, err
	}
	if m.Size, m.Facts = info.Size(), made.facts; c.HasPreview() {
		return m, c.still(ctx, m)
	}
	return m, nil
}

// conversion are the arguments that make of an upload what is shown.
func (c *Clip) conversion(to string) []string {
	args := append([]string{"-nostdin", "-y", "-threads", "2"}, input(c.demuxer, c.path("upload"))...)
	args = append(args, "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-t", strconv.Itoa(int(maxDuration.Seconds())))
	if c.Kind == Audio {
		args = append(args, soundOf(c.streams.audio.Codec).arguments()...)
	} else {
		args = append(args, c.filming()...)
	}
	return append(args, "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-threads", "2", "file:"+to)
}

// Of a video that is written anew.
const (
	maxFilm     = 1920 * 1080 // pixels
	maxFilmRate = 4_000_000   // bits a second
)

// filming are the arguments for H.264 and AAC in an MP4 that can be shown before
// all of it is there. What is that already is copied as it is.
func (c *Clip) filming() []string {
	args := []string{"-map", "0:V:0", "-map", "0:a:0?", "-movflags", "+faststart", "-f", "mp4"}
	if c.plays() {
		return append(args, "-c", "copy", "-tag:v", "avc1")
	}
	w, h := scaled(c.Width, c.Height, maxFilm)
	// A film does not get larger by being written anew.
	bits := int64(maxFilmRate)
	if c.Bitrate > 0 {
		bits = min(bits, max(c.Bitrate*3/2, 200_000))
	}
	return append(args, "-vf", fmt.Sprintf("scale=%d:%d", max(w&^1, 2), max(h&^1, 2)), "-fpsmax", "60",
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-maxrate", strconv.FormatInt(bits, 10), "-bufsize", strconv.FormatInt(2*bits, 10),
		"-profile:v", "high", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", "-ac", "2")
}

// plays reports whether every browser plays the video as it is.
func (c *Clip) plays() bool {
	v, a := c.streams.video, c.streams.audio
	return c.demuxer == "mov" && v.Codec == "h264" && v.Pixels == "yuv420p" && Rate(v.FrameRate) <= 60 && (a == nil || a.Codec == "aac")
}

// sound is how a sound is kept.
type sound struct{ kind, muxer, codec string }

// sounds stay what they are where browsers play that.
var sounds = map[string]sound{
	"mp3": {"audio/mpeg", "mp3", "copy"}, "aac": {"audio/mp4", "mp4", "copy"}, "opus": {"audio/ogg", "ogg", "copy"}, "vorbis": {"audio/ogg", "ogg", "copy"},
	"flac": {"audio/flac", "flac", "copy"}, "pcm_u8": {"audio/wav", "wav", "copy"}, "pcm_s16le": {"audio/wav", "wav", "copy"}, "pcm_s24le": {"audio/wav", "wav", "copy"},
}

func soundOf(codec string) sound {
	if s, ok := sounds[codec]; ok {
		return s
	}
	return sound{"audio/mp4", "mp4", "aac"}
}

func (s sound) arguments() []string {
	return []string{"-map", "0:a:0", "-c:a", s.codec, "-f", s.muxer}
}

// still makes the preview: a picture out of the video, or the cover of a sound.
func (c *Clip) still(ctx context.Context, m *Movie) error {
	from, args := m.File, []string{"-nostdin", "-y"}
	if c.Kind == Audio {
		args = append(args, input(c.demuxer, c.path("upload"))...)
	} else {
		// The first picture of many videos is black.
		args = append(append(args, "-ss", fmt.Sprintf("%.3f", min(1, m.Duration.Seconds()/2))), input(demuxers[c.Type], from)...)
	}
	args = append(args, "-map", "0:v:0", "-frames:v", "1", "-c:v", "png", "-pix_fmt", "rgb24", "-f", "image2", "-update", "1", "file:"+c.path("still.png"))
	if _, err := c.tools.run(ctx, c.dir, c.tools.ffmpeg, args...); err != nil {
		return err
	}
	file, err := os.Open(c.path("still.png"))
	if err != nil {
		return fault.Wrap(fault.Invalid, err, errDamaged)
	}
	defer func() { _ = file.Close() }()
	img, _, err := image.Decode(file)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, errDamaged)
	}
	shown, err := thumbnail(Picture{}, img)
	m.Small, m.Blurhash = shown.Small, shown.Blurhash
	return err
}
