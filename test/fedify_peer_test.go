package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// fedify is a server of another make, the program in peer. Its people can be
// told what to do, and it tells what arrived with a signature that its library
// could verify, as the library understood it.
type fedify struct {
	*process
	url  string
	seen map[string]bool // ids of arrivals that a test has dealt with
}

// startFedify runs the server, which takes deliveries signed in one way.
func startFedify(t *testing.T, knock string) *fedify {
	t.Helper()
	port := freePort(t)
	f := &fedify{url: fmt.Sprintf("http://localhost:%d", port), seen: map[string]bool{}}
	f.process = newProcess(t, "fedify", "peer", environment(), nodeJS(t), "server.js", fmt.Sprint(port), knock)
	f.graceless = true
	f.launch()
	f.waitReady(func() bool {
		_, err := web.Get(f.url + "/users/fred")
		return err == nil
	})
	return f
}

// nodeJS is the interpreter that came with the program's modules, or the
// system's.
func nodeJS(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("peer/node_modules/@fedify/fedify"); err != nil {
		t.Skip("the other server's modules are not there: run `npm ci` in test/peer, or `make test`, which does")
	}
	if path, err := filepath.Abs("peer/node_modules/.bin/node"); err == nil {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node.js: run `npm ci` in test/peer on Linux, or install Node 22 or newer")
	}
	return path
}

// uri is the actor id of one of the server's people.
func (f *fedify) uri(name string) string { return f.url + "/users/" + name }

// ask has somebody do something, and decodes what came of it.
func (f *fedify) ask(what string, how fields, answer any) {
	f.t.Helper()
	body, err := json.Marshal(how)
	require.NoError(f.t, err)
	r, err := web.Post(f.url+"/control/"+what, "application/json", bytes.NewReader(body))
	require.NoError(f.t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	require.NoError(f.t, err)
	require.Equal(f.t, http.StatusOK, r.StatusCode, "the other should %s: %s", what, text)
	require.NoError(f.t, json.Unmarshal(text, answer), "%s", text)
}

// tell is ask for the id of what was made.
func (f *fedify) tell(what string, how fields) (id string) {
	f.t.Helper()
	var made struct{ ID string }
	f.ask(what, how, &made)
	return made.ID
}

// act has somebody do what takes no more than an object.
func (f *fedify) act(as, kind string, how fields) (id string) {
	f.t.Helper()
	how["as"], how["kind"] = as, kind
	return f.tell("act", how)
}

// undo takes that back.
func (f *fedify) undo(as, kind, id, object, to string) {
	f.t.Helper()
	f.tell("undo", fields{"as": as, "kind": kind, "id": id, "object": object, "to": to})
}

// arrival is an activity that reached the other server.
type arrival map[string]any

func (a arrival) is(kind, actor string) bool { return a["type"] == kind && a["actor"] == actor }

func (a arrival) id() string { id, _ := a["id"].(string); return id }

// inner is the activity's object, empty where only its id came.
func (a arrival) inner() arrival { object, _ := a["object"].(map[string]any); return object }

// about is the id of the activity's object.
func (a arrival) about() string {
	if id, ok := a["object"].(string); ok {
		return id
	}
	return a.inner().id()
}

// list is a property that may have one value or several.
func (a arrival) list(name string) []any {
	switch v := a[name].(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// awaits waits for something to arrive.
func (f *fedify) awaits(what string, is func(arrival) bool) arrival {
	f.t.Helper()
	var found arrival
	eventually(f.t, "the other gets "+what, func() bool {
		answer, err := web.Get(f.url + "/control/received")
		require.NoError(f.t, err)
		defer answer.Body.Close()
		var all []arrival
		require.NoError(f.t, json.NewDecoder(answer.Body).Decode(&all))
		if at := slices.IndexFunc(all, is); at >= 0 {
			found = all[at]
		}
		return found != nil
	})
	return found
}

// uri is the person's actor id.
func (p *person) uri() string {
	p.t.Helper()
	var me struct{ URI string }
	p.get("/api/v1/accounts/"+p.ID, &me)
	return me.URI
}
