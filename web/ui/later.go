package ui

import (
	"cmp"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
	"parley/outbox"
)

// when is the time that the composer says, nil for now. The script says it to
// the zone; without the script it is in UTC, as the label says.
func when(c *gin.Context) (*time.Time, error) {
	if c.PostForm("draft") == "true" {
		return &outbox.DraftTime, nil
	}
	said := cmp.Or(c.PostForm("moment"), c.PostForm("at"))
	if said == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, said); err == nil {
			return &at, nil
		}
	}
	return nil, fault.New(fault.Invalid, "This is not a date and a time.")
}

// chosenTime is what the composer said, to be shown again.
func chosenTime(c *gin.Context) *Later {
	l := &Later{Draft: c.PostForm("draft") == "true"}
	if at, err := when(c); err == nil && at != nil && !l.Draft {
		l.At = *at
	}
	return l
}

// schedule keeps what was written until its time.
func (u *UI) schedule(c *gin.Context, d outbox.Draft, at time.Time) error {
	s, err := u.Outbox.Schedule(c.Request.Context(), viewer(c), d, at)
	if fault.Of(err) == fault.Invalid {
		return u.again(c, d, err)
	}
	if err != nil {
		return err
	}
	return seeScheduled(c, s)
}

func seeScheduled(c *gin.Context, s *store.ScheduledPost) error {
	if outbox.IsDraft(s) {
		return see(c, "/scheduled?done=draft")
	}
	return see(c, "/scheduled?done=scheduled")
}

// Scheduled is what the reader has that waits for its time, and drafts.
func (u *UI) Scheduled(c *gin.Context) error {
	rows, err := u.reader(c).ScheduledPosts(viewer(c), pageOf(c))
	if err != nil {
		return err
	}
	body := Scheduled{}
	for _, row := range rows {
		v, err := scheduledView(row)
		if err != nil {
			return err
		}
		body.Posts, body.Older = append(body.Posts, v), older(c, len(rows) == perPage, row.ID)
	}
	return u.show(c, "scheduled", "Scheduled and drafts", "scheduled", body)
}

// maxExcerpt is how much of a post stands in a list.
const maxExcerpt = 280

func scheduledView(row *store.ScheduledPost) (ViewScheduled, error) {
	d, err := outbox.Drafted(row)
	return ViewScheduled{
		ID: id(row.ID), Excerpt: text.Excerpt(cmp.Or(d.Spoiler, d.Text), maxExcerpt), Audience: audience(&store.Post{Visibility: d.Visibility, Scope: d.Scope}),
		At: row.ScheduledAt.Time(), Draft: outbox.IsDraft(row), Problem: row.Problem, Pictures: int64(len(d.MediaIDs)), Poll: d.Poll != nil, ReplyTo: d.InReplyToID != 0,
	}, err
}

// waitingPost is the reader's in the path, with what it says.
func (u *UI) waitingPost(c *gin.Context) (*store.ScheduledPost, outbox.Draft, error) {
	row, err := u.reader(c).ScheduledPost(viewer(c), number(c.Param("id")))
	if err != nil {
		return nil, outbox.Draft{}, err
	}
	d, err := outbox.Drafted(row)
	return row, d, err
}

// ScheduledPage is the form with a post that waits.
func (u *UI) ScheduledPage(c *gin.Context) error {
	row, d, err := u.waitingPost(c)
	if err != nil {
		return err
	}
	l := &Later{Draft: outbox.IsDraft(row)}
	if !l.Draft {
		l.At = row.ScheduledAt.Time()
	}
	return u.rewrite(c, http.StatusOK, row, d, l, row.Problem)
}

// rewrite shows the form with what a post that waits says.
func (u *UI) rewrite(c *gin.Context, status int, row *store.ScheduledPost, d outbox.Draft, l *Later, problem string) error {
	user, err := u.reader(c).User(viewer(c))
	if err != nil {
		return err
	}
	media, err := u.reader(c).ScheduledMedia([]int64{row.ID})
	if err != nil {
		return err
	}
	value := string(d.Visibility)
	if d.Scope == store.Here {
		value = "here"
	}
	f := &Composer{
		Action: "/scheduled/" + id(row.ID), Edit: true, Text: d.Text, Spoiler: d.Spoiler, Error: problem, Max: u.Outbox.MaxCharacters, Later: l,
		Attached: u.media("", media[row.ID]), Visibilities: u.pickAudience(user, value), Languages: pick(languages, d.Language),
	}
	return u.showStatus(c, status, "compose", "Change", "scheduled", Compose{Heading: "Change before it is sent", Composer: f})
}

// Reschedule changes a post that waits: what it says, for whom, and when it
// goes out. One that answered what is gone becomes a post of its own.
func (u *UI) Reschedule(c *gin.Context) error {
	if err := form(c); err != nil {
		return err
	}
	row, was, err := u.waitingPost(c)
	if err != nil {
		return err
	}
	r, me := u.reader(c), viewer(c)
	if _, err := r.VisiblePost(me, was.InReplyToID); fault.Is(err, fault.NotFound) {
		was.InReplyToID = 0
	}
	said, now := u.draft(c), was
	now.Text, now.Spoiler, now.Language, now.Visibility, now.Scope, now.Describe = said.Text, said.Spoiler, said.Language, said.Visibility, said.Scope, map[int64]string{}
	for _, m := range was.MediaIDs {
		now.Describe[m] = c.PostForm("alt-" + id(m))
	}
	at, err := when(c)
	if err == nil && at == nil {
		err = fault.New(fault.Invalid, "Say when it shall be sent, or keep it as a draft.")
	}
	if err == nil {
		if at.Equal(row.ScheduledAt.Time().Truncate(time.Minute)) && row.Problem == "" {
			at = nil // as it was
		}
		row, err = u.Outbox.Reschedule(c.Request.Context(), me, row.ID, at, func(d *outbox.Draft) { *d = now })
	}
	if fault.Of(err) == fault.Invalid {
		row, _, lookup := u.waitingPost(c)
		if lookup != nil {
			return lookup
		}
		return u.rewrite(c, http.StatusUnprocessableEntity, row, now, chosenTime(c), fault.Message(err))
	}
	if err != nil {
		return err
	}
	return seeScheduled(c, row)
}

// PublishNow publishes what was to wait.
func (u *UI) PublishNow(c *gin.Context) error {
	p, err := u.Outbox.PublishNow(c.Request.Context(), viewer(c), number(c.Param("id")))
	if err != nil {
		return err
	}
	if p.HeldUntil != 0 {
		return see(c, "/?done=held")
	}
	return see(c, "/?done=posted")
}

// UnschedulePage asks whether a post that waits shall go.
func (u *UI) UnschedulePage(c *gin.Context) error {
	row, _, err := u.waitingPost(c)
	if err != nil {
		return err
	}
	v, err := scheduledView(row)
	if err != nil {
		return err
	}
	return u.show(c, "confirm", "Delete", "scheduled", Confirm{
		Heading: "Delete what you have not sent?", Text: "“" + v.Excerpt + "” Nobody else has seen it, and nobody will. It cannot be brought back.",
		Action: "/scheduled/" + v.ID + "/delete", Button: "Delete", Back: "/scheduled",
	})
}

// Unschedule deletes it.
func (u *UI) Unschedule(c *gin.Context) error {
	if err := u.Outbox.Unschedule(c.Request.Context(), viewer(c), number(c.Param("id"))); err != nil {
		return err
	}
	return see(c, "/scheduled?done=deleted")
}
