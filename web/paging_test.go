package web_test

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// model is what a page of the ids, newest first, should be.
func model(all []string, p store.Page) []string {
	within := []string{}
	for _, text := range all {
		id, _ := strconv.ParseInt(text, 10, 64)
		floor := p.Since
		if p.Min > 0 {
			floor = p.Min // wins
		}
		if (p.Max == 0 || id < p.Max) && id > floor {
			within = append(within, text)
		}
	}
	if len(within) <= p.Limit {
		return within
	}
	if p.Min > 0 {
		return within[len(within)-p.Limit:]
	}
	return within[:p.Limit]
}

var linkHeader = regexp.MustCompile(`^<(http[^>]+[?&]max_id=(\d+))>; rel="next", <(http[^>]+[?&]min_id=(\d+))>; rel="prev"$`)

func TestLinkHeader(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	n.arrive(n.remote(ada.id, 9), ada.id)
	a := ada.get("/api/v1/timelines/public?limit=2&remote=true&access_token=secret")
	ids := a.ids()
	m := linkHeader.FindStringSubmatch(a.header.Get("Link"))
	require.NotNil(t, m, a.header.Get("Link"))
	assert.Equal(t, ids[1], m[2])
	assert.Equal(t, ids[0], m[4])
	u, err := url.Parse(m[1])
	require.NoError(t, err)
	assert.Equal(t, n.url, u.Scheme+"://"+u.Host)
	assert.Equal(t, "remote=true&limit=2&max_id="+ids[1], u.RawQuery)
	// Following it ends, and the last page says nothing about another.
	seen := ids
	for link := m[1]; link != ""; {
		page := ada.get(link)
		seen = append(seen, page.ids()...)
		link = ""
		if m := linkHeader.FindStringSubmatch(page.header.Get("Link")); m != nil {
			link = m[1]
		} else {
			assert.Empty(t, page.ids())
			assert.Empty(t, page.header.Get("Link"))
		}
	}
	assert.Equal(t, ada.get("/api/v1/timelines/public?limit=40").ids(), seen)
}

// Lists that are paged by rows of their own go on through Link alone.
func TestListsArePagedByTheirRows(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	n.remote(ada.id, 5)
	first := ada.get(ada.at("/api/v1/accounts/%d/following?limit=3"))
	m := linkHeader.FindStringSubmatch(first.header.Get("Link"))
	require.NotNil(t, m)
	seen := slices.Concat(first.ids(), ada.get(m[1]).ids())
	assert.Len(t, seen, 5)
	slices.Sort(seen)
	assert.Len(t, slices.Compact(seen), 5)
	for _, path := range []string{"blocks", "mutes", "favourites", "bookmarks", "follow_requests", "notifications"} {
		a := ada.get("/api/v1/" + path)
		assert.Empty(t, a.ids(), path)
		assert.Empty(t, a.header.Get("Link"), path)
	}
}

// Too much is cut, nonsense is ignored: neither is refused.
func TestPagesTakeAnyNumber(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	n.arrive(n.remote(ada.id, 45), ada.id)
	for query, want := range map[string]int{"limit=200": 40, "limit=0": 20, "limit=-3": 20, "limit=abc": 20, "max_id=abc": 20, "min_id=-1": 20, "since_id=99999999999999999999": 20, "max_id=1": 0} {
		assert.Len(t, ada.get("/api/v1/timelines/home?"+query).ids(), want, query)
	}
}
