package ui

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/store"
	"parley/internal/text"
	"parley/outbox"
)

// audiences are who may see a post, in the words of the composer. The second
// keeps a public post on this node.
var audiences = []Option{
	{Value: "public", Label: "Everybody"},
	{Value: "here", Label: "Everybody here"},
	{Value: "unlisted", Label: "Everybody, quietly"},
	{Value: "private", Label: "My followers"},
	{Value: "direct", Label: "Who is mentioned"},
}

// chosen is the visibility and scope that an audience means.
func chosen(value string) (store.Visibility, store.Scope) {
	if value == "here" {
		return store.Public, store.Here
	}
	return store.Visibility(value), store.World
}

// languages are those offered, in their own names.
var languages = func() []Option {
	options := make([]Option, 0, len(text.Languages))
	for _, l := range text.Languages {
		options = append(options, Option{Value: l.Code, Label: l.Name})
	}
	return options
}()

// pick is a copy of the options with one selected; a value that is not among
// them is added.
func pick(options []Option, value string) []Option {
	picked, found := make([]Option, 0, len(options)+1), value == ""
	for _, o := range options {
		o.Selected = o.Value == value
		found = found || o.Selected
		picked = append(picked, o)
	}
	if !found {
		picked = append(picked, Option{Value: value, Label: value, Selected: true})
	}
	return picked
}

// composer is an empty form for a post or for the answer to one, set as its
// author prefers. An answer goes to no more people than what it answers.
func (u *UI) composer(c *gin.Context, to *ViewPost) (*Composer, error) {
	user, err := u.reader(c).User(viewer(c))
	if err != nil {
		return nil, err
	}
	f := &Composer{Action: "/ui/posts", ReplyTo: to, Max: u.Outbox.MaxCharacters, Sensitive: user.DefaultSensitive, Key: rand.Text(), Me: id(user.ActorID),
		Pictures: []int{1, 2, 3, 4}, Accept: strings.Join(u.Outbox.FFmpeg.Types(), ","), Clips: u.Outbox.FFmpeg != nil, Options: []int{1, 2, 3, 4}, Later: &Later{}}
	if auth.WhoIs(c.Request.Context()).ActedBy != 0 {
		f.As = "@" + auth.WhoIs(c.Request.Context()).Username
	}
	audience := string(cmp.Or(user.DefaultVisibility, store.Public))
	if to != nil {
		audience = narrower(audience, to.Visibility)
		f.Spoiler, f.Text = to.Spoiler, u.addressees(c, to)
	}
	f.Visibilities, f.Languages = u.pickAudience(user, audience), pick(languages, cmp.Or(user.DefaultLanguage, "en"))
	return f, nil
}

// pickAudience are the audiences with one selected; the hint of each is how
// long a post for it waits.
func (u *UI) pickAudience(user *store.User, value string) []Option {
	options := pick(audiences, value)
	for i := range options {
		v, _ := chosen(options[i].Value)
		options[i].Hint = waiting(u.Outbox.HeldFor(user, v))
	}
	return options
}

// narrower is the visibility that fewer people see.
func narrower(a, b string) string {
	order := []string{"public", "unlisted", "private", "direct"}
	for i := len(order) - 1; i >= 0; i-- {
		if a == order[i] || b == order[i] {
			return order[i]
		}
	}
	return a
}

// addressees are whom an answer begins with: its author and who is mentioned,
// without the reader.
func (u *UI) addressees(c *gin.Context, to *ViewPost) string {
	r, me := u.reader(c), viewer(c)
	mentions, err := r.PostMentions([]int64{number(to.ID)})
	if err != nil {
		return ""
	}
	ids := []int64{number(to.Author.ID)}
	for _, m := range mentions[number(to.ID)] {
		if !m.Silent && m.ActorID != ids[0] {
			ids = append(ids, m.ActorID)
		}
	}
	people, err := r.Actors(ids)
	if err != nil {
		return ""
	}
	var handles strings.Builder
	for _, id := range ids {
		if a := people[id]; a != nil && id != me {
			handles.WriteString("@" + a.Acct() + " ")
		}
	}
	return handles.String()
}

// Compose is the page for writing.
func (u *UI) Compose(c *gin.Context) error {
	f, err := u.composer(c, nil)
	if err != nil {
		return err
	}
	if h, ok := text.ParseHandle(c.Query("to")); ok {
		f.Text = "@" + h.String() + " "
	}
	if id := c.Query("quote"); id != "" {
		if f.Quote, err = u.onePost(c, number(id)); err != nil {
			return err
		}
		if f.Quote == nil {
			return errNotFound
		}
	}
	return u.show(c, "compose", "Write", "compose", Compose{Heading: "Write", Composer: f})
}

// maxForm bounds a form with its pictures; parts beyond inMemory go to disk.
const (
	maxForm  = media.MaxClip + outbox.MaxMedia*media.MaxPicture + 1<<20
	inMemory = 1 << 20
)

// form reads a posted form within bounds.
func form(c *gin.Context) error {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	err := c.Request.ParseMultipartForm(inMemory)
	if errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return fault.Wrap(fault.TooLarge, err, "The pictures are too large together.")
	}
	if err != nil {
		return fault.Wrap(fault.BadRequest, err, "The form could not be read.")
	}
	return nil
}

// Post publishes what was written.
func (u *UI) Post(c *gin.Context) error {
	if err := form(c); err != nil {
		return err
	}
	d := u.draft(c)
	d.InReplyToID, d.IdempotencyKey = number(c.PostForm("reply")), c.PostForm("key")
	at, err := when(c)
	if err == nil {
		err = sameAccount(c)
	}
	if err == nil {
		d.MediaIDs, err = u.uploads(c)
	}
	if err == nil && at != nil {
		return u.schedule(c, d, *at)
	}
	var p *store.Post
	if err == nil {
		p, err = u.Outbox.Post(c.Request.Context(), viewer(c), d)
	}
	if fault.Of(err) == fault.Invalid || fault.Of(err) == fault.TooLarge {
		return u.again(c, d, err)
	}
	if err != nil {
		return err
	}
	done := "?done=posted"
	if p.HeldUntil != 0 {
		done = "?done=held"
	}
	if p.InReplyToID == 0 {
		return see(c, "/"+done)
	}
	author, err := u.reader(c).Actor(p.ActorID)
	if err != nil {
		return err
	}
	return see(c, postLink(author, p.ID)+done)
}

// sameAccount refuses what was begun as somebody else: whoever has changed to a
// shared account in another window does not speak for it by mistake.
func sameAccount(c *gin.Context) error {
	if began := c.PostForm("me"); began == "" || number(began) == viewer(c) {
		return nil
	}
	return fault.New(fault.Invalid, "You began to write this as another account. You are @"+auth.WhoIs(c.Request.Context()).Username+" now: post it again if you mean to, or change back first.")
}

// draft is what the form says.
func (u *UI) draft(c *gin.Context) outbox.Draft {
	d := outbox.Draft{
		Text: c.PostForm("text"), Spoiler: c.PostForm("spoiler"), Language: c.PostForm("language"), Sensitive: c.PostForm("sensitive") == "true",
		ActedBy: auth.WhoIs(c.Request.Context()).ActedBy,
	}
	d.Visibility, d.Scope = chosen(c.PostForm("visibility"))
	d.Poll, d.QuotedID = asked(c), number(c.PostForm("quote"))
	return d
}

// uploads takes in the form's files. The form has nobody who asks again, so it
// waits until they can be shown.
func (u *UI) uploads(c *gin.Context) ([]int64, error) {
	var ids []int64
	for i := 1; i <= outbox.MaxMedia; i++ {
		file, err := picture(c, fmt.Sprintf("picture%d", i))
		if err != nil {
			return nil, err
		}
		if file == nil {
			continue
		}
		m, err := u.Outbox.Upload(c.Request.Context(), viewer(c), outbox.Upload{File: file, Description: c.PostForm(fmt.Sprintf("alt%d", i)), Wait: true})
		_ = file.Close()
		if err != nil {
			return nil, err
		}
		ids = append(ids, m.ID)
	}
	return ids, nil
}

// picture is an uploaded file, nil where the field was left empty.
func picture(c *gin.Context, field string) (multipart.File, error) {
	header, err := c.FormFile(field)
	if err != nil || header.Size == 0 {
		return nil, nil
	}
	file, err := header.Open()
	if err != nil {
		return nil, fault.Wrap(fault.BadRequest, err, "The picture could not be read.")
	}
	return file, nil
}

// again shows the form with what was written and what is wrong with it.
func (u *UI) again(c *gin.Context, d outbox.Draft, problem error) error {
	to, err := u.onePost(c, d.InReplyToID)
	if err != nil {
		return err
	}
	f, err := u.composer(c, to)
	if err != nil {
		return err
	}
	f.Text, f.Spoiler, f.Sensitive, f.Error = d.Text, d.Spoiler, d.Sensitive, fault.Message(problem)
	if f.Quote, err = u.onePost(c, d.QuotedID); err != nil {
		return err
	}
	f.Visibilities, f.Languages = pick(f.Visibilities, cmp.Or(c.PostForm("visibility"), "public")), pick(languages, d.Language)
	f.Later = chosenTime(c)
	return u.showStatus(c, int(fault.Of(problem)), "compose", "Write", "compose", Compose{Heading: "Write", Composer: f})
}

// onePost is the view of a post that the reader may see, else nil.
func (u *UI) onePost(c *gin.Context, id int64) (*ViewPost, error) {
	if id == 0 {
		return nil, nil
	}
	r, me := u.reader(c), viewer(c)
	entries, err := r.Entries(me, []int64{id})
	if err != nil {
		return nil, err
	}
	posts, err := u.posts(r, me, entries)
	if err != nil || len(posts) == 0 {
		return nil, err
	}
	return &posts[0], nil
}

// own is the reader's post in the path, with its view.
func (u *UI) own(c *gin.Context) (*store.Post, ViewPost, error) {
	r, me := u.reader(c), viewer(c)
	p, err := r.VisiblePost(me, number(c.Param("id")))
	if err != nil {
		return nil, ViewPost{}, err
	}
	if p.ActorID != me || p.BoostOfID != 0 {
		return nil, ViewPost{}, errNotFound
	}
	v, err := u.onePost(c, p.ID)
	if err != nil || v == nil {
		return nil, ViewPost{}, errors.Join(err, errNotFound)
	}
	return p, *v, nil
}

// EditPage is the form with a post of the reader's.
func (u *UI) EditPage(c *gin.Context) error {
	p, v, err := u.own(c)
	if err != nil {
		return err
	}
	f := &Composer{
		Action: "/ui/posts/" + v.ID + "/edit", Edit: true, Text: p.Source, Spoiler: p.Spoiler, Sensitive: p.Sensitive,
		Max: u.Outbox.MaxCharacters, Attached: v.Media, Languages: pick(languages, p.Language),
	}
	return u.show(c, "compose", "Edit", "", Compose{Heading: "Edit", Composer: f})
}

// Edit changes a post of the reader's. Its pictures stay.
func (u *UI) Edit(c *gin.Context) error {
	if err := form(c); err != nil {
		return err
	}
	p, v, err := u.own(c)
	if err != nil {
		return err
	}
	d := u.draft(c)
	d.Visibility, d.Scope, d.Sensitive, d.Describe, d.KeepPoll, d.QuotedID = p.Visibility, p.Scope, p.Sensitive, map[int64]string{}, true, p.QuoteOfID
	for _, m := range v.Media {
		d.MediaIDs = append(d.MediaIDs, number(m.ID))
		d.Describe[number(m.ID)] = c.PostForm("alt-" + m.ID)
	}
	_, err = u.Outbox.Edit(c.Request.Context(), viewer(c), p.ID, d)
	if fault.Of(err) == fault.Invalid {
		f := &Composer{
			Action: "/ui/posts/" + v.ID + "/edit", Edit: true, Text: d.Text, Spoiler: d.Spoiler, Error: fault.Message(err),
			Max: u.Outbox.MaxCharacters, Attached: v.Media, Languages: pick(languages, d.Language),
		}
		return u.showStatus(c, http.StatusUnprocessableEntity, "compose", "Edit", "", Compose{Heading: "Edit", Composer: f})
	}
	if err != nil {
		return err
	}
	return see(c, v.Link+"?done=saved")
}

// DeletePage asks whether a post shall go.
func (u *UI) DeletePage(c *gin.Context) error {
	p, v, err := u.own(c)
	if err != nil {
		return err
	}
	ask := Confirm{
		Heading: "Delete this post?", Text: "It disappears here at once, and other servers that have it are told to delete it too. What it said is kept for the record as long as the organisation’s rules demand.",
		Action: "/ui/posts/" + v.ID + "/delete", Button: "Delete", Back: v.Link, Post: &v,
	}
	if p.HeldUntil != 0 {
		ask.Text = "It has not been sent. Nobody else has seen it, and nobody will."
	}
	return u.show(c, "confirm", "Delete", "", ask)
}

// Delete takes back a post of the reader's.
func (u *UI) Delete(c *gin.Context) error {
	if _, err := u.Outbox.Delete(c.Request.Context(), viewer(c), number(c.Param("id"))); err != nil {
		return err
	}
	return see(c, "/?done=deleted")
}

// reading is nil for a file that is not there, as an interface.
func reading(f multipart.File) io.Reader {
	if f == nil {
		return nil
	}
	return f
}
