package web_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/web/mastodon"
)

// growthEnv names the variable that says how many posts the large node of
// BenchmarkGrowth has.
const growthEnv = "PARLEY_BENCH_POSTS"

// BenchmarkGrowth asks a node with ten thousand posts and one with many more for
// the same things by turns, so that whatever else the machine does slows both,
// and says how much longer the large one takes: growth is the ratio of the
// medians. Beside them stands the floor: one row by its key, for what writes one
// row and its commit. What is asked for is at another place each time, and
// nothing that was rendered is kept.
func BenchmarkGrowth(b *testing.B) {
	large := 100_000
	if text := os.Getenv(growthEnv); text != "" {
		var err error
		large, err = strconv.Atoi(text)
		require.NoError(b, err, growthEnv)
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			pair := []*aged{age(b, kind, 10_000), age(b, kind, large)}
			for _, q := range questions {
				b.Run(q.name, func(b *testing.B) { compare(b, pair, q) })
			}
		})
	}
}

// aged is a node with a past, and an administrator who reads it.
type aged struct {
	*node
	storetest.Past
	door  http.Handler
	admin *client
}

func age(b *testing.B, kind string, posts int) *aged {
	b.Helper()
	db := storetest.Open(b, storetest.URL(b, kind))
	n := newNode(b, db)
	n.Limits, n.API.Cache = false, mastodon.NewCache(1)
	door, err := n.Handler()
	require.NoError(b, err)
	account, err := n.Actors.Create(context.Background(), actors.Newcomer{Username: "ada", Role: "admin"})
	require.NoError(b, err)
	ada := &client{n: n, id: account.Actor.ID, token: n.tokenFor(account.Actor.ID, "read write follow push admin:read")}
	begun := time.Now()
	past := storetest.Seed(b, db, ada.id, posts)
	b.Logf("%d posts on %s after %v", posts, kind, time.Since(begun).Round(time.Second))
	return &aged{n, past, door, ada}
}

// question is something that is asked of a node, about a place in its past from
// 0, long ago, to 1, now.
type question struct {
	name   string
	writes bool
	ask    func(b *testing.B, a *aged, place float64)
}

// get asks for an address, in which %v stands for what it is about.
func get(name, format string, about ...func(a *aged, place float64) any) question {
	return request(name, http.MethodGet, format, about...)
}

func request(name, method, format string, about ...func(a *aged, place float64) any) question {
	return question{name, method != http.MethodGet, func(b *testing.B, a *aged, place float64) {
		var args []any
		for _, what := range about {
			args = append(args, what(a, place))
		}
		r := httptest.NewRequest(method, fmt.Sprintf(format, args...), nil)
		r.Header.Set("Authorization", "Bearer "+a.admin.token)
		w := &sink{header: http.Header{}}
		a.door.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatalf("%s answered %d", r.URL, w.status)
		}
	}}
}

// What a question is about.
func somePost(a *aged, place float64) any    { return a.Post(int(place * float64(a.Posts))) }
func someAuthor(a *aged, place float64) any  { return a.Author(int(place * 1e6)) }
func someAccount(a *aged, place float64) any { return a.Account(some(a, place)) }
func someHandle(a *aged, place float64) any  { return a.Handle(some(a, place)) }
func someNumber(a *aged, place float64) any  { return some(a, place) }
func newNumber(*aged, float64) any           { return store.NewID() }
func authorHandle(a *aged, place float64) any {
	return a.Handle(int(a.Author(int(place*1e6)) - a.Account(0)))
}

// some is the number of an account.
func some(a *aged, place float64) int { return 1 + int(place*float64(a.Accounts-1)) }

// daysAgo is a date.
func daysAgo(n int) string { return time.Now().UTC().AddDate(0, 0, -n).Format(time.DateOnly) }

var lastWeek = "&start_at=" + daysAgo(7) + "&end_at=" + daysAgo(0)

// floor is the least that a question can cost.
var floor = map[bool]question{
	false: {name: "row", ask: func(b *testing.B, a *aged, place float64) {
		_, err := a.db.Post(somePost(a, place).(int64))
		require.NoError(b, err)
	}},
	true: {name: "commit", ask: func(b *testing.B, a *aged, _ float64) {
		a.write(func(tx *store.Tx) error {
			_, err := tx.Arrive(fmt.Sprint("https://floor/", store.NewID()), "floor", "Create")
			return err
		})
	}},
}

// measured is what p50 says of: times of one question.
type measured []time.Duration

func (m measured) at(part float64) float64 {
	slices.Sort(m)
	return m[int(part*float64(len(m)-1))].Seconds() * 1000
}

// compare asks both nodes and the floor by turns.
func compare(b *testing.B, pair []*aged, q question) {
	var times [3]measured
	var spent time.Duration
	places := rand.New(rand.NewPCG(1, 2))
	turn := func() {
		place := 0.3 + 0.7*places.Float64() // before that there are pages that are not full
		for i, a := range []*aged{pair[0], pair[1], pair[1]} {
			asked := q
			if i == 2 {
				asked = floor[q.writes]
			}
			begun, before := time.Now(), cpu(b)
			asked.ask(b, a, place)
			times[i] = append(times[i], time.Since(begun))
			if i == 1 {
				spent += cpu(b) - before
			}
		}
	}
	for range 3 { // statements are prepared
		turn()
	}
	times, spent = [3]measured{}, 0
	for b.Loop() {
		turn()
	}
	few, many, least := times[0], times[1], times[2]
	b.ReportMetric(few.at(0.5), "small-p50-ms")
	b.ReportMetric(many.at(0.5), "p50-ms")
	b.ReportMetric(many.at(0.99), "p99-ms")
	b.ReportMetric(spent.Seconds()*1000/float64(len(many)), "cpu-ms/op")
	b.ReportMetric(many.at(0.5)/few.at(0.5), "growth")
	b.ReportMetric(many.at(0.5)/least.at(0.5), "x-floor")
	b.ReportMetric(0, "ns/op")
}

// questions are what a node is asked.
var questions = []question{
	get("home", "/api/v1/timelines/home?limit=20&max_id=%v", somePost),
	get("home-newest", "/api/v1/timelines/home?limit=20"),
	get("public", "/api/v1/timelines/public?limit=20&max_id=%v", somePost),
	get("tag", "/api/v1/timelines/tag/go?limit=20&max_id=%v", somePost),
	get("direct", "/api/v1/timelines/direct?limit=20"),
	get("conversations", "/api/v1/conversations?limit=20"),
	get("notifications", "/api/v1/notifications?limit=20&max_id=%v", somePost),
	get("notification-groups", "/api/v2/notifications?limit=20&max_id=%v", somePost),
	get("unread-count", "/api/v1/notifications/unread_count"),
	get("thread", "/api/v1/statuses/%v/context", somePost),
	get("status", "/api/v1/statuses/%v", somePost),
	get("account-statuses", "/api/v1/accounts/%v/statuses?limit=20", someAuthor),
	get("account-media", "/api/v1/accounts/%v/statuses?limit=20&only_media=true", someAuthor),
	get("account-tag", "/api/v1/accounts/%v/statuses?limit=20&tagged=go", someAuthor),
	get("profile", "/api/v1/accounts/%v", someAccount),
	get("lookup", "/api/v1/accounts/lookup?acct=%v@far.example", someHandle),
	get("relationships", "/api/v1/accounts/relationships?id[]=%v&id[]=%v", someAccount, someAuthor),
	get("followers", "/api/v1/accounts/%v/followers", someAccount),
	get("familiar-followers", "/api/v1/accounts/familiar_followers?id[]=%v&id[]=%v", someAccount, someAuthor),
	get("favourited-by", "/api/v1/statuses/%v/favourited_by", somePost),

	get("search-common", "/api/v2/search?type=statuses&q=common"),
	get("search-seldom", "/api/v2/search?type=statuses&q=seldom"),
	get("search-rare", "/api/v2/search?type=statuses&q=rare"),
	get("search-none", "/api/v2/search?type=statuses&q=never"),
	get("search-number", "/api/v2/search?type=statuses&q=number+%v", someNumber),
	get("search-two", "/api/v2/search?type=statuses&q=common+seldom"),
	get("search-phrase", "/api/v2/search?type=statuses&q=%%22somebody+wrote%%22"),
	get("search-phrase-none", "/api/v2/search?type=statuses&q=%%22wrote+somebody%%22"),
	get("search-from", "/api/v2/search?type=statuses&q=common+from:%v@far.example", authorHandle),
	get("search-library", "/api/v2/search?type=statuses&q=common+in:library"),
	get("search-before", "/api/v2/search?type=statuses&q=common+before:"+daysAgo(3)),
	get("search-all", "/api/v2/search?q=common"),
	get("search-hashtag", "/api/v2/search?type=hashtags&q=go"),
	get("accounts-handle", "/api/v1/accounts/search?q=%v", someHandle),
	get("accounts-common", "/api/v1/accounts/search?q=enna"),
	get("accounts-name", "/api/v1/accounts/search?q=enna+%v", someNumber),
	get("accounts-letter", "/api/v1/accounts/search?q=e"),
	get("accounts-following", "/api/v1/accounts/search?q=enna&following=true"),

	get("trending-tags", "/api/v1/trends/tags"),
	get("trending-statuses", "/api/v1/trends/statuses"),
	get("trending-links", "/api/v1/trends/links"),
	get("link-timeline", "/api/v1/timelines/link?url=https://page.example/7"),
	get("hashtag", "/api/v1/tags/go"),
	get("suggestions", "/api/v2/suggestions"),
	get("directory", "/api/v1/directory"),
	get("directory-new", "/api/v1/directory?order=new"),
	get("instance", "/api/v2/instance"),
	get("instance-v1", "/api/v1/instance"),

	get("admin-accounts", "/api/v2/admin/accounts"),
	get("admin-accounts-username", "/api/v2/admin/accounts?username=%v", someHandle),
	get("admin-accounts-name", "/api/v2/admin/accounts?display_name=nobody"),
	request("measures", http.MethodPost, "/api/v1/admin/measures?keys[]=active_users&keys[]=new_users&keys[]=interactions&keys[]=opened_reports&keys[]=resolved_reports"+lastWeek),
	request("measures-tag", http.MethodPost, "/api/v1/admin/measures?keys[]=tag_uses&keys[]=tag_accounts&keys[]=tag_servers&tag_uses[id]=go&tag_accounts[id]=go&tag_servers[id]=go"+lastWeek),
	request("measures-statuses", http.MethodPost, "/api/v1/admin/measures?keys[]=instance_statuses&instance_statuses[domain]=far.example"+lastWeek),
	request("measures-accounts", http.MethodPost, "/api/v1/admin/measures?keys[]=instance_accounts&instance_accounts[domain]=far.example"+lastWeek),
	request("measures-follows", http.MethodPost, "/api/v1/admin/measures?keys[]=instance_follows&keys[]=instance_followers&instance_follows[domain]=far.example&instance_followers[domain]=far.example"+lastWeek),
	request("dimensions", http.MethodPost, "/api/v1/admin/dimensions?keys[]=languages&keys[]=sources&keys[]=servers&keys[]=space_usage"+lastWeek),

	request("post", http.MethodPost, "/api/v1/statuses?status=Some+words+for+everybody+%%23go+%v", newNumber),
	request("favourite", http.MethodPost, "/api/v1/statuses/%v/favourite", somePost),
	request("follow", http.MethodPost, "/api/v1/accounts/%v/follow", someAccount),
	{name: "count-trends", ask: func(b *testing.B, a *aged, _ float64) {
		_, err := a.db.CountTrends()
		require.NoError(b, err)
	}},
}
