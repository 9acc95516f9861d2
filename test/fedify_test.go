package test

import (
	"fmt"
	"testing"
)

// fediverse is a node of ours, a server of another make, and their people.
type fediverse struct {
	*fedify
	node               *node
	alice, carol, dave *person
	aliceURI           string
	fred               string // his handle
}

func newFediverse(t *testing.T, knock string) *fediverse {
	t.Helper()
	node := startNode(t, "localhost", "sqlite")
	v := &fediverse{node: node, fedify: startFedify(t, knock), alice: node.join("alice"), carol: node.join("carol"), dave: node.join("dave")}
	v.aliceURI, v.fred = v.alice.uri(), v.handle("fred")
	return v
}

// in is the fediverse with its people reporting to another test.
func (v *fediverse) in(t *testing.T) *fediverse {
	here, peer, process := *v, *v.fedify, *v.process
	process.t, peer.process, here.fedify = t, &process, &peer
	for _, p := range []**person{&here.alice, &here.carol, &here.dave} {
		same := **p
		same.t, *p = t, &same
	}
	return &here
}

// TestFedify federates with a server of another make: every activity, both
// ways, in the scheme of signatures that the other takes. Each part goes on
// from the one before.
func TestFedify(t *testing.T) {
	t.Parallel()
	parts := []struct {
		name string
		do   func(*testing.T, *fediverse)
	}{
		{"follow", followFred}, {"follow requests", askFirst}, {"posts sent", sendPosts}, {"posts received", receivePosts}, {"visibility", showFew},
		{"reactions", reactBothWays}, {"polls", voteBothWays}, {"pins", pinBothWays}, {"profiles", changeProfiles}, {"quotes", quoteBothWays},
		{"documents", readDocuments}, {"reports", reportBothWays}, {"blocks", blockBothWays}, {"moves", moveBothWays}, {"farewell", leaveBothWays},
	}
	for _, knock := range []string{"rfc9421", "draft-cavage-http-signatures-12"} {
		t.Run(knock, func(t *testing.T) {
			t.Parallel()
			v := newFediverse(t, knock)
			for _, p := range parts {
				if !t.Run(p.name, func(t *testing.T) { p.do(t, v.in(t)) }) {
					return
				}
			}
		})
	}
}

func (v *fediverse) handle(name string) string {
	return fmt.Sprintf("%s@localhost%s", name, v.url[len("http://localhost"):])
}
