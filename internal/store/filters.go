package store

import (
	"slices"

	"parley/internal/fault"
)

// FilterAction is what becomes of a post that a filter matches.
type FilterAction string

// The actions.
const (
	FilterWarn FilterAction = "warn"
	FilterHide FilterAction = "hide"
	FilterBlur FilterAction = "blur" // its pictures
)

// The contexts in which a filter may apply.
const (
	InHome          = "home" // and in lists
	InNotifications = "notifications"
	InPublic        = "public"
	InThread        = "thread"
	InAccount       = "account"
)

// ContentFilter is what a person does not want to read, or only after a warning.
type ContentFilter struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	ActorID   int64
	Title     string
	Contexts  []string `gorm:"serializer:list"`
	Action    FilterAction
	ExpiresAt Time
	CreatedAt Time             `gorm:"autoCreateTime:false"`
	Keywords  []*FilterKeyword `gorm:"-"`
	Posts     []*FilterPost    `gorm:"-"`
}

// TableName is the table of ContentFilter.
func (ContentFilter) TableName() string { return "filters" }

// FilterKeyword is a word, or words, that a filter looks for.
type FilterKeyword struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	FilterID  int64
	Keyword   string
	WholeWord bool
}

// FilterPost is a post that a filter matches whatever it says.
type FilterPost struct {
	ID       int64 `gorm:"primaryKey;autoIncrement:false"`
	FilterID int64
	PostID   int64
}

// Filters are the person's, oldest first, with their keywords and posts.
func (r Reader) Filters(actorID int64) ([]*ContentFilter, error) {
	var all []*ContentFilter
	if err := r.scan(&all, `SELECT * FROM filters WHERE actor_id = ? ORDER BY id`, actorID); err != nil || len(all) == 0 {
		return nil, err
	}
	return all, r.fillFilters(all)
}

// Filter is one of the person's.
func (r Reader) Filter(actorID, id int64) (*ContentFilter, error) {
	var f ContentFilter
	if err := r.one(&f, "Record", `SELECT * FROM filters WHERE actor_id = ? AND id = ?`, actorID, id); err != nil {
		return nil, err
	}
	return &f, r.fillFilters([]*ContentFilter{&f})
}

// FilterOfKeyword is the person's filter that has the keyword.
func (r Reader) FilterOfKeyword(actorID, keyword int64) (*ContentFilter, *FilterKeyword, error) {
	id, err := r.number(`SELECT filter_id FROM filter_keywords WHERE id = ?`, keyword)
	if err != nil {
		return nil, nil, err
	}
	f, err := r.Filter(actorID, id)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(f.Keywords, func(k *FilterKeyword) bool { return k.ID == keyword })
	if at < 0 {
		return nil, nil, fault.New(fault.NotFound, "Record not found")
	}
	return f, f.Keywords[at], nil
}

// FilterPost is one of the posts in the person's filters.
func (r Reader) FilterPost(actorID, id int64) (*FilterPost, error) {
	var p FilterPost
	return &p, r.one(&p, "Record", `SELECT p.* FROM filter_posts p JOIN filters f ON f.id = p.filter_id WHERE f.actor_id = ? AND p.id = ?`, actorID, id)
}

func (r Reader) fillFilters(all []*ContentFilter) error {
	ids := make([]int64, len(all))
	for i, f := range all {
		ids[i] = f.ID
	}
	cond, arg := r.in("filter_id", ids)
	var keywords []*FilterKeyword
	if err := r.scan(&keywords, `SELECT * FROM filter_keywords WHERE `+cond+` ORDER BY id`, arg); err != nil {
		return err
	}
	var posts []*FilterPost
	if err := r.scan(&posts, `SELECT * FROM filter_posts WHERE `+cond+` ORDER BY id`, arg); err != nil {
		return err
	}
	words, named := group(keywords, func(k *FilterKeyword) int64 { return k.FilterID }), group(posts, func(p *FilterPost) int64 { return p.FilterID })
	for _, f := range all {
		f.Keywords, f.Posts = words[f.ID], named[f.ID]
	}
	return nil
}

// FilterCount tells how many filters the person has.
func (r Reader) FilterCount(actorID int64) (int64, error) {
	return r.number(`SELECT COUNT(*) FROM filters WHERE actor_id = ?`, actorID)
}

// SaveFilter stores a filter and its keywords as they are now: a keyword
// without an id is new, and one that is not there any more is gone.
func (tx *Tx) SaveFilter(f *ContentFilter) error {
	if f.ID == 0 {
		f.ID, f.CreatedAt = NewID(), Now()
	}
	if err := tx.g.Save(f).Error; err != nil {
		return err
	}
	keep := make([]int64, 0, len(f.Keywords))
	for _, k := range f.Keywords {
		if k.FilterID = f.ID; k.ID == 0 {
			k.ID = NewID()
		}
		keep = append(keep, k.ID)
		if err := tx.g.Save(k).Error; err != nil {
			return err
		}
	}
	cond, arg := tx.in("id", keep)
	if _, err := tx.exec(`DELETE FROM filter_keywords WHERE filter_id = ? AND NOT (`+cond+`)`, f.ID, arg); err != nil {
		return err
	}
	return tx.filtersChanged(f.ActorID)
}

// DeleteFilter removes a filter of the person with all that is in it.
func (tx *Tx) DeleteFilter(actorID, id int64) error {
	for _, query := range []string{`DELETE FROM filter_keywords WHERE filter_id = ?`, `DELETE FROM filter_posts WHERE filter_id = ?`, `DELETE FROM filters WHERE id = ?`} {
		if _, err := tx.exec(query, id); err != nil {
			return err
		}
	}
	return tx.filtersChanged(actorID)
}

// AddFilterPost has a filter match a post.
func (tx *Tx) AddFilterPost(actorID, filter, post int64) (*FilterPost, error) {
	if _, err := tx.exec(`INSERT INTO filter_posts (id, filter_id, post_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), filter, post); err != nil {
		return nil, err
	}
	var p FilterPost
	if err := tx.one(&p, "Record", `SELECT * FROM filter_posts WHERE filter_id = ? AND post_id = ?`, filter, post); err != nil {
		return nil, err
	}
	return &p, tx.filtersChanged(actorID)
}

// DeleteFilterPost ends that.
func (tx *Tx) DeleteFilterPost(actorID, id int64) error {
	if _, err := tx.exec(`DELETE FROM filter_posts WHERE id = ?`, id); err != nil {
		return err
	}
	return tx.filtersChanged(actorID)
}

func (tx *Tx) filtersChanged(actorID int64) error {
	_, err := tx.exec(`UPDATE users SET filters_revision = filters_revision + 1 WHERE actor_id = ?`, actorID)
	return err
}
