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

// as runs toot for one of those who are signed in on the node.
func (c *toot) as(n *node, name string, args ...string) string {
	c.t.Helper()
	return c.run(append(args, "--using", name+"@"+n.host)...)
}

var postedLink = regexp.MustCompile(`http://\S+/(\d+)`)

// posts posts, and gives the id.
func (c *toot) posts(n *node, name string, args ...string) string {
	c.t.Helper()
	said := c.as(n, name, append([]string{"post"}, args...)...)
	link := postedLink.FindStringSubmatch(said)
	require.NotNil(c.t, link, said)
	return link[1]
}

// TestTootDay has two people on one node do what toot can do.
func TestTootDay(t *testing.T) {
	t.Parallel()
	c := newToot(t)
	n := clientNode(t)
	c.login(n, "alice")
	c.login(n, "bob")
	require.Contains(t, c.as(n, "alice", "whoami"), "@alice")
	require.Contains(t, c.run("instance", "--disable-https", n.host), n.host)
	require.Contains(t, c.as(n, "alice", "whois", "bob"), "@bob")
	require.Contains(t, c.as(n, "alice", "search", "bob"), "@bob")
	for _, step := range []struct{ do, shows, undo string }{
		{"follow", "following alice", ""}, {"mute", "", "unmute"}, {"block", "", "unblock"}, {"follow", "following alice", ""},
	} {
		c.as(n, "alice", step.do, "bob")
		if step.shows != "" {
			require.Contains(t, c.as(n, "alice", strings.Fields(step.shows)...), "@bob")
		}
		if step.undo != "" {
			c.as(n, "alice", step.undo, "bob")
		}
	}
	require.Contains(t, c.as(n, "bob", "followers", "bob"), "@alice")

	said := c.posts(n, "bob", "Hello @alice #toot", "--visibility", "unlisted", "--spoiler-text", "cw", "--language", "en")
	answered := c.posts(n, "alice", "@bob hello back", "--reply-to", said)
	pictured := c.posts(n, "bob", "Look #toot", "--media", drawn(t), "--description", "a square", "--sensitive")
	for _, act := range []string{"favourite", "reblog", "bookmark"} {
		c.as(n, "alice", act, said)
	}
	require.Contains(t, c.run("reblogged_by", said), "@alice")
	require.Contains(t, c.as(n, "alice", "bookmarks", "--once"), "Hello @alice")
	for _, place := range [][]string{{}, {"--public"}, {"--local", "--public"}} {
		require.Contains(t, c.as(n, "alice", append([]string{"timeline", "--once"}, place...)...), "Look")
	}
	require.Contains(t, c.as(n, "alice", "timeline", "--once", "--tag", "toot"), "Look")
	thread := c.as(n, "bob", "thread", answered)
	require.Contains(t, thread, "Hello @alice")
	require.Contains(t, thread, "hello back")
	told := c.as(n, "bob", "notifications")
	for _, part := range []string{"hello back", "favourited your status", "reblogged your status", "now follows you"} {
		require.Contains(t, told, part)
	}
	require.Contains(t, c.as(n, "alice", "notifications", "--mentions"), "Hello @alice")
	c.as(n, "bob", "notifications", "--clear")
	require.Contains(t, c.as(n, "bob", "notifications"), "No notification")

	for _, act := range []string{"unfavourite", "unreblog", "unbookmark"} {
		c.as(n, "alice", act, said)
	}
	c.as(n, "bob", "pin", pictured)
	c.as(n, "bob", "unpin", pictured)
	c.as(n, "alice", "tags_follow", "toot")
	require.Contains(t, c.as(n, "alice", "tags_followed"), "toot")
	c.as(n, "alice", "tags_unfollow", "toot")
	require.Contains(t, c.as(n, "bob", "upload", drawn(t)), n.url)
	c.as(n, "bob", "delete", said)
	require.NotContains(t, c.as(n, "bob", "timeline", "--once"), "Hello @alice")
	c.as(n, "alice", "unfollow", "bob")
	require.NotContains(t, c.as(n, "alice", "following", "alice"), "@bob")
	c.run("logout", "bob@"+n.host)
}

// drawn is a file with a picture in it.
func drawn(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "chart.png")
	require.NoError(t, os.WriteFile(name, drawing(t), 0o600))
	return name
}
