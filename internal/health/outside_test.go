package health_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/health"
)

// issuer is an authority of certificates.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue makes a certificate for host, or where there is none an authority.
func (by *issuer) issue(t *testing.T, host string, from, to time.Time) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	require.NoError(t, err)
	c := &x509.Certificate{SerialNumber: serial, NotBefore: from, NotAfter: to, BasicConstraintsValid: true, Subject: pkix.Name{CommonName: "authority " + serial.String()}}
	if c.IsCA = host == ""; !c.IsCA {
		c.DNSNames, c.Subject.CommonName = []string{host}, host
	}
	if by == nil {
		by = &issuer{c, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, &key.PublicKey, by.key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &issuer{parsed, key}
}

func TestCertificates(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Now()
	ago, later := now.Add(-100*day), now.Add(100*day)
	var nobody *issuer
	root := nobody.issue(t, "", ago, later)
	between := root.issue(t, "", ago, later)
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	good := between.issue(t, "node.localhost", ago, now.Add(50*day+time.Hour))
	for name, c := range map[string]struct {
		own   *issuer
		with  []*issuer
		state health.State
		says  string
	}{
		"good":           {good, []*issuer{between}, health.Well, "good for 50 days more"},
		"soon":           {between.issue(t, "node.localhost", ago, now.Add(13*day+time.Hour)), []*issuer{between}, health.Warning, "ends in 13 days"},
		"ended":          {between.issue(t, "node.localhost", ago, now.Add(-day)), []*issuer{between}, health.Failing, "ended on"},
		"not yet":        {between.issue(t, "node.localhost", now.Add(day), later), []*issuer{between}, health.Failing, "not good before"},
		"another's":      {between.issue(t, "other.example", ago, later), []*issuer{between}, health.Failing, "is for other.example, not for node.localhost"},
		"chain is short": {good, nil, health.Failing, "chain is not complete"},
		"not believed":   {nobody.issue(t, "node.localhost", ago, later), nil, health.Failing, "is not believed"},
	} {
		t.Run(name, func(t *testing.T) {
			shown := tls.Certificate{Certificate: [][]byte{c.own.cert.Raw}, PrivateKey: c.own.key}
			for _, other := range c.with {
				shown.Certificate = append(shown.Certificate, other.cert.Raw)
			}
			server := httptest.NewUnstartedServer(nil)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{shown}}
			server.StartTLS()
			t.Cleanup(server.Close)
			_, port, err := net.SplitHostPort(server.Listener.Addr().String())
			require.NoError(t, err)
			public := &url.URL{Scheme: "https", Host: "node.localhost:" + port}
			found := (&health.Outside{URL: public, Domain: public.Host, Roots: roots, Now: time.Now}).Checks(t.Context())
			require.Len(t, found, 2)
			require.Equal(t, "tls", found[1].Name)
			require.Equal(t, c.state, found[1].State, found[1].Says)
			require.Contains(t, found[1].Says, c.says)
			require.Equal(t, c.state == health.Well, found[1].Do == "")
		})
	}
}
