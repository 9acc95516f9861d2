package test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth/devidp"
)

// examplePlace is the node in the files of deploy, and where it listens.
const exampleHost, exampleListen = "social.corp.example", "127.0.0.1:4000"

// proxies are the programs that deploy has settings for.
var proxies = []struct {
	name string
	run  func(t *testing.T, site site) *process
}{
	{"nginx", runNginx},
	{"caddy", runCaddy},
}

// site is what a proxy answers as, and the node behind it.
type site struct {
	name        string // without the port
	port, plain int    // for https and http
	listen      string // where the node is
	dir         string // for the proxy's files
}

// settings is a file of deploy for this site.
func (s site) settings(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../deploy", file))
	require.NoError(t, err)
	require.Contains(t, string(text), exampleHost)
	require.Contains(t, string(text), exampleListen)
	return strings.NewReplacer(exampleHost, s.name, exampleListen, s.listen).Replace(string(text))
}

// runNginx puts the file where nginx includes it, with the ports and the
// certificate of the test.
func runNginx(t *testing.T, s site) *process {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("there is no nginx: install Debian's nginx, or run `make test`, which does")
	}
	leaf, err := newSigner(s.name, authority())
	require.NoError(t, err)
	cert, key := leaf.files(t, s.dir)
	text := s.settings(t, "nginx/parley.conf")
	text = regexp.MustCompile(`(?m)^ *listen \[::\].*\n`).ReplaceAllString(text, "")
	for from, to := range map[string]string{
		"listen 80;":  fmt.Sprintf("listen 127.0.0.1:%d;", s.plain),
		"listen 443 ": fmt.Sprintf("listen 127.0.0.1:%d ", s.port),
		"/etc/letsencrypt/live/" + s.name + "/fullchain.pem": cert,
		"/etc/letsencrypt/live/" + s.name + "/privkey.pem":   key,
		"/var/www/letsencrypt":                               s.dir,
	} {
		require.Contains(t, text, from)
		text = strings.ReplaceAll(text, from, to)
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "parley.conf"), []byte(text), 0o600))
	main := fmt.Sprintf("daemon off; pid %[1]s/nginx.pid; error_log stderr; worker_processes 1; %[2]s\nevents {}\nhttp { access_log off; %[3]s include %[1]s/parley.conf; }\n",
		s.dir, unprivileged(), temporary(s.dir))
	file := filepath.Join(s.dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(main), 0o600))
	arguments := []string{path, "-e", "stderr", "-p", s.dir, "-c", file}
	checked, err := exec.Command(arguments[0], append(arguments[1:], "-t")...).CombinedOutput()
	require.NoError(t, err, "%s", checked)
	return newProcess(t, "nginx", s.dir, environment(), arguments...)
}

// unprivileged keeps nginx from becoming a user that may not enter the folder
// of a test.
func unprivileged() string {
	if os.Getuid() == 0 {
		return "user root;"
	}
	return ""
}

// temporary are the folders that nginx has compiled in elsewhere.
func temporary(dir string) string {
	var b strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&b, "%s_temp_path %s/%s; ", kind, dir, kind)
	}
	return b.String()
}

// runCaddy has Caddy take the file as it is; what is told before it are ports,
// and to vouch with the authority of the tests, which no browser learns of.
func runCaddy(t *testing.T, s site) *process {
	t.Helper()
	path, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("there is no caddy: install Debian's caddy, or run `make test`, which does")
	}
	text := s.settings(t, "caddy/Caddyfile")
	file := filepath.Join(s.dir, "Caddyfile")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	tidy, err := exec.Command(path, "fmt", file).Output()
	require.NoError(t, err)
	assert.Equal(t, text, string(tidy), "as caddy fmt writes it")
	require.NoError(t, os.WriteFile(file, []byte(caddyGlobals(t, s)+text), 0o600))
	env := environment("XDG_DATA_HOME="+s.dir, "XDG_CONFIG_HOME="+s.dir)
	arguments := []string{path, "run", "--config", file}
	check := exec.Command(path, "validate", "--config", file)
	check.Env = env
	checked, err := check.CombinedOutput()
	require.NoError(t, err, "%s", checked)
	return newProcess(t, "caddy", s.dir, env, arguments...)
}

func caddyGlobals(t *testing.T, s site) string {
	t.Helper()
	cert, key := authority().files(t, s.dir)
	return fmt.Sprintf("{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port %d\n\thttps_port %d\n\tskip_install_trust\n\tpki {\n\t\tca local {\n\t\t\troot {\n\t\t\t\tcert %s\n\t\t\t\tkey %s\n\t\t\t}\n\t\t}\n\t}\n}\n\n",
		s.plain, s.port, cert, key)
}

// proxied starts a node behind a proxy. Its people sign in at a development
// provider of its own, which answers nobody that came through a proxy.
func proxied(t *testing.T, run func(*testing.T, site) *process, name string, settings ...string) (*node, site) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "parley.toml")
	n := newNode(t, name, "sqlite", append(settings, "CONFIG="+config)...)
	s := site{name: name, port: freePort(t), plain: freePort(t), listen: "127.0.0.1:" + n.host[strings.LastIndexByte(n.host, ':')+1:], dir: t.TempDir()}
	proxy := run(t, s)
	n.host = fmt.Sprintf("%s:%d", name, s.port)
	n.url = "https://" + n.host
	n.env = append(n.env, "PARLEY_PUBLIC_URL="+n.url)
	n.believe()
	tell(t, config, startDevelopmentProvider(t, n.url), "development", "")
	proxy.launch()
	n.start()
	return n, s
}

// believe has the node trust the authority of the tests.
func (n *node) believe() {
	n.t.Helper()
	cert, _ := authority().files(n.t, n.t.TempDir())
	n.env = append(n.env, "SSL_CERT_FILE="+cert)
}

// startDevelopmentProvider lets people sign in on the nodes, and returns its issuer.
func startDevelopmentProvider(t *testing.T, nodes ...string) (issuer string) {
	t.Helper()
	client := devidp.Client{ID: "parley", Secret: "development"}
	for _, n := range nodes {
		client.RedirectURIs = append(client.RedirectURIs, n+"/auth/oidc/callback")
		client.PostLogoutRedirectURIs = append(client.PostLogoutRedirectURIs, n+"/")
	}
	server := httptest.NewUnstartedServer(nil)
	issuer = strings.Replace("http://"+server.Listener.Addr().String(), "127.0.0.1", "id.localhost", 1)
	provider, err := devidp.New(devidp.Options{Issuer: issuer, Clients: []devidp.Client{client}, People: []devidp.Person{
		{Subject: "ada", Username: "ada", Name: "Ada Lindqvist", Email: "ada@corp.example", Groups: []string{"parley-owners"}},
		{Subject: "bob", Username: "bob", Name: "Bob Okafor", Email: "bob@corp.example"},
	}})
	require.NoError(t, err)
	server.Config.Handler = provider.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// TestProxies has nodes behind the proxies of deploy, with the files there:
// sign-in, streams both ways, a large upload, signed activities in and out, and
// what only the node itself may say or show.
func TestProxies(t *testing.T) {
	t.Parallel()
	for _, proxy := range proxies {
		t.Run(proxy.name, func(t *testing.T) {
			t.Parallel()
			n, site := proxied(t, proxy.run, "sales.localhost", "TRUSTED_PROXIES=127.0.0.1", "PRIVATE_LISTEN=127.0.0.1:"+fmt.Sprint(freePort(t)))
			ada := n.join("ada")
			streamThrough(t, ada)
			federateThrough(t, ada)
			t.Run("upload", func(t *testing.T) { uploadThrough(t, ada) })
			headersThrough(t, n)
			secure(t, site)
			addressThrough(t, n, "127.0.0.2")
			n.stop()
			believesNobody(t, n)
		})
	}
}

func streamThrough(t *testing.T, ada *person) {
	t.Helper()
	socket, events := ada.socket(), ada.events()
	ada.say("Through the proxy, live.")
	ada.hears(socket, "update", about("live"))
	ada.hears(events, "update", about("live"))
}

// federateThrough follows both ways: each activity that comes in was signed for
// the host that the proxy keeps.
func federateThrough(t *testing.T, ada *person) {
	t.Helper()
	other := newNode(t, "engineering.localhost", "sqlite")
	other.believe()
	other.start()
	bob := other.join("bob")
	bob.follow(ada.handle())
	ada.follow(bob.handle())
	ada.say("From behind the proxy.")
	bob.awaits("From behind the proxy.")
	bob.say("To behind the proxy.")
	ada.awaits("To behind the proxy.")
}

// uploadThrough brings 20 MB of noise that is a sound.
func uploadThrough(t *testing.T, ada *person) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("there is no ffmpeg, and pictures are not that large: install Debian's ffmpeg, or run `make test`, which does")
	}
	code, text := ada.sendFile("sound.wav", noise(20_000_000), "noise")
	require.Equal(t, http.StatusAccepted, code, "%s", text)
}

// noise is a WAVE file of about that many bytes, 192 000 samples a second, stereo.
func noise(size int) []byte {
	const rate, channels = 192_000, 2
	file := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(36+size))...)
	file = append(file, "WAVEfmt \x10\x00\x00\x00\x01\x00"...)
	file = binary.LittleEndian.AppendUint16(file, channels)
	file = binary.LittleEndian.AppendUint32(file, rate)
	file = binary.LittleEndian.AppendUint32(file, rate*channels*2)
	file = append(file, "\x04\x00\x10\x00data"...)
	file = binary.LittleEndian.AppendUint32(file, uint32(size))
	for random := rand.New(rand.NewPCG(1, 2)); len(file) < 44+size; {
		file = binary.LittleEndian.AppendUint64(file, random.Uint64())
	}
	return file
}

// secure sees that plain http leads to https.
func secure(t *testing.T, s site) {
	t.Helper()
	stay := &http.Client{Transport: web.Transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stay.Get(fmt.Sprintf("http://%s:%d/about", s.name, s.plain))
	require.NoError(t, err)
	_ = answer.Body.Close()
	assert.Contains(t, []int{http.StatusMovedPermanently, http.StatusPermanentRedirect}, answer.StatusCode)
	assert.Regexp(t, `^https://sales\.localhost(:\d+)?/about$`, answer.Header.Get("Location"))
}

// headersThrough sees that the node's own headers arrive once, and that what is
// for the operator stays inside.
func headersThrough(t *testing.T, n *node) {
	t.Helper()
	answer, err := web.Get(n.url + "/auth/sign_in")
	require.NoError(t, err)
	_ = answer.Body.Close()
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Len(t, answer.Header.Values("Strict-Transport-Security"), 1)
	assert.Len(t, answer.Header.Values("Content-Security-Policy"), 1)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/"} {
		answer, err := web.Get(n.url + path)
		require.NoError(t, err)
		_ = answer.Body.Close()
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
	}
}

// askFrom asks from an address of this machine, and says that it comes from another.
func askFrom(t *testing.T, n *node, from, claimed string) {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: trusting(), DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, network, "127.0.0.1:"+port)
		}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+"/health", nil)
	require.NoError(t, err)
	for _, name := range []string{"X-Forwarded-For", "X-Real-IP"} {
		request.Header.Set(name, claimed)
	}
	answer, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

// addressThrough sees that the node goes by the address that the proxy saw,
// whatever the asker says.
func addressThrough(t *testing.T, n *node, from string) {
	t.Helper()
	askFrom(t, n, from, "198.51.100.7")
	eventually(t, "the node wrote who asked", func() bool { return strings.Contains(string(n.written()), "address="+from+" ") })
	assert.NotContains(t, string(n.written()), "198.51.100.7")
}

// believesNobody starts the node without trusted proxies: then it goes by who
// connects to it.
func believesNobody(t *testing.T, n *node) {
	t.Helper()
	n.env = append(n.env, "PARLEY_TRUSTED_PROXIES=")
	n.start()
	askFrom(t, n, "127.0.0.3", "198.51.100.8")
	assert.NotContains(t, string(n.written()), "address=127.0.0.3 ")
	assert.NotContains(t, string(n.written()), "198.51.100.8")
}
