package safehttp

import (
	"net/netip"
	"testing"
	"time"
)

func TestAddresses(t *testing.T) {
	bare := New(Options{})
	for _, c := range []struct {
		address string
		ok      bool
	}{
		{"93.184.215.14", true}, {"8.8.8.8", true}, {"100.63.255.255", true}, {"100.128.0.1", true},
		{"172.15.0.1", true}, {"172.32.0.1", true}, {"198.17.0.1", true}, {"198.20.0.1", true}, {"223.255.255.1", true},
		{"2606:2800:220:1:248:1893:25c8:1946", true}, {"2a00:1450::1", true}, {"2001:200::1", true}, {"2003::1", true},

		{"0.0.0.0", false}, {"0.1.2.3", false}, {"10.0.0.1", false}, {"100.64.0.1", false}, {"127.0.0.1", false},
		{"127.255.0.9", false}, {"169.254.169.254", false}, {"172.16.0.1", false}, {"172.31.255.255", false},
		{"192.0.0.8", false}, {"192.0.2.1", false}, {"192.31.196.1", false}, {"192.52.193.1", false},
		{"192.88.99.1", false}, {"192.168.1.1", false}, {"192.175.48.1", false}, {"198.18.0.1", false},
		{"198.19.255.255", false}, {"198.51.100.7", false}, {"203.0.113.9", false}, {"224.0.0.1", false},
		{"240.0.0.1", false}, {"255.255.255.255", false},
		{"::", false}, {"::1", false}, {"::7f00:1", false}, {"::ffff:127.0.0.1", false}, {"::ffff:10.0.0.1", false},
		{"64:ff9b::7f00:1", false}, {"64:ff9b::808:808", false}, {"64:ff9b:1::1", false}, {"100::1", false},
		{"100:0:0:1::1", false}, {"2001::1", false}, {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false},
		{"2001:2::1", false}, {"2001:10::1", false}, {"2001:20::1", false}, {"2001:db8::1", false},
		{"2002:7f00:1::", false}, {"2002:808:808::1", false}, {"2620:4f:8000::1", false}, {"3fff::1", false},
		{"5f00::1", false}, {"fc00::1", false}, {"fd12:3456::1", false}, {"fe80::1", false}, {"fe80::1%eth0", false},
		{"fec0::1", false}, {"ff02::1", false}, {"4000::1", false},
	} {
		if got := bare.addressAllowed(netip.MustParseAddr(c.address)); got != c.ok {
			t.Errorf("%s: allowed %v, want %v", c.address, got, c.ok)
		}
	}
	if !bare.addressAllowed(netip.MustParseAddr("::ffff:8.8.8.8")) {
		t.Error("a public IPv4 address is refused when written as IPv6")
	}
}

func TestAllowedNetworks(t *testing.T) {
	c := New(Options{AllowNetworks: prefixes("10.1.0.0/16", "fd00::/8", "fe80::/10"), Timeout: time.Second})
	for address, ok := range map[string]bool{
		"10.1.2.3": true, "10.2.0.1": false, "::ffff:10.1.2.3": true, "127.0.0.1": false, "fd00::5": true, "fe80::1%eth0": true, "fc00::5": false,
	} {
		if got := c.addressAllowed(netip.MustParseAddr(address)); got != ok {
			t.Errorf("%s: allowed %v, want %v", address, got, ok)
		}
	}
}

func TestControl(t *testing.T) {
	c := New(Options{AllowNetworks: prefixes("10.1.0.0/16")})
	for _, x := range []struct {
		network, address string
		ok               bool
	}{
		{"tcp4", "8.8.8.8:443", true}, {"tcp6", "[2a00:1450::1]:80", true}, {"tcp4", "10.1.0.9:8443", true},
		{"tcp4", "8.8.8.8:25", false}, {"tcp4", "10.1.0.9:22", false}, {"tcp4", "8.8.8.8:0", false},
		{"udp", "8.8.8.8:443", false}, {"tcp4", "somewhere:443", false}, {"unix", "/run/x.sock", false},
	} {
		if err := c.control(x.network, x.address, nil); (err == nil) != x.ok {
			t.Errorf("%s %s: %v", x.network, x.address, err)
		}
	}
}
