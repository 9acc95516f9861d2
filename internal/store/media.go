package store

import "gorm.io/gorm/clause"

// CreateMedia stores an uploaded file's row.
func (tx *Tx) CreateMedia(m *Media) error { return tx.g.Create(m).Error }

// Media are the actor's files with the ids, in the order of ids.
func (r Reader) Media(actorID int64, ids []int64) ([]*Media, error) {
	cond, arg := r.in("id", ids)
	var rows []*Media
	if err := r.scan(&rows, `SELECT * FROM media WHERE actor_id = ? AND `+cond, actorID, arg); err != nil {
		return nil, err
	}
	found := byID(rows, func(m *Media) int64 { return m.ID })
	var list []*Media
	for _, id := range ids {
		if m := found[id]; m != nil {
			list = append(list, m)
		}
	}
	return list, nil
}

// DescribeMedia changes a file's description and focus, and with it the post
// it hangs on.
func (tx *Tx) DescribeMedia(m *Media) error {
	if err := tx.g.Model(m).Select("Description", "FocusX", "FocusY").Updates(m).Error; err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE posts SET revision = revision + 1 WHERE id = ?`, m.PostID)
	if err != nil || n == 0 {
		return err
	}
	return tx.changed("posts", m.PostID)
}

// attach hangs files on a post: ours exist already, remote ones are new.
func (tx *Tx) attach(p *Post, media []*Media) error {
	for i, m := range media {
		fresh := m.PostID == 0
		m.PostID, m.Position = p.ID, i
		if m.RemoteURL != "" && fresh {
			if err := tx.g.Create(m).Error; err != nil {
				return err
			}
			continue
		}
		if _, err := tx.exec(`UPDATE media SET post_id = ?, position = ? WHERE id = ? AND actor_id = ?`, p.ID, i, m.ID, p.ActorID); err != nil {
			return err
		}
	}
	return nil
}

// DropUnusedMedia forgets uploads that were never posted and tells their paths.
func (tx *Tx) DropUnusedMedia(before Time, limit int) ([]*Media, error) {
	var rows []*Media
	return rows, tx.scan(&rows, `DELETE FROM media WHERE id IN (SELECT id FROM media WHERE post_id = 0 AND created_at < ? ORDER BY created_at LIMIT ?) RETURNING *`, before, limit)
}

// setTags files a public post under its hashtags.
func (tx *Tx) setTags(p *Post) error {
	if p.Visibility != Public {
		return nil
	}
	for _, tag := range p.Tags {
		if _, err := tx.exec(`INSERT INTO post_tags (tag, post_id, actor_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, lower(tag), p.ID, p.ActorID); err != nil {
			return err
		}
	}
	return nil
}

func onConflictNothing(column string) clause.OnConflict {
	return clause.OnConflict{Columns: []clause.Column{{Name: column}}, DoNothing: true}
}
