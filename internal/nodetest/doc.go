// Package nodetest wires a node inside a test, over a real database, with its
// jobs running and its ActivityPub routes on a loopback port, and plays the
// hosts that it talks to. Only those hosts are pretended: they stand at the
// edge of the network, and everything on this side of it is the real thing.
package nodetest
