package test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// leaveTime is how long anything of somebody who leaves may go on.
const leaveTime = 10 * time.Second

// twin is another process of the node, on the same database.
func (n *node) twin() *node {
	n.t.Helper()
	port := freePort(n.t)
	other := &node{host: fmt.Sprintf("localhost:%d", port), url: fmt.Sprintf("http://localhost:%d", port)}
	env := append(slices.Clone(n.env), fmt.Sprintf("PARLEY_LISTEN=127.0.0.1:%d", port))
	other.process = newProcess(n.t, other.host, n.dir, env, program, "serve")
	return other
}

// at is the person with the same token at another process.
func (p *person) at(n *node) *person {
	other := *p
	other.node = n
	return &other
}

// phone is where a client app has its notifications sent.
type phone struct {
	endpoint string
	woken    atomic.Int64
}

// subscribe has the person's notifications of being mentioned sent to a phone.
func (p *person) subscribe() *phone {
	p.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	f := &phone{endpoint: "http://" + listener.Addr().String() + "/wake"}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		f.woken.Add(1)
		w.WriteHeader(http.StatusCreated)
	})}
	go func() { _ = server.Serve(listener) }()
	p.t.Cleanup(func() { _ = server.Close() })
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(p.t, err)
	secret := make([]byte, 16)
	_, _ = rand.Read(secret)
	p.post("/api/v1/push/subscription", fields{
		"subscription": fields{"endpoint": f.endpoint, "keys": fields{
			"p256dh": base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), "auth": base64.RawURLEncoding.EncodeToString(secret)}},
		"data": fields{"alerts": fields{"mention": true}},
	}, &fields{})
	return f
}

// ended reports whether a stream was closed; what it still says is let go.
func ended(events <-chan event) bool {
	for {
		select {
		case _, open := <-events:
			if !open {
				return true
			}
		default:
			return false
		}
	}
}

// TestLeaver has somebody leave who is signed in everywhere: in a browser, with
// an app on a phone, on open streams of two processes, and woken by push. The
// provider says so once, to one of the processes.
func TestLeaver(t *testing.T) {
	t.Parallel()
	browser := openBrowser(t, 1)[0]
	idp, n := startIdentityProvider(t, "postgres")
	n.start()
	other := n.twin()
	other.start()
	ada, bob := n.join("ada"), n.join("bob")
	both := []*person{ada, ada.at(other)}
	browser.signIn(n.url, "ada")
	phone := ada.subscribe()
	streams := []<-chan event{both[0].socket(), both[1].events()}
	post := ada.say("What I leave behind")
	bob.say("@ada are you there?")
	eventually(t, "the phone is woken", func() bool { return phone.woken.Load() == 1 })
	for i, p := range both {
		p.hears(streams[i], "notification", func(event) bool { return true })
	}

	idp.control("leave", fields{"sub": "ada"})
	eventuallyIn(t, leaveTime, "everything of hers has ended", func() bool {
		for i, p := range both {
			code, _ := p.ask("GET", "/api/v1/accounts/verify_credentials", nil)
			if code != http.StatusUnauthorized || !ended(streams[i]) {
				return false
			}
		}
		return true
	})
	for _, at := range []*node{n, other} {
		browser.open(at.url + "/settings")
		browser.waits(`location.pathname.startsWith('/login/') || document.querySelector('.doors') != null`)
	}
	eve, his := n.join("eve"), bob.subscribe()
	bob.say("@ada still there?")
	eve.say("@bob she left")
	eventually(t, "the other's phone is woken", func() bool { return his.woken.Load() == 1 })
	require.EqualValues(t, 1, phone.woken.Load(), "nobody's phone is told what happens here")

	for _, at := range []*node{n, other} {
		require.Equal(t, post.Content, (&person{t: t, node: at}).status(post.ID).Content, "what she wrote stays")
	}
	require.Contains(t, n.command("audit", "list"), "back-channel")
	require.Contains(t, n.command("audit", "verify"), "whole")
}
