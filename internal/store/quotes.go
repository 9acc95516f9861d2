package store

// The states of a quote. Only what its author gave leave for is shown.
const (
	QuotePending  = "pending"
	QuoteAccepted = "accepted"
	QuoteRejected = "rejected"
	QuoteRevoked  = "revoked"
)

// Quote is what a post says of another that it quotes, FEP-044f.
type Quote struct {
	PostID           int64 `gorm:"primaryKey;autoIncrement:false"`
	ActorID          int64
	QuotedURI        string
	QuotedID         int64 // 0 while the quoted post is not known here
	QuotedActorID    int64
	State            string
	Legacy           bool // by a property that knows no leave
	AuthorizationURI string
	RequestURI       string // ours: the QuoteRequest
}

// QuoteStamp is the leave of one of ours that a post quotes theirs.
type QuoteStamp struct {
	ID             int64 `gorm:"primaryKey;autoIncrement:false"`
	QuotedID       int64
	QuotingURI     string
	QuotingActorID int64
	CreatedAt      Time `gorm:"autoCreateTime:false"`
	RevokedAt      Time
}

// Quote is what the post quotes.
func (r Reader) Quote(post int64) (*Quote, error) {
	var q Quote
	return &q, r.one(&q, "Quote", `SELECT * FROM quotes WHERE post_id = ?`, post)
}

// Quotes are what the posts quote, by post.
func (r Reader) Quotes(posts []int64) (map[int64]*Quote, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	cond, arg := r.in("post_id", posts)
	var rows []*Quote
	err := r.scan(&rows, `SELECT * FROM quotes WHERE `+cond, arg)
	return byID(rows, func(q *Quote) int64 { return q.PostID }), err
}

// QuoteByRequest is the quote of ours that the QuoteRequest asked leave for.
func (r Reader) QuoteByRequest(uri string) (*Quote, error) {
	var q Quote
	return &q, r.one(&q, "Quote", `SELECT * FROM quotes WHERE request_uri = ? AND request_uri <> ''`, uri)
}

// QuoteByAuthorization is the quote of the actor's post that the stamp lets be.
func (r Reader) QuoteByAuthorization(actor int64, uri string) (*Quote, error) {
	var q Quote
	return &q, r.one(&q, "Quote", `SELECT * FROM quotes WHERE authorization_uri = ? AND authorization_uri <> '' AND quoted_actor_id = ? LIMIT 1`, uri, actor)
}

// SetQuote stores what a post quotes, in place of what it quoted before, and
// writes it into the post's row.
func (tx *Tx) SetQuote(q *Quote) error {
	before, err := tx.DropQuote(q.PostID)
	if err != nil {
		return err
	}
	if err := tx.g.Create(q).Error; err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE posts SET quote_of_uri = ?, quote_of_id = ?, revision = revision + 1 WHERE id = ?`, q.QuotedURI, q.QuotedID, q.PostID); err != nil {
		return err
	}
	if q.State != QuoteAccepted || before == q.QuotedID {
		return nil
	}
	return tx.countQuotes(q.QuotedID)
}

// DropQuote has a post quote nothing and gives what it quoted.
func (tx *Tx) DropQuote(post int64) (quoted int64, err error) {
	if err := tx.scan(&quoted, `DELETE FROM quotes WHERE post_id = ? RETURNING quoted_id`, post); err != nil {
		return 0, err
	}
	if _, err := tx.exec(`UPDATE posts SET quote_of_uri = '', quote_of_id = 0, revision = revision + 1 WHERE id = ? AND quote_of_uri <> ''`, post); err != nil {
		return 0, err
	}
	return quoted, tx.countQuotes(quoted)
}

// SettleQuote stores the state of a quote and what proves it.
func (tx *Tx) SettleQuote(q *Quote) error {
	if _, err := tx.exec(`UPDATE quotes SET quoted_id = ?, quoted_actor_id = ?, state = ?, authorization_uri = ?, request_uri = ? WHERE post_id = ?`,
		q.QuotedID, q.QuotedActorID, q.State, q.AuthorizationURI, q.RequestURI, q.PostID); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE posts SET quote_of_id = ?, revision = revision + 1 WHERE id = ?`, q.QuotedID, q.PostID); err != nil {
		return err
	}
	return tx.countQuotes(q.QuotedID)
}

// countQuotes counts the quotes of a post anew: those for everybody, because
// the number would tell of others.
func (tx *Tx) countQuotes(post int64) error {
	if post == 0 {
		return nil
	}
	_, err := tx.exec(`UPDATE posts SET revision = revision + 1, quotes_count = (SELECT COUNT(*) FROM quotes q JOIN posts p ON p.id = q.post_id WHERE q.quoted_id = ?
 AND q.state = 'accepted' AND p.visibility IN ('public','unlisted') AND p.scope = 'world' AND p.deleted_at = 0 AND p.held_until = 0) WHERE id = ?`, post, post)
	return err
}

// countQuoted counts anew the quotes of what the post quotes.
func (tx *Tx) countQuoted(post int64) error {
	q, err := tx.number(`SELECT quoted_id FROM quotes WHERE post_id = ?`, post)
	if err != nil {
		return err
	}
	return tx.countQuotes(q)
}

// QuotesWaiting are quotes of the URI by posts that came before what they
// quote.
func (r Reader) QuotesWaiting(uri string) ([]*Quote, error) {
	var rows []*Quote
	return rows, r.scan(&rows, `SELECT * FROM quotes WHERE quoted_uri = ? AND quoted_id = 0 ORDER BY post_id LIMIT 100`, uri)
}

// QuotesOf are the posts that quote the post, as far as the viewer may see them.
func (r Reader) QuotesOf(viewer, post int64, page Page) ([]Entry, error) {
	return r.list(viewer, page, true, rowsOf("quotes t", "t.post_id", "t.post_id", "t.quoted_id = ? AND t.state = 'accepted'", post))
}

// LocalQuoters are our people who quote the post.
func (r Reader) LocalQuoters(post int64) ([]int64, error) {
	return r.ids(`SELECT DISTINCT q.actor_id FROM quotes q JOIN posts p ON p.id = q.post_id WHERE q.quoted_id = ? AND q.state = 'accepted' AND p.local AND p.deleted_at = 0`, post)
}

// SetQuotable stores who may quote a post.
func (tx *Tx) SetQuotable(post int64, automatic, manual string) error {
	_, err := tx.exec(`UPDATE posts SET quotable = ?, quotable_manually = ?, revision = revision + 1 WHERE id = ? AND (quotable <> ? OR quotable_manually <> ?)`,
		automatic, manual, post, automatic, manual)
	return err
}

// Stamp gives leave that a post quotes one of ours, and what was given before
// where there is some: that may be revoked.
func (tx *Tx) Stamp(s *QuoteStamp) (*QuoteStamp, error) {
	if _, err := tx.exec(`INSERT INTO quote_stamps (id, quoted_id, quoting_uri, quoting_actor_id, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		NewID(), s.QuotedID, s.QuotingURI, s.QuotingActorID, Now()); err != nil {
		return nil, err
	}
	return tx.StampFor(s.QuotedID, s.QuotingURI)
}

// StampFor is the leave that a post quotes another.
func (r Reader) StampFor(quoted int64, quoting string) (*QuoteStamp, error) {
	var s QuoteStamp
	return &s, r.one(&s, "Stamp", `SELECT * FROM quote_stamps WHERE quoted_id = ? AND quoting_uri = ?`, quoted, quoting)
}

// QuoteStamp is the leave with the id, revoked ones too.
func (r Reader) QuoteStamp(id int64) (*QuoteStamp, error) {
	var s QuoteStamp
	return &s, r.one(&s, "Stamp", `SELECT * FROM quote_stamps WHERE id = ?`, id)
}

// RevokeStamp takes leave back for good.
func (tx *Tx) RevokeStamp(id int64) error {
	_, err := tx.exec(`UPDATE quote_stamps SET revoked_at = ? WHERE id = ? AND revoked_at = 0`, Now(), id)
	return err
}
