package store

import "strings"

// Measure is what administrators want counted. The kinds are those of
// Mastodon's admin API.
type Measure struct {
	counts string // what is counted of the rows
	from   string // which rows there are, with $ for what the measure is about
	day    string // on which day one counts
	within string // what bounds the rows, from a day on and before another
	ids    bool   // within goes by ids, else by milliseconds or days
	days   bool
	ever   bool   // the total is that of all time
	total  string // what is counted for that where it is less than all rows
}

// Seen is a number of a day.
type Seen struct {
	Day, Count int64
}

// Days are a period: from one day on and before another.
type Days struct{ From, Until int64 }

// Before is the period of the same length that ends where this one begins.
func (d Days) Before() Days { return Days{2*d.From - d.Until, d.From} }

const (
	byPublished = `p.published_at / 86400000`
	ofDomain    = ` JOIN actors a ON a.id = `
)

// Measures are all there are.
var Measures = map[string]Measure{
	"active_users":     {counts: `COUNT(DISTINCT actor_id)`, from: `active_days WHERE 1 = 1`, day: `day`, within: `day`, days: true},
	"new_users":        {counts: `COUNT(*)`, from: `users WHERE 1 = 1`, day: `created_at / 86400000`, within: `created_at`},
	"opened_reports":   {counts: `COUNT(*)`, from: `reports WHERE 1 = 1`, day: `created_at / 86400000`, within: `id`, ids: true},
	"resolved_reports": {counts: `COUNT(*)`, from: `reports WHERE resolved_at <> 0`, day: `resolved_at / 86400000`, within: `resolved_at`},
	"interactions": {counts: `COUNT(*)`, day: `day`, within: `id`, ids: true, from: `(SELECT f.id, f.created_at / 86400000 AS day FROM favourites f JOIN users u ON u.actor_id = f.actor_id
 UNION ALL SELECT p.id, p.published_at / 86400000 FROM posts p WHERE p.local AND p.deleted_at = 0 AND (p.boost_of_id <> 0 OR p.in_reply_to_uri <> '' AND p.in_reply_to_actor_id <> p.actor_id)) i WHERE 1 = 1`},

	"tag_uses":     {counts: `COUNT(*)`, from: usedTag, day: byPublished, within: `g.post_id`, ids: true},
	"tag_accounts": {counts: `COUNT(DISTINCT p.actor_id)`, from: usedTag, day: byPublished, within: `g.post_id`, ids: true},
	"tag_servers":  {counts: `COUNT(DISTINCT a.domain)`, from: usedTag, day: byPublished, within: `g.post_id`, ids: true},

	"instance_accounts": {counts: `COUNT(*)`, from: `actors a WHERE a.domain = $`, day: `a.created_at / 86400000`, within: `a.created_at`, ever: true},
	"instance_statuses": {counts: `COUNT(*)`, from: `posts p CROSS JOIN actors a WHERE a.id = p.actor_id AND a.domain = $ AND p.deleted_at = 0`, total: `SELECT CAST(COALESCE(SUM(a.statuses_count), 0) AS BIGINT) FROM actors a WHERE a.domain = ?`, day: byPublished, within: `p.id`, ids: true, ever: true},
	"instance_reports":  {counts: `COUNT(*)`, from: `reports q` + ofDomain + `q.target_id WHERE a.domain = $`, day: `q.created_at / 86400000`, within: `q.id`, ids: true, ever: true},
	"instance_follows": {counts: `COUNT(*)`, from: `follows f` + ofDomain + `f.target_id WHERE a.domain = $ AND f.accepted`, day: `f.created_at / 86400000`, within: `f.created_at`,
		ever: true},
	"instance_followers": {counts: `COUNT(*)`, from: `follows f` + ofDomain + `f.follower_id WHERE a.domain = $ AND f.accepted`, day: `f.created_at / 86400000`, within: `f.created_at`,
		ever: true},
	"instance_media_attachments": {counts: `CAST(COALESCE(SUM(c.size), 0) AS BIGINT)`, from: `media m JOIN posts p ON p.id = m.post_id` + ofDomain + `p.actor_id JOIN remote_files c ON c.url = m.remote_url WHERE m.post_id <> 0 AND m.remote_url <> '' AND a.domain = $`,
		day: `m.created_at / 86400000`, within: `m.created_at`, ever: true},
}

const usedTag = `post_tags g JOIN posts p ON p.id = g.post_id JOIN actors a ON a.id = p.actor_id
 WHERE p.deleted_at = 0 AND p.held_until = 0 AND p.scope = 'world' AND NOT a.limited AND ` + present + ` AND g.tag = $`

// About reports whether a measure is about something: a hashtag or a domain.
func (m Measure) About() bool { return strings.Contains(m.from, "$") }

// AllTime reports whether the total of a measure is that of all time.
func (m Measure) AllTime() bool { return m.ever }

// bounds are the condition of a period and its arguments.
func (m Measure) bounds(d Days) (string, []any) {
	from, until := d.From*dayLength, d.Until*dayLength
	switch {
	case m.ids:
		from, until = idOfDay(d.From), idOfDay(d.Until)
	case m.days:
		from, until = d.From, d.Until
	}
	return ` AND ` + m.within + ` >= ? AND ` + m.within + ` < ?`, []any{from, until}
}

// rows are those that a measure is of, with what it is about.
func (m Measure) rows(about string) (string, []any) {
	if !m.About() {
		return m.from, nil
	}
	return strings.Replace(m.from, "$", "?", 1), []any{strings.ToLower(about)}
}

// Series is what a measure was on each day of a period that has something.
func (r Reader) Series(m Measure, about string, d Days) ([]Seen, error) {
	from, args := m.rows(about)
	bounds, more := m.bounds(d)
	var rows []Seen
	return rows, r.scan(&rows, `SELECT `+m.day+` AS day, `+m.counts+` AS count FROM `+from+bounds+` GROUP BY 1 ORDER BY 1`, append(args, more...)...)
}

// Total is what a measure was in a period, or is altogether.
func (r Reader) Total(m Measure, about string, d Days) (int64, error) {
	from, args := m.rows(about)
	if m.ever {
		if m.total != "" {
			return r.number(m.total, args...)
		}
		return r.number(`SELECT `+m.counts+` FROM `+from, args...)
	}
	bounds, more := m.bounds(d)
	return r.number(`SELECT `+m.counts+` FROM `+from+bounds, append(args, more...)...)
}
