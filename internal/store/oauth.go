package store

// CreateApp stores a client application.
func (tx *Tx) CreateApp(a *App) error { return tx.g.Create(a).Error }

// App is the client application with the client_id.
func (r Reader) App(clientID string) (*App, error) {
	var a App
	return &a, r.one(&a, "Application", `SELECT * FROM oauth_apps WHERE client_id = ?`, clientID)
}

// AppByID is the client application with the row id.
func (r Reader) AppByID(id int64) (*App, error) {
	var a App
	return &a, r.one(&a, "Application", `SELECT * FROM oauth_apps WHERE id = ?`, id)
}

// Apps are the client applications with the row ids.
func (r Reader) Apps(ids []int64) (map[int64]*App, error) {
	cond, arg := r.in("id", ids)
	var rows []*App
	if err := r.scan(&rows, `SELECT * FROM oauth_apps WHERE `+cond, arg); err != nil {
		return nil, err
	}
	return byID(rows, func(a *App) int64 { return a.ID }), nil
}

// CreateCode stores an authorization code.
func (tx *Tx) CreateCode(c *Code) error { return tx.g.Create(c).Error }

// UseCode marks the code used and hands it out as it was before: UsedAt tells
// whether somebody was here already.
func (tx *Tx) UseCode(codeHash string) (*Code, error) {
	var c Code
	if err := tx.one(&c, "Code", `SELECT * FROM oauth_codes WHERE code_hash = ?`+tx.locking(), codeHash); err != nil {
		return nil, err
	}
	_, err := tx.exec(`UPDATE oauth_codes SET used_at = ? WHERE code_hash = ? AND used_at = 0`, Now(), codeHash)
	return &c, err
}

// SetCodeToken remembers which token a code became.
func (tx *Tx) SetCodeToken(codeHash string, tokenID int64) error {
	_, err := tx.exec(`UPDATE oauth_codes SET token_id = ? WHERE code_hash = ?`, tokenID, codeHash)
	return err
}

// CreateToken stores an access token.
func (tx *Tx) CreateToken(t *Token) error { return tx.g.Create(t).Error }

// Bearer is who presents an access token.
type Bearer struct {
	TokenID     int64
	AppID       int64
	ActorID     int64 // 0: the application itself
	ActedBy     int64
	Scopes      string
	Username    string
	Role        string
	Permissions string
	Lifecycle   Lifecycle
	UsedAt      Time
	ProvedAt    Time
	ACR         string
	Issuer      string
}

// Bearer is who holds the live token: a person's only while the person is
// active, and while he may act as whom it is for.
func (r Reader) Bearer(tokenHash string) (*Bearer, error) {
	var b Bearer
	row := r.g.Raw(`SELECT t.id, t.app_id, t.actor_id, t.acted_by, t.scopes, t.used_at, t.proved_at, t.acr, t.issuer, COALESCE(a.username, ''), COALESCE(u.role, ''), COALESCE(u.permissions, ''), COALESCE(a.lifecycle, '')
 FROM oauth_tokens t LEFT JOIN actors a ON a.id = t.actor_id LEFT JOIN users u ON u.actor_id = t.actor_id
 WHERE t.token_hash = ? AND t.revoked_at = 0 AND (t.expires_at = 0 OR t.expires_at > ?) AND (t.actor_id = 0 OR a.lifecycle = 'active') AND `+mayActFor("t"), tokenHash, Now()).Row()
	if err := row.Scan(&b.TokenID, &b.AppID, &b.ActorID, &b.ActedBy, &b.Scopes, &b.UsedAt, &b.ProvedAt, &b.ACR, &b.Issuer, &b.Username, &b.Role, &b.Permissions, &b.Lifecycle); err != nil {
		return nil, notFound(err, "Token")
	}
	return &b, nil
}

// Renewable is the live token that the refresh token renews, or that it
// renewed before, which its SpentHash tells.
func (tx *Tx) Renewable(refreshHash string) (*Token, error) {
	var t Token
	return &t, tx.one(&t, "Token", `SELECT * FROM oauth_tokens t WHERE (refresh_hash = ? OR spent_hash = ?) AND revoked_at = 0 AND `+mayActFor("t")+tx.locking(), refreshHash, refreshHash)
}

// RenewToken gives a token new secrets and a new end. It stays the same token:
// what hangs on it, as push does, goes on.
func (tx *Tx) RenewToken(t *Token) error {
	_, err := tx.exec(`UPDATE oauth_tokens SET token_hash = ?, refresh_hash = ?, spent_hash = ?, expires_at = ?, scopes = ? WHERE id = ?`,
		t.TokenHash, t.RefreshHash, t.SpentHash, t.ExpiresAt, t.Scopes, t.ID)
	return err
}

// Grant is a live token as the person whose it is sees it.
type Grant struct {
	Token
	AppName string // empty for a token of the owner's command
	Website string
	Shared  string // the name of the shared account that it is for; empty for the person's own
}

// Grants are the live tokens that a person has given, also those by which apps
// act for shared accounts, newest first.
func (r Reader) Grants(actorID int64) ([]*Grant, error) {
	var rows []*Grant
	return rows, r.scan(&rows, `SELECT t.*, COALESCE(p.name, '') AS app_name, COALESCE(p.website, '') AS website, COALESCE(s.username, '') AS shared
 FROM oauth_tokens t LEFT JOIN oauth_apps p ON p.id = t.app_id LEFT JOIN actors s ON s.id = t.actor_id AND t.acted_by <> 0
 WHERE (t.actor_id = ? AND t.acted_by = 0 OR t.acted_by = ?) AND t.revoked_at = 0 AND (t.expires_at = 0 OR t.expires_at > ? OR t.refresh_hash <> '') ORDER BY t.id DESC LIMIT 200`, actorID, actorID, Now())
}

// TokensOf are the live tokens of bots, by bot, the newest first.
func (r Reader) TokensOf(bots []int64) (map[int64][]*Token, error) {
	cond, arg := r.in("actor_id", bots)
	var rows []*Token
	err := r.scan(&rows, `SELECT * FROM oauth_tokens WHERE `+cond+` AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?) ORDER BY id DESC`, arg, Now())
	return group(rows, func(t *Token) int64 { return t.ActorID }), err
}

// ConnectedApps are the apps that have live tokens.
func (r Reader) ConnectedApps() ([]*App, error) {
	var rows []*App
	return rows, r.scan(&rows, `SELECT * FROM oauth_apps p WHERE EXISTS (SELECT 1 FROM oauth_tokens t WHERE t.app_id = p.id AND t.revoked_at = 0) ORDER BY p.id`)
}

// RevokeAppTokens ends every token of the app.
func (tx *Tx) RevokeAppTokens(appID int64) error {
	if _, err := tx.exec(`UPDATE oauth_tokens SET revoked_at = ? WHERE app_id = ? AND revoked_at = 0`, Now(), appID); err != nil {
		return err
	}
	return tx.endDeadPush()
}

// TouchToken remembers that the token was used.
func (tx *Tx) TouchToken(b *Bearer) error {
	if _, err := tx.exec(`UPDATE oauth_tokens SET used_at = ? WHERE id = ?`, Now(), b.TokenID); err != nil {
		return err
	}
	return tx.beActive(b.ActorID)
}

// RevokeToken ends the token of the app.
func (tx *Tx) RevokeToken(tokenHash string, appID int64) error {
	if _, err := tx.exec(`UPDATE oauth_tokens SET revoked_at = ? WHERE token_hash = ? AND revoked_at = 0 AND app_id = ?`, Now(), tokenHash, appID); err != nil {
		return err
	}
	return tx.endDeadPush()
}

// RevokeTokenByID ends the token with the id.
func (tx *Tx) RevokeTokenByID(id int64) error {
	if _, err := tx.exec(`UPDATE oauth_tokens SET revoked_at = ? WHERE id = ? AND revoked_at = 0`, Now(), id); err != nil {
		return err
	}
	return tx.endDeadPush()
}

// EndedSince lists the tokens and sessions that ended after t, for open
// streams to be closed.
func (r Reader) EndedSince(t Time) ([]int64, error) {
	return r.ids(`SELECT id FROM oauth_tokens WHERE revoked_at <> 0 AND revoked_at > ?
 UNION ALL SELECT id FROM oauth_tokens WHERE expires_at <> 0 AND expires_at > ? AND expires_at <= ?
 UNION ALL SELECT id FROM sessions WHERE ended_at <> 0 AND ended_at > ?`, t, t, Now(), t)
}
