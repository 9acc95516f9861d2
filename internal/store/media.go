package store

import (
	"gorm.io/gorm/clause"

	"parley/internal/fault"
)

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

// Upload is a file by its id alone.
func (r Reader) Upload(id int64) (*Media, error) {
	var m Media
	return &m, r.one(&m, "File", `SELECT * FROM media WHERE id = ?`, id)
}

// Withheld reports whether a file is one of somebody here who is suspended or
// gone, of whom nothing is shown.
func (r Reader) Withheld(file string) (bool, error) {
	const hidden = `lifecycle <> 'active' AND lifecycle <> 'deprovisioned'`
	n, err := r.number(`SELECT 1 FROM media m JOIN actors a ON a.id = m.actor_id WHERE m.path <> '' AND m.path = ? AND a.`+hidden+`
 UNION ALL SELECT 1 FROM media m JOIN actors a ON a.id = m.actor_id WHERE m.path <> '' AND m.preview_path = ? AND a.`+hidden+`
 UNION ALL SELECT 1 FROM actors WHERE domain = '' AND (avatar = ? OR header = ?) AND `+hidden+` LIMIT 1`, file, file, file, file)
	return n > 0, err
}

// DescribeMedia changes a file's description, focus and preview, and with it
// the post it hangs on.
func (tx *Tx) DescribeMedia(m *Media) error {
	if err := tx.g.Model(m).Select("Description", "FocusX", "FocusY", "PreviewPath", "PreviewWidth", "PreviewHeight", "Blurhash").Updates(m).Error; err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE posts SET revision = revision + 1 WHERE id = ?`, m.PostID)
	if err != nil || n == 0 {
		return err
	}
	return tx.changed("posts", m.PostID)
}

// FinishMedia stores what came of processing a file.
func (tx *Tx) FinishMedia(m *Media) error {
	return tx.g.Model(m).Select("State", "Problem", "UploadPath", "Mime", "PreviewPath", "Blurhash", "Width", "Height", "PreviewWidth", "PreviewHeight",
		"Size", "Duration", "FrameRate", "Bitrate", "AudioCodec", "AudioRate", "AudioChannels").Updates(m).Error
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
		n, err := tx.exec(`UPDATE media SET post_id = ?, position = ? WHERE id = ? AND actor_id = ? AND post_id IN (0, ?) AND scheduled_id = 0 AND state = ''`, p.ID, i, m.ID, p.ActorID, p.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Invalid, "Validation failed: a media attachment was deleted or used meanwhile")
		}
	}
	return nil
}

// detach takes its files off a post that is being edited. They stay with it as
// evidence of what an earlier version showed, unless nobody saw one.
func (tx *Tx) detach(p *Post) error {
	if p.HeldUntil != 0 {
		return tx.release(p.ID)
	}
	return tx.KeepFiles(p.ID)
}

// release makes the files of a post that nobody saw uploads again.
func (tx *Tx) release(postID int64) error {
	_, err := tx.exec(`UPDATE media SET post_id = 0, created_at = ? WHERE post_id = ? AND post_id <> 0`, Now(), postID)
	return err
}

// DropMedia forgets an upload that no post has, had or will have.
func (tx *Tx) DropMedia(m *Media) (bool, error) {
	n, err := tx.exec(`DELETE FROM media WHERE id = ? AND post_id = 0 AND scheduled_id = 0`, m.ID)
	return n > 0, err
}

// DropUnusedMedia forgets uploads that were never posted and tells their paths.
func (tx *Tx) DropUnusedMedia(before Time, limit int) ([]*Media, error) {
	var rows []*Media
	return rows, tx.scan(&rows, `DELETE FROM media WHERE id IN (SELECT id FROM media WHERE post_id = 0 AND scheduled_id = 0 AND created_at < ? ORDER BY created_at LIMIT ?) RETURNING *`, before, limit)
}

// TakeFile takes a file off a deleted post, for another to have.
func (tx *Tx) TakeFile(id, post int64) error {
	_, err := tx.exec(`UPDATE media SET post_id = 0 WHERE id = ? AND post_id = ?`, id, post)
	return err
}

// KeepFiles has the files of a deleted post stay with it: no other can have them.
func (tx *Tx) KeepFiles(post int64) error {
	_, err := tx.exec(`UPDATE media SET position = -1 WHERE post_id = ? AND post_id <> 0`, post)
	return err
}

// OwnFiles are the files lying here that a post has or ever had.
func (r Reader) OwnFiles(postID int64) ([]*Media, error) {
	var rows []*Media
	return rows, r.scan(&rows, `SELECT * FROM media WHERE post_id = ? AND post_id <> 0 AND path <> '' ORDER BY id`, postID)
}

// RenameFiles stores the names that a file and its preview lie under from now on.
func (tx *Tx) RenameFiles(m *Media) error {
	return tx.g.Model(m).Select("Path", "PreviewPath").Updates(m).Error
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
