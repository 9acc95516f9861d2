package store

// GroupOf is the remote group that a post says it belongs to, else one that
// boosted it.
func (r Reader) GroupOf(p *Post) (*Actor, error) {
	var group Actor
	if p.AudienceURI != "" {
		const query = `SELECT * FROM actors WHERE uri = ? AND kind = 'Group' AND domain <> '' AND lifecycle = 'active'`
		if err := r.one(&group, "Group", query, p.AudienceURI); err == nil {
			return &group, nil
		}
	}
	return &group, r.one(&group, "Group", `SELECT a.* FROM posts b JOIN actors a ON a.id = b.actor_id
 WHERE b.boost_of_id = ? AND b.boost_of_id <> 0 AND b.deleted_at = 0 AND a.kind = 'Group' AND a.domain <> '' AND a.lifecycle = 'active' ORDER BY b.id LIMIT 1`, p.ID)
}
