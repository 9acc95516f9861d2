package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/fault"
	"parley/internal/store"
)

// Bounds of lists.
const (
	maxLists   = 100
	maxMembers = 1000
)

// ChangeList has change rewrite one of the actor's lists, or with id 0 a new
// one, and stores it.
func (o *Outbox) ChangeList(ctx context.Context, actor, id int64, change func(*store.List)) (l *store.List, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		l = &store.List{ActorID: actor, RepliesPolicy: "list"}
		if id != 0 {
			if l, err = tx.List(actor, id); err != nil {
				return err
			}
		}
		exclusive := l.Exclusive
		change(l)
		if err := checkList(tx, l); err != nil {
			return err
		}
		return tx.SaveList(l, exclusive)
	})
	return l, err
}

func checkList(tx *store.Tx, l *store.List) error {
	switch {
	case strings.TrimSpace(l.Title) == "":
		return fault.New(fault.Invalid, "Validation failed: Title can't be blank")
	case utf8.RuneCountInString(l.Title) > maxTitle:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Title is too long (maximum is %d characters)", maxTitle))
	case !slices.Contains([]string{"none", "list", "followed"}, l.RepliesPolicy):
		return fault.New(fault.Invalid, "Validation failed: Replies policy is not included in the list")
	case l.ID != 0:
		return nil
	}
	all, err := tx.Lists(l.ActorID)
	if err == nil && len(all) >= maxLists {
		err = fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d lists", maxLists))
	}
	return err
}

// DeleteList removes one of the actor's lists.
func (o *Outbox) DeleteList(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := tx.List(actor, id)
		if err != nil {
			return err
		}
		return tx.DeleteList(l)
	})
}

// AddToList puts people whom the actor follows into a list.
func (o *Outbox) AddToList(ctx context.Context, actor, id int64, people []int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := tx.List(actor, id)
		if err != nil {
			return err
		}
		n, err := tx.Members(id)
		if err != nil {
			return err
		}
		if n+int64(len(people)) > maxMembers {
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d accounts in a list", maxMembers))
		}
		for _, member := range people {
			followed, err := tx.AddMember(l, member)
			if err != nil {
				return err
			}
			if !followed {
				return fault.New(fault.NotFound, "Record not found")
			}
		}
		return nil
	})
}

// TakeFromList takes people out of a list.
func (o *Outbox) TakeFromList(ctx context.Context, actor, id int64, people []int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := tx.List(actor, id)
		if err != nil {
			return err
		}
		for _, member := range people {
			if err := tx.RemoveMember(l, member); err != nil {
				return err
			}
		}
		return nil
	})
}
