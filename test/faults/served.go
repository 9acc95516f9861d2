package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
)

// served is a parley serve: a process of its own.
type served struct {
	t       testing.TB
	url     string // of the node
	direct  string // where this process of it answers
	dir     string
	env     []string
	log     *os.File
	running *exec.Cmd
	ended   chan struct{}
}

// scratch is the folder of the program that is run, made when it is first needed.
var scratch string

// built is the path of the parley that is run.
var built = sync.OnceValues(func() (string, error) {
	var err error
	if scratch, err = os.MkdirTemp("", "parley-faults-"); err != nil {
		return "", err
	}
	file := filepath.Join(scratch, "parley")
	out, err := exec.Command("go", "build", "-o", file, "parley/cmd/parley").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build parley: %w\n%s", err, out)
	}
	return file, nil
})

// newServed sets a node up on a database, with its files in dir, and does not
// start it. Settings are NAME=value without the prefix, and win over ours.
func newServed(t testing.TB, name, database, dir string, settings ...string) *served {
	t.Helper()
	port := freePort(t)
	s := &served{t: t, url: fmt.Sprintf("http://%s.localhost:%d", name, port), dir: dir}
	return s.over(port, append([]string{"PUBLIC_URL=" + s.url, "DATABASE_URL=" + database, "DATA_DIR=" + filepath.Join(dir, "data"), "TITLE=" + name,
		"LIMITS_ENABLED=false", "LOG_LEVEL=warn", "FEDERATION_MODE=open", "FEDERATION_ALLOW_HTTP=true", "FEDERATION_ALLOW_NETWORKS=127.0.0.0/8"}, settings...)...)
}

// twin is another process of the same node.
func (s *served) twin() *served {
	other := &served{t: s.t, url: s.url, dir: s.dir, env: s.env}
	return other.over(freePort(s.t))
}

func (s *served) over(port int, settings ...string) *served {
	s.direct = fmt.Sprintf("http://127.0.0.1:%d", port)
	if s.env == nil {
		for _, v := range os.Environ() {
			if !strings.HasPrefix(v, "PARLEY_") {
				s.env = append(s.env, v)
			}
		}
	}
	s.env = append([]string{}, s.env...)
	for _, v := range append(settings, fmt.Sprintf("LISTEN=127.0.0.1:%d", port)) {
		s.env = append(s.env, "PARLEY_"+v)
	}
	var err error
	s.log, err = os.Create(filepath.Join(s.t.TempDir(), "log"))
	require.NoError(s.t, err)
	s.t.Cleanup(s.finish)
	return s
}

// freePort is one that nobody listens on, below those that the system gives to
// outgoing connections: a node that was killed must get it again.
func freePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 12_000 + rand.IntN(8_000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// start runs the process until it answers, and tells how long that took.
func (s *served) start() time.Duration {
	s.t.Helper()
	begun := time.Now()
	s.launch()
	nodetest.Eventually(s.t, s.url+" answers", func() bool {
		select {
		case <-s.ended:
			s.t.Fatalf("%s ended instead of serving:\n%s", s.url, s.written())
		default:
		}
		return s.answers()
	})
	return time.Since(begun)
}

func (s *served) launch() {
	s.t.Helper()
	program, err := built()
	require.NoError(s.t, err)
	cmd := exec.Command(program, "serve")
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = s.env, s.dir, s.log, s.log
	require.NoError(s.t, cmd.Start())
	ended := make(chan struct{})
	s.running, s.ended = cmd, ended
	go func() { _ = cmd.Wait(); close(ended) }()
}

// answers reports whether the process answers well.
func (s *served) answers() bool {
	r, err := nodetest.Client.Get(s.direct + "/api/v2/instance")
	if err != nil {
		return false
	}
	_ = r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// alive reports whether the process still runs.
func (s *served) alive() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// kill ends the process as a loss of power would.
func (s *served) kill() {
	s.t.Helper()
	require.True(s.t, s.alive(), "%s fell by itself:\n%s", s.url, s.written())
	require.NoError(s.t, s.running.Process.Kill())
	<-s.ended
	s.running = nil
}

// stop asks the process to end, and waits until it has.
func (s *served) stop() {
	s.t.Helper()
	require.NoError(s.t, s.running.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		s.t.Errorf("%s does not stop", s.url)
		_ = s.running.Process.Kill()
		<-s.ended
	}
	s.running = nil
}

func (s *served) finish() {
	if s.running != nil && s.alive() {
		s.stop()
	}
	if s.t.Failed() {
		s.t.Logf("what %s wrote:\n%s", s.direct, s.written())
	}
	_ = s.log.Close()
}

// written is the end of what the process wrote.
func (s *served) written() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-8000):])
}

// command runs another command of the program on the node's database, and
// gives what it printed.
func (s *served) command(args ...string) string {
	s.t.Helper()
	program, err := built()
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = s.env, s.dir, &out, &errs
	require.NoError(s.t, cmd.Run(), "parley %s: %s", strings.Join(args, " "), &errs)
	return strings.TrimSpace(out.String())
}
