package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/about"
	"parley/actors"
	"parley/auth"
	"parley/auth/scim"
	"parley/federation"
	"parley/inbox"
	"parley/internal/cards"
	"parley/internal/config"
	"parley/internal/health"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/search"
	"parley/internal/store"
	"parley/outbox"
	"parley/partners"
	"parley/web"
	"parley/web/mastodon"
	"parley/web/ui"
)

// node is all the rooms of one node, wired.
type node struct {
	cfg      *config.Config
	roles    roles
	log      *slog.Logger
	db       *store.DB
	files    *media.Store
	remote   *media.Remote
	cards    *cards.Cards // nil: no previews of links
	fed      *federation.Client
	queue    *queue.Queue
	notify   *notify.Notify
	push     *notify.Push
	relay    *notify.Relay
	index    *search.Index
	partners *partners.Partners
	actors   *actors.Actors
	about    *about.About
	outbox   *outbox.Outbox
	inbox    *inbox.Inbox
	auth     *auth.Auth
	scim     *scim.SCIM
	networks *auth.Networks
	streams  *notify.Streams
	health   *health.Health
	web      *web.Web
}

// roles are what a process of a node is there for, beside what a command does.
type roles struct {
	web   bool // answers requests
	queue queue.Roles
}

// everything is what the only process of a node does.
var everything = roles{web: true, queue: queue.All}

// open wires a node over its migrated database. Nothing runs yet.
func open(ctx context.Context, cfg *config.Config, log *slog.Logger, as roles) (_ *node, err error) {
	n := &node{cfg: cfg, roles: as, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.db, err = store.Open(ctx, cfg.Database.URL); err != nil {
		return nil, err
	}
	if err = migrate(ctx, n.db, log); err != nil {
		return nil, err
	}
	if n.files, err = uploads(cfg); err != nil {
		return nil, err
	}
	if err = n.wire(); err != nil {
		return nil, err
	}
	if err = n.remote.Open(ctx, filepath.Join(cfg.DataDir, "remote")); err != nil {
		return nil, err
	}
	if err = n.push.Open(ctx); err != nil {
		return nil, err
	}
	n.auth.VAPIDKey = n.push.PublicKey()
	if err = n.auth.Open(ctx); err != nil {
		return nil, err
	}
	if err = n.partners.Load(ctx); err != nil {
		return nil, err
	}
	if err = n.networks.Load(ctx); err != nil {
		return nil, err
	}
	return n, n.actors.Open(ctx)
}

// uploads is where files of people here are kept.
func uploads(cfg *config.Config) (*media.Store, error) {
	s := cfg.Media.S3
	if s.Endpoint == "" {
		return media.Open(filepath.Join(cfg.DataDir, "media"))
	}
	return media.OpenBucket(media.Bucket{Endpoint: s.Endpoint, Region: s.Region, Name: s.Bucket, Prefix: s.Prefix,
		AccessKey: s.AccessKey, SecretKey: s.SecretKey, PathStyle: s.PathStyle})
}

func (n *node) wire() error {
	cfg := n.cfg
	networks, err := cfg.AllowedNetworks()
	if err != nil {
		return err
	}
	bars := func(u *url.URL) bool { return n.partners.Bars(federation.HostOf(u.String())) }
	n.fed = &federation.Client{
		HTTP: safehttp.New(safehttp.Options{AllowNetworks: networks, AllowHTTP: cfg.Federation.AllowHTTP, UserAgent: userAgent(cfg), Bars: bars}),
		Now:  time.Now,
	}
	n.remote = &media.Remote{DB: n.db, HTTP: n.fed.HTTP, URL: cfg.PublicURL, Budget: int64(cfg.Media.RemoteCacheMB) << 20, Log: n.log}
	n.notify = &notify.Notify{DB: n.db, Hub: notify.NewHub()}
	n.relay = &notify.Relay{DB: n.db, Hub: n.notify.Hub, Log: n.log}
	n.index = &search.Index{DB: n.db, Log: n.log}
	n.push = &notify.Push{DB: n.db, HTTP: n.fed.HTTP, Remote: n.remote, URL: cfg.PublicURL, Log: n.log}
	n.partners = &partners.Partners{DB: n.db, Open: cfg.Federation.Mode == "open", Self: federation.HostOf(cfg.PublicURL), Log: n.log}
	n.fed.Admits = n.partners.Admits
	n.actors = &actors.Actors{DB: n.db, Fed: n.fed, Partners: n.partners, URL: cfg.PublicURL, Domain: cfg.Domain(), Version: version, Title: cfg.Title,
		SecureMode: cfg.Federation.SecureMode, Log: n.log}
	if cfg.Posts.LinkPreviews {
		// Anybody's page is asked, by plain http too, but nothing in a private network.
		outside := safehttp.New(safehttp.Options{AllowHTTP: true, UserAgent: userAgent(cfg), Bars: bars})
		n.remote.Outside = outside
		n.cards = &cards.Cards{DB: n.db, HTTP: outside, Remote: n.remote, Bars: n.partners.Bars, URL: cfg.PublicURL, Log: n.log}
	}
	n.about = &about.About{DB: n.db, Files: n.files, Hub: n.notify.Hub}
	n.outbox = &outbox.Outbox{
		DB: n.db, Actors: n.actors, Partners: n.partners, Notify: n.notify, Cards: n.cards, Fed: n.fed, Files: n.files, FFmpeg: media.FindFFmpeg(), URL: cfg.PublicURL,
		MaxCharacters: cfg.Posts.MaxCharacters, Hold: holds(cfg.Posts), Log: n.log, Now: time.Now,
	}
	n.inbox = &inbox.Inbox{DB: n.db, Actors: n.actors, Partners: n.partners, Outbox: n.outbox, Notify: n.notify, Cards: n.cards, Fed: n.fed, Log: n.log}
	times, err := cfg.Auth.Times()
	if err != nil {
		return err
	}
	n.auth = &auth.Auth{DB: n.db, URL: cfg.PublicURL, Actors: n.actors, Notify: n.notify, NodeName: cfg.Title, AllowedClients: cfg.Auth.AllowedClients,
		TokenTTL: times.TokenTTL, SessionTTL: times.SessionTTL, SessionIdle: times.SessionIdle,
		Recheck: times.Recheck, AdminMaxAge: times.AdminMaxAge}
	if n.auth.Providers, err = providers(cfg); err != nil {
		return err
	}
	for _, p := range n.auth.Providers {
		p.Offline = times.Recheck > 0
	}
	if n.queue, err = queue.New(n.db, n.log, n.roles.queue, jobs(n.outbox, n.inbox, n.files, n.remote, n.push, n.cards, n.index, n.auth)...); err != nil {
		return err
	}
	n.outbox.Queue, n.inbox.Queue, n.notify.Queue, n.actors.Queue, n.partners.Queue = n.queue, n.queue, n.queue, n.queue, n.queue
	if n.cards != nil {
		n.cards.Queue = n.queue
	}
	n.outbox.Directories = map[string]*http.Client{}
	for _, p := range n.auth.Providers {
		n.outbox.Directories[p.Issuer] = p.Client
	}
	n.scim = &scim.SCIM{DB: n.db, Auth: n.auth, Actors: n.actors, URL: cfg.PublicURL, Log: n.log}
	n.networks = &auth.Networks{DB: n.db}
	n.streams = notify.NewStreams()
	n.health = &health.Health{DB: n.db, Queue: n.queue, Partners: n.partners, Auth: n.auth, HTTP: n.fed.HTTP, DataDir: cfg.DataDir, Now: time.Now}
	n.web = &web.Web{
		API: &mastodon.API{
			Read: n.db.Reader, Actors: n.actors, Outbox: n.outbox, Inbox: n.inbox, Notify: n.notify, About: n.about, Push: n.push, Partners: n.partners, Auth: n.auth, Networks: n.networks, URL: cfg.PublicURL, Domain: cfg.Domain(),
			Node:  mastodon.Node{Title: cfg.Title, Allowlist: cfg.Federation.Mode == "allowlist"},
			Cache: mastodon.NewCache(renderedBytes), Streams: n.streams, Remote: n.remote, ShowActedBy: cfg.Accounts.ShowActedBy,
		},
		UI: &ui.UI{
			Read: n.db.Reader, Auth: n.auth, SCIM: n.scim, About: n.about, Actors: n.actors, Outbox: n.outbox, Inbox: n.inbox, Notify: n.notify, Partners: n.partners, Streams: n.streams, Remote: n.remote, Health: n.health,
			URL: cfg.PublicURL, Domain: cfg.Domain(), Title: cfg.Title, ShowActedBy: cfg.Accounts.ShowActedBy, Log: n.log,
		},
		Auth: n.auth, SCIM: n.scim, Actors: n.actors, Outbox: n.outbox, Inbox: n.inbox, Files: n.files, Remote: n.remote, Partners: n.partners, Networks: n.networks, Health: n.health,
		Limits: cfg.Limits.Enabled, TrustedProxies: cfg.TrustedProxies, Log: n.log,
	}
	return nil
}

// renderedBytes bounds what is kept of posts as clients see them.
const renderedBytes = 32 << 20

// holds are how long posts wait before they are sent, by their audience.
func holds(p config.Posts) map[store.Visibility]time.Duration {
	by := map[store.Visibility]time.Duration{}
	for v, seconds := range map[store.Visibility]int{store.Public: p.Hold.Public, store.Unlisted: p.Hold.Unlisted, store.Private: p.Hold.Private, store.Direct: p.Hold.Direct} {
		if seconds < 0 {
			seconds = p.HoldSeconds
		}
		by[v] = time.Duration(seconds) * time.Second
	}
	return by
}

// providers are the identity providers of the settings.
func providers(cfg *config.Config) ([]*auth.Provider, error) {
	var list []*auth.Provider
	for _, p := range cfg.OIDC {
		policy, err := policyOf(p)
		if err != nil {
			return nil, fmt.Errorf("oidc provider %s: %w", p.Name, err)
		}
		networks, err := config.Networks("oidc.allow_networks", p.AllowNetworks)
		if err != nil {
			return nil, err
		}
		// Where the issuer of the settings itself is plain http, so are its endpoints.
		client := safehttp.New(safehttp.Options{AllowNetworks: networks, AllowHTTP: strings.HasPrefix(p.Issuer, "http://"), UserAgent: userAgent(cfg)})
		provider := &auth.Provider{Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.ClientSecret,
			TokenAuth: p.TokenAuth, ACRValues: p.ACRValues, Privileged: p.ACRPrivileged,
			Scopes: p.Scopes, Policy: policy, Names: auth.Naming{Claim: p.UsernameClaim, Mode: p.Username}, SCIMClaim: p.SCIMClaim, Profile: auth.ProfileClaims(p.Profile), Client: client.HTTPClient()}
		if p.PrivateKey != "" {
			if provider.Key, err = auth.ReadClientKey(p.PrivateKey); err != nil {
				return nil, fmt.Errorf("oidc provider %s: %w", p.Name, err)
			}
		}
		if err := provider.CheckTokenAuth(); err != nil {
			return nil, fmt.Errorf("oidc provider %s: %w", p.Name, err)
		}
		list = append(list, provider)
	}
	return list, nil
}

// policyOf is what a provider decides: its rules in order, and then what
// roles_claim and roles say.
func policyOf(p config.OIDCProvider) (auth.Policy, error) {
	policy := auth.Policy{RolesClaim: p.RolesClaim, Extra: len(p.Rules) > 0}
	for _, m := range p.Require {
		policy.Require = append(policy.Require, auth.Match(m))
	}
	for _, r := range p.Rules {
		rule, err := auth.ParseRule(r.Claim, r.Value, r.Role, r.Permissions)
		if err != nil {
			return policy, err
		}
		policy.Rules = append(policy.Rules, rule)
	}
	for _, f := range p.Follows {
		policy.Follows = append(policy.Follows, auth.Circle{Match: auth.Match{Claim: f.Claim, Value: f.Value}, Accounts: f.Accounts, List: f.List})
	}
	short, err := auth.RoleRules(p.RolesClaim, p.Roles)
	policy.Rules = append(policy.Rules, short...)
	return policy, err
}

func userAgent(cfg *config.Config) string { return "Parley/" + version + " (+" + cfg.PublicURL + "/)" }

func migrate(ctx context.Context, db *store.DB, log *slog.Logger) error {
	steps, err := db.Migrate(ctx)
	if err != nil {
		return fmt.Errorf("bring the database up to date: %w", err)
	}
	if err := queue.Migrate(ctx, db); err != nil {
		return fmt.Errorf("bring the job queue up to date: %w", err)
	}
	if steps > 0 {
		log.Info("the database is up to date", "steps", steps)
	}
	return nil
}

func (n *node) close() error {
	var errs []error
	if n.files != nil {
		errs = append(errs, n.files.Close())
	}
	if n.remote != nil {
		errs = append(errs, n.remote.Close())
	}
	if n.db != nil {
		errs = append(errs, n.db.Close())
	}
	return errors.Join(errs...)
}

// logger writes to standard error as the settings say.
func logger(cfg *config.Config) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level %q: write debug, info, warn or error", cfg.Log.Level)
	}
	options := &slog.HandlerOptions{Level: level}
	switch cfg.Log.Format {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, options)), nil
	default:
		return nil, fmt.Errorf("log.format %q: write text or json", cfg.Log.Format)
	}
}
