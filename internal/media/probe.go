package media

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"parley/internal/fault"
)

// Facts are what is known of a video or a sound.
type Facts struct {
	Width, Height int // as it is shown
	Duration      time.Duration
	FrameRate     string // a fraction
	Bitrate       int64
	AudioCodec    string
	AudioRate     int64
	AudioChannels string
}

// streams are the parts of a file, as far as they matter: the first video, the
// first sound and the picture on the cover.
type streams struct {
	video, audio, cover *stream
	facts               Facts
}

// stream is a part of a file as ffprobe describes it.
type stream struct {
	Type        string `json:"codec_type"`
	Codec       string `json:"codec_name"`
	Profile     string `json:"profile"`
	Pixels      string `json:"pix_fmt"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	FrameRate   string `json:"avg_frame_rate"`
	SampleRate  string `json:"sample_rate"`
	Layout      string `json:"channel_layout"`
	Channels    int    `json:"channels"`
	Disposition struct {
		Cover int `json:"attached_pic"`
	} `json:"disposition"`
	Sides []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// probe asks ffprobe what is in a file.
func (f *FFmpeg) probe(ctx context.Context, dir, demuxer, file string) (*streams, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	out, err := f.run(ctx, dir, f.ffprobe, append(input(demuxer, file), "-of", "json", "-show_format", "-show_streams")...)
	if err != nil {
		return nil, err
	}
	var all struct {
		Streams []stream `json:"streams"`
		Format  struct {
			Duration string `json:"duration"`
			Bitrate  string `json:"bit_rate"`
		} `json:"format"`
	}
	if err := json.Unmarshal(out, &all); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, errDamaged)
	}
	s := &streams{}
	for i := range all.Streams {
		s.sort(&all.Streams[i])
	}
	seconds, _ := strconv.ParseFloat(all.Format.Duration, 64)
	s.facts.Duration = time.Duration(min(max(seconds, 0), 1e6) * float64(time.Second))
	s.facts.Bitrate, _ = strconv.ParseInt(all.Format.Bitrate, 10, 64)
	s.describe()
	return s, nil
}

func (s *streams) sort(one *stream) {
	switch {
	case one.Type == "video" && one.Disposition.Cover != 0:
		s.cover = cmp.Or(s.cover, one)
	case one.Type == "video":
		s.video = cmp.Or(s.video, one)
	case one.Type == "audio":
		s.audio = cmp.Or(s.audio, one)
	}
}

func (s *streams) describe() {
	if v := s.video; v != nil {
		s.facts.Width, s.facts.Height, s.facts.FrameRate = v.Width, v.Height, v.FrameRate
		for _, side := range v.Sides {
			if int(side.Rotation)%180 != 0 { // on its side, as telephones film
				s.facts.Width, s.facts.Height = v.Height, v.Width
			}
		}
	}
	if a := s.audio; a != nil {
		s.facts.AudioCodec = a.Codec
		s.facts.AudioRate, _ = strconv.ParseInt(a.SampleRate, 10, 64)
		s.facts.AudioChannels = cmp.Or(a.Layout, strconv.Itoa(a.Channels)+" channels")
	}
}

// The codecs that are decoded: of the hundreds that ffmpeg knows, the ones that
// telephones, recorders and browsers write.
var (
	videoCodecs = []string{"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "theora", "gif", "mjpeg"}
	audioCodecs = []string{"aac", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "amr_nb", "pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_s16be", "pcm_s24be"}
)

// check refuses what is too large in one way or another, or of no use.
func (s *streams) check(demuxer string) error {
	switch {
	case s.video == nil && s.audio == nil:
		return fault.New(fault.Invalid, "The file has neither pictures nor sound in it")
	case s.video != nil && !slices.Contains(videoCodecs, s.video.Codec):
		return fault.New(fault.Invalid, "The video is in "+s.video.Codec+", which is not taken: H.264, HEVC, VP8, VP9 and AV1 are")
	case s.audio != nil && !slices.Contains(audioCodecs, s.audio.Codec):
		return fault.New(fault.Invalid, "The sound is in "+s.audio.Codec+", which is not taken: AAC, MP3, Opus, Vorbis and FLAC are")
	case s.video != nil && (s.facts.Width <= 0 || s.facts.Height <= 0 || s.facts.Width > MaxClipArea/s.facts.Height):
		return fault.New(fault.Invalid, "The video has too many pixels: at most 3840 by 2160 are taken")
	// Matroska has no frame rate of its own, and what is guessed may be wild.
	case s.video != nil && demuxer != "matroska" && Rate(s.facts.FrameRate) > MaxFrameRate:
		return fault.New(fault.Invalid, "The video has too many frames a second: at most 120 are taken")
	case s.facts.Duration > maxDuration:
		return fault.New(fault.Invalid, "The file is too long: at most two hours are taken")
	}
	return nil
}
