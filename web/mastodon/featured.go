package mastodon

import (
	"cmp"
	"context"

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

func (a *API) featuredTag(t store.FeaturedTag) featuredTag {
	return featuredTag{ID: id(t.ID), Name: t.Name, URL: a.tagURL(t.Name), StatusesCount: id(t.Posts), LastStatusAt: optionalDay(t.LastAt)}
}

// FeaturedTags answers with the hashtags on the profile of the account in the
// path.
func (a *API) FeaturedTags(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	if actor.Hidden() {
		return answer(c, []featuredTag{})
	}
	return a.featuredTags(c, actor.ID)
}

// OwnFeaturedTags answers with those on the viewer's.
func (a *API) OwnFeaturedTags(c *gin.Context) error { return a.featuredTags(c, viewer(c)) }

func (a *API) featuredTags(c *gin.Context, owner int64) error {
	tags, err := a.reader(c).FeaturedTags(owner)
	if err != nil {
		return err
	}
	return answer(c, each(tags, a.featuredTag))
}

// FeatureTagByName shows one more.
func (a *API) FeatureTagByName(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	id, err := a.Outbox.FeatureTag(contextOf(c), viewer(c), p.text("name"))
	if err != nil {
		return err
	}
	t, err := a.ownFeatured(c, id)
	if err != nil {
		return err
	}
	return answer(c, a.featuredTag(t))
}

// UnfeatureTagByID ends that.
func (a *API) UnfeatureTagByID(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	t, err := a.ownFeatured(c, id)
	if err != nil {
		return err
	}
	if err := a.Outbox.UnfeatureTag(contextOf(c), viewer(c), t.Tag); err != nil {
		return err
	}
	return done(c)
}

// ownFeatured is the hashtag on the viewer's profile that has the id there.
func (a *API) ownFeatured(c *gin.Context, id int64) (store.FeaturedTag, error) {
	tags, err := a.reader(c).FeaturedTags(viewer(c))
	for _, t := range tags {
		if t.ID == id {
			return t, nil
		}
	}
	return store.FeaturedTag{}, cmp.Or(err, errNotFound)
}

// FeatureTag shows the hashtag in the path on the viewer's profile.
func (a *API) FeatureTag(c *gin.Context) error {
	return a.toTag(c, func(ctx context.Context, me int64, tag string) error {
		_, err := a.Outbox.FeatureTag(ctx, me, tag)
		return err
	})
}

// UnfeatureTag ends that.
func (a *API) UnfeatureTag(c *gin.Context) error { return a.toTag(c, a.Outbox.UnfeatureTag) }

// suggestedTags is how many hashtags are suggested.
const suggestedTags = 10

// TagsToFeature answers with the hashtags that the viewer uses most.
func (a *API) TagsToFeature(c *gin.Context) error {
	names, err := a.reader(c).OwnTags(viewer(c), suggestedTags)
	if err != nil {
		return err
	}
	tags, err := a.hashtags(a.reader(c), viewer(c), names)
	if err != nil {
		return err
	}
	return answer(c, tags)
}
