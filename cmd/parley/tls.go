package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// front is where people and other nodes come in: as it is, or with the node's
// own TLS, where no proxy does that.
type front struct {
	net.Listener
	plain   *http.Server // leads to https and answers http-01, nil without our own TLS
	entry   net.Listener // of plain
	certify func(context.Context)
}

// listen opens the node's doors.
func (n *node) listen() (*front, error) {
	listener, err := net.Listen("tcp", n.cfg.Listen)
	if err != nil || n.cfg.ACME.DirectoryURL == "" {
		return &front{Listener: listener}, err
	}
	public, err := url.Parse(n.cfg.PublicURL)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	certificates := &autocert.Manager{
		Client:     &acme.Client{DirectoryURL: n.cfg.ACME.DirectoryURL, HTTPClient: &http.Client{Timeout: 30 * time.Second}, UserAgent: "Parley/" + version},
		Cache:      autocert.DirCache(filepath.Join(n.cfg.DataDir, "acme")),
		HostPolicy: onlyHost(public.Hostname()),
		Email:      n.cfg.ACME.Email,
		Prompt:     autocert.AcceptTOS, // whoever sets the directory has read them
	}
	config := certificates.TLSConfig() // answers tls-alpn-01, RFC 8737
	config.MinVersion = tls.VersionTLS12
	f := &front{Listener: tls.NewListener(listener, config), certify: func(ctx context.Context) { n.certify(ctx, certificates, public.Hostname()) }}
	if n.cfg.ACME.HTTPListen == "" {
		return f, nil
	}
	f.plain = &http.Server{Handler: certificates.HTTPHandler(toHTTPS(n.cfg.PublicURL)), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second}
	if f.entry, err = net.Listen("tcp", n.cfg.ACME.HTTPListen); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return f, nil
}

// onlyHost asks for no certificate but the node's. The Host of a challenge may
// name a port.
func onlyHost(name string) autocert.HostPolicy {
	policy := autocert.HostWhitelist(name)
	return func(ctx context.Context, host string) error {
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		return policy(ctx, host)
	}
}

// certify gets the certificate before somebody waits for it, and says why there
// is none. The manager leaves the authority alone for a minute after a failure.
func (n *node) certify(ctx context.Context, certificates *autocert.Manager, host string) {
	hello := &tls.ClientHelloInfo{ServerName: host, SupportedVersions: []uint16{tls.VersionTLS13}, // as browsers ask
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
	for {
		_, err := certificates.GetCertificate(hello)
		if err == nil {
			return
		}
		n.log.Warn("there is no certificate: see that the authority answers, and reaches this node at its name", "host", host, "directory", n.cfg.ACME.DirectoryURL, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Minute):
		}
	}
}

// toHTTPS leads readers to the same page of the node. What was sent in the
// clear is not sent again.
func toHTTPS(publicURL string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "use https", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, publicURL+r.URL.RequestURI(), http.StatusMovedPermanently)
	})
}

// secure runs what our own TLS needs beside the listener, until ctx ends.
func (f *front) secure(ctx context.Context) error {
	if f.certify == nil {
		return nil
	}
	go f.certify(ctx)
	if f.plain == nil {
		return nil
	}
	context.AfterFunc(ctx, func() { _ = f.plain.Close() })
	return unlessClosed(f.plain.Serve(f.entry))
}
