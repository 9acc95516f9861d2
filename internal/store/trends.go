package store

import "time"

// What makes a trend: how many must have had to do with it, and of how many
// days it is. One person, however loud, is none.
const (
	trendPeople   = 2
	trendTagDays  = 7
	trendPostTime = 3 * Time(24*time.Hour/time.Millisecond)
	maxTrends     = 100
)

// Trend is a hashtag or a post that many are about. Of two of a kind the one with
// the greater place is the greater.
type Trend struct {
	Kind   string `gorm:"primaryKey"` // tag, post
	Place  int64  `gorm:"primaryKey;autoIncrement:false"`
	Tag    string
	PostID int64
}

// CountTrends finds out anew what many are about: hashtags by how many people
// used them, and posts by how many favourited or boosted them. Of equals the
// newer is the greater, so that it is the same whoever counts. Only what
// everybody may read counts, of people who want to be discovered. It is led by
// when a hashtag was used: hence the || ”.
func (r Reader) CountTrends() ([]Trend, error) {
	var tags, posts []Trend
	err := r.scan(&tags, `SELECT 'tag' AS kind, ROW_NUMBER() OVER (ORDER BY people, uses, tag DESC) AS place, tag FROM (
 SELECT g.tag || '' AS tag, COUNT(DISTINCT p.actor_id) AS people, COUNT(*) AS uses`+tagged+` AND a.discoverable AND g.post_id >= ? GROUP BY g.tag || ''
 ORDER BY people DESC, uses DESC, g.tag || '' LIMIT ?) s WHERE people >= ?`, idOfDay(Today()-trendTagDays+1), maxTrends, trendPeople)
	if err != nil {
		return nil, err
	}
	err = r.scan(&posts, `SELECT 'post' AS kind, ROW_NUMBER() OVER (ORDER BY people, id) AS place, id AS post_id FROM (SELECT p.id,
 (SELECT COUNT(*) FROM (SELECT f.actor_id FROM favourites f WHERE f.post_id = p.id AND f.actor_id <> p.actor_id
  UNION SELECT b.actor_id FROM posts b WHERE b.boost_of_id = p.id AND b.boost_of_id <> 0 AND b.deleted_at = 0 AND b.actor_id <> p.actor_id) w) AS people
 FROM posts p JOIN actors a ON a.id = p.actor_id WHERE p.listed AND p.id >= ? AND p.scope = 'world' AND p.deleted_at = 0 AND p.held_until = 0 AND NOT p.sensitive AND p.spoiler = ''
  AND p.favourites_count + p.boosts_count >= ? AND a.discoverable AND NOT a.limited AND `+present+` ORDER BY people DESC, p.id DESC LIMIT ?) s WHERE people >= ?`,
		int64(Now()-trendPostTime)<<16, trendPeople, maxTrends, trendPeople)
	return append(tags, posts...), err
}

// SetTrends puts what many are about in the place of what it was.
func (tx *Tx) SetTrends(trends []Trend) error {
	if _, err := tx.exec(`DELETE FROM trends`); err != nil || len(trends) == 0 {
		return err
	}
	return tx.g.Create(&trends).Error
}

// TrendingTags are the hashtags that most people used in the last days.
func (r Reader) TrendingTags(limit, offset int) ([]string, error) {
	var tags []string
	return tags, r.scan(&tags, `SELECT t.tag FROM trends t WHERE t.kind = 'tag' AND EXISTS (SELECT 1`+tagged+` AND g.tag = t.tag) ORDER BY t.place DESC LIMIT ? OFFSET ?`, limit, offset)
}

// TrendingPosts are the posts that most people liked in the last days, as far as
// the viewer may see and wants to hear them.
func (r Reader) TrendingPosts(viewer int64, limit, offset int) ([]Entry, error) {
	return r.lines(Page{Limit: limit}, offset, rowsOf("trends t", "t.place", "t.post_id", "t.kind = 'post'"), sight(viewer, true))
}
