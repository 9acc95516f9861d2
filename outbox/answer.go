package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"parley/internal/audit"
	"parley/internal/store"
	"parley/internal/text"
)

// AnswerJob answers a direct post in the name of one of ours who has left. The note
// has its id before it is written: a job that a restored backup brings back sends the
// same again.
type AnswerJob struct {
	PostID    int64 `json:"post_id"`
	AccountID int64 `json:"account_id"`
	NoteID    int64 `json:"note_id"`
}

// Kind names the job.
func (AnswerJob) Kind() string { return "answer" }

// answerAgain is when a sender is told again. Until then it is remembered whom
// the account told; see store.Prune.
const answerAgain = keepSettled

// AnswerFor has a new direct post answered for those of ours among its readers who
// have left and have a successor. Where nobody wrote it, nothing answers: two
// closed accounts would not stop.
func (o *Outbox) AnswerFor(ctx context.Context, tx *store.Tx, p *store.Post, here []int64) error {
	if p.Visibility != store.Direct || p.Automatic || len(here) == 0 {
		return nil
	}
	readers, err := tx.Actors(here)
	if err != nil {
		return err
	}
	for id, reader := range readers {
		if !reader.Succeeded() {
			continue
		}
		if err := o.Queue.Insert(ctx, tx, AnswerJob{PostID: p.ID, AccountID: id, NoteID: store.NewID()}); err != nil {
			return err
		}
	}
	return nil
}

// Answer carries out the job: once for each sender in thirty days.
func (o *Outbox) Answer(ctx context.Context, job AnswerJob) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.Post(job.PostID)
		if err != nil || p.DeletedAt != 0 {
			return gone(err)
		}
		account, err := tx.Account(job.AccountID)
		if err != nil || !account.Actor.Succeeded() {
			return err
		}
		people, err := tx.Actors([]int64{p.ActorID, account.Actor.SuccessorID})
		if err != nil {
			return err
		}
		sender, successor := people[p.ActorID], people[account.Actor.SuccessorID]
		if wanted, err := hasToKnow(tx.Reader, &account.Actor, sender, successor); err != nil || !wanted {
			return err
		}
		first, err := tx.NoteSuccessor(account.Actor.ID, sender.ID, store.Now().Add(-answerAgain))
		if err != nil || !first {
			return err
		}
		return o.refer(ctx, tx, cmp.Or(job.NoteID, store.NewID()), account, p, sender, successor)
	})
}

// hasToKnow reports whether a sender is told who answers in place of the account:
// people are, whom it has not blocked, of an address where somebody is there.
func hasToKnow(r store.Reader, account, sender, successor *store.Actor) (bool, error) {
	people := []string{"Person", store.SharedKind}
	switch {
	case sender == nil, successor == nil, sender.ID == successor.ID, !sender.Reachable(), !successor.Reachable():
		return false, nil
	case sender.Bot, !slices.Contains(people, sender.Kind):
		return false, nil
	}
	blocked, err := r.Blocked(account.ID, sender.ID)
	return !blocked, err
}

// refer stores the note and sends it. The successor's handle is a link and no
// mention: the post was not for them.
func (o *Outbox) refer(ctx context.Context, tx *store.Tx, id int64, account *store.Account, to *store.Post, sender, successor *store.Actor) error {
	handle := successor.Username + "@" + cmp.Or(successor.Domain, o.Actors.Domain)
	c := &composed{mentioned: []*store.Actor{sender}, parent: to}
	c.source = fmt.Sprintf("@%s This is an automatic note: this account is closed. @%s answers in its place.", sender.Acct(), handle)
	links := map[string]text.Mention{
		strings.ToLower(sender.Acct()): {URL: cmp.Or(sender.URL, sender.URI), Username: sender.Username, Acct: sender.Acct()},
		strings.ToLower(handle):        {URL: cmp.Or(successor.URL, successor.URI), Username: handle, Acct: handle},
	}
	c.content = text.Render(c.source, links, o.tagURL)

	d := Draft{Visibility: store.Direct, Scope: to.Scope, Language: "en", HoldSeconds: new(int)}
	p := o.row(id, account, d, c)
	p.Automatic = true
	if err := o.store(ctx, tx, &account.Actor, p, c, d); err != nil {
		return err
	}
	return audit.Write(tx, audit.Act{Action: "account.answered", Subject: account.Actor.Username,
		Detail: map[string]any{"to": sender.Acct(), "successor": successor.Acct(), "post": p.URI}})
}
