package store

import "strings"

// Dimension is what administrators want to see the largest parts of. The kinds
// are those of Mastodon's admin API.
type Dimension struct {
	part  string // by what the rows are told apart
	rows  Measure
	about bool
}

// Share is a part and how many rows it has.
type Share struct {
	Part  string
	Count int64
}

// Dimensions are those that the tables tell of.
var Dimensions = map[string]Dimension{
	"languages": {part: `u.default_language`, rows: Measure{from: `(SELECT DISTINCT actor_id FROM active_days d WHERE 1 = 1 $) d JOIN users u ON u.actor_id = d.actor_id WHERE u.default_language <> ''`, within: `d.day`, days: true}},
	"sources":   {part: `COALESCE(o.name, '')`, rows: Measure{from: `posts p LEFT JOIN oauth_apps o ON o.id = p.app_id WHERE p.local AND p.deleted_at = 0 $`, within: `p.id`, ids: true}},
	"servers":   {part: `a.domain`, rows: Measure{from: `posts p CROSS JOIN actors a WHERE a.id = p.actor_id AND a.domain <> '' AND p.deleted_at = 0 $`, within: `p.id`, ids: true}},

	"tag_servers":        {part: `a.domain`, about: true, rows: Measure{from: strings.Replace(usedTag, "$", "? $", 1), within: `g.post_id`, ids: true}},
	"tag_languages":      {part: `p.language`, about: true, rows: Measure{from: strings.Replace(usedTag, "$", "? $", 1), within: `g.post_id`, ids: true}},
	"instance_languages": {part: `p.language`, about: true, rows: Measure{from: `posts p CROSS JOIN actors a WHERE a.id = p.actor_id AND a.domain = ? AND p.deleted_at = 0 $`, within: `p.id`, ids: true}},
	"instance_accounts":  {part: `a.username`, about: true, rows: Measure{from: `follows f JOIN actors a ON a.id = f.target_id WHERE a.domain = ? AND f.accepted $`, within: `f.created_at`}},
}

// About reports whether a dimension is about something: a hashtag or a domain.
func (d Dimension) About() bool { return d.about }

// Shares are the largest parts in a period, the largest first.
func (r Reader) Shares(d Dimension, about string, period Days, limit int) ([]Share, error) {
	bounds, args := d.rows.bounds(period)
	if d.about {
		args = append([]any{strings.ToLower(about)}, args...)
	}
	var rows []Share
	return rows, r.scan(&rows, `SELECT `+d.part+` AS part, COUNT(*) AS count FROM `+strings.Replace(d.rows.from, "$", bounds, 1)+` GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?`, append(args, limit)...)
}

// Space is how many bytes the database, our files and the copies of others'
// take.
type Space struct{ Database, Files, Copies int64 }

// Space is how much room is taken.
func (r Reader) Space() (s Space, err error) {
	size := `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
	if r.postgres {
		size = `SELECT pg_database_size(current_database())`
	}
	if s.Database, err = r.number(size); err != nil {
		return s, err
	}
	if s.Files, err = r.number(`SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM media WHERE path <> ''`); err != nil {
		return s, err
	}
	s.Copies, err = r.number(`SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM remote_files`)
	return s, err
}

// Software is the name and the version of the database.
func (r Reader) Software() (name, version string, err error) {
	name, query := "SQLite", `SELECT sqlite_version()`
	if r.postgres {
		name, query = "PostgreSQL", `SELECT current_setting('server_version')`
	}
	return name, version, r.g.Raw(query).Row().Scan(&version)
}

// Stay is when one of ours joined and was here last, in days.
type Stay struct{ Joined, Last int64 }

// Stays are those of the people who joined in a period.
func (r Reader) Stays(d Days) ([]Stay, error) {
	var rows []Stay
	return rows, r.scan(&rows, `SELECT u.created_at / 86400000 AS joined, COALESCE((SELECT MAX(d.day) FROM active_days d WHERE d.actor_id = u.actor_id), 0) AS last
 FROM users u WHERE u.created_at >= ? AND u.created_at < ?`, d.From*dayLength, d.Until*dayLength)
}

// beActive notes that one of ours was here today.
func (tx *Tx) beActive(actorID int64) error {
	_, err := tx.exec(`INSERT INTO active_days (day, actor_id) SELECT ?, actor_id FROM users WHERE actor_id = ? ON CONFLICT DO NOTHING`, Today(), actorID)
	return err
}
