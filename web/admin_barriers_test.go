package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestAdminShutsNetworksOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		n.TrustedProxies = []string{"127.0.0.0/8"}
		door, err := n.Handler()
		require.NoError(t, err)
		n.open(door)
		adam, audrey, ada := n.steward("adam", auth.Admin), n.steward("audrey", auth.Auditor), n.person("ada")
		from := func(address string) int {
			return ada.do("GET", "/api/v1/preferences", nil, "X-Forwarded-For", address).code
		}
		const list = "/api/v1/admin/ip_blocks"
		shut := adam.form("POST", list, url.Values{"ip": {"192.0.2.9/24"}, "severity": {"no_access"}, "comment": {"noise"}, "expires_in": {"3600"}}).ok().object()
		check(t, table, "AdminIpBlock", "block", any(shut))
		assert.Equal(t, []any{"192.0.2.0/24", "no_access", "noise"}, []any{shut["ip"], shut["severity"], shut["comment"]})
		assert.NotNil(t, shut["expires_at"])
		assert.Equal(t, []int{403, 403, 200, 200}, []int{from("192.0.2.7"), from("::ffff:192.0.2.7"), from("192.0.3.7"), from("127.0.0.1")})
		page := n.stranger().do("GET", "/auth/sign_in", nil, "X-Forwarded-For", "192.0.2.7", "Accept", "text/html")
		assert.Equal(t, 403, page.code, "pages too")
		assert.Contains(t, page.body, "Your network may not use this node")

		path := list + "/" + shut["id"].(string)
		for _, form := range []url.Values{
			{"ip": {"127.0.0.1"}}, {"ip": {"127.0.0.0/8"}}, {"ip": {"0.0.0.0/0"}}, {"severity": {"sign_up_block"}}, {"severity": {"sign_up_requires_approval"}}, {"ip": {"house"}}, {"expires_in": {"-1"}},
		} {
			assert.Equal(t, 422, adam.form("PUT", path, form).code, form)
			form.Set("severity", "no_access")
			if len(form) > 1 {
				assert.Equal(t, 422, adam.form("POST", list, form).code, form)
			}
		}
		assert.Contains(t, adam.form("PUT", path, url.Values{"ip": {"127.0.0.1"}}).body, "lock yourself out")
		assert.Equal(t, 422, adam.form("POST", list, url.Values{"ip": {"192.0.2.0/24"}, "severity": {"no_access"}}).code, "is there")
		assert.Equal(t, 422, adam.form("POST", list, url.Values{"ip": {"192.0.4.0/24"}}).code, "no severity")

		moved := adam.send("PATCH", path, object{"ip": "2001:db8::/32", "expires_in": ""}).ok().object()
		assert.Equal(t, []any{shut["id"], shut["created_at"], "2001:db8::/32", "noise", nil}, []any{moved["id"], moved["created_at"], moved["ip"], moved["comment"], moved["expires_at"]})
		assert.Equal(t, []int{200, 403}, []int{from("192.0.2.7"), from("2001:db8:1::1")})
		assert.Equal(t, []string{shut["id"].(string)}, audrey.get(list).ids())

		// Another process learns of it by reading.
		other := &auth.Networks{DB: db}
		assert.False(t, other.Bars("2001:db8::1"))
		require.NoError(t, other.Load(t.Context()))
		assert.True(t, other.Bars("2001:db8::1"))
		// What is over does not hold, and a block does not go before its time.
		n.write(func(tx *store.Tx) error {
			return store.SetBarrier(tx, &store.IPBlock{ID: store.NewID(), Network: "198.51.100.0/24", ExpiresAt: store.Now() - 1, CreatedAt: 1, UpdatedAt: 1})
		})
		require.NoError(t, n.Networks.Load(t.Context()))
		assert.Equal(t, 200, from("198.51.100.7"))

		assert.Equal(t, "{}", adam.do("DELETE", path, nil).ok().body)
		assert.Equal(t, 200, from("2001:db8:1::1"))
		assert.Equal(t, 404, adam.get(path).code)
		assert.Equal(t, 404, adam.do("DELETE", path, nil).code)
		assert.Equal(t, 404, adam.form("PUT", path, url.Values{"comment": {"x"}}).code)
		assert.Equal(t, []string{"network.block 192.0.2.0/24", "network.block 2001:db8::/32", "network.unblock 2001:db8::/32"}, n.lines(adam))
	})
}

func TestAdminBlocksAddressesOfMail(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		adam, audrey := n.steward("adam", auth.Admin), n.steward("audrey", auth.Auditor)
		const domains, single = "/api/v1/admin/email_domain_blocks", "/api/v1/admin/canonical_email_blocks"

		block := adam.form("POST", domains, url.Values{"domain": {"Trash.example"}}).ok().object()
		check(t, table, "AdminEmailDomainBlock", "block", any(block))
		assert.Equal(t, "trash.example", block["domain"])
		require.Len(t, block["history"], 7)
		path := domains + "/" + block["id"].(string)
		assert.Equal(t, 422, adam.form("POST", domains, url.Values{"domain": {"trash.example"}}).code, "is there")
		for _, odd := range []string{"", "a b", "x.example:80", "http://x.example"} {
			assert.Equal(t, 422, adam.form("POST", domains, url.Values{"domain": {odd}}).code, odd)
		}
		assert.Equal(t, 422, adam.form("POST", domains, url.Values{"domain": {"x.example"}, "allow_with_approval": {"true"}}).code)
		assert.Equal(t, []string{block["id"].(string)}, audrey.get(domains).ids())
		audrey.get(path).ok()
		assert.Equal(t, "{}", adam.do("DELETE", path, nil).ok().body)
		assert.Equal(t, 404, adam.get(path).code)
		assert.Equal(t, 404, adam.do("DELETE", path, nil).code)

		// Dots and what follows a plus tell nobody apart.
		const hash = "b344e55d11b3fc25d0d53194e0475838bf17e9be67ce3e6469956222d9a34f9c"
		one := adam.form("POST", single, url.Values{"email": {"E.v.e+x@Corp.example"}}).ok().object()
		check(t, table, "AdminCanonicalEmailBlock", "block", any(one))
		assert.Equal(t, auth.MailHash("eve@corp.example"), one["canonical_email_hash"])
		two := adam.form("POST", single, url.Values{"canonical_email_hash": {strings.ToUpper(hash)}}).ok().object()
		assert.Equal(t, hash, two["canonical_email_hash"])
		for _, form := range []url.Values{{}, {"canonical_email_hash": {"abc"}}, {"canonical_email_hash": {hash}}, {"email": {"eve@corp.example"}}} {
			assert.Equal(t, 422, adam.form("POST", single, form).code, form)
		}
		assert.Equal(t, []string{one["id"].(string)}, audrey.form("POST", single+"/test", url.Values{"email": {"eve+y@corp.example"}}).ids())
		assert.Empty(t, audrey.form("POST", single+"/test", url.Values{"email": {"adam@corp.example"}}).ids())
		assert.Equal(t, 422, adam.form("POST", single+"/test", url.Values{}).code)
		assert.Equal(t, []string{two["id"].(string), one["id"].(string)}, adam.get(single).ids())
		assert.Equal(t, "{}", adam.do("DELETE", single+"/"+one["id"].(string), nil).ok().body)
		assert.Equal(t, 404, adam.get(single+"/"+one["id"].(string)).code)
		assert.Equal(t, []string{"mail_domain.block", "mail_domain.unblock", "mailbox.block", "mailbox.block", "mailbox.unblock"}, verbs(n.lines(adam)))
	})
}
