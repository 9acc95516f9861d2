package web

import (
	"slices"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/media"
	"parley/web/ui"
)

// Routes is every way into the node.
func (w *Web) Routes() []Route {
	routes := slices.Concat(w.documents(), w.clientAPI(), w.administration())
	for _, r := range w.Auth.Routes() { // sign-in, sign-out, OAuth, registration of apps
		routes = append(routes, Route{r.Method, r.Path, Inside, r.Handler})
	}
	for _, r := range w.SCIM.Routes() { // the directory says who is there: tokens of its own
		routes = append(routes, Route{r.Method, r.Path, Inside, r.Handler})
	}
	for _, r := range w.UI.Routes() { // the node's own pages
		routes = append(routes, Route{r.Method, r.Path, entry(r), r.Handler})
	}
	if w.Dev != nil {
		for _, method := range []string{"GET", "POST"} {
			routes = append(routes, Route{method, "/dev-idp/*path", Inside, gin.WrapH(w.Dev)})
		}
	}
	return routes
}

// entry is the policy for whom a page is for.
func entry(r ui.Route) Policy {
	if r.Needs != "" {
		return Privileged(r.Needs)
	}
	switch r.Entry {
	case ui.Anyone:
		return Anyone
	case ui.Visitor:
		return Visitor
	case ui.Session:
		return Session
	}
	return Policy{}
}

// documents are for other nodes, and files for everybody.
func (w *Web) documents() []Route {
	return []Route{
		{"POST", "/inbox", Inside, w.Inbox.Serve}, // signatures
		{"POST", "/actors/:id/inbox", Inside, w.Inbox.Serve},
		{"GET", "/actors/:id", Anyone, w.Actors.ServeActor},
		{"GET", "/actors/:id/outbox", Inside, w.Outbox.ServeOutbox}, // signatures, where they show more
		{"GET", "/actors/:id/featured", Inside, w.Outbox.ServeFeatured},
		{"GET", "/actors/:id/featured_tags", Inside, w.Outbox.ServeFeaturedTags},
		{"GET", "/actors/:id/followers", Anyone, w.Actors.ServeFollowers},
		{"GET", "/actors/:id/following", Anyone, w.Actors.ServeFollowing},
		{"GET", "/actors/:id/followers_synchronization", Inside, w.Outbox.ServeSynchronization}, // signatures
		{"GET", "/posts/:id", Inside, w.Outbox.ServePost},
		{"GET", "/posts/:id/activity", Inside, w.Outbox.ServeCreate},
		{"GET", "/posts/:id/replies", Inside, w.Outbox.ServeReplies},
		{"GET", "/posts/:id/likes", Inside, w.Outbox.ServeLikes},
		{"GET", "/posts/:id/shares", Inside, w.Outbox.ServeShares},
		{"GET", "/posts/:id/stamps/:stamp", Inside, w.Outbox.ServeStamp},
		{"GET", "/threads/:id", Inside, w.Outbox.ServeThread},
		{"GET", "/.well-known/webfinger", Anyone, w.Actors.ServeWebFinger},
		{"GET", "/.well-known/host-meta", Anyone, w.Actors.ServeHostMeta},
		{"GET", "/.well-known/nodeinfo", Anyone, w.Actors.ServeNodeInfoLinks},
		{"GET", "/nodeinfo/:version", Anyone, w.Actors.ServeNodeInfo},
		{"GET", "/.well-known/parley-check", Inside, w.seen},        // a secret of its own
		{"GET", "/media/*path", Anyone, w.media},                    // by names that cannot be guessed
		{"GET", media.Prefix + ":signature/:file", Anyone, w.proxy}, // by addresses that this node signed
		api("GET", "/avatars/original/missing.png", Anyone, w.API.MissingAvatar),
		api("GET", "/headers/original/missing.png", Anyone, w.API.MissingHeader),
		api("GET", "/health", Anyone, w.API.StreamingHealth),
	}
}

// clientAPI is Mastodon's API. https://docs.joinmastodon.org/methods/
func (w *Web) clientAPI() []Route {
	m := w.API
	return []Route{
		api("GET", "/api/v1/instance", Anyone, m.InstanceV1),
		api("GET", "/api/v2/instance", Anyone, m.Instance),
		api("GET", "/api/v1/instance/peers", Person("read"), m.Peers), // partners are nobody else's business
		api("GET", "/api/v1/instance/rules", Anyone, m.Rules),
		api("GET", "/api/v1/instance/activity", Anyone, m.Activity),
		api("GET", "/api/v1/instance/domain_blocks", Anyone, m.None),
		api("GET", "/api/v1/instance/extended_description", Anyone, m.ExtendedDescription),
		api("GET", "/api/v1/instance/privacy_policy", Anyone, m.PrivacyPolicy),
		api("GET", "/api/v1/instance/terms_of_service", Anyone, m.Terms),
		api("GET", "/api/v1/instance/terms_of_service/:date", Anyone, m.Terms),
		api("GET", "/api/v1/instance/languages", Anyone, m.AllLanguages),
		api("GET", "/api/v1/instance/translation_languages", Anyone, m.Languages),
		api("GET", "/api/v1/custom_emojis", Anyone, m.CustomEmojis),
		api("GET", "/api/v1/announcements", Person("read"), m.Announcements),
		api("POST", "/api/v1/announcements/:id/dismiss", Person("write:accounts"), m.DismissAnnouncement),
		api("PUT", "/api/v1/announcements/:id/reactions/:name", Person("write:favourites"), m.ReactToAnnouncement),
		api("PATCH", "/api/v1/announcements/:id/reactions/:name", Person("write:favourites"), m.ReactToAnnouncement),
		api("DELETE", "/api/v1/announcements/:id/reactions/:name", Person("write:favourites"), m.ReactToAnnouncement),
		api("GET", "/api/v1/annual_reports", Person("read:accounts"), m.AnnualReports),
		api("GET", "/api/v1/annual_reports/:year", Person("read:accounts"), m.AnnualReport),
		api("GET", "/api/v1/annual_reports/:year/state", Person("read:accounts"), m.AnnualReportState),
		api("POST", "/api/v1/annual_reports/:year/generate", Person("write:accounts"), m.AnnualReport),
		api("POST", "/api/v1/annual_reports/:year/read", Person("write:accounts"), m.AnnualReport),
		api("GET", "/api/v1/preferences", Person("read:accounts"), m.Preferences),

		api("POST", "/api/v1/accounts", App, m.SignUp),
		api("POST", "/api/v1/emails/confirmations", Person("write:accounts"), m.ConfirmEmail),
		api("GET", "/api/v1/accounts", Viewer("read:accounts"), m.Accounts),
		api("GET", "/api/v1/accounts/verify_credentials", Person("read:accounts", "profile"), m.VerifyCredentials),
		api("PATCH", "/api/v1/accounts/update_credentials", Person("write:accounts"), m.UpdateCredentials),
		api("PUT", "/api/v1/accounts/update_credentials", Person("write:accounts"), m.UpdateCredentials),
		api("GET", "/api/v1/profile", Person("read:accounts", "profile"), m.Profile),
		api("PUT", "/api/v1/profile", Person("write:accounts"), m.UpdateProfile),
		api("PATCH", "/api/v1/profile", Person("write:accounts"), m.UpdateProfile),
		api("DELETE", "/api/v1/profile/avatar", Person("write:accounts"), m.DeleteAvatar),
		api("DELETE", "/api/v1/profile/header", Person("write:accounts"), m.DeleteHeader),
		api("GET", "/api/v1/accounts/lookup", Viewer("read:accounts"), m.Lookup),
		api("GET", "/api/v1/accounts/search", Person("read:accounts"), m.SearchAccounts),
		api("GET", "/api/v1/accounts/relationships", Person("read:follows"), m.Relationships),
		api("GET", "/api/v1/accounts/familiar_followers", Person("read:follows"), m.FamiliarFollowers),
		api("GET", "/api/v1/accounts/:id/identity_proofs", Viewer("read:accounts"), m.None), // there are none any more
		api("GET", "/api/v1/accounts/:id", Viewer("read:accounts"), m.Account),
		api("GET", "/api/v1/accounts/:id/statuses", Viewer("read:statuses"), m.AccountStatuses),
		api("GET", "/api/v1/accounts/:id/followers", Viewer("read:accounts"), m.Followers),
		api("GET", "/api/v1/accounts/:id/following", Viewer("read:accounts"), m.Following),
		api("POST", "/api/v1/accounts/:id/follow", Person("write:follows"), m.Follow),
		api("POST", "/api/v1/accounts/:id/unfollow", Person("write:follows"), m.Unfollow),
		api("POST", "/api/v1/accounts/:id/remove_from_followers", Person("write:follows"), m.RemoveFollower),
		api("POST", "/api/v1/accounts/:id/block", Person("write:blocks"), m.Block),
		api("POST", "/api/v1/accounts/:id/unblock", Person("write:blocks"), m.Unblock),
		api("POST", "/api/v1/accounts/:id/mute", Person("write:mutes"), m.Mute),
		api("POST", "/api/v1/accounts/:id/unmute", Person("write:mutes"), m.Unmute),
		api("POST", "/api/v1/accounts/:id/endorse", Person("write:accounts"), m.Endorse),
		api("POST", "/api/v1/accounts/:id/unendorse", Person("write:accounts"), m.Unendorse),
		api("POST", "/api/v1/accounts/:id/pin", Person("write:accounts"), m.Endorse), // as it was called once
		api("POST", "/api/v1/accounts/:id/unpin", Person("write:accounts"), m.Unendorse),
		api("GET", "/api/v1/accounts/:id/endorsements", Viewer("read:accounts"), m.Endorsements),
		api("GET", "/api/v1/endorsements", Person("read:accounts"), m.OwnEndorsements),
		api("GET", "/api/v1/suggestions", Person("read"), m.SuggestedAccounts),
		api("GET", "/api/v2/suggestions", Person("read"), m.Suggestions),
		api("DELETE", "/api/v1/suggestions/:id", Person("read"), m.DismissSuggestion),
		api("GET", "/api/v1/directory", Person("read:accounts"), m.Directory), // who works here is not told to strangers
		api("POST", "/api/v1/accounts/:id/note", Person("write:accounts"), m.Note),
		api("GET", "/api/v1/follow_requests", Person("read:follows"), m.FollowRequests),
		api("POST", "/api/v1/follow_requests/:id/authorize", Person("write:follows"), m.AuthorizeFollow),
		api("POST", "/api/v1/follow_requests/:id/reject", Person("write:follows"), m.RejectFollow),
		api("GET", "/api/v1/blocks", Person("read:blocks"), m.Blocks),
		api("GET", "/api/v1/mutes", Person("read:mutes"), m.Mutes),
		api("GET", "/api/v1/domain_blocks", Person("read:blocks"), m.DomainBlocks),
		api("POST", "/api/v1/domain_blocks", Person("write:blocks"), m.BlockDomain),
		api("DELETE", "/api/v1/domain_blocks", Person("write:blocks"), m.UnblockDomain),
		api("GET", "/api/v1/domain_blocks/preview", Person("read:blocks"), m.PreviewDomainBlock),
		api("POST", "/api/v1/reports", Person("write:reports"), m.Report),

		api("GET", "/api/v1/statuses", Viewer("read:statuses"), m.Statuses),
		api("POST", "/api/v1/statuses", Person("write:statuses"), m.CreateStatus),
		api("GET", "/api/v1/statuses/:id", Viewer("read:statuses"), m.Status),
		api("PUT", "/api/v1/statuses/:id", Person("write:statuses"), m.EditStatus),
		api("PATCH", "/api/v1/statuses/:id", Person("write:statuses"), m.EditStatus),
		api("DELETE", "/api/v1/statuses/:id", Person("write:statuses"), m.DeleteStatus),
		api("GET", "/api/v1/statuses/:id/context", Viewer("read:statuses"), m.Context),
		api("GET", "/api/v1/statuses/:id/card", Viewer("read:statuses"), m.Card),
		api("POST", "/api/v1/statuses/:id/translate", Person("read:statuses"), m.Translate),
		api("GET", "/api/v1/statuses/:id/source", Person("read:statuses"), m.Source),
		api("GET", "/api/v1/statuses/:id/history", Viewer("read:statuses"), m.History),
		api("GET", "/api/v1/statuses/:id/quotes", Viewer("read:statuses"), m.Quotes),
		api("POST", "/api/v1/statuses/:id/quotes/:quoting/revoke", Person("write:statuses"), m.RevokeQuote),
		api("PUT", "/api/v1/statuses/:id/interaction_policy", Person("write:statuses"), m.SetQuotePolicy),
		api("GET", "/api/v1/statuses/:id/favourited_by", Viewer("read:accounts", "read:statuses"), m.FavouritedBy),
		api("GET", "/api/v1/statuses/:id/reblogged_by", Viewer("read:accounts", "read:statuses"), m.BoostedBy),
		api("POST", "/api/v1/statuses/:id/favourite", Person("write:favourites"), m.Favourite),
		api("POST", "/api/v1/statuses/:id/unfavourite", Person("write:favourites"), m.Unfavourite),
		api("POST", "/api/v1/statuses/:id/reblog", Person("write:statuses"), m.Boost),
		api("POST", "/api/v1/statuses/:id/unreblog", Person("write:statuses"), m.Unboost),
		api("POST", "/api/v1/statuses/:id/bookmark", Person("write:bookmarks"), m.Bookmark),
		api("POST", "/api/v1/statuses/:id/unbookmark", Person("write:bookmarks"), m.Unbookmark),
		api("POST", "/api/v1/statuses/:id/pin", Person("write:accounts"), m.Pin),
		api("POST", "/api/v1/statuses/:id/unpin", Person("write:accounts"), m.Unpin),
		api("POST", "/api/v1/statuses/:id/mute", Person("write:mutes"), m.MuteThread),
		api("POST", "/api/v1/statuses/:id/unmute", Person("write:mutes"), m.UnmuteThread),
		api("GET", "/api/v1/scheduled_statuses", Person("read:statuses"), m.ScheduledStatuses),
		api("GET", "/api/v1/scheduled_statuses/:id", Person("read:statuses"), m.ScheduledStatus),
		api("PUT", "/api/v1/scheduled_statuses/:id", Person("write:statuses"), m.Reschedule),
		api("PATCH", "/api/v1/scheduled_statuses/:id", Person("write:statuses"), m.Reschedule),
		api("DELETE", "/api/v1/scheduled_statuses/:id", Person("write:statuses"), m.Unschedule),
		api("GET", "/api/v1/polls/:id", Viewer("read:statuses"), m.Poll),
		api("POST", "/api/v1/polls/:id/votes", Person("write:statuses"), m.Vote),
		api("GET", "/api/v1/favourites", Person("read:favourites"), m.Favourites),
		api("GET", "/api/v1/bookmarks", Person("read:bookmarks"), m.Bookmarks),

		api("GET", "/api/v1/accounts/:id/featured_tags", Viewer("read:accounts"), m.FeaturedTags),
		api("GET", "/api/v1/featured_tags", Person("read:accounts"), m.OwnFeaturedTags),
		api("POST", "/api/v1/featured_tags", Person("write:accounts"), m.FeatureTagByName),
		api("DELETE", "/api/v1/featured_tags/:id", Person("write:accounts"), m.UnfeatureTagByID),
		api("GET", "/api/v1/featured_tags/suggestions", Person("read:accounts"), m.TagsToFeature),

		api("POST", "/api/v1/collections", Person("write:collections"), m.CreateCollection),
		api("GET", "/api/v1/collections/:id", Viewer("read:collections"), m.Collection),
		api("PUT", "/api/v1/collections/:id", Person("write:collections"), m.UpdateCollection),
		api("PATCH", "/api/v1/collections/:id", Person("write:collections"), m.UpdateCollection),
		api("DELETE", "/api/v1/collections/:id", Person("write:collections"), m.DeleteCollection),
		api("POST", "/api/v1/collections/:id/items", Person("write:collections"), m.AddToCollection),
		api("DELETE", "/api/v1/collections/:id/items/:item", Person("write:collections"), m.TakeFromCollection),
		api("POST", "/api/v1/collections/:id/items/:item/revoke", Person("write:collections"), m.LeaveCollection),
		api("GET", "/api/v1/accounts/:id/collections", Viewer("read:collections"), m.Collections),
		api("GET", "/api/v1/accounts/:id/in_collections", Person("read:collections"), m.InCollections),

		api("GET", "/api/v1/conversations", Person("read:statuses"), m.Conversations),
		api("DELETE", "/api/v1/conversations/:id", Person("write:conversations"), m.DeleteConversation),
		api("POST", "/api/v1/conversations/:id/read", Person("write:conversations"), m.ReadConversation),
		api("POST", "/api/v1/conversations/:id/unread", Person("write:conversations"), m.UnreadConversation),

		api("GET", "/api/v1/lists", Person("read:lists"), m.Lists),
		api("POST", "/api/v1/lists", Person("write:lists"), m.CreateList),
		api("GET", "/api/v1/lists/:id", Person("read:lists"), m.List),
		api("PUT", "/api/v1/lists/:id", Person("write:lists"), m.UpdateList),
		api("PATCH", "/api/v1/lists/:id", Person("write:lists"), m.UpdateList),
		api("DELETE", "/api/v1/lists/:id", Person("write:lists"), m.DeleteList),
		api("GET", "/api/v1/lists/:id/accounts", Person("read:lists"), m.ListAccounts),
		api("POST", "/api/v1/lists/:id/accounts", Person("write:lists"), m.AddToList),
		api("DELETE", "/api/v1/lists/:id/accounts", Person("write:lists"), m.TakeFromList),
		api("GET", "/api/v1/accounts/:id/lists", Person("read:lists"), m.AccountLists),
		api("GET", "/api/v1/timelines/list/:id", Person("read:lists"), m.ListTimeline),

		api("GET", "/api/v2/filters", Person("read:filters"), m.Filters),
		api("POST", "/api/v2/filters", Person("write:filters"), m.CreateFilter),
		api("GET", "/api/v2/filters/:id", Person("read:filters"), m.Filter),
		api("PUT", "/api/v2/filters/:id", Person("write:filters"), m.UpdateFilter),
		api("PATCH", "/api/v2/filters/:id", Person("write:filters"), m.UpdateFilter),
		api("DELETE", "/api/v2/filters/:id", Person("write:filters"), m.DeleteFilter),
		api("GET", "/api/v2/filters/:id/keywords", Person("read:filters"), m.FilterKeywords),
		api("POST", "/api/v2/filters/:id/keywords", Person("write:filters"), m.AddKeyword),
		api("GET", "/api/v2/filters/keywords/:id", Person("read:filters"), m.Keyword),
		api("PUT", "/api/v2/filters/keywords/:id", Person("write:filters"), m.UpdateKeyword),
		api("PATCH", "/api/v2/filters/keywords/:id", Person("write:filters"), m.UpdateKeyword),
		api("DELETE", "/api/v2/filters/keywords/:id", Person("write:filters"), m.DeleteKeyword),
		api("GET", "/api/v2/filters/:id/statuses", Person("read:filters"), m.FilterStatuses),
		api("POST", "/api/v2/filters/:id/statuses", Person("write:filters"), m.AddFilterStatus),
		api("GET", "/api/v2/filters/statuses/:id", Person("read:filters"), m.FilterStatus),
		api("DELETE", "/api/v2/filters/statuses/:id", Person("write:filters"), m.DeleteFilterStatus),
		api("GET", "/api/v1/filters", Person("read:filters"), m.FiltersV1),
		api("POST", "/api/v1/filters", Person("write:filters"), m.CreateFilterV1),
		api("GET", "/api/v1/filters/:id", Person("read:filters"), m.FilterV1),
		api("PUT", "/api/v1/filters/:id", Person("write:filters"), m.UpdateFilterV1),
		api("PATCH", "/api/v1/filters/:id", Person("write:filters"), m.UpdateFilterV1),
		api("DELETE", "/api/v1/filters/:id", Person("write:filters"), m.DeleteFilterV1),

		api("GET", "/api/v1/timelines/home", Person("read:statuses"), m.Home),
		api("GET", "/api/v1/timelines/direct", Person("read:statuses"), m.Direct),
		api("GET", "/api/v1/timelines/public", Viewer("read:statuses"), m.Public),
		api("GET", "/api/v1/timelines/link", Viewer("read:statuses"), m.LinkTimeline),
		api("GET", "/api/v1/trends/links", Viewer("read"), m.TrendingLinks),
		api("GET", "/api/oembed", Anyone, m.Embed),
		api("GET", "/api/v1_alpha/async_refreshes/:id", Person("read"), m.AsyncRefresh),
		api("GET", "/api/v1/timelines/tag/:hashtag", Viewer("read:statuses"), m.Tag),
		api("GET", "/api/v1/tags/:name", Viewer("read"), m.Hashtag),
		api("POST", "/api/v1/tags/:name/follow", Person("write:follows"), m.FollowTag),
		api("POST", "/api/v1/tags/:name/unfollow", Person("write:follows"), m.UnfollowTag),
		api("POST", "/api/v1/tags/:name/feature", Person("write:accounts"), m.FeatureTag),
		api("POST", "/api/v1/tags/:name/unfeature", Person("write:accounts"), m.UnfeatureTag),
		api("GET", "/api/v1/followed_tags", Person("read:follows"), m.FollowedTags),
		api("GET", "/api/v1/trends", Viewer("read"), m.TrendingTags), // as it was called first
		api("GET", "/api/v1/trends/tags", Viewer("read"), m.TrendingTags),
		api("GET", "/api/v1/trends/statuses", Viewer("read"), m.TrendingStatuses),
		api("GET", "/api/v1/search", Viewer("read:search"), m.SearchV1),
		api("GET", "/api/v2/search", Viewer("read:search"), m.Search),

		api("GET", "/api/v1/notifications", Person("read:notifications"), m.Notifications),
		api("GET", "/api/v1/notifications/unread_count", Person("read:notifications"), m.UnreadCount),
		api("GET", "/api/v1/notifications/policy", Person("read:notifications"), m.PolicyV1),
		api("PUT", "/api/v1/notifications/policy", Person("write:notifications"), m.SetPolicyV1),
		api("PATCH", "/api/v1/notifications/policy", Person("write:notifications"), m.SetPolicyV1),
		api("GET", "/api/v1/notifications/requests", Person("read:notifications"), m.Requests),
		api("GET", "/api/v1/notifications/requests/merged", Person("read:notifications"), m.RequestsMerged),
		api("POST", "/api/v1/notifications/requests/accept", Person("write:notifications"), m.AcceptRequests),
		api("POST", "/api/v1/notifications/requests/dismiss", Person("write:notifications"), m.DismissRequests),
		api("GET", "/api/v1/notifications/requests/:id", Person("read:notifications"), m.Request),
		api("POST", "/api/v1/notifications/requests/:id/accept", Person("write:notifications"), m.AcceptRequest),
		api("POST", "/api/v1/notifications/requests/:id/dismiss", Person("write:notifications"), m.DismissRequest),
		api("GET", "/api/v2/notifications", Person("read:notifications"), m.Groups),
		api("GET", "/api/v2/notifications/unread_count", Person("read:notifications"), m.UnreadGroups),
		api("GET", "/api/v2/notifications/policy", Person("read:notifications"), m.Policy),
		api("PUT", "/api/v2/notifications/policy", Person("write:notifications"), m.SetPolicy),
		api("PATCH", "/api/v2/notifications/policy", Person("write:notifications"), m.SetPolicy),
		api("GET", "/api/v2/notifications/:id", Person("read:notifications"), m.Group),
		api("GET", "/api/v2/notifications/:id/accounts", Person("read:notifications"), m.GroupAccounts),
		api("POST", "/api/v2/notifications/:id/dismiss", Person("write:notifications"), m.DismissGroup),
		api("GET", "/api/v1/notifications/:id", Person("read:notifications"), m.Notification),
		api("POST", "/api/v1/notifications/clear", Person("write:notifications"), m.ClearNotifications),
		api("POST", "/api/v1/notifications/:id/dismiss", Person("write:notifications"), m.Dismiss),
		api("GET", "/api/v1/markers", Person("read:statuses"), m.Markers),
		api("POST", "/api/v1/markers", Person("write:statuses"), m.SetMarkers),
		api("GET", "/api/v1/push/subscription", Person("push"), m.PushSubscription),
		api("POST", "/api/v1/push/subscription", Person("push"), m.Subscribe),
		api("PUT", "/api/v1/push/subscription", Person("push"), m.ChangeSubscription),
		api("PATCH", "/api/v1/push/subscription", Person("push"), m.ChangeSubscription),
		api("DELETE", "/api/v1/push/subscription", Person("push"), m.Unsubscribe),

		api("POST", "/api/v1/media", Person("write:media"), m.UploadAndWait),
		api("POST", "/api/v2/media", Person("write:media"), m.Upload),
		api("GET", "/api/v1/media/:id", Person("write:media"), m.Media),
		api("PUT", "/api/v1/media/:id", Person("write:media"), m.Describe),
		api("PATCH", "/api/v1/media/:id", Person("write:media"), m.Describe),
		api("DELETE", "/api/v1/media/:id", Person("write:media"), m.DeleteMedia),

		api("GET", "/api/v1/streaming/health", Anyone, m.StreamingHealth),
		api("GET", "/api/v1/streaming", Streamer("read:statuses", "read:notifications"), m.Streaming),
		api("GET", "/api/v1/streaming/user", Streamer("read:statuses"), m.Events),
		api("GET", "/api/v1/streaming/user/notification", Streamer("read:notifications"), m.Events),
		api("GET", "/api/v1/streaming/public", Streamer("read:statuses"), m.Events),
		api("GET", "/api/v1/streaming/public/local", Streamer("read:statuses"), m.Events),
		api("GET", "/api/v1/streaming/public/remote", Streamer("read:statuses"), m.Events),
		api("GET", "/api/v1/streaming/hashtag", Streamer("read:statuses"), m.Events),
		api("GET", "/api/v1/streaming/hashtag/local", Streamer("read:statuses"), m.Events),
		api("GET", "/api/v1/streaming/list", Streamer("read:statuses"), m.Events),
		api("GET", "/api/v1/streaming/direct", Streamer("read:statuses"), m.Events),
	}
}

// administration is what moderators and administrators do from a client. Who
// may do what is as on the pages of the node.
// https://docs.joinmastodon.org/methods/admin/
func (w *Web) administration() []Route {
	m := w.API
	return []Route{
		api("GET", "/api/v1/admin/accounts", Admin("admin:read:accounts", auth.SeeAccounts), m.AdminAccountsV1),
		api("GET", "/api/v2/admin/accounts", Admin("admin:read:accounts", auth.SeeAccounts), m.AdminAccounts),
		api("GET", "/api/v1/admin/accounts/:id", Admin("admin:read:accounts", auth.SeeAccounts), m.AdminAccount),
		api("DELETE", "/api/v1/admin/accounts/:id", Admin("admin:write:accounts", auth.DeleteAccounts), m.AdminDelete),
		api("POST", "/api/v1/admin/accounts/:id/action", Admin("admin:write:accounts", auth.ManageAccounts), m.AdminAct),
		api("POST", "/api/v1/admin/accounts/:id/approve", Admin("admin:write:accounts", auth.ManageAccounts), m.AdminPending),
		api("POST", "/api/v1/admin/accounts/:id/reject", Admin("admin:write:accounts", auth.ManageAccounts), m.AdminPending),
		api("POST", "/api/v1/admin/accounts/:id/enable", Admin("admin:write:accounts", auth.ManageAccounts), m.AdminEnable),
		api("POST", "/api/v1/admin/accounts/:id/unsilence", Admin("admin:write:accounts", auth.ManageAccounts), m.AdminUnsilence),
		api("POST", "/api/v1/admin/accounts/:id/unsuspend", Admin("admin:write:accounts", auth.ManageAccounts), m.AdminUnsuspend),
		api("POST", "/api/v1/admin/accounts/:id/unsensitive", Admin("admin:write:accounts", auth.ManageAccounts), m.AdminUnsensitive),

		api("GET", "/api/v1/admin/reports", Admin("admin:read:reports", auth.SeeReports), m.AdminReports),
		api("GET", "/api/v1/admin/reports/:id", Admin("admin:read:reports", auth.SeeReports), m.AdminReport),
		api("PUT", "/api/v1/admin/reports/:id", Admin("admin:write:reports", auth.ActOnReport), m.UpdateAdminReport),
		api("PATCH", "/api/v1/admin/reports/:id", Admin("admin:write:reports", auth.ActOnReport), m.UpdateAdminReport),
		api("POST", "/api/v1/admin/reports/:id/assign_to_self", Admin("admin:write:reports", auth.ActOnReport), m.JudgeReport("assign")),
		api("POST", "/api/v1/admin/reports/:id/unassign", Admin("admin:write:reports", auth.ActOnReport), m.JudgeReport("unassign")),
		api("POST", "/api/v1/admin/reports/:id/resolve", Admin("admin:write:reports", auth.ActOnReport), m.JudgeReport("resolve")),
		api("POST", "/api/v1/admin/reports/:id/reopen", Admin("admin:write:reports", auth.ActOnReport), m.JudgeReport("reopen")),

		api("GET", "/api/v1/admin/domain_allows", Admin("admin:read:domain_allows", auth.SeeFederation), m.DomainAllows),
		api("POST", "/api/v1/admin/domain_allows", Admin("admin:write:domain_allows", auth.ManageFederation), m.AllowDomain),
		api("GET", "/api/v1/admin/domain_allows/:id", Admin("admin:read:domain_allows", auth.SeeFederation), m.DomainAllow),
		api("DELETE", "/api/v1/admin/domain_allows/:id", Admin("admin:write:domain_allows", auth.DeleteFederation), m.DisallowDomain),

		api("GET", "/api/v1/admin/domain_blocks", Admin("admin:read:domain_blocks", auth.SeeFederation), m.AdminDomainBlocks),
		api("POST", "/api/v1/admin/domain_blocks", Admin("admin:write:domain_blocks", auth.ManageFederation), m.CreateDomainBlock),
		api("GET", "/api/v1/admin/domain_blocks/:id", Admin("admin:read:domain_blocks", auth.SeeFederation), m.AdminDomainBlock),
		api("PUT", "/api/v1/admin/domain_blocks/:id", Admin("admin:write:domain_blocks", auth.ManageFederation), m.UpdateDomainBlock),
		api("PATCH", "/api/v1/admin/domain_blocks/:id", Admin("admin:write:domain_blocks", auth.ManageFederation), m.UpdateDomainBlock),
		api("DELETE", "/api/v1/admin/domain_blocks/:id", Admin("admin:write:domain_blocks", auth.DeleteFederation), m.DeleteDomainBlock),

		api("GET", "/api/v1/admin/ip_blocks", Admin("admin:read:ip_blocks", auth.SeeIdentity), m.IPBlocks),
		api("POST", "/api/v1/admin/ip_blocks", Admin("admin:write:ip_blocks", auth.ManageIdentity), m.CreateIPBlock),
		api("GET", "/api/v1/admin/ip_blocks/:id", Admin("admin:read:ip_blocks", auth.SeeIdentity), m.IPBlock),
		api("PUT", "/api/v1/admin/ip_blocks/:id", Admin("admin:write:ip_blocks", auth.ManageIdentity), m.UpdateIPBlock),
		api("PATCH", "/api/v1/admin/ip_blocks/:id", Admin("admin:write:ip_blocks", auth.ManageIdentity), m.UpdateIPBlock),
		api("DELETE", "/api/v1/admin/ip_blocks/:id", Admin("admin:write:ip_blocks", auth.ManageIdentity), m.DeleteIPBlock),

		api("GET", "/api/v1/admin/email_domain_blocks", Admin("admin:read:email_domain_blocks", auth.SeeIdentity), m.EmailDomainBlocks),
		api("POST", "/api/v1/admin/email_domain_blocks", Admin("admin:write:email_domain_blocks", auth.ManageIdentity), m.CreateEmailDomainBlock),
		api("GET", "/api/v1/admin/email_domain_blocks/:id", Admin("admin:read:email_domain_blocks", auth.SeeIdentity), m.EmailDomainBlock),
		api("DELETE", "/api/v1/admin/email_domain_blocks/:id", Admin("admin:write:email_domain_blocks", auth.ManageIdentity), m.DeleteEmailDomainBlock),

		api("GET", "/api/v1/admin/canonical_email_blocks", Admin("admin:read:canonical_email_blocks", auth.SeeIdentity), m.CanonicalEmailBlocks),
		api("POST", "/api/v1/admin/canonical_email_blocks", Admin("admin:write:canonical_email_blocks", auth.ManageIdentity), m.CreateCanonicalEmailBlock),
		api("POST", "/api/v1/admin/canonical_email_blocks/test", Admin("admin:read:canonical_email_blocks", auth.SeeIdentity), m.TestCanonicalEmail),
		api("GET", "/api/v1/admin/canonical_email_blocks/:id", Admin("admin:read:canonical_email_blocks", auth.SeeIdentity), m.CanonicalEmailBlock),
		api("DELETE", "/api/v1/admin/canonical_email_blocks/:id", Admin("admin:write:canonical_email_blocks", auth.ManageIdentity), m.DeleteCanonicalEmailBlock),

		api("POST", "/api/v1/admin/measures", Admin("admin:read", auth.SeeMeasures), m.Measures),
		api("POST", "/api/v1/admin/dimensions", Admin("admin:read", auth.SeeMeasures), m.Dimensions),
		api("POST", "/api/v1/admin/retention", Admin("admin:read", auth.SeeMeasures), m.Retention),
		api("GET", "/api/v1/admin/trends/tags", Admin("admin:read", auth.SeeMeasures), m.AdminTrendingTags),
		api("GET", "/api/v1/admin/trends/statuses", Admin("admin:read", auth.SeeMeasures), m.TrendingStatuses), // none waits for approval
		api("GET", "/api/v1/admin/trends/links", Admin("admin:read", auth.SeeMeasures), m.TrendingLinks),
	}
}

// api is a route whose handler returns its error.
func api(method, path string, policy Policy, handler func(*gin.Context) error) Route {
	return Route{method, path, policy, func(c *gin.Context) {
		if err := handler(c); err != nil {
			fail(c, err)
		}
	}}
}
