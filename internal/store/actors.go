package store

import (
	"strings"

	"gorm.io/gorm/clause"
)

// Actor is the actor with the id.
func (r Reader) Actor(id int64) (*Actor, error) {
	var a Actor
	return &a, r.one(&a, "Account", `SELECT * FROM actors WHERE id = ?`, id)
}

// ActorByURI is the actor with the ActivityPub id.
func (r Reader) ActorByURI(uri string) (*Actor, error) {
	var a Actor
	return &a, r.one(&a, "Account", `SELECT * FROM actors WHERE uri = ?`, uri)
}

// ActorByHandle is who has, or once had, the name at the domain; an empty
// domain means here.
func (r Reader) ActorByHandle(name, domain string) (*Actor, error) {
	var a Actor
	return &a, r.one(&a, "Account", `SELECT a.* FROM handles h JOIN actors a ON a.id = h.actor_id WHERE h.name = ? AND h.domain = ?`,
		strings.ToLower(name), strings.ToLower(domain))
}

// Actors are the actors with the ids, by id. Missing ones are left out.
func (r Reader) Actors(ids []int64) (map[int64]*Actor, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cond, arg := r.in("id", ids)
	var rows []*Actor
	if err := r.scan(&rows, `SELECT * FROM actors WHERE `+cond, arg); err != nil {
		return nil, err
	}
	return byID(rows, func(a *Actor) int64 { return a.ID }), nil
}

// ActorsByURI are the actors with the ActivityPub ids that are known, by id.
func (r Reader) ActorsByURI(uris []string) (map[string]*Actor, error) {
	if len(uris) == 0 {
		return nil, nil
	}
	cond, arg := r.inText("uri", uris)
	var rows []*Actor
	if err := r.scan(&rows, `SELECT * FROM actors WHERE `+cond, arg); err != nil {
		return nil, err
	}
	return byID(rows, func(a *Actor) string { return a.URI }), nil
}

func byID[K comparable, T any](rows []T, key func(T) K) map[K]T {
	m := make(map[K]T, len(rows))
	for _, row := range rows {
		m[key(row)] = row
	}
	return m
}

// ActorsBehind are remote actors, at most limit with an id above the given one:
// whose own inbox it is, or, of those who share it, who follow one of ours.
func (r Reader) ActorsBehind(inbox string, above int64, limit int) ([]*Actor, error) {
	var rows []*Actor
	return rows, r.scan(&rows, `SELECT * FROM (
 SELECT a.* FROM actors a WHERE a.domain <> '' AND a.inbox_uri = ? AND a.id > ?
 UNION SELECT a.* FROM actors a WHERE a.domain <> '' AND a.shared_inbox_uri = ? AND a.id > ? AND EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = a.id)) b ORDER BY b.id LIMIT ?`,
		inbox, above, inbox, above, limit)
}

// like makes text literal inside a LIKE pattern.
func like(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// InstanceActor is the actor that fetches in the node's own name.
func (r Reader) InstanceActor() (*Actor, error) {
	var a Actor
	return &a, r.one(&a, "Instance actor", `SELECT * FROM actors WHERE domain = '' AND kind = 'Application' ORDER BY id LIMIT 1`)
}

// Key is the public key with the id, and its owner.
func (r Reader) Key(keyID string) (*Key, error) {
	var k Key
	return &k, r.one(&k, "Key", `SELECT * FROM actor_keys WHERE key_id = ? AND retired_at = 0`, keyID)
}

// SigningKeys are the keys that one of our actors signs with, one for each
// algorithm.
func (r Reader) SigningKeys(actorID int64) ([]*Key, error) {
	var rows []*Key
	return rows, r.scan(&rows, `SELECT * FROM actor_keys WHERE actor_id = ? AND private_key <> '' AND retired_at = 0 ORDER BY key_id`, actorID)
}

// KeysMade is when the newest of the actor's signing keys was made.
func (r Reader) KeysMade(actorID int64) (Time, error) {
	n, err := r.number(`SELECT COALESCE(MAX(created_at), 0) FROM actor_keys WHERE actor_id = ? AND private_key <> '' AND retired_at = 0`, actorID)
	return Time(n), err
}

// Keyless are at most limit of our actors that have no key for the algorithm.
func (r Reader) Keyless(algorithm string, limit int) ([]*Actor, error) {
	var rows []*Actor
	return rows, r.scan(&rows, `SELECT a.* FROM actors a WHERE a.domain = '' AND EXISTS (SELECT 1 FROM actor_keys k WHERE k.actor_id = a.id AND k.private_key <> '')
 AND NOT EXISTS (SELECT 1 FROM actor_keys k WHERE k.actor_id = a.id AND k.algorithm = ? AND k.private_key <> '') ORDER BY a.id LIMIT ?`, algorithm, limit)
}

// Alone waits until no other transaction is under way that asked for the same
// name, and keeps it until this one ends. SQLite has one writer anyway.
func (tx *Tx) Alone(name string) error {
	if !tx.postgres {
		return nil
	}
	_, err := tx.exec(`SELECT pg_advisory_xact_lock(7033419, hashtext(?))`, name)
	return err
}

// CreateActor stores a new actor under its handle. Where the handle belonged
// to another, a remote one's is taken over: its node has given it anew.
func (tx *Tx) CreateActor(a *Actor) error {
	if err := tx.g.Create(a).Error; err != nil {
		return err
	}
	return tx.setHandle(a)
}

// UpdateActor stores the actor as it is now, under a new revision.
func (tx *Tx) UpdateActor(a *Actor) error {
	a.Revision++
	a.UpdatedAt = Now()
	// Counters belong to whoever follows and posts, not to a profile.
	err := tx.g.Omit("StatusesCount", "FollowersCount", "FollowingCount", "LastStatusAt", "FeaturedAt", "Lifecycle", "Limited", "AccountLimited", "DomainBlocked", "MovedAt").Save(a).Error
	if err != nil {
		return err
	}
	return tx.setHandle(a)
}

// setHandle makes the actor's name and domain its current handle; earlier ones
// keep resolving.
func (tx *Tx) setHandle(a *Actor) error {
	name, domain := strings.ToLower(a.Username), strings.ToLower(a.Domain)
	if err := tx.changed("actors", a.ID); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE handles SET is_current = FALSE WHERE actor_id = ? AND NOT (name = ? AND domain = ?) AND is_current`, a.ID, name, domain); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO handles (name, domain, actor_id, is_current, created_at) VALUES (?, ?, ?, TRUE, ?)
 ON CONFLICT (name, domain) DO UPDATE SET actor_id = excluded.actor_id, is_current = TRUE`, name, domain, a.ID, Now())
	return err
}

// SetKey stores a key under its id, in place of what was there.
func (tx *Tx) SetKey(k *Key) error {
	return tx.g.Clauses(clause.OnConflict{UpdateAll: true}).Create(k).Error
}

// RetireKeys ends all keys of a remote actor.
func (tx *Tx) RetireKeys(actorID int64) error {
	_, err := tx.exec(`UPDATE actor_keys SET retired_at = ? WHERE actor_id = ? AND retired_at = 0`, Now(), actorID)
	return err
}

// SetLifecycle moves an account to another state.
func (tx *Tx) SetLifecycle(actorID int64, state Lifecycle) error {
	_, err := tx.exec(`UPDATE actors SET lifecycle = ?, revision = revision + 1, updated_at = ? WHERE id = ?`, state, Now(), actorID)
	return err
}
