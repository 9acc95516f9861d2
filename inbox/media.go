package inbox

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"parley/federation"
	"parley/internal/store"
	"parley/internal/text"
)

const (
	maxAttachments = 16   // of a remote post
	maxAlt         = 1500 // characters of a description
	maxBlurhash    = 120
)

// mediaOf are the rows for what hangs on a post.
func mediaOf(author *store.Actor, o *federation.Object) []*store.Media {
	var list []*store.Media
	for _, a := range files(o) {
		known := slices.ContainsFunc(list, func(m *store.Media) bool { return m.RemoteURL == a.URL })
		kind := mediaKind(a)
		if kind == "" || known || federation.HostOf(a.URL) == "" || len(list) == maxAttachments {
			continue
		}
		m := &store.Media{ID: store.NewID(), ActorID: author.ID, Kind: kind, Mime: a.MediaType, RemoteURL: a.URL,
			Description: text.Excerpt(text.Plain(a.Name), maxAlt), Width: a.Width, Height: a.Height, CreatedAt: store.Now()}
		if len(a.Blurhash) <= maxBlurhash {
			m.Blurhash = a.Blurhash
		}
		if len(a.FocalPoint) == 2 {
			m.FocusX, m.FocusY = a.FocalPoint[0], a.FocalPoint[1]
		}
		if federation.HostOf(a.Preview) != "" {
			m.PreviewPath = a.Preview
		}
		list = append(list, m)
	}
	return list
}

// files are the attachments of an object with what it is itself: the film of a
// Video, the sound of an Audio, the picture of an Image or of an Article.
func files(o *federation.Object) []federation.Attachment {
	list := o.Attachment
	switch o.Type {
	case "Video", "Audio", "Image":
		if file := federation.File(o.URLs); file.Href != "" {
			own := federation.Attachment{Type: o.Type, MediaType: file.MediaType, URL: file.Href, Name: o.Name, Width: file.Width, Height: file.Height}
			if still := cmp.Or(o.Icon, o.Image); still != nil && o.Type != "Image" {
				own.Preview = still.URL
			}
			return append([]federation.Attachment{own}, list...)
		}
		if o.Icon != nil {
			return append([]federation.Attachment{picture(o.Icon)}, list...)
		}
	case "Note", "Question":
		return list
	}
	if o.Image != nil && !slices.ContainsFunc(list, func(a federation.Attachment) bool { return mediaKind(a) == "image" }) {
		list = append([]federation.Attachment{picture(o.Image)}, list...)
	}
	return list
}

// picture is an icon or image as an attachment, whatever it calls itself.
func picture(a *federation.Attachment) federation.Attachment {
	p := *a
	p.Type = "Image"
	return p
}

// mediaKind is what clients call an attachment, empty for what is no file.
func mediaKind(a federation.Attachment) string {
	major, _, _ := strings.Cut(cmp.Or(a.MediaType, extensions[extension(a.URL)], a.Type), "/")
	switch kind := strings.ToLower(major); {
	case kind == "image", kind == "video", kind == "audio":
		return kind
	case a.Type == "Image", a.Type == "Video", a.Type == "Audio":
		return strings.ToLower(a.Type)
	case a.Type == "Document":
		return "unknown"
	default:
		return ""
	}
}

// extensions tell what a file is whose sender does not.
var extensions = map[string]string{
	".jpg": "image", ".jpeg": "image", ".png": "image", ".gif": "image", ".webp": "image", ".avif": "image",
	".mp4": "video", ".m4v": "video", ".webm": "video", ".mov": "video", ".ogv": "video",
	".mp3": "audio", ".ogg": "audio", ".oga": "audio", ".opus": "audio", ".flac": "audio", ".m4a": "audio", ".wav": "audio",
}

func extension(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(path.Ext(u.Path))
}
