package contract

import (
	"fmt"
	"time"
)

// readable are the things that are read, one of each kind, by the path that
// ends in their name.
var readable = map[string]func(*world) []string{
	"/api/v1/statuses/{id}/source": func(w *world) []string { return made["/api/v1/statuses/{id}"](w) }, // which only its author reads
	"/api/v1/accounts/{id}":        func(w *world) []string { return []string{w.bob.id, w.ada.id, w.fredID} },
	"/api/v1/statuses/{id}":        func(w *world) []string { return w.posts },
	"/api/v1/polls/{id}": func(w *world) (polls []string) {
		for _, post := range w.posts {
			if poll, has := w.ada.do("GET", "/api/v1/statuses/"+post, nil)["poll"].(object); has {
				polls = append(polls, poll["id"].(string))
			}
		}
		return polls
	},
	"/api/v1/notifications/{id}": func(w *world) (ids []string) {
		for _, n := range w.ada.list("/api/v1/notifications?limit=80") {
			ids = append(ids, n["id"].(string))
		}
		return ids
	},
	"/api/v2/notifications/{group_key}": func(w *world) (keys []string) {
		for _, n := range w.ada.list("/api/v1/notifications?limit=80") {
			keys = append(keys, n["group_key"].(string))
		}
		return keys
	},
}

// made are new things for each request, because most requests change what they
// are about. They are called by the path that ends in their names.
var made = map[string]func(*world) []string{
	"/api/v1/collections/{id}":                              func(w *world) []string { return w.collection(w.ada, w.bob)[:1] },
	"/api/v1/collections/{collection_id}/items":             func(w *world) []string { return w.collection(w.ada, w.bob)[:1] },
	"/api/v1/collections/{collection_id}/items/{id}":        func(w *world) []string { return w.collection(w.ada, w.bob) },
	"/api/v1/collections/{collection_id}/items/{id}/revoke": func(w *world) []string { return w.collection(w.bob, w.ada) },

	"/api/v1/accounts/{id}/endorse":               func(w *world) []string { return []string{w.followed()} },
	"/api/v1/accounts/{id}/pin":                   func(w *world) []string { return []string{w.followed()} },
	"/api/v1/suggestions/{account_id}":            func(w *world) []string { return []string{w.newcomer().id} },
	"/api/v1/accounts/{id}":                       func(w *world) []string { return []string{w.newcomer().id} },
	"/api/v1/accounts/{account_id}":               func(w *world) []string { return []string{w.ada.id} },
	"/api/v1/announcements/{id}":                  func(w *world) []string { return []string{w.announce()} },
	"/api/v1/announcements/{id}/reactions/{name}": func(w *world) []string { return []string{w.announce(), "👍"} },
	"/api/v1/annual_reports/{year}":               func(*world) []string { return []string{"2025"} },
	"/api/v1/instance/terms_of_service/{date}":    func(*world) []string { return []string{"2020-01-01"} },
	"/api/v1/conversations/{id}":                  func(w *world) []string { return []string{w.conversation()} },
	"/api/v1/filters/{id}":                        func(w *world) []string { return []string{w.part("keywords")} },
	"/api/v2/filters/keywords/{id}":               func(w *world) []string { return []string{w.part("keywords")} },
	"/api/v2/filters/statuses/{id}":               func(w *world) []string { return []string{w.part("statuses")} },
	"/api/v2/filters/{filter_id}":                 func(w *world) []string { return []string{w.filter()["id"].(string)} },
	"/api/v2/filters/{id}":                        func(w *world) []string { return []string{w.filter()["id"].(string)} },
	"/api/v1/featured_tags/{id}":                  func(w *world) []string { return []string{w.featured()} },
	"/api/v1/lists/{id}":                          func(w *world) []string { return []string{w.list()} },
	"/api/v1/timelines/list/{list_id}":            func(w *world) []string { return []string{w.list()} },
	"/api/v1/media/{id}":                          func(w *world) []string { return []string{w.picture(w.ada)} },
	"/api/v1/notifications/{id}":                  func(w *world) []string { return []string{w.notification()["id"].(string)} },
	"/api/v2/notifications/{group_key}":           func(w *world) []string { return []string{w.notification()["group_key"].(string)} },
	"/api/v1/notifications/requests/{id}":         func(w *world) []string { return []string{w.request()} },
	"/api/v1/admin/accounts/{id}":                 func(w *world) []string { return []string{w.suspended()} },
	"/api/v1/admin/reports/{id}":                  func(w *world) []string { return []string{w.reported()} },

	"/api/v1/admin/domain_allows/{id}":          func(w *world) []string { return []string{w.barrier("domain_allows")} },
	"/api/v1/admin/domain_blocks/{id}":          func(w *world) []string { return []string{w.barrier("domain_blocks")} },
	"/api/v1/admin/ip_blocks/{id}":              func(w *world) []string { return []string{w.barrier("ip_blocks")} },
	"/api/v1/admin/email_domain_blocks/{id}":    func(w *world) []string { return []string{w.barrier("email_domain_blocks")} },
	"/api/v1/admin/canonical_email_blocks/{id}": func(w *world) []string { return []string{w.barrier("canonical_email_blocks")} },
	"/api/v1/admin/canonical_email_blocks/test": func(w *world) []string {
		w.barrier("canonical_email_blocks")
		return nil
	},

	"/api/v1/notifications/requests": func(w *world) []string {
		w.request()
		return nil
	},
	"/api/v1/polls/{id}": func(w *world) []string {
		return []string{w.pollOf(w.bob.post("Tea?", "poll", object{"options": []string{"yes", "no", "perhaps"}, "expires_in": 3600, "multiple": true}))}
	},
	"/api/v1/push/subscription": func(w *world) []string {
		w.subscribe(w.as("push"))
		return nil
	},
	"/api/v1/scheduled_statuses/{id}": func(w *world) []string { return []string{w.scheduled()} },
	"/api/v1/scheduled_statuses": func(w *world) []string {
		w.scheduled()
		return nil
	},
	"/api/v1/statuses/{id}": func(w *world) []string { return []string{w.ada.post("Words")} },
	"/api/v1/statuses/{id}/quotes/{quoting_status_id}": func(w *world) []string {
		words := w.ada.post("Words")
		return []string{words, w.bob.post("As she says", "quoted_status_id", words)}
	},
	"/api/v1/tags/{name}":             func(*world) []string { return []string{"go"} },
	"/api/v1/tags/{id}":               func(*world) []string { return []string{"go"} },
	"/api/v1/timelines/tag/{hashtag}": func(*world) []string { return []string{"go"} },
	"/api/v1/follow_requests/{account_id}": func(w *world) []string {
		who := w.newcomer()
		who.act("accounts/" + w.ada.id + "/follow")
		return []string{who.id}
	},
}

// values are what is sent under a name, by the operation and the name or by the
// name alone. What is nil is not sent.
var values = map[string]func(*world) any{
	"POST /api/v1/collections name":                             func(*world) any { return "Good people" },
	"PUT /api/v1/collections/{id} name":                         func(*world) any { return "Best people" },
	"PATCH /api/v1/collections/{id} name":                       func(*world) any { return "Better people" },
	"POST /api/v1/collections/{collection_id}/items account_id": func(w *world) any { return w.newcomer().id },
	"tag_name": func(*world) any { return "#go" },

	"GET /api/v1/accounts id":                         func(w *world) any { return []any{w.bob.id, w.fredID} },
	"GET /api/v1/accounts/familiar_followers id":      func(w *world) any { return []any{w.bob.id, w.fredID} },
	"GET /api/v1/accounts/relationships id":           func(w *world) any { return []any{w.bob.id, w.fredID} },
	"GET /api/v1/statuses id":                         func(w *world) any { return []any{w.posts[0], w.posts[1]} },
	"POST /api/v1/featured_tags name":                 func(*world) any { return "#Snow" },
	"GET /api/v1/markers timeline":                    func(*world) any { return []any{"home", "notifications"} },
	"POST /api/v1/statuses quoted_status_id":          func(*world) any { return nil }, // which may not have a poll beside it
	"POST /api/v1/lists/{id}/accounts account_ids":    func(w *world) any { return []any{w.fredID} },
	"POST /api/v1/admin/accounts/{id}/action type":    func(*world) any { return "silence" },
	"PUT /api/v1/admin/reports/{id} category":         func(*world) any { return "legal" },
	"POST /api/v1/admin/domain_allows domain":         func(w *world) any { return w.name() + ".example" },
	"POST /api/v1/admin/domain_blocks domain":         func(w *world) any { return w.name() + ".example" },
	"POST /api/v1/admin/email_domain_blocks domain":   func(w *world) any { return w.name() + ".example" },
	"PUT /api/v1/admin/domain_blocks/{id} severity":   func(*world) any { return "suspend" },
	"POST /api/v1/admin/ip_blocks ip":                 func(w *world) any { return w.address() },
	"severity":                                        func(*world) any { return "no_access" },
	"POST /api/v1/admin/canonical_email_blocks email": func(w *world) any { return w.name() + "@corp.example" },
	"email":                              func(w *world) any { return fmt.Sprintf("b%d@corp.example", w.count) },
	"start_at":                           func(*world) any { return time.Now().AddDate(0, 0, -3).Format(time.DateOnly) },
	"end_at":                             func(*world) any { return time.Now().Format(time.DateOnly) },
	"frequency":                          func(*world) any { return "day" },
	"POST /api/v1/admin/measures keys":   func(*world) any { return []any{"active_users", "new_users", "instance_media_attachments"} },
	"POST /api/v1/admin/dimensions keys": func(*world) any { return []any{"languages", "sources", "space_usage", "software_versions"} },

	"account_id":                     func(w *world) any { return w.bob.id },
	"account_ids":                    func(w *world) any { return []any{w.bob.id} },
	"acct":                           func(*world) any { return "bob" },
	"attribution_domains":            func(*world) any { return []any{"example.com"} },
	"avatar":                         func(*world) any { return nil }, // a file
	"choices":                        func(*world) any { return []any{0} },
	"client_name":                    func(*world) any { return "A client" },
	"collection_ids":                 func(*world) any { return nil },
	"comment":                        func(*world) any { return "Words" },
	"domain":                         func(*world) any { return "blocked.example" },
	"endpoint":                       func(w *world) any { return w.subscription()["endpoint"] },
	"exclude_types[]":                func(*world) any { return "follow" },
	"expand_accounts":                func(*world) any { return "partial_avatars" },
	"expires_in":                     func(*world) any { return 3600 },
	"fields_attributes":              func(*world) any { return object{"0": object{"name": "site", "value": "https://site.localhost"}} },
	"file":                           func(*world) any { return file{} },
	"filter_not_following":           func(*world) any { return true },
	"filter_new_accounts":            func(*world) any { return false },
	"for_not_following":              func(*world) any { return "filter" },
	"for_private_mentions":           func(*world) any { return "accept" },
	"filter_action":                  func(*world) any { return "hide" },
	"focus":                          func(*world) any { return "0.5,-0.5" },
	"grouped_types[]":                func(*world) any { return "follow" },
	"header":                         func(*world) any { return nil }, // a file
	"id":                             func(*world) any { return nil },
	"PUT /api/v1/statuses/{id} poll": func(*world) any { return nil }, // which no files may be beside
	"_destroy":                       func(*world) any { return nil },
	"in_reply_to_id":                 func(w *world) any { return w.posts[0] },
	"keys":                           func(w *world) any { return w.subscription()["keys"] },
	"keyword":                        func(*world) any { return "snow" },
	"language":                       func(*world) any { return "de" },
	"languages[]":                    func(*world) any { return "en" },
	"last_read_id":                   func(w *world) any { return w.posts[0] },
	"max_id":                         func(w *world) any { return text(1 << 62) },
	"media_attributes[]":             func(*world) any { return nil },
	"media_ids":                      func(w *world) any { return []any{w.picture(w.ada)} },
	"min_id":                         func(*world) any { return "1" },
	"offset":                         func(*world) any { return 0 },
	"options":                        func(*world) any { return []any{"one", "two"} },
	"phrase":                         func(*world) any { return "sleet" },
	"policy":                         func(*world) any { return "followed" },
	"privacy":                        func(*world) any { return "public" },
	"q":                              func(*world) any { return "bob" },
	"quote_approval_policy":          func(*world) any { return "followers" },
	"quote_policy":                   func(*world) any { return "followers" },
	"quoted_status_id":               func(w *world) any { return w.posts[0] },
	"redirect_uris":                  func(*world) any { return []any{"https://client.example/back", outOfBand} },
	"rule_ids":                       func(*world) any { return nil },
	"scheduled_at":                   func(*world) any { return nil },
	"scopes":                         func(*world) any { return "read write" },
	"since_id":                       func(*world) any { return "1" },
	"spoiler_text":                   func(*world) any { return "cw" },
	"status":                         func(*world) any { return "Words #go" },
	"status_id":                      func(w *world) any { return w.posts[0] },
	"status_ids":                     func(w *world) any { return []any{w.posts[0]} },
	"supported_types[]":              func(*world) any { return "mention" },
	"tagged":                         func(*world) any { return "go" },
	"thumbnail":                      func(*world) any { return nil },
	"title":                          func(*world) any { return "Friends" },
	"type":                           func(*world) any { return "accounts" },
	"types[]":                        func(*world) any { return "mention" },
	"visibility":                     func(*world) any { return "unlisted" },
	"website":                        func(*world) any { return "https://client.example" },
	"all[]":                          func(*world) any { return "go" },
	"any[]":                          func(*world) any { return "rain" },
	"none[]":                         func(*world) any { return "rain" },
	"display_name":                   func(*world) any { return "Ada" },
	"note":                           func(*world) any { return "Writes #go" },
	"avatar_description":             func(*world) any { return "a square" },
	"header_description":             func(*world) any { return "a square" },
	"order":                          func(*world) any { return "new" },
	"scheduled":                      func(*world) any { return time.Now().Add(time.Hour) },

	"GET /api/oembed url":            func(w *world) any { return w.URL + "/posts/" + w.bob.post("For other sites") },
	"GET /api/v1/timelines/link url": func(w *world) any { return w.far.URL + "/page" },
	"maxwidth":                       func(*world) any { return 300 },
	"maxheight":                      func(*world) any { return 300 },
	"lang":                           func(*world) any { return "en" },

	"PUT /api/v1/scheduled_statuses/{id} scheduled_at": func(*world) any { return time.Now().Add(2 * time.Hour).Format(time.RFC3339) },
}

// answers are the entities of answers of which the schema does not say what
// they are, or says it wrongly; with brackets, lists of them.
var answers = map[string]string{
	"POST /api/v1/collections":                         "*",
	"PATCH /api/v1/collections/{id}":                   "*",
	"GET /api/v1/collections/{id}":                     "CollectionWithAccounts",
	"POST /api/v1/collections/{collection_id}/items":   "*",
	"GET /api/v1/accounts/{account_id}/collections":    "*",
	"GET /api/v1/accounts/{account_id}/in_collections": "*",

	"GET /api/v1/filters":                     "[]V1Filter",
	"GET /api/v1/annual_reports":              "*",
	"GET /api/v1/annual_reports/{year}/state": "*",
	"GET /api/v1/preferences":                 "Preferences",
	"DELETE /api/v2/filters/statuses/{id}":    "{}", // what Mastodon does
}

// optional are the keys that need not be there, and why.
var optional = map[string]string{
	"Error.error_description": "of OAuth alone",
	"MetaDetails.bitrate":     "of sound and films",
	"MetaDetails.duration":    "of sound and films",
	"MetaDetails.frame_rate":  "of films",
}

// scopes are those that Mastodon wants where its documentation says otherwise.
var scopes = map[string]string{
	"GET /api/v2/notifications/{group_key}/accounts": "read:notifications",
}

// needed are the parameters that must be there though the schema does not say
// so.
var needed = map[string]string{
	"POST /api/v1/collections/{collection_id}/items": "account_id",

	"POST /api/v1/statuses":                        "status", // beside a poll
	"PUT /api/v1/statuses/{id}/interaction_policy": "quote_approval_policy",
}

// public are the operations that strangers may ask for what everybody may see,
// though the schema names a scope.
var public = map[string]bool{
	"GET /api/v1/timelines/link":     true,
	"GET /api/v1/statuses/{id}/card": true,
	"GET /api/v1/collections/{id}":   true,

	"GET /api/v1/accounts/lookup":                   true,
	"GET /api/v1/accounts/{id}/statuses":            true,
	"GET /api/v1/accounts/{account_id}/collections": true,
	"GET /api/v1/polls/{id}":                        true,
	"GET /api/v1/statuses":                          true,
	"GET /api/v1/statuses/{id}":                     true,
	"GET /api/v1/statuses/{id}/context":             true,
	"GET /api/v1/statuses/{id}/favourited_by":       true,
	"GET /api/v1/statuses/{id}/history":             true,
	"GET /api/v1/statuses/{id}/quotes":              true,
	"GET /api/v1/statuses/{id}/reblogged_by":        true,
	"GET /api/v1/timelines/public":                  true,
	"GET /api/v1/timelines/tag/{hashtag}":           true,
	"GET /api/v1/search":                            true,
	"GET /api/v2/search":                            true,
}

// private are those for which there must be a person, though the schema names
// no scope.
var private = map[string]bool{
	"GET /api/v1/announcements":  true,
	"GET /api/v1/directory":      true, // nor are its people
	"GET /api/v1/instance/peers": true, // the partners of an organisation are not published
}

// hollow are the lists that are empty, and why.
var hollow = map[string]string{
	"GET /api/v1/instance/domain_blocks":        "whom it does not talk to neither",
	"GET /api/v1/accounts/{id}/identity_proofs": "there are none any more",
}

// tolerant are the operations that answer as usual about what is not there, and
// why.
var tolerant = map[string]string{
	"DELETE /api/v1/suggestions/{account_id}":   "whom nobody suggested is not suggested",
	"GET /api/v1/accounts/{id}/identity_proofs": "there are none of anybody",
	"POST /api/v1/tags/{id}/feature":            "a hashtag is wherever it is named",
	"POST /api/v1/tags/{id}/unfeature":          "a hashtag is wherever it is named",
	"POST /api/v1/notifications/{id}/dismiss":   "what is dismissed already is dismissed",
}

// apart are the operations that are not walked, and why.
var apart = map[string]string{
	"POST /api/v1/statuses/{id}/translate":   "a refusal",
	"GET /api/v1_alpha/async_refreshes/{id}": "a refusal",

	"GET /api/v1/annual_reports/{year}":           "there are none",
	"POST /api/v1/annual_reports/{year}/generate": "there are none",
	"POST /api/v1/annual_reports/{year}/read":     "there are none",
	"GET /.well-known/host-meta":                  "XML",
	"GET /.well-known/nodeinfo":                   "for servers",
	"GET /.well-known/webfinger":                  "for servers",
	"GET /nodeinfo/2.0":                           "for servers",
	"POST /api/v1/accounts":                       "always refused, as web tests",
	"POST /api/v1/emails/confirmations":           "always refused, as web tests",
	"GET /auth/edit":                              "leads to a page, as web tests",
	"GET /auth/sign_up":                           "a page, as web tests",
	"POST /api/v1/admin/accounts/{id}/approve":    "always refused, as web tests",
	"POST /api/v1/admin/accounts/{id}/reject":     "always refused, as web tests",
	"GET /oauth/authorize/native":                 "a page, which auth tests",
	"POST /oauth/authorize":                       "a page, which auth tests",
	"POST /oauth/userinfo":                        "no entity",
	"GET /api/v1/streaming":                       "a WebSocket",
	"GET /oauth/authorize":                        "a page, which auth tests",
	"POST /oauth/token":                           "auth",
	"POST /oauth/revoke":                          "auth",
	"GET /oauth/userinfo":                         "no entity",
	"GET /api/v1/apps/verify_credentials":         "for apps, not people",
	"GET /health":                                 "text",
	"GET /api/v1/streaming/health":                "text",
	"GET /api/v1/streaming/direct":                "does not end",
	"GET /api/v1/streaming/hashtag":               "does not end",
	"GET /api/v1/streaming/hashtag/local":         "does not end",
	"GET /api/v1/streaming/list":                  "does not end",
	"GET /api/v1/streaming/public":                "does not end",
	"GET /api/v1/streaming/public/local":          "does not end",
	"GET /api/v1/streaming/public/remote":         "does not end",
	"GET /api/v1/streaming/user":                  "does not end",
	"GET /api/v1/streaming/user/notification":     "does not end",
}
