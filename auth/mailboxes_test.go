package auth_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

// Whose address of mail is blocked gets no account at the first sign-in; who
// has one keeps it.
func TestBlockedAddressesGetNoAccount(t *testing.T) {
	n := newNode(t)
	ada := n.browser()
	require.Equal(t, http.StatusSeeOther, ada.get(ada.throughTheProvider("/home", "s-ada")).code)
	for _, c := range []struct {
		block func() (int64, error)
		end   func(id int64) error
	}{
		{func() (int64, error) {
			row, err := n.BlockMailDomain(t.Context(), 0, "Corp.example")
			return row.ID, err
		}, func(id int64) error { return n.UnblockMailDomain(t.Context(), 0, id) }},
		{func() (int64, error) {
			row, err := n.BlockMailDomain(t.Context(), 0, "example")
			return row.ID, err
		}, func(id int64) error { return n.UnblockMailDomain(t.Context(), 0, id) }},
		{func() (int64, error) {
			row, err := n.BlockMailbox(t.Context(), 0, auth.MailHash("B.en+news@corp.example"))
			return row.ID, err
		}, func(id int64) error { return n.UnblockMailbox(t.Context(), 0, id) }},
	} {
		id, err := c.block()
		require.NoError(t, err)
		for range 2 {
			b := n.browser()
			a := b.get(b.throughTheProvider("/home", "s-ben"))
			assert.Equal(t, http.StatusForbidden, a.code)
			assert.Contains(t, a.body, "makes no account for your address")
		}
		_, err = n.DB.Identity(n.idp, "s-ben")
		require.Error(t, err)
		again := n.browser()
		assert.Equal(t, http.StatusSeeOther, again.get(again.throughTheProvider("/home", "s-ada")).code, "she has one")
		told, err := n.DB.EmailRefusals([]int64{id}, store.Today())
		require.NoError(t, err)
		if len(told) > 0 {
			assert.Equal(t, []store.Refusals{{BlockID: id, Day: store.Today(), Uses: 2, People: 1}}, told[id])
		}
		require.NoError(t, c.end(id))
	}
	b := n.browser()
	assert.Equal(t, http.StatusSeeOther, b.get(b.throughTheProvider("/home", "s-ben")).code)
	assert.Contains(t, n.audited(), "account.create_refused "+auth.MailHash("ben@corp.example"))
}
