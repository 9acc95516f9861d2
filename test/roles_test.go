package test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// beside is another process of the node, with roles of its own.
func (n *node) beside(roles string) *node {
	n.t.Helper()
	port := freePort(n.t)
	env := append([]string{}, n.env...)
	env = append(env, fmt.Sprintf("PARLEY_LISTEN=127.0.0.1:%d", port), "PARLEY_PRIVATE_LISTEN="+fmt.Sprintf("127.0.0.1:%d", freePort(n.t)))
	return &node{process: newProcess(n.t, n.host+" as "+roles, n.dir, env, program, "serve", "--roles", roles), host: n.host,
		url: fmt.Sprintf("http://localhost:%d", port)}
}

// TestRolesApart has one process of a node answer requests, a second run the
// jobs and a third keep the clock: what is posted at the first and held there is
// sent by the second, which streams of the first hear of, and found by the
// index of the third.
func TestRolesApart(t *testing.T) {
	sales := newNode(t, "sales.localhost", "postgres", "POSTS_HOLD_SECONDS=1")
	sales.args = append(sales.args, "--roles", "web")
	sales.start()
	for _, roles := range []string{"worker", "scheduler"} {
		other := sales.beside(roles)
		other.launch()
	}
	engineering := startNode(t, "engineering.localhost", "sqlite")
	alice, bob := sales.join("alice"), engineering.join("bob")
	bob.follow(alice.handle())
	carol := sales.join("carol")
	carol.follow(alice.handle())
	events := carol.events()

	const text = "Held at one process, sent by another."
	alice.say(text)
	eventually(t, "it arrives elsewhere", func() bool { return bob.everything()[text] == 1 })
	carol.hears(events, "update", about(text))
	eventually(t, "it is found", func() bool { return len(bob.find("sent").Statuses)+len(alice.find("sent").Statuses) == 2 })
}

// A SQLite file is one process's, which has to do everything.
func TestRolesNeedPostgres(t *testing.T) {
	n := newNode(t, "sales.localhost", "sqlite")
	n.args = append(n.args, "--roles", "web")
	n.launch()
	require.Error(t, n.waitEnded())
	require.Contains(t, string(n.written()), "several processes need PostgreSQL")
}
