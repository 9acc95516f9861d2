// Package health says how a node is, to the programs that watch it, in
// numbers, and to its owner, in words: what is well, what is not, and what to
// do about that.
package health
