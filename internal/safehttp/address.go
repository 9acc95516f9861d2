package safehttp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"parley/internal/fault"
)

// special holds the IANA special-purpose address registries (RFC 6890 and its
// updates), multicast, and the ranges that carry an IPv4 address inside.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
	"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",

	"::/96",                      // unspecified, loopback, IPv4-compatible
	"64:ff9b::/96",               // NAT64, RFC 6052
	"64:ff9b:1::/48",             // NAT64, RFC 8215
	"100::/64", "100:0:0:1::/64", // discard-only, RFC 6666
	"2001::/23",                  // IETF protocols, with Teredo (RFC 4380) and ORCHID
	"2001:db8::/32", "3fff::/20", // documentation
	"2002::/16",                          // 6to4, RFC 3056
	"2620:4f:8000::/48",                  // AS112
	"5f00::/16",                          // segment routing
	"fc00::/7", "fe80::/10", "fec0::/10", // unique, link and site local
	"ff00::/8", // multicast
)

// globalIPv6 is all of IPv6 that is handed out for use across the internet.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// control is the dialer's last word before it connects: the address is the
// resolved one, so a name that changes its answer between two look-ups gains
// nothing.
func (c *Client) control(network, address string, _ syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return fault.New(fault.Forbidden, "Only TCP connections leave this node, not "+network)
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fault.Wrap(fault.Forbidden, err, "The address "+address+" cannot be checked")
	}
	if !portAllowed(target.Port()) {
		return fault.New(fault.Forbidden, fmt.Sprintf("Port %d of %s is not one for HTTP", target.Port(), target.Addr()))
	}
	if !c.addressAllowed(target.Addr()) {
		return fault.New(fault.Forbidden, fmt.Sprintf(
			"The address %s is not a public one; to allow it, add its network to federation.allow_networks", target.Addr()))
	}
	return nil
}

// portAllowed keeps us from talking to mail servers and their like: of the
// well-known ports, only those of HTTP.
func portAllowed(port uint16) bool { return port == 80 || port == 443 || port >= 1024 }

func (c *Client) addressAllowed(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	contains := func(p netip.Prefix) bool { return p.Contains(addr) }
	if slices.ContainsFunc(c.allowed, contains) {
		return true
	}
	if addr.Is6() && !globalIPv6.Contains(addr) {
		return false
	}
	return addr.IsValid() && !slices.ContainsFunc(special, contains)
}
