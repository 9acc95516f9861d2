package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/actors"
	"parley/auth/devidp"
	"parley/internal/config"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/outbox"
)

// demoPeople are whom one can be without an identity provider.
var demoPeople = []devidp.Person{
	{Subject: "alice", Username: "alice", Name: "Alice Martin", Email: "alice@corp.example", Title: "Account manager", Department: "Sales"},
	{Subject: "bob", Username: "bob", Name: "Bob Okafor", Email: "bob@corp.example", Title: "Site reliability engineer", Department: "Engineering"},
	{Subject: "carol", Username: "carol", Name: "Carol Nguyen", Email: "carol@corp.example", Title: "IT operations", Department: "Sales", Groups: []string{"owners"}},
	{Subject: "dave", Username: "dave", Name: "Dave Lindqvist", Email: "dave@corp.example", Title: "Hardware engineer", Department: "Engineering", Groups: []string{"owners"}},
}

type demoCommand struct {
	Port int    `help:"First of three ports: the provider and two nodes." default:"4001"`
	Data string `help:"Folder to keep the demo in. Without it the demo is gone when it ends." placeholder:"DIR" type:"path"`
}

func (c demoCommand) Run(r *run) error {
	dir := c.Data
	if dir == "" {
		temp, err := os.MkdirTemp("", "parley-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	d := demo{dir: dir, idp: fmt.Sprintf("http://id.localhost:%d", c.Port+2)}
	d.nodes = []*demoNode{
		{name: "sales", title: "Sales", url: fmt.Sprintf("http://sales.localhost:%d", c.Port), port: c.Port},
		{name: "engineering", title: "Engineering", url: fmt.Sprintf("http://engineering.localhost:%d", c.Port+1), port: c.Port + 1},
	}
	return d.run(r)
}

// demo is two departments and the provider that both trust.
type demo struct {
	dir   string
	idp   string
	nodes []*demoNode
}

type demoNode struct {
	name, title, url string
	port             int
	*node
}

func (d *demo) run(r *run) error {
	log := slog.New(slog.NewTextHandler(r.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	slog.SetDefault(log)
	provider, err := d.provider()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(r.ctx)
	for _, dn := range d.nodes {
		if dn.node, err = open(ctx, d.settings(dn), log.With("node", dn.name), everything); err != nil {
			return err
		}
	}
	group.Go(func() error { return d.serveProvider(ctx, provider) })
	up := make(chan struct{}, len(d.nodes))
	for _, dn := range d.nodes {
		group.Go(func() error { return dn.serve(ctx, nil, func() { up <- struct{}{} }) })
	}
	group.Go(func() error {
		for range d.nodes {
			select {
			case <-up:
			case <-ctx.Done():
				return nil
			}
		}
		if err := d.seed(ctx); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("seed the demo: %w", err)
		}
		d.welcome(r)
		return nil
	})
	return group.Wait()
}

func (d *demo) provider() (*devidp.Provider, error) {
	var clients []devidp.Client
	for _, dn := range d.nodes {
		client := devClient(dn.url)
		client.ID = "parley-" + dn.name
		clients = append(clients, client)
	}
	return devidp.New(devidp.Options{Issuer: d.idp, People: demoPeople, Clients: clients})
}

func (d *demo) settings(dn *demoNode) *config.Config {
	cfg := config.Default()
	cfg.PublicURL, cfg.Title = dn.url, dn.title
	cfg.Listen = fmt.Sprintf("127.0.0.1:%d", dn.port)
	cfg.DataDir = filepath.Join(d.dir, dn.name)
	cfg.Database.URL = "sqlite:" + filepath.Join(cfg.DataDir, "parley.db")
	cfg.Federation.AllowHTTP, cfg.Federation.AllowNetworks = true, []string{"127.0.0.0/8", "::1/128"}
	idp := devProvider(d.idp)
	idp.ClientID = "parley-" + dn.name
	cfg.OIDC = []config.OIDCProvider{idp}
	return cfg
}

func (d *demo) serveProvider(ctx context.Context, provider *devidp.Provider) error {
	listener, err := net.Listen("tcp", "127.0.0.1"+d.idp[strings.LastIndexByte(d.idp, ':'):])
	if err != nil {
		return err
	}
	server := &http.Server{Handler: provider.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		until, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		_ = server.Shutdown(until)
	}()
	return unlessClosed(server.Serve(listener))
}

// seed fills the two departments with people who follow each other and have
// something to say. What was kept from an earlier run is left as it is.
func (d *demo) seed(ctx context.Context) error {
	sales, engineering := d.nodes[0], d.nodes[1]
	if known, err := sales.db.With(ctx).Accounts(); err != nil || len(known) > 0 {
		return err
	}
	people := map[string]int64{}
	for _, p := range demoPeople {
		home := sales
		if p.Department == engineering.title {
			home = engineering
		}
		id, err := home.enroll(ctx, p, d.idp)
		if err != nil {
			return err
		}
		people[p.Username] = id
	}
	for i, dn := range d.nodes {
		other := d.nodes[1-i]
		if err := dn.partners.Set(ctx, 0, strings.TrimPrefix(other.url, "http://"), "allow"); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		from *demoNode
		who  string
		whom string
	}{
		{sales, "alice", "carol"}, {sales, "carol", "alice"}, {engineering, "bob", "dave"}, {engineering, "dave", "bob"},
		{sales, "alice", "bob@" + strings.TrimPrefix(engineering.url, "http://")},
		{engineering, "bob", "alice@" + strings.TrimPrefix(sales.url, "http://")},
		{sales, "carol", "dave@" + strings.TrimPrefix(engineering.url, "http://")},
	} {
		if err := f.from.befriend(ctx, people[f.who], f.whom); err != nil {
			return err
		}
	}
	return d.talk(ctx, people)
}

// enroll makes the account that the person's first sign-in would make.
func (dn *demoNode) enroll(ctx context.Context, p devidp.Person, issuer string) (int64, error) {
	role := "member"
	if len(p.Groups) > 0 {
		role = "owner"
	}
	claims, err := json.Marshal(map[string]any{"title": p.Title, "department": p.Department})
	if err != nil {
		return 0, err
	}
	account, err := dn.actors.Create(ctx, actors.Newcomer{Username: p.Username, DisplayName: p.Name, Email: p.Email, Role: role, Issuer: issuer, Subject: p.Subject, Claims: string(claims)})
	if err != nil {
		return 0, err
	}
	note := p.Title + " in " + p.Department + "."
	return account.Actor.ID, dn.outbox.UpdateProfile(ctx, account.Actor.ID, outbox.Profile{Note: &note})
}

// befriend follows and waits until the other side has agreed.
func (dn *demoNode) befriend(ctx context.Context, who int64, whom string) error {
	other, err := dn.actors.Resolve(ctx, whom)
	if err != nil {
		return err
	}
	if err := dn.outbox.Follow(ctx, who, other.ID, outbox.FollowOptions{}); err != nil {
		return err
	}
	return eventually(ctx, func() (bool, error) {
		f, err := dn.db.With(ctx).Follow(who, other.ID)
		return err == nil && f.Accepted, err
	})
}

func (d *demo) talk(ctx context.Context, people map[string]int64) error {
	sales, engineering := d.nodes[0], d.nodes[1]
	outage := outbox.Draft{Text: "The login page was slow between 9:10 and 9:25 this morning. A cache was too small; it is bigger now. Numbers and the timeline are in the thread. #incident", Visibility: store.Public, Language: "en"}
	post, err := engineering.outbox.Post(ctx, people["bob"], outage)
	if err != nil {
		return err
	}
	if _, err := engineering.outbox.Post(ctx, people["dave"], outbox.Draft{Text: "Prototype boards are back from the fab. First one boots. #hardware", Visibility: store.Public, Language: "en"}); err != nil {
		return err
	}
	var seen *store.Post
	err = eventually(ctx, func() (bool, error) {
		seen, err = sales.db.With(ctx).PostByURI(post.URI)
		return err == nil, err
	})
	if err != nil {
		return err
	}
	reply := outbox.Draft{Text: "@bob@" + strings.TrimPrefix(engineering.url, "http://") + " Two customers asked me about it. May I send them your summary as it stands?", InReplyToID: seen.ID, Visibility: store.Public, Language: "en"}
	if _, err := sales.outbox.Post(ctx, people["alice"], reply); err != nil {
		return err
	}
	if err := sales.outbox.Favourite(ctx, people["alice"], seen.ID); err != nil {
		return err
	}
	_, err = sales.outbox.Post(ctx, people["carol"], outbox.Draft{Text: "Welcome to #parley. Everybody in Sales and Engineering can read and answer here; nothing leaves our two nodes unless an owner allows it.", Visibility: store.Public, Language: "en"})
	return err
}

// eventually polls until done says so. That something is not there yet is no
// failure.
func eventually(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok {
			return nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (d *demo) welcome(r *run) {
	fmt.Fprintf(r.out, `
Two departments are running on this machine, and they federate:

  %-34s  Sales: alice, and carol who owns the node
  %-34s  Engineering: bob, and dave who owns the node

Open one, sign in as anybody, and follow somebody of the other:
  search for @bob@%s on the one, @alice@%s on the other.
A Mastodon client works too, if it takes a server with a port and without TLS.

Everything is in %s. Press Ctrl-C to stop.
`, d.nodes[0].url, d.nodes[1].url, strings.TrimPrefix(d.nodes[1].url, "http://"), strings.TrimPrefix(d.nodes[0].url, "http://"), d.dir)
}
