package web_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/federation"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestAdminDecidesAboutDomains(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		require.NoError(t, n.Partners.Load(t.Context()))
		adam, audrey, ada := n.steward("adam", auth.Admin), n.steward("audrey", auth.Auditor), n.person("ada")
		bob := n.remote(ada.id, 1)[0]
		bob.Host = bob.Domain
		n.write(func(tx *store.Tx) error { return tx.UpdateActor(bob) })
		const allows, blocks = "/api/v1/admin/domain_allows", "/api/v1/admin/domain_blocks"

		friend := adam.form("POST", allows, url.Values{"domain": {"Friend.example"}}).ok().object()
		check(t, table, "AdminDomainAllow", "allow", any(friend))
		assert.Equal(t, "friend.example", friend["domain"])
		assert.Equal(t, friend, adam.form("POST", allows, url.Values{"domain": {"friend.example"}}).ok().object(), "once more is once")
		assert.Equal(t, friend, audrey.get(allows+"/"+friend["id"].(string)).ok().object())
		assert.Equal(t, 422, adam.form("POST", allows, url.Values{"domain": {"not a domain"}}).code)

		block := adam.form("POST", blocks, url.Values{"domain": {bob.Domain}, "private_comment": {"spam"}, "reject_media": {"false"}, "obfuscate": {"0"}}).ok().object()
		check(t, table, "AdminDomainBlock", "block", any(block))
		assert.Equal(t, []any{"silence", "spam", nil, false, false}, []any{block["severity"], block["private_comment"], block["public_comment"], block["reject_media"], block["obfuscate"]})
		assert.True(t, n.Partners.Limited(federation.Host(bob.Host)))
		again := adam.form("POST", blocks, url.Values{"domain": {bob.Domain}, "severity": {"suspend"}})
		assert.Equal(t, 422, again.code)
		assert.Equal(t, block, again.object()["existing_domain_block"])

		path := blocks + "/" + block["id"].(string)
		noted := adam.form("PUT", path, url.Values{"private_comment": {"spam, again"}}).ok().object()
		assert.Equal(t, []any{"silence", "spam, again"}, []any{noted["severity"], noted["private_comment"]})
		ada.get("/api/v1/accounts/" + text(bob.ID)).ok()
		suspended := adam.send("PATCH", path, object{"severity": "suspend", "reject_media": true}).ok().object()
		assert.Equal(t, []any{"suspend", true, true, "spam, again"}, []any{suspended["severity"], suspended["reject_media"], suspended["reject_reports"], suspended["private_comment"]})
		assert.Equal(t, 404, ada.get("/api/v1/accounts/"+text(bob.ID)).code, "at once")
		assert.Equal(t, true, adam.get("/api/v1/admin/accounts/" + text(bob.ID)).ok().object()["account"].(object)["suspended"], "but not for those who look after it")

		assert.Equal(t, []string{block["id"].(string)}, audrey.get(blocks).ids())
		assert.Equal(t, []string{friend["id"].(string)}, audrey.get(allows).ids())
		assert.Equal(t, 404, adam.get(allows+"/"+block["id"].(string)).code, "that is a block")
		for _, form := range []url.Values{
			{"severity": {"noop"}}, {"severity": {"odd"}}, {"severity": {"silence"}, "reject_media": {"1"}}, {"reject_reports": {"1"}}, {"public_comment": {"shame"}}, {"obfuscate": {"true"}}, {},
		} {
			assert.Equal(t, 422, adam.form("POST", blocks, form).code, form)
			form.Set("domain", "other.example")
			if len(form) > 1 {
				assert.Equal(t, 422, adam.form("POST", blocks, form).code, form)
			}
		}
		assert.Equal(t, "{}", adam.do("DELETE", path, nil).ok().body)
		ada.get("/api/v1/accounts/" + text(bob.ID)).ok()
		assert.Equal(t, friend, adam.do("DELETE", allows+"/"+friend["id"].(string), nil).ok().object())
		for _, gone := range []string{path, allows + "/" + friend["id"].(string)} {
			assert.Equal(t, 404, adam.get(gone).code)
			assert.Equal(t, 404, adam.do("DELETE", gone, nil).code)
		}
		assert.Equal(t, []string{"partner.allow friend.example", "partner.limit " + bob.Domain, "partner.describe " + bob.Domain, "partner.block " + bob.Domain, "partner.remove " + bob.Domain, "partner.remove friend.example"}, n.lines(adam))
	})
}
