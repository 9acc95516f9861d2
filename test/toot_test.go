package test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// toot is the command line client, with accounts of its own.
type toot struct {
	t      *testing.T
	path   string
	config string
}

func newToot(t *testing.T) *toot {
	t.Helper()
	path, err := exec.LookPath("toot")
	if err != nil {
		t.Skip("there is no toot: install Debian's toot, or run `make test`, which does")
	}
	return &toot{t: t, path: path, config: t.TempDir()}
}

// run runs toot and returns what it printed.
func (c *toot) run(args ...string) string {
	c.t.Helper()
	command := c.command(append(args, "--no-color")...)
	out, err := command.CombinedOutput()
	require.NoError(c.t, err, "toot %s: %s", strings.Join(args, " "), out)
	return string(out)
}

func (c *toot) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	c.t.Cleanup(cancel)
	command := exec.CommandContext(ctx, c.path, args...)
	command.Env = append(environment(), "XDG_CONFIG_HOME="+c.config, "PYTHONUNBUFFERED=1", "PYTHONIOENCODING=utf-8", "no_proxy=localhost")
	return command
}

var authorizeLink = regexp.MustCompile(`http://\S+/oauth/authorize/\S+`)

// login signs somebody in: toot shows an address, the person goes there in a
// browser and brings back a code.
func (c *toot) login(n *node, name string) {
	c.t.Helper()
	command := c.command("login", "--no-color", "--disable-https", "-i", n.host)
	log, err := os.Create(filepath.Join(c.t.TempDir(), "log"))
	require.NoError(c.t, err)
	defer log.Close()
	typing, err := command.StdinPipe()
	require.NoError(c.t, err)
	command.Stdout, command.Stderr = log, log
	require.NoError(c.t, command.Start())
	written := func() []byte { text, _ := os.ReadFile(log.Name()); return text }
	eventually(c.t, "toot shows where to go", func() bool { return bytes.Contains(written(), []byte("Open link")) })
	code := authorize(c.t, string(authorizeLink.Find(written())), name)
	_, err = fmt.Fprintf(typing, "n\n%s\n", code)
	require.NoError(c.t, err)
	require.NoError(c.t, typing.Close())
	require.NoError(c.t, command.Wait(), "toot login: %s", written())
}

// TestToot signs two people in on two nodes with a stock client, and reads
// with one what the other wrote. toot asks the system for names, which may not
// know those below localhost, so that only the ports differ.
func TestToot(t *testing.T) {
	t.Parallel()
	client := newToot(t)
	sales, engineering := startNode(t, "localhost", "sqlite"), startNode(t, "localhost", "sqlite")
	client.login(sales, "alice")
	client.login(engineering, "bob")
	require.Contains(t, client.run("whoami"), "@bob")

	alice := "alice@" + sales.host
	require.Contains(t, client.run("search", "-r", "@"+alice), alice)
	client.run("follow", "@"+alice)
	bob := &person{t: t, node: engineering, token: engineering.command("account", "token", "bob")}
	eventually(t, "alice has agreed", func() bool {
		return strings.Contains(client.run("following", "bob"), alice)
	})
	eventually(t, "bob follows alice", func() bool { return bob.relation(bob.findAccount("@" + alice)).Following })

	client.run("activate", "alice@"+sales.host)
	client.run("post", "Written with toot.")
	client.run("activate", "bob@"+engineering.host)
	eventually(t, "bob reads it with toot", func() bool {
		return strings.Contains(client.run("timeline", "--once"), "Written with toot.")
	})
}
