package mastodon

import (
	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// trendLimits are those of what many are about.
var trendLimits = limits{10, 20}

// TrendingTags answers with the hashtags that most people used in the last days.
// https://docs.joinmastodon.org/methods/trends/
func (a *API) TrendingTags(c *gin.Context) error {
	part, r := portionOf(c, trendLimits), a.reader(c)
	names, err := r.TrendingTags(part.limit+1, part.offset)
	if err != nil {
		return err
	}
	all, err := a.hashtags(r, viewer(c), leaf(a, c, part, names))
	if err != nil {
		return err
	}
	return answer(c, all)
}

// TrendingStatuses answers with the posts that most people liked.
func (a *API) TrendingStatuses(c *gin.Context) error {
	part, r := portionOf(c, statusLimits), a.reader(c)
	entries, err := r.TrendingPosts(viewer(c), part.limit+1, part.offset)
	if err != nil {
		return err
	}
	entries = leaf(a, c, part, entries)
	s, err := a.sheet(r, viewer(c), entries)
	if err != nil {
		return err
	}
	return write(c, func(b []byte) []byte { return s.appendStatuses(b, s.shown(entries, store.InPublic)) })
}
