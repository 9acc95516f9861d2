package devidp

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// onlyLoopback refuses whatever did not come straight from this machine. The
// Host is checked because a page elsewhere can point a name of its own at
// 127.0.0.1, and the proxy headers because a tunnel makes everybody local.
func onlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackAddress(r.RemoteAddr) || !loopbackName(r.Host) || proxied(r) {
			http.Error(w, "The development sign-in answers only on the machine it runs on.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopbackAddress(remote string) bool {
	a, err := netip.ParseAddrPort(remote)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// loopbackName reports whether a host, with or without a port, can only mean
// this machine. RFC 6761 6.3 reserves localhost and the names under it.
func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func proxied(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}
