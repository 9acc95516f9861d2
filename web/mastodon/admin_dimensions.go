package mastodon

import (
	"cmp"
	"runtime"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"parley/internal/store"
)

// adminDimension is the entity Admin::Dimension.
// https://docs.joinmastodon.org/entities/Admin_Dimension/
type adminDimension struct {
	Key  string          `json:"key"`
	Data []adminDataPart `json:"data"`
}

type adminDataPart struct {
	Key        string `json:"key"`
	HumanKey   string `json:"human_key"`
	Value      string `json:"value"`
	Unit       string `json:"unit"`
	HumanValue string `json:"human_value"`
}

var partLimits = limits{10, 100}

// usualDays is the period of dimensions for which none is named.
const usualDays = 30

// Dimensions answers with the largest parts of what was in a period. Keys that
// are not known are left out.
func (a *API) Dimensions(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	period := store.Days{From: store.Today() - usualDays + 1, Until: store.Today() + 1}
	if p.text("start_at") != "" || p.text("end_at") != "" {
		if period, err = periodOf(p); err != nil {
			return err
		}
	}
	all := []adminDimension{}
	for _, key := range keysOf(p) {
		parts, err := a.parts(a.reader(c), p, key, period)
		if err != nil {
			return err
		}
		if parts != nil {
			all = append(all, adminDimension{key, parts})
		}
	}
	return answer(c, all)
}

// parts are those of one dimension, nil for one that is not known.
func (a *API) parts(r store.Reader, p *params, key string, period store.Days) ([]adminDataPart, error) {
	switch key {
	case "space_usage":
		return space(r)
	case "software_versions":
		return software(r)
	}
	d, known := store.Dimensions[key]
	if !known {
		return nil, nil
	}
	shares, err := r.Shares(d, subject(p, key), period, partLimits.of(p.text("limit")))
	return each(shares, func(s store.Share) adminDataPart {
		part, human := a.named(key, s.Part)
		return adminDataPart{Key: part, HumanKey: human, Value: id(s.Count), HumanValue: id(s.Count)}
	}), err
}

// named is what a part is called, by programs and by people.
func (a *API) named(key, part string) (name, human string) {
	switch {
	case strings.HasSuffix(key, "languages"):
		name = cmp.Or(part, "und")
		return name, cmp.Or(display.English.Languages().Name(language.Make(name)), name)
	case strings.HasSuffix(key, "servers"):
		name = cmp.Or(part, a.Domain)
		return name, name
	case key == "sources" && part == "":
		return "web", "Website"
	}
	return part, part
}

func space(r store.Reader) ([]adminDataPart, error) {
	s, err := r.Space()
	room := func(key, name string, n int64) adminDataPart {
		return adminDataPart{Key: key, HumanKey: name, Value: id(n), Unit: "bytes", HumanValue: inBytes(n)}
	}
	return []adminDataPart{room("database", "Database", s.Database), room("media", "Media storage", s.Files), room("remote_media", "Copies of files of other nodes", s.Copies)}, err
}

func software(r store.Reader) ([]adminDataPart, error) {
	name, version, err := r.Software()
	_, ours, _ := strings.Cut(Version, "+parley.")
	release := func(key, name, version string) adminDataPart {
		return adminDataPart{Key: key, HumanKey: name, Value: version, HumanValue: version}
	}
	return []adminDataPart{release("parley", "Parley", ours), release("go", "Go", strings.TrimPrefix(runtime.Version(), "go")), release(strings.ToLower(name), name, version)}, err
}
