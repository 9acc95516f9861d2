package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// Bounds of what is scheduled, as Mastodon has them. What is further away than
// a year is a draft: clients put many of them on one day.
const (
	MinAhead     = 5 * time.Minute
	maxScheduled = 300
	maxOnDay     = 25
	draftsFrom   = 366 * 24 * time.Hour
	lastYear     = 9999
)

// DraftTime is for when a draft is scheduled that has no time.
var DraftTime = time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)

// IsDraft reports whether a scheduled post is only kept.
func IsDraft(s *store.ScheduledPost) bool { return s.ScheduledAt >= store.Now().Add(draftsFrom) }

// PublishJob publishes a scheduled post when its time has come.
type PublishJob struct {
	ScheduledID int64 `json:"scheduled_id"`
}

// Kind names the job.
func (PublishJob) Kind() string { return "publish" }

// Drafted is what a scheduled post will be.
func Drafted(s *store.ScheduledPost) (d Draft, err error) {
	return d, json.Unmarshal([]byte(s.Draft), &d)
}

// Schedule keeps a draft until its time, or where its Idempotency-Key was used
// within the hour gives what that made.
func (o *Outbox) Schedule(ctx context.Context, author int64, d Draft, at time.Time) (*store.ScheduledPost, error) {
	if s, err := o.scheduledBefore(ctx, author, d.IdempotencyKey); s != nil || err != nil {
		return s, err
	}
	s := &store.ScheduledPost{ID: store.NewID(), ActorID: author, ScheduledAt: store.TimeOf(at), CreatedAt: store.Now()}
	media, err := o.plan(ctx, s, d)
	if err != nil {
		return nil, err
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := claim(tx, author, d.IdempotencyKey, s.ID); err != nil {
			return err
		}
		if err := timely(tx, s); err != nil {
			return err
		}
		if err := tx.CreateScheduled(s, media); err != nil {
			return err
		}
		return o.Queue.InsertAt(ctx, tx, PublishJob{ScheduledID: s.ID}, s.ScheduledAt.Time())
	})
	if errors.Is(err, errRepeated) {
		return o.scheduledBefore(ctx, author, d.IdempotencyKey)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (o *Outbox) scheduledBefore(ctx context.Context, author int64, key string) (*store.ScheduledPost, error) {
	if key == "" {
		return nil, nil
	}
	id, err := o.DB.With(ctx).PostOfKey(author, key)
	if err != nil || id == 0 {
		return nil, err
	}
	return o.DB.With(ctx).ScheduledPost(author, id)
}

// plan checks a draft as if it were posted now, writes it into the row and
// gives its files. What the author prefers by default is decided now.
func (o *Outbox) plan(ctx context.Context, s *store.ScheduledPost, d Draft) ([]*store.Media, error) {
	account, err := o.DB.With(ctx).Account(s.ActorID)
	if err != nil {
		return nil, err
	}
	if err := mayAct(&account.Actor); err != nil {
		return nil, err
	}
	d.scheduled, d.Visibility = s.ID, cmp.Or(d.Visibility, account.User.DefaultVisibility, store.Public)
	c, err := o.compose(ctx, s.ActorID, &d)
	if err != nil {
		return nil, err
	}
	if c.parent != nil && c.parent.HeldUntil != 0 {
		return nil, fault.New(fault.Invalid, "Validation failed: what this answers is not sent yet")
	}
	draft, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	s.Draft = string(draft)
	return c.media, nil
}

// timely checks when a post is scheduled for, among the others of its author.
func timely(tx *store.Tx, s *store.ScheduledPost) error {
	if err := tx.Alone("schedule " + strconv.FormatInt(s.ActorID, 10)); err != nil {
		return err
	}
	all, onDay, err := tx.CountScheduled(s.ActorID, s.ID, s.ScheduledAt)
	switch {
	case err != nil:
		return err
	case s.ScheduledAt.Time().Year() > lastYear:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Scheduled at is after the year %d", lastYear))
	case s.ScheduledAt < store.Now().Add(MinAhead):
		return fault.New(fault.Invalid, "Validation failed: Scheduled at must be at least 5 minutes in the future")
	case all >= maxScheduled:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: You have exceeded the limit of %d scheduled posts", maxScheduled))
	case onDay >= maxOnDay && !IsDraft(s):
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: You have exceeded the limit of %d scheduled posts for that day", maxOnDay))
	}
	return nil
}

// Reschedule changes a scheduled post of the author: its time, where one is
// given, and what change makes of the draft.
func (o *Outbox) Reschedule(ctx context.Context, author, id int64, at *time.Time, change func(*Draft)) (*store.ScheduledPost, error) {
	s, err := o.DB.With(ctx).ScheduledPost(author, id)
	if err != nil {
		return nil, err
	}
	d, err := Drafted(s)
	if err != nil {
		return nil, err
	}
	change(&d)
	media, err := o.plan(ctx, s, d)
	if err != nil {
		return nil, err
	}
	if at != nil {
		s.ScheduledAt, s.Problem = store.TimeOf(*at), ""
	}
	return s, o.DB.Write(ctx, func(tx *store.Tx) error {
		if at != nil {
			if err := timely(tx, s); err != nil {
				return err
			}
			if err := o.Queue.InsertAt(ctx, tx, PublishJob{ScheduledID: s.ID}, s.ScheduledAt.Time()); err != nil {
				return err
			}
		}
		return tx.UpdateScheduled(s, media)
	})
}

// Unschedule removes a scheduled post of the author.
func (o *Outbox) Unschedule(ctx context.Context, author, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		s, err := tx.ScheduledPost(author, id)
		if err != nil {
			return err
		}
		return takeScheduled(tx, s)
	})
}

// takeScheduled removes a scheduled post that nobody has taken or changed.
func takeScheduled(tx *store.Tx, s *store.ScheduledPost) error {
	taken, err := tx.TakeScheduled(s)
	if err == nil && !taken {
		err = fault.New(fault.NotFound, "Record not found")
	}
	return err
}

// Publish carries out a PublishJob. The post takes the place of its schedule in
// one transaction, so that it is published once. What cannot be published stays
// listed, with the reason, until its author has decided.
func (o *Outbox) Publish(ctx context.Context, job PublishJob) error {
	s, err := o.DB.With(ctx).DueScheduledPost(job.ScheduledID, store.Now())
	if err != nil {
		return gone(err) // taken back, published, or for another time now
	}
	d, err := Drafted(s)
	if err != nil {
		return err
	}
	if d.HoldSeconds == nil {
		d.HoldSeconds = new(int) // it has been thought over
	}
	_, err = o.inPlace(ctx, s, d)
	why := whyNot(err)
	if why == "" {
		return err
	}
	o.Log.InfoContext(ctx, "a scheduled post is not published", "scheduled", s.ID, "actor", s.ActorID, "error", err)
	return o.DB.Write(ctx, func(tx *store.Tx) error { return tx.FailScheduled(s, why) })
}

// PublishNow publishes a scheduled post of the author, who does not wait for
// its time. It is held back like any other.
func (o *Outbox) PublishNow(ctx context.Context, author, id int64) (*store.Post, error) {
	s, err := o.DB.With(ctx).ScheduledPost(author, id)
	if err != nil {
		return nil, err
	}
	d, err := Drafted(s)
	if err != nil {
		return nil, err
	}
	return o.inPlace(ctx, s, d)
}

// inPlace publishes a post in place of its schedule.
func (o *Outbox) inPlace(ctx context.Context, s *store.ScheduledPost, d Draft) (*store.Post, error) {
	d.scheduled = s.ID
	return o.publishDraft(ctx, s.ActorID, d, func(tx *store.Tx, _ *store.Post) error { return takeScheduled(tx, s) })
}

// whyNot says what keeps a post from being published for good, empty for
// nothing or for what may pass.
func whyNot(err error) string {
	switch fault.Of(err) {
	case fault.NotFound:
		return "What it answers or quotes is gone, or not for you any more"
	case fault.Invalid, fault.Forbidden:
		return fault.Message(err)
	}
	return ""
}
