package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of a post, beyond the characters that the node allows.
const (
	maxMentions = 50
	maxTags     = 100
	MaxMedia    = 4
)

// Draft is a post before it is one. As JSON it waits for its time.
type Draft struct {
	Text        string           `json:"text"`
	Spoiler     string           `json:"spoiler,omitempty"`
	Language    string           `json:"language,omitempty"`
	Visibility  store.Visibility `json:"visibility,omitempty"` // empty: as the author prefers
	Scope       store.Scope      `json:"scope,omitempty"`      // empty: world
	Sensitive   bool             `json:"sensitive,omitempty"`
	InReplyToID int64            `json:"in_reply_to_id,omitempty"`
	MediaIDs    []int64          `json:"media_ids,omitempty"`
	Describe    map[int64]string `json:"describe,omitempty"` // new descriptions of media, by id
	Poll        *PollDraft       `json:"poll,omitempty"`     // nil: none
	KeepPoll    bool             `json:"-"`                  // an edit leaves the poll as it is
	QuotedID    int64            `json:"quoted_id,omitempty"`
	QuotePolicy string           `json:"quote_policy,omitempty"` // who may quote it; empty: as the author prefers
	HoldSeconds *int             `json:"hold_seconds,omitempty"` // before it is sent; nil: as the author prefers

	AppID          int64  `json:"app_id,omitempty"`
	ActedBy        int64  `json:"acted_by,omitempty"`
	IdempotencyKey string `json:"-"`

	scheduled int64 // which scheduled post it was
}

// composed is a draft that was checked, with everything it refers to.
type composed struct {
	source    string
	content   string
	tags      []string
	emojis    []store.Emoji // of this node
	mentioned []*store.Actor
	media     []*store.Media
	from      map[int64]int64 // the deleted post that a file hangs on, by file
	parent    *store.Post     // nil unless it is a reply
	group     *store.Actor    // what the parent came by, nil for most
	quoted    *store.Post     // nil for most
}

// errRepeated says that the Idempotency-Key was used meanwhile.
var errRepeated = errors.New("the idempotency key was used already")

// Post publishes a draft, or where its Idempotency-Key was used within the
// hour gives what that made.
func (o *Outbox) Post(ctx context.Context, author int64, d Draft) (*store.Post, error) {
	if p, err := o.repeated(ctx, author, d.IdempotencyKey); p != nil || err != nil {
		return p, err
	}
	p, err := o.publishDraft(ctx, author, d, func(tx *store.Tx, p *store.Post) error { return claim(tx, author, d.IdempotencyKey, p.ID) })
	if errors.Is(err, errRepeated) {
		return o.repeated(ctx, author, d.IdempotencyKey)
	}
	return p, err
}

func (o *Outbox) repeated(ctx context.Context, author int64, key string) (*store.Post, error) {
	if key == "" {
		return nil, nil
	}
	id, err := o.DB.With(ctx).PostOfKey(author, key)
	if err != nil || id == 0 {
		return nil, err
	}
	return o.DB.With(ctx).Post(id)
}

// claim takes an Idempotency-Key for what is made under the id.
func claim(tx *store.Tx, author int64, key string, id int64) error {
	if key == "" {
		return nil
	}
	free, err := tx.ClaimKey(author, key, id)
	if err == nil && !free {
		err = errRepeated
	}
	return err
}

// publishDraft stores a post in one transaction with what first writes.
func (o *Outbox) publishDraft(ctx context.Context, author int64, d Draft, first func(*store.Tx, *store.Post) error) (*store.Post, error) {
	account, err := o.DB.With(ctx).Account(author)
	if err != nil {
		return nil, err
	}
	if err := mayAct(&account.Actor); err != nil {
		return nil, err
	}
	c, err := o.compose(ctx, author, &d)
	if err != nil {
		return nil, err
	}
	o.render(ctx, c)
	p := o.row(store.NewID(), account, d, c)
	if d.ActedBy != 0 { // also where it waited for its time
		ctx = store.WithActing(ctx, store.Acting{By: d.ActedBy})
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := first(tx, p); err != nil {
			return err
		}
		if err := o.store(ctx, tx, &account.Actor, p, c, d); err != nil || d.ActedBy == 0 {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: author, Action: "post.create", Subject: p.URI})
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// row is the post as it will be stored.
func (o *Outbox) row(id int64, account *store.Account, d Draft, c *composed) *store.Post {
	now := store.Now()
	p := &store.Post{
		ID: id, URI: fmt.Sprintf("%s/posts/%d", o.URL, id), URL: fmt.Sprintf("%s/%d", account.Actor.URL, id),
		ActorID: account.Actor.ID, ActedBy: d.ActedBy, Kind: kindOf(d.Poll), Local: true,
		Visibility: cmp.Or(d.Visibility, account.User.DefaultVisibility, store.Public), Scope: cmp.Or(d.Scope, store.World),
		Content: c.content, Source: c.source, Spoiler: d.Spoiler, Sensitive: d.Sensitive || d.Spoiler != "",
		Language: cmp.Or(d.Language, account.User.DefaultLanguage), Tags: c.tags, Emojis: c.emojis, AppID: d.AppID,
		ThreadID: id, PublishedAt: now, ReceivedAt: now,
	}
	p.ContextURI = o.threadURI(id)
	p.ConversationURI = p.ContextURI
	if c.parent != nil {
		p.InReplyToID, p.InReplyToURI, p.InReplyToActorID = c.parent.ID, c.parent.URI, c.parent.ActorID
		p.ThreadID, p.ContextURI, p.ConversationURI = c.parent.ThreadID, c.parent.ContextURI, cmp.Or(c.parent.ConversationURI, p.ConversationURI)
	}
	c.join(p)
	if c.quoted != nil {
		p.QuoteOfID, p.QuoteOfURI = c.quoted.ID, c.quoted.URI
	}
	p.Quotable, _ = quotableBy(cmp.Or(d.QuotePolicy, account.User.DefaultQuotable, "public"), p.Visibility)
	p.Listed = p.Visibility == store.Public && !account.Actor.Limited && (c.parent == nil || c.parent.ActorID == p.ActorID)
	p.HeldUntil = o.heldUntil(&account.User, p.Visibility, d, c.parent)
	return p
}

// store writes a new post and all that follows from it.
func (o *Outbox) store(ctx context.Context, tx *store.Tx, author *store.Actor, p *store.Post, c *composed, d Draft) error {
	mentions, err := c.attached(tx, p, d)
	if err != nil {
		return err
	}
	if _, err := tx.InsertPost(p, mentions, c.media); err != nil {
		return err
	}
	if err := o.ask(ctx, tx, p, d.Poll); err != nil {
		return err
	}
	if err := o.quote(tx, p, c.quoted); err != nil {
		return err
	}
	if p.HeldUntil != 0 {
		if err := o.Queue.InsertAt(ctx, tx, ReleaseJob{PostID: p.ID}, p.HeldUntil.Time()); err != nil {
			return err
		}
		return o.Notify.Posted(tx, p, nil)
	}
	return o.send(ctx, tx, author, p, c.mentioned)
}

// attached gives the draft's media their new descriptions, and whom the post
// names.
func (c *composed) attached(tx *store.Tx, p *store.Post, d Draft) ([]store.Mention, error) {
	for _, m := range c.media {
		if post := c.from[m.ID]; post != 0 {
			if err := tx.KeepShown(post); err != nil {
				return nil, err
			}
			if err := tx.TakeFile(m.ID, post); err != nil {
				return nil, err
			}
		}
		if text, ok := d.Describe[m.ID]; ok {
			m.Description = text
			if err := tx.DescribeMedia(m); err != nil {
				return nil, err
			}
		}
	}
	mentions := make([]store.Mention, len(c.mentioned))
	for i, a := range c.mentioned {
		mentions[i] = store.Mention{PostID: p.ID, ActorID: a.ID, Silent: a == c.group}
	}
	return mentions, nil
}

// send shows a post to its readers here and puts it on its way to the others.
func (o *Outbox) send(ctx context.Context, tx *store.Tx, author *store.Actor, p *store.Post, mentioned []*store.Actor) error {
	var here []int64
	for _, a := range mentioned {
		if a.Local() {
			here = append(here, a.ID)
		}
	}
	if err := o.Notify.Posted(tx, p, here); err != nil {
		return err
	}
	if err := o.AnswerFor(ctx, tx, p, here); err != nil {
		return err
	}
	if err := o.askToQuote(ctx, tx, author, p); err != nil {
		return err
	}
	if err := o.Cards.Want(ctx, tx, p); err != nil {
		return err
	}
	inboxes, err := o.inboxes(tx.Reader, p, mentioned)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	note, err := o.Note(tx.Reader, p)
	if err != nil {
		return err
	}
	return o.publish(ctx, tx, author, p.URI, createOf(note), inboxes)
}

func createOf(note federation.Note) federation.Activity {
	return federation.Activity{ID: note.ID + "/activity", Type: "Create", Actor: note.AttributedTo, Published: note.Published, To: note.To, Cc: note.Cc, Audience: note.Audience, Object: note}
}

// compose checks a draft and finds what it refers to, but for whom it names.
func (o *Outbox) compose(ctx context.Context, author int64, d *Draft) (*composed, error) {
	d.Text, d.Spoiler = text.Clean(d.Text), strings.TrimSpace(text.Clean(d.Spoiler))
	if err := o.check(d); err != nil {
		return nil, err
	}
	r := o.DB.With(ctx)
	c := &composed{source: d.Text}
	if err := c.answers(r, author, d.InReplyToID); err != nil {
		return nil, err
	}
	var err error
	if c.quoted, err = o.quoted(r, author, d); err != nil {
		return nil, err
	}
	if err := o.attach(r, c, author, d.MediaIDs, d.scheduled); err != nil {
		return nil, err
	}
	c.emojis, err = r.EmojisOf(text.Shortcodes(d.words()))
	return c, err
}

// words is everything of a draft that may hold custom emoji.
func (d *Draft) words() string {
	words := []string{d.Text, d.Spoiler}
	if d.Poll != nil {
		words = append(words, d.Poll.Options...)
	}
	return strings.Join(words, "\n")
}

// answers finds what a draft answers, if anything.
func (c *composed) answers(r store.Reader, author, parent int64) (err error) {
	if parent == 0 {
		return nil
	}
	if c.parent, err = r.VisiblePost(author, parent); err != nil {
		return err
	}
	if c.parent.BoostOfID != 0 {
		return fault.New(fault.Invalid, "Validation failed: a boost cannot be answered, only the post itself")
	}
	c.group, err = groupOf(r, c.parent)
	return err
}

var language = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$`)

func (o *Outbox) check(d *Draft) error {
	switch {
	case strings.TrimSpace(d.Text) == "" && len(d.MediaIDs) == 0 && d.QuotedID == 0:
		return fault.New(fault.Invalid, "Validation failed: Text can't be blank")
	case text.Length(d.Text)+utf8.RuneCountInString(d.Spoiler) > o.MaxCharacters:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Text character limit of %d exceeded", o.MaxCharacters))
	case len(d.MediaIDs) > MaxMedia:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Cannot attach more than %d files", MaxMedia))
	case d.Visibility != "" && !slices.Contains([]store.Visibility{store.Public, store.Unlisted, store.Private, store.Direct}, d.Visibility):
		return fault.New(fault.Invalid, "Validation failed: Visibility is not included in the list")
	case d.Language != "" && !language.MatchString(d.Language):
		return fault.New(fault.Invalid, "Validation failed: Language is not an ISO 639 code")
	}
	if err := checkHold(d.HoldSeconds); err != nil {
		return err
	}
	if d.QuotePolicy != "" {
		if _, err := quotableBy(d.QuotePolicy, d.Visibility); err != nil {
			return err
		}
	}
	if d.Poll != nil {
		if len(d.MediaIDs) > 0 {
			return fault.New(fault.Invalid, "Validation failed: Cannot attach files to a post that has a poll")
		}
		return d.Poll.check()
	}
	return nil
}

// errNotReady has Mastodon's words: clients show them, and try again.
var errNotReady = fault.New(fault.Invalid, "Validation failed: Cannot attach files that have not finished processing. Try again in a moment!")

// attach finds the files of a draft.
func (o *Outbox) attach(r store.Reader, c *composed, author int64, ids []int64, of int64) (err error) {
	c.media, err = o.unused(r, author, ids, of)
	c.from = map[int64]int64{}
	for _, m := range c.media {
		if m.PostID != of {
			c.from[m.ID] = m.PostID
		}
	}
	return err
}

// unused are the author's uploads with the ids. Each can hang on one post, or
// wait for one: on that of the given id, which may have it already, on none, or
// on one that was deleted, so that it can be written anew.
func (o *Outbox) unused(r store.Reader, author int64, ids []int64, of int64) ([]*store.Media, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	media, err := r.Media(author, ids)
	if err != nil {
		return nil, err
	}
	if len(media) != len(ids) {
		return nil, fault.New(fault.Invalid, "Validation failed: a media attachment was not found")
	}
	var on []int64
	for _, m := range media {
		on = append(on, m.PostID)
	}
	posts, err := r.Posts(on)
	if err != nil {
		return nil, err
	}
	for _, m := range media {
		switch {
		case m.PostID != of && !free(m, posts[m.PostID]), m.ScheduledID != 0 && m.ScheduledID != of:
			return nil, fault.New(fault.Invalid, "Validation failed: a media attachment is used by another post")
		case len(media) > 1 && (m.Kind == "video" || m.Kind == "audio"):
			return nil, fault.New(fault.Invalid, "Validation failed: Cannot attach a video to a post that already contains images")
		case m.State == store.Failed:
			return nil, fault.New(fault.Invalid, "Validation failed: Cannot attach a file that could not be processed: "+m.Problem)
		case m.State != store.Ready:
			return nil, errNotReady
		}
	}
	return media, nil
}

// render finds the people and hashtags of the text and writes it as HTML. A
// handle that leads to nobody stays words.
func (o *Outbox) render(ctx context.Context, c *composed) {
	draft := text.Parse(c.source)
	links := map[string]text.Mention{}
	for _, h := range draft.Mentions[:min(len(draft.Mentions), maxMentions)] {
		actor, err := o.Actors.Resolve(ctx, h.String())
		if err != nil {
			o.Log.Info("a mention leads to nobody", "handle", h.String(), "error", err)
			continue
		}
		links[h.String()] = text.Mention{URL: cmp.Or(actor.URL, actor.URI), Username: actor.Username, Acct: actor.Acct()}
		if !slices.ContainsFunc(c.mentioned, func(a *store.Actor) bool { return a.ID == actor.ID }) {
			c.mentioned = append(c.mentioned, actor)
		}
	}
	for _, t := range draft.Tags[:min(len(draft.Tags), maxTags)] {
		c.tags = append(c.tags, t.Text)
	}
	c.content = draft.Render(links, o.tagURL)
}

// reach is who wrote a stored post, whom it names or ever named, and the
// inboxes it went to.
func (o *Outbox) reach(r store.Reader, p *store.Post) (author *store.Actor, mentioned []*store.Actor, inboxes []string, err error) {
	if author, err = r.Actor(p.ActorID); err != nil {
		return nil, nil, nil, err
	}
	if mentioned, err = mentionedIn(r, p.ID); err != nil {
		return nil, nil, nil, err
	}
	inboxes, err = o.inboxes(r, p, mentioned)
	return author, mentioned, inboxes, err
}

// own is the author's live post, not a boost.
func (o *Outbox) own(r store.Reader, author, id int64) (*store.Post, error) {
	p, err := r.Post(id)
	if err != nil {
		return nil, err
	}
	if p.ActorID != author || p.DeletedAt != 0 || p.BoostOfID != 0 {
		return nil, fault.New(fault.NotFound, "Record not found")
	}
	return p, nil
}

// mentionedIn are the actors whom a post names.
func mentionedIn(r store.Reader, id int64) ([]*store.Actor, error) {
	rows, err := r.PostMentions([]int64{id})
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, m := range rows[id] {
		ids = append(ids, m.ActorID)
	}
	found, err := r.Actors(ids)
	if err != nil {
		return nil, err
	}
	list := make([]*store.Actor, 0, len(ids))
	for _, actor := range ids {
		if found[actor] != nil {
			list = append(list, found[actor])
		}
	}
	return list, nil
}

func uris(list []*store.Actor) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.URI
	}
	return out
}
