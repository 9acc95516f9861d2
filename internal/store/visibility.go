package store

import (
	"slices"
	"strings"
)

// Sight is what decides whether a viewer may see a post: a row of facts for
// MaySee, which is the rule in Go. The same rule stands below in SQL, and a
// property test holds the two together.
type Sight struct {
	Viewer      int64 // 0: a stranger
	ViewerLocal bool  // one of our people
	Author      int64
	Lifecycle   Lifecycle // of the author
	Suspended   bool      // the author is, by their own node
	Barred      bool      // the author's host is, by a policy of this node
	Visibility  Visibility
	Scope       Scope
	Deleted     bool
	Held        bool
	Mentioned   bool // the viewer is
	Follower    bool // the viewer is, and was accepted
	Blocked     bool // the author blocks the viewer, or their domain
}

// MaySee is the one rule of who may see a post.
func (s Sight) MaySee() bool {
	author := s.Viewer != 0 && s.Viewer == s.Author
	switch {
	case s.Deleted, s.Held && !author, s.Blocked, s.Scope != World && !s.ViewerLocal:
		return false
	case s.Suspended, s.Barred, !slices.Contains([]Lifecycle{Active, Deprovisioned}, s.Lifecycle):
		return false
	case author, s.Visibility == Public, s.Visibility == Unlisted, s.Mentioned:
		return true
	default:
		return s.Visibility == Private && s.Follower
	}
}

// present says that the actor a is neither suspended, here or at home, nor
// erased, nor on a host that this node blocks.
const present = `a.lifecycle IN ('active','deprovisioned') AND NOT a.suspended_there AND NOT a.domain_blocked`

// visibleSQL is MaySee for a post p and its author a; each ? is the viewer. Who
// blocks the viewer is nearly always nobody: that is found out once for a page
// and not for each post.
const visibleSQL = `(p.deleted_at = 0 AND (p.held_until = 0 OR p.actor_id = ?)
 AND ` + present + `
 AND (p.scope = 'world' OR EXISTS (SELECT 1 FROM users vu WHERE vu.actor_id = ?))
 AND (p.visibility IN ('public','unlisted') OR p.actor_id = ?
  OR EXISTS (SELECT 1 FROM mentions vm WHERE vm.post_id = p.id AND vm.actor_id = ?)
  OR (p.visibility = 'private' AND EXISTS (SELECT 1 FROM follows vf WHERE vf.follower_id = ? AND vf.target_id = p.actor_id AND vf.accepted)))
 AND p.actor_id NOT IN (SELECT vb.actor_id FROM blocks vb WHERE vb.target_id = ?)
 AND p.actor_id NOT IN (SELECT vd.actor_id FROM actors vv JOIN domain_blocks vd ON vd.domain = vv.domain WHERE vv.id = ? AND vv.domain <> ''))`

// heardSQL says that the viewer has neither muted nor blocked the author a of
// p, nor blocked their domain.
const heardSQL = `(p.actor_id NOT IN (SELECT hm.target_id FROM mutes hm WHERE hm.actor_id = ? AND (hm.expires_at = 0 OR hm.expires_at > ?))
 AND p.actor_id NOT IN (SELECT hb.target_id FROM blocks hb WHERE hb.actor_id = ?)
 AND a.domain NOT IN (SELECT hd.domain FROM domain_blocks hd WHERE hd.actor_id = ?))`

// visible is visibleSQL with its arguments, for the post and author aliases given.
func visible(viewer int64, post, author string) (string, []any) {
	return realias(visibleSQL, post, author), []any{viewer, viewer, viewer, viewer, viewer, viewer, viewer}
}

// heard is heardSQL with its arguments, for the post and author aliases given.
func heard(viewer int64, post, author string) (string, []any) {
	return realias(heardSQL, post, author), []any{viewer, Now(), viewer, viewer}
}

func realias(query, post, author string) string {
	if post == "p" {
		return query
	}
	return strings.NewReplacer(" p.", " "+post+".", "(p.", "("+post+".", " a.", " "+author+".").Replace(query)
}
