// Package search finds posts and people by their words.
//
// Words takes a text apart, the same way when it is stored and when it is asked
// for. Index keeps the words of what is written and changed, some moments
// behind. Parse makes of what somebody types into a search box what the store
// is asked. What a reader may see is the store's to decide.
package search
