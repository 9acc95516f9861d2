package auth

import (
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// How old a proof of who somebody is may be for what only some may do: to open a
// page, and to send what was filled in on it meanwhile.
const (
	proofToOpen = 30 * time.Minute
	proofToSend = time.Hour
)

// proofAge is how old a proof may be that was asked for anew, give or take the
// clocks of two machines.
const proofAge = 5 * time.Minute

// stale reports whether the provider says that the proof is an old one.
func stale(c Claims) bool {
	return !c.AuthTime.IsZero() && time.Since(c.AuthTime) > proofAge
}

var errStale = fault.New(fault.Unauthorized, "You signed in too long ago for this. Sign in again in another tab, come back to this one and send it once more.")

// proven reports whether the person has signed in of late: for a page, or for
// what is sent from one.
func (w Who) proven(sends bool) bool {
	age := proofToOpen
	if sends {
		age = proofToSend
	}
	return store.Now() <= w.ProvedAt.Add(age)
}
