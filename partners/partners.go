package partners

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/queue"
	"parley/internal/store"
)

// Policy is what we do with a domain.
type Policy string

// The policies. Limit lets a domain in, keeps it out of public timelines, tags
// and search, has its people ask before they follow, and its notifications wait
// for those who follow none of them. Block has nothing of it fetched, taken,
// sent or shown, and ends all follows with it.
const (
	Allow Policy = "allow"
	Limit Policy = "limit"
	Block Policy = "block"
)

// Partners decides who is let in.
type Partners struct {
	DB    *store.DB
	Queue *queue.Queue
	Open  bool // federation.mode: everybody but the blocked, else only the allowed
	Self  federation.Host
	Log   *slog.Logger

	policies atomic.Pointer[map[string]Policy]
}

// refresh is how long another process may take to learn of a change.
const refresh = 3 * time.Second

// Watch keeps the policies current until ctx ends.
func (p *Partners) Watch(ctx context.Context) {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := p.Load(ctx); err != nil && ctx.Err() == nil {
				p.Log.Warn("cannot read the partners; the last known policies hold", "error", err)
			}
		}
	}
}

// Load reads the policies.
func (p *Partners) Load(ctx context.Context) error {
	policies, err := entries(p.DB.With(ctx))
	if err != nil {
		return err
	}
	p.policies.Store(&policies)
	return nil
}

func entries(r store.Reader) (map[string]Policy, error) {
	rows, err := r.Partners()
	policies := make(map[string]Policy, len(rows))
	for _, row := range rows {
		policies[row.Domain] = Policy(row.Policy)
	}
	return policies, err
}

// Policy is what holds for a host: its own entry, or that of the closest
// wildcard above it, or what the mode says.
func (p *Partners) Policy(host federation.Host) Policy {
	if host == "" {
		return Block
	}
	if host == p.Self {
		return Allow
	}
	if policies := p.policies.Load(); policies != nil {
		return p.of(*policies, host)
	}
	return p.of(nil, host)
}

// of is what holds for a host of others under the entries.
func (p *Partners) of(policies map[string]Policy, host federation.Host) Policy {
	if policy, ok := match(policies, host); ok {
		return policy
	}
	if p.Open {
		return Allow
	}
	return Block
}

// Under is the entry that a host falls under, other where there is none: of
// few values, to count by.
func (p *Partners) Under(host federation.Host) string {
	if policies := p.policies.Load(); policies != nil {
		if name, ok := entry(*policies, host); ok {
			return name
		}
	}
	return "other"
}

func match(policies map[string]Policy, host federation.Host) (Policy, bool) {
	name, ok := entry(policies, host)
	return policies[name], ok
}

// entry is the key of what holds for a host.
func entry(policies map[string]Policy, host federation.Host) (string, bool) {
	// An entry with a port is about that port alone; one without is about all.
	for _, name := range []string{string(host), host.Name()} {
		if _, ok := policies[name]; ok {
			return name, true
		}
	}
	for name := host.Name(); ; {
		_, above, more := strings.Cut(name, ".")
		if !more {
			return "", false
		}
		if _, ok := policies["*."+above]; ok {
			return "*." + above, true
		}
		name = above
	}
}

// Stands is the policy for a host as it is stored now, which another process
// may have changed a moment ago.
func (p *Partners) Stands(r store.Reader, host federation.Host) (Policy, error) {
	policies, err := entries(r)
	return p.of(policies, host), err
}

// Admits says whether we talk to a host at all; an error tells why not.
func (p *Partners) Admits(host federation.Host) error {
	if p.Policy(host) != Block {
		return nil
	}
	return Refusal(host)
}

// Refusal is what those hear with whom we do not talk.
func Refusal(host federation.Host) error {
	return fault.New(fault.Forbidden, "This node does not federate with "+string(host))
}

// Bars reports whether a host is blocked by its name. Files may lie on a host
// that is no partner, as long as the post that shows them is a partner's.
func (p *Partners) Bars(host federation.Host) bool {
	policies := p.policies.Load()
	if policies == nil {
		return false
	}
	policy, ok := match(*policies, host)
	return ok && policy == Block
}

// Limited reports whether posts of a host stay out of public timelines.
func (p *Partners) Limited(host federation.Host) bool { return p.Policy(host) == Limit }
