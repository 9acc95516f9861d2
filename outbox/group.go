package outbox

import (
	"slices"

	"parley/internal/fault"
	"parley/internal/store"
)

// groupOf is the remote group that a post came by, or that its thread did: nil
// for most.
func groupOf(r store.Reader, p *store.Post) (*store.Actor, error) {
	group, err := r.GroupOf(p)
	if fault.Is(err, fault.NotFound) && p.ThreadID != p.ID {
		root, rerr := r.Post(p.ThreadID)
		if rerr != nil {
			return nil, rerr
		}
		group, err = r.GroupOf(root)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return group, err
}

// join gives a post for everybody to the group whose thread it answers, or
// that it names: it is addressed to the group, FEP-1b12, goes to its inbox, and
// the group passes it on. A group in the text is named aloud, another silently.
func (c *composed) join(p *store.Post) {
	if p.Visibility != store.Public && p.Visibility != store.Unlisted || p.Scope != store.World {
		c.group = nil
		return
	}
	if c.group == nil {
		if at := slices.IndexFunc(c.mentioned, func(a *store.Actor) bool { return a.Kind == "Group" && !a.Local() }); at >= 0 {
			p.AudienceURI = c.mentioned[at].URI
		}
		return
	}
	p.AudienceURI = c.group.URI
	if slices.ContainsFunc(c.mentioned, func(a *store.Actor) bool { return a.ID == c.group.ID }) {
		return
	}
	c.mentioned = append(c.mentioned, c.group)
}
