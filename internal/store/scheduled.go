package store

import "parley/internal/fault"

// ScheduledPost is a post that waits for its time.
type ScheduledPost struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	ActorID     int64
	ScheduledAt Time
	Draft       string // JSON, as its author would post it
	Problem     string // why it was not published at its time
	CreatedAt   Time   `gorm:"autoCreateTime:false"`
}

// ScheduledPosts are those of the author.
func (r Reader) ScheduledPosts(author int64, page Page) ([]*ScheduledPost, error) {
	bounds, args, order := page.bounds("id")
	var rows []*ScheduledPost
	err := r.scan(&rows, `SELECT * FROM scheduled_posts WHERE actor_id = ? AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append([]any{author}, args...), page.Limit)...)
	return newestFirst(page, rows), err
}

// ScheduledPost is one of the author.
func (r Reader) ScheduledPost(author, id int64) (*ScheduledPost, error) {
	var s ScheduledPost
	return &s, r.one(&s, "Record", `SELECT * FROM scheduled_posts WHERE actor_id = ? AND id = ?`, author, id)
}

// DueScheduledPost is the one with the id if its time has come by now and
// nothing has kept it from being published.
func (r Reader) DueScheduledPost(id int64, now Time) (*ScheduledPost, error) {
	var s ScheduledPost
	return &s, r.one(&s, "Record", `SELECT * FROM scheduled_posts WHERE id = ? AND scheduled_at <= ? AND problem = ''`, id, now)
}

// ScheduledMedia are the files of the scheduled posts, in order.
func (r Reader) ScheduledMedia(ids []int64) (map[int64][]*Media, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cond, arg := r.in("scheduled_id", ids)
	var rows []*Media
	if err := r.scan(&rows, `SELECT * FROM media WHERE scheduled_id <> 0 AND `+cond+` ORDER BY scheduled_id, position`, arg); err != nil {
		return nil, err
	}
	return group(rows, func(m *Media) int64 { return m.ScheduledID }), nil
}

// CountScheduled counts the author's other scheduled posts: all, and those of
// the day, in UTC.
func (r Reader) CountScheduled(author, but int64, at Time) (all, onDay int64, err error) {
	if all, err = r.number(`SELECT COUNT(*) FROM scheduled_posts WHERE actor_id = ? AND id <> ?`, author, but); err != nil {
		return 0, 0, err
	}
	day := Time(int64(at) / dayLength * dayLength)
	onDay, err = r.number(`SELECT COUNT(*) FROM scheduled_posts WHERE actor_id = ? AND id <> ? AND scheduled_at >= ? AND scheduled_at < ?`,
		author, but, day, day+Time(dayLength))
	return all, onDay, err
}

// CreateScheduled stores a new scheduled post, with its files.
func (tx *Tx) CreateScheduled(s *ScheduledPost, media []*Media) error {
	if err := tx.g.Create(s).Error; err != nil {
		return err
	}
	return tx.reserve(s, media)
}

// UpdateScheduled stores a scheduled post as it is now, with its files and no
// others. It may have been published meanwhile.
func (tx *Tx) UpdateScheduled(s *ScheduledPost, media []*Media) error {
	n, err := tx.exec(`UPDATE scheduled_posts SET scheduled_at = ?, draft = ?, problem = ? WHERE id = ?`, s.ScheduledAt, s.Draft, s.Problem, s.ID)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "Record not found")
	}
	if err != nil {
		return err
	}
	if err := tx.freeMedia(s.ID); err != nil {
		return err
	}
	return tx.reserve(s, media)
}

// reserve keeps files for a scheduled post.
func (tx *Tx) reserve(s *ScheduledPost, media []*Media) error {
	for i, m := range media {
		if _, err := tx.exec(`UPDATE media SET scheduled_id = ?, position = ? WHERE id = ? AND actor_id = ? AND post_id = 0`, s.ID, i, m.ID, s.ActorID); err != nil {
			return err
		}
	}
	return nil
}

// freeMedia makes unused uploads of the files of a scheduled post.
func (tx *Tx) freeMedia(scheduled int64) error {
	_, err := tx.exec(`UPDATE media SET scheduled_id = 0, created_at = ? WHERE scheduled_id = ? AND scheduled_id <> 0`, Now(), scheduled)
	return err
}

// TakeScheduled removes a scheduled post, whose files are free then, and tells
// whether it was there, as it is.
func (tx *Tx) TakeScheduled(s *ScheduledPost) (bool, error) {
	n, err := tx.exec(`DELETE FROM scheduled_posts WHERE id = ? AND scheduled_at = ? AND draft = ?`, s.ID, s.ScheduledAt, s.Draft)
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.freeMedia(s.ID)
}

// FailScheduled keeps why a scheduled post was not published, unless it is
// another by now.
func (tx *Tx) FailScheduled(s *ScheduledPost, problem string) error {
	_, err := tx.exec(`UPDATE scheduled_posts SET problem = ? WHERE id = ? AND scheduled_at = ? AND draft = ?`, problem, s.ID, s.ScheduledAt, s.Draft)
	return err
}

// MissSchedules keeps a problem for the scheduled posts whose time has come by the
// given moment, and tells how many they are.
func (tx *Tx) MissSchedules(by Time, problem string) (int, error) {
	n, err := tx.exec(`UPDATE scheduled_posts SET problem = ? WHERE scheduled_at <= ? AND problem = ''`, problem, by)
	return int(n), err
}

// ForgetScheduled removes all scheduled posts of the author.
func (tx *Tx) ForgetScheduled(author int64) error {
	if _, err := tx.exec(`UPDATE media SET scheduled_id = 0, created_at = ? WHERE actor_id = ? AND scheduled_id <> 0`, Now(), author); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM scheduled_posts WHERE actor_id = ?`, author)
	return err
}
