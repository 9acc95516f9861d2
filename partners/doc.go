// Package partners knows which organisations the node talks to and on what
// terms: a domain, or all domains below one, is allowed, limited or blocked.
//
// The policy is asked before any fetch, on arrival and on delivery. It is kept
// in memory and read again every few seconds, so that a change made by another
// process, or on the command line, holds soon.
package partners
