package contract

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store/storetest"
)

// Ids are of one length, and the later the greater: Tusky and Mastodon for
// Android compare them by length and then as text, to find out what is new.
func TestIdsAreOfOneLength(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var length int
	for _, path := range []string{
		"timelines/home?limit=40", "timelines/public?limit=40", "accounts/" + w.ada.id + "/followers", "notifications?limit=80",
		"conversations", "lists", "notifications/requests",
	} {
		var last int64
		for i, item := range w.ada.list("/api/v1/" + path) {
			id := item["id"].(string)
			length = max(length, len(id))
			assert.Len(t, id, length, path)
			n, err := strconv.ParseInt(id, 10, 64)
			require.NoError(t, err)
			if i > 0 && strings.HasPrefix(path, "timelines") {
				assert.Less(t, n, last, path)
			}
			last = n
		}
	}
}

// Every way in for apps answers a browser that asks whether another origin may
// use it, without a token, and says so on what it answers.
func TestEveryWayInIsForOtherOrigins(t *testing.T) {
	t.Parallel()
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	asked := []string{"/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/oauth-authorization-server", "/nodeinfo/2.0"}
	for _, r := range n.web.Routes() {
		if strings.HasPrefix(r.Path, "/api/") {
			asked = append(asked, parameter.ReplaceAllString(r.Path, "1"))
		}
	}
	for _, path := range asked {
		a := n.stranger().ask(http.MethodOptions, path, body{}, "Origin", "https://client.example", "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization")
		assert.Equal(t, 204, a.code, path)
		assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"), path)
		assert.NotEmpty(t, a.header.Get("Access-Control-Max-Age"), path)
	}
}

// A picture can be used by a page of another origin, and an avatar too: Phanpy
// loads both so that it can read their colours.
func TestFilesAreForOtherOrigins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, s := range w.samples()["Status"] {
		links := []any{s["account"].(object)["avatar"]}
		for _, file := range within(s, "media_attachments") {
			links = append(links, file["url"], file["preview_url"])
		}
		for _, link := range links {
			a := w.stranger().ask("GET", link.(string), body{}, "Origin", "https://client.example")
			assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"), link)
		}
	}
}

// strictVersion is how the library compare-versions reads a version.
var strictVersion = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z-.]+)?(\+[0-9A-Za-z-.]+)?$`)

// levels are from which version of the API on clients ask for an operation.
var levels = []struct {
	from      int
	operation string
}{
	{2, "GET /api/v2/notifications"}, {2, "GET /api/v2/notifications/unread_count"}, {6, "GET /api/v1/accounts/{id}/endorsements"},
	{6, "POST /api/v1/accounts/{id}/endorse"}, {7, "PUT /api/v1/statuses/{id}/interaction_policy"}, {7, "GET /api/v1/statuses/{id}/quotes"},
	{8, "GET /api/v1/profile"}, {8, "PATCH /api/v1/profile"}, {10, "GET /api/v1/collections/{id}"}, {10, "POST /api/v1/collections"},
}

// Clients read out of the version what they may ask for, each in its own way.
func TestVersionsSayWhatClientsMayAskFor(t *testing.T) {
	t.Parallel()
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	get := func(path string) object { return n.stranger().do("GET", path, nil) }
	v1, v2 := get("/api/v1/instance"), get("/api/v2/instance")
	assert.Equal(t, v1["version"], v2["version"])
	parts := strictVersion.FindStringSubmatch(v1["version"].(string))
	require.NotNil(t, parts, "Phanpy and Mastodon.py read three numbers out of %v", v1["version"])
	major, _ := strconv.Atoi(parts[1])
	assert.GreaterOrEqual(t, major, 4, "Mastodon for iOS and toot ask little of older ones")
	assert.NotContains(t, parts[5], "glitch", "Elk would take it for another server")
	assert.Contains(t, parts[5], "parley")
	for _, level := range levels {
		if level.from > int(v2["api_versions"].(object)["mastodon"].(float64)) {
			continue
		}
		for _, o := range operations(t) {
			assert.False(t, o.name() == level.operation && o.verdict != "Yes", "api_versions promises %s from %d on", o.name(), level.from)
		}
	}
	assert.Equal(t, strings.Replace(n.URL, "http", "ws", 1), v1["urls"].(object)["streaming_api"])

	links := get("/.well-known/nodeinfo")["links"].([]any)
	found := map[string]string{}
	for _, link := range links {
		found[link.(object)["rel"].(string)] = link.(object)["href"].(string)
	}
	assert.Equal(t, n.URL+"/nodeinfo/2.0", found["http://nodeinfo.diaspora.software/ns/schema/2.0"], "Phanpy takes none above, Elk asks there without looking")
	info := get("/nodeinfo/2.0")
	assert.Equal(t, "parley", info["software"].(object)["name"])
	assert.Equal(t, object{"name": "mastodon"}, info["metadata"].(object)["upstream"], "megalodon knows the names of few servers")
}

// Phanpy takes the host of the first template for the node's.
func TestHostMetaNamesTheNode(t *testing.T) {
	t.Parallel()
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	a := n.stranger().ask("GET", "/.well-known/host-meta", body{}, "Origin", "https://client.example")
	assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	var meta struct {
		Links []struct {
			Template string `xml:"template,attr"`
		} `xml:"Link"`
	}
	require.NoError(t, xml.Unmarshal([]byte(a.body), &meta))
	require.NotEmpty(t, meta.Links)
	assert.True(t, strings.HasPrefix(meta.Links[0].Template, n.URL+"/"), meta.Links[0].Template)
}

var anchor = regexp.MustCompile(`<a href="([^"]+)"[^>]*class="([^"]+)"`)

// The links of a post are those of its mentions and hashtags, to the letter:
// Tusky and Mastodon for Android look them up there, Phanpy and Elk by class.
func TestLinksOfAPostAreItsMentionsAndHashtags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tried := 0
	for _, s := range w.samples()["Status"] {
		urls := map[string]string{}
		for _, m := range within(s, "mentions") {
			urls[m["url"].(string)] = "u-url mention"
		}
		for _, tag := range within(s, "tags") {
			urls[tag["url"].(string)] = "mention hashtag"
		}
		for _, link := range anchor.FindAllStringSubmatch(s["content"].(string), -1) {
			if strings.Contains(link[2], "mention") {
				assert.Equal(t, urls[link[1]], link[2], "%s in %v", link[1], s["content"])
				tried++
			}
		}
		if text := s["content"].(string); text != "" {
			assert.True(t, strings.HasPrefix(text, "<p"), text)
		}
	}
	assert.NotZero(t, tried)
}

// Walking a list by its links ends, whatever the list is, and brings each item
// once.
func TestEveryListEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := regexp.MustCompile(`^<([^>]+)>; rel="next"`)
	for _, path := range []string{
		"timelines/home", "timelines/public", "timelines/tag/go", "notifications", "accounts/" + w.bob.id + "/statuses", "accounts/" + w.ada.id + "/followers",
		"accounts/" + w.ada.id + "/following", "favourites", "bookmarks", "blocks", "mutes", "follow_requests", "conversations", "followed_tags", "notifications/requests", "domain_blocks",
	} {
		link, pages := fmt.Sprintf("/api/v1/%s?limit=1", path), 0
		for link != "" {
			a := w.ada.ask("GET", link, body{})
			require.Equal(t, http.StatusOK, a.code, link)
			if strings.TrimSpace(a.body) == "[]" {
				assert.Empty(t, a.header.Get("Link"), link)
			}
			match := next.FindStringSubmatch(a.header.Get("Link"))
			if link = ""; match != nil {
				link = match[1]
			}
			pages++
			require.Less(t, pages, 100, path)
		}
		assert.Greater(t, pages, 1, path)
	}
}
