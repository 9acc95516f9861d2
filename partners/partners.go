package partners

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// Policy is what we do with a domain.
type Policy string

// The policies. Limit lets a domain in but keeps it out of public timelines.
const (
	Allow Policy = "allow"
	Limit Policy = "limit"
	Block Policy = "block"
)

// Partners decides who is let in.
type Partners struct {
	DB   *store.DB
	Open bool // federation.mode: everybody but the blocked, else only the allowed
	Self federation.Host
	Log  *slog.Logger

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
	rows, err := p.DB.With(ctx).Partners()
	if err != nil {
		return err
	}
	policies := make(map[string]Policy, len(rows))
	for _, row := range rows {
		policies[row.Domain] = Policy(row.Policy)
	}
	p.policies.Store(&policies)
	return nil
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
		if policy, ok := match(*policies, host); ok {
			return policy
		}
	}
	if p.Open {
		return Allow
	}
	return Block
}

func match(policies map[string]Policy, host federation.Host) (Policy, bool) {
	// An entry with a port is about that port alone; one without is about all.
	for _, name := range []string{string(host), host.Name()} {
		if policy, ok := policies[name]; ok {
			return policy, true
		}
	}
	for name := host.Name(); ; {
		_, above, more := strings.Cut(name, ".")
		if !more {
			return "", false
		}
		if policy, ok := policies["*."+above]; ok {
			return policy, true
		}
		name = above
	}
}

// Admits says whether we talk to a host at all; an error tells why not.
func (p *Partners) Admits(host federation.Host) error {
	if p.Policy(host) != Block {
		return nil
	}
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

// Set puts a domain, or with *. all below it, under a policy. by is who
// decides: 0 for the command line.
func (p *Partners) Set(ctx context.Context, by int64, domain, policy string) error {
	domain, err := normalise(domain)
	if err != nil {
		return err
	}
	switch Policy(policy) {
	case Allow, Limit, Block:
	default:
		return fault.New(fault.Invalid, "A partner is allowed, limited or blocked, not "+policy)
	}
	err = p.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetPartner(&store.Partner{Domain: domain, Policy: policy}); err != nil {
			return err
		}
		if err := tx.LimitDomain(domain, Policy(policy) == Limit); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "partner." + policy, Subject: domain})
	})
	if err != nil {
		return err
	}
	return p.Load(ctx)
}

// Remove leaves a domain to what the mode says.
func (p *Partners) Remove(ctx context.Context, by int64, domain string) error {
	domain, err := normalise(domain)
	if err != nil {
		return err
	}
	err = p.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.DeletePartner(domain); err != nil {
			return err
		}
		if err := tx.LimitDomain(domain, false); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "partner.remove", Subject: domain})
	})
	if err != nil {
		return err
	}
	return p.Load(ctx)
}

func normalise(domain string) (string, error) {
	rest, wildcard := strings.CutPrefix(strings.TrimSpace(domain), "*.")
	host, err := federation.ParseHost(rest)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "Write a domain such as social.example.org, or *.example.org for all below it")
	}
	if wildcard {
		return "*." + string(host), nil
	}
	return string(host), nil
}
