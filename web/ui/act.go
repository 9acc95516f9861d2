package ui

import (
	"context"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
	"parley/outbox"
)

// ActOnPost does what one of the buttons below a post says.
func (u *UI) ActOnPost(c *gin.Context) error {
	o, ctx, me, post := u.Outbox, c.Request.Context(), viewer(c), number(c.Param("id"))
	acts := map[string]func(context.Context, int64, int64) error{
		"favourite": o.Favourite, "unfavourite": o.Unfavourite, "bookmark": o.Bookmark, "unbookmark": o.Unbookmark, "pin": o.Pin, "unpin": o.Unpin,
		"unboost": o.Unboost, "send": o.SendNow,
		"boost": func(ctx context.Context, me, post int64) error {
			_, err := o.Boost(ctx, me, post, "")
			return err
		},
		"vote": u.vote(c),
	}
	act := acts[c.Param("act")]
	if act == nil {
		return errNotFound
	}
	if err := act(ctx, me, post); err != nil {
		return err
	}
	if !inPlace(c) {
		return back(c, "/")
	}
	entries, err := u.reader(c).Entries(me, []int64{post})
	if err != nil {
		return err
	}
	posts, err := u.posts(u.reader(c), me, entries)
	if err != nil {
		return err
	}
	if len(posts) == 0 {
		return errNotFound
	}
	return u.part(c, "actions", posts[0])
}

// ActOnAccount follows, mutes or blocks somebody, or ends that.
func (u *UI) ActOnAccount(c *gin.Context) error {
	o, me, target := u.Outbox, viewer(c), number(c.Param("id"))
	acts := map[string]func(context.Context, int64, int64) error{
		"unfollow": o.Unfollow, "block": o.Block, "unblock": o.Unblock, "unmute": o.Unmute,
		"follow": func(ctx context.Context, me, target int64) error {
			return o.Follow(ctx, me, target, outbox.FollowOptions{})
		},
		"mute": func(ctx context.Context, me, target int64) error { return o.Mute(ctx, me, target, true, 0) },
	}
	act := acts[c.Param("act")]
	if act == nil {
		return errNotFound
	}
	if err := act(c.Request.Context(), me, target); err != nil {
		return err
	}
	views, err := u.accounts(u.reader(c), me, []int64{target})
	switch {
	case err != nil:
		return err
	case len(views) == 0:
		return errNotFound
	case inPlace(c):
		return u.part(c, "follow", views[0])
	}
	return back(c, views[0].Link)
}

// Answer accepts or refuses somebody who asks to hear the reader.
func (u *UI) Answer(c *gin.Context) error {
	me, follower := viewer(c), number(c.Param("id"))
	var err error
	said := "Accepted."
	switch c.Param("act") {
	case "accept":
		err = u.Outbox.AcceptFollow(c.Request.Context(), me, follower)
	case "reject":
		said, err = "Refused.", u.Outbox.RemoveFollower(c.Request.Context(), me, follower)
	default:
		err = errNotFound
	}
	if err != nil {
		return err
	}
	if inPlace(c) {
		c.Data(200, "text/html; charset=utf-8", []byte(said))
		return nil
	}
	return back(c, "/requests")
}

// Settings is the page on which people describe themselves.
func (u *UI) Settings(c *gin.Context) error {
	account, err := u.reader(c).Account(viewer(c))
	if err != nil {
		return err
	}
	body := u.settings(account)
	if body.Tags, err = tagsOf(u.reader(c), account.Actor.ID); err != nil {
		return err
	}
	named, err := u.Auth.NamedBy(u.reader(c), account.Actor.ID)
	if err != nil {
		return err
	}
	if named != nil {
		body.NamedBy = named.Name
	}
	if auth.WhoIs(c.Request.Context()).ActedBy != 0 {
		body.NamedBy = "this node’s administration"
	}
	return u.show(c, "settings", "Settings", "settings", body)
}

func (u *UI) settings(account *store.Account) Settings {
	a, user := &account.Actor, &account.User
	s := Settings{
		Account: u.account(a), Note: a.NoteSource, Locked: a.Locked, Bot: a.Bot, Discoverable: a.Discoverable, Indexable: a.Indexable,
		Visibilities: pick(visibilities(), string(user.DefaultVisibility)), Languages: pick(languages, user.DefaultLanguage),
		Holds:   pick(holds(u.Outbox.Hold), strconv.Itoa(max(user.HoldSeconds, -1))),
		Aliases: a.AlsoKnownAs, MovedTo: a.MovedToURI, Handle: a.Username, Directory: user.Directory,
		Private: a.HideCollections, AvatarDescription: a.AvatarDescription, HeaderDescription: a.HeaderDescription,
	}
	for i := len(user.Directory.Fields); i < outbox.MaxFields; i++ {
		var line Option
		if i < len(a.Fields) {
			line = Option{Label: a.Fields[i].Name, Value: a.Fields[i].Source}
		}
		s.Fields = append(s.Fields, line)
	}
	return s
}

// visibilities are the audiences that can be somebody's default.
func visibilities() []Option {
	var list []Option
	for _, o := range audiences {
		if o.Value != "here" {
			list = append(list, o)
		}
	}
	return list
}

// SaveSettings changes the reader's profile and preferences.
func (u *UI) SaveSettings(c *gin.Context) error {
	if err := form(c); err != nil {
		return err
	}
	avatar, err := picture(c, "avatar")
	if err != nil {
		return err
	}
	header, err := picture(c, "header")
	if err != nil {
		return err
	}
	yes := func(name string) *bool { v := c.PostForm(name) == "true"; return &v }
	said := func(name string) *string { v := c.PostForm(name); return &v }
	visibility, hold := store.Visibility(c.PostForm("visibility")), holdSeconds(c.PostForm("hold"))
	p := outbox.Profile{
		DisplayName: said("name"), Note: said("note"), Locked: yes("locked"), Bot: yes("bot"), Discoverable: yes("discoverable"), Indexable: yes("indexable"),
		HideCollections: yes("private"), Avatar: reading(avatar), Header: reading(header), NoAvatar: *yes("no_avatar"), NoHeader: *yes("no_header"),
		AvatarDescription: said("avatar_description"), HeaderDescription: said("header_description"), Visibility: &visibility, Language: said("language"), HoldSeconds: &hold, Fields: []outbox.ProfileField{},
	}
	names, values := c.PostFormArray("field_name"), c.PostFormArray("field_value")
	for i := range min(len(names), len(values), outbox.MaxFields) {
		if names[i] != "" || values[i] != "" {
			p.Fields = append(p.Fields, outbox.ProfileField{Name: names[i], Value: values[i]})
		}
	}
	if err := u.Outbox.UpdateProfile(c.Request.Context(), viewer(c), p); err != nil {
		return err
	}
	return see(c, "/settings?done=saved")
}

// Rename gives the reader another user name.
func (u *UI) Rename(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := u.Auth.Rename(ctx, auth.WhoIs(ctx), c.PostForm("name")); err != nil {
		return err
	}
	return see(c, "/settings?done=saved")
}

// SetTag shows a hashtag on the reader's profile, or takes it off.
func (u *UI) SetTag(c *gin.Context) error {
	ctx, me, name := c.Request.Context(), viewer(c), c.PostForm("tag")
	var err error
	if c.PostForm("act") == "remove" {
		err = u.Outbox.UnfeatureTag(ctx, me, text.TagName(name))
	} else {
		_, err = u.Outbox.FeatureTag(ctx, me, name)
	}
	if err != nil {
		return err
	}
	return see(c, "/settings?done=saved")
}

// SetAlias says which other account is the reader's, or takes that back.
func (u *UI) SetAlias(c *gin.Context) error {
	me := viewer(c)
	if _, err := u.Outbox.SetAlias(c.Request.Context(), me, me, c.PostForm("other"), c.PostForm("act") != "remove"); err != nil {
		return err
	}
	return see(c, "/settings?done=saved")
}

// Move sends the reader's followers to another account of theirs, or undoes
// that where none is named.
func (u *UI) Move(c *gin.Context) error {
	me, target := viewer(c), strings.TrimSpace(c.PostForm("target"))
	if auth.WhoIs(c.Request.Context()).ActedBy != 0 {
		return fault.New(fault.Forbidden, "A shared account is moved by whoever runs this node: parley account move.")
	}
	if target == "" {
		if err := u.Outbox.Return(c.Request.Context(), me, me); err != nil {
			return err
		}
		return see(c, "/settings?done=saved")
	}
	if _, err := u.Outbox.Move(c.Request.Context(), me, me, target); err != nil {
		return err
	}
	return see(c, "/settings?done=moved")
}
