package mastodon

import (
	"encoding/json"
	"slices"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/outbox"
)

// entry is the post with the id as far as the viewer may see it. What they may
// not see does not exist.
func (a *API) entry(r store.Reader, viewer, id int64) (store.Entry, error) {
	entries, err := r.Entries(viewer, []int64{id})
	if err != nil {
		return store.Entry{}, err
	}
	if len(entries) == 0 {
		return store.Entry{}, errNotFound
	}
	return entries[0], nil
}

// rendering is the entity Status of a post, as its viewer sees it.
func (a *API) rendering(r store.Reader, viewer, id int64) (json.RawMessage, error) {
	e, err := a.entry(r, viewer, id)
	if err != nil {
		return nil, err
	}
	s, err := a.sheet(r, viewer, []store.Entry{e})
	if err != nil {
		return nil, err
	}
	if !s.whole(e) {
		return nil, errNotFound
	}
	return s.appendStatus(nil, e), nil
}

// show answers with one post.
func (a *API) show(c *gin.Context, id int64) error {
	s, err := a.rendering(a.reader(c), viewer(c), id)
	if err != nil {
		return err
	}
	return answer(c, s)
}

// Status answers with the post in the path.
func (a *API) Status(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return a.show(c, id)
}

// Statuses answers with several posts at once.
func (a *API) Statuses(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	ids := p.ids("id")
	entries, err := a.reader(c).Entries(viewer(c), ids)
	if err != nil {
		return err
	}
	s, err := a.sheet(a.reader(c), viewer(c), entries)
	if err != nil {
		return err
	}
	entries = inOrder(entries, ids)
	return write(c, func(b []byte) []byte { return s.appendStatuses(b, entries) })
}

// inOrder sorts entries as the ids of their posts stand.
func inOrder(entries []store.Entry, ids []int64) []store.Entry {
	found := make(map[int64]store.Entry, len(entries))
	for _, e := range entries {
		found[e.PostID] = e
	}
	sorted := make([]store.Entry, 0, len(entries))
	for _, id := range ids {
		if e, ok := found[id]; ok {
			sorted = append(sorted, e)
			delete(found, id)
		}
	}
	return sorted
}

// CreateStatus posts, now or later.
func (a *API) CreateStatus(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	draft, err := a.draft(c, p)
	if err != nil {
		return err
	}
	if p.text("scheduled_at") != "" {
		return a.schedule(c, p, draft)
	}
	post, err := a.Outbox.Post(contextOf(c), viewer(c), draft)
	if err != nil {
		return err
	}
	return a.show(c, post.ID)
}

// draft reads a new post. The outbox knows its author's defaults for what is
// not said, but for one that a client may switch off.
func (a *API) draft(c *gin.Context, p *params) (d outbox.Draft, err error) {
	who := auth.WhoIs(contextOf(c))
	d = outbox.Draft{
		Text: p.text("status"), Spoiler: p.text("spoiler_text"), Language: p.text("language"),
		Visibility: store.Visibility(p.text("visibility")), Sensitive: p.yes("sensitive"),
		InReplyToID: p.id("in_reply_to_id"), MediaIDs: p.ids("media_ids"),
		QuotedID: p.id("quoted_status_id"), QuotePolicy: p.text("quote_approval_policy"),
		Poll: pollDraft(p), AppID: who.AppID, ActedBy: who.ActedBy,
	}
	if d.HoldSeconds, err = p.whole("hold_seconds"); err != nil { // not Mastodon's: how long it can be taken back
		return d, err
	}
	if key := c.GetHeader("Idempotency-Key"); key != "" {
		d.IdempotencyKey = auth.Hash(key) // which is short and valid text, whatever was sent
	}
	if !p.has("sensitive") {
		user, err := a.reader(c).User(who.ActorID)
		if err != nil {
			return d, err
		}
		d.Sensitive = user.DefaultSensitive
	}
	if p.yes("local_only") {
		d.Scope = store.Here
	}
	if p.text("quoted_status_id") != "" && d.QuotedID == 0 {
		return d, errNotFound
	}
	if p.has("in_reply_to_id") && p.text("in_reply_to_id") != "" && d.InReplyToID == 0 {
		return d, errNotFound
	}
	return d, nil
}

// EditStatus changes one of the viewer's posts. What is not named stays.
func (a *API) EditStatus(c *gin.Context) error {
	post, p, err := a.own(c)
	if err != nil {
		return err
	}
	d := outbox.Draft{
		Text: post.Source, Spoiler: post.Spoiler, Sensitive: post.Sensitive, Language: post.Language,
		Visibility: post.Visibility, Scope: post.Scope, ActedBy: auth.WhoIs(contextOf(c)).ActedBy,
	}
	override(&d.Text, p, "status")
	override(&d.Spoiler, p, "spoiler_text")
	override(&d.Language, p, "language")
	if sensitive := p.maybe("sensitive"); sensitive != nil {
		d.Sensitive = *sensitive
	}
	if d.MediaIDs = p.ids("media_ids"); !p.has("media_ids") {
		if d.MediaIDs, err = a.attached(a.reader(c), post.ID); err != nil {
			return err
		}
	}
	d.Describe, d.Poll = descriptions(p), pollDraft(p)
	d.QuotedID = post.QuoteOfID
	if _, err := a.Outbox.Edit(contextOf(c), viewer(c), post.ID, d); err != nil {
		return err
	}
	if policy := p.text("quote_approval_policy"); policy != "" {
		if err := a.Outbox.SetQuotePolicy(contextOf(c), viewer(c), post.ID, policy); err != nil {
			return err
		}
	}
	return a.show(c, post.ID)
}

func override(text *string, p *params, name string) {
	if p.has(name) {
		*text = p.text(name)
	}
}

// descriptions are what media_attributes says about files.
func descriptions(p *params) map[int64]string {
	all := map[int64]string{}
	for _, at := range p.indexes("media_attributes") {
		if name := item("media_attributes", at, "description"); p.has(name) {
			all[p.id(item("media_attributes", at, "id"))] = p.text(name)
		}
	}
	return all
}

func (a *API) attached(r store.Reader, post int64) (ids []int64, err error) {
	media, err := r.PostMedia([]int64{post})
	for _, m := range media[post] {
		ids = append(ids, m.ID)
	}
	return ids, err
}

// own is the post in the path if it is the viewer's, with the parameters.
func (a *API) own(c *gin.Context) (*store.Post, *params, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, nil, err
	}
	post, err := a.reader(c).VisiblePost(viewer(c), id)
	if fault.Is(err, fault.NotFound) || err == nil && post.ActorID != viewer(c) {
		return nil, nil, errNotFound
	}
	if err != nil {
		return nil, nil, err
	}
	p, err := read(c)
	return post, p, err
}

// DeleteStatus deletes, and answers with what the post said, so that it can be
// written anew.
func (a *API) DeleteStatus(c *gin.Context) error {
	post, p, err := a.own(c)
	if err != nil {
		return err
	}
	last, err := a.rendering(a.reader(c), viewer(c), post.ID)
	if err != nil {
		return err
	}
	del := a.Outbox.Delete
	if p.yes("delete_media") {
		del = a.Outbox.DeleteWithFiles
	}
	if _, err := del(contextOf(c), viewer(c), post.ID); err != nil {
		return err
	}
	text := []byte(`"text":null}`) // stands last: see appendEnd
	return answer(c, with(append(slices.Clone(last[:len(last)-len(text)-1]), '}'), "text", post.Source))
}

// Source answers with what the viewer typed.
func (a *API) Source(c *gin.Context) error {
	post, _, err := a.own(c)
	if err != nil {
		return err
	}
	return answer(c, map[string]string{"id": id(post.ID), "text": post.Source, "spoiler_text": post.Spoiler})
}
