package safehttp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
)

func TestABudgetFillsAgain(t *testing.T) {
	b, now := &budget{full: map[string]time.Time{}}, time.Now()
	for range burst {
		require.Zero(t, b.take("far.example", now))
	}
	require.Equal(t, interval, b.take("far.example", now), "it says when")
	require.Zero(t, b.take("near.example", now), "others have their own")
	require.NotZero(t, b.take("far.example", now.Add(interval-1)))
	require.Zero(t, b.take("far.example", now.Add(interval)), "what was refused has cost nothing")
	require.NotZero(t, b.take("far.example", now.Add(interval)))
	for range burst {
		require.Zero(t, b.take("far.example", now.Add(time.Hour)))
	}
	require.NotZero(t, b.take("far.example", now.Add(time.Hour)), "idle time saves nothing up beyond the burst")
}

func TestTheBudgetsAreBounded(t *testing.T) {
	b, now := &budget{full: map[string]time.Time{}}, time.Now()
	for i := range maxDomains {
		require.Zero(t, b.take(fmt.Sprintf("%d.example", i), now))
	}
	require.NotZero(t, b.take("one.more.example", now))
	require.Len(t, b.full, maxDomains)
	require.Zero(t, b.take("7.example", now), "who is known has his own still")
	later := now.Add(interval)
	require.Zero(t, b.take("one.more.example", later), "the idle are forgotten")
	require.Len(t, b.full, 2, "but who is not idle is not")
}

func TestWhoseAnAddressIs(t *testing.T) {
	for address, want := range map[string]string{
		"https://far.example/x": "far.example", "https://a.far.example/x": "far.example", "https://B.A.FAR.example.:8443/x": "far.example",
		"https://social.far.co.uk/": "far.co.uk", "https://bücher.example/": "xn--bcher-kva.example", "https://a.xn--bcher-kva.example/": "xn--bcher-kva.example",
		"https://192.0.2.7:8443/": "192.0.2.7:8443", "https://[2001:db8::1]/": "2001:db8::1:", "http://a.localhost:8080/": "a.localhost:8080", "http://b.localhost:8080/": "b.localhost:8080",
		"https://single/": "single",
	} {
		u, err := url.Parse(address)
		require.NoError(t, err)
		assert.Equal(t, want, domainOf(u), address)
	}
}

// All that is fetched is counted, by every way that there is to fetch; what is
// delivered is not.
func TestFetchesAreCounted(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.URL.Path == "/round" {
			http.Redirect(w, r, "/round", http.StatusFound)
		}
	}))
	defer server.Close()
	c := New(Options{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	defer c.CloseIdle()
	do := func(method string) error {
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL, strings.NewReader(""))
		require.NoError(t, err)
		resp, err := c.Do(t.Context(), req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	domain, full := domainOf(u), time.Now().Add(10*time.Second)
	c.fetches.full[domain] = full
	require.NoError(t, do(http.MethodGet))
	require.NoError(t, do(http.MethodHead))
	_, err = c.WithTimeout(time.Second).HTTPClient().Get(server.URL + "/round")
	require.ErrorContains(t, err, "Too many redirects")
	require.NoError(t, do(http.MethodPost), "the gate of deliveries sees to these")
	require.Equal(t, 7, asked)
	require.Equal(t, 6*interval, c.fetches.full[domain].Sub(full), "each redirect counts, and what is posted does not")

	c.fetches.full[domain] = time.Now().Add(time.Hour)
	err = do(http.MethodGet)
	require.True(t, fault.Is(err, fault.TooMany), err)
	require.ErrorContains(t, err, "try again in")
	require.NoError(t, do(http.MethodPost))
	require.Equal(t, 8, asked)
}
