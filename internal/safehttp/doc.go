// Package safehttp is the one outgoing HTTP client of the program. Strangers
// choose most of the addresses we call, so it connects only to addresses that
// are public or that the configuration names, and it looks at the address
// itself, after the name was resolved, on every connection.
//
// What is fetched from one registrable domain has a budget, whoever had us
// fetch it; deliveries have none here, because they are ordered and held back
// where they are made.
//
// It follows no redirect by itself: whoever signs requests has to sign each of
// them anew. It uses no proxy from the environment, because a proxy would do
// the connecting where nobody looks.
package safehttp
