package partners

import (
	"context"
	"slices"
	"strings"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// PolicyJob does what a change of policy takes time for: it ends the follows
// with hosts that are blocked now, and counts anew what their people had a part
// in.
type PolicyJob struct {
	Domain    string `json:"domain"`
	Severance int64  `json:"severance,omitempty"` // where the domain is blocked now
}

// Kind names the job.
func (PolicyJob) Kind() string { return "policy" }

// RestoreJob takes up again the follows that a decision ended.
type RestoreJob struct {
	Severance int64 `json:"severance"`
	Above     int64 `json:"above,omitempty"` // severed follow
}

// Kind names the job.
func (RestoreJob) Kind() string { return "restore" }

// Entry is what is decided about a domain, or with *. about all below it.
type Entry struct {
	Domain  string
	Policy  Policy
	Comment *string // for those who run the node; nil leaves what is there
}

// Set puts a domain, or with *. all below it, under a policy. by is who
// decides: 0 for the command line.
func (p *Partners) Set(ctx context.Context, by int64, domain, policy string) error {
	return p.Decide(ctx, by, Entry{Domain: domain, Policy: Policy(policy)})
}

// Decide is Set with a comment.
func (p *Partners) Decide(ctx context.Context, by int64, e Entry) error {
	switch e.Policy {
	case Allow, Limit, Block:
	default:
		return fault.New(fault.Invalid, "A partner is allowed, limited or blocked, not "+string(e.Policy))
	}
	return p.change(ctx, by, e.Domain, "partner."+string(e.Policy), func(tx *store.Tx, domain string) error {
		if err := tx.SetPartner(&store.Partner{Domain: domain, Policy: string(e.Policy)}); err != nil || e.Comment == nil {
			return err
		}
		return tx.DescribePartner(domain, *e.Comment)
	})
}

// Describe keeps a comment on a domain that has a policy.
func (p *Partners) Describe(ctx context.Context, by int64, domain, comment string) error {
	return p.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.DescribePartner(domain, comment); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "partner.describe", Subject: domain})
	})
}

// Entry is what is decided about exactly that domain.
func (p *Partners) Entry(ctx context.Context, domain string) (*store.Partner, error) {
	domain, err := normalise(domain)
	if err != nil {
		return nil, err
	}
	return p.DB.With(ctx).Partner(domain)
}

// Remove leaves a domain to what the mode says.
func (p *Partners) Remove(ctx context.Context, by int64, domain string) error {
	return p.change(ctx, by, domain, "partner.remove", func(tx *store.Tx, domain string) error { return tx.DeletePartner(domain) })
}

// change stores an entry, and in the same transaction what it means for all
// whom we have met: whoever reads the database sees it at once.
func (p *Partners) change(ctx context.Context, by int64, domain, action string, write func(*store.Tx, string) error) error {
	domain, err := normalise(domain)
	if err != nil {
		return err
	}
	err = p.DB.Write(ctx, func(tx *store.Tx) error {
		if err := write(tx, domain); err != nil {
			return err
		}
		policies, err := entries(tx.Reader)
		if err != nil {
			return err
		}
		if err := rule(tx, policies); err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Act{ActorID: by, Action: action, Subject: domain}); err != nil {
			return err
		}
		return p.settle(ctx, tx, domain, policies[domain])
	})
	if err != nil {
		return err
	}
	return p.Load(ctx)
}

// rule has every host stand as the entries say. Only an entry hides what is
// here: with a host that merely is no partner we do not talk.
func rule(tx *store.Tx, policies map[string]Policy) error {
	hosts, err := tx.RemoteHosts()
	if err != nil {
		return err
	}
	under := map[Policy][]string{}
	for _, host := range hosts {
		policy, ok := match(policies, federation.Host(host))
		if !ok {
			policy = Allow
		}
		under[policy] = append(under[policy], host)
	}
	for _, policy := range []Policy{Allow, Limit, Block} {
		if err := tx.RuleHosts(under[policy], policy == Limit, policy == Block); err != nil {
			return err
		}
	}
	return nil
}

// settle stores the job for the rest, and for a block the decision under which
// follows end.
func (p *Partners) settle(ctx context.Context, tx *store.Tx, domain string, policy Policy) error {
	job := PolicyJob{Domain: domain}
	if policy == Block {
		s := &store.Severance{ID: store.NewID(), Kind: "domain_block", Target: domain}
		if err := tx.CreateSeverance(s); err != nil {
			return err
		}
		job.Severance = s.ID
	}
	return p.Queue.Insert(ctx, tx, job)
}

// Restore takes up again the follows with a domain that ended when it was
// blocked, now that it is not. It tells of how many blocks.
func (p *Partners) Restore(ctx context.Context, by int64, domain string) (found int, err error) {
	domain, err = normalise(domain)
	if err != nil {
		return 0, err
	}
	err = p.DB.Write(ctx, func(tx *store.Tx) error {
		policies, err := entries(tx.Reader)
		if err != nil {
			return err
		}
		if policies[domain] == Block {
			return fault.New(fault.Conflict, domain+" is blocked: allow it first")
		}
		all, err := tx.Unrestored("domain_block", domain)
		if err != nil {
			return err
		}
		found = len(all)
		for _, s := range all {
			if err := tx.Restored(s.ID); err != nil {
				return err
			}
			if err := p.Queue.Insert(ctx, tx, RestoreJob{Severance: s.ID}); err != nil {
				return err
			}
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "partner.restore", Subject: domain, Detail: map[string]any{"blocks": found}})
	})
	return found, err
}

// Under are those of the hosts that an entry for the domain is about.
func Under(domain string, hosts []string) []string {
	entry := map[string]Policy{domain: Block}
	return slices.DeleteFunc(slices.Clone(hosts), func(host string) bool {
		_, ok := match(entry, federation.Host(host))
		return !ok
	})
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
