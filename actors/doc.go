// Package actors knows who exists: our people, services and the node itself,
// and everybody of other nodes whom we have met. It makes accounts, keeps
// keys, finds actors by handle or URI, and publishes the documents by which
// others find ours: actor, WebFinger, host-meta, NodeInfo, followers and
// following.
package actors
