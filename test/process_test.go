package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stopTime is how long a node may take that is asked to stop.
const stopTime = 10 * time.Second

// process is a program that runs beside the test, and what it writes.
type process struct {
	t       *testing.T
	name    string
	dir     string // where it runs
	env     []string
	args    []string
	log     *os.File
	running *exec.Cmd
	ended   chan error

	graceless bool // it simply ends when it is asked to stop
}

// newProcess is one that does not run yet. It ends with the test, and if that
// failed shows what it wrote.
func newProcess(t *testing.T, name, dir string, env []string, args ...string) *process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	p := &process{t: t, name: name, dir: dir, env: env, args: args, log: log}
	t.Cleanup(p.finish)
	return p
}

func (p *process) launch() {
	p.t.Helper()
	command := exec.Command(p.args[0], p.args[1:]...)
	command.Env, command.Dir, command.Stdout, command.Stderr = p.env, p.dir, p.log, p.log
	require.NoError(p.t, command.Start())
	ended := make(chan error, 1)
	p.running, p.ended = command, ended
	go func() { ended <- command.Wait() }()
}

// waitReady waits until is holds, as long as the process runs.
func (p *process) waitReady(is func() bool) {
	p.t.Helper()
	eventually(p.t, p.name+" is ready", func() bool {
		select {
		case err := <-p.ended:
			p.running = nil
			p.t.Fatalf("%s ended instead of getting ready: %v", p.name, err)
		default:
		}
		return is()
	})
}

// stop asks the process to stop, and insists that it does so in time and
// without an error.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	require.NoError(p.t, p.waitEnded(), "%s was asked to stop", p.name)
}

// kill ends the process as a loss of power would, even while it is paused.
func (p *process) kill() {
	p.t.Helper()
	p.signal(syscall.SIGKILL)
	var exit *exec.ExitError
	require.ErrorAs(p.t, p.waitEnded(), &exit)
}

// pause keeps the process from doing anything; connections to it hang.
func (p *process) pause() { p.signal(syscall.SIGSTOP) }

// resume lets the process go on.
func (p *process) resume() { p.signal(syscall.SIGCONT) }

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.running.Process.Signal(s))
}

func (p *process) waitEnded() error {
	select {
	case err := <-p.ended:
		p.running = nil
		return err
	case <-time.After(stopTime):
		return fmt.Errorf("%s still runs after %s", p.name, stopTime)
	}
}

func (p *process) finish() {
	if p.running != nil {
		_ = p.running.Process.Signal(syscall.SIGCONT)
		_ = p.running.Process.Signal(syscall.SIGTERM)
		if err := p.waitEnded(); err != nil && !p.graceless {
			p.t.Errorf("%s did not stop well: %v", p.name, err)
			if p.running != nil {
				_ = p.running.Process.Kill()
			}
		}
	}
	if p.t.Failed() {
		p.t.Logf("what %s wrote:\n%s", p.name, p.written())
	}
	_ = p.log.Close()
}

// written is the end of what the process wrote.
func (p *process) written() []byte {
	const enough = 1_000_000
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-enough):]
}

// environment is this process's, without settings of a node that the person
// who runs the test may have.
func environment(settings ...string) []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PARLEY_") {
			env = append(env, variable)
		}
	}
	return append(env, settings...)
}
