package test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reader is somebody who does what docs/guide.md says, in an empty folder.
type reader struct {
	t      *testing.T
	node   *node
	site   site
	names  *strings.Replacer // what the guide calls things, and what they are here
	person *person
}

// TestGuide has two readers follow the guide, each the other's partner. The
// builds in their two folders come to the same bytes.
func TestGuide(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"caddy", "curl", "make", "sqlite3"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("there is no %s, which the guide uses: install Debian's package, or run `make test`, which does", name)
		}
	}
	readers := newReaders(t)
	ada, bob := readers[0], readers[1]
	for _, step := range guide(t) {
		if strings.Contains(step, "account list") { // signed in before, as the guide says
			ada.person, bob.person = ada.node.join("ada"), bob.node.join("bob")
		}
		if strings.Contains(step, "account token") {
			meet(ada.person, bob.person)
		}
		for _, r := range readers {
			r.do(step)
		}
	}
	require.Equal(t, ada.program(), bob.program(), "built in two folders")
	require.Equal(t, "owner", strings.ToLower(ada.person.role()))
	bob.person.awaits("Hello from " + ada.node.host)
	ada.person.awaits("Hello from " + bob.node.host)
}

// meet has two people follow each other, by what a browser would do, once both
// nodes have learned whom they were allowed: before that a follow is refused for good.
func meet(ada, bob *person) {
	ada.t.Helper()
	for _, pair := range [][2]*person{{ada, bob}, {bob, ada}} {
		eventually(ada.t, pair[0].handle()+" finds "+pair[1].handle(), func() bool { return len(pair[0].find(pair[1].handle()).Accounts) == 1 })
	}
	ada.follow(bob.handle())
	bob.follow(ada.handle())
}

// newReaders gives each a folder with the source, and names and ports.
func newReaders(t *testing.T) []*reader {
	t.Helper()
	hosts := []string{"corp.localhost", "partner.localhost"}
	readers := make([]*reader, 2)
	ports := freePorts(t, 8)
	var urls, places []string
	for i, host := range hosts {
		places = append(places, fmt.Sprintf("%s:%d", host, ports+4*i))
		urls = append(urls, "https://"+places[i])
	}
	issuer := startDevelopmentProvider(t, urls...)
	for i, host := range hosts {
		dir, first := t.TempDir(), ports+4*i
		copySource(t, filepath.Join(dir, "source"))
		me, other := "ada", "bob"
		if i == 1 {
			me, other = other, me
		}
		r := &reader{t: t, site: site{name: host, port: first, plain: first + 1, listen: fmt.Sprintf("127.0.0.1:%d", first+2), dir: dir}}
		r.names = strings.NewReplacer("\n"+exampleHost+" {", "\n"+host+" {", // of a site block: the port is told apart
			exampleHost, places[i], "social.partner.example", places[1-i], exampleListen, r.site.listen,
			"127.0.0.1:4100", fmt.Sprintf("127.0.0.1:%d", first+3), "https://idp.corp.example", issuer, "10.0.0.0/8", "127.0.0.0/8",
			"token ada", "token "+me, "@bob@", "@"+other+"@")
		env := environment("XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir, "PARLEY_LIMITS_ENABLED=false", "CGO_ENABLED=0")
		r.node = &node{process: newProcess(t, host, dir, env), host: places[i], url: urls[i]}
		r.node.believe()
		cert, _ := authority().files(t, t.TempDir())
		r.node.env = append(r.node.env, "CURL_CA_BUNDLE="+cert)
		readers[i] = r
	}
	return readers
}

// copySource copies what is built, and no more.
func copySource(t *testing.T, to string) {
	t.Helper()
	wanted := regexp.MustCompile(`^(Makefile|go\.(mod|sum))$|\.go$|^(web|internal|auth|actors|about|inbox|outbox|federation|partners|cmd)/`)
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel("..", path)
		if err != nil || entry.IsDir() && (name != "." && strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata" || name == "test") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !entry.Type().IsRegular() || strings.HasSuffix(name, "_test.go") || !wanted.MatchString(filepath.ToSlash(name)) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	}))
}

var box = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// guide is what a reader is told to do.
func guide(t *testing.T) (steps []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/guide.md")
	require.NoError(t, err)
	for _, found := range box.FindAllStringSubmatch(string(text), -1) {
		steps = append(steps, found[1])
	}
	require.NotEmpty(t, steps)
	return steps
}

// do what a box says. What ends in a server runs on, as in a window of its own.
func (r *reader) do(text string) {
	r.t.Helper()
	text = strings.TrimSuffix(r.names.Replace(text), "\n")
	before, last := "", text
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		before, last = text[:i+1], text[i+1:]
	}
	switch {
	case strings.HasPrefix(last, "./parley serve "):
		r.sh(before)
		r.node.args = []string{"sh", "-c", "exec " + last}
		r.node.start()
	case strings.HasPrefix(last, "caddy run "):
		r.sh(before)
		file := filepath.Join(r.node.dir, "Caddyfile")
		written, err := os.ReadFile(file)
		require.NoError(r.t, err)
		// What a machine with a public name needs not be told.
		require.NoError(r.t, os.WriteFile(file, []byte(caddyGlobals(r.t, r.site)+string(written)), 0o600))
		newProcess(r.t, "caddy", r.node.dir, r.node.env, "sh", "-c", "exec "+last).launch()
	default:
		r.sh(text)
	}
}

func (r *reader) sh(text string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*patience) // the first one compiles
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-eu", "-c", text)
	command.Dir, command.Env = r.node.dir, r.node.env
	said, err := command.CombinedOutput()
	require.NoError(r.t, err, "%s\n%s", text, said)
	r.t.Logf("%s\n%s", text, said)
}

// program is the sum of what the reader built.
func (r *reader) program() string {
	r.t.Helper()
	file, err := os.ReadFile(filepath.Join(r.node.dir, "parley"))
	require.NoError(r.t, err)
	return fmt.Sprintf("%x", sha256.Sum256(file))
}
