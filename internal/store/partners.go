package store

import "gorm.io/gorm/clause"

// Partners are all policies, by domain.
func (r Reader) Partners() ([]*Partner, error) {
	var rows []*Partner
	return rows, r.scan(&rows, `SELECT * FROM partners ORDER BY domain`)
}

// SetPartner stores the policy for a domain in place of the one that was there.
func (tx *Tx) SetPartner(p *Partner) error {
	p.UpdatedAt = Now()
	p.CreatedAt = p.UpdatedAt
	return tx.g.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "domain"}}, DoUpdates: clause.AssignmentColumns([]string{"policy", "updated_at"})}).Create(p).Error
}

// DeletePartner forgets the policy for a domain.
func (tx *Tx) DeletePartner(domain string) error {
	_, err := tx.exec(`DELETE FROM partners WHERE domain = ?`, domain)
	return err
}
