// Package outbox is everything that one of our actors does: posting, editing,
// boosting, following, blocking, and what of it goes to other nodes.
//
// It never sees a request or a token; it is given an actor. Each act is one
// transaction: the row, what its readers are told, the activity with its way
// to each inbox, and the job that delivers it.
package outbox
