package mastodon

import (
	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// maxTitle is how many characters a filter's title may have.
const maxTitle = 256

// filterV1 is the entity V1::Filter: a keyword, with what its filter says.
type filterV1 struct {
	ID           string   `json:"id"`
	Phrase       string   `json:"phrase"`
	Context      []string `json:"context"`
	ExpiresAt    *string  `json:"expires_at"`
	Irreversible bool     `json:"irreversible"`
	WholeWord    bool     `json:"whole_word"`
}

func filterV1Of(f *store.ContentFilter, k *store.FilterKeyword) filterV1 {
	return filterV1{ID: id(k.ID), Phrase: k.Keyword, Context: f.Contexts, ExpiresAt: optionalMoment(f.ExpiresAt),
		Irreversible: f.Action == store.FilterHide, WholeWord: k.WholeWord}
}

// FiltersV1 answers with the keywords of all of the viewer's filters.
func (a *API) FiltersV1(c *gin.Context) error {
	all, err := a.reader(c).Filters(viewer(c))
	if err != nil {
		return err
	}
	out := []filterV1{}
	for _, f := range all {
		for _, k := range f.Keywords {
			out = append(out, filterV1Of(f, k))
		}
	}
	return answer(c, out)
}

// FilterV1 answers with one of them.
func (a *API) FilterV1(c *gin.Context) error {
	f, k, err := a.keywordRow(c)
	if err != nil {
		return err
	}
	return answer(c, filterV1Of(f, k))
}

// CreateFilterV1 makes a filter with one keyword.
func (a *API) CreateFilterV1(c *gin.Context) error { return a.saveFilterV1(c, 0, 0) }

// UpdateFilterV1 changes a keyword, and its filter if it is the only one in it.
func (a *API) UpdateFilterV1(c *gin.Context) error {
	f, k, err := a.keywordRow(c)
	if err != nil {
		return err
	}
	return a.saveFilterV1(c, f.ID, k.ID)
}

var errManyKeywords = fault.New(fault.Invalid, "Validation failed: this cannot be changed from this app, because it is about more than one keyword. Use a newer app")

func (a *API) saveFilterV1(c *gin.Context, filter, keyword int64) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	var set *store.FilterKeyword
	f, err := a.Outbox.ChangeFilter(contextOf(c), viewer(c), filter, func(f *store.ContentFilter) error {
		if set, err = keywordIn(f, keyword); err != nil {
			return err
		}
		override(&set.Keyword, p, "phrase")
		if keyword == 0 {
			f.Title = text.Excerpt(set.Keyword, maxTitle)
		}
		if whole := p.maybe("whole_word"); whole != nil || keyword == 0 {
			set.WholeWord = whole != nil && *whole
		}
		if len(f.Keywords) > 1 && (p.has("context") || p.has("irreversible") || p.has("expires_in")) {
			return errManyKeywords
		}
		p.filter(f)
		if hide := p.maybe("irreversible"); hide != nil {
			f.Action = map[bool]store.FilterAction{false: store.FilterWarn, true: store.FilterHide}[*hide]
		}
		return nil
	})
	if err != nil {
		return err
	}
	return answer(c, filterV1Of(f, set))
}

// DeleteFilterV1 removes a keyword, and with the last its filter.
func (a *API) DeleteFilterV1(c *gin.Context) error {
	f, k, err := a.keywordRow(c)
	if err != nil {
		return err
	}
	if len(f.Keywords) > 1 || len(f.Posts) > 0 {
		_, err = a.Outbox.ChangeFilter(contextOf(c), viewer(c), f.ID, without(k.ID))
	} else {
		err = a.Outbox.DeleteFilter(contextOf(c), viewer(c), f.ID)
	}
	if err != nil {
		return err
	}
	return done(c)
}
