package store

// DomainBlock is a domain of which a person does not want to hear.
type DomainBlock struct {
	Key    int64 // pages the list
	Domain string
}

// DomainBlocks are the domains that the person blocks, newest first.
func (r Reader) DomainBlocks(actorID int64, page Page) ([]DomainBlock, error) {
	bounds, args, order := page.bounds("id")
	var rows []DomainBlock
	err := r.scan(&rows, `SELECT id AS key, domain FROM domain_blocks WHERE actor_id = ? AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append([]any{actorID}, args...), page.Limit)...)
	return newestFirst(page, rows), err
}

// BlockDomain stores that the person does not want to hear of the domain, and
// tells whether it is new. What the person was told by it goes.
func (tx *Tx) BlockDomain(actorID int64, domain string) (bool, error) {
	n, err := tx.exec(`INSERT INTO domain_blocks (id, actor_id, domain, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), actorID, domain, Now())
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.unnotify(`reader_id = ? AND from_id IN (SELECT id FROM actors WHERE domain = ?)`, actorID, domain)
}

// UnblockDomain ends that.
func (tx *Tx) UnblockDomain(actorID int64, domain string) error {
	_, err := tx.exec(`DELETE FROM domain_blocks WHERE actor_id = ? AND domain = ?`, actorID, domain)
	return err
}

// DomainFollows counts those of a domain who follow the person, and whom the
// person follows there.
func (r Reader) DomainFollows(actorID int64, domain string) (followers, following int64, err error) {
	if followers, err = r.number(`SELECT COUNT(*) FROM follows f JOIN actors a ON a.id = f.follower_id WHERE f.target_id = ? AND f.accepted AND a.domain = ?`, actorID, domain); err != nil {
		return 0, 0, err
	}
	following, err = r.number(`SELECT COUNT(*) FROM follows f JOIN actors a ON a.id = f.target_id WHERE f.follower_id = ? AND f.accepted AND a.domain = ?`, actorID, domain)
	return followers, following, err
}
