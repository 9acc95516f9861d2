package ui_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// meets has somebody sign in by another browser.
func (p *person) meets(hash string) string {
	p.n.t.Helper()
	d := &store.Device{AccountID: p.id, TokenHash: hash, UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Address: "192.0.2.7"}
	require.NoError(p.n.t, p.n.db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.MeetDevice(d, 50)
		p.n.Notify.Devices(tx, p.id)
		return err
	}))
	return strconv.FormatInt(d.ID, 10)
}

func TestNoticeOfANewDevice(t *testing.T) {
	n := newNode(t)
	ada, bob := n.person("ada", "member"), n.person("bob", "member")
	const notice = "Somebody signed in as you"
	ada.meets("known")
	ada.get("/").ok().lacks(notice)
	fresh := ada.meets("new")
	for _, path := range []string{"/", "/settings", "/@bob", "/@nobody"} {
		ada.get(path).has(notice).has("Firefox on Linux").has("192.0.2.7")
	}
	bob.get("/").ok().lacks(notice)
	assert.Equal(t, http.StatusNotFound, bob.post("/ui/devices/"+fresh+"/mine").code)
	assert.Equal(t, http.StatusNotFound, ada.post("/ui/devices/"+fresh+"/whatever").code)
	ada.post("/ui/devices/" + fresh + "/mine").ok().lacks(notice)
	assert.Equal(t, http.StatusNotFound, ada.post("/ui/devices/"+fresh+"/end").code, "it was answered")

	fresh = ada.meets("newer")
	ada.post("/ui/devices/" + fresh + "/end").ok().lacks(notice).has("It is signed out")
	ada.get("/").lacks(notice)
}
