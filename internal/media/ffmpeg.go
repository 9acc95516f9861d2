package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"parley/internal/fault"
)

// FFmpeg reads and writes videos and sounds with the programs of that name. A
// node does without where they are not installed: a nil FFmpeg takes nothing.
type FFmpeg struct {
	nice, ffmpeg, ffprobe string
}

// What videos and sounds may be. Mastodon has the first three.
const (
	MaxClip      = 99 << 20 // bytes
	MaxClipArea  = 3840 * 2160
	MaxFrameRate = 120
	maxDuration  = 2 * time.Hour
)

// How long the programs may take: to look at a file, and to convert one.
const (
	probeTime   = 30 * time.Second
	convertTime = 20 * time.Minute
)

// clipTypes are the types that clients call what FFmpeg takes.
var clipTypes = []string{
	"video/mp4", "video/quicktime", "video/webm", "video/ogg", "video/x-matroska",
	"audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/aac", "audio/ogg", "audio/vorbis", "audio/opus",
	"audio/flac", "audio/wav", "audio/wave", "audio/x-wav", "audio/x-pn-wave", "audio/vnd.wave", "audio/webm", "audio/3gpp",
}

// Types are the media types that can be uploaded, for the instance document
// and the file picker.
func (f *FFmpeg) Types() []string {
	if f == nil {
		return Types
	}
	return append(append([]string{}, Types...), clipTypes...)
}

// FindFFmpeg looks for the programs, and for an encoder that browsers
// understand: some builds have none. It gives nil where something is missing.
func FindFFmpeg() *FFmpeg {
	f := &FFmpeg{}
	for program, at := range map[string]*string{"nice": &f.nice, "ffmpeg": &f.ffmpeg, "ffprobe": &f.ffprobe} {
		found, err := exec.LookPath(program)
		if err != nil {
			return nil
		}
		*at = found
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	encoders, err := f.run(ctx, os.TempDir(), f.ffmpeg, "-hide_banner", "-encoders")
	if err != nil || !bytes.Contains(encoders, []byte(" libx264 ")) || !bytes.Contains(encoders, []byte(" aac ")) {
		return nil
	}
	return f
}

// input are the arguments by which either program opens a file that somebody
// uploaded: nothing but that file, read as what it was found to be. A reader
// that the program chose itself might be one of playlists, which lead to other
// files and into the network.
func input(demuxer, file string) []string {
	return []string{"-v", "error", "-protocol_whitelist", "file,pipe", "-max_pixels", strconv.Itoa(MaxClipArea), "-f", demuxer, "-i", "file:" + file}
}

var errDamaged = "The file is damaged or of a kind we cannot read"

// run carries out a program, behind everything else that the machine has to do,
// and gives what it wrote.
func (f *FFmpeg) run(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, f.nice, append([]string{"-n", "15", program}, args...)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}, 5*time.Second
	var said tail
	cmd.Stderr = &said
	out, err := cmd.Output()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fault.Wrap(fault.Invalid, ctx.Err(), "The file takes too long to convert: make it shorter or smaller")
	case ctx.Err() != nil:
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "The file was not converted in time")
	case err != nil:
		return nil, fault.Wrap(fault.Invalid, errors.Join(err, errors.New(string(said))), errDamaged)
	}
	return out, nil
}

// tail keeps the end of what a program complains of.
type tail []byte

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	if over := len(*t) - 2000; over > 0 {
		*t = append((*t)[:0], (*t)[over:]...)
	}
	return len(p), nil
}

// copied writes an upload of at most limit bytes to a file, and gives its size.
func copied(file string, from io.Reader, limit int64) (int64, error) {
	to, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(to, io.LimitReader(from, limit+1))
	if err := errors.Join(err, to.Close()); err != nil {
		return 0, fault.Wrap(fault.Unavailable, err, "The upload could not be kept")
	}
	if n > limit {
		return 0, fault.New(fault.TooLarge, "The file is too large: at most "+strconv.FormatInt(limit>>20, 10)+" MB are taken")
	}
	return n, nil
}

// Rate reads a fraction such as 30000/1001, 0 for none.
func Rate(fraction string) float64 {
	over, under, _ := strings.Cut(fraction, "/")
	a, _ := strconv.ParseFloat(over, 64)
	b, err := strconv.ParseFloat(under, 64)
	if err != nil || b == 0 {
		return 0
	}
	return a / b
}
