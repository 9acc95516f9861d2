package contract

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/auth"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// client is an app that acts for somebody, or for nobody without a token.
type client struct {
	t     testing.TB
	n     *node
	actor int64
	id    string // the account's
	token string
}

// body is what is sent, and as what.
type body struct {
	kind string
	text []byte
}

func inJSON(v any) body {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // of what a test wrote
	}
	return body{"application/json", text}
}

// answer is a response that was read to its end.
type answer struct {
	code   int
	header http.Header
	body   string
}

func (c client) ask(method, path string, b body, header ...string) answer {
	c.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.n.URL + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, path, bytes.NewReader(b.text))
	require.NoError(c.t, err)
	if b.kind != "" {
		r.Header.Set("Content-Type", b.kind)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := nodetest.Client.Do(r)
	require.NoError(c.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return answer{resp.StatusCode, resp.Header, string(text)}
}

type object = map[string]any

// do asks for what has to succeed, and answers with what came back.
func (c client) do(method, path string, v any) object {
	c.t.Helper()
	return decode(c.t, c.must(method, path, v))
}

func decode(t testing.TB, text string) (v object) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

// list reads a list.
func (c client) list(path string) []object {
	c.t.Helper()
	var out []object
	require.NoError(c.t, json.Unmarshal([]byte(c.must("GET", path, nil)), &out))
	return out
}

func (c client) must(method, path string, v any) string {
	c.t.Helper()
	var b body
	if v != nil {
		b = inJSON(v)
	}
	a := c.ask(method, path, b)
	require.Equal(c.t, http.StatusOK, a.code, "%s %s: %s", method, path, a.body)
	return a.body
}

// post posts, and gives the id.
func (c client) post(text string, more ...any) string {
	c.t.Helper()
	draft := object{"status": text}
	for i := 0; i < len(more); i += 2 {
		draft[more[i].(string)] = more[i+1]
	}
	return c.do("POST", "/api/v1/statuses", draft)["id"].(string)
}

// act does something to somebody or something: follow, favourite and so on.
func (c client) act(path string) object {
	c.t.Helper()
	return c.do("POST", "/api/v1/"+path, object{})
}

// everything are the scopes that apps ask for, with those for administrators.
const everything = "read write follow push profile admin:read admin:write"

// person makes an account and an app with all its scopes.
func (n *node) person(name, role string) client {
	n.T.Helper()
	account, err := n.Actors.Create(n.T.Context(), actors.Newcomer{Username: name, DisplayName: strings.ToUpper(name), Role: role, Exact: true})
	require.NoError(n.T, err)
	id := account.Actor.ID
	return client{n.T, n, id, text(id), n.token(id, everything)}
}

// stranger has no token.
func (n *node) stranger() client { return client{t: n.T, n: n} }

// token is a new one, of an app of its own.
func (n *node) token(actor int64, scopes string) string {
	n.T.Helper()
	secret, app := auth.NewSecret(), store.NewID()
	require.NoError(n.T, n.DB.Write(n.T.Context(), func(tx *store.Tx) error {
		if err := tx.CreateApp(&store.App{ID: app, ClientID: text(app), Name: "Contract", Website: "https://client.example", RedirectURIs: outOfBand, Scopes: everything, CreatedAt: store.Now()}); err != nil {
			return err
		}
		return tx.CreateToken(&store.Token{ID: store.NewID(), TokenHash: auth.Hash(secret), AppID: app, ActorID: actor, Scopes: scopes, CreatedAt: store.Now()})
	}))
	return secret
}

const outOfBand = "urn:ietf:wg:oauth:2.0:oob"
