package health

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"parley/internal/fault"
)

// Outside looks at a node as others reach it: by its name, through its proxy.
type Outside struct {
	Health *Health        // nil without a database: then the node cannot be asked what it sees
	URL    *url.URL       // public_url
	Domain string         // what stands behind the @ of handles
	Known  string         // a handle that WebFinger knows
	Listen string         // where the node would be on this machine
	OwnTLS bool           // no proxy is expected
	Roots  *x509.CertPool // whom certificates are believed of; nil: whom this machine believes
	Now    func() time.Time
}

// within is how long each thing that is asked for may take.
const within = 10 * time.Second

// Checks looks. What cannot be looked at, because something before it fails,
// is left out.
func (o *Outside) Checks(ctx context.Context) []Check {
	found := []Check{o.name(ctx, "dns", o.URL.Hostname())}
	if found[0].State == Failing {
		return found
	}
	if o.URL.Scheme == "https" {
		c := o.tls(ctx)
		if found = append(found, c); c.State == Failing {
			return found
		}
	}
	if o.Health != nil {
		found = append(found, o.proxy(ctx)...)
	}
	if o.Domain != strings.ToLower(o.URL.Host) {
		if c := o.name(ctx, "handle_domain", (&url.URL{Host: o.Domain}).Hostname()); c.State == Failing {
			found = append(found, c)
		} else {
			found = append(found, o.webFinger(ctx))
		}
	}
	return found
}

// name finds the addresses of a host.
func (o *Outside) name(ctx context.Context, check, host string) Check {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", loopbackName(host))
	if err != nil {
		return Check{check, Failing, fmt.Sprintf("%s has no address: %v", host, err),
			"Have your DNS answer A or AAAA for " + host + " with the address of the proxy, or of the node where there is none."}
	}
	list := make([]string, len(addresses))
	for i, a := range addresses {
		list[i] = a.Unmap().String()
	}
	return Check{Name: check, Says: host + " is at " + strings.Join(list, ", ") + "."}
}

// loopbackName is this machine for *.localhost, which resolvers often do not
// know. RFC 6761 6.3
func loopbackName(host string) string {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return "127.0.0.1"
	}
	return host
}

// fewDays is when somebody should look why a certificate was not renewed:
// authorities of today's kind renew a month before the end.
const fewDays = 14

func (o *Outside) tls(ctx context.Context) Check {
	c := Check{Name: "tls"}
	host := o.URL.Hostname()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(loopbackName(host), cmp.Or(o.URL.Port(), "443")))
	if err != nil {
		c.State, c.Says = Failing, fmt.Sprintf("Nobody takes connections for %s: %v", o.URL, err)
		c.Do = "See that the proxy, or with [acme] the node, runs, and that no firewall keeps its port shut."
		return c
	}
	defer conn.Close()
	// Who shows what is looked at below, so that it can be said what is wrong.
	client := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true})
	if err := client.HandshakeContext(ctx); err != nil {
		c.State, c.Says = Failing, fmt.Sprintf("%s does not speak TLS: %v", o.URL.Host, err)
		c.Do = "Have the proxy do TLS at that port, or set [acme] so that the node does."
		return c
	}
	return o.chain(host, client.ConnectionState().PeerCertificates)
}

// chain judges what a server shows of itself.
func (o *Outside) chain(host string, shown []*x509.Certificate) Check {
	c := Check{Name: "tls", State: Failing}
	own, between := shown[0], x509.NewCertPool()
	for _, other := range shown[1:] {
		between.AddCert(other)
	}
	now := o.Now()
	left := own.NotAfter.Sub(now)
	_, err := own.Verify(x509.VerifyOptions{DNSName: host, Roots: o.Roots, Intermediates: between, CurrentTime: now})
	switch {
	case err == nil && left < fewDays*24*time.Hour:
		c.State, c.Says = Warning, fmt.Sprintf("The certificate of %s ends in %s, on %s.", host, count(int(left.Hours()/24), "day", "days"), own.NotAfter.Format(time.DateOnly))
		c.Do = "See why it was not renewed: the log of the proxy says that, or with [acme] the node's."
	case err == nil:
		c.State, c.Says = Well, fmt.Sprintf("The certificate of %s is good for %s more.", host, count(int(left.Hours()/24), "day", "days"))
	case left < 0:
		c.Says = fmt.Sprintf("The certificate of %s ended on %s.", host, own.NotAfter.Format(time.DateOnly))
		c.Do = "Renew it, and see why that did not happen by itself."
	case now.Before(own.NotBefore):
		c.Says = fmt.Sprintf("The certificate of %s is not good before %s.", host, own.NotBefore.Format(time.DateOnly))
		c.Do = "See that the clock of this machine is right."
	case own.VerifyHostname(host) != nil:
		c.Says = fmt.Sprintf("The certificate is for %s, not for %s.", cmp.Or(strings.Join(own.DNSNames, ", "), own.Subject.CommonName), host)
		c.Do = "Get one for " + host + ", or correct which site the proxy answers with for that name."
	case len(shown) == 1 && own.Issuer.String() != own.Subject.String():
		c.Says = fmt.Sprintf("The certificate of %s comes without that of %s, which issued it: its chain is not complete, or nobody believes its issuer.", host, own.Issuer.CommonName)
		c.Do = "Give the proxy the whole chain (fullchain.pem). With an authority of your own, make it known to this machine, and to every other node."
	default:
		c.Says = fmt.Sprintf("The certificate of %s is not believed: %v", host, err)
		c.Do = "Take one of an authority that other nodes know, or make yours known to this machine and to each of them."
	}
	return c
}

// client asks as a stranger would, but goes where the operator says, in whatever
// network that is. It speaks HTTP/1.1: a WebSocket is wished for in no other.
func (o *Outside) client() *http.Client {
	dialer := &net.Dialer{Timeout: within}
	return &http.Client{Timeout: within, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12, Time: o.Now},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, network, net.JoinHostPort(loopbackName(host), port))
		},
	}}
}

// proxy asks the node, by way of everything that is in front of it, what it sees.
func (o *Outside) proxy(ctx context.Context) []Check {
	secret, err := o.Health.Announce(ctx)
	if err != nil {
		return []Check{{"proxy", Failing, "The node cannot be asked what it sees: " + fault.Message(err), "See what the database does not do."}}
	}
	var from string // our end of the connection
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { from = i.Conn.LocalAddr().String() }}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, o.URL.String()+"/.well-known/parley-check?token="+secret, nil)
	if err != nil {
		return []Check{{"proxy", Failing, err.Error(), "Correct public_url."}}
	}
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "cGFybGV5IGNoZWNrcyBpdA=="} {
		r.Header.Set(name, value)
	}
	client := o.client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the address, which has the secret
		}
		return []Check{o.away(ctx, err.Error())}
	}
	defer answer.Body.Close()
	var seen Seen
	switch {
	case answer.StatusCode >= http.StatusInternalServerError:
		return []Check{o.away(ctx, answer.Status)}
	case answer.StatusCode != http.StatusOK, json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&seen) != nil:
		said := answer.Status
		if to := answer.Header.Get("Location"); to != "" {
			said += " to " + strings.ReplaceAll(to, secret, "...")
		}
		return []Check{{"proxy", Failing, fmt.Sprintf("Another node answers at %s, or another program: one that does not share this database (%s).", o.URL, said),
			"Correct where the proxy leads, or database.url of these settings or of the node."}}
	}
	return o.judge(seen, from)
}

// away is a node that does not answer: it is not running, or not found.
func (o *Outside) away(ctx context.Context, said string) Check {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", o.Listen)
	if err != nil {
		return Check{"node", Warning, fmt.Sprintf("The node is not running here: neither %s (%s) nor %s answers. What it sees of requests was not looked at.", o.URL, said, o.Listen),
			"Start it with parley serve, then check again."}
	}
	_ = conn.Close()
	return Check{"proxy", Failing, fmt.Sprintf("No node answers at %s (%s), although something listens at %s.", o.URL, said, o.Listen),
		"Have the proxy lead to listen of these settings, and let it reach that."}
}

// judge says of each thing that a proxy should pass on whether it arrived; from
// is our end of the connection.
func (o *Outside) judge(seen Seen, from string) []Check {
	host := Check{Name: "proxy host", Says: "The node is asked as " + seen.Host + "."}
	if !strings.EqualFold(seen.Host, o.URL.Host) {
		host = Check{"proxy host", Failing, fmt.Sprintf("The Host header is not passed on: the node is asked as %s, not as %s, and signatures of other nodes do not hold.", seen.Host, o.URL.Host),
			"nginx: proxy_set_header Host $host; Apache: ProxyPreserveHost On. Caddy does that by itself."}
	}
	webSocket := Check{Name: "proxy websocket", Says: "WebSockets get through."}
	if !seen.WebSocket {
		webSocket = Check{"proxy websocket", Failing, "The upgrade to a WebSocket is not let through: client apps show nothing live.",
			`nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; for /api/v1/streaming. Caddy does that by itself.`}
	}
	return []Check{host, o.address(seen, from), webSocket}
}

// address says whether the node knows who asks. Where it does not, all people
// share one limit, and a network that is shut out shuts out all or none.
func (o *Outside) address(seen Seen, from string) Check {
	c := Check{Name: "proxy address", Says: "The node takes us for " + seen.Address + "."}
	peer, err := netip.ParseAddrPort(seen.Peer)
	switch {
	case err != nil, seen.Peer == from, seen.Forwarded == "" && o.OwnTLS:
		return c // nobody is in between
	case seen.Forwarded == "":
		c.State, c.Says = Failing, fmt.Sprintf("X-Forwarded-For is not sent: the node takes everybody for %s, the proxy.", seen.Address)
		c.Do = "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; Caddy and Apache do that by themselves. If there is no proxy but a router that changes addresses, have it keep them."
	case seen.Address == peer.Addr().Unmap().String() && !strings.Contains(seen.Forwarded, seen.Address):
		c.State, c.Says = Failing, fmt.Sprintf("X-Forwarded-For is not believed: the node takes everybody for %s, the proxy.", seen.Address)
		c.Do = fmt.Sprintf("Write trusted_proxies = [%q] into the settings, and start the node anew.", seen.Address)
	}
	return c
}

// webFinger asks the domain of handles for somebody of this node.
func (o *Outside) webFinger(ctx context.Context) Check {
	c := Check{Name: "handle_domain", State: Failing, Do: fmt.Sprintf("Have https://%s/.well-known/webfinger redirect to %s/.well-known/webfinger with the query kept, or pass it on.", o.Domain, o.URL)}
	address := url.URL{Scheme: o.URL.Scheme, Host: o.Domain, Path: "/.well-known/webfinger", RawQuery: url.Values{"resource": {"acct:" + o.Known + "@" + o.Domain}}.Encode()}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		c.Says = err.Error()
		return c
	}
	answer, err := o.client().Do(r)
	if err != nil {
		c.Says = err.Error()
		return c
	}
	defer answer.Body.Close()
	var found struct {
		Links []struct{ Rel, Href string }
	}
	if answer.StatusCode != http.StatusOK {
		c.Says = fmt.Sprintf("WebFinger at %s does not lead here: it answers %s.", o.Domain, answer.Status)
		return c
	}
	_ = json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&found) // what is no JSON has no links
	for _, link := range found.Links {
		if link.Rel == "self" && strings.HasPrefix(link.Href, o.URL.String()+"/") {
			return Check{Name: "handle_domain", Says: "WebFinger at " + o.Domain + " leads here."}
		}
	}
	c.Says = fmt.Sprintf("WebFinger at %s does not lead here.", o.Domain)
	return c
}
