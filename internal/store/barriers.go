package store

// IPBlock is a network from which nobody comes in.
type IPBlock struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	Network   string
	Comment   string
	ExpiresAt Time
	CreatedAt Time `gorm:"autoCreateTime:false"`
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
}

// TableName is the table of IPBlock.
func (IPBlock) TableName() string { return "ip_blocks" }

// EmailDomainBlock is a domain whose addresses get no account.
type EmailDomainBlock struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	Domain    string
	CreatedAt Time `gorm:"autoCreateTime:false"`
}

// CanonicalEmailBlock is an address that gets none, as a hash.
type CanonicalEmailBlock struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	Hash      string
	CreatedAt Time `gorm:"autoCreateTime:false"`
}

// Barrier is what keeps somebody out.
type Barrier interface {
	IPBlock | EmailDomainBlock | CanonicalEmailBlock
}

// barriers are the tables.
func barriers[B Barrier]() string {
	switch any(*new(B)).(type) {
	case IPBlock:
		return "ip_blocks"
	case EmailDomainBlock:
		return "email_domain_blocks"
	}
	return "canonical_email_blocks"
}

// Barriers are those of a kind, newest first.
func Barriers[B Barrier](r Reader, page Page) ([]*B, error) {
	bounds, args, order := page.bounds("id")
	var rows []*B
	err := r.scan(&rows, `SELECT * FROM `+barriers[B]()+` WHERE `+bounds+` ORDER BY `+order+` LIMIT ?`, append(args, page.Limit)...)
	return newestFirst(page, rows), err
}

// BarrierByID is the one with the id.
func BarrierByID[B Barrier](r Reader, id int64) (*B, error) {
	var row B
	return &row, r.one(&row, "Record", `SELECT * FROM `+barriers[B]()+` WHERE id = ?`, id)
}

// SetBarrier stores one, new or known by its id.
func SetBarrier[B Barrier](tx *Tx, row *B) error { return tx.g.Save(row).Error }

// DropBarrier ends one.
func DropBarrier[B Barrier](tx *Tx, id int64) error {
	_, err := tx.exec(`DELETE FROM `+barriers[B]()+` WHERE id = ?`, id)
	return err
}

// IPBlocks are the blocks of networks that hold.
func (r Reader) IPBlocks() ([]*IPBlock, error) {
	var rows []*IPBlock
	return rows, r.scan(&rows, `SELECT * FROM ip_blocks WHERE expires_at = 0 OR expires_at > ? ORDER BY id`, Now())
}

// IPBlock is the block of exactly that network.
func (r Reader) IPBlock(network string) (*IPBlock, error) {
	var row IPBlock
	return &row, r.one(&row, "Record", `SELECT * FROM ip_blocks WHERE network = ?`, network)
}

// EmailDomainBlocks are the blocks of the domains, if there are any.
func (r Reader) EmailDomainBlocks(domains []string) ([]*EmailDomainBlock, error) {
	cond, arg := r.inText("domain", domains)
	var rows []*EmailDomainBlock
	return rows, r.scan(&rows, `SELECT * FROM email_domain_blocks WHERE `+cond+` ORDER BY id`, arg)
}

// CanonicalEmailBlocks are the blocks with the hash: one or none.
func (r Reader) CanonicalEmailBlocks(hash string) ([]*CanonicalEmailBlock, error) {
	var rows []*CanonicalEmailBlock
	return rows, r.scan(&rows, `SELECT * FROM canonical_email_blocks WHERE hash = ?`, hash)
}

// Refusals are how often a block kept people out on a day, and how many.
type Refusals struct {
	BlockID, Day, Uses, People int64
}

// EmailRefusals are those of the blocks from a day on, by block.
func (r Reader) EmailRefusals(blocks []int64, from int64) (map[int64][]Refusals, error) {
	cond, arg := r.in("block_id", blocks)
	var rows []Refusals
	err := r.scan(&rows, `SELECT block_id, day, CAST(SUM(uses) AS BIGINT) AS uses, COUNT(*) AS people FROM email_domain_refusals WHERE `+cond+` AND day >= ? GROUP BY block_id, day`, arg, from)
	return group(rows, func(f Refusals) int64 { return f.BlockID }), err
}

// CountEmailRefusal notes that a block kept a person out, and forgets what is
// older than is told.
func (tx *Tx) CountEmailRefusal(block int64, person string, kept int64) error {
	if _, err := tx.exec(`DELETE FROM email_domain_refusals WHERE block_id = ? AND day < ?`, block, Today()-kept); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO email_domain_refusals (block_id, day, person, uses) VALUES (?, ?, ?, 1)
 ON CONFLICT (block_id, day, person) DO UPDATE SET uses = email_domain_refusals.uses + 1`, block, Today(), person)
	return err
}
