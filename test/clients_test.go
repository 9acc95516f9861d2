package test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runClient runs a program of the folder clients against a node. It prints
// AUTHORIZE, a name and an address where somebody has to go in a browser, and
// reads the code that is shown there.
func runClient(t *testing.T, n *node, interpreter, script string, more ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	command := exec.CommandContext(ctx, interpreter, append([]string{script, n.url}, more...)...)
	command.Dir, command.Env = "clients", append(environment(), "PYTHONDONTWRITEBYTECODE=1", "no_proxy=localhost")
	typing, err := command.StdinPipe()
	require.NoError(t, err)
	written, err := command.StdoutPipe()
	require.NoError(t, err)
	command.Stderr = command.Stdout
	require.NoError(t, command.Start())
	said := attend(t, written, typing)
	require.NoError(t, command.Wait(), said)
}

// attend lets the person whom a program asks for sign in, until it ends.
func attend(t *testing.T, written io.Reader, typing io.Writer) (said string) {
	t.Helper()
	lines := bufio.NewScanner(written)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if asked, ok := strings.CutPrefix(lines.Text(), "AUTHORIZE "); ok {
			name, link, _ := strings.Cut(asked, " ")
			_, err := fmt.Fprintln(typing, authorize(t, link, name))
			require.NoError(t, err)
			continue
		}
		said += lines.Text() + "\n"
	}
	return said
}

// clientNode is a node that is used as clients meet it, with its limits.
func clientNode(t *testing.T) *node {
	t.Helper()
	return startNode(t, "localhost", "sqlite", "LIMITS_ENABLED=true")
}

// TestMastodonPy uses a node by the library Mastodon.py.
func TestMastodonPy(t *testing.T) {
	t.Parallel()
	python := "/usr/bin/python3" // Debian's, for which its package is
	if err := exec.Command(python, "-c", "import mastodon, cryptography").Run(); err != nil {
		t.Skip("there is no Mastodon.py: install Debian's python3-mastodon and python3-cryptography, or run `make test`, which does")
	}
	n := clientNode(t)
	n.command("account", "create", "olga", "--email", "olga@corp.example", "--role", "owner")
	runClient(t, n, python, "mastodon_py.py", n.command("account", "token", "olga", "--scopes", "read write admin:read admin:write"))
}

// TestMasto uses a node by the library masto.js.
func TestMasto(t *testing.T) {
	t.Parallel()
	runClient(t, clientNode(t), clientJS(t), "masto.js")
}

// clientJS is the interpreter for the programs whose libraries come from npm.
func clientJS(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("clients/node_modules/masto"); err != nil {
		t.Skip("the client libraries are not there: run `npm ci` in test/clients, or `make test`, which does")
	}
	return nodeJS(t)
}

// TestMegalodon uses a node by the library megalodon.
func TestMegalodon(t *testing.T) {
	t.Parallel()
	runClient(t, clientNode(t), clientJS(t), "megalodon.js")
}
