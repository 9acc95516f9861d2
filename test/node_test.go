package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/store/storetest"
)

const (
	patience  = 30 * time.Second // for what takes milliseconds on an idle machine
	stopTime  = 10 * time.Second // promised for SIGTERM
	pollEvery = 25 * time.Millisecond
)

// node is one parley serve.
type node struct {
	t       *testing.T
	host    string // name:port, as it stands in handles
	url     string
	dir     string
	env     []string
	log     *os.File
	process *exec.Cmd
	ended   chan error
}

// databases are the kinds that nodes are tested on.
var databases = []string{"sqlite", "postgres"}

// onEach runs test once for each kind of database.
func onEach(t *testing.T, test func(t *testing.T, database string)) {
	for _, kind := range databases {
		t.Run(kind, func(t *testing.T) { test(t, kind) })
	}
}

// newNode sets a node up and does not start it. Settings are NAME=value
// without the prefix.
func newNode(t *testing.T, name, database string, settings ...string) *node {
	t.Helper()
	port := freePort(t)
	n := &node{t: t, host: fmt.Sprintf("%s:%d", name, port), dir: t.TempDir()}
	n.url = "http://" + n.host
	own := append([]string{
		"PUBLIC_URL=" + n.url,
		fmt.Sprintf("LISTEN=127.0.0.1:%d", port),
		"DATA_DIR=" + filepath.Join(n.dir, "data"),
		"DATABASE_URL=" + storetest.URL(t, database),
		"TITLE=" + name,
		"LIMITS_ENABLED=false", // of requests: tests poll
		"LOG_LEVEL=debug",
		"FEDERATION_MODE=open",
		"FEDERATION_ALLOW_HTTP=true",
		"FEDERATION_ALLOW_NETWORKS=127.0.0.0/8,::1/128",
	}, settings...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PARLEY_") {
			n.env = append(n.env, variable)
		}
	}
	for _, setting := range own {
		n.env = append(n.env, "PARLEY_"+setting)
	}
	var err error
	n.log, err = os.Create(filepath.Join(n.dir, "log"))
	require.NoError(t, err)
	t.Cleanup(n.finish)
	return n
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
	for range 1000 {
		port := 20_000 + rand.IntN(10_000)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			require.NoError(t, listener.Close())
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// start runs the node until it answers.
func (n *node) start() {
	n.t.Helper()
	n.launch()
	n.waitReady()
}

// launch begins to run the node.
func (n *node) launch() {
	n.t.Helper()
	n.process = exec.Command(program, "serve")
	n.process.Env, n.process.Dir, n.process.Stdout, n.process.Stderr = n.env, n.dir, n.log, n.log
	require.NoError(n.t, n.process.Start())
	ended := make(chan error, 1)
	n.ended = ended
	process := n.process
	go func() { ended <- process.Wait() }()
}

func (n *node) waitReady() {
	n.t.Helper()
	eventually(n.t, n.host+" answers", func() bool {
		select {
		case err := <-n.ended:
			n.ended <- err
			n.t.Fatalf("%s ended instead of answering: %v", n.host, err)
		default:
		}
		r, err := web.Get(n.url + "/api/v2/instance")
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// stop asks the node to stop, and insists that it does so in time and without
// an error.
func (n *node) stop() {
	n.t.Helper()
	require.NoError(n.t, n.process.Process.Signal(syscall.SIGTERM))
	require.NoError(n.t, n.waitEnded(stopTime), "%s was asked to stop", n.host)
	n.process = nil
}

// kill ends the node as a loss of power would, even while it is paused.
func (n *node) kill() {
	n.t.Helper()
	require.NoError(n.t, n.process.Process.Kill())
	var exit *exec.ExitError
	require.ErrorAs(n.t, n.waitEnded(stopTime), &exit)
	n.process = nil
}

// pause keeps the node from doing anything; connections to it hang.
func (n *node) pause() { n.signal(syscall.SIGSTOP) }

// resume lets the node go on.
func (n *node) resume() { n.signal(syscall.SIGCONT) }

func (n *node) signal(s os.Signal) {
	n.t.Helper()
	require.NoError(n.t, n.process.Process.Signal(s))
}

func (n *node) waitEnded(limit time.Duration) error {
	select {
	case err := <-n.ended:
		return err
	case <-time.After(limit):
		return fmt.Errorf("%s still runs after %s", n.host, limit)
	}
}

// finish ends the node with its test, and shows what it wrote if that failed.
func (n *node) finish() {
	if n.process != nil {
		_ = n.process.Process.Signal(syscall.SIGCONT)
		_ = n.process.Process.Signal(syscall.SIGTERM)
		if err := n.waitEnded(stopTime); err != nil {
			n.t.Errorf("%s did not stop well: %v", n.host, err)
			_ = n.process.Process.Kill()
		}
	}
	if n.t.Failed() {
		n.t.Logf("what %s wrote:\n%s", n.host, n.written())
	}
	_ = n.log.Close()
}

// written is the end of the node's log.
func (n *node) written() []byte {
	const enough = 1_000_000
	text, err := os.ReadFile(n.log.Name())
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-enough):]
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
		for _, other := range nodes {
			if other != n {
				n.t.Helper()
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
	deadline := time.After(limit)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("did not come true in %s: %s", limit, what)
		case <-tick.C:
		}
	}
}

// web sends names below localhost to this machine, which not every resolver
// does. RFC 6761 6.3
var web = &http.Client{Transport: &http.Transport{DialContext: dialLocal}, Timeout: patience}

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
