package contract

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// strict are for each client the keys of each entity that must be there and
// not be null. Without one of them the client shows nothing, drops the item or
// fails on the whole page. Measured on the clients themselves, or read from
// the types that they parse answers into.
var strict = map[string]map[string]string{
	"Tusky": {
		"Status":       "id account content created_at emojis reblogs_count favourites_count replies_count sensitive spoiler_text visibility media_attachments mentions tags",
		"Account":      "id username acct created_at note url avatar header fields emojis roles bot locked",
		"Mention":      "id url acct username",
		"Attachment":   "id url type",
		"Relationship": "id following followed_by blocking muting muting_notifications requested showing_reblogs domain_blocking",
		"Poll":         "id expired multiple votes_count options",
		"Notification": "id type account",
		"Marker":       "last_read_id version updated_at",
		"Instance":     "domain version configuration",
		"Application":  "name",
		"Error":        "error",
	},
	"Mastodon for Android": {
		"Account":      "id username acct url display_name note avatar header created_at",
		"Status":       "id uri created_at account visibility spoiler_text media_attachments mentions tags emojis",
		"Emoji":        "shortcode url static_url",
		"Attachment":   "id type url",
		"Poll":         "own_votes options emojis",
		"Filter":       "id title context",
		"Tag":          "name url",
		"Instance":     "title description version domain registrations",
		"V1Instance":   "uri email title description version",
		"Marker":       "last_read_id version updated_at",
		"Subscription": "id endpoint alerts server_key",
		"Groups":       "accounts statuses notification_groups",
		"Group":        "group_key most_recent_notification_id sample_account_ids",
		"Approval":     "automatic current_user",
		"List":         "id title replies_policy",
	},
	"Mastodon for iOS": {
		"Account":      "id username acct url display_name note avatar header locked emojis created_at statuses_count followers_count following_count",
		"Status":       "id uri created_at account mentions tags emojis reblogs_count favourites_count",
		"Attachment":   "id type",
		"V1Instance":   "uri title description email configuration",
		"Instance":     "title description",
		"Relationship": "id following requested endorsed followed_by muting muting_notifications showing_reblogs notifying blocking domain_blocking blocked_by",
		"Preferences":  "posting:default:visibility posting:default:sensitive reading:expand:media reading:expand:spoilers",
		"Subscription": "id endpoint alerts server_key",
		"V1Policy":     "filter_not_following filter_not_followers filter_new_accounts filter_private_mentions summary",
		"Request":      "notifications_count",
	},
	"Elk": {
		"Instance": "configuration",
		"Account":  "acct",
	},
	"toot": {
		"V1Instance": "uri version",
	},
	"Phanpy": {
		"Status":  "id account content media_attachments",
		"Account": "username acct",
		"Group":   "latest_page_notification_at",
		"Groups":  "accounts",
	},
}

// What a client cannot do without is in everything that it is shown.
func TestWhatClientsCannotDoWithout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples := w.samples()
	for client, entities := range strict {
		for entity, keys := range entities {
			require.NotEmpty(t, samples[entity], entity)
			for _, key := range strings.Fields(keys) {
				for _, sample := range samples[entity] {
					assert.NotNil(t, sample[key], "%s reads %s of a %s: %v", client, key, entity, sample)
				}
			}
		}
	}
	// What has to be of a type, or of a form.
	for _, s := range samples["Subscription"] {
		assert.Regexp(t, `^\d{1,10}$`, s["id"], "Mastodon for Android reads an int32")
	}
	for _, m := range samples["Marker"] {
		assert.IsType(t, 1.0, m["version"])
	}
	for _, r := range samples["Request"] {
		assert.IsType(t, "", r["notifications_count"], "Mastodon for iOS reads text")
	}
	for _, g := range samples["Group"] {
		assert.NotEmpty(t, g["sample_account_ids"])
	}
	for _, p := range samples["Poll"] {
		assert.IsType(t, []any{}, p["own_votes"])
	}
	for _, i := range samples["Instance"] {
		configuration := i["configuration"].(object)
		assert.NotEmpty(t, configuration["urls"].(object)["streaming"], "Elk fails without")
		assert.NotZero(t, configuration["statuses"].(object)["max_characters"])
		assert.IsType(t, 1.0, configuration["accounts"].(object)["max_featured_tags"])
	}
	for _, h := range samples["History"] {
		for _, key := range []string{"day", "uses", "accounts"} {
			assert.Regexp(t, `^\d+$`, h[key], "Mastodon for iOS reads text")
		}
	}
}

// samples are what there is of each entity.
func (w *world) samples() map[string][]object {
	w.T.Helper()
	w.subscribe(w.ada)
	get := func(path string) object { return w.ada.do("GET", path, nil) }
	s := map[string][]object{
		"Instance": {get("/api/v2/instance")}, "V1Instance": {get("/api/v1/instance")}, "Preferences": {get("/api/v1/preferences")},
		"Subscription": {get("/api/v1/push/subscription")}, "V1Policy": {get("/api/v1/notifications/policy")},
		"Relationship": w.ada.list("/api/v1/accounts/relationships?id[]=" + w.bob.id + "&id[]=" + w.fredID), "List": w.ada.list("/api/v1/lists"),
		"Filter": w.ada.list("/api/v2/filters"), "Request": w.ada.list("/api/v1/notifications/requests"), "Notification": w.ada.list("/api/v1/notifications?limit=80"),
		"Error": {decode(w.T, w.ada.ask("GET", "/api/v1/statuses/1", body{}).body)}, "Tag": {get("/api/v1/tags/go")}, "Groups": {get("/api/v2/notifications")},
	}
	s["Status"] = slices.Concat(w.ada.list("/api/v1/timelines/home?limit=40"), w.ada.list("/api/v1/timelines/public?limit=40"))
	for _, id := range w.posts {
		s["Status"] = append(s["Status"], get("/api/v1/statuses/"+id))
	}
	for key, inside := range map[string]string{"Group": "notification_groups", "History": "history"} {
		for _, outer := range slices.Concat(s["Groups"], s["Tag"]) {
			s[key] = append(s[key], within(outer, inside)...)
		}
	}
	for _, mark := range get("/api/v1/markers?timeline[]=home&timeline[]=notifications") {
		s["Marker"] = append(s["Marker"], mark.(object))
	}
	for _, status := range s["Status"] {
		for key, inside := range map[string]string{"Account": "account", "Mention": "mentions", "Attachment": "media_attachments", "Poll": "poll", "Application": "application", "Emoji": "emojis", "Tag": "tags", "Approval": "quote_approval"} {
			s[key] = append(s[key], within(status, inside)...)
		}
	}
	return s
}

// within is what an entity holds under a key: one, several or none.
func within(outer object, key string) (inner []object) {
	switch v := outer[key].(type) {
	case object:
		return []object{v}
	case []any:
		for _, one := range v {
			inner = append(inner, one.(object))
		}
	}
	return inner
}
