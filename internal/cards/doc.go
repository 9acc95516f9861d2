// Package cards shows what a page says of itself beside the posts that link to
// it.
//
// A job fetches the first page that a post links to and reads its title,
// description and picture, as OpenGraph, Twitter, oEmbed or plain HTML say them.
// What a page says is text: no markup of a page reaches a reader, so that a card
// is a link or, where oEmbed says so, a photo, and never a player. The picture
// is shown through the copies of media.Remote.
package cards
