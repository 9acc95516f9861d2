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
	"testing"

	"github.com/stretchr/testify/require"
)

// fedify is a server of another make, the program in peer, with one person on
// it: fred. It can be told what fred does, and tells what arrived with a
// signature that its library could verify.
type fedify struct {
	*process
	url string
}

// arrival is an activity that reached the other server.
type arrival struct {
	Type, ID, Actor, Object, Content string
}

func startFedify(t *testing.T) *fedify {
	t.Helper()
	port := freePort(t)
	f := &fedify{url: fmt.Sprintf("http://localhost:%d", port)}
	f.process = newProcess(t, "fedify", "peer", environment(), nodeJS(t), "server.js", fmt.Sprint(port))
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

// tell has fred do something, and returns the id of what he made.
func (f *fedify) tell(what string, how fields) (id string) {
	f.t.Helper()
	body, err := json.Marshal(how)
	require.NoError(f.t, err)
	answer, err := web.Post(f.url+"/control/"+what, "application/json", bytes.NewReader(body))
	require.NoError(f.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(f.t, err)
	require.Equal(f.t, http.StatusOK, answer.StatusCode, "fred should %s: %s", what, text)
	var made struct{ ID string }
	require.NoError(f.t, json.Unmarshal(text, &made))
	return made.ID
}

// awaits waits for something to arrive.
func (f *fedify) awaits(what string, is func(arrival) bool) {
	f.t.Helper()
	eventually(f.t, "fred gets "+what, func() bool {
		answer, err := web.Get(f.url + "/control/received")
		require.NoError(f.t, err)
		defer answer.Body.Close()
		var all []arrival
		require.NoError(f.t, json.NewDecoder(answer.Body).Decode(&all))
		for _, a := range all {
			if is(a) {
				return true
			}
		}
		return false
	})
}

// TestFedify federates with a server of another make.
func TestFedify(t *testing.T) {
	t.Parallel()
	node := startNode(t, "localhost", "sqlite")
	f := startFedify(t)
	alice := node.join("alice")
	var me struct{ URI string }
	alice.get("/api/v1/accounts/"+alice.ID, &me)
	fred := "fred@localhost" + f.url[len("http://localhost"):]

	// Each follows the other.
	f.tell("follow", fields{"actor": me.URI})
	alice.awaitsNews("follow", fred)
	f.awaits("an Accept", func(a arrival) bool { return a.Type == "Accept" && a.Actor == me.URI })
	alice.follow("@" + fred)

	// A post goes there, an edit of it too.
	said := alice.say("Is anybody out there?")
	f.awaits("the post", func(a arrival) bool {
		return a.Type == "Create" && a.Object == said.URI && a.Content == said.Content
	})
	alice.must("PUT", "/api/v1/statuses/"+said.ID, fields{"status": "Is anybody there?"}, &said)
	f.awaits("the edit", func(a arrival) bool {
		return a.Type == "Update" && a.Object == said.URI && a.Content == said.Content
	})

	// What comes back is shown: a reply, a like and a boost, and their end.
	reply := f.tell("reply", fields{"object": said.URI, "text": "<p>I am.</p>"})
	mention := alice.awaitsNews("mention", fred)
	require.Equal(t, reply, mention.Status.URI)
	require.Equal(t, said.ID, *mention.Status.InReplyToID)
	require.Contains(t, mention.Status.Content, "I am.")
	like := f.tell("like", fields{"object": said.URI})
	require.Equal(t, said.ID, alice.awaitsNews("favourite", fred).Status.ID)
	boost := f.tell("announce", fields{"object": said.URI})
	require.Equal(t, said.ID, alice.awaitsNews("reblog", fred).Status.ID)
	f.tell("undo", fields{"object": said.URI, "kind": "Like", "id": like})
	f.tell("undo", fields{"object": said.URI, "kind": "Announce", "id": boost})
	eventually(t, "the like and the boost are taken back", func() bool {
		now := alice.status(said.ID)
		return now.FavouritesCount == 0 && now.ReblogsCount == 0 && now.RepliesCount == 1
	})

	f.tell("edit", fields{"id": reply, "text": "<p>I was.</p>", "actor": me.URI})
	eventually(t, "the reply is edited", func() bool {
		now := alice.status(mention.Status.ID)
		return now.EditedAt != nil && now.Content == "<p>I was.</p>"
	})
	f.tell("delete", fields{"id": reply, "actor": me.URI})
	eventually(t, "the reply is gone", func() bool { return alice.gone(mention.Status.ID) })

	f.tell("post", fields{"text": "<p>News of fred.</p>"})
	alice.awaits("News of fred.")
	alice.must("DELETE", "/api/v1/statuses/"+said.ID, nil, nil)
	f.awaits("the end of the post", func(a arrival) bool { return a.Type == "Delete" && a.Object == said.URI })
}
