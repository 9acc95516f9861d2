package store

import "gorm.io/gorm/clause"

// Severance is the decision with the id.
func (r Reader) Severance(id int64) (*Severance, error) {
	var s Severance
	return &s, r.one(&s, "Record", `SELECT * FROM severances WHERE id = ?`, id)
}

// Severances are the decisions with the ids, by id.
func (r Reader) Severances(ids []int64) (map[int64]*Severance, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cond, arg := r.in("id", ids)
	var rows []*Severance
	err := r.scan(&rows, `SELECT * FROM severances WHERE `+cond, arg)
	return byID(rows, func(s *Severance) int64 { return s.ID }), err
}

// Unrestored are the decisions of the kind about the target that were not taken
// back, oldest first.
func (r Reader) Unrestored(kind, target string) ([]*Severance, error) {
	var rows []*Severance
	return rows, r.scan(&rows, `SELECT * FROM severances WHERE kind = ? AND target = ? AND restored_at = 0 ORDER BY id`, kind, target)
}

// CreateSeverance stores a decision, before its follows are ended.
func (tx *Tx) CreateSeverance(s *Severance) error {
	s.CreatedAt = Now()
	return tx.g.Create(s).Error
}

// Restored notes that a decision was taken back.
func (tx *Tx) Restored(id int64) error {
	_, err := tx.exec(`UPDATE severances SET restored_at = ? WHERE id = ?`, Now(), id)
	return err
}

// Sever keeps a follow as it is, before it is ended. ours says that the local
// one is the follower.
func (tx *Tx) Sever(severanceID int64, f *Follow, ours bool) error {
	s := &SeveredFollow{ID: NewID(), SeveranceID: severanceID, URI: f.URI, LocalID: f.TargetID, OtherID: f.FollowerID, Ours: ours,
		ShowBoosts: f.ShowBoosts, Notify: f.Notify, Languages: f.Languages}
	if ours {
		s.LocalID, s.OtherID = f.FollowerID, f.TargetID
	}
	return tx.g.Clauses(clause.OnConflict{DoNothing: true}).Create(s).Error
}

// SeveredFollows are follows that the decision ended, those above the given
// id, at most limit.
func (r Reader) SeveredFollows(severanceID, above int64, limit int) ([]*SeveredFollow, error) {
	var rows []*SeveredFollow
	return rows, r.scan(&rows, `SELECT * FROM severed_follows WHERE severance_id = ? AND id > ? ORDER BY id LIMIT ?`, severanceID, above, limit)
}

// Loss is how many follows one of ours lost by a decision.
type Loss struct{ SeveranceID, LocalID, Followers, Following int64 }

// Losses are what each of ours lost by the decision.
func (r Reader) Losses(severanceID int64) ([]Loss, error) {
	var rows []Loss
	return rows, r.scan(&rows, `SELECT severance_id, local_id, SUM(CASE WHEN ours THEN 0 ELSE 1 END) AS followers, SUM(CASE WHEN ours THEN 1 ELSE 0 END) AS following
 FROM severed_follows WHERE severance_id = ? GROUP BY severance_id, local_id ORDER BY local_id`, severanceID)
}

// LossesOf are what one of ours lost by each of the decisions, by decision.
func (r Reader) LossesOf(localID int64, severances []int64) (map[int64]Loss, error) {
	cond, arg := r.in("severance_id", severances)
	var rows []Loss
	err := r.scan(&rows, `SELECT severance_id, local_id, SUM(CASE WHEN ours THEN 0 ELSE 1 END) AS followers, SUM(CASE WHEN ours THEN 1 ELSE 0 END) AS following
 FROM severed_follows WHERE local_id = ? AND `+cond+` GROUP BY severance_id, local_id`, localID, arg)
	return byID(rows, func(l Loss) int64 { return l.SeveranceID }), err
}

// FollowsWith are follows between our people and a remote actor, both ways, at
// most limit.
func (r Reader) FollowsWith(otherID int64, limit int) ([]*Follow, error) {
	return r.across(`o.id = ?`, limit, otherID)
}

// BarredFollows are follows between our people and those on the hosts, as far
// as they are blocked.
func (r Reader) BarredFollows(hosts []string, limit int) ([]*Follow, error) {
	cond, arg := r.inText("o.host", hosts)
	return r.across("o.domain <> '' AND o.domain_blocked AND "+cond, limit, arg)
}

// FollowsWithDomain are follows between one of ours and those of a domain.
func (r Reader) FollowsWithDomain(localID int64, domain string, limit int) ([]*Follow, error) {
	return r.across(`o.domain = ? AND l.id = ?`, limit, domain, localID)
}

// across are follows between one of ours, l, and somebody elsewhere, o.
func (r Reader) across(where string, limit int, args ...any) ([]*Follow, error) {
	var rows []*Follow
	return rows, r.scan(&rows, `SELECT * FROM (
 SELECT f.* FROM actors o JOIN follows f ON f.follower_id = o.id JOIN actors l ON l.id = f.target_id AND l.domain = '' WHERE `+where+`
 UNION SELECT f.* FROM actors o JOIN follows f ON f.target_id = o.id JOIN actors l ON l.id = f.follower_id AND l.domain = '' WHERE `+where+`) b ORDER BY id LIMIT ?`,
		append(append(append([]any{}, args...), args...), limit)...)
}
