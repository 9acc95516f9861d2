package store

// PushSubscription is where a client app wants to be woken, and by what.
type PushSubscription struct {
	ID        int64 `gorm:"primaryKey"`
	TokenID   int64
	ActorID   int64
	Endpoint  string
	P256dh    string   // the app's public key
	Auth      string   // what it shares with us
	Standard  bool     // RFC 8291; else the draft before it
	Policy    string   // all, followed, follower, none
	Alerts    []string `gorm:"serializer:list"` // kinds
	CreatedAt Time     `gorm:"autoCreateTime:false"`
}

// livePush are the subscriptions s whose token t and person a may be told.
var livePush = ` FROM push_subscriptions s JOIN oauth_tokens t ON t.id = s.token_id JOIN actors a ON a.id = s.actor_id
 WHERE t.revoked_at = 0 AND (t.expires_at = 0 OR t.expires_at > ?) AND a.lifecycle = 'active' AND ` + mayActFor("t")

// PushSubscriptions are those of a person.
func (r Reader) PushSubscriptions(actorID int64) ([]*PushSubscription, error) {
	var rows []*PushSubscription
	return rows, r.scan(&rows, `SELECT s.*`+livePush+` AND s.actor_id = ? ORDER BY s.id`, Now(), actorID)
}

// PushSubscription is the one with the id, as long as it may be told.
func (r Reader) PushSubscription(id int64) (*PushSubscription, error) {
	var s PushSubscription
	return &s, r.one(&s, "Record", `SELECT s.*`+livePush+` AND s.id = ?`, Now(), id)
}

// PushOfToken is the subscription of a token.
func (r Reader) PushOfToken(tokenID int64) (*PushSubscription, error) {
	var s PushSubscription
	return &s, r.one(&s, "Record", `SELECT s.*`+livePush+` AND s.token_id = ?`, Now(), tokenID)
}

// CreatePush stores a token's subscription in the place of the one before.
func (tx *Tx) CreatePush(s *PushSubscription) error {
	if err := tx.EndPushOfToken(s.TokenID); err != nil {
		return err
	}
	s.ID, s.CreatedAt = 0, Now()
	return tx.g.Create(s).Error
}

// UpdatePush stores what wakes the app.
func (tx *Tx) UpdatePush(s *PushSubscription) error {
	return tx.g.Model(s).Select("Policy", "Alerts").Updates(s).Error
}

// EndPush removes a subscription.
func (tx *Tx) EndPush(id int64) error {
	_, err := tx.exec(`DELETE FROM push_subscriptions WHERE id = ?`, id)
	return err
}

// EndPushOfToken removes a token's subscription.
func (tx *Tx) EndPushOfToken(tokenID int64) error {
	_, err := tx.exec(`DELETE FROM push_subscriptions WHERE token_id = ?`, tokenID)
	return err
}

// endDeadPush removes the subscriptions of tokens that have ended: whom they
// could reach is nobody's business any more.
func (tx *Tx) endDeadPush() error {
	_, err := tx.exec(`DELETE FROM push_subscriptions WHERE EXISTS (SELECT 1 FROM oauth_tokens t WHERE t.id = push_subscriptions.token_id AND t.revoked_at <> 0)`)
	return err
}
