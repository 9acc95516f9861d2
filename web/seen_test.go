package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/health"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// checks are what parley check finds out at address about the node.
func (n *node) checks(address, listen string) map[string]health.Check {
	n.t.Helper()
	public, err := url.Parse(address)
	require.NoError(n.t, err)
	o := health.Outside{Health: n.Health, URL: public, Domain: public.Host, Listen: listen, Now: time.Now}
	found := map[string]health.Check{}
	for _, c := range o.Checks(n.t.Context()) {
		require.NotEmpty(n.t, c.Says, c.Name)
		require.Equal(n.t, c.State == health.Well, c.Do == "", "%s: %s", c.Name, c.Says)
		found[c.Name] = c
	}
	return found
}

// behind is a proxy in front of the node that does to requests what it is told.
func (n *node) behind(change func(*httputil.ProxyRequest)) string {
	n.t.Helper()
	target, err := url.Parse(n.url)
	require.NoError(n.t, err)
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-For", "198.51.100.7")
		change(r)
	}})
	n.t.Cleanup(server.Close)
	return server.URL
}

func TestOnlyWhoWasAnnouncedIsToldWhatIsSeen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		const path = "/.well-known/parley-check?token="
		nowhere := n.stranger().get("/.well-known/nothing")
		for _, token := range []string{"", "guess"} {
			a := n.stranger().get(path + token)
			require.Equal(t, nowhere.code, a.code)
			require.Equal(t, nowhere.body, a.body)
		}
		secret, err := n.Health.Announce(t.Context())
		require.NoError(t, err)
		require.Contains(t, n.stranger().get(path+secret).ok().body, `"address":"127.0.0.1"`)
		require.Equal(t, http.StatusNotFound, n.stranger().get(path+secret).code, "once")

		secret, err = n.Health.Announce(t.Context())
		require.NoError(t, err)
		nodetest.Exec(t, db, `UPDATE secrets SET created_at = created_at - 61000 WHERE name LIKE 'check:%'`)
		require.Equal(t, http.StatusNotFound, n.stranger().get(path+secret).code, "for a minute")
		_, err = n.Health.Announce(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, nodetest.Number(t, db, `SELECT COUNT(*) FROM secrets WHERE name LIKE 'check:%'`), "what has ended goes")
	})
}

func TestWhatAProxyPassesOn(t *testing.T) {
	n := sqlite(t)
	trust := func(proxies ...string) {
		n.TrustedProxies = proxies
		door, err := n.Handler()
		require.NoError(t, err)
		n.open(door)
	}
	all := []string{"proxy host", "proxy address", "proxy websocket"}
	expect := func(found map[string]health.Check, failing, says string) {
		t.Helper()
		for _, name := range all {
			require.Contains(t, found, name)
			if name != failing {
				require.Equal(t, health.Well, found[name].State, found[name].Says)
			}
		}
		if failing != "" {
			require.Equal(t, health.Failing, found[failing].State)
			require.Contains(t, found[failing].Says, says)
		}
	}
	expect(n.checks(n.url, "127.0.0.1:1"), "", "")
	trust("127.0.0.1")
	good := n.checks(n.behind(func(*httputil.ProxyRequest) {}), "127.0.0.1:1")
	expect(good, "", "")
	require.Contains(t, good["proxy address"].Says, "198.51.100.7")
	expect(n.checks(n.behind(func(r *httputil.ProxyRequest) { r.Out.Host = "" }), "127.0.0.1:1"), "proxy host", "Host header is not passed on")
	expect(n.checks(n.behind(func(r *httputil.ProxyRequest) { r.Out.Header.Del("X-Forwarded-For") }), "127.0.0.1:1"), "proxy address", "is not sent")
	expect(n.checks(n.behind(func(r *httputil.ProxyRequest) { r.Out.Header.Del("Upgrade") }), "127.0.0.1:1"), "proxy websocket", "not let through")
	trust()
	untrusted := n.checks(n.behind(func(*httputil.ProxyRequest) {}), "127.0.0.1:1")
	expect(untrusted, "proxy address", "is not believed")
	require.Contains(t, untrusted["proxy address"].Do, `trusted_proxies = ["127.0.0.1"]`)
}

func TestWhoAnswersInPlaceOfTheNode(t *testing.T) {
	n, other := sqlite(t), sqlite(t)
	found := n.checks(other.url, "127.0.0.1:1")
	require.Contains(t, found["proxy"].Says, "Another node answers")
	require.Equal(t, health.Failing, found["proxy"].State)

	elsewhere := httptest.NewServer(http.RedirectHandler("https://elsewhere.example/", http.StatusFound))
	t.Cleanup(elsewhere.Close)
	require.Contains(t, n.checks(elsewhere.URL, "127.0.0.1:1")["proxy"].Says, "302 Found to https://elsewhere.example/")

	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(away.Close)
	found = n.checks(away.URL, "127.0.0.1:1")
	require.Equal(t, health.Warning, found["node"].State)
	require.Contains(t, found["node"].Says, "not running here")
	found = n.checks(away.URL, n.url[len("http://"):])
	require.Equal(t, health.Failing, found["proxy"].State)
	require.Contains(t, found["proxy"].Says, "although something listens")

	require.Contains(t, n.checks("http://127.0.0.1:1", "127.0.0.1:1")["node"].Says, "connection refused")
	require.Equal(t, health.Failing, n.checks("https://127.0.0.1:1", "127.0.0.1:1")["tls"].State)
	require.Equal(t, health.Failing, n.checks("https://"+n.url[len("http://"):], "127.0.0.1:1")["tls"].State, "plain http at that port")
	lost := n.checks("http://nowhere.invalid", "127.0.0.1:1")
	require.Equal(t, health.Failing, lost["dns"].State)
	require.Len(t, lost, 1, "the rest would say the same")
}

// The domain of handles has to lead here.
func TestHandleDomainLeadsHere(t *testing.T) {
	n := sqlite(t)
	n.person("ada")
	public, err := url.Parse(n.url)
	require.NoError(t, err)
	ask := func(domain string) health.Check {
		o := health.Outside{URL: public, Domain: domain, Known: "ada", Now: time.Now}
		for _, c := range o.Checks(t.Context()) {
			if c.Name == "handle_domain" {
				return c
			}
		}
		t.Fatal("the domain of handles was not looked at")
		return health.Check{}
	}
	n.Actors.Domain = n.behind(func(*httputil.ProxyRequest) {})[len("http://"):]
	passed := ask(n.Actors.Domain)
	require.Equal(t, health.Well, passed.State, passed.Says)
	lost := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(lost.Close)
	require.Equal(t, health.Failing, ask(lost.URL[len("http://"):]).State)
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"links":[]}`)) }))
	t.Cleanup(empty.Close)
	require.Contains(t, ask(empty.URL[len("http://"):]).Says, "does not lead here")
	require.Equal(t, health.Failing, ask("nowhere.invalid").State)
}
