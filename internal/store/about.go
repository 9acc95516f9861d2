package store

// NodeText is something that the node says of itself.
type NodeText struct {
	Name      string `gorm:"primaryKey"`
	Source    string
	Content   string // HTML
	UpdatedAt Time   `gorm:"autoUpdateTime:false"`
}

// Rule is one of the rules of the node.
type Rule struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	Position  int
	Text      string
	Hint      string
	DeletedAt Time
}

// Terms are the terms of service as they hold from a day on.
type Terms struct {
	EffectiveDate string `gorm:"primaryKey"` // 2026-11-27
	Source        string
	Content       string // HTML
	CreatedAt     Time   `gorm:"autoCreateTime:false"`
}

// TableName is the table of Terms.
func (Terms) TableName() string { return "terms_of_service" }

// NodeTexts are what the node says of itself, by name.
func (r Reader) NodeTexts() (map[string]NodeText, error) {
	var rows []NodeText
	if err := r.scan(&rows, `SELECT * FROM node_texts`); err != nil {
		return nil, err
	}
	all := make(map[string]NodeText, len(rows))
	for _, t := range rows {
		all[t.Name] = t
	}
	return all, nil
}

// SetNodeText stores what the node says of itself, and tells whether that is
// anything new.
func (tx *Tx) SetNodeText(name, source, content string) (bool, error) {
	n, err := tx.exec(`INSERT INTO node_texts (name, source, content, updated_at) VALUES (?, ?, ?, ?)
 ON CONFLICT (name) DO UPDATE SET source = excluded.source, content = excluded.content, updated_at = excluded.updated_at WHERE node_texts.source <> excluded.source`,
		name, source, content, Now())
	return n > 0, err
}

// Rules are the rules that hold, in their order.
func (r Reader) Rules() ([]*Rule, error) {
	var rows []*Rule
	return rows, r.scan(&rows, `SELECT * FROM rules WHERE deleted_at = 0 ORDER BY position, id`)
}

// SetRule stores a rule, new or known by its id.
func (tx *Tx) SetRule(rule *Rule) error { return tx.g.Save(rule).Error }

// DropRule ends a rule.
func (tx *Tx) DropRule(id int64) error {
	_, err := tx.exec(`UPDATE rules SET deleted_at = ? WHERE id = ? AND deleted_at = 0`, Now(), id)
	return err
}

// Terms are all versions of the terms of service, newest first.
func (r Reader) Terms() ([]*Terms, error) {
	var rows []*Terms
	return rows, r.scan(&rows, `SELECT * FROM terms_of_service ORDER BY effective_date DESC`)
}

// SetTerms stores a version, or another wording of one.
func (tx *Tx) SetTerms(t *Terms) error { return tx.g.Save(t).Error }

// Week is what happened on this node in one week.
type Week struct {
	Begins                          Time
	Statuses, Logins, Registrations int64
}

// week in milliseconds.
const week = Time(7 * 24 * 60 * 60 * 1000)

// Weeks are the newest weeks up to the one of now, newest first.
func (r Reader) Weeks(now Time, many int) ([]Week, error) {
	const monday = Time(4 * 24 * 60 * 60 * 1000) // the first one of 1970 was the fifth day
	last := now - (now-monday)%week
	weeks := make([]Week, many)
	for i := range weeks {
		weeks[i].Begins = last - Time(i)*week
	}
	oldest := weeks[many-1].Begins
	rows, err := r.g.Raw(`SELECT 1, (created_at - ?) / ?, COUNT(*) FROM users WHERE created_at >= ? GROUP BY 2
 UNION ALL SELECT 2, (created_at - ?) / ?, COUNT(DISTINCT actor_id) FROM sessions WHERE created_at >= ? GROUP BY 2
 UNION ALL SELECT 3, (published_at - ?) / ?, COUNT(*) FROM posts WHERE local AND id >= ? AND deleted_at = 0 AND held_until = 0 GROUP BY 2`,
		oldest, week, oldest, oldest, week, oldest, oldest, week, int64(oldest)<<16).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var what, at, count int64
		if err := rows.Scan(&what, &at, &count); err != nil {
			return nil, err
		}
		if at < 0 || at >= int64(many) {
			continue
		}
		w := &weeks[int64(many)-1-at]
		switch what {
		case 1:
			w.Registrations = count
		case 2:
			w.Logins = count
		case 3:
			w.Statuses = count
		}
	}
	return weeks, rows.Err()
}
