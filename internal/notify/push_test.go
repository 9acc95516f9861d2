package notify_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/notify"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// app is a client app with a push service of its own.
type app struct {
	t       *testing.T
	key     *ecdh.PrivateKey
	auth    []byte
	service *httptest.Server
	status  int // what the service answers
	header  http.Header
	got     chan *http.Request
	bodies  chan []byte
}

func newApp(t *testing.T) *app {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	a := &app{t: t, key: key, auth: make([]byte, 16), status: http.StatusCreated, header: http.Header{}, got: make(chan *http.Request, 8), bodies: make(chan []byte, 8)}
	_, _ = rand.Read(a.auth)
	a.service = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		for name := range a.header {
			w.Header().Set(name, a.header.Get(name))
		}
		w.WriteHeader(a.status)
		a.got <- r
		a.bodies <- body
	}))
	t.Cleanup(a.service.Close)
	return a
}

func raw(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unraw(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

// subscribe gives one of ours a token of the app and has it woken.
func (a *app) subscribe(n *nodetest.Node, who *store.Actor, policy string, standard bool, alerts ...string) *store.PushSubscription {
	a.t.Helper()
	token := &store.Token{ID: store.NewID(), TokenHash: fmt.Sprint(store.NewID()), ActorID: who.ID, Scopes: "push", CreatedAt: store.Now()}
	require.NoError(a.t, n.DB.Write(a.t.Context(), func(tx *store.Tx) error { return tx.CreateToken(token) }))
	s := &store.PushSubscription{TokenID: token.ID, ActorID: who.ID, Endpoint: a.service.URL + "/wake/me", P256dh: base64.StdEncoding.EncodeToString(a.key.PublicKey().Bytes()), Auth: raw(a.auth),
		Standard: standard, Policy: policy, Alerts: alerts}
	require.NoError(a.t, n.Push.Subscribe(a.t.Context(), s))
	require.Less(a.t, s.ID, int64(1)<<31)
	return s
}

type told struct {
	Kind   string `json:"notification_type"`
	ID     int64  `json:"notification_id,string"`
	Title  string
	Body   string
	Icon   string
	Locale string `json:"preferred_locale"`
	Token  string `json:"access_token"`
}

// woken waits for a message, checks who sent it, and reads it.
func (a *app) woken(public string) (told, *http.Request) {
	a.t.Helper()
	select {
	case r := <-a.got:
		var m told
		plain := a.open(r, <-a.bodies)
		require.NoError(a.t, json.Unmarshal(plain, &m), string(plain))
		a.checkSender(r, public)
		return m, r
	case <-time.After(10 * time.Second):
		a.t.Fatal("nobody woke the app")
		return told{}, nil
	}
}

// open decrypts a message as an app does: RFC 8291 3, or the draft before it.
func (a *app) open(r *http.Request, body []byte) []byte {
	a.t.Helper()
	if r.Header.Get("Content-Encoding") == "aes128gcm" {
		require.LessOrEqual(a.t, len(body), 4096)
		salt, sender, text := body[:16], body[21:21+65], body[21+65:]
		ikm := a.derive(a.agree(sender), a.auth, "WebPush: info\x00"+string(a.key.PublicKey().Bytes())+string(sender), 32)
		plain := a.decrypt(a.derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16), a.derive(ikm, salt, "Content-Encoding: nonce\x00", 12), text)
		require.Equal(a.t, byte(2), plain[len(plain)-1])
		return plain[:len(plain)-1]
	}
	require.Equal(a.t, "aesgcm", r.Header.Get("Content-Encoding"))
	salt := unraw(a.t, strings.TrimPrefix(r.Header.Get("Encryption"), "salt="))
	dh, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Crypto-Key"), "dh="), ";")
	sender := unraw(a.t, dh)
	ikm := a.derive(a.agree(sender), a.auth, "Content-Encoding: auth\x00", 32)
	both := "P-256\x00\x00\x41" + string(a.key.PublicKey().Bytes()) + "\x00\x41" + string(sender)
	plain := a.decrypt(a.derive(ikm, salt, "Content-Encoding: aesgcm\x00"+both, 16), a.derive(ikm, salt, "Content-Encoding: nonce\x00"+both, 12), body)
	return plain[2:]
}

func (a *app) agree(sender []byte) []byte {
	a.t.Helper()
	public, err := ecdh.P256().NewPublicKey(sender)
	require.NoError(a.t, err)
	secret, err := a.key.ECDH(public)
	require.NoError(a.t, err)
	return secret
}

func (a *app) derive(secret, salt []byte, info string, n int) []byte {
	a.t.Helper()
	key, err := hkdf.Key(sha256.New, secret, salt, info, n)
	require.NoError(a.t, err)
	return key
}

func (a *app) decrypt(key, nonce, text []byte) []byte {
	a.t.Helper()
	block, err := aes.NewCipher(key)
	require.NoError(a.t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(a.t, err)
	plain, err := gcm.Open(nil, nonce, text, nil)
	require.NoError(a.t, err)
	return plain
}

// checkSender verifies who we say we are. RFC 8292 2
func (a *app) checkSender(r *http.Request, public string) {
	a.t.Helper()
	require.NotEmpty(a.t, r.Header.Get("TTL"))
	require.Equal(a.t, "normal", r.Header.Get("Urgency"))
	var token, key string
	if rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "vapid t="); ok {
		token, key, _ = strings.Cut(rest, ", k=")
	} else {
		token, ok = strings.CutPrefix(r.Header.Get("Authorization"), "WebPush ")
		require.True(a.t, ok)
		_, key, _ = strings.Cut(r.Header.Get("Crypto-Key"), "p256ecdsa=")
	}
	require.Equal(a.t, public, key)
	parts := strings.Split(token, ".")
	require.Len(a.t, parts, 3)
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	require.NoError(a.t, json.Unmarshal(unraw(a.t, parts[1]), &claims))
	require.Equal(a.t, a.service.URL, claims.Aud)
	require.NotEmpty(a.t, claims.Sub)
	require.WithinDuration(a.t, time.Now().Add(12*time.Hour), time.Unix(claims.Exp, 0), time.Minute)
	verifier, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), unraw(a.t, key))
	require.NoError(a.t, err)
	hash, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), unraw(a.t, parts[2])
	require.True(a.t, ecdsa.Verify(verifier, hash[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])))
}

func TestAppsAreWoken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := nodetest.Start(t, db)
		alice, bob := n.Person("alice"), n.Person("bob")
		for _, standard := range []bool{true, false} {
			a := newApp(t)
			s := a.subscribe(n, alice, "all", standard, "mention")
			p := n.Post(bob, store.Direct, "@alice hello & goodbye "+strings.Repeat("again and ", 30))
			m, r := a.woken(n.Push.PublicKey())
			assert.Equal(t, "/wake/me", r.URL.Path)
			assert.Equal(t, "mention", m.Kind)
			assert.Equal(t, "You were mentioned by bob", m.Title)
			assert.True(t, strings.HasPrefix(m.Body, "@alice hello & goodbye again"), m.Body)
			assert.LessOrEqual(t, len([]rune(m.Body)), 140)
			assert.Equal(t, n.URL+"/avatars/original/missing.png", m.Icon)
			assert.Empty(t, m.Token)
			row, err := db.Notification(alice.ID, m.ID)
			require.NoError(t, err)
			assert.Equal(t, p.ID, row.PostID)
			require.NoError(t, n.Push.Unsubscribe(t.Context(), s.TokenID))
		}
	})
}

// An app is woken by what it asked for, from whom it asked for.
func TestAppsSleepThroughTheRest(t *testing.T) {
	n := nodetest.Wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	alice, bob, eve := n.Person("alice"), n.Person("bob"), n.Person("eve")
	follow := func(who, whom *store.Actor) {
		require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
			return tx.CreateFollow(&store.Follow{ID: store.NewID(), URI: fmt.Sprint("https://x.example/", store.NewID()), FollowerID: who.ID, TargetID: whom.ID, Accepted: true})
		}))
	}
	follow(alice, bob)
	follow(eve, alice)
	a := newApp(t)
	for _, c := range []struct {
		policy string
		alert  string
		from   *store.Actor
		jobs   int64
	}{
		{"all", "mention", eve, 1}, {"all", "favourite", eve, 0}, {"none", "mention", bob, 0},
		{"followed", "mention", bob, 1}, {"followed", "mention", eve, 0}, {"follower", "mention", eve, 1}, {"follower", "mention", bob, 0},
	} {
		s := a.subscribe(n, alice, c.policy, true, c.alert)
		before := nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'push'`)
		n.Post(c.from, store.Public, "@alice hi")
		assert.Equal(t, c.jobs, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'push'`)-before, c)
		require.NoError(t, n.Push.Unsubscribe(t.Context(), s.TokenID))
	}
	a.subscribe(n, alice, "all", true, "mention")
	require.NoError(t, n.Notify.SetPolicy(t.Context(), &store.NotificationPolicy{ActorID: alice.ID, NotFollowing: store.Filter}))
	before := nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'push'`)
	n.Post(eve, store.Public, "@alice hi")
	assert.Equal(t, before, nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'push'`), "what is filtered wakes nobody")
}

// What a push service answers decides what becomes of the subscription.
func TestAnswersOfPushServices(t *testing.T) {
	n := nodetest.Wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	alice, bob := n.Person("alice"), n.Person("bob")
	job := func(s *store.PushSubscription) notify.PushJob {
		n.Post(bob, store.Public, "@alice hi")
		rows, err := n.DB.Notifications(alice.ID, store.Page{Limit: 1}, store.NotificationQuery{})
		require.NoError(t, err)
		return notify.PushJob{SubscriptionID: s.ID, ReaderID: alice.ID, NotificationID: rows[0].ID}
	}
	a := newApp(t)
	for _, c := range []struct {
		status int
		again  bool
		lives  bool
	}{{200, false, true}, {500, true, true}, {503, true, true}, {429, true, true}, {408, true, true}, {400, false, true}, {413, false, true}, {404, false, false}, {410, false, false}} {
		s := a.subscribe(n, alice, "all", true, "mention")
		a.status = c.status
		err := n.Push.Send(t.Context(), job(s))
		assert.Equal(t, c.again, err != nil, "%d: %v", c.status, err)
		if err != nil {
			assert.NotContains(t, err.Error(), "wake", "the address is a secret")
		}
		_, err = n.DB.PushSubscription(s.ID)
		assert.Equal(t, c.lives, err == nil, c.status)
		<-a.got
		<-a.bodies
	}
	s := a.subscribe(n, alice, "all", true, "mention")
	a.status, a.header = 429, http.Header{"Retry-After": {"60"}}
	assert.ErrorContains(t, n.Push.Send(t.Context(), job(s)), "JobSnooze")
	<-a.got
	a.service.Close()
	err := n.Push.Send(t.Context(), job(s))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "wake")

	old := job(s)
	n.Exec(fmt.Sprintf(`UPDATE notifications SET created_at = created_at - 172900000 WHERE id = %d`, old.NotificationID))
	assert.NoError(t, n.Push.Send(t.Context(), old), "too old to be worth it")
	hidden := job(s)
	n.Exec(`UPDATE posts SET visibility = 'private' WHERE actor_id = ` + fmt.Sprint(bob.ID))
	n.Exec(`DELETE FROM mentions`)
	assert.NoError(t, n.Push.Send(t.Context(), hidden), "what its reader may not see is not told")
}

// A subscription ends with its token and with its person.
func TestSubscriptionsEndWithTheirToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := nodetest.Wire(t, db)
		alice := n.Person("alice")
		a := newApp(t)
		s := a.subscribe(n, alice, "all", true, "mention")
		require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error { return tx.RevokeTokenByID(s.TokenID) }))
		assert.Zero(t, nodetest.Number(t, db, `SELECT COUNT(*) FROM push_subscriptions`))
		s = a.subscribe(n, alice, "all", true, "mention")
		n.Exec(`UPDATE oauth_tokens SET expires_at = 1`)
		_, err := db.PushSubscription(s.ID)
		assert.True(t, fault.Is(err, fault.NotFound))
		a.subscribe(n, alice, "all", true, "mention")
		require.NoError(t, n.Actors.Disable(t.Context(), 0, alice.ID))
		assert.Zero(t, nodetest.Number(t, db, `SELECT COUNT(*) FROM push_subscriptions`))
	})
}

func TestSubscriptionsAreChecked(t *testing.T) {
	n := nodetest.Wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	a := newApp(t)
	good := store.PushSubscription{Endpoint: "https://push.example/1", P256dh: raw(a.key.PublicKey().Bytes()), Auth: raw(a.auth)}
	for name, spoil := range map[string]func(*store.PushSubscription){
		"scheme":   func(s *store.PushSubscription) { s.Endpoint = "ftp://push.example/" },
		"none":     func(s *store.PushSubscription) { s.Endpoint = "" },
		"password": func(s *store.PushSubscription) { s.Endpoint = "https://a:b@push.example/" },
		"long":     func(s *store.PushSubscription) { s.Endpoint += strings.Repeat("a", 2048) },
		"key":      func(s *store.PushSubscription) { s.P256dh = raw(make([]byte, 65)) },
		"secret":   func(s *store.PushSubscription) { s.Auth = raw(a.auth[:15]) },
		"base64":   func(s *store.PushSubscription) { s.Auth = "?" },
	} {
		s := good
		spoil(&s)
		assert.True(t, fault.Is(n.Push.Subscribe(t.Context(), &s), fault.Invalid), name)
	}
}

// The key is made once.
func TestTheKeyStays(t *testing.T) {
	n := nodetest.Wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	before := n.Push.PublicKey()
	require.Len(t, unraw(t, before), 65)
	again := &notify.Push{DB: n.DB}
	require.NoError(t, again.Open(t.Context()))
	assert.Equal(t, before, again.PublicKey())
}

// A push service is a stranger: without a word of the owner's it is not
// reached inside the organisation's network.
func TestPushServicesAreOutside(t *testing.T) {
	n := nodetest.Wire(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	alice, bob := n.Person("alice"), n.Person("bob")
	a := newApp(t)
	s := a.subscribe(n, alice, "all", true, "mention")
	n.Exec(`UPDATE push_subscriptions SET endpoint = REPLACE(endpoint, 'http:', 'https:')`)
	n.Push.HTTP = safehttp.New(safehttp.Options{})
	n.Post(bob, store.Public, "@alice hi")
	rows, err := n.DB.Notifications(alice.ID, store.Page{Limit: 1}, store.NotificationQuery{})
	require.NoError(t, err)
	require.NoError(t, n.Push.Send(t.Context(), notify.PushJob{SubscriptionID: s.ID, ReaderID: alice.ID, NotificationID: rows[0].ID}))
	assert.Contains(t, n.Log.String(), "is not a public one")
	s.Endpoint = a.service.URL
	assert.True(t, fault.Is(n.Push.Subscribe(t.Context(), s), fault.Invalid), "nor by plain http")
}
