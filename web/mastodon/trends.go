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
	all, err := a.trendingTags(c)
	if err != nil {
		return err
	}
	return answer(c, all)
}

func (a *API) trendingTags(c *gin.Context) ([]tag, error) {
	part, r := portionOf(c, trendLimits), a.reader(c)
	names, err := r.TrendingTags(part.limit+1, part.offset)
	if err != nil {
		return nil, err
	}
	return a.hashtags(r, viewer(c), leaf(a, c, part, names))
}

// adminTag is the entity Admin::Tag. Nothing has to be approved before it
// trends: what must not be told to everybody is taken down.
type adminTag struct {
	tag
	Trendable      bool `json:"trendable"`
	Usable         bool `json:"usable"`
	RequiresReview bool `json:"requires_review"`
}

// AdminTrendingTags answers as TrendingTags does, to those who look after them.
// https://docs.joinmastodon.org/methods/admin/trends/#tags
func (a *API) AdminTrendingTags(c *gin.Context) error {
	all, err := a.trendingTags(c)
	if err != nil {
		return err
	}
	return answer(c, each(all, func(t tag) adminTag { return adminTag{tag: t, Trendable: true, Usable: true} }))
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
