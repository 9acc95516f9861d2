package safehttp

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"parley/internal/fault"
)

// How much is fetched from one registrable domain: a burst, as a long thread or
// a timeline of pictures is read at once, and then so many a second, which is
// 36 000 an hour and far below what is a burden to any server. What somebody
// has us fetch costs a third no more than that, over however many subdomains.
const (
	burst      = 300
	perSecond  = 10
	maxDomains = 10_000
)

// interval is what one request takes off the budget.
const interval = time.Second / perSecond

// budget counts requests by domain. Of each it keeps the time at which its
// bucket is full again, so a domain that is idle need not be remembered.
type budget struct {
	mu   sync.Mutex
	full map[string]time.Time
}

// take spends one request on the domain, or tells how long to wait for one.
func (b *budget) take(domain string, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	full, known := b.full[domain]
	if !known && len(b.full) >= maxDomains && !b.forget(now) {
		return interval // thousands of domains in one moment are nobody's reading
	}
	if full.Before(now) {
		full = now
	}
	full = full.Add(interval)
	if wait = full.Sub(now) - burst*interval; wait > 0 {
		return wait
	}
	b.full[domain] = full
	return 0
}

// forget drops the domains whose buckets are full, and reports whether there
// is room now.
func (b *budget) forget(now time.Time) bool {
	for domain, full := range b.full {
		if !full.After(now) {
			delete(b.full, domain)
		}
	}
	return len(b.full) < maxDomains
}

// spend is an error where a domain was asked too often.
func (c *Client) spend(u *url.URL) error {
	domain := domainOf(u)
	wait := c.fetches.take(domain, time.Now())
	if wait == 0 {
		return nil
	}
	seconds := int(wait/time.Second) + 1
	return fault.New(fault.TooMany, fmt.Sprintf("This node has asked %s for a lot just now; try again in %d s", clean(domain), seconds))
}

// domainOf is whose an address is: the name that somebody registered, below
// which all names are his. An IP address, and a name of this machine, stands
// for itself with its port.
func domainOf(u *url.URL) string {
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return name + ":" + u.Port()
	}
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		name = ascii
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return domain
	}
	return name
}
