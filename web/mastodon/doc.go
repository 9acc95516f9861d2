// Package mastodon is the client API: Mastodon's, so that the clients people
// already have work here.
//
// A handler reads the request, asks a store.Reader or tells the outbox, and
// answers with an entity. Entities have every key always, because some clients
// refuse a whole page over a missing one. Posts and accounts are rendered once
// for everybody and kept as bytes under their revision (render.go); a page is
// copies of those plus what its viewer did (flags), so that it costs the query
// of its timeline, one more, and no marshalling.
//
// Handlers return their errors; the front door turns them into answers.
package mastodon
