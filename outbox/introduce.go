package outbox

import (
	"context"
	"fmt"
	"time"

	"parley/actors"
	"parley/internal/fault"
	"parley/internal/queue"
	"parley/internal/store"
)

// How long a newcomer's list waits for who has to approve followers, and how often
// it looks.
const (
	introduceFor   = 7 * 24 * time.Hour
	introduceEvery = 15 * time.Minute
)

// Introduce carries out a IntroduceJob. The account is followed once: whoever unfollows it
// is not made to follow it again.
func (o *Outbox) Introduce(ctx context.Context, job actors.IntroduceJob) error {
	if job.TargetID == 0 {
		return o.acquaint(ctx, job)
	}
	waits := false
	err := o.DB.Write(ctx, func(tx *store.Tx) error {
		f, err := tx.Follow(job.ActorID, job.TargetID)
		if err != nil {
			return gone(err) // unfollowed, or refused
		}
		if waits = !f.Accepted; waits {
			return nil
		}
		l, err := listNamed(tx, job.ActorID, job.List)
		if err == nil {
			_, err = tx.AddMember(l, job.TargetID)
		}
		return err
	})
	if err == nil && waits && store.Now() < job.Until {
		return queue.Later(introduceEvery)
	}
	return err
}

// acquaint has the newcomer follow the account. Where that cannot be, it is for
// whoever wrote the settings to know.
func (o *Outbox) acquaint(ctx context.Context, job actors.IntroduceJob) error {
	target, err := o.Actors.Resolve(ctx, job.Account)
	if err == nil && target.ID == job.ActorID {
		return nil
	}
	if err == nil {
		err = o.DB.Write(ctx, func(tx *store.Tx) error {
			if err := o.follow(ctx, tx, job.ActorID, target.ID, FollowOptions{}); err != nil || job.List == "" {
				return err
			}
			job.TargetID, job.Until = target.ID, store.Now().Add(introduceFor)
			return o.Queue.Insert(ctx, tx, job)
		})
	}
	if err != nil && fault.Of(err) < fault.Internal {
		o.Log.WarnContext(ctx, "somebody new cannot follow an account of oidc.follows", "account", job.Account, "error", err)
		return nil
	}
	return err
}

// listNamed is the person's list of that title, made where there is none.
func listNamed(tx *store.Tx, actor int64, title string) (*store.List, error) {
	if err := tx.Alone(fmt.Sprint("lists of ", actor)); err != nil {
		return nil, err
	}
	all, err := tx.Lists(actor)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.Title == title {
			return l, nil
		}
	}
	l := &store.List{ActorID: actor, Title: title, RepliesPolicy: "list"}
	if err := checkList(tx, l); err != nil {
		return nil, err
	}
	return l, tx.SaveList(l, false)
}
