package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"parley/internal/config"
	"parley/internal/health"
)

// settings are what is allowed and still looks wrong, or cannot work on this
// machine. file is where the settings were read, empty for none.
func settings(cfg *config.Config, file string) []health.Check {
	var found []health.Check
	warn := func(name, says, do string) {
		found = append(found, health.Check{Name: name, State: health.Warning, Says: says, Do: do})
	}
	public, err := url.Parse(cfg.PublicURL)
	if err != nil { // config.Load has looked
		return nil
	}
	loopback := config.Loopback(public.Hostname())
	proxied := cfg.ACME.DirectoryURL == ""
	if public.Scheme == "http" && !loopback {
		warn("public_url", "It is plain http: whoever is on the way reads along, and other nodes refuse it unless they have federation.allow_http.",
			"Put a proxy that does TLS in front, or set [acme], and write https. The name stays the same.")
	}
	if host, _, err := net.SplitHostPort(cfg.Listen); err == nil && everywhere(host) && proxied && len(cfg.TrustedProxies) == 0 {
		warn("listen", fmt.Sprintf("The node answers at every address of this machine (%s), without TLS and without a proxy that it knows.", cfg.Listen),
			"Listen on 127.0.0.1 where the proxy is on this machine; else write its address into trusted_proxies.")
	}
	if public.Scheme == "https" && proxied && len(cfg.TrustedProxies) == 0 {
		warn("trusted_proxies", "It is empty although a proxy has to do TLS: the node takes everybody for the proxy, in limits and in networks that are shut out.",
			`Write the proxy's address, such as trusted_proxies = ["127.0.0.1"].`)
	}
	if host, _, err := net.SplitHostPort(cfg.PrivateListen); err == nil && exposed(host) {
		warn("private_listen", fmt.Sprintf("What is for the operator alone can be asked at %s, which others may reach.", cfg.PrivateListen),
			"Listen on 127.0.0.1, or on an address of a network that only you are in.")
	}
	if !cfg.Limits.Enabled {
		warn("limits.enabled", "There are no rate limits: one client can keep the node from everybody.", "Remove limits.enabled = false: it is for load tests.")
	}
	if len(cfg.OIDC) == 0 && !cfg.Development {
		warn("oidc", "There is no [[oidc]]: people sign in by nothing but parley account link.", "Name the identity provider: docs/providers.md has the common ones.")
	}
	found = append(found, readable(cfg, file)...)
	if path, isFile := strings.CutPrefix(cfg.Database.URL, "sqlite:"); isFile {
		if kind := networkFS(filesystem(path)); kind != "" {
			warn("database.url", fmt.Sprintf("The SQLite file %s is on a network file system (%s), whose locks it cannot rely on: it can break.", path, kind),
				"Put it on a disk of this machine, or take PostgreSQL.")
		}
	}
	if err := writable(cfg.DataDir); err != nil {
		found = append(found, health.Check{Name: "data_dir", State: health.Failing, Says: "Nothing can be written there: " + err.Error(),
			Do: "Make the folder, and give it to the user that runs the node."})
	}
	if len(found) == 0 {
		found = append(found, health.Check{Name: "settings", Says: "They are read, and nothing in them looks wrong."})
	}
	return found
}

// everywhere reports whether to listen on host is to listen on all addresses.
func everywhere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

// exposed reports whether others may reach what listens on host.
func exposed(host string) bool {
	ip, err := netip.ParseAddr(host)
	return everywhere(host) || err == nil && !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast()
}

// readable finds files with secrets that every user of this machine may read.
func readable(cfg *config.Config, file string) []health.Check {
	secrets := []string{cfg.Media.S3.SecretKey}
	if u, err := url.Parse(cfg.Database.URL); err == nil && u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, password)
	}
	var private []string
	for _, p := range cfg.OIDC {
		secrets = append(secrets, p.ClientSecret)
		private = append(private, p.PrivateKey)
	}
	if text, err := os.ReadFile(file); err == nil {
		for _, s := range secrets {
			if s != "" && strings.Contains(string(text), s) {
				private = append(private, file)
				break
			}
		}
	}
	var found []health.Check
	for _, name := range private {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o004 != 0 {
			found = append(found, health.Check{Name: "secrets", State: health.Warning, Says: fmt.Sprintf("Every user of this machine may read %s, which holds a secret.", name),
				Do: "chmod 640 " + name + ", and give it to the group of the user that runs the node."})
		}
	}
	return found
}

// filesystem is the kind of the file system that path is on, or will be; 0 where
// that cannot be told.
func filesystem(path string) uint32 {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil && syscall.Statfs(filepath.Dir(path), &s) != nil {
		return 0
	}
	return uint32(s.Type)
}

// networkFS names the file systems on which SQLite's locks do not hold between
// machines, empty for all others. The numbers are those of statfs(2).
func networkFS(kind uint32) string {
	return map[uint32]string{0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x5346414f: "AFS", 0x00c36400: "Ceph", 0x01021997: "9P"}[kind]
}

// writable finds out by writing.
func writable(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".check-*")
	if err != nil {
		return err
	}
	_ = f.Close()
	return os.Remove(f.Name())
}
