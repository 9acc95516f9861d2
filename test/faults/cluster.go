package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// cluster is a PostgreSQL of our own, which only a socket in its folder leads to.
type cluster struct {
	t        testing.TB
	url      string
	dir      string
	programs string
	owner    *syscall.Credential // PostgreSQL does not run as root
}

// newCluster starts one; there is none where PostgreSQL is not installed.
func newCluster(t testing.TB) *cluster {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return nil
	}
	c := &cluster{t: t, dir: t.TempDir(), programs: filepath.Dir(found[len(found)-1])}
	if os.Geteuid() == 0 {
		postgres, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, _ := strconv.Atoi(postgres.Uid)
		gid, _ := strconv.Atoi(postgres.Gid)
		c.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		for dir := c.dir; strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
			require.NoError(t, os.Chmod(dir, 0o755)) // it has to pass
		}
		require.NoError(t, os.Chown(c.dir, uid, gid))
	}
	c.url = fmt.Sprintf("postgres://postgres@/postgres?host=%s&sslmode=disable", c.dir)
	c.run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C", "-D", c.data())
	c.start()
	t.Cleanup(func() { _ = c.command("pg_ctl", "stop", "-m", "immediate", "-D", c.data()).Run() })
	return c
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) start() {
	c.t.Helper()
	c.run("pg_ctl", "start", "-w", "-D", c.data(), "-l", filepath.Join(c.dir, "log"), "-o",
		fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c max_connections=200 -c fsync=off", c.dir))
}

// stop ends it as its owner would.
func (c *cluster) stop() {
	c.t.Helper()
	c.run("pg_ctl", "stop", "-m", "fast", "-D", c.data())
}

// kill ends it as a loss of power would.
func (c *cluster) kill() {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	require.NoError(c.t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(text), "\n", 2)[0]))
	require.NoError(c.t, err)
	require.NoError(c.t, syscall.Kill(pid, syscall.SIGKILL))
}

func (c *cluster) run(program string, args ...string) {
	c.t.Helper()
	out, err := os.Create(filepath.Join(c.dir, program+".out")) // a pipe would be held open by the server
	require.NoError(c.t, err)
	defer out.Close()
	cmd := c.command(program, args...)
	cmd.Stdout, cmd.Stderr = out, out
	err = cmd.Run()
	text, _ := os.ReadFile(out.Name())
	require.NoError(c.t, err, "%s: %s", program, text)
}

func (c *cluster) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.programs, program), args...)
	cmd.Dir = "/"
	if c.owner != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	}
	return cmd
}
