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

// Bounds of what a person may filter.
const (
	maxFilters     = 200
	maxKeywords    = 200 // in one filter
	maxFilterPosts = 1000
	maxTitle       = 256
	maxKeyword     = 512
)

var filterContexts = []string{store.InHome, store.InNotifications, store.InPublic, store.InThread, store.InAccount}

// ChangeFilter has change rewrite one of the actor's filters, or with id 0 a
// new one, and stores it. The actor's clients are told to ask for them anew.
func (o *Outbox) ChangeFilter(ctx context.Context, actor, id int64, change func(*store.ContentFilter) error) (f *store.ContentFilter, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if f, err = filterOf(tx, actor, id); err != nil {
			return err
		}
		if err := change(f); err != nil {
			return err
		}
		if err := checkFilter(f); err != nil {
			return err
		}
		if err := tx.SaveFilter(f); err != nil {
			return err
		}
		o.Notify.FiltersChanged(tx, actor)
		return nil
	})
	return f, err
}

func filterOf(tx *store.Tx, actor, id int64) (*store.ContentFilter, error) {
	if id != 0 {
		return tx.Filter(actor, id)
	}
	n, err := tx.FilterCount(actor)
	if err == nil && n >= maxFilters {
		err = fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d filters", maxFilters))
	}
	return &store.ContentFilter{ActorID: actor, Action: store.FilterWarn}, err
}

func checkFilter(f *store.ContentFilter) error {
	unknown := func(c string) bool { return !slices.Contains(filterContexts, c) }
	switch {
	case strings.TrimSpace(f.Title) == "":
		return fault.New(fault.Invalid, "Validation failed: Title can't be blank")
	case utf8.RuneCountInString(f.Title) > maxTitle:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Title is too long (maximum is %d characters)", maxTitle))
	case len(f.Contexts) == 0, slices.ContainsFunc(f.Contexts, unknown):
		return fault.New(fault.Invalid, "Validation failed: Context None or invalid context supplied")
	case !slices.Contains([]store.FilterAction{store.FilterWarn, store.FilterHide, store.FilterBlur}, f.Action):
		return fault.New(fault.Invalid, "Validation failed: Filter action is not included in the list")
	case len(f.Keywords) > maxKeywords:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d keywords in a filter", maxKeywords))
	}
	for _, k := range f.Keywords {
		switch {
		case strings.TrimSpace(k.Keyword) == "":
			return fault.New(fault.Invalid, "Validation failed: Keyword can't be blank")
		case utf8.RuneCountInString(k.Keyword) > maxKeyword:
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Keyword is too long (maximum is %d characters)", maxKeyword))
		}
	}
	return nil
}

// DeleteFilter removes one of the actor's filters.
func (o *Outbox) DeleteFilter(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Filter(actor, id); err != nil {
			return err
		}
		if err := tx.DeleteFilter(actor, id); err != nil {
			return err
		}
		o.Notify.FiltersChanged(tx, actor)
		return nil
	})
}

// FilterPost has one of the actor's filters match a post that they may see.
func (o *Outbox) FilterPost(ctx context.Context, actor, filter, post int64) (p *store.FilterPost, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		f, err := tx.Filter(actor, filter)
		if err != nil {
			return err
		}
		if _, err := tx.VisiblePost(actor, post); err != nil {
			return err
		}
		if len(f.Posts) >= maxFilterPosts {
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d posts in a filter", maxFilterPosts))
		}
		if p, err = tx.AddFilterPost(actor, filter, post); err != nil {
			return err
		}
		o.Notify.FiltersChanged(tx, actor)
		return nil
	})
	return p, err
}

// UnfilterPost ends that; id is that of the post's place in the filter.
func (o *Outbox) UnfilterPost(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.FilterPost(actor, id); err != nil {
			return err
		}
		if err := tx.DeleteFilterPost(actor, id); err != nil {
			return err
		}
		o.Notify.FiltersChanged(tx, actor)
		return nil
	})
}
