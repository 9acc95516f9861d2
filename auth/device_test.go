package auth_test

import (
	"encoding/json"
	"net/http"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

// in signs somebody in through the provider.
func (b browser) in(subject string) answer {
	b.n.t.Helper()
	back := b.get(b.throughTheProvider("/auth/sign_in?return_to=/home&fresh=1", subject))
	require.Equal(b.n.t, http.StatusSeeOther, back.code, back.body)
	return back
}

// who is whose session the browser has.
func (b browser) who() auth.Who {
	b.n.t.Helper()
	home := b.get("/home")
	require.Equal(b.n.t, http.StatusOK, home.code)
	var who auth.Who
	require.NoError(b.n.t, json.Unmarshal([]byte(home.body), &who))
	return who
}

// told are the devices that the browser's person is asked about there.
func (b browser) told() []*store.Device {
	b.n.t.Helper()
	open, err := b.n.NewDevices(b.n.DB.Reader, b.who())
	require.NoError(b.n.t, err)
	return open
}

func (n *node) count(action string) (times int) {
	n.t.Helper()
	for _, line := range n.audited() {
		if line == action {
			times++
		}
	}
	return times
}

func TestANewDeviceIsTold(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		laptop, phone, other := n.browser(), n.browser(), n.browser()
		back := laptop.in("s-ben")
		at := slices.IndexFunc(back.cookies, func(c *http.Cookie) bool { return c.Name == "parley_device" })
		require.GreaterOrEqual(t, at, 0)
		cookie := back.cookies[at]
		assert.True(t, cookie.HttpOnly)
		assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		assert.Equal(t, 365*24*3600, cookie.MaxAge)
		assert.Empty(t, laptop.told(), "the first is no news")
		laptop.in("s-ben")
		assert.Zero(t, n.count("account.new_device ben"), "nor is the same again")

		phone.in("s-ben")
		told := laptop.told()
		require.Len(t, told, 1)
		assert.Equal(t, phone.who().DeviceID, told[0].ID)
		assert.Equal(t, 1, n.count("account.new_device ben"))
		assert.Empty(t, phone.told(), "it is not asked itself")
		require.Error(t, n.ClaimDevice(t.Context(), phone.who(), told[0].ID), "nor may it answer")
		other.in("s-ben")
		assert.Empty(t, other.told())
		require.Error(t, n.ClaimDevice(t.Context(), other.who(), told[0].ID), "nor another of which nobody knows whose it is")
		phone.in("s-ben")
		assert.Len(t, laptop.told(), 2, "it waits until somebody answers")

		require.NoError(t, n.ClaimDevice(t.Context(), laptop.who(), told[0].ID))
		assert.Len(t, laptop.told(), 1)
		assert.Len(t, phone.told(), 1, "the phone is one of his now")
		require.Error(t, n.ClaimDevice(t.Context(), laptop.who(), told[0].ID), "it was answered")
		phone.in("s-ben")
		assert.Len(t, laptop.told(), 1)

		ada := n.browser()
		ada.in("s-ada")
		assert.Empty(t, ada.told(), "others are told nothing")
		laptop.in("s-ada")
		require.Len(t, ada.told(), 1, "what is one's own is new to another")
		require.Error(t, n.EndDevice(t.Context(), phone.who(), ada.told()[0].ID), "and not his to end")
	})
}

func TestANewDeviceIsSignedOut(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		laptop, thief := n.browser(), n.browser()
		laptop.in("s-ben")
		ben := laptop.who()
		app := &store.App{ID: store.NewID(), Name: "An app", ClientID: "app", CreatedAt: store.Now()}
		grant := func(hash string, at store.Time) {
			n.write(func(tx *store.Tx) error {
				return tx.CreateToken(&store.Token{ID: store.NewID(), TokenHash: auth.Hash(hash), AppID: app.ID, ActorID: ben.ActorID, Scopes: "read", CreatedAt: at})
			})
		}
		n.write(func(tx *store.Tx) error { return tx.CreateApp(app) })
		grant("his own", store.Now()-1000)
		thief.in("s-ben")
		grant("the thief's", store.Now())
		told := laptop.told()
		require.Len(t, told, 1)
		require.NoError(t, n.EndDevice(t.Context(), ben, told[0].ID))
		assert.Equal(t, http.StatusFound, thief.get("/home").code)
		assert.Equal(t, http.StatusOK, laptop.get("/home").code)
		_, err := n.Bearer(t.Context(), "the thief's")
		require.Error(t, err)
		_, err = n.Bearer(t.Context(), "his own")
		require.NoError(t, err)
		assert.Empty(t, laptop.told())
		assert.Equal(t, 1, n.count("account.end_device ben"))
		thief.in("s-ben")
		assert.Len(t, laptop.told(), 1, "it is new again")
	})
}

// Neither a one-time link nor acting as a shared account is a new device.
func TestWhatIsNoNewDevice(t *testing.T) {
	n := newNode(t)
	laptop := n.browser()
	laptop.in("s-ben")
	linked := n.signedIn(laptop.who().ActorID)
	assert.Empty(t, laptop.told())
	assert.Zero(t, linked.who().DeviceID)
	press := n.shared("press", laptop.who().ActorID)
	before := laptop.who().DeviceID
	n.actAs(laptop, press)
	assert.NotEqual(t, laptop.who().ActorID, laptop.who().Person())
	assert.Equal(t, before, laptop.who().DeviceID)
	assert.Empty(t, laptop.told())
	n.browser().in("s-ben")
	assert.Len(t, laptop.told(), 1, "as a shared account he is told too")
	assert.Len(t, linked.told(), 1)
}

// Fifty browsers of an account are remembered, those of the last year.
func TestDevicesAreBounded(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		ben := n.account("ben", auth.Member)
		meet := func(hash string) (first bool) {
			for now := store.Now(); store.Now() == now; { // none at the same millisecond
				runtime.Gosched()
			}
			n.write(func(tx *store.Tx) (err error) {
				first, err = tx.MeetDevice(&store.Device{AccountID: ben, TokenHash: hash}, 3)
				return err
			})
			return first
		}
		for _, hash := range []string{"a", "b", "c"} {
			assert.True(t, meet(hash))
		}
		assert.False(t, meet("a"))
		assert.True(t, meet("d"))
		assert.False(t, meet("a"))
		assert.True(t, meet("b"), "the oldest was forgotten")
		n.write(func(tx *store.Tx) error { return tx.ForgetDevices(store.Now() + 1) })
		assert.True(t, meet("a"))
		open, err := n.DB.UnclaimedDevices(ben)
		require.NoError(t, err)
		assert.Empty(t, open, "one alone is no news")
	})
}
