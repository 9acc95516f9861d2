package mastodon

import (
	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// featuredTag is the entity FeaturedTag. https://docs.joinmastodon.org/entities/FeaturedTag/
type featuredTag struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	URL           string  `json:"url"`
	StatusesCount string  `json:"statuses_count"`
	LastStatusAt  *string `json:"last_status_at"`
}

// FeaturedTags answers with the hashtags on the profile of the account in the
// path.
func (a *API) FeaturedTags(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	out := []featuredTag{}
	if actor.Hidden() {
		return answer(c, out)
	}
	tags, err := a.reader(c).FeaturedTags(actor.ID)
	for _, t := range tags {
		out = append(out, a.featuredTag(t))
	}
	if err != nil {
		return err
	}
	return answer(c, out)
}

func (a *API) featuredTag(t store.FeaturedTag) featuredTag {
	return featuredTag{ID: id(t.ID), Name: t.Name, URL: a.tagURL(t.Name), StatusesCount: id(t.Posts), LastStatusAt: optionalDay(t.LastAt)}
}
