package federation

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The media types of ActivityStreams, [AP] 3.2.
const (
	ContentType = "application/activity+json"
	profileType = `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	acceptType  = ContentType + ", " + profileType
)

// Accepts reports whether a request asks for ActivityStreams rather than for
// a page. Who takes anything gets the page.
func Accepts(r *http.Request) bool {
	best, bestPage := 0.0, 0.0
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := quality(params["q"])
		switch kind {
		case ContentType, "application/ld+json":
			best = max(best, q)
		case "text/html", "application/xhtml+xml":
			bestPage = max(bestPage, q)
		}
	}
	return best > 0 && best >= bestPage
}

func quality(s string) float64 {
	if s == "" {
		return 1
	}
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}

// IsActivityType reports whether a Content-Type is one of ActivityStreams. A
// file that somebody uploaded is never served as one.
func IsActivityType(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return kind == ContentType || kind == "application/ld+json" &&
		slices.Contains(strings.Fields(params["profile"]), "https://www.w3.org/ns/activitystreams")
}
