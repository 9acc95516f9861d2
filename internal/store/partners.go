package store

import "gorm.io/gorm/clause"

// Partners are all policies, by domain.
func (r Reader) Partners() ([]*Partner, error) {
	var rows []*Partner
	return rows, r.scan(&rows, `SELECT * FROM partners ORDER BY domain`)
}

// PartnersUnder are those of the policies, newest first.
func (r Reader) PartnersUnder(policies []string, page Page) ([]*Partner, error) {
	cond, arg := r.inText("policy", policies)
	bounds, args, order := page.bounds("id")
	var rows []*Partner
	err := r.scan(&rows, `SELECT * FROM partners WHERE `+cond+` AND `+bounds+` ORDER BY `+order+` LIMIT ?`, append(append([]any{arg}, args...), page.Limit)...)
	return newestFirst(page, rows), err
}

// Partner is the policy for exactly that domain.
func (r Reader) Partner(domain string) (*Partner, error) {
	var p Partner
	return &p, r.one(&p, "Record", `SELECT * FROM partners WHERE domain = ?`, domain)
}

// PartnerByID is the policy with the id.
func (r Reader) PartnerByID(id int64) (*Partner, error) {
	var p Partner
	return &p, r.one(&p, "Record", `SELECT * FROM partners WHERE id = ?`, id)
}

// SetPartner stores the policy for a domain in place of the one that was there.
func (tx *Tx) SetPartner(p *Partner) error {
	p.ID, p.UpdatedAt = NewID(), Now()
	p.CreatedAt = p.UpdatedAt
	return tx.g.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "domain"}}, DoUpdates: clause.AssignmentColumns([]string{"policy", "updated_at"})}).Create(p).Error
}

// DescribePartner stores what the owners noted about a domain that has a policy.
func (tx *Tx) DescribePartner(domain, comment string) error {
	_, err := tx.exec(`UPDATE partners SET comment = ?, updated_at = ? WHERE domain = ?`, comment, Now(), domain)
	return err
}

// DeletePartner forgets the policy for a domain.
func (tx *Tx) DeletePartner(domain string) error {
	_, err := tx.exec(`DELETE FROM partners WHERE domain = ?`, domain)
	return err
}
