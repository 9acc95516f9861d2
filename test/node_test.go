package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/store/storetest"
)

const (
	patience  = 30 * time.Second // for what takes milliseconds on an idle machine
	pollEvery = 25 * time.Millisecond
)

// node is one parley serve.
type node struct {
	*process
	host string // name:port, as it stands in handles
	url  string
}

// onEach runs test once for each kind of database that nodes keep things in.
func onEach(t *testing.T, test func(t *testing.T, database string)) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) { test(t, kind) })
	}
}

// newNode sets a node up and does not start it. Settings are NAME=value
// without the prefix.
func newNode(t *testing.T, name, database string, settings ...string) *node {
	t.Helper()
	port, dir := freePort(t), t.TempDir()
	host := fmt.Sprintf("%s:%d", name, port)
	env := environment()
	for _, setting := range append([]string{
		"PUBLIC_URL=http://" + host,
		fmt.Sprintf("LISTEN=127.0.0.1:%d", port),
		"DATA_DIR=" + filepath.Join(dir, "data"),
		"DATABASE_URL=" + storetest.URL(t, database),
		"TITLE=" + name,
		"LIMITS_ENABLED=false", // of requests: tests poll
		"LOG_LEVEL=debug",
		"FEDERATION_MODE=open",
		"FEDERATION_ALLOW_HTTP=true",
		"FEDERATION_ALLOW_NETWORKS=127.0.0.0/8,::1/128",
	}, settings...) {
		env = append(env, "PARLEY_"+setting)
	}
	return &node{process: newProcess(t, host, dir, env, program, "serve"), host: host, url: "http://" + host}
}

// startNode sets a node up and waits until it answers.
func startNode(t *testing.T, name, database string, settings ...string) *node {
	t.Helper()
	n := newNode(t, name, database, settings...)
	n.start()
	return n
}

// freePort is one that nobody listens on, below those that the system gives to
// outgoing connections: the node may be stopped and must get it again.
func freePort(t *testing.T) int {
	t.Helper()
	return freePorts(t, 1)
}

// freePorts is the first of several in a row.
func freePorts(t *testing.T, count int) int {
	t.Helper()
	for range 1000 {
		first := 20_000 + rand.IntN(10_000)
		if allFree(t, first, count) {
			return first
		}
	}
	t.Fatal("no port is free")
	return 0
}

func allFree(t *testing.T, first, count int) bool {
	t.Helper()
	for port := first; port < first+count; port++ {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		require.NoError(t, listener.Close())
	}
	return true
}

// start runs the node until it answers.
func (n *node) start() {
	n.t.Helper()
	n.launch()
	n.waitReady(func() bool {
		answer, err := web.Get(n.url + "/api/v2/instance")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// command runs another command of the program on the node's database, and
// returns what it printed.
func (n *node) command(args ...string) string {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	command.Env, command.Dir, command.Stdout, command.Stderr = n.env, n.dir, &out, &errs
	require.NoError(n.t, command.Run(), "parley %s: %s", strings.Join(args, " "), &errs)
	return strings.TrimSpace(out.String())
}

// allow makes nodes each other's partners.
func allow(nodes ...*node) {
	for _, n := range nodes {
		n.t.Helper()
		for _, other := range nodes {
			if other != n {
				n.command("partner", "allow", other.host)
			}
		}
	}
}

// eventually polls until is says so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	eventuallyIn(t, patience, what, is)
}

func eventuallyIn(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	if !comesTrue(limit, is) {
		t.Fatalf("did not come true in %s: %s", limit, what)
	}
}

// comesTrue polls until is says so or the limit has passed.
func comesTrue(limit time.Duration, is func() bool) bool {
	deadline := time.After(limit)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			return false
		case <-tick.C:
		}
	}
	return true
}

// web sends names below localhost to this machine, which not every resolver
// does. RFC 6761 6.3
var web = &http.Client{Transport: &http.Transport{DialContext: dialLocal, TLSClientConfig: trusting()}, Timeout: patience}

var errElsewhere = errors.New("tests stay on this machine")

func dialLocal(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host != "localhost" && !strings.HasSuffix(host, ".localhost") {
		return nil, fmt.Errorf("%s: %w", address, errElsewhere)
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}
