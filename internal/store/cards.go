package store

import "parley/internal/fault"

// Card is what a page says of itself, for the posts that link to it.
type Card struct {
	ID               int64 `gorm:"primaryKey;autoIncrement:false"`
	URL              string
	Kind             string // link, photo
	Title            string // empty: there is nothing to show
	Description      string
	Language         string
	AuthorName       string
	AuthorURL        string
	ProviderName     string
	ProviderURL      string
	ImageURL         string
	ImageDescription string
	Blurhash         string
	Width            int
	Height           int
	PublishedAt      Time
	FreshUntil       Time // when the page is asked again, if somebody links to it
}

// CardByURL is the card of the page at the address, also one with nothing on it.
func (r Reader) CardByURL(url string) (*Card, error) {
	var c Card
	return &c, r.one(&c, "Record", `SELECT * FROM cards WHERE url = ?`, url)
}

// PostCards are the cards of the posts.
func (r Reader) PostCards(posts []int64) (map[int64]*Card, error) {
	cond, arg := r.in("x.post_id", posts)
	var rows []*struct {
		PostID int64
		Card
	}
	if err := r.scan(&rows, `SELECT x.post_id, c.* FROM post_cards x JOIN cards c ON c.id = x.card_id WHERE c.title <> '' AND `+cond, arg); err != nil {
		return nil, err
	}
	cards := make(map[int64]*Card, len(rows))
	for _, row := range rows {
		cards[row.PostID] = &row.Card
	}
	return cards, nil
}

// SaveCard stores a card as it is now, for the readers of all posts that show
// it. Where another process has met the page meanwhile, the card is that one.
func (tx *Tx) SaveCard(c *Card) error {
	before, err := tx.CardByURL(c.URL)
	if fault.Is(err, fault.NotFound) {
		return tx.g.Create(c).Error
	}
	if err != nil {
		return err
	}
	c.ID = before.ID
	if err := tx.g.Save(c).Error; err != nil {
		return err
	}
	if before.FreshUntil = c.FreshUntil; *before == *c {
		return nil
	}
	_, err = tx.exec(`UPDATE posts SET revision = revision + 1 WHERE id IN (SELECT post_id FROM post_cards WHERE card_id = ?)`, c.ID)
	return err
}

// SetCard has a post show a card, or none where that is 0.
func (tx *Tx) SetCard(post, card int64) error {
	n, err := tx.exec(`DELETE FROM post_cards WHERE post_id = ? AND card_id <> ?`, post, card)
	if err != nil {
		return err
	}
	if card != 0 {
		added, err := tx.exec(`INSERT INTO post_cards (post_id, card_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, post, card)
		if err != nil {
			return err
		}
		n += added
	}
	if n == 0 {
		return nil
	}
	_, err = tx.exec(`UPDATE posts SET revision = revision + 1 WHERE id = ?`, post)
	return err
}

// CardTimeline are the public posts that show the card, as far as the viewer
// may see them.
func (r Reader) CardTimeline(viewer, card int64, page Page) ([]Entry, error) {
	seen := sight(viewer, true)
	seen.and("p.visibility = 'public' AND NOT a.limited")
	return r.lines(page, 0, rowsOf("post_cards x", "x.post_id", "x.post_id", "x.card_id = ?", card), seen)
}

// CardDay is how often a page was linked to on a day, and by how many.
type CardDay struct {
	CardID         int64
	Day            int64 // since 1970, in UTC
	Uses, Accounts int64
}

// OfTag is the day without saying of what it is one.
func (d CardDay) OfTag() TagDay { return TagDay{Day: d.Day, Uses: d.Uses, Accounts: d.Accounts} }

// linked are the links to pages that may be told to everybody.
const linked = ` FROM post_cards x CROSS JOIN posts p CROSS JOIN actors a
 WHERE p.id = x.post_id AND a.id = p.actor_id AND x.post_id >= ? AND p.visibility = 'public' AND p.deleted_at = 0 AND p.held_until = 0 AND p.scope = 'world' AND NOT a.limited AND ` + present

// TrendingCards are the pages that the most people linked to in public from a
// day on, at least so many. As on Mastodon they have a description and a picture. It is led by when a page was linked to:
// hence the + 0.
func (r Reader) TrendingCards(from int64, atLeast, limit, offset int) ([]*Card, error) {
	var rows []*Card
	return rows, r.scan(&rows, `SELECT c.* FROM (SELECT x.card_id + 0 AS card_id, COUNT(DISTINCT p.actor_id) AS accounts, MAX(x.post_id) AS latest`+linked+`
 GROUP BY x.card_id + 0 HAVING COUNT(DISTINCT p.actor_id) >= ?) t JOIN cards c ON c.id = t.card_id WHERE c.kind = 'link' AND c.title <> '' AND c.description <> '' AND c.blurhash <> ''
 ORDER BY t.accounts DESC, t.latest DESC LIMIT ? OFFSET ?`,
		idOfDay(from), atLeast, limit, offset)
}

// CardHistory is how often each of the pages was linked to on the days from the
// given one on.
func (r Reader) CardHistory(cards []int64, from int64) (map[int64][]CardDay, error) {
	cond, arg := r.in("x.card_id", cards)
	var rows []CardDay
	err := r.scan(&rows, `SELECT x.card_id, p.published_at / 86400000 AS day, COUNT(*) AS uses, COUNT(DISTINCT p.actor_id) AS accounts`+linked+`
 AND `+cond+` GROUP BY x.card_id, p.published_at / 86400000`, idOfDay(from), arg)
	return group(rows, func(d CardDay) int64 { return d.CardID }), err
}
