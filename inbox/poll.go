package inbox

import (
	"context"
	"slices"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
	"parley/outbox"
)

// Bounds of a remote poll.
const (
	maxOptions = 500
	maxOption  = 500 // characters
)

// pollOf is the poll that a Question asks, nil where there is none.
func pollOf(p *store.Post, o *federation.Object) *store.Poll {
	options := o.OneOf
	poll := &store.Poll{PostID: p.ID, Multiple: len(options) == 0 && len(o.AnyOf) > 0}
	if poll.Multiple {
		options = o.AnyOf
	}
	if o.Type != "Question" || len(options) == 0 {
		return nil
	}
	for _, option := range options[:min(len(options), maxOptions)] {
		poll.Options = append(poll.Options, store.PollOption{Title: text.Excerpt(text.Plain(option.Name), maxOption), Votes: int64(max(option.Votes, 0))})
	}
	poll.VotersCount = int64(max(o.VotersCount, 0))
	if poll.VotersCount == 0 && !poll.Multiple { // who do not count voters count votes
		poll.VotersCount = poll.Votes()
	}
	poll.ExpiresAt = store.TimeOf(o.EndTime)
	if !o.Closed.IsZero() {
		poll.ExpiresAt = min(store.TimeOf(o.Closed), store.Now())
	}
	return poll
}

// asks stores the poll of a remote post that is new.
func (i *Inbox) asks(ctx context.Context, tx *store.Tx, p *store.Post, o *federation.Object) error {
	poll := pollOf(p, o)
	if poll == nil {
		return nil
	}
	if err := tx.CreatePoll(poll); err != nil {
		return err
	}
	return i.awaitEnd(ctx, tx, poll)
}

func (i *Inbox) awaitEnd(ctx context.Context, tx *store.Tx, poll *store.Poll) error {
	if poll.ExpiresAt <= store.Now() {
		return nil
	}
	return i.Queue.InsertAt(ctx, tx, outbox.PollJob{PostID: poll.PostID}, poll.ExpiresAt.Time())
}

// recount takes over what a newer document says of a remote poll: its counts,
// and where its author asks something else, its options.
func (i *Inbox) recount(ctx context.Context, tx *store.Tx, p *store.Post, o *federation.Object) error {
	said := pollOf(p, o)
	if said == nil {
		return nil
	}
	poll, err := tx.LockedPoll(p.ID)
	if fault.Is(err, fault.NotFound) {
		return i.asks(ctx, tx, p, o)
	}
	if err != nil {
		return err
	}
	same := slices.EqualFunc(poll.Options, said.Options, func(a, b store.PollOption) bool { return a.Title == b.Title })
	if ended := poll.ClosedAt; same && poll.Multiple == said.Multiple {
		later := said.ExpiresAt != poll.ExpiresAt
		poll.Options, poll.VotersCount, poll.ExpiresAt, poll.ClosedAt = said.Options, said.VotersCount, said.ExpiresAt, ended
		if err := tx.UpdatePoll(poll); err != nil {
			return err
		}
		if later {
			if err := i.awaitEnd(ctx, tx, poll); err != nil {
				return err
			}
		}
		return i.Notify.Counted(tx, p)
	}
	if err := tx.AskAnew(said); err != nil {
		return err
	}
	return i.awaitEnd(ctx, tx, said)
}

// isVote reports whether an object is a choice in a poll of ours: a Note with
// a name and no content, as Mastodon sends it.
func (i *Inbox) isVote(o *federation.Object) bool {
	return o.Type == "Note" && o.Name != "" && o.Content == "" && len(o.Attachment) == 0 && i.Actors.IsOurs(o.InReplyTo)
}

// vote counts a choice of the sender, who may see the poll and has not chosen
// yet. What does not count is forgotten.
func (i *Inbox) vote(ctx context.Context, tx *store.Tx, sender *store.Actor, o *federation.Object) error {
	if err := authored(sender, o); err != nil {
		return err
	}
	p, err := tx.PostByURI(o.InReplyTo)
	if err != nil {
		return ignoreMissing(err)
	}
	if p, err = tx.VisiblePost(sender.ID, p.ID); err != nil {
		return ignoreMissing(err)
	}
	poll, err := tx.LockedPoll(p.ID)
	if err != nil {
		return ignoreMissing(err)
	}
	choice := slices.IndexFunc(poll.Options, func(option store.PollOption) bool { return option.Title == o.Name })
	if choice < 0 || !p.Local || p.ActorID == sender.ID || poll.Over(store.Now()) {
		return nil
	}
	counted, err := tx.Vote(poll, sender.ID, []int{choice})
	if err != nil || !counted {
		return err
	}
	if err := i.Notify.Counted(tx, p); err != nil {
		return err
	}
	return i.Outbox.Count(ctx, tx, poll)
}
