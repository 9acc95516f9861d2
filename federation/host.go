package federation

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"parley/internal/fault"
)

// Host is the name of a node in the one form in which names are compared:
// lower case, punycode, no trailing dot, and a port only where it is not the
// default one.
type Host string

var hostNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// ParseHost normalises a name as a person or a Host header writes it.
func ParseHost(s string) (Host, error) { return parseHost(strings.TrimSpace(s), "443") }

func parseHost(s, defaultPort string) (Host, error) {
	name, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && (strings.HasSuffix(s[:i], "]") || !strings.Contains(s[:i], ":")) {
		name, port = s[:i], s[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return "", notAHost(s)
		}
		port = strconv.FormatUint(n, 10)
	}
	name, err := parseName(name)
	if err != nil {
		return "", notAHost(s)
	}
	if port != "" && port != defaultPort {
		name += ":" + port
	}
	return Host(name), nil
}

// maxHost bounds a name before it is put into ASCII, which takes the square of
// its length. In ASCII it has at most 253 bytes.
const maxHost = 1024

func parseName(s string) (string, error) {
	if len(s) > maxHost {
		return "", notAHost(s[:maxHost])
	}
	if addr, err := netip.ParseAddr(unbracketed(s)); err == nil && addr.Zone() == "" {
		if addr.Is6() {
			return "[" + addr.String() + "]", nil
		}
		return addr.String(), nil
	}
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if !plainName(s) || strings.Contains(s, "xn--") {
		var err error
		if s, err = hostNames.ToASCII(s); err != nil {
			return "", err
		}
		s = strings.TrimSuffix(s, ".")
	}
	if s == "" || len(s) > 253 || !plainName(s) || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return "", notAHost(s)
	}
	return s, nil
}

func unbracketed(s string) string {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return s[1 : len(s)-1]
	}
	return s
}

func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

func notAHost(s string) error {
	return fault.New(fault.Invalid, strconv.Quote(s)+" is not the name of a host")
}

// HostOf is the host of an http or https URI, and empty for anything else.
// Two empty hosts are not the same host: compare with SameOrigin.
func HostOf(uri string) Host {
	h, _ := origin(uri)
	return h
}

// SameOrigin reports whether one server speaks for both URIs.
func SameOrigin(a, b string) bool {
	hostA, schemeA := origin(a)
	hostB, schemeB := origin(b)
	return hostA != "" && hostA == hostB && schemeA == schemeB
}

// SameSite reports whether two web addresses are of one host, with or without
// its www.
func SameSite(a, b string) bool {
	hostA, hostB := string(HostOf(a)), string(HostOf(b))
	return hostA != "" && strings.TrimPrefix(hostA, "www.") == strings.TrimPrefix(hostB, "www.")
}

// maxURI is how long an address may be that anybody stores or looks up.
const maxURI = 2048

func origin(uri string) (Host, string) {
	if len(uri) > maxURI {
		return "", ""
	}
	u, err := url.Parse(uri)
	if err != nil || u.User != nil || u.Host == "" {
		return "", ""
	}
	port := "443"
	switch u.Scheme {
	case "https":
	case "http":
		port = "80"
	default:
		return "", ""
	}
	h, err := parseHost(u.Host, port)
	if err != nil {
		return "", ""
	}
	return h, u.Scheme
}

// Local reports whether the host is this machine by RFC 6761 6.3.
func (h Host) Local() bool {
	name := h.Name()
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// Name is the host without its port.
func (h Host) Name() string {
	if name, _, err := net.SplitHostPort(string(h)); err == nil {
		return name
	}
	return unbracketed(string(h))
}

func (h Host) hasPort() bool {
	_, _, err := net.SplitHostPort(string(h))
	return err == nil
}
