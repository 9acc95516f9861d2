// Package audit keeps the record of sign-ins and privileged acts: a chain of
// lines, each holding the hash of the one before, so that a line that was
// changed, taken out or moved shows.
//
// The chain cannot show that its own end was cut off; note the last hash
// somewhere else from time to time.
package audit
