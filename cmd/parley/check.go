package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"time"

	"parley/internal/config"
	"parley/internal/health"
)

type checkCommand struct {
	Public bool `help:"Also look at the node as others reach it at public_url: DNS, TLS, what the proxy passes on."`
}

// Run fails where something does, so that scripts can tell. Settings that cannot
// be read end it at once: nothing else could be looked at.
func (c checkCommand) Run(r *run) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	found := settings(cfg, r.config)
	n, err := open(r.ctx, cfg, slog.New(slog.NewTextHandler(r.err, &slog.HandlerOptions{Level: slog.LevelWarn})), roles{})
	if err != nil {
		found = append(found, health.Check{Name: "node", State: health.Failing, Says: "It cannot be opened: " + explain(err),
			Do: "See that data_dir can be written to, and that the server of database.url runs and lets this user in. What is kept in the database was not looked at."})
	} else {
		defer n.close()
		found = append(found, n.health.Report(r.ctx).Checks...)
	}
	if c.Public {
		outside, err := c.outside(cfg, n)
		if err != nil {
			return err
		}
		found = append(found, outside.Checks(r.ctx)...)
	}
	return tellChecks(r.out, found)
}

// outside is the node as others reach it; n is nil where it could not be opened.
func (checkCommand) outside(cfg *config.Config, n *node) (*health.Outside, error) {
	public, err := url.Parse(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	o := &health.Outside{URL: public, Domain: cfg.Domain(), Listen: cfg.Listen, OwnTLS: cfg.ACME.DirectoryURL != "", Now: time.Now}
	if n == nil {
		return o, nil
	}
	self, err := n.db.InstanceActor()
	if err != nil {
		return nil, err
	}
	o.Health, o.Known = n.health, self.Username
	return o, nil
}

// tellChecks says of each thing how it is, and below it what mends it.
func tellChecks(out io.Writer, found []health.Check) error {
	failing := 0
	for _, c := range found {
		fmt.Fprintf(out, "%-8s %s: %s\n", c.State, c.Name, c.Says)
		if c.Do != "" {
			fmt.Fprintf(out, "         %s\n", c.Do)
		}
		if c.State == health.Failing {
			failing++
		}
	}
	if failing > 0 {
		return fmt.Errorf("things that fail: %d", failing)
	}
	return nil
}
