package store

// Report is the report with the id.
func (r Reader) Report(id int64) (*Report, error) {
	var row Report
	return &row, r.one(&row, "Record", `SELECT * FROM reports WHERE id = ?`, id)
}

// ReportQuery says which reports are wanted.
type ReportQuery struct {
	Settled              bool
	ReporterID, TargetID int64 // 0: anybody
}

// Reports are the reports that wait for somebody, or those that were settled,
// newest first.
func (r Reader) Reports(q ReportQuery, page Page) ([]*Report, error) {
	where, args := "resolved_at = 0", []any{}
	if q.Settled {
		where = "resolved_at <> 0"
	}
	if q.ReporterID != 0 {
		where, args = where+" AND reporter_id = ?", append(args, q.ReporterID)
	}
	if q.TargetID != 0 {
		where, args = where+" AND target_id = ?", append(args, q.TargetID)
	}
	bounds, boundArgs, order := page.bounds("id")
	var rows []*Report
	err := r.scan(&rows, `SELECT * FROM reports WHERE `+where+` AND `+bounds+` ORDER BY `+order+` LIMIT ?`, append(append(args, boundArgs...), page.Limit)...)
	return newestFirst(page, rows), err
}

// ReportsAbout are the reports about somebody that wait.
func (r Reader) ReportsAbout(target int64) ([]*Report, error) {
	var rows []*Report
	return rows, r.scan(&rows, `SELECT * FROM reports WHERE target_id = ? AND resolved_at = 0 ORDER BY id`, target)
}

// ReportsByID are the reports with the ids, by id.
func (r Reader) ReportsByID(ids []int64) (map[int64]*Report, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cond, arg := r.in("id", ids)
	var rows []*Report
	err := r.scan(&rows, `SELECT * FROM reports WHERE `+cond, arg)
	return byID(rows, func(row *Report) int64 { return row.ID }), err
}

// OpenReports counts the reports that wait.
func (r Reader) OpenReports() (int64, error) {
	return r.number(`SELECT COUNT(*) FROM (SELECT 1 FROM reports WHERE resolved_at = 0 LIMIT 1000) c`)
}

// SameReport is a report of the same by the same that still waits.
func (r Reader) SameReport(reporter, target int64, comment string) (*Report, error) {
	var row Report
	return &row, r.one(&row, "Record", `SELECT * FROM reports WHERE reporter_id = ? AND target_id = ? AND comment = ? AND resolved_at = 0 ORDER BY id LIMIT 1`, reporter, target, comment)
}

// ReportPosts are the posts that the reports name, by report.
func (r Reader) ReportPosts(reports []int64) (map[int64][]int64, error) {
	cond, arg := r.in("report_id", reports)
	var rows []struct{ ReportID, PostID int64 }
	if err := r.scan(&rows, `SELECT report_id, post_id FROM report_posts WHERE `+cond+` ORDER BY report_id, post_id`, arg); err != nil {
		return nil, err
	}
	posts := map[int64][]int64{}
	for _, row := range rows {
		posts[row.ReportID] = append(posts[row.ReportID], row.PostID)
	}
	return posts, nil
}

// Evidence are the posts that reports name, by report, for those who judge
// them: suspended or not, and whoever their author has blocked since. What is
// for few is shown where one of ours reported it, who could see it and showed
// it; the word of another node opens nobody's letters.
func (r Reader) Evidence(reports []int64) (map[int64][]Entry, error) {
	cond, arg := r.in("q.id", reports)
	rows, err := r.g.Raw(`SELECT q.id, `+entryColumns+` FROM reports q JOIN report_posts n ON n.report_id = q.id JOIN posts p ON p.id = n.post_id`+entryJoins+
		`WHERE `+cond+` AND p.deleted_at = 0 AND (p.visibility IN ('public','unlisted') OR EXISTS (SELECT 1 FROM users u WHERE u.actor_id = q.reporter_id)) ORDER BY q.id, p.id DESC`, arg).Rows()
	entries, err := entriesOf(rows, err)
	return group(entries, func(e Entry) int64 { return e.Key }), err
}

// ReportNotes are what moderators wrote below a report, oldest first.
func (r Reader) ReportNotes(reportID int64) ([]*ReportNote, error) {
	var rows []*ReportNote
	return rows, r.scan(&rows, `SELECT * FROM report_notes WHERE report_id = ? ORDER BY id`, reportID)
}

// Moderators are those of ours who look after reports.
func (r Reader) Moderators() ([]int64, error) {
	return r.ids(`SELECT u.actor_id FROM users u CROSS JOIN actors a WHERE a.id = u.actor_id AND u.role IN ('owner','admin','moderator') AND a.lifecycle = 'active' ORDER BY u.actor_id`)
}

// CreateReport stores a report with the posts that it names.
func (tx *Tx) CreateReport(row *Report, posts []int64) error {
	row.CreatedAt, row.UpdatedAt = Now(), Now()
	if err := tx.g.Create(row).Error; err != nil {
		return err
	}
	return tx.AddReportPosts(row.ID, posts)
}

// AddReportPosts has a report name more posts.
func (tx *Tx) AddReportPosts(report int64, posts []int64) error {
	for _, post := range posts {
		if _, err := tx.exec(`INSERT INTO report_posts (report_id, post_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, report, post); err != nil {
			return err
		}
	}
	return nil
}

// UpdateReport stores what a report is about, who looks after it and how it
// stands.
func (tx *Tx) UpdateReport(row *Report) error {
	row.UpdatedAt = Now()
	return tx.g.Model(row).Select("Category", "RuleIDs", "AssignedID", "ResolvedID", "ResolvedAt", "Forwarded", "UpdatedAt").Updates(row).Error
}

// CreateReportNote stores what a moderator wrote below a report.
func (tx *Tx) CreateReportNote(n *ReportNote) error {
	n.CreatedAt = Now()
	return tx.g.Create(n).Error
}
