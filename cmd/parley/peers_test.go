package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/federation"
)

// peersEnv makes the test binary be the other nodes instead of running tests.
const peersEnv = "PEERS_OF_BENCHMARK"

func TestMain(m *testing.M) {
	if os.Getenv(peersEnv) != "" {
		if err := bePeers(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// peers are other nodes, in another process: an actor that sends, and inboxes
// that take what comes.
type peers struct {
	url, port, actor, key string
}

func startPeers(b *testing.B, args ...string) *peers {
	b.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), peersEnv+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe() // closed when we end, and then they end
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(b, err)
	var hello map[string]string
	require.NoError(b, json.Unmarshal(line, &hello))
	return &peers{url: "http://127.0.0.1:" + hello["port"], port: hello["port"], actor: hello["actor"], key: hello["key"]}
}

func (p *peers) ask(b *testing.B, path string, pairs ...string) string {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.PostForm(p.url+path, form)
	require.NoError(b, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(b, err)
	require.Equal(b, http.StatusOK, resp.StatusCode, string(body))
	return string(body)
}

func (p *peers) received(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(p.ask(b, "/received"))
	require.NoError(b, err)
	return n
}

func bePeers() error {
	latency := flag.Duration("latency", 0, "how long an inbox takes to answer")
	flag.Parse()
	private, public, err := federation.NewKeyPair()
	if err != nil {
		return err
	}
	signer, err := federation.ParsePrivateKeyPEM(private)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	actor := "http://remote.localhost:" + port + "/users/sender"
	load := &load{actor: actor, key: &federation.Key{ID: actor + "#main-key", Private: signer}}
	var received atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("POST /prepare", load.prepare)
	mux.HandleFunc("POST /send", load.send)
	mux.HandleFunc("POST /received", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, received.Load()) })
	mux.HandleFunc("POST /users/{name}/inbox", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(*latency) // the distance to the peer
		received.Add(1)
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("POST /hang/inbox", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	hello, err := json.Marshal(map[string]string{"port": port, "actor": actor, "key": public})
	if err != nil {
		return err
	}
	fmt.Println(string(hello))
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	return http.Serve(listener, mux)
}

// load holds signed requests that were made ready before the clock started.
type load struct {
	actor    string
	key      *federation.Key
	requests []*http.Request
}

func (l *load) prepare(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.FormValue("n"))
	inbox, err := url.Parse(r.FormValue("inbox"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.requests = make([]*http.Request, n)
	var workers sync.WaitGroup
	for worker := range 2 {
		workers.Go(func() {
			for i := worker; i < n; i += 2 {
				l.requests[i] = l.request(inbox, i)
			}
		})
	}
	workers.Wait()
}

func (l *load) request(inbox *url.URL, i int) *http.Request {
	id := fmt.Sprintf("%s/notes/%d-%d", l.actor, time.Now().UnixNano(), i)
	note := federation.Note{ID: id, Type: "Note", AttributedTo: l.actor, To: []string{federation.Public}, Cc: []string{l.actor + "/followers"},
		Content: "<p>" + string(bytes.Repeat([]byte("Some words that somebody wrote. "), 10)) + "</p>", Published: federation.Stamp(time.Now())}
	body, err := json.Marshal(federation.Activity{Context: federation.Context, ID: id + "/activity", Type: "Create", Actor: l.actor, To: note.To, Cc: note.Cc, Object: note})
	if err != nil {
		panic(err)
	}
	req, err := http.NewRequest(http.MethodPost, inbox.String(), bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", federation.ContentType)
	if err := federation.Sign(req, federation.Cavage, federation.Digest(body), l.key, time.Now()); err != nil {
		panic(err)
	}
	req.Host = inbox.Host
	req.URL.Host = "127.0.0.1:" + inbox.Port()
	return req
}

// send posts what was prepared over sixteen connections.
func (l *load) send(w http.ResponseWriter, _ *http.Request) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	var next atomic.Int64
	var failed atomic.Pointer[string]
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(l.requests)); i = next.Add(1) - 1 {
				resp, err := client.Do(l.requests[i])
				if err != nil {
					text := err.Error()
					failed.Store(&text)
					return
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusAccepted {
					text := resp.Status + " " + string(body)
					failed.Store(&text)
				}
			}
		})
	}
	workers.Wait()
	if text := failed.Load(); text != nil {
		http.Error(w, *text, http.StatusInternalServerError)
	}
}
