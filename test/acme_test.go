package test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tool is the path of a program that tools/go.mod names.
func tool(t *testing.T, name string) string {
	t.Helper()
	command := exec.Command("go", "tool", "-modfile=tools/go.mod", "-n", name)
	command.Dir = ".."
	command.Stderr = os.Stderr
	path, err := command.Output()
	if err != nil {
		t.Skipf("%s cannot be built: its module is not here: run `go mod download -modfile=tools/go.mod` where modules can be fetched", name)
	}
	return strings.TrimSpace(string(path))
}

// certifier is Pebble, an ACME server that sees for itself whether who asks is
// at the name.
type certifier struct {
	*process
	directory string
	roots     *x509.CertPool // what it vouches with
}

// startCertifier runs one that asks names at the two ports.
func startCertifier(t *testing.T, httpPort, tlsPort int) *certifier {
	t.Helper()
	dir, first := t.TempDir(), freePorts(t, 4)
	leaf, err := newSigner("localhost", authority())
	require.NoError(t, err)
	cert, key := leaf.files(t, dir)
	config, err := json.Marshal(fields{"pebble": fields{"listenAddress": fmt.Sprintf("127.0.0.1:%d", first), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", first+1),
		"certificate": cert, "privateKey": key, "httpPort": httpPort, "tlsPort": tlsPort}})
	require.NoError(t, err)
	file := filepath.Join(dir, "pebble.json")
	require.NoError(t, os.WriteFile(file, config, 0o600))
	dns := fmt.Sprintf("127.0.0.1:%d", first+2)
	names := newProcess(t, "pebble-challtestsrv", dir, environment(), tool(t, "pebble-challtestsrv"), "-defaultIPv4=127.0.0.1", "-defaultIPv6=", "-http01=", "-https01=", "-tlsalpn01=", "-doh=",
		"-dnsserver="+dns, fmt.Sprintf("-management=127.0.0.1:%d", first+3))
	names.graceless = true
	names.launch()
	c := &certifier{directory: fmt.Sprintf("https://localhost:%d/dir", first), roots: x509.NewCertPool()}
	c.process = newProcess(t, "pebble", dir, environment("PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0"), tool(t, "pebble"), "-config", file, "-dnsserver", dns)
	c.graceless = true
	c.launch()
	c.waitReady(func() bool {
		answer, err := web.Get(fmt.Sprintf("https://localhost:%d/roots/0", first+1))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		root, err := io.ReadAll(answer.Body)
		return err == nil && c.roots.AppendCertsFromPEM(root)
	})
	return c
}

// TestCertificates has a node without a proxy get its certificate by each of
// the two challenges, answer by https with it, lead there from http, and keep
// it over a restart that the authority does not live to see.
func TestCertificates(t *testing.T) {
	t.Parallel()
	for _, challenge := range []string{"tls-alpn-01", "http-01"} {
		t.Run(challenge, func(t *testing.T) {
			t.Parallel()
			first := freePorts(t, 2)
			secure, plain := first, first+1
			asked := secure
			if challenge == "http-01" {
				asked = plain // nobody there speaks TLS
			}
			authority := startCertifier(t, plain, asked)
			n := newNode(t, "social.localhost", "sqlite", fmt.Sprintf("LISTEN=127.0.0.1:%d", secure), fmt.Sprintf("PUBLIC_URL=https://social.localhost:%d", secure),
				"ACME_DIRECTORY_URL="+authority.directory, "ACME_EMAIL=ops@corp.example", fmt.Sprintf("ACME_HTTP_LISTEN=127.0.0.1:%d", plain))
			n.believe()
			n.url = fmt.Sprintf("https://social.localhost:%d", secure)
			visitor := &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dialLocal, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: authority.roots}}}
			n.launch()
			serial := n.certified(visitor)

			answer, err := visitor.Get(fmt.Sprintf("http://social.localhost:%d/about?q=1", plain))
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			assert.Equal(t, n.url+"/about?q=1", answer.Request.URL.String())
			assert.NotEmpty(t, answer.Header.Get("Strict-Transport-Security"))
			assert.Equal(t, 2, answer.ProtoMajor)
			_, err = visitor.Get(fmt.Sprintf("https://other.localhost:%d/about", secure))
			require.Error(t, err, "no certificate is asked for that another name wants")

			authority.kill()
			n.stop()
			visitor.CloseIdleConnections()
			n.launch()
			assert.Equal(t, serial, n.certified(visitor), "the same certificate")
		})
	}
}

// certified waits until the node answers with a certificate that is believed,
// and returns its number.
func (n *node) certified(visitor *http.Client) (serial string) {
	n.t.Helper()
	n.waitReady(func() bool {
		answer, err := visitor.Get(n.url + "/api/v2/instance")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		serial = answer.TLS.PeerCertificates[0].SerialNumber.String()
		return answer.StatusCode == http.StatusOK
	})
	return serial
}
