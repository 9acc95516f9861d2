package ui

import (
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"parley/auth"
)

var ayla = ViewAccount{ID: "1", Name: "Ayla Demir", Handle: "@ayla", Link: "/@ayla", Note: "<p>Keeps the warehouse honest.</p>", Joined: time.Now(), Posts: 12, Followers: 40, Following: 31}

func samplePost(id, text string) ViewPost {
	return ViewPost{
		ID: id, Link: "/@ayla/" + id, Author: ayla, Content: template.HTML(text), Visibility: "public", Audience: "Everybody",
		Posted: time.Now().Add(-42 * time.Minute), Replies: 3, Boosts: 1, Favourites: 12, CanBoost: true, SignedIn: true,
	}
}

func samplePosts() []ViewPost {
	jonas := ViewAccount{ID: "2", Name: "Jonas Lindqvist", Handle: "@jonas@research.localhost:4002", Link: "/@jonas@research.localhost:4002", Host: "research.localhost:4002", Own: true}
	bot := ViewAccount{ID: "3", Name: "Build reports", Handle: "@builds", Link: "/@builds", Badge: "bot"}
	plain := samplePost("101", `<p>The new labels are on every pallet in hall 3. If a scanner still refuses one, tell <span class="h-card" translate="no"><a href="#" class="u-url mention">@<span>jonas</span></a></span> which aisle. <a href="#" class="mention hashtag" rel="tag">#<span>Warehouse</span></a></p>`)
	plain.Mine = true
	boosted := samplePost("102", `<p>We measured the cold room for six weeks. Short version: the door is the problem, not the compressor.</p><p><a href="#"><span class="invisible">https://</span><span class="ellipsis">research.localhost/reports/col</span><span class="invisible">d-room</span></a></p>`)
	boosted.Author, boosted.BoostedBy, boosted.Favourited = jonas, &ayla, true
	boosted.Original = "https://research.localhost/@jonas/1"
	warned := samplePost("103", "<p>The quarter closes at 4.1, not 4.3.</p>")
	warned.Spoiler, warned.Visibility, warned.Audience, warned.CanBoost = "Quarter figures", "private", "Followers", false
	pictures := samplePost("104", "<p>Nightly build is green again.</p>")
	pictures.Author, pictures.Edited, pictures.Bookmarked = bot, time.Now(), true
	pictures.Media = []ViewMedia{
		{Kind: "image", Link: "/ui/static/sample1.svg", Preview: "/ui/static/mark.svg", Description: "A green bar", Width: 640, Height: 400},
		{Kind: "image", Link: "/ui/static/sample2.svg", Preview: "/ui/static/mark.svg", Width: 640, Height: 400},
	}
	held := samplePost("105", "<p>Thinking about moving the stand-up to ten. Too late?</p>")
	held.HeldUntil, held.Mine, held.ReplyTo, held.ReplyLink = time.Now().Add(time.Minute), true, "@jonas", "/@jonas/1"
	return []ViewPost{held, plain, boosted, warned, pictures}
}

func sampleComposer() *Composer {
	return &Composer{
		Action: "/ui/posts", Max: 500, Key: "k", Pictures: []int{1, 2, 3, 4}, Compact: true,
		Visibilities: []Option{{Value: "public", Label: "Everybody", Hint: "1 minute", Selected: true}, {Value: "private", Label: "Followers"}},
		Languages:    []Option{{Value: "en", Label: "English"}},
		Later:        &Later{},
	}
}

func samplePages() map[string]Page {
	posts := samplePosts()
	focused := posts[1]
	focused.Focused = true
	self := ayla
	self.Self = true
	guest := samplePost("106", "<p>Open day on Thursday.</p>")
	guest.SignedIn = false
	remote := posts[2].Author
	remote.Fields = []ViewField{{Name: "Team", Value: "Cold chain"}, {Name: "Site", Value: `<a href="#">research.example</a>`, Verified: true}}
	remote.FollowsYou, remote.Locked, remote.Note, remote.Joined, remote.Original = true, true, "<p>Measures things.</p>", time.Now(), "https://research.localhost/@jonas"
	in := Page{Node: "Sales", Who: &self, powers: auth.Powers{Role: auth.Owner}, Unread: 3}
	with := func(name, title, active string, body any) Page {
		p := in
		p.Title, p.Active, p.Body = title, active, body
		return p
	}
	posts[2].Quote, posts[3].Quote = &ViewQuote{Post: &posts[1]}, &ViewQuote{Why: "The quoted post was deleted."}
	posts[0].Card = &ViewCard{Link: "https://paper.example/", Title: "Cold chains", Description: "How they break.", Provider: "The Paper", Image: "/ui/static/mark.svg", Alt: "A truck"}
	reply := sampleComposer()
	reply.ReplyTo, reply.Error = &focused, "The text is longer than 500 characters."
	long := sampleComposer()
	long.Compact, long.Spoiler, long.Text, long.Later = false, "Numbers", "A draft", &Later{At: time.Now()}
	long.Attached = []ViewMedia{{Kind: "image", Preview: "/ui/static/mark.svg"}}
	notices := []ViewNotification{
		{ID: "1", Kind: "mention", Who: remote, When: time.Now(), Post: &posts[2], New: true},
		{ID: "2", Kind: "favourite", Who: remote, When: time.Now(), Post: &posts[1], Excerpt: "The new labels are on every pallet in hall 3. If a scanner still refuses one, tell @jonas which aisle."},
		{ID: "3", Kind: "follow", Who: remote, When: time.Now().Add(-time.Hour)},
		{ID: "4", Kind: "follow_request", Who: remote, When: time.Now().Add(-30 * 24 * time.Hour)},
		{ID: "5", Kind: "boost", Who: ayla, When: time.Now(), Post: &posts[3]},
	}
	people := []ViewAccount{remote, ayla, {ID: "9", Name: "Mira", Handle: "@mira", Link: "/@mira", IsFollowed: true}, {ID: "10", Name: "Sam", Handle: "@sam", Link: "/@sam", IsRequested: true}}
	roles := []Option{{Value: "member", Label: "Member", Selected: true}, {Value: "owner", Label: "Owner"}}
	pages := map[string]Page{
		"home":                with("home", "Home", "home", Timeline{Heading: "Home", Posts: posts, Older: "/?max_id=1", Composer: sampleComposer()}),
		"home-empty":          with("home", "Tag", "", Timeline{Heading: "#nothing", Lead: "Posts with this tag.", Empty: "Nobody has used this tag yet."}),
		"notifications":       with("notifications", "Notifications", "notifications", Notifications{Items: notices}),
		"thread":              with("thread", "Post", "", Thread{Above: posts[2:3], Post: focused, Below: posts[3:4], Composer: reply}),
		"profile":             with("profile", "Jonas", "", Profile{Account: remote, Posts: posts[2:3], Tab: "posts"}),
		"profile-own":         with("profile", "Ayla", "", Profile{Account: self, Posts: posts[:1], Pinned: posts[1:2], Tab: "posts"}),
		"people":              with("people", "Followers", "", People{Heading: "Followers", Back: "/@ayla", Accounts: people}),
		"people-ask":          with("people", "Requests", "", People{Heading: "Requests", Accounts: people, Requests: true}),
		"search":              with("search", "Find", "search", Search{Query: "a", Accounts: people, Tags: []string{"warehouse"}, Posts: posts[1:2], Done: true}),
		"search-none":         with("search", "Find", "search", Search{Query: "zz", Done: true}),
		"compose":             with("compose", "Write", "compose", Compose{Heading: "Write", Composer: long}),
		"confirm":             with("confirm", "Delete", "", Confirm{Heading: "Delete this post?", Text: "Other servers are told to delete it too.", Action: "/ui/posts/1/delete", Button: "Delete", Back: "/", Post: &posts[1]}),
		"settings":            with("settings", "Settings", "", Settings{Account: self, Aliases: []string{"https://old.example/users/ayla"}, Note: "Keeps the warehouse honest.", Fields: []Option{{Label: "Team", Value: "Logistics"}}}),
		"owner_about":         with("owner_about", "About", "owner", OwnerAbout{Texts: map[string]string{"description": "Where Sales talks."}, Rules: "Be kind | Always", Today: "2026-11-27"}),
		"owner_announcements": with("owner_announcements", "Announcements", "owner", OwnerAnnouncements{Items: []ViewAnnouncement{{ID: "1", Text: "<p>Down at noon.</p>", When: time.Now(), Ends: time.Now()}}}),
		"owner_emoji":         with("owner_emoji", "Emoji", "owner", OwnerEmojis{Emojis: []ViewEmoji{{"ship_it", "Work", "/media/a.png"}}}),
		"owner_integrations": with("owner_integrations", "Integrations", "owner", Integrations{Secret: "s3cret", Named: "CI", Scopes: botScopes, Ends: botTerms, Today: "2026-11-29",
			Shared: []OwnerShared{{Account: ayla, State: "active", Members: []ViewAccount{ayla}}, {Account: ayla, State: "active"}},
			Bots:   []OwnerBot{{Account: ayla, State: "active", RunBy: "@ayla", Tokens: []OwnerToken{{ID: "1", Name: "CI", Scopes: "read write", Made: time.Now(), Ends: time.Now()}}}}}),
		"about":    with("about", "About", "", AboutPage{Description: "Where Sales talks.", Extended: "<p>More.</p>", Email: "help@corp.example", Contact: "ayla", Privacy: true, Terms: true}),
		"document": with("document", "Privacy policy", "", Document{Heading: "Privacy policy", Lead: "Changed last.", Text: "<p>We keep little.</p>"}),
		"access": with("access", "Apps and devices", "", Access{Grants: []ViewGrant{{ID: "1", Name: "Phanpy", Website: "https://phanpy.example", Scopes: "read write follow push", Since: time.Now(), Used: time.Now()}},
			Sessions: []ViewSession{{ID: "2", Device: "Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0", Address: "192.0.2.7", Since: time.Now(), Seen: time.Now(), This: true}, {ID: "3", Since: time.Now(), Seen: time.Now()}}}),
		"owner": with("owner", "Accounts", "owner", OwnerPages{Tab: "accounts", Accounts: []OwnerAccount{
			{Account: ayla, Email: "ayla@sales.example", Role: "owner", State: "active", You: true, SignedIn: time.Now()},
			{Account: people[2], Role: "member", Extra: "federation.see", State: "active"}, {Account: people[3], State: "suspended"}}}),
		"owner_account": with("owner_account", "@ben", "owner", OneAccount{OwnerAccount: OwnerAccount{Account: people[2], Email: "ben@sales.example", Role: "member", State: "active", Joined: time.Now()}, Roles: roles,
			Permissions: []Option{{Value: "federation.see", Label: "See partners", Selected: true}, {Value: "audit.see", Label: "Read the audit trail"}},
			Identities:  []ViewIdentity{{Provider: "Corp IdP", Issuer: "https://idp.example", Subject: "4711", Since: time.Now()}}, Providers: []string{"Corp IdP"},
			Sessions: []ViewSession{{ID: "3", Device: "Firefox on Linux", Since: time.Now(), Seen: time.Now()}}, Grants: []ViewGrant{{ID: "1", Name: "Phanpy", Scopes: "read", Since: time.Now()}},
			Lines: []AuditLine{{Action: "account.create", Subject: "ben", When: time.Now(), Detail: "role: member"}}}),
		"owner_health": with("owner_health", "Health", "owner", OwnerHealth{At: time.Now(), Checks: []ViewCheck{{Name: "Database", Says: "The database answers in 1ms.", Well: true}, {Name: "Disk", Says: "612 MB (1 %) are free below data_dir.", Do: "Make room, or a larger disk."}, {Name: "Clock", Says: "It is 20m0s behind the clocks of 3 other hosts.", Do: "Have this machine set its clock by NTP.", Failing: true}}}),
		"owner_identity": with("owner_identity", "Identity", "owner", OwnerIdentity{Tested: "Corp IdP", Findings: []auth.Finding{{What: "Keys", Good: true, Said: "RSA 1"}, {What: "Client", Said: "It does not accept client_id and client_secret."}},
			Token: "secret", TokenFor: "Corp IdP", Providers: []ViewProvider{{Name: "Corp IdP", Slug: "corp-idp", Issuer: "https://idp.example", ClientID: "parley", Trial: "/auth/oidc/corp-idp/start?trial=1", Names: "by the claim preferred_username, always",
				Require: []string{"groups = staff"}, Rules: []string{"groups = admins: admin"}, Tokens: []ViewDirectory{{ID: "1", Name: "Entra ID", Made: time.Now(), Used: time.Now(), Until: time.Now()}}}}}),
		"owner_rules": with("owner_rules", "Rules", "owner", OwnerRules{Provider: "Corp IdP", Slug: "corp-idp", Require: []auth.Match{{Claim: "groups", Value: "staff"}, {}}, Rules: []ViewRule{{"groups", "admins", "admin", ""}, {}}, Roles: auth.Roles,
			Tried: true, Summary: "1 would become admin, 0 would lose access", Changes: []ViewChange{{Account: people[2], Subject: "4711", Before: "member", After: "admin", Why: "groups = admins"}}, Settings: "[[oidc.rules]]"}),
		"owner_audit": with("owner_audit", "Audit trail", "owner", OwnerAudit{Kinds: []Option{{Label: "Everything", Selected: true}, {Value: "sign-ins", Label: "Sign-ins"}},
			Lines: []AuditLine{{Action: "account.sign_in", Subject: "ben", By: "@ben", When: time.Now()}, {Action: "partner.block", Subject: "spam.example", When: time.Now()}}, Older: "/owner/audit?max_id=3"}),
		"owner-partners": with("owner", "Partners", "owner", OwnerPages{Tab: "partners", Mode: "allowlist", Partners: []OwnerPartner{
			{Domain: "*.corp.example", Policy: "allow", Organisation: true, Since: time.Now()}, {Domain: "spam.example", Policy: "block", Comment: "Spam", Since: time.Now()}}}),
		"owner-deliveries": with("owner", "Deliveries", "owner", OwnerPages{Tab: "deliveries", States: []Option{{Value: "pending", Label: "Waiting", Selected: true}, {Value: "dead", Label: "Given up"}},
			Queue: []OwnerDelivery{{ID: "1", Kind: "Create", Host: "research.localhost:4002", State: "pending", Attempts: 3, Status: 503, Error: "The server is overloaded", Made: time.Now(), Next: time.Now()},
				{ID: "2", Kind: "Delete", Host: "old.example", State: "dead", Attempts: 40, Error: "no such host", Made: time.Now()}}}),
		"reports": with("reports", "Reports", "reports", Reports{Items: []ViewReport{{ID: "1", By: ayla, About: remote, Category: "spam", Comment: "Sends the same to everybody", Assigned: &self, Made: time.Now()}}}),
		"report": with("report", "Report", "reports", OneReport{MayAct: true, MayChange: true, Notes: []ViewNote{{By: ayla, Text: "Wrote to him.", When: time.Now()}},
			Report: ViewReport{ID: "1", By: ayla, About: remote, Category: "other", Comment: "Look at this", Posts: posts[2:4], Hidden: 1, Made: time.Now(), Resolved: time.Now(), Passed: true}}),
		"welcome": {Node: "Sales", Title: "Welcome", Body: Welcome{People: 120, Posts: []ViewPost{guest}}},
		"public":  {Node: "Sales", Title: "Open day", Description: "Open day on Thursday.", Canonical: "https://sales.example/@ayla/106", Body: Thread{Post: guest}},
		"error":   {Node: "Sales", Title: "Not found", Body: Failure{Status: 404, Message: "This page does not exist, or is not for you."}},
	}
	pages["scheduled"] = with("scheduled", "Scheduled and drafts", "scheduled", Scheduled{Posts: []ViewScheduled{
		{ID: "1", Excerpt: "The stand-up moves to ten.", Audience: "Everybody", At: time.Now().Add(time.Hour), Pictures: 1, Poll: true, ReplyTo: true},
		{ID: "2", Audience: "Followers", Draft: true}, {ID: "3", Excerpt: "An answer", At: time.Now(), Problem: "What it answers is gone"}}, Older: "/scheduled?max_id=1"})
	live := pages["home"]
	live.Stream = "home"
	pages["home"] = live
	return pages
}

// template of a sample is its name up to the first dash.
func templateOf(sample string) string {
	name, _, _ := strings.Cut(sample, "-")
	if name == "public" {
		return "thread"
	}
	return name
}

func TestEveryPageRendersWithoutInlineCode(t *testing.T) {
	seen := map[string]bool{"": true}
	for sample, p := range samplePages() {
		w := httptest.NewRecorder()
		require.NoError(t, Render(w, http.StatusOK, templateOf(sample), p), sample)
		seen[templateOf(sample)] = true
		requireClean(t, sample, w.Body.String())
	}
	for name := range pages {
		assert.True(t, seen[name], "no sample for %s", name)
	}
}

// requireClean holds a page to the content policy and to what a screen reader
// and a browser need: no inline code, no two elements with one id, a name for
// each field, nothing left unclosed.
func requireClean(t *testing.T, sample, page string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	ids, labels := map[string]bool{}, map[string]bool{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "label" {
			labels[attr(n, "for")] = true
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		assert.NotEqual(t, "style", n.Data, sample)
		if n.Data == "script" {
			assert.Contains(t, attr(n, "src"), static, sample)
			assert.Nil(t, n.FirstChild, sample)
		}
		for _, a := range n.Attr {
			assert.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Key, "hx-on"), "%s: %s", sample, a.Key)
			assert.False(t, strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:"), sample)
		}
		if id := attr(n, "id"); id != "" {
			assert.False(t, ids[id] && !strings.HasPrefix(id, "post-"), "%s: id %s twice", sample, id)
			ids[id] = true
		}
		if (n.Data == "input" && attr(n, "type") != "hidden" || n.Data == "textarea" || n.Data == "select") && !labels[attr(n, "id")] {
			assert.True(t, inside(n, "label"), "%s: %s without a label", sample, attr(n, "name"))
		}
	}
	assert.NotContains(t, page, "ZgotmplZ", sample)
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func inside(n *html.Node, tag string) bool {
	for p := range n.Ancestors() {
		if p.Data == tag {
			return true
		}
	}
	return false
}

func TestTextIsEscaped(t *testing.T) {
	p := samplePost("1", "<p>fine</p>")
	p.Author.Name, p.Spoiler, p.Author.Link = `<script>alert(1)</script>`, `"><img src=x>`, "javascript:alert(1)"
	out, err := Part("post", p)
	require.NoError(t, err)
	assert.NotContains(t, out, "<script")
	assert.NotContains(t, out, "<img")
	assert.NotContains(t, out, "javascript:")
}

func TestStatic(t *testing.T) {
	w := httptest.NewRecorder()
	Static(w, httptest.NewRequest("GET", asset("app.css"), nil))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	for _, bad := range []string{"", "../view.go", "none.css"} {
		w := httptest.NewRecorder()
		Static(w, httptest.NewRequest("GET", static+bad, nil))
		assert.Equal(t, http.StatusNotFound, w.Code)
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{"Ayla Demir": "AD", "mira": "M", "": "?", "Dr. Jo van Berg": "DB", "日本 太郎": "日太"} {
		assert.Equal(t, want, initials(name))
	}
	assert.Equal(t, "", count(0))
	assert.Equal(t, "9999", count(9999))
	assert.Equal(t, "12k", count(12_345))
	assert.Equal(t, "now", ago(time.Now()))
	assert.Equal(t, "3 h", ago(time.Now().Add(-200*time.Minute)))
}

// Every pair of colours that carries text has a contrast of 4.5. WCAG 2.2, 1.4.3.
func TestContrast(t *testing.T) {
	css, err := staticFiles.ReadFile("static/app.css")
	require.NoError(t, err)
	light, rest, _ := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "\n}\n")
	for theme, block := range map[string]string{"light": light, "dark": dark} {
		colour := colours(block)
		for _, pair := range [][2]string{
			{"ink", "ground"}, {"ink", "sheet"}, {"ink", "hover"}, {"ink", "tint"}, {"faint", "ground"}, {"faint", "sheet"}, {"faint", "hover"},
			{"accent", "sheet"}, {"accent", "ground"}, {"accent", "hover"}, {"on-accent", "accent"}, {"danger", "sheet"}, {"ok", "sheet"}, {"warn-ink", "warn-ground"}, {"sheet", "danger"},
		} {
			assert.GreaterOrEqual(t, contrast(colour[pair[0]], colour[pair[1]]), 4.5, "%s: %v", theme, pair)
		}
	}
	for name, c := range colours(light) {
		if len(name) == 2 && name[0] == 'h' {
			assert.GreaterOrEqual(t, contrast("#fff", c), 4.5, name)
		}
	}
}

var declaration = regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{3,6});`)

func colours(block string) map[string]string {
	found := map[string]string{}
	for _, m := range declaration.FindAllStringSubmatch(block, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// TestLook serves the samples on the port named in UI_LOOK, to be looked at.
func TestLook(t *testing.T) {
	address := os.Getenv("UI_LOOK")
	if address == "" {
		t.Skip("serves the sample pages to be looked at: set UI_LOOK to an address such as 127.0.0.1:4300")
	}
	mux := http.NewServeMux()
	mux.HandleFunc(static, Static)
	mux.HandleFunc("/{sample}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("sample")
		if err := Render(w, http.StatusOK, templateOf(name), samplePages()[name]); err != nil {
			_, _ = io.WriteString(w, err.Error())
		}
	})
	t.Log(http.ListenAndServe(address, mux))
}
