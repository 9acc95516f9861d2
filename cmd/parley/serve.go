package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/auth/devidp"
	"parley/internal/config"
	"parley/internal/health"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/telemetry"
)

type serveCommand struct {
	Roles []string `default:"web,worker,scheduler" enum:"web,worker,scheduler" help:"What this process does, where several share a PostgreSQL database: answer requests (web), run jobs (worker), be ready to keep the clock for all (scheduler)." placeholder:"ROLE,..."`
}

func (c serveCommand) Run(r *run) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	as := roles{web: slices.Contains(c.Roles, "web"),
		queue: queue.Roles{Work: slices.Contains(c.Roles, "worker"), Schedule: slices.Contains(c.Roles, "scheduler")}}
	if as != everything && store.KindOf(cfg.Database.URL) == "sqlite" {
		return errors.New("--roles: one process alone has a SQLite file and does everything; several processes need PostgreSQL, see database.url")
	}
	log, err := logger(cfg)
	if err != nil {
		return err
	}
	slog.SetDefault(log)
	if cfg.Tracing.Endpoint != "" {
		stop, err := telemetry.Trace(r.ctx, cfg.Tracing.Endpoint, cfg.Host(), version, func(err error) { log.Warn("spans cannot be sent", "error", err) })
		if err != nil {
			return err
		}
		defer func() {
			until, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), time.Second)
			defer cancel()
			_ = stop(until) // what cannot be sent was said by its handler
		}()
	}
	var dev http.Handler
	if cfg.Development && as.web {
		if dev, err = develop(cfg); err != nil {
			return err
		}
	}
	n, err := open(r.ctx, cfg, log, as)
	if err != nil {
		return err
	}
	if err := n.keepsFiles(r.ctx); err != nil {
		return errors.Join(err, n.close())
	}
	if len(cfg.OIDC) == 0 {
		log.Warn("nobody can sign in but by link: add an [[oidc]] table to the settings, or use parley account link")
	}
	return n.serve(r.ctx, dev, func() {
		if !as.web {
			fmt.Fprintf(r.err, "Parley %s works for %s as %s\n", version, cfg.PublicURL, strings.Join(c.Roles, " and "))
			return
		}
		fmt.Fprintf(r.err, "Parley %s is at %s\n", version, cfg.PublicURL)
		if dev != nil {
			fmt.Fprintln(r.err, "Sign in there as one of a few made-up people: without an [[oidc]] table, and on this machine only, anybody may be anybody.")
		}
	})
}

// keepsFiles says before anybody uploads one whether files can be kept.
func (n *node) keepsFiles(ctx context.Context) error {
	err := n.files.Check(ctx)
	if s := n.cfg.Media.S3; err != nil && s.Endpoint != "" {
		return fmt.Errorf("media.s3: files cannot be kept in the bucket %q at %s: see that the server answers there, that it has the bucket, and that access_key and secret_key may list it and get, put and delete objects in it: %w",
			s.Bucket, s.Endpoint, err)
	}
	if err != nil {
		return fmt.Errorf("files cannot be kept below data_dir %q: see that there is space, and that this user may write there: %w", n.cfg.DataDir, err)
	}
	return nil
}

// develop gives a node without an identity provider one of its own, for the
// people on this machine.
func develop(cfg *config.Config) (http.Handler, error) {
	issuer := cfg.PublicURL + "/dev-idp"
	provider, err := devidp.New(devidp.Options{Issuer: issuer, People: demoPeople, Clients: []devidp.Client{devClient(cfg.PublicURL)}})
	if err != nil {
		return nil, err
	}
	cfg.OIDC = []config.OIDCProvider{devProvider(issuer)}
	return provider.Handler(), nil
}

// devProvider is how a node finds the development provider.
func devProvider(issuer string) config.OIDCProvider {
	return config.OIDCProvider{Name: "Development sign-in", Issuer: issuer, ClientID: "parley", ClientSecret: "development",
		RolesClaim: "groups", Roles: map[string]string{"owners": "owner", "moderators": "moderator"}, AllowNetworks: []string{"127.0.0.0/8", "::1/128"}}
}

// devClient is a node as the development provider knows it.
func devClient(publicURL string) devidp.Client {
	return devidp.Client{ID: "parley", Secret: "development", RedirectURIs: []string{publicURL + "/auth/oidc/callback"}, PostLogoutRedirectURIs: []string{publicURL + "/"}}
}

// stopTime is how long a node that is asked to stop may take.
const stopTime = 8 * time.Second

// serve does what the roles say until ctx ends, then stops in order: no new
// requests, the running ones, the jobs, the database.
func (n *node) serve(ctx context.Context, dev http.Handler, ready func()) error {
	operators, err := n.private()
	if err != nil {
		return errors.Join(err, n.close())
	}
	server, listener, err := n.public(dev)
	if err != nil {
		return errors.Join(err, n.close())
	}
	if err := n.queue.Start(context.WithoutCancel(ctx)); err != nil {
		if listener != nil {
			err = errors.Join(err, listener.Close())
		}
		return errors.Join(err, n.close())
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	private := &http.Server{Addr: n.cfg.PrivateListen, Handler: operators, ReadHeaderTimeout: 10 * time.Second}

	group, ctx := errgroup.WithContext(ctx)
	if n.roles.web {
		group.Go(func() error { return unlessClosed(server.Serve(listener)) })
		group.Go(func() error { return listener.secure(ctx) })
		group.Go(func() error { n.networks.Watch(background); return nil })
		group.Go(func() error { n.streams.Watch(ctx, n.db.Reader, n.log); return nil }) // streams end first
	}
	if n.cfg.PrivateListen != "" {
		group.Go(func() error { return unlessClosed(private.ListenAndServe()) })
	}
	group.Go(func() error { n.partners.Watch(background); return nil })
	group.Go(func() error { n.relay.Run(background, func() {}); return nil })
	group.Go(func() error { n.index.Run(background, n.queue.Leads); return nil })
	group.Go(func() error {
		<-ctx.Done()
		n.log.Info("stopping")
		until, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		err := errors.Join(server.Shutdown(until), private.Shutdown(until), n.queue.Stop(until))
		stopBackground()
		return err
	})
	ready()
	return errors.Join(group.Wait(), n.close())
}

// public is what answers requests, and where: nowhere without the role.
func (n *node) public(dev http.Handler) (*http.Server, *front, error) {
	if !n.roles.web {
		return &http.Server{}, nil, nil
	}
	n.web.Dev = dev
	handler, err := n.web.Handler()
	if err != nil {
		return nil, nil, err
	}
	listener, err := n.listen()
	if err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	// There is no limit on the time of an answer: streams are answers.
	return &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}, listener, nil
}

func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// private is what only the operator sees.
func (n *node) private() (http.Handler, error) {
	metrics, err := telemetry.Handler(n.health)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health.Live)
	mux.HandleFunc("GET /readyz", n.health.Ready)
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux, nil
}
