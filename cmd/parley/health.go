package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"parley/internal/fault"
)

type healthCommand struct{}

// Run asks the node that these settings are of, as a container's health check
// does where there is no other program to ask with.
func (healthCommand) Run(r *run) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(cfg.PrivateListen)
	if err != nil {
		return fault.New(fault.Invalid, "private_listen says nowhere to ask: set it, such as to 127.0.0.1:4100")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(r.ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the node does not answer: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the node is not well: %s", strings.TrimSpace(string(text)))
	}
	_, err = r.out.Write(text)
	return err
}
