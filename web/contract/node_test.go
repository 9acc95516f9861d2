package contract

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/about"
	"parley/auth"
	"parley/auth/scim"
	"parley/internal/health"
	"parley/internal/media"
	"parley/internal/nodetest"
	"parley/internal/notify"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/web"
	"parley/web/mastodon"
	"parley/web/ui"
)

// node is a whole node behind its front door.
type node struct {
	*nodetest.Node
	web *web.Web
}

func newNode(t testing.TB, db *store.DB) *node {
	t.Helper()
	n := &node{Node: nodetest.Start(t, db)}
	n.web = n.behind(t)
	t.Cleanup(n.web.API.Streams.Close)
	door, err := n.web.Handler()
	require.NoError(t, err)
	front := func(w http.ResponseWriter, r *http.Request) bool {
		door.ServeHTTP(w, r)
		return true
	}
	n.Front.Store(&front)
	return n
}

// behind is what the front door leads to.
func (n *node) behind(t testing.TB) *web.Web {
	t.Helper()
	log, domain := slog.New(slog.NewTextHandler(n.Log, nil)), strings.TrimPrefix(n.URL, "http://")
	remote := &media.Remote{DB: n.DB, HTTP: safehttp.New(safehttp.Options{}), URL: n.URL, Budget: 1 << 20, Log: log}
	require.NoError(t, remote.Open(context.Background(), t.TempDir()))
	t.Cleanup(func() { _ = remote.Close() })
	streams := notify.NewStreams()
	says := &about.About{DB: n.DB, Files: n.Outbox.Files, Hub: n.Notify.Hub}
	require.NoError(t, says.SetTexts(context.Background(), 0, map[string]string{about.Description: "A node for tests", about.ContactEmail: "owner@test.example"}))
	signIn := &auth.Auth{DB: n.DB, URL: n.URL, Actors: n.Actors, Notify: n.Notify, VAPIDKey: n.Push.PublicKey()}
	networks := &auth.Networks{DB: n.DB}
	return &web.Web{
		API: &mastodon.API{Read: n.DB.Reader, About: says, Actors: n.Actors, Outbox: n.Outbox, Inbox: n.Inbox, Notify: n.Notify, Push: n.Push, Partners: n.Partners, Auth: signIn, Networks: networks, URL: n.URL, Domain: domain,
			Node: mastodon.Node{Title: "Test"}, Cache: mastodon.NewCache(8 << 20), Streams: streams, Remote: remote},
		UI: &ui.UI{Read: n.DB.Reader, About: says, Actors: n.Actors, Outbox: n.Outbox, Inbox: n.Inbox, Notify: n.Notify, Partners: n.Partners, Streams: streams, Remote: remote,
			URL: n.URL, Domain: domain, Title: "Test", Log: log},
		Auth: signIn, SCIM: &scim.SCIM{DB: n.DB, Auth: signIn, Actors: n.Actors, URL: n.URL, Log: log},
		Actors: n.Actors, Outbox: n.Outbox, Inbox: n.Inbox, Files: n.Outbox.Files, Remote: remote, Health: &health.Health{DB: n.DB}, Partners: n.Partners, Networks: networks, Limits: true, Log: log,
	}
}
