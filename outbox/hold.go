package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/internal/fault"
	"parley/internal/queue"
	"parley/internal/store"
)

// MaxHold is how long a post can be held back. What has to wait for longer is
// scheduled.
const MaxHold = 24 * time.Hour

// ReleaseJob sends a post whose time to be thought over has passed.
type ReleaseJob struct {
	PostID int64 `json:"post_id"`
}

// Kind names the job.
func (ReleaseJob) Kind() string { return "release" }

// HeldFor is how long a person's posts for an audience are held back.
func (o *Outbox) HeldFor(user *store.User, v store.Visibility) time.Duration {
	if user.HoldSeconds >= 0 {
		return time.Duration(user.HoldSeconds) * time.Second
	}
	return o.Hold[v]
}

// heldUntil is when a new post is sent, 0 for at once. An answer to what is
// held itself does not overtake it.
func (o *Outbox) heldUntil(user *store.User, v store.Visibility, d Draft, parent *store.Post) store.Time {
	var until store.Time
	hold := o.HeldFor(user, v)
	if d.HoldSeconds != nil {
		hold = time.Duration(*d.HoldSeconds) * time.Second
	}
	if hold > 0 {
		until = store.Now().Add(hold)
	}
	if parent != nil {
		until = max(until, parent.HeldUntil)
	}
	return until
}

func checkHold(seconds *int) error {
	if seconds != nil && (*seconds < 0 || *seconds > int(MaxHold/time.Second)) {
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: a post can be held back for 0 to %d seconds; schedule it to send it later", MaxHold/time.Second))
	}
	return nil
}

// againAfter is how soon an answer looks whether what it answers is sent.
const againAfter = time.Second

// Release carries out the job.
func (o *Outbox) Release(ctx context.Context, job ReleaseJob) error {
	early := false
	err := o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockPost(job.PostID); err != nil {
			return err
		}
		p, err := tx.Post(job.PostID)
		if err != nil || p.HeldUntil == 0 || p.DeletedAt != 0 {
			return gone(err) // taken back, or sent
		}
		author, err := tx.Actor(p.ActorID)
		if err != nil || author.Lifecycle != store.Active {
			return err // it stays held; see Stand
		}
		if early, err = overtakes(tx.Reader, p); err != nil || early {
			return err
		}
		return o.release(ctx, tx, author, p)
	})
	if err == nil && early {
		return queue.Later(againAfter)
	}
	return err
}

// SendNow ends the hold of a post of the author.
func (o *Outbox) SendNow(ctx context.Context, author, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockPost(id); err != nil {
			return err
		}
		p, err := o.own(tx.Reader, author, id)
		if err != nil || p.HeldUntil == 0 {
			return err
		}
		me, err := tx.Actor(author)
		if err != nil {
			return err
		}
		if err := mayAct(me); err != nil {
			return err
		}
		early, err := overtakes(tx.Reader, p)
		if err == nil && early {
			err = fault.New(fault.Invalid, "This answers a post that is not sent yet: send that one first")
		}
		if err != nil {
			return err
		}
		return o.release(ctx, tx, me, p)
	})
}

// overtakes reports whether a post answers one that is held itself.
func overtakes(r store.Reader, p *store.Post) (bool, error) {
	if p.InReplyToID == 0 {
		return false, nil
	}
	parent, err := r.Post(p.InReplyToID)
	return err == nil && parent.HeldUntil != 0 && parent.DeletedAt == 0, gone(err)
}

// release sends a post that is held and locked.
func (o *Outbox) release(ctx context.Context, tx *store.Tx, author *store.Actor, held *store.Post) error {
	if _, err := tx.ReleasePost(held.ID); err != nil {
		return err
	}
	p, err := tx.Post(held.ID)
	if err != nil {
		return err
	}
	if err := o.opens(ctx, tx, held); err != nil {
		return err
	}
	mentioned, err := mentionedIn(tx.Reader, p.ID)
	if err != nil {
		return err
	}
	if err := o.send(ctx, tx, author, p, mentioned); err != nil {
		return err
	}
	pinned, err := tx.Pinned(author.ID)
	if err != nil || !slices.ContainsFunc(pinned, func(other *store.Post) bool { return other.ID == p.ID }) {
		return err
	}
	return o.feature(ctx, tx, "Add", p)
}

// opens has the poll of a post that is sent now be open for as long as its
// author said.
func (o *Outbox) opens(ctx context.Context, tx *store.Tx, held *store.Post) error {
	if held.Kind != "Question" {
		return nil
	}
	poll, err := tx.LockedPoll(held.ID)
	if err != nil {
		return err
	}
	poll.ExpiresAt = store.Now() + poll.ExpiresAt - held.HeldUntil
	if err := tx.UpdatePoll(poll); err != nil {
		return err
	}
	return o.Queue.InsertAt(ctx, tx, PollJob{PostID: held.ID}, poll.ExpiresAt.Time())
}
