package safehttp

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// skew is what the clocks of others say of ours, by the Date of their answers.
// RFC 9110 6.6.1
type skew struct {
	mu   sync.Mutex
	next time.Time
	says map[string]time.Duration // by host
}

const (
	skewHosts = 16          // that are remembered
	skewEvery = time.Second // one answer is looked at
)

// note looks at an answer, now and then.
func (s *skew) note(resp *http.Response, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.next) {
		return
	}
	s.next = now.Add(skewEvery)
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || resp.Request == nil {
		return
	}
	host := resp.Request.URL.Hostname()
	if _, known := s.says[host]; !known && len(s.says) == skewHosts {
		for other := range s.says { // any of them
			delete(s.says, other)
			break
		}
	}
	s.says[host] = now.Sub(date)
}

// Skew is by how much our clock is ahead of those of other hosts, their median,
// and of how many hosts that is. It is good to a second or two.
func (c *Client) Skew() (ahead time.Duration, hosts int) {
	c.skew.mu.Lock()
	defer c.skew.mu.Unlock()
	all := make([]time.Duration, 0, len(c.skew.says))
	for _, d := range c.skew.says {
		all = append(all, d)
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], len(all)
}
