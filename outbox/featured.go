package outbox

import (
	"context"
	"fmt"
	"strings"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// MaxFeaturedTags is how many hashtags a profile shows.
const MaxFeaturedTags = 10

// FeatureTag shows a hashtag on the actor's profile, and gives its id there.
func (o *Outbox) FeatureTag(ctx context.Context, actor int64, name string) (id int64, err error) {
	name = strings.TrimLeft(strings.TrimSpace(text.Clean(name)), "#＃")
	tag := text.TagName(name)
	if tag == "" {
		return 0, fault.New(fault.Invalid, "Validation failed: Tag is invalid")
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		shown, err := tx.FeaturedTags(actor)
		if err != nil {
			return err
		}
		for _, t := range shown {
			if t.Tag == tag {
				id = t.ID
				return nil
			}
		}
		if len(shown) >= MaxFeaturedTags {
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d featured hashtags", MaxFeaturedTags))
		}
		if id, err = tx.AddFeaturedTag(actor, tag, name); err != nil {
			return err
		}
		return o.showTag(ctx, tx, "Add", actor, name)
	})
	return id, err
}

// UnfeatureTag ends that.
func (o *Outbox) UnfeatureTag(ctx context.Context, actor int64, tag string) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		name, err := tx.DeleteFeaturedTag(actor, tag)
		if err != nil || name == "" {
			return err
		}
		return o.showTag(ctx, tx, "Remove", actor, name)
	})
}

// showTag tells the followers that a profile shows a hashtag, or no more. The
// hashtags have a collection of their own, but Mastodon sends this about the one
// of the posts and looks for it there.
func (o *Outbox) showTag(ctx context.Context, tx *store.Tx, kind string, actor int64, name string) error {
	me, err := tx.Actor(actor)
	if err != nil {
		return err
	}
	inboxes, err := tx.FollowerInboxes(actor)
	if err != nil {
		return err
	}
	return o.publish(ctx, tx, me, me.FeaturedTagsURI, federation.Activity{ID: o.newURI("feature"), Type: kind, Actor: me.URI,
		To: []string{federation.Public}, Cc: []string{me.FollowersURI}, Object: o.hashtag(name), Target: me.FeaturedURI}, inboxes)
}

func (o *Outbox) hashtag(name string) federation.Tag {
	return federation.Tag{Type: "Hashtag", Href: o.tagURL(name), Name: "#" + name}
}
