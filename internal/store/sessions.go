package store

// CreateSignIn remembers a sign-in that goes to a provider.
func (tx *Tx) CreateSignIn(s *SignIn) error {
	if _, err := tx.exec(`DELETE FROM sign_ins WHERE expires_at < ?`, Now()); err != nil {
		return err
	}
	return tx.g.Create(s).Error
}

// TakeSignIn hands out a pending sign-in, once.
func (tx *Tx) TakeSignIn(stateHash string) (*SignIn, error) {
	var s SignIn
	return &s, tx.one(&s, "Sign-in", `DELETE FROM sign_ins WHERE state_hash = ? AND expires_at > ? RETURNING *`, stateHash, Now())
}

// CreateEnrolment remembers somebody who still has to choose a name.
func (tx *Tx) CreateEnrolment(e *Enrolment) error {
	if _, err := tx.exec(`DELETE FROM enrolments WHERE expires_at < ?`, Now()); err != nil {
		return err
	}
	return tx.g.Create(e).Error
}

// TakeEnrolment hands out who still has to choose a name in the browser, once.
func (tx *Tx) TakeEnrolment(tokenHash, browserHash string) (*Enrolment, error) {
	var e Enrolment
	return &e, tx.one(&e, "Sign-in", `DELETE FROM enrolments WHERE token_hash = ? AND browser_hash = ? AND expires_at > ? RETURNING *`, tokenHash, browserHash, Now())
}

// CreateSignInLink stores a one-time link for a person.
func (tx *Tx) CreateSignInLink(tokenHash string, actorID int64, expires Time) error {
	_, err := tx.exec(`INSERT INTO sign_in_links (token_hash, actor_id, expires_at) VALUES (?, ?, ?)`, tokenHash, actorID, expires)
	return err
}

// TakeSignInLink tells whose link it is, once.
func (tx *Tx) TakeSignInLink(tokenHash string) (int64, error) {
	var id int64
	return id, tx.one(&id, "Sign-in link", `UPDATE sign_in_links SET used_at = ? WHERE token_hash = ? AND used_at = 0 AND expires_at > ? RETURNING actor_id`, Now(), tokenHash, Now())
}

// CreateSession stores a browser's new session.
func (tx *Tx) CreateSession(s *Session) error {
	if err := tx.g.Create(s).Error; err != nil {
		return err
	}
	return tx.beActive(s.ActorID)
}

// Session is the live session with the token.
func (r Reader) Session(tokenHash string) (*Session, error) {
	var s Session
	return &s, r.one(&s, "Session", `SELECT * FROM sessions s WHERE token_hash = ? AND ended_at = 0 AND expires_at > ? AND `+mayActFor("s"), tokenHash, Now())
}

// Sessions are the live sessions of the person, also those that act as a shared
// account, newest first.
func (r Reader) Sessions(actorID int64) ([]*Session, error) {
	var rows []*Session
	return rows, r.scan(&rows, `SELECT * FROM sessions WHERE (actor_id = ? AND acted_by = 0 OR acted_by = ?) AND ended_at = 0 AND expires_at > ? ORDER BY id DESC LIMIT 200`, actorID, actorID, Now())
}

// EndSession ends the session.
func (tx *Tx) EndSession(id int64) error {
	_, err := tx.exec(`UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at = 0`, Now(), id)
	return err
}

// TouchSession remembers that the session was used.
func (tx *Tx) TouchSession(s *Session) error {
	if _, err := tx.exec(`UPDATE sessions SET seen_at = ? WHERE id = ?`, Now(), s.ID); err != nil {
		return err
	}
	return tx.beActive(s.ActorID)
}

// HasAccess reports whether a person has a session or a token.
func (r Reader) HasAccess(actorID int64) (bool, error) {
	n, err := r.number(`SELECT COUNT(*) FROM sessions WHERE (actor_id = ? OR acted_by = ?) AND ended_at = 0`, actorID, actorID)
	if err != nil || n > 0 {
		return n > 0, err
	}
	n, err = r.number(`SELECT COUNT(*) FROM oauth_tokens WHERE (actor_id = ? OR acted_by = ?) AND revoked_at = 0`, actorID, actorID)
	return n > 0, err
}

// EndAccess ends every session and token of a person, also those of shared
// accounts, and what could still become one. Nobody is asked about the person then.
func (tx *Tx) EndAccess(actorID int64) error {
	if _, err := tx.exec(`DELETE FROM sign_in_links WHERE actor_id = ? AND used_at = 0`, actorID); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE identities SET refresh_token = '' WHERE actor_id = ? AND refresh_token <> ''`, actorID); err != nil {
		return err
	}
	return tx.endAccess(`(actor_id = ? OR acted_by = ?)`, actorID, actorID)
}
