// Package contract holds the node to what stock clients expect of it.
//
// endpoints.tsv says of every operation of Mastodon's client API what this
// node does with it; docs/client-api.md is written from it. The tests walk the
// published schema of that API, where it is at hand, against a node with
// something of everything on it, and hold each answer to it. What single
// clients cannot do without, and the rules between the lines, have tests of
// their own. The clients themselves run in the folder test.
package contract
