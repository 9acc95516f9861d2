package outbox

import (
	"context"
	"io"
	"reflect"
	"slices"
	"strings"

	"parley/actors"
	"parley/federation"
	"parley/internal/media"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of a profile, as Mastodon has them.
const (
	MaxDisplayName        = 30
	MaxNote               = 500 // counted as in a post
	MaxFields             = 4
	MaxField              = 255
	MaxPictureDescription = 150
	MaxAttributions       = 10
)

// Profile is a change of what an account says of itself and prefers. Nil
// leaves a value as it is.
type Profile struct {
	DisplayName, Note                                     *string
	Locked, Bot, Discoverable, Indexable, HideCollections *bool
	ShowFeatured, ShowMedia, ShowMediaReplies             *bool
	Fields                                                []ProfileField
	Attributions                                          []string // domains of sites that may name the account as an author

	Avatar, Header                       io.Reader
	NoAvatar, NoHeader                   bool // take away what is there
	AvatarDescription, HeaderDescription *string

	Visibility  *store.Visibility // of new posts
	Sensitive   *bool
	Language    *string
	Quotable    *string // who may quote new posts: public, followers, nobody
	HoldSeconds *int    // before new posts are sent; -1: as the node has it

	avatar, header string // the files, once they are saved
}

// ProfileField is a line of a profile as its owner wrote it.
type ProfileField struct {
	Name, Value string

	phone bool // a number of the directory
}

// UpdateProfile changes a profile and tells those who know it.
func (o *Outbox) UpdateProfile(ctx context.Context, actor int64, p Profile) error {
	user, err := o.DB.With(ctx).User(actor)
	if err != nil {
		return err
	}
	p.yield(user.Directory)
	if err := p.check(); err != nil {
		return err
	}
	if err = o.pictures(ctx, &p); err == nil {
		err = o.DB.Write(ctx, func(tx *store.Tx) error { return o.updateProfile(ctx, tx, actor, p) })
	}
	return o.abandon(ctx, err, p.avatar, p.header)
}

func (o *Outbox) updateProfile(ctx context.Context, tx *store.Tx, actor int64, p Profile) error {
	account, err := tx.Account(actor)
	if err != nil {
		return err
	}
	p.prefer(&account.User)
	if err := tx.UpdateUser(&account.User); err != nil {
		return err
	}
	return o.redescribe(ctx, tx, &account.Actor, p)
}

// saidBy is everything of a profile that may hold custom emoji.
func saidBy(me *store.Actor) string {
	words := []string{me.DisplayName, me.NoteSource}
	for _, f := range me.Fields {
		words = append(words, f.Name, f.Source)
	}
	return strings.Join(words, "\n")
}

// redescribe writes the change into the row, if it is one, and sees to all that
// follows from it.
func (o *Outbox) redescribe(ctx context.Context, tx *store.Tx, me *store.Actor, p Profile) error {
	before := *me
	p.describe(me, o.tagURL)
	var err error
	if me.Emojis, err = tx.EmojisOf(text.Shortcodes(saidBy(me))); err != nil {
		return err
	}
	if reflect.DeepEqual(before, *me) {
		return nil
	}
	if err := tx.UpdateActor(me); err != nil {
		return err
	}
	if err := o.clear(ctx, tx, replaced(&before, me)...); err != nil {
		return err
	}
	if before.Locked && !me.Locked {
		if err := o.Queue.Insert(ctx, tx, WelcomeJob{ActorID: me.ID}); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(me.Fields, unverified) {
		if err := o.Queue.Insert(ctx, tx, VerifyJob{ActorID: me.ID}); err != nil {
			return err
		}
	}
	return o.announceProfile(ctx, tx, me)
}

// pictures keeps the pictures of a change.
func (o *Outbox) pictures(ctx context.Context, p *Profile) (err error) {
	if p.avatar, err = o.picture(ctx, p.Avatar, 400, 400); err != nil {
		return err
	}
	p.header, err = o.picture(ctx, p.Header, 1500, 500)
	return err
}

// picture cuts, saves and names an uploaded picture; empty where there is none.
func (o *Outbox) picture(ctx context.Context, r io.Reader, width, height int) (string, error) {
	if r == nil {
		return "", nil
	}
	p, err := media.Crop(ctx, r, width, height)
	if err != nil {
		return "", err
	}
	return o.Files.Save(ctx, p)
}

// replaced are the files of the pictures that a profile has no more. Other nodes
// learn of the new ones as it is announced, and have copies until then.
func replaced(before, me *store.Actor) (files []string) {
	if me.Avatar != before.Avatar {
		files = append(files, before.Avatar)
	}
	if me.Header != before.Header {
		files = append(files, before.Header)
	}
	return files
}

// RotateKeys gives an account new keys, and tells its followers.
func (o *Outbox) RotateKeys(ctx context.Context, by, actor int64) error {
	me, err := o.DB.With(ctx).Actor(actor)
	if err != nil {
		return err
	}
	keys, err := actors.NewKeys(me)
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if me, err = tx.Actor(actor); err != nil {
			return err
		}
		if err := o.Actors.Rotate(tx, by, me, keys); err != nil {
			return err
		}
		if err := tx.UpdateActor(me); err != nil {
			return err
		}
		return o.announceProfile(ctx, tx, me)
	})
}

// announceProfile sends Update(Person) to the followers.
func (o *Outbox) announceProfile(ctx context.Context, tx *store.Tx, me *store.Actor) error {
	inboxes, err := tx.FollowerInboxes(me.ID)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	keys, err := tx.SigningKeys(me.ID)
	if err != nil {
		return err
	}
	doc := o.Actors.Document(me, keys)
	doc.Context = nil
	return o.publish(ctx, tx, me, me.URI, federation.Activity{ID: o.newURI("update"), Type: "Update", Actor: me.URI,
		To: []string{federation.Public}, Cc: []string{me.FollowersURI}, Object: doc}, inboxes)
}
