package mastodon

import (
	"slices"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

type marker struct {
	LastReadID string `json:"last_read_id"`
	Version    int    `json:"version"`
	UpdatedAt  string `json:"updated_at"`
}

func markerOf(m *store.Marker) marker {
	return marker{id(m.LastReadID), m.Version, moment(m.UpdatedAt)}
}

// markable are the timelines that have a marker.
var markable = []string{"home", "notifications"}

// Markers answers with how far the viewer has read. Where nothing was read
// the marker stands before everything: clients crawl or fail without one.
func (a *API) Markers(c *gin.Context) error {
	rows, err := a.reader(c).Markers(viewer(c))
	if err != nil {
		return err
	}
	all := map[string]marker{}
	for _, name := range queries(c, "timeline") {
		if slices.Contains(markable, name) {
			all[name] = marker{"0", 0, moment(1)}
		}
	}
	for _, m := range rows {
		if _, wanted := all[m.Timeline]; wanted {
			all[m.Timeline] = markerOf(m)
		}
	}
	return answer(c, all)
}

// SetMarkers moves markers.
func (a *API) SetMarkers(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	all := map[string]marker{}
	for _, name := range markable {
		key := name + "[last_read_id]"
		if !p.has(key) {
			continue
		}
		read := p.id(key)
		if read == 0 && p.text(key) != "0" {
			return fault.New(fault.Invalid, "Validation failed: Last read is not an id")
		}
		m, err := a.Notify.Mark(contextOf(c), viewer(c), name, read)
		if err != nil {
			return err
		}
		all[name] = markerOf(m)
	}
	return answer(c, all)
}
