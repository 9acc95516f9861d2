package store

// ActorQuery says which people are looked for.
type ActorQuery struct {
	Handle string   // as it begins, with its mark
	Name   []Clause // of the name
	About  []Clause // of the rest of the profile
	// Following has only whom the viewer follows.
	Following bool
}

// bounds of how many are weighed against each other: of a letter or two there
// may be very many.
const (
	maxNamed = 1000
	maxAbout = 200
)

// foundSQL says that the actor a, whose follow by the viewer is f, may be found.
const foundSQL = present + ` AND a.lifecycle = 'active' AND a.kind <> 'Application' AND (NOT a.limited OR f.id IS NOT NULL)
 AND NOT EXISTS (SELECT 1 FROM domain_blocks d WHERE d.actor_id = ? AND d.domain = a.domain)`

// SearchActors finds people: those whom the viewer follows first, then by
// handle or name, then by what they say of themselves, those with many
// followers before others.
func (r Reader) SearchActors(viewer int64, q ActorQuery, limit, offset int) ([]*Actor, error) {
	if len(q.Name) == 0 {
		return nil, nil
	}
	newest := r.wordKey()
	if r.postgres {
		newest += " + 0" // else it would go through all there are from the newest on, see byEra
	}
	s := r.syntax()
	named := s.all(q.Name)
	if q.Handle != "" {
		named += s.or + s.phrase(Clause{Words: []string{q.Handle}, Prefix: true})
	}
	match := s.condition("actor_words")
	found := `SELECT f.target_id AS id, 0 AS place FROM follows f WHERE f.follower_id = ? AND f.accepted AND f.target_id IN (SELECT ` + r.wordKey() + ` FROM actor_words WHERE ` + match + `)`
	args := []any{viewer, named}
	if !q.Following {
		for i, some := range []struct {
			words string
			most  int
		}{{named, maxNamed}, {s.all(q.About), maxAbout}} {
			found += ` UNION ALL SELECT id, CAST(? AS bigint) FROM (SELECT ` + r.wordKey() + ` AS id FROM actor_words WHERE ` + match + ` ORDER BY ` + newest + ` DESC LIMIT ?) s`
			args = append(args, i+1, some.words, some.most)
		}
	}
	return r.people(viewer, `SELECT id, MIN(place) AS place FROM (`+found+`) e GROUP BY id`, args, `c.place, a.followers_count DESC, a.id`, limit, offset)
}

// TagPeople are those who have to do with a hashtag: who carry it on their
// profile first, then who used it most of late, in what the viewer may see.
func (r Reader) TagPeople(viewer int64, tag string, limit, offset int) ([]*Actor, error) {
	seen, seenArgs := visible(viewer, "q", "qa")
	args := append([]any{r.syntax().phrase(Clause{Words: []string{"#" + tag}}), maxAbout, tag, maxNamed}, seenArgs...)
	return r.people(viewer, `SELECT id, MAX(carries) AS carries, SUM(uses) AS uses FROM (
 SELECT id, 1 AS carries, 0 AS uses FROM (SELECT `+r.wordKey()+` AS id FROM actor_words WHERE `+r.syntax().condition("actor_words")+` LIMIT ?) s
 UNION ALL SELECT q.actor_id, 0, 1 FROM (SELECT post_id FROM post_tags WHERE tag = ? ORDER BY post_id DESC LIMIT ?) g
  JOIN posts q ON q.id = g.post_id JOIN actors qa ON qa.id = q.actor_id WHERE qa.discoverable AND `+seen+`) e GROUP BY id`,
		args, `c.carries DESC, c.uses DESC, a.followers_count DESC, a.id`, limit, offset)
}

// people are those of the ids in a query whom the viewer may find.
func (r Reader) people(viewer int64, ids string, args []any, order string, limit, offset int) ([]*Actor, error) {
	var rows []*Actor
	return rows, r.scan(&rows, `SELECT a.* FROM (`+ids+`) c JOIN actors a ON a.id = c.id LEFT JOIN follows f ON f.follower_id = ? AND f.target_id = a.id AND f.accepted
 WHERE `+foundSQL+` ORDER BY `+order+` LIMIT ? OFFSET ?`, append(args, viewer, viewer, limit, offset)...)
}
