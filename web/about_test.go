package web_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/about"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func pictured(t *testing.T, side, frames int) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	if frames == 1 {
		require.NoError(t, png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, side, side))))
		return &b
	}
	var g gif.GIF
	for range frames {
		g.Image, g.Delay = append(g.Image, image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})), append(g.Delay, 10)
	}
	require.NoError(t, gif.EncodeAll(&b, &g))
	return &b
}

// within is what stands at a path of keys.
func within(v any, keys ...string) any {
	for _, key := range keys {
		v = v.(object)[key]
	}
	return v
}

func seconds(t *testing.T, v any) int64 {
	t.Helper()
	n, err := strconv.ParseInt(v.(string), 10, 64)
	require.NoError(t, err)
	return n
}

// What owners say of their node is in both instance documents and their own.
func TestTheNodeSaysWhatItIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		olga, stranger := n.person("olga"), n.stranger()
		says, ctx := n.API.About, t.Context()
		for _, path := range []string{"/api/v1/instance/privacy_policy", "/api/v1/instance/terms_of_service", "/api/v1/instance/terms_of_service/2020-01-01"} {
			require.Equal(t, http.StatusNotFound, stranger.get(path).code, path)
		}
		require.JSONEq(t, "[]", stranger.get("/api/v1/instance/rules").ok().body)

		require.NoError(t, says.SetTexts(ctx, olga.id, map[string]string{about.Description: "Where Sales talks.", about.ContactEmail: "help@corp.example",
			about.ContactAccount: "@olga", about.ExtendedDescription: "First.\n\nhttps://corp.example <b>", about.PrivacyPolicy: "We keep little."}))
		require.Error(t, says.SetTexts(ctx, olga.id, map[string]string{about.ContactEmail: "Help <help@corp.example>"}))
		require.Error(t, says.SetTexts(ctx, olga.id, map[string]string{about.ContactAccount: "nobody"}))
		require.NoError(t, says.SetRules(ctx, olga.id, "Be kind | Always\n\nNo secrets here"))
		require.NoError(t, says.SetTerms(ctx, olga.id, "2020-01-01", "The first terms."))
		require.NoError(t, says.SetTerms(ctx, olga.id, "2999-01-01", "The next terms."))
		require.Error(t, says.SetTerms(ctx, olga.id, "2999-1-1", "x"))

		v2 := stranger.get("/api/v2/instance").ok().object()
		require.Equal(t, "Where Sales talks.", v2["description"])
		require.Equal(t, "help@corp.example", within(v2, "contact", "email"))
		require.Equal(t, "olga", within(v2, "contact", "account", "acct"))
		require.Equal(t, n.url+"/privacy-policy", within(v2, "configuration", "urls", "privacy_policy"))
		v1 := stranger.get("/api/v1/instance").ok().object()
		require.Equal(t, "olga", within(v1, "contact_account", "acct"))
		rules := stranger.get("/api/v1/instance/rules").ok().list()
		require.Len(t, rules, 2)
		require.Equal(t, []any{"Be kind", "Always"}, []any{rules[0]["text"], rules[0]["hint"]})
		require.Len(t, v1["rules"], 2)
		extended := stranger.get("/api/v1/instance/extended_description").ok().object()
		require.Contains(t, extended["content"], "<p>First.</p>")
		require.Contains(t, extended["content"], "&lt;b&gt;")
		now := stranger.get("/api/v1/instance/terms_of_service").ok().object()
		require.Equal(t, []any{"2020-01-01", true, "2999-01-01"}, []any{now["effective_date"], now["effective"], now["succeeded_by"]})
		next := stranger.get("/api/v1/instance/terms_of_service/2999-01-01").ok().object()
		require.Equal(t, []any{false, nil}, []any{next["effective"], next["succeeded_by"]})

		// A rule that stays keeps its id, and its place may change.
		require.NoError(t, says.SetRules(ctx, olga.id, "No secrets here\nBe brief"))
		again := stranger.get("/api/v1/instance/rules").ok().list()
		require.Equal(t, rules[1]["id"], again[0]["id"])
		require.Len(t, again, 2)

		olga.post("Something happened.")
		weeks := stranger.get("/api/v1/instance/activity").ok().list()
		require.Len(t, weeks, 12)
		require.Equal(t, []any{"1", "1"}, []any{weeks[0]["statuses"], weeks[0]["registrations"]})
		require.Equal(t, "0", weeks[1]["statuses"])
		begins := time.Unix(seconds(t, weeks[0]["week"]), 0).UTC()
		require.Equal(t, []any{time.Monday, 0}, []any{begins.Weekday(), begins.Hour()})
	})
}

// Everybody hears an announcement, live, until they have read it or it ends.
func TestAnnouncements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		olga, bob := n.person("olga"), n.person("bob")
		says, ctx := n.API.About, t.Context()
		require.NoError(t, says.SetEmoji(ctx, olga.id, "party", "", pictured(t, 16, 1)))
		live := bob.dial(t)
		live.subscribed(object{"stream": "user"})

		_, err := says.Announce(ctx, olga.id, about.Announcement{Text: " "})
		require.Error(t, err)
		_, err = says.Announce(ctx, olga.id, about.Announcement{Text: "Too late", EndsAt: store.Now() - 1})
		require.Error(t, err)
		made, err := says.Announce(ctx, olga.id, about.Announcement{Text: "Down at noon :party:", EndsAt: store.Now().Add(time.Hour)})
		require.NoError(t, err)
		told := live.next()
		require.Equal(t, "announcement", told.Event)
		require.Equal(t, "<p>Down at noon :party:</p>", told.object(t)["content"])
		require.Equal(t, http.StatusUnauthorized, n.stranger().get("/api/v1/announcements").code)
		list := bob.get("/api/v1/announcements").ok().list()
		require.Len(t, list, 1)
		require.Equal(t, false, list[0]["read"])
		require.Len(t, list[0]["emojis"], 1)
		path := "/api/v1/announcements/" + list[0]["id"].(string)

		// Reactions: one of each kind a person, counted, of known emoji.
		require.JSONEq(t, "{}", bob.send("PUT", path+"/reactions/👍", nil).ok().body)
		require.Equal(t, object{"announcement_id": list[0]["id"], "name": "👍", "count": 1.0}, live.next().object(t))
		bob.send("PUT", path+"/reactions/👍", nil).ok()
		live.next()
		bob.send("PUT", path+"/reactions/party", nil).ok()
		live.next()
		olga.send("PUT", path+"/reactions/👍", nil).ok()
		live.next()
		require.Equal(t, http.StatusUnprocessableEntity, bob.send("PUT", path+"/reactions/nothing", nil).code)
		require.Equal(t, http.StatusNotFound, bob.send("PUT", "/api/v1/announcements/1/reactions/👍", nil).code)
		reactions := bob.get("/api/v1/announcements").ok().list()[0]["reactions"].([]any)
		require.Len(t, reactions, 2)
		require.Equal(t, map[string]any{"name": "👍", "count": 2.0, "me": true, "url": nil, "static_url": nil}, reactions[0])
		require.Contains(t, reactions[1].(map[string]any)["url"], "/media/")
		bob.send("DELETE", path+"/reactions/👍", nil).ok()
		require.Equal(t, 1.0, live.next().object(t)["count"])

		bob.send("POST", path+"/dismiss", nil).ok()
		require.Empty(t, bob.get("/api/v1/announcements").ok().list())
		require.Equal(t, true, bob.get("/api/v1/announcements?with_dismissed=true").ok().list()[0]["read"])
		require.Len(t, olga.get("/api/v1/announcements").ok().list(), 1)

		require.NoError(t, says.Withdraw(ctx, olga.id, made.ID))
		gone := live.next()
		require.Equal(t, []string{"announcement.delete", list[0]["id"].(string)}, []string{gone.Event, gone.Payload})
		require.Empty(t, olga.get("/api/v1/announcements").ok().list())
		require.Equal(t, http.StatusNotFound, bob.send("POST", path+"/dismiss", nil).code)
	})
}

// Emoji of this node are in the picker, in posts, polls and profiles, and other
// nodes are told of them.
func TestCustomEmoji(t *testing.T) {
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	olga, bob := n.person("olga"), n.person("bob")
	says, ctx := n.API.About, t.Context()
	require.JSONEq(t, "[]", n.stranger().get("/api/v1/custom_emojis").ok().body)
	require.NoError(t, says.SetEmoji(ctx, olga.id, ":ship_it:", "Work", pictured(t, 16, 3)))
	require.NoError(t, says.SetEmoji(ctx, olga.id, "tiny", "", pictured(t, 16, 1)))
	for _, name := range []string{"a", "with space", "ü_b", strings.Repeat("a", 65)} {
		require.Error(t, says.SetEmoji(ctx, olga.id, name, "", pictured(t, 16, 1)), name)
	}
	require.Error(t, says.SetEmoji(ctx, olga.id, "huge", "", pictured(t, 1025, 1)))
	require.Error(t, says.SetEmoji(ctx, olga.id, "words", "", strings.NewReader("no picture")))

	all := n.stranger().get("/api/v1/custom_emojis").ok().list()
	require.Len(t, all, 2)
	moving := all[1]
	require.Equal(t, []any{"ship_it", "Work", true}, []any{moving["shortcode"], moving["category"], moving["visible_in_picker"]})
	require.NotEqual(t, moving["url"], moving["static_url"])
	require.Equal(t, all[0]["url"], all[0]["static_url"])
	require.Equal(t, http.StatusOK, n.stranger().get(strings.TrimPrefix(moving["url"].(string), n.url)).code)

	id := bob.post("Done :ship_it: and 12:tiny: and :unknown:")
	emojis := func(path string) []any { return bob.get(path).ok().object()["emojis"].([]any) }
	got := emojis("/api/v1/statuses/" + id)
	require.Len(t, got, 1)
	require.Equal(t, moving["url"], got[0].(map[string]any)["url"])
	require.Contains(t, bob.do("GET", "/posts/"+id, nil, "Accept", "application/activity+json").ok().body, `"name":":ship_it:"`)
	bob.send("PUT", "/api/v1/statuses/"+id, object{"status": "Done :tiny:"}).ok()
	require.Equal(t, "tiny", emojis("/api/v1/statuses/" + id)[0].(map[string]any)["shortcode"])
	bob.send("PATCH", "/api/v1/accounts/update_credentials", object{"display_name": "Bob :tiny:"}).ok()
	require.Len(t, emojis("/api/v1/accounts/"+bob.at("%d")), 1)

	asked := bob.send("POST", "/api/v1/statuses", object{"status": "Which :tiny:?", "poll": object{"options": []string{":ship_it: today", "never"}, "expires_in": 3600}}).ok().object()
	question := asked["id"].(string)
	for _, poll := range []any{asked["poll"], bob.get("/api/v1/polls/" + question).ok().object(), bob.get("/api/v1/statuses/" + question).ok().object()["poll"]} {
		require.Len(t, within(poll, "emojis"), 1)
		require.Equal(t, moving["url"], within(within(poll, "emojis").([]any)[0], "url"))
	}
	require.Len(t, emojis("/api/v1/statuses/"+question), 2)
	plain := bob.send("POST", "/api/v1/statuses", object{"status": "Which :tiny:?", "poll": object{"options": []string{"12:tiny: today", "never"}, "expires_in": 3600}}).ok().object()
	require.Equal(t, []any{}, within(plain, "poll", "emojis"))

	require.NoError(t, says.DropEmoji(ctx, olga.id, "tiny"))
	require.Error(t, says.DropEmoji(ctx, olga.id, "tiny"))
	require.Len(t, n.stranger().get("/api/v1/custom_emojis").ok().list(), 1)
	require.Len(t, emojis("/api/v1/statuses/"+id), 1, "what was written with it keeps it")
}

func TestThereAreNoAnnualReports(t *testing.T) {
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	bob := n.person("bob")
	require.JSONEq(t, `{"annual_reports":[],"accounts":[],"statuses":[]}`, bob.get("/api/v1/annual_reports").ok().body)
	require.JSONEq(t, `{"state":"ineligible"}`, bob.get("/api/v1/annual_reports/2025/state").ok().body)
	require.Equal(t, http.StatusNotFound, bob.get("/api/v1/annual_reports/2025").code)
	require.Equal(t, http.StatusNotFound, bob.send("POST", "/api/v1/annual_reports/2025/generate", nil).code)
}
