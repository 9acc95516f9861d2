package outbox

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"parley/federation"
	"parley/internal/store"
	"parley/internal/text"
)

// Edit changes what a post of the author says. What it said stays as a version.
func (o *Outbox) Edit(ctx context.Context, author, id int64, d Draft) (*store.Post, error) {
	r := o.DB.With(ctx)
	p, err := o.own(r, author, id)
	if err != nil {
		return nil, err
	}
	d.Text, d.Spoiler = text.Clean(d.Text), strings.TrimSpace(text.Clean(d.Spoiler))
	if err := o.check(&d); err != nil {
		return nil, err
	}
	c := &composed{source: d.Text}
	if err := o.attach(r, c, author, d.MediaIDs, id); err != nil {
		return nil, err
	}
	o.render(ctx, c)
	words := d.words()
	if d.KeepPoll && p.Kind == "Question" {
		poll, err := r.Poll(id)
		if err != nil {
			return nil, err
		}
		for _, option := range poll.Options {
			words += "\n" + option.Title
		}
	}
	if c.emojis, err = r.EmojisOf(text.Shortcodes(words)); err != nil {
		return nil, err
	}
	shown, err := r.PostMedia([]int64{id})
	if err != nil {
		return nil, err
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockPost(id); err != nil {
			return err
		}
		if p, err = o.own(tx.Reader, author, id); err != nil {
			return err
		}
		p.Content, p.Source, p.Tags, p.Emojis = c.content, c.source, c.tags, c.emojis
		if !d.KeepPoll {
			p.Kind = kindOf(d.Poll)
		}
		p.Spoiler, p.Sensitive, p.Language, p.ActedBy = d.Spoiler, d.Sensitive || d.Spoiler != "", cmp.Or(d.Language, p.Language), d.ActedBy
		if p.HeldUntil == 0 {
			p.EditedAt = max(store.Now(), p.PublishedAt+1, p.EditedAt+1) // who gets it goes by that
		}
		return o.change(ctx, tx, p, c, d, shown[id])
	})
	return p, err
}

// change stores an edit and tells those who have the post.
func (o *Outbox) change(ctx context.Context, tx *store.Tx, p *store.Post, c *composed, d Draft, shown []*store.Media) error {
	mentions, err := c.attached(tx, p, d)
	if err != nil {
		return err
	}
	if err := tx.EditPost(p, shown, mentions, c.media); err != nil {
		return err
	}
	if !d.KeepPoll {
		if err := o.asksAnew(ctx, tx, p, d.Poll); err != nil {
			return err
		}
	}
	if err := o.Notify.Edited(tx, p); err != nil || p.HeldUntil != 0 {
		return err
	}
	if err := o.Cards.Want(ctx, tx, p); err != nil {
		return err
	}
	author, _, inboxes, err := o.reach(tx.Reader, p)
	if err != nil {
		return err
	}
	note, err := o.Note(tx.Reader, p)
	if err != nil {
		return err
	}
	return o.publish(ctx, tx, author, p.URI, federation.Activity{ID: fmt.Sprintf("%s/updates/%d", p.URI, p.Version), Type: "Update",
		Actor: author.URI, Published: note.Updated, To: note.To, Cc: note.Cc, Object: note}, inboxes)
}
