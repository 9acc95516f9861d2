// Package inbox is everything that arrives from other nodes.
//
// A request is read, its signature and sender are checked, and the activity
// is applied in one transaction with the note that it arrived: the sender is
// told 202 when that is on disk. What needs another look at the network, a
// parent that is missing or a post that was boosted, becomes a job of the same
// transaction. Applying is the same whatever the order: a Delete before its
// Create, an old Update after a newer one and an Undo before its Follow end as
// if all had come in turn.
package inbox
