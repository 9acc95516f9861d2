package web_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPushSubscriptions(t *testing.T) {
	table := entities(t)
	n := sqlite(t)
	ada := n.person("ada")
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	p256dh, auth := base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(make([]byte, 16))
	const path = "/api/v1/push/subscription"
	assert.Equal(t, 404, ada.get(path).code)

	s := ada.send("POST", path, object{"subscription": object{"endpoint": "https://push.example/1", "standard": true, "keys": object{"p256dh": p256dh, "auth": auth}},
		"data": object{"policy": "followed", "alerts": object{"mention": true, "status": false}}}).ok().object()
	check(t, table, "WebPushSubscription", "subscription", any(s))
	assert.Equal(t, true, s["standard"])
	assert.Equal(t, "followed", s["policy"])
	assert.Equal(t, true, s["alerts"].(object)["mention"])
	assert.Equal(t, false, s["alerts"].(object)["status"])
	_, err = strconv.ParseInt(s["id"].(string), 10, 32)
	require.NoError(t, err)
	assert.Equal(t, s, ada.get(path).ok().object())
	vapid := ada.get("/api/v2/instance").ok().object()["configuration"].(object)["vapid"]
	assert.Equal(t, object{"public_key": s["server_key"]}, vapid)

	changed := ada.send("PUT", path, object{"data": object{"alerts": object{"follow": true}}}).ok().object()
	assert.Equal(t, s["id"], changed["id"])
	assert.Equal(t, "all", changed["policy"])
	assert.Equal(t, []any{false, true}, []any{changed["alerts"].(object)["mention"], changed["alerts"].(object)["follow"]})

	other := &client{n: n, token: n.tokenFor(ada.id, "push")}
	assert.Equal(t, 404, other.get(path).code, "another token's")
	form := other.form("POST", path, map[string][]string{"subscription[endpoint]": {"https://push.example/2"}, "subscription[keys][p256dh]": {p256dh}, "subscription[keys][auth]": {auth},
		"data[alerts][poll]": {"true"}}).ok().object()
	assert.Equal(t, false, form["standard"])
	assert.Equal(t, true, form["alerts"].(object)["poll"])
	again := other.form("POST", path, map[string][]string{"subscription[endpoint]": {"https://push.example/3"}, "subscription[keys][p256dh]": {p256dh}, "subscription[keys][auth]": {auth}}).ok().object()
	assert.Equal(t, "https://push.example/3", other.get(path).ok().object()["endpoint"])
	assert.NotEqual(t, form["id"], again["id"])
	assert.Equal(t, 422, other.send("POST", path, object{"subscription": object{"endpoint": "mailto:me", "keys": object{"p256dh": p256dh, "auth": auth}}}).code)
	assert.Equal(t, 422, other.send("PUT", path, object{"data": object{"policy": "some"}}).code)

	assert.Equal(t, 403, (&client{n: n, token: n.tokenFor(ada.id, "read")}).get(path).code)
	assert.Equal(t, "{}", ada.do("DELETE", path, nil).ok().body)
	assert.Equal(t, 404, ada.get(path).code)
	other.get(path).ok()
}
