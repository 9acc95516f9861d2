package store

// findable says of the actor a that they want to be found, and can be followed.
const findable = `a.discoverable AND a.kind <> 'Application' AND a.moved_to_uri = '' AND NOT a.limited AND a.lifecycle = 'active' AND NOT a.suspended_there AND NOT a.domain_blocked`

// apartSQL says that the viewer and the actor a have something against each
// other.
const apartSQL = `(a.id IN (SELECT b.target_id FROM blocks b WHERE b.actor_id = ?) OR a.id IN (SELECT b.actor_id FROM blocks b WHERE b.target_id = ?)
 OR a.id IN (SELECT m.target_id FROM mutes m WHERE m.actor_id = ? AND (m.expires_at = 0 OR m.expires_at > ?)) OR a.domain IN (SELECT d.domain FROM domain_blocks d WHERE d.actor_id = ?))`

// apart is apartSQL with its arguments.
func apart(viewer int64) (string, []any) {
	return apartSQL, []any{viewer, viewer, viewer, Now(), viewer}
}

// Suggestion is somebody whom the reader may like to follow, and why.
type Suggestion struct {
	ActorID int64
	Sources []string // friends_of_friends, most_interactions, most_followed
}

// How far suggestions look: at whom the reader began to follow last, and at
// what was favourited last.
const (
	recentFriends    = 200
	recentFavourites = 2000
)

// Suggestions are whom the reader may like to follow: whom those follow whom the
// reader follows, whose posts are favourited most here, and whom most follow.
func (r Reader) Suggestions(reader int64, limit int) ([]*Suggestion, error) {
	var all []*Suggestion
	known := map[int64]*Suggestion{}
	for _, source := range []struct {
		name, from, group, order string
		args                     []any
	}{
		{"friends_of_friends", `(SELECT f.target_id FROM follows f JOIN actors m ON m.id = f.target_id WHERE f.follower_id = ? AND f.accepted AND NOT m.hide_collections ORDER BY f.id DESC LIMIT ?) f
 JOIN follows g ON g.follower_id = f.target_id AND g.accepted JOIN actors a ON a.id = g.target_id`, "GROUP BY a.id", "COUNT(*)", []any{reader, recentFriends}},
		{"most_interactions", `(SELECT actor_id, post_id FROM favourites ORDER BY id DESC LIMIT ?) v
 JOIN posts p ON p.id = v.post_id AND p.actor_id <> v.actor_id AND p.visibility = 'public' AND p.deleted_at = 0 JOIN actors a ON a.id = p.actor_id`, "GROUP BY a.id", "COUNT(*)", []any{recentFavourites}},
		{"most_followed", `actors a`, "", "a.followers_count", nil},
	} {
		ids, err := r.suggested(reader, limit, source.from, source.group, source.order, source.args)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if known[id] == nil {
				known[id] = &Suggestion{ActorID: id}
				all = append(all, known[id])
			}
			known[id].Sources = append(known[id].Sources, source.name)
		}
	}
	return all[:min(len(all), limit)], nil
}

// suggested are those from a source whom the reader may like to follow, those
// with the most of what the order counts first.
func (r Reader) suggested(reader int64, limit int, from, group, order string, args []any) ([]int64, error) {
	against, theirs := apart(reader)
	args = append(append(args, theirs...), reader, reader, reader, limit)
	return r.ids(`SELECT a.id FROM `+from+` WHERE `+findable+` AND NOT `+against+` AND a.id <> ?
 AND a.id NOT IN (SELECT o.target_id FROM follows o WHERE o.follower_id = ?) AND a.id NOT IN (SELECT s.target_id FROM dismissed_suggestions s WHERE s.actor_id = ?)
 `+group+` ORDER BY `+order+` DESC, a.id DESC LIMIT ?`, args...)
}

// DismissSuggestion has the actor not suggested to the reader again.
func (tx *Tx) DismissSuggestion(reader, actorID int64) error {
	_, err := tx.exec(`INSERT INTO dismissed_suggestions (actor_id, target_id) SELECT CAST(? AS bigint), id FROM actors WHERE id = ? ON CONFLICT DO NOTHING`, reader, actorID)
	return err
}

// DirectoryQuery says which part of the directory is wanted.
type DirectoryQuery struct {
	Local         bool // only our people
	New           bool // who came last first, else who posted last
	Limit, Offset int
}

// Directory are those who want to be found, as the viewer may see them. By the
// last post they are read day by day: an index over the moment itself would be
// written to with every post.
func (r Reader) Directory(viewer int64, q DirectoryQuery) ([]int64, error) {
	where, order := findable, "a.last_status_day DESC, a.last_status_at DESC, a.id DESC"
	if q.New {
		order = "a.id DESC"
	}
	if q.Local {
		where += " AND a.domain = ''"
	}
	against, args := apart(viewer)
	return r.ids(`SELECT a.id FROM actors a WHERE `+where+` AND NOT `+against+` ORDER BY `+order+` LIMIT ? OFFSET ?`, append(args, q.Limit, q.Offset)...)
}
