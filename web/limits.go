package web

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
)

// How much may be asked in a window: with one token, which a client's crawl
// through years of notifications must fit into, and from one address, behind
// which a whole office may sit.
const (
	window       = 5 * time.Minute
	perToken     = 1500
	perAddress   = 15_000
	maxCounted   = 100_000
	resetPattern = "2006-01-02T15:04:05.000000Z" // clients insist on the microseconds
)

// counter counts requests by key, in windows that all keys share: its memory
// is bounded by what one window brings.
type counter struct {
	limit int
	now   func() time.Time

	mu     sync.Mutex
	ends   time.Time
	counts map[string]int
}

// take counts a request and tells how many are left, less than 0 if none were.
func (l *counter) take(key string) (left int, ends time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.now(); !now.Before(l.ends) {
		l.ends, l.counts = now.Add(window), map[string]int{}
	}
	if _, known := l.counts[key]; !known && len(l.counts) >= maxCounted {
		key = "" // the rest share one
	}
	l.counts[key]++
	return l.limit - l.counts[key], l.ends
}

// limiter makes the check of a route, if it has one.
type limiter func(Route) []gin.HandlerFunc

// addresses counts by address, before anything is looked up.
func (w *Web) addresses() limiter {
	addresses := &counter{limit: perAddress, now: time.Now}
	return func(r Route) []gin.HandlerFunc {
		if !w.Limits || !limited(r) {
			return nil
		}
		return []gin.HandlerFunc{func(c *gin.Context) { check(c, addresses, network(c.ClientIP())) }}
	}
}

// limited reports whether a route is one for client apps: other nodes and
// pages have limits of their own.
func limited(r Route) bool {
	return strings.HasPrefix(r.Path, "/api/") || strings.HasPrefix(r.Path, "/oauth/")
}

// tokens counts by token, once it is known whose it is.
func (w *Web) tokens() limiter {
	tokens := &counter{limit: perToken, now: time.Now}
	return func(r Route) []gin.HandlerFunc {
		if !w.Limits || !limited(r) {
			return nil
		}
		return []gin.HandlerFunc{func(c *gin.Context) {
			if who := auth.WhoIs(c.Request.Context()); who.TokenID != 0 {
				check(c, tokens, strconv.FormatInt(who.TokenID, 36))
			}
		}}
	}
}

func check(c *gin.Context, l *counter, key string) {
	left, ends := l.take(key)
	h := c.Writer.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(left, 0)))
	h.Set("X-RateLimit-Reset", ends.UTC().Format(resetPattern))
	if left < 0 {
		fail(c, fault.New(fault.TooMany, "Too many requests"))
	}
}

// network is whom an address is counted as: of IPv6, the /64 that one
// household has.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Is4() || ip.Is4In6() {
		return address
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
