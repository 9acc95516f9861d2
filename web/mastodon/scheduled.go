package mastodon

import (
	"cmp"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/outbox"
)

// scheduled is the entity ScheduledStatus.
// https://docs.joinmastodon.org/entities/ScheduledStatus/
type scheduled struct {
	ID               string          `json:"id"`
	ScheduledAt      string          `json:"scheduled_at"`
	Params           scheduledParams `json:"params"`
	MediaAttachments []*attachment   `json:"media_attachments"`
	Error            *string         `json:"error"` // not Mastodon's: why it was not published at its time
}

type scheduledParams struct {
	Text                string         `json:"text"`
	SpoilerText         *string        `json:"spoiler_text"`
	Visibility          string         `json:"visibility"`
	Sensitive           bool           `json:"sensitive"`
	Language            *string        `json:"language"`
	InReplyToID         *int64         `json:"in_reply_to_id"` // a number, as Mastodon has it
	MediaIDs            []string       `json:"media_ids"`
	Poll                *scheduledPoll `json:"poll"`
	QuotedStatusID      *string        `json:"quoted_status_id"`
	QuoteApprovalPolicy *string        `json:"quote_approval_policy"`
	ApplicationID       int64          `json:"application_id"`
	ScheduledAt         *string        `json:"scheduled_at"`
	Idempotency         *string        `json:"idempotency"`
	WithRateLimit       bool           `json:"with_rate_limit"`
	LocalOnly           bool           `json:"local_only"`
	HoldSeconds         *int           `json:"hold_seconds"`
}

type scheduledPoll struct {
	Options    []string `json:"options"`
	ExpiresIn  int64    `json:"expires_in"`
	Multiple   bool     `json:"multiple"`
	HideTotals bool     `json:"hide_totals"`
}

// schedules makes the entities of the rows.
func (a *API) schedules(r store.Reader, rows []*store.ScheduledPost) ([]scheduled, error) {
	media, err := r.ScheduledMedia(each(rows, func(s *store.ScheduledPost) int64 { return s.ID }))
	if err != nil {
		return nil, err
	}
	all := make([]scheduled, len(rows))
	for i, row := range rows {
		d, err := outbox.Drafted(row)
		if err != nil {
			return nil, err
		}
		all[i] = scheduled{ID: id(row.ID), ScheduledAt: moment(row.ScheduledAt), Params: paramsOf(d), MediaAttachments: a.attachments("", media[row.ID]), Error: optional(row.Problem)}
	}
	return all, nil
}

// paramsOf are the parameters that a draft came from.
func paramsOf(d outbox.Draft) scheduledParams {
	p := scheduledParams{
		Text: d.Text, SpoilerText: optional(d.Spoiler), Visibility: string(d.Visibility), Sensitive: d.Sensitive, Language: optional(d.Language),
		MediaIDs: each(d.MediaIDs, id), QuotedStatusID: optionalID(d.QuotedID), QuoteApprovalPolicy: optional(d.QuotePolicy), ApplicationID: d.AppID,
		LocalOnly: d.Scope == store.Here, HoldSeconds: d.HoldSeconds,
	}
	if d.InReplyToID != 0 {
		p.InReplyToID = &d.InReplyToID
	}
	if d.Poll != nil {
		p.Poll = &scheduledPoll{Options: d.Poll.Options, ExpiresIn: int64(d.Poll.For / time.Second), Multiple: d.Poll.Multiple, HideTotals: d.Poll.HideTotals}
	}
	return p
}

// schedule answers a new post that has a time of its own.
func (a *API) schedule(c *gin.Context, p *params, d outbox.Draft) error {
	at, err := scheduledAt(p)
	if err != nil {
		return err
	}
	row, err := a.Outbox.Schedule(contextOf(c), viewer(c), d, *at)
	if err != nil {
		return err
	}
	return a.showScheduled(c, row)
}

// scheduledAt is when the request wants a post to be published, nil if it does
// not say. A time without a zone is in UTC.
func scheduledAt(p *params) (*time.Time, error) {
	text := p.text("scheduled_at")
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return &at, nil
		}
	}
	return nil, fault.New(fault.Invalid, "Validation failed: Scheduled at is not a date and time, such as 2030-12-31T09:00:00Z")
}

func (a *API) showScheduled(c *gin.Context, row *store.ScheduledPost) error {
	all, err := a.schedules(a.reader(c), []*store.ScheduledPost{row})
	if err != nil {
		return err
	}
	return answer(c, all[0])
}

// ScheduledStatuses answers with the viewer's.
// https://docs.joinmastodon.org/methods/scheduled_statuses/
func (a *API) ScheduledStatuses(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	rows, err := a.reader(c).ScheduledPosts(viewer(c), page)
	if err != nil {
		return err
	}
	all, err := a.schedules(a.reader(c), rows)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].ID, rows[n-1].ID)
	}
	return answer(c, all)
}

// ScheduledStatus answers with the one in the path.
func (a *API) ScheduledStatus(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	row, err := a.reader(c).ScheduledPost(viewer(c), id)
	if err != nil {
		return err
	}
	return a.showScheduled(c, row)
}

// Reschedule changes when the post in the path will be published and, other
// than on Mastodon, what it will say. What is not named stays.
func (a *API) Reschedule(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	at, err := scheduledAt(p)
	if err != nil {
		return err
	}
	hold, err := p.whole("hold_seconds")
	if err != nil {
		return err
	}
	row, err := a.Outbox.Reschedule(contextOf(c), viewer(c), id, at, func(d *outbox.Draft) { redraft(d, p, hold) })
	if err != nil {
		return err
	}
	return a.showScheduled(c, row)
}

// redraft changes a draft as far as the parameters name what it says.
func redraft(d *outbox.Draft, p *params, hold *int) {
	override(&d.Text, p, "status")
	override(&d.Spoiler, p, "spoiler_text")
	override(&d.Language, p, "language")
	override(&d.QuotePolicy, p, "quote_approval_policy")
	d.Visibility = cmp.Or(store.Visibility(p.text("visibility")), d.Visibility)
	if sensitive := p.maybe("sensitive"); sensitive != nil {
		d.Sensitive = *sensitive
	}
	if here := p.maybe("local_only"); here != nil {
		d.Scope = store.World
		if *here {
			d.Scope = store.Here
		}
	}
	for name, to := range map[string]*int64{"in_reply_to_id": &d.InReplyToID, "quoted_status_id": &d.QuotedID} {
		if p.has(name) {
			*to = p.id(name)
		}
	}
	if p.has("media_ids") {
		d.MediaIDs = p.ids("media_ids")
	}
	if described := descriptions(p); len(described) > 0 {
		d.Describe = described
	}
	if p.has("poll[options]") {
		if d.Poll = pollDraft(p); len(d.Poll.Options) == 0 {
			d.Poll = nil
		}
	}
	if hold != nil {
		d.HoldSeconds = hold
	}
}

// Unschedule removes the one in the path.
func (a *API) Unschedule(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.Unschedule(contextOf(c), viewer(c), id); err != nil {
		return err
	}
	return done(c)
}
