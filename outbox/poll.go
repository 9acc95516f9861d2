package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of a poll, as clients are told.
const (
	MaxOptions = 8
	MaxOption  = 100 // characters
	MinPoll    = 5 * time.Minute
	MaxPoll    = 31 * 24 * time.Hour
)

// PollDraft is a poll before it is asked.
type PollDraft struct {
	Options    []string      `json:"options"`
	Multiple   bool          `json:"multiple,omitempty"`
	HideTotals bool          `json:"hide_totals,omitempty"`
	For        time.Duration `json:"for"` // how long it is open
}

func (d *PollDraft) check() error {
	seen := map[string]bool{}
	for i, option := range d.Options {
		d.Options[i] = strings.TrimSpace(text.Clean(option))
		switch option := d.Options[i]; {
		case option == "":
			return fault.New(fault.Invalid, "Validation failed: an option of the poll is empty")
		case utf8.RuneCountInString(option) > MaxOption:
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: options of a poll have at most %d characters", MaxOption))
		case seen[option]:
			return fault.New(fault.Invalid, "Validation failed: two options of the poll are the same")
		}
		seen[d.Options[i]] = true
	}
	switch {
	case len(d.Options) < 2 || len(d.Options) > MaxOptions:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: a poll has 2 to %d options", MaxOptions))
	case d.For < MinPoll || d.For > MaxPoll:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: a poll is open for %s to %d days", MinPoll, MaxPoll/24/time.Hour))
	}
	return nil
}

// row is the poll as it will be stored. A post that is thought over first is
// open for as long after that.
func (d *PollDraft) row(p *store.Post) *store.Poll {
	poll := &store.Poll{PostID: p.ID, Multiple: d.Multiple, HideTotals: d.HideTotals, ExpiresAt: max(store.Now(), p.HeldUntil).Add(d.For)}
	for _, option := range d.Options {
		poll.Options = append(poll.Options, store.PollOption{Title: option})
	}
	return poll
}

// PollJob ends a poll when its time has come.
type PollJob struct {
	PostID int64 `json:"post_id"`
}

// Kind names the job.
func (PollJob) Kind() string { return "poll" }

// CountJob tells other nodes how a poll of ours stands.
type CountJob struct {
	PostID int64 `json:"post_id"`
}

// Kind names the job.
func (CountJob) Kind() string { return "count" }

// countPause is how long votes wait for others before the counts are sent.
const countPause = 3 * time.Minute

// ask stores the poll of a new post and sees to its end.
func (o *Outbox) ask(ctx context.Context, tx *store.Tx, p *store.Post, d *PollDraft) error {
	if d == nil {
		return nil
	}
	poll := d.row(p)
	if err := tx.CreatePoll(poll); err != nil {
		return err
	}
	return o.Queue.InsertAt(ctx, tx, PollJob{PostID: p.ID}, poll.ExpiresAt.Time())
}

// asksAnew changes the poll of a post that is edited. Where the options change
// all may vote again, and where no poll is named there is none any more.
func (o *Outbox) asksAnew(ctx context.Context, tx *store.Tx, p *store.Post, d *PollDraft) error {
	poll, err := tx.LockedPoll(p.ID)
	switch {
	case fault.Is(err, fault.NotFound):
		return o.ask(ctx, tx, p, d)
	case err != nil:
		return err
	case d == nil:
		return tx.DropPoll(p.ID)
	}
	anew := d.row(p)
	poll.HideTotals = anew.HideTotals
	same := slices.EqualFunc(poll.Options, anew.Options, func(a, b store.PollOption) bool { return a.Title == b.Title })
	if same && poll.Multiple == anew.Multiple {
		return tx.UpdatePoll(poll)
	}
	anew.ToldAt = poll.ToldAt
	if err := tx.AskAnew(anew); err != nil {
		return err
	}
	return o.Queue.InsertAt(ctx, tx, PollJob{PostID: p.ID}, anew.ExpiresAt.Time())
}

// kindOf is the ActivityStreams type of a post.
func kindOf(poll *PollDraft) string {
	if poll != nil {
		return "Question"
	}
	return "Note"
}

// Vote has the actor choose in the poll of a post, once.
func (o *Outbox) Vote(ctx context.Context, actor, id int64, choices []int) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := visible(tx.Reader, actor, id)
		if err != nil {
			return err
		}
		poll, err := tx.LockedPoll(p.ID)
		if err != nil {
			return err
		}
		if err := mayVote(p, poll, actor, choices); err != nil {
			return err
		}
		before, err := tx.Choices(actor, []int64{p.ID})
		if err != nil {
			return err
		}
		if len(before) > 0 {
			return fault.New(fault.Invalid, "Validation failed: You have already voted on this poll")
		}
		if _, err := tx.Vote(poll, actor, choices); err != nil {
			return err
		}
		if err := o.Notify.Counted(tx, p); err != nil {
			return err
		}
		if p.Local {
			return o.Count(ctx, tx, poll)
		}
		return o.castVotes(ctx, tx, actor, p, poll, choices)
	})
}

func mayVote(p *store.Post, poll *store.Poll, actor int64, choices []int) error {
	switch {
	case poll.Over(store.Now()):
		return fault.New(fault.Invalid, "Validation failed: The poll has already ended")
	case p.ActorID == actor:
		return fault.New(fault.Invalid, "Validation failed: You cannot vote in your own polls")
	case len(choices) == 0, len(choices) > 1 && !poll.Multiple:
		return fault.New(fault.Invalid, "Validation failed: Choose one option of the poll")
	}
	for i, choice := range choices {
		if choice < 0 || choice >= len(poll.Options) || slices.Contains(choices[:i], choice) {
			return fault.New(fault.Invalid, "Validation failed: The chosen vote option does not exist")
		}
	}
	return nil
}

// castVotes tells the author of a remote poll, a Note without content for each
// choice, as Mastodon does.
func (o *Outbox) castVotes(ctx context.Context, tx *store.Tx, actor int64, p *store.Post, poll *store.Poll, choices []int) error {
	me, author, err := pair(tx.Reader, actor, p.ActorID)
	if err != nil {
		return err
	}
	for _, choice := range choices {
		vote := federation.Vote{ID: o.newURI("vote"), Type: "Note", AttributedTo: me.URI, To: []string{author.URI}, InReplyTo: p.URI,
			Name: poll.Options[choice].Title, Published: federation.Stamp(time.Now())}
		a := federation.Activity{ID: vote.ID + "/activity", Type: "Create", Actor: me.URI, To: vote.To, Object: vote}
		if err := o.publish(ctx, tx, me, vote.ID, a, []string{author.InboxURI}); err != nil {
			return err
		}
	}
	return nil
}

// Count sees to it that other nodes hear how a poll of ours stands, but not of
// each vote.
func (o *Outbox) Count(ctx context.Context, tx *store.Tx, poll *store.Poll) error {
	now := store.Now()
	if poll.ToldAt > now {
		return nil
	}
	poll.ToldAt = now.Add(countPause)
	if err := tx.UpdatePoll(poll); err != nil {
		return err
	}
	return o.Queue.InsertAt(ctx, tx, CountJob{PostID: poll.PostID}, poll.ToldAt.Time())
}

// Counted carries out a CountJob.
func (o *Outbox) Counted(ctx context.Context, job CountJob) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.Post(job.PostID)
		if err != nil || p.DeletedAt != 0 {
			return gone(err)
		}
		return o.tally(ctx, tx, p)
	})
}

// tally sends the counts of a poll of ours to its readers, and to those who
// voted.
func (o *Outbox) tally(ctx context.Context, tx *store.Tx, p *store.Post) error {
	author, mentioned, _, err := o.reach(tx.Reader, p)
	if err != nil {
		return err
	}
	voters, err := tx.Voters(p.ID)
	if err != nil {
		return err
	}
	for _, voter := range voters {
		mentioned = append(mentioned, voter)
	}
	inboxes, err := o.inboxes(tx.Reader, p, mentioned)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	note, err := o.Note(tx.Reader, p)
	if err != nil {
		return err
	}
	return o.publish(ctx, tx, author, p.URI, federation.Activity{ID: o.newURI("tally"), Type: "Update", Actor: author.URI, To: note.To, Cc: note.Cc, Object: note}, inboxes)
}

// EndPoll carries out a PollJob: those who voted here, and the author, are told,
// and of a poll of ours everybody who has it.
func (o *Outbox) EndPoll(ctx context.Context, job PollJob) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.Post(job.PostID)
		if err != nil || p.DeletedAt != 0 || p.HeldUntil != 0 {
			return gone(err) // what is held has another end: see opens
		}
		poll, err := tx.LockedPoll(p.ID)
		if err != nil || poll.ClosedAt != 0 || poll.ExpiresAt > store.Now() {
			return gone(err) // it was asked anew, and has another end
		}
		poll.ClosedAt = store.Now()
		if err := tx.UpdatePoll(poll); err != nil {
			return err
		}
		if err := o.tellVoters(tx, p); err != nil {
			return err
		}
		if err := o.Notify.Counted(tx, p); err != nil || !p.Local {
			return err
		}
		return o.tally(ctx, tx, p)
	})
}

// tellVoters tells those here who voted, and the author, that a poll has ended.
func (o *Outbox) tellVoters(tx *store.Tx, p *store.Post) error {
	voters, err := tx.Voters(p.ID)
	if err != nil {
		return err
	}
	readers := []int64{}
	if p.Local {
		readers = append(readers, p.ActorID)
	}
	for _, voter := range voters {
		if voter.Local() {
			readers = append(readers, voter.ID)
		}
	}
	for _, reader := range readers {
		if err := o.Notify.Tell(tx, reader, "poll", p.ActorID, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// gone is for what a job was about and is no more.
func gone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
