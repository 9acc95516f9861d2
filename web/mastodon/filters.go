package mastodon

import (
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// filter is the entity Filter. https://docs.joinmastodon.org/entities/Filter/
type filter struct {
	ID        string          `json:"id"`
	Title     string          `json:"title"`
	Context   []string        `json:"context"`
	ExpiresAt *string         `json:"expires_at"`
	Action    string          `json:"filter_action"`
	Keywords  []filterKeyword `json:"keywords"`
	Statuses  []filterStatus  `json:"statuses"`
}

type filterKeyword struct {
	ID        string `json:"id"`
	Keyword   string `json:"keyword"`
	WholeWord bool   `json:"whole_word"`
}

type filterStatus struct {
	ID       string `json:"id"`
	StatusID string `json:"status_id"`
}

func filterOf(f *store.ContentFilter) filter {
	return filter{ID: id(f.ID), Title: f.Title, Context: f.Contexts, ExpiresAt: optionalMoment(f.ExpiresAt), Action: string(f.Action),
		Keywords: each(f.Keywords, keywordOf), Statuses: each(f.Posts, filterStatusOf)}
}

func keywordOf(k *store.FilterKeyword) filterKeyword {
	return filterKeyword{ID: id(k.ID), Keyword: k.Keyword, WholeWord: k.WholeWord}
}

func filterStatusOf(p *store.FilterPost) filterStatus {
	return filterStatus{ID: id(p.ID), StatusID: id(p.PostID)}
}

// each makes the entities of rows; none is [] and not null.
func each[T, E any](rows []T, entity func(T) E) []E {
	out := make([]E, 0, len(rows))
	for _, row := range rows {
		out = append(out, entity(row))
	}
	return out
}

// Filters answers with the viewer's filters.
func (a *API) Filters(c *gin.Context) error {
	all, err := a.reader(c).Filters(viewer(c))
	if err != nil {
		return err
	}
	return answer(c, each(all, filterOf))
}

// filterRow is the filter whose id is in the path.
func (a *API) filterRow(c *gin.Context) (*store.ContentFilter, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	return a.reader(c).Filter(viewer(c), id)
}

// Filter answers with one of them.
func (a *API) Filter(c *gin.Context) error {
	f, err := a.filterRow(c)
	if err != nil {
		return err
	}
	return answer(c, filterOf(f))
}

// CreateFilter makes a filter.
func (a *API) CreateFilter(c *gin.Context) error { return a.saveFilter(c, 0) }

// UpdateFilter changes one. What is not named stays.
func (a *API) UpdateFilter(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return a.saveFilter(c, id)
}

func (a *API) saveFilter(c *gin.Context, id int64) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	f, err := a.Outbox.ChangeFilter(contextOf(c), viewer(c), id, func(f *store.ContentFilter) error {
		override(&f.Title, p, "title")
		p.filter(f)
		if action := p.text("filter_action"); action != "" {
			f.Action = store.FilterAction(action)
		}
		return p.keywords(f)
	})
	if err != nil {
		return err
	}
	return answer(c, filterOf(f))
}

// filter reads what both versions of the API call the same.
func (p *params) filter(f *store.ContentFilter) {
	if p.has("context") {
		f.Contexts = slices.Compact(slices.Sorted(slices.Values(p.texts("context"))))
	}
	if !p.has("expires_in") {
		return
	}
	f.ExpiresAt = 0
	const most = 100 * 365 * 24 * 3600
	if seconds := min(number(p.text("expires_in")), most); seconds > 0 {
		f.ExpiresAt = store.Now().Add(time.Duration(seconds) * time.Second)
	}
}

// keywords reads what is to become of the keywords of a filter: those with an
// id change or go, those without are new.
func (p *params) keywords(f *store.ContentFilter) error {
	const list = "keywords_attributes"
	for _, at := range p.indexes(list) {
		k := &store.FilterKeyword{WholeWord: true}
		if known := p.id(item(list, at, "id")); known != 0 {
			n := slices.IndexFunc(f.Keywords, func(k *store.FilterKeyword) bool { return k.ID == known })
			if n < 0 {
				return errNotFound
			}
			if p.yes(item(list, at, "_destroy")) {
				f.Keywords = slices.Delete(f.Keywords, n, n+1)
				continue
			}
			k = f.Keywords[n]
		} else if p.text(item(list, at, "keyword")) == "" {
			continue
		} else {
			f.Keywords = append(f.Keywords, k)
		}
		override(&k.Keyword, p, item(list, at, "keyword"))
		if whole := p.maybe(item(list, at, "whole_word")); whole != nil {
			k.WholeWord = *whole
		}
	}
	return nil
}

// DeleteFilter removes a filter.
func (a *API) DeleteFilter(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.DeleteFilter(contextOf(c), viewer(c), id); err != nil {
		return err
	}
	return done(c)
}

// FilterKeywords answers with the keywords of a filter.
func (a *API) FilterKeywords(c *gin.Context) error {
	f, err := a.filterRow(c)
	if err != nil {
		return err
	}
	return answer(c, each(f.Keywords, keywordOf))
}

// AddKeyword gives a filter one more.
func (a *API) AddKeyword(c *gin.Context) error {
	filter, err := pathID(c)
	if err != nil {
		return err
	}
	return a.setKeyword(c, filter, 0)
}

// keywordRow is the keyword whose id is in the path, and its filter.
func (a *API) keywordRow(c *gin.Context) (*store.ContentFilter, *store.FilterKeyword, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, nil, err
	}
	return a.reader(c).FilterOfKeyword(viewer(c), id)
}

// Keyword answers with one keyword.
func (a *API) Keyword(c *gin.Context) error {
	_, k, err := a.keywordRow(c)
	if err != nil {
		return err
	}
	return answer(c, keywordOf(k))
}

// UpdateKeyword changes it.
func (a *API) UpdateKeyword(c *gin.Context) error {
	f, k, err := a.keywordRow(c)
	if err != nil {
		return err
	}
	return a.setKeyword(c, f.ID, k.ID)
}

func (a *API) setKeyword(c *gin.Context, filter, keyword int64) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	var set *store.FilterKeyword
	_, err = a.Outbox.ChangeFilter(contextOf(c), viewer(c), filter, func(f *store.ContentFilter) error {
		set, err = keywordIn(f, keyword)
		if err != nil {
			return err
		}
		override(&set.Keyword, p, "keyword")
		if whole := p.maybe("whole_word"); whole != nil {
			set.WholeWord = *whole
		}
		return nil
	})
	if err != nil {
		return err
	}
	return answer(c, keywordOf(set))
}

// keywordIn is the keyword with the id in a filter, a new one for 0.
func keywordIn(f *store.ContentFilter, id int64) (*store.FilterKeyword, error) {
	if id == 0 {
		f.Keywords = append(f.Keywords, &store.FilterKeyword{WholeWord: true})
		return f.Keywords[len(f.Keywords)-1], nil
	}
	at := slices.IndexFunc(f.Keywords, func(k *store.FilterKeyword) bool { return k.ID == id })
	if at < 0 {
		return nil, errNotFound
	}
	return f.Keywords[at], nil
}

// DeleteKeyword removes it.
func (a *API) DeleteKeyword(c *gin.Context) error {
	f, k, err := a.keywordRow(c)
	if err != nil {
		return err
	}
	if _, err := a.Outbox.ChangeFilter(contextOf(c), viewer(c), f.ID, without(k.ID)); err != nil {
		return err
	}
	return done(c)
}

func without(keyword int64) func(*store.ContentFilter) error {
	return func(f *store.ContentFilter) error {
		f.Keywords = slices.DeleteFunc(f.Keywords, func(k *store.FilterKeyword) bool { return k.ID == keyword })
		return nil
	}
}

// FilterStatuses answers with the posts in a filter.
func (a *API) FilterStatuses(c *gin.Context) error {
	f, err := a.filterRow(c)
	if err != nil {
		return err
	}
	return answer(c, each(f.Posts, filterStatusOf))
}

// AddFilterStatus puts a post into a filter.
func (a *API) AddFilterStatus(c *gin.Context) error {
	filter, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	row, err := a.Outbox.FilterPost(contextOf(c), viewer(c), filter, p.id("status_id"))
	if err != nil {
		return err
	}
	return answer(c, filterStatusOf(row))
}

// FilterStatus answers with one of the posts in filters.
func (a *API) FilterStatus(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	row, err := a.reader(c).FilterPost(viewer(c), id)
	if err != nil {
		return err
	}
	return answer(c, filterStatusOf(row))
}

// DeleteFilterStatus takes it out.
func (a *API) DeleteFilterStatus(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.UnfilterPost(contextOf(c), viewer(c), id); err != nil {
		return err
	}
	return done(c)
}
