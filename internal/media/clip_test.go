package media

import (
	"bytes"
	"context"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
)

// tools are the programs, without which a test is skipped.
func tools(t *testing.T) *FFmpeg {
	t.Helper()
	f := FindFFmpeg()
	if f == nil {
		t.Skip("ffmpeg is not here: install it to test videos and sounds")
	}
	return f
}

// Sources for ffmpeg, a second long.
var (
	moving  = []string{"-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=1"}
	beeping = []string{"-f", "lavfi", "-i", "sine=duration=1"}
	secrets = []string{"-metadata", "title=our secret", "-metadata", "comment=our secret", "-metadata", "location=+52.5200+013.4050/"}
)

// made is a file that ffmpeg makes.
func made(t *testing.T, name string, args ...[]string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	all := []string{"-v", "error"}
	for _, a := range args {
		all = append(all, a...)
	}
	out, err := exec.Command("ffmpeg", append(all, file)...).CombinedOutput()
	require.NoError(t, err, string(out))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return data
}

func (f *FFmpeg) take(t *testing.T, data []byte) (*Clip, error) {
	t.Helper()
	moving, err := f.Moving(bytes.NewReader(data))
	require.NoError(t, err)
	require.True(t, moving)
	c, err := f.Clip(t.Context(), bytes.NewReader(data))
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func (f *FFmpeg) converted(t *testing.T, data []byte) (*Clip, *Movie, []byte) {
	t.Helper()
	c, err := f.take(t, data)
	require.NoError(t, err)
	m, err := c.Convert(t.Context())
	require.NoError(t, err)
	shown, err := os.ReadFile(m.File)
	require.NoError(t, err)
	require.EqualValues(t, len(shown), m.Size)
	assert.NotContains(t, string(shown), "our secret")
	assert.NotContains(t, string(shown), "52.5200")
	return c, m, shown
}

func TestVideosBecomeMP4(t *testing.T) {
	f := tools(t)
	for name, codecs := range map[string][]string{
		"a.mp4":  {"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"},
		"b.mov":  {"-c:v", "mpeg4", "-c:a", "pcm_s16le"},
		"c.webm": {"-c:v", "libvpx", "-c:a", "libvorbis"},
		"d.mkv":  {"-c:v", "libx264", "-pix_fmt", "yuv444p", "-c:a", "flac"},
	} {
		t.Run(name, func(t *testing.T) {
			c, m, shown := f.converted(t, made(t, name, moving, beeping, codecs, secrets))
			assert.Equal(t, Video, c.Kind)
			assert.Equal(t, "video/mp4", c.Type)
			assert.Equal(t, []int{320, 240}, []int{m.Width, m.Height})
			assert.InDelta(t, 1, m.Duration.Seconds(), 0.2)
			assert.InDelta(t, 25, Rate(m.FrameRate), 1)
			assert.Equal(t, "aac", m.AudioCodec)
			assert.Positive(t, m.AudioRate)
			assert.NotEmpty(t, m.AudioChannels)
			assert.Positive(t, m.Bitrate)
			assert.Less(t, bytes.Index(shown, []byte("moov")), bytes.Index(shown, []byte("mdat")), "it can be shown before it is there")
			made, err := f.probe(t.Context(), filepath.Dir(m.File), "mov", m.File)
			require.NoError(t, err)
			assert.Equal(t, "h264", made.video.Codec)
			assert.Equal(t, "yuv420p", made.video.Pixels)
			assert.Equal(t, []int{320, 240}, []int{m.Small.Width, m.Small.Height})
			assert.Equal(t, "image/jpeg", m.Small.Type)
			assert.NotEmpty(t, m.Blurhash)
		})
	}
}

// A telephone films on its side and says so.
func TestVideosStandUpright(t *testing.T) {
	f := tools(t)
	lying := filepath.Join(t.TempDir(), "lying.mp4")
	require.NoError(t, os.WriteFile(lying, made(t, "a.mp4", moving, []string{"-pix_fmt", "yuv420p"}), 0o600))
	data := made(t, "b.mp4", []string{"-i", lying, "-c", "copy", "-metadata:s:v", "rotate=90"})
	c, m, _ := f.converted(t, data)
	if c.Width != 240 {
		t.Skip("this ffmpeg writes no rotation that way: install Debian 12's, version 5, to run this")
	}
	assert.Equal(t, []int{240, 320}, []int{m.Width, m.Height})
	assert.Equal(t, []int{240, 320}, []int{m.Small.Width, m.Small.Height})
}

func TestLargeVideosShrink(t *testing.T) {
	f := tools(t)
	_, m, _ := f.converted(t, made(t, "a.webm", []string{"-f", "lavfi", "-i", "testsrc=size=2561x1441:rate=2:duration=1", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"}))
	assert.LessOrEqual(t, m.Width*m.Height, maxFilm)
	assert.InDelta(t, 16.0/9, float64(m.Width)/float64(m.Height), 0.02)
}

func TestSoundsStayWhatTheyAre(t *testing.T) {
	f := tools(t)
	for name, want := range map[string]struct {
		kind string
		args []string
	}{
		"a.mp3": {"audio/mpeg", nil}, "b.m4a": {"audio/mp4", nil}, "c.aac": {"audio/mp4", nil}, "d.ogg": {"audio/ogg", nil},
		"e.opus": {"audio/ogg", nil}, "f.flac": {"audio/flac", nil}, "g.wav": {"audio/wav", nil}, "h.webm": {"audio/ogg", nil},
		"i.m4a": {"audio/mp4", []string{"-c:a", "alac"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, m, shown := f.converted(t, made(t, name, beeping, secrets, want.args))
			assert.Equal(t, Audio, c.Kind)
			assert.Equal(t, want.kind, c.Type)
			assert.False(t, c.HasPreview())
			assert.InDelta(t, 1, m.Duration.Seconds(), 0.2)
			assert.Zero(t, m.Width)
			assert.Empty(t, m.Small.Bytes)
			again, err := f.Moving(bytes.NewReader(shown))
			assert.True(t, again, err)
		})
	}
}

func TestCoverOfASound(t *testing.T) {
	f := tools(t)
	c, m, shown := f.converted(t, made(t, "a.mp3", beeping, moving, []string{"-map", "0", "-map", "1", "-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic"}, secrets))
	assert.Equal(t, Audio, c.Kind)
	assert.True(t, c.HasPreview())
	cover, err := jpeg.Decode(bytes.NewReader(m.Small.Bytes))
	require.NoError(t, err)
	assert.Equal(t, 320, cover.Bounds().Dx())
	assert.NotEmpty(t, m.Blurhash)
	assert.Less(t, len(shown), 12_000, "the picture is kept once")
}

func TestAnimationBecomesAFilm(t *testing.T) {
	f := tools(t)
	data := asGIF(t, 5, 33)
	c, m, _ := f.converted(t, data)
	assert.Equal(t, Gifv, c.Kind)
	assert.Equal(t, "video/mp4", c.Type)
	assert.Equal(t, []int{32, 32}, []int{m.Width, m.Height}, "H.264 has even sides")
	assert.Empty(t, m.AudioCodec)
	still, err := f.Moving(bytes.NewReader(asGIF(t, 1, 33)))
	require.NoError(t, err)
	assert.False(t, still)
	without, err := (*FFmpeg)(nil).Moving(bytes.NewReader(data))
	require.NoError(t, err)
	assert.False(t, without, "it stays a picture where there is no ffmpeg")
}

func TestClipsThatAreRefused(t *testing.T) {
	f := tools(t)
	tall := made(t, "tall.mp4", []string{"-f", "lavfi", "-i", "color=size=16x16:rate=1:duration=1", "-pix_fmt", "yuv420p"})
	for name, c := range map[string]struct {
		data []byte
		why  string
	}{
		"too many pixels":  {made(t, "a.mkv", []string{"-f", "lavfi", "-i", "color=size=3842x2162:rate=1:duration=1", "-c:v", "mjpeg", "-strict", "unofficial"}), ""},
		"too many frames":  {made(t, "b.mp4", []string{"-f", "lavfi", "-i", "color=size=16x16:rate=240:duration=0.1", "-pix_fmt", "yuv420p"}), "frames a second"},
		"another codec":    {made(t, "c.mkv", []string{"-f", "lavfi", "-i", "color=size=16x16:rate=5:duration=1", "-c:v", "ffv1"}), "ffv1"},
		"too long":         {made(t, "d.mp4", []string{"-f", "lavfi", "-i", "color=size=16x16:rate=1/60:duration=7300", "-pix_fmt", "yuv420p"}), "two hours"},
		"cut off":          {tall[:len(tall)/3], ""},
		"text alone in it": {append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), "#EXTM3U\nfile:///etc/passwd"...), ""},
	} {
		t.Run(name, func(t *testing.T) {
			clip, err := f.take(t, c.data)
			if err == nil {
				_, err = clip.Convert(t.Context())
			}
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
			assert.Contains(t, fault.Message(err), c.why)
			assert.NotContains(t, fault.Message(err), os.TempDir(), "where files lie is nobody's business")
		})
	}
	_, err := f.Clip(t.Context(), io.LimitReader(zeros{}, MaxClip+1))
	assert.True(t, fault.Is(err, fault.TooLarge), err)
	_, err = (*FFmpeg)(nil).Moving(bytes.NewReader(tall))
	assert.True(t, fault.Is(err, fault.Invalid))
	assert.ErrorContains(t, err, "ffmpeg")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A playlist names other files: it is text, and nothing that is text is read,
// whatever its name.
func TestPlaylistsAreNotRead(t *testing.T) {
	f := tools(t)
	for _, list := range []string{"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "ffconcat version 1.0\nfile /etc/passwd\n", "<?xml version='1.0'?><MPD></MPD>"} {
		moving, err := f.Moving(strings.NewReader(list))
		require.NoError(t, err)
		assert.False(t, moving, list)
		_, err = f.Clip(t.Context(), strings.NewReader(list))
		assert.ErrorIs(t, err, errType)
	}
}

// Nothing is left of a clip, and who leaves is not waited for.
func TestConversionEnds(t *testing.T) {
	f := tools(t)
	c, err := f.take(t, made(t, "a.webm", moving, []string{"-c:v", "libvpx"}))
	require.NoError(t, err)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err = c.Convert(ctx)
	assert.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	require.NoError(t, c.Close())
	_, err = os.Stat(c.dir)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
