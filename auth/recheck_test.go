package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// family plays the refresh tokens of one sign-in at a provider: each is good for one
// exchange, and one that comes twice ends them all, as RFC 9700 4.14.2 has it.
type family struct {
	h        *hostile
	given    int // the number of the newest
	ended    bool
	redeemed []string // in turn
	fails    int      // a status to answer with in place of it all
	unsigned bool     // whether to leave out the ID token
	pause    time.Duration
}

func (f *family) answer(w http.ResponseWriter, r *http.Request) {
	again := r.PostFormValue("refresh_token")
	if r.PostFormValue("grant_type") == "refresh_token" {
		time.Sleep(f.pause) // a slow provider
		f.redeemed = append(f.redeemed, again)
		if f.fails != 0 {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(f.fails)
			_, _ = fmt.Fprintf(w, `{"error":"server_error","error_description":"no luck with %s"}`, again)
			return
		}
		if f.ended = f.ended || again != fmt.Sprintf("refresh-%d", f.given); f.ended {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
			return
		}
	}
	f.given++
	said := map[string]any{"access_token": "the access token", "token_type": "Bearer", "expires_in": 60, "refresh_token": fmt.Sprintf("refresh-%d", f.given)}
	if again == "" || !f.unsigned {
		payload, _ := json.Marshal(f.h.claims)
		said["id_token"] = f.h.sign(payload)
	}
	_ = json.NewEncoder(withJSON(w)).Encode(said)
}

// watched is somebody who signed in at a provider that is asked again, with a
// browser and an app.
type watched struct {
	*node
	h     *hostile
	f     *family
	p     *auth.Provider
	b     browser
	id    int64
	token string
}

func eachWatched(t *testing.T, test func(t *testing.T, w *watched)) {
	t.Helper()
	each(t, func(t *testing.T, n *node) {
		w := &watched{node: n, h: newHostile(t)}
		w.f = &family{h: w.h}
		w.h.token = w.f.answer
		w.p = w.h.relyingParty()
		w.p.Offline, n.Recheck, n.Providers = true, 4*time.Hour, []*auth.Provider{w.p}
		w.b = n.browser()
		require.Equal(t, http.StatusSeeOther, w.b.comeBack(w.b.begin(w.h)).code)
		w.id = w.identity().ActorID
		var err error
		w.token, err = n.IssueToken(t.Context(), 0, w.id, auth.Scopes{"read"})
		require.NoError(t, err)
		delete(w.h.claims, "nonce") // [OIDC Core] 12.2
		test(t, w)
	})
}

func (w *watched) identity() *store.Identity {
	w.t.Helper()
	i, err := w.DB.Identity(w.h.URL, "s-1")
	require.NoError(w.t, err)
	return i
}

// later has the job run when the provider's word is five hours old.
func (w *watched) later() {
	w.t.Helper()
	old := store.Now().Add(-5 * time.Hour)
	nodetest.Exec(w.t, w.DB, fmt.Sprintf(`UPDATE identities SET checked_at = %d, asked_at = %d`, old, old))
	w.run()
}

func (w *watched) run() {
	w.t.Helper()
	require.NoError(w.t, w.AskAgain(w.t.Context(), auth.RecheckJob{}))
}

// open tells whether browser and app are let in.
func (w *watched) open() [2]bool {
	w.t.Helper()
	return [2]bool{w.b.get("/home").code == http.StatusOK, w.bearer(w.token, "/api/any").code == http.StatusOK}
}

func TestTheProviderIsAskedAgain(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		w.p.Rules, w.p.Extra = []auth.Rule{{Match: auth.Match{Claim: "groups", Value: "help"}, Role: auth.Moderator, Permissions: []auth.Permission{auth.SeeFederation}}}, true
		w.run()
		assert.Empty(t, w.f.redeemed, "its word still counts")
		w.h.claims["groups"] = []string{"help"}
		w.later()
		assert.Equal(t, []string{"refresh-1"}, w.f.redeemed)
		account, err := w.DB.Account(w.id)
		require.NoError(t, err)
		assert.Equal(t, [2]string{"moderator", "federation.see"}, [2]string{account.User.Role, account.User.Permissions}, "without a sign-in")
		assert.Contains(t, w.last("account.role").Detail, `"recheck":true`)
		w.run()
		assert.Len(t, w.f.redeemed, 1, "that was just now")
		w.later()
		assert.Equal(t, []string{"refresh-1", "refresh-2"}, w.f.redeemed, "each once")
		assert.Equal(t, "refresh-3", w.identity().RefreshToken)
		assert.Equal(t, [2]bool{true, true}, w.open())

		w.f.ended = true // switched off, or consent taken back
		began := store.Now()
		w.later()
		assert.Equal(t, [2]bool{}, w.open())
		ended, err := w.DB.EndedSince(began - 1)
		require.NoError(t, err)
		assert.Len(t, ended, 2, "which closes the streams of both")
		line := w.last("account.recheck")
		assert.JSONEq(t, fmt.Sprintf(`{"actor":%d,"outcome":"gone","provider":"Corp","issuer":%q,"subject":"s-1"}`, w.id, w.h.URL), line.Detail)
		account, err = w.DB.Account(w.id)
		require.NoError(t, err)
		assert.Equal(t, store.Active, account.Actor.Lifecycle, "the account is not closed")
		assert.Equal(t, "moderator", account.User.Role)
		assert.Empty(t, w.identity().RefreshToken)
		w.later()
		assert.Len(t, w.f.redeemed, 3, "and is not asked about any more")

		w.f.ended = false
		require.Equal(t, http.StatusSeeOther, w.b.comeBack(w.b.begin(w.h)).code, "who is let in again is back")
		assert.True(t, w.open()[0])
	})
}

func TestWhoLacksTheRequiredClaimLosesAccessWithoutASignIn(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		w.p.Require = []auth.Match{{Claim: "groups", Value: "staff"}}
		w.later()
		assert.Equal(t, [2]bool{true, true}, w.open())
		w.h.claims["groups"] = []string{"alumni"}
		w.later()
		assert.Equal(t, [2]bool{}, w.open())
		assert.Contains(t, w.last("account.recheck").Detail, `"outcome":"required claim"`)
		assert.Empty(t, w.identity().RefreshToken)
	})
}

// Whatever else a provider answers ends nothing, is said in the log without secrets
// and tried again; what it gave meanwhile is kept.
func TestAProviderThatGivesNoAnswerEndsNothing(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		t.Cleanup(func() { slog.SetDefault(before) })
		for name, c := range map[string]struct {
			spoil func()
			keeps bool // the refresh token is another
		}{
			"an error":            {func() { w.f.fails = http.StatusInternalServerError }, false},
			"does not know us":    {func() { w.f.fails = http.StatusUnauthorized }, false},
			"about somebody else": {func() { w.h.claims["sub"] = "s-2" }, true},
			"another issuer":      {func() { w.h.claims["iss"] = "https://other.example" }, true},
			"no userinfo":         {func() { delete(w.h.claims, "groups"); w.h.userinfo = nil }, true},
		} {
			log.Reset()
			was := w.identity()
			c.spoil()
			w.later()
			assert.Equal(t, [2]bool{true, true}, w.open(), name)
			now := w.identity()
			assert.Equal(t, c.keeps, now.RefreshToken != was.RefreshToken, name)
			assert.Less(t, now.CheckedAt, was.CheckedAt, name)
			assert.Contains(t, log.String(), `provider=Corp`, name)
			assert.NotContains(t, log.String(), "refresh-", name)
			times := len(w.f.redeemed)
			w.run()
			assert.Len(t, w.f.redeemed, times, "%s: not in the same minute", name)

			w.f.fails, w.h.claims["sub"], w.h.claims["iss"], w.h.claims["groups"], w.h.userinfo = 0, "s-1", w.h.URL, []string{"staff"}, map[string]any{"sub": "s-1"}
			nodetest.Exec(t, w.DB, `UPDATE identities SET asked_at = asked_at - 300000`)
			w.run()
			assert.Len(t, w.f.redeemed, times+1, "%s: by the next run", name)
			assert.WithinDuration(t, time.Now(), w.identity().CheckedAt.Time(), time.Minute, name)
		}
		w.h.Close()
		w.later()
		assert.Equal(t, [2]bool{true, true}, w.open(), "the provider is away")
		assert.NotContains(t, w.audited(), "account.recheck ada")
	})
}

// Two processes redeem no refresh token twice: the provider would take it for
// stolen, and somebody would be signed out for nothing.
func TestOneOfTwoProcessesAsks(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		twin := &auth.Auth{DB: w.DB, URL: w.URL, Recheck: w.Recheck, Actors: w.Actors, Notify: w.Notify}
		p := w.h.relyingParty()
		p.Offline, twin.Providers = true, []*auth.Provider{p}
		w.f.pause = 100 * time.Millisecond
		old := store.Now().Add(-5 * time.Hour)
		nodetest.Exec(t, w.DB, fmt.Sprintf(`UPDATE identities SET checked_at = %d, asked_at = %d`, old, old))
		var all sync.WaitGroup
		for _, a := range []*auth.Auth{w.Auth, twin, w.Auth, twin} {
			all.Go(func() { assert.NoError(t, a.AskAgain(t.Context(), auth.RecheckJob{})) })
		}
		all.Wait()
		assert.Equal(t, []string{"refresh-1"}, w.f.redeemed)
		assert.Equal(t, [2]bool{true, true}, w.open())
		assert.Equal(t, "refresh-2", w.identity().RefreshToken)
	})
}

// An answer about an earlier sign-in ends nothing of a later one.
func TestASignInMeanwhileCounts(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		w.f.ended = true
		w.h.token = func(rw http.ResponseWriter, r *http.Request) {
			assert.NoError(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.Confirm(w.h.URL, "s-1", "of a new sign-in") }))
			w.f.answer(rw, r)
		}
		w.later()
		assert.Equal(t, [2]bool{true, true}, w.open())
		assert.Equal(t, "of a new sign-in", w.identity().RefreshToken)
	})
}

// What the ID token leaves out userinfo says; without an ID token, what neither
// says is as it was.
func TestThinAnswers(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		w.p.Rules = rulesFor("groups", map[string]string{"help": "moderator"})
		role := func() string {
			account, err := w.DB.Account(w.id)
			require.NoError(t, err)
			return account.User.Role
		}
		delete(w.h.claims, "groups")
		w.h.userinfo = map[string]any{"sub": "s-1", "groups": []string{"help"}}
		w.later()
		assert.Equal(t, "moderator", role())
		w.f.unsigned, w.h.userinfo = true, map[string]any{"sub": "s-1"}
		w.later()
		assert.Equal(t, "moderator", role())
		w.h.userinfo = map[string]any{"sub": "s-1", "groups": []string{"staff"}}
		w.later()
		assert.Equal(t, "member", role())
		w.h.userinfo = map[string]any{"sub": "s-2", "groups": []string{"help"}}
		w.later()
		assert.Equal(t, "member", role(), "of somebody else")
	})
}

// Nothing is kept by which to ask about somebody who has no access, nor once nobody
// is to be asked about.
func TestRefreshTokensAreForgotten(t *testing.T) {
	for name, end := range map[string]func(w *watched){
		"signed out everywhere": func(w *watched) { require.NoError(w.t, w.EndAccess(w.t.Context(), 0, w.id)) },
		"the last one ended": func(w *watched) {
			nodetest.Exec(w.t, w.DB, `UPDATE sessions SET ended_at = 1`)
			nodetest.Exec(w.t, w.DB, `UPDATE oauth_tokens SET revoked_at = 1`)
			w.later()
		},
		"the setting is emptied": func(w *watched) {
			w.p.Offline = false
			require.NoError(w.t, w.Open(w.t.Context()))
		},
		"the provider is another": func(w *watched) {
			w.Providers = nil
			require.NoError(w.t, w.Open(w.t.Context()))
		},
		"the setting was empty at the sign-in": func(w *watched) {
			w.p.Offline, w.Recheck = false, 0
			require.NoError(w.t, w.Open(w.t.Context()))
			require.Equal(w.t, http.StatusSeeOther, w.b.comeBack(w.b.begin(w.h)).code)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachWatched(t, func(t *testing.T, w *watched) {
				require.NoError(t, w.Open(t.Context()))
				require.Equal(t, "refresh-1", w.identity().RefreshToken)
				end(w)
				assert.Empty(t, w.identity().RefreshToken)
				assert.Empty(t, w.f.redeemed)
			})
		})
	}
}

// Whoever acts as a shared account is asked about too, and loses it with the rest.
func TestThePersonBehindASharedAccountIsAskedAbout(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		w.actAs(w.b, w.shared("press", w.id))
		nodetest.Exec(t, w.DB, `UPDATE oauth_tokens SET revoked_at = 1`)
		w.later()
		assert.Equal(t, []string{"refresh-1"}, w.f.redeemed)
		require.Equal(t, http.StatusOK, w.b.get("/home").code)
		w.f.ended = true
		w.later()
		assert.Equal(t, http.StatusFound, w.b.get("/home").code)
	})
}

// A node that proves itself by a key does so when it asks again.
func TestAskingAgainByPrivateKey(t *testing.T) {
	eachWatched(t, func(t *testing.T, w *watched) {
		p := w.h.relyingParty()
		p.Offline, p.ClientSecret, p.TokenAuth, p.Key = true, "", auth.PrivateKeyJWT, clientKey(t)
		w.Providers = []*auth.Provider{p}
		w.later()
		assert.Equal(t, []string{"refresh-1"}, w.f.redeemed)
		assert.NotEmpty(t, w.h.form.Get("client_assertion"))
		assert.Empty(t, w.h.form.Get("code"))
	})
}

func TestOfflineAccessIsAskedForWhereItIsAnnounced(t *testing.T) {
	for _, c := range []struct{ announced, offline, asked bool }{{true, true, true}, {true, false, false}, {false, true, false}} {
		h := newHostile(t)
		if c.announced {
			h.document["scopes_supported"] = []string{"openid", "offline_access"}
		}
		p := h.relyingParty()
		p.Offline = c.offline
		link, err := p.AuthCodeURL(t.Context(), auth.NewAttempt("http://node.localhost/cb"), auth.Wish{})
		require.NoError(t, err)
		if c.asked {
			assert.Contains(t, link, "offline_access")
		} else {
			assert.NotContains(t, link, "offline_access")
		}
	}
}
