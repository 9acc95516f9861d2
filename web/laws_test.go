package web_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"parley/auth"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/web/mastodon"
)

// list is one that is paged by keys, and who reads it.
type list struct {
	who  *client
	path string
}

// crowd is a node on which everything happens as many times as people join, so
// that every list grows.
type crowd struct {
	*node
	ada, bea, dan, olga *client
	star, circle        string
	card                *store.Card
	size                int
}

func newCrowd(n *node) *crowd {
	n.t.Helper()
	n.Limits = false
	door, err := n.Handler()
	require.NoError(n.t, err)
	n.open(door)
	c := &crowd{node: n, ada: n.person("ada"), bea: n.person("bea"), dan: n.person("dan"), olga: n.steward("olga", auth.Owner)}
	c.bea.send("PATCH", "/api/v1/accounts/update_credentials", object{"locked": true}).ok()
	c.bea.send("PATCH", "/api/v2/notifications/policy", object{"for_not_following": "filter"}).ok()
	c.star = c.ada.post("A star")
	c.circle = c.ada.list(object{"title": "circle"})
	c.card = &store.Card{ID: store.NewID(), URL: "https://paper.example/", Kind: "link", Title: "Paper"}
	n.write(func(tx *store.Tx) error { return tx.SaveCard(c.card) })
	return c
}

func (c *crowd) join(people int) {
	c.t.Helper()
	for range people {
		c.size++
		one := c.person(fmt.Sprint("crowd", c.size))
		c.ada.follow(one)
		c.speak(one)
		c.collect(one)
		c.shun(one)
	}
	c.arrive(c.remote(c.ada.id, people), c.ada.id)
}

// speak has one do to Ada and Bea what people do to each other.
func (c *crowd) speak(one *client) {
	c.t.Helper()
	one.follow(c.ada)
	one.follow(c.bea)
	said := one.post(fmt.Sprintf("@ada @bea about #go and #topic%d", c.size))
	c.write(func(tx *store.Tx) error { return tx.SetCard(c.number(said), c.card.ID) })
	one.post("@ada between us", "visibility", "direct")
	one.post("Quoting", "quoted_status_id", c.star)
	for _, act := range []string{"favourite", "reblog"} {
		one.send("POST", "/api/v1/statuses/"+c.star+"/"+act, object{}).ok()
	}
	for _, act := range []string{"favourite", "bookmark"} {
		c.ada.send("POST", "/api/v1/statuses/"+said+"/"+act, object{}).ok()
	}
}

// collect has Ada keep something more of each kind.
func (c *crowd) collect(one *client) {
	c.t.Helper()
	c.ada.post(fmt.Sprint("Number ", c.size), "in_reply_to_id", c.star)
	c.ada.send("POST", one.at("/api/v1/accounts/%d/endorse"), object{}).ok()
	c.ada.send("POST", c.circle+"/accounts", object{"account_ids": ids(one)}).ok()
	c.ada.send("POST", fmt.Sprintf("/api/v1/tags/topic%d/follow", c.size), object{}).ok()
	c.ada.send("POST", "/api/v1/statuses", object{"status": "later", "scheduled_at": fmt.Sprintf("2099-01-%02dT00:00:00Z", c.size)}).ok()
}

// shun has Dan and the owner want to hear less.
func (c *crowd) shun(one *client) {
	c.t.Helper()
	c.dan.send("POST", one.at("/api/v1/accounts/%d/block"), object{}).ok()
	c.dan.send("POST", one.at("/api/v1/accounts/%d/mute"), object{}).ok()
	c.dan.send("POST", "/api/v1/domain_blocks", object{"domain": fmt.Sprintf("far%d.example", c.size)}).ok()
	one.report(c.dan, "hm")
	for path, o := range map[string]object{
		"domain_allows":          {"domain": fmt.Sprintf("ally%d.example", c.size)},
		"domain_blocks":          {"domain": fmt.Sprintf("foe%d.example", c.size), "severity": "suspend"},
		"ip_blocks":              {"ip": fmt.Sprintf("192.0.%d.0/24", c.size), "severity": "no_access"},
		"email_domain_blocks":    {"domain": fmt.Sprintf("mail%d.example", c.size)},
		"canonical_email_blocks": {"email": fmt.Sprintf("who%d@mail.example", c.size)},
	} {
		c.olga.send("POST", "/api/v1/admin/"+path, o).ok()
	}
}

// lists are all that are paged by keys.
func (c *crowd) lists() []list {
	star, circle := "statuses/"+c.star, strings.TrimPrefix(c.circle, "/api/v1/lists/")
	return slices.Concat(
		lists(c.ada, "timelines/home", "timelines/public", "timelines/public?local=true", "timelines/public?remote=true", "timelines/tag/go", "timelines/tag/go?any[]=topic1",
			"timelines/list/"+circle, "timelines/direct", "timelines/link?url="+url.QueryEscape(c.card.URL), "favourites", "bookmarks", "scheduled_statuses",
			c.ada.at("accounts/%d/statuses"), c.ada.at("accounts/%d/statuses?exclude_reblogs=true"), c.ada.at("accounts/%d/followers"), c.ada.at("accounts/%d/following"),
			c.ada.at("accounts/%d/endorsements"), "endorsements", "followed_tags", "lists/"+circle+"/accounts", "conversations", "notifications", "notifications?types[]=mention",
			star+"/favourited_by", star+"/reblogged_by", star+"/quotes"),
		lists(c.bea, "follow_requests", "notifications/requests", "notifications?include_filtered=true"),
		lists(c.dan, "blocks", "mutes", "domain_blocks"),
		lists(c.olga, "admin/accounts", "admin/reports", "admin/domain_allows", "admin/domain_blocks", "admin/ip_blocks", "admin/email_domain_blocks", "admin/canonical_email_blocks"),
	)
}

func lists(who *client, paths ...string) (all []list) {
	for _, path := range paths {
		all = append(all, list{who, "/api/v1/" + path})
	}
	return all
}

// page is what the list has within the bounds, each entry as it came.
func (l list) page(t require.TestingT, bounds url.Values) (entries []string, link string) {
	u, err := url.Parse(l.path)
	require.NoError(t, err)
	q := u.Query()
	for name, value := range bounds {
		q[name] = value
	}
	u.RawQuery = q.Encode()
	a := l.who.get(u.String()).ok()
	var raw []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(a.body), &raw))
	for _, r := range raw {
		entries = append(entries, string(r))
	}
	return entries, a.header.Get("Link")
}

// walk goes through the list one by one, and gives each entry by its key.
func (l list) walk(t *testing.T) (keys []string, entries map[string]string) {
	t.Helper()
	entries = map[string]string{}
	bounds := url.Values{"limit": {"1"}}
	for {
		one, link := l.page(t, bounds)
		if len(one) == 0 {
			assert.Empty(t, link)
			return keys, entries
		}
		m := linkHeader.FindStringSubmatch(link)
		require.NotNil(t, m, link)
		require.Equal(t, m[2], m[4], "one entry has one key")
		require.NotContains(t, entries, m[2], "the list goes round")
		keys, entries[m[2]] = append(keys, m[2]), one[0]
		bounds.Set("max_id", m[2])
	}
}

// The laws of max_id, since_id and min_id hold on every list: a model over all
// its keys, and what the node answers, agree for any of them together.
func TestPagingLaws(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := newCrowd(newNode(t, db))
		c.join(7)
		for _, l := range c.lists() {
			t.Run(l.path, func(t *testing.T) {
				keys, entries := l.walk(t)
				require.GreaterOrEqual(t, len(keys), c.size)
				require.True(t, slices.IsSortedFunc(keys, func(a, b string) int { return int(number(t, b) - number(t, a)) }), "newest first")
				rapid.Check(t, func(t *rapid.T) {
					q := url.Values{}
					bound := func(name string) int64 {
						if !rapid.Bool().Draw(t, name+"?") {
							return 0
						}
						key := number(t, rapid.SampledFrom(keys).Draw(t, name)) + int64(rapid.IntRange(-1, 1).Draw(t, name+" off"))
						q.Set(name, strconv.FormatInt(key, 10))
						return key
					}
					page := store.Page{Max: bound("max_id"), Since: bound("since_id"), Min: bound("min_id"), Limit: rapid.IntRange(1, c.size-1).Draw(t, "limit")}
					q.Set("limit", strconv.Itoa(page.Limit))
					want := []string{}
					for _, key := range model(keys, page) {
						want = append(want, entries[key])
					}
					if got, _ := l.page(t, q); !slices.Equal(want, got) {
						t.Fatalf("%s: want %v, got %v", q.Encode(), want, got)
					}
				})
			})
		}
	})
}

// Every list costs as many queries for many entries as for few.
func TestListsAreAConstantNumberOfQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := newCrowd(newNode(t, db))
		count, err := db.CountQueries()
		require.NoError(t, err)
		costs := func() (all []string) {
			for _, l := range c.lists() {
				c.API.Cache = mastodon.NewCache(1 << 20)
				before := count.Load()
				l.page(t, url.Values{"limit": {"20"}})
				all = append(all, fmt.Sprint(l.path, " ", count.Load()-before))
			}
			return all
		}
		c.join(8) // so many that the star is on no page, as a quoted post alone
		few := costs()
		c.join(6)
		assert.Equal(t, few, costs())
	})
}
