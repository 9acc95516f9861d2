// Package text turns what people type into the HTML that the fediverse
// expects, and what other servers send into HTML that is safe to show.
//
// Parse finds mentions, hashtags and links in a source. Render writes it with
// Mastodon's markup, to the letter: clients recognise a mention by its classes
// and match its address against the post's list of mentions. Sanitize goes the
// other way, and Plain takes the words out for search, notifications and
// titles. Nothing here knows who a mention is; the caller brings that.
package text
