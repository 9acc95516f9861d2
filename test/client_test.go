package test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
)

// The entities hold what the tests look at.
// https://docs.joinmastodon.org/entities/
type account struct {
	ID             string `json:"id"`
	Username       string `json:"username"`
	Acct           string `json:"acct"`
	URL            string `json:"url"`
	DisplayName    string `json:"display_name"`
	FollowersCount int    `json:"followers_count"`
}

type status struct {
	ID               string       `json:"id"`
	URI              string       `json:"uri"`
	URL              string       `json:"url"`
	Content          string       `json:"content"`
	Visibility       string       `json:"visibility"`
	InReplyToID      *string      `json:"in_reply_to_id"`
	EditedAt         *string      `json:"edited_at"`
	RepliesCount     int          `json:"replies_count"`
	ReblogsCount     int          `json:"reblogs_count"`
	FavouritesCount  int          `json:"favourites_count"`
	Account          account      `json:"account"`
	Reblog           *status      `json:"reblog"`
	MediaAttachments []attachment `json:"media_attachments"`
}

type attachment struct {
	ID          string  `json:"id"`
	Type        string  `json:"type"`
	URL         string  `json:"url"`
	PreviewURL  string  `json:"preview_url"`
	Description *string `json:"description"`
}

type notification struct {
	Type    string  `json:"type"`
	Account account `json:"account"`
	Status  *status `json:"status"`
}

type relationship struct {
	Following  bool `json:"following"`
	FollowedBy bool `json:"followed_by"`
	Requested  bool `json:"requested"`
	Blocking   bool `json:"blocking"`
}

type results struct {
	Accounts []account `json:"accounts"`
	Statuses []status  `json:"statuses"`
}

type fields = map[string]any

// get reads from the node as the person; an answer that is none fails the test.
func (p *person) get(path string, answer any) { p.t.Helper(); p.must("GET", path, nil, answer) }

// post sends JSON to the node as the person.
func (p *person) post(path string, body fields, answer any) {
	p.t.Helper()
	p.must("POST", path, body, answer)
}

func (p *person) must(method, path string, body fields, answer any) {
	p.t.Helper()
	code, text := p.ask(method, path, body)
	require.Equal(p.t, http.StatusOK, code, "%s %s as %s: %s", method, path, p.Username, text)
	if answer != nil {
		require.NoError(p.t, json.Unmarshal(text, answer), "%s %s: %s", method, path, text)
	}
}

// ask returns the node's answer, whatever it is.
func (p *person) ask(method, path string, body fields) (code int, text []byte) {
	p.t.Helper()
	code, text, err := p.try(p.t.Context(), method, path, body)
	require.NoError(p.t, err)
	return code, text
}

// try is ask for nodes that may not answer.
func (p *person) try(ctx context.Context, method, path string, body fields) (code int, text []byte, err error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	if body == nil {
		encoded = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, p.node.url+path, bytes.NewReader(encoded))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return p.send(r)
}

func (p *person) send(r *http.Request) (code int, text []byte, err error) {
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	answer, err := web.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// find searches for an address, which may be on another node.
func (p *person) find(query string) results {
	p.t.Helper()
	var found results
	p.get("/api/v2/search?resolve=true&q="+url.QueryEscape(query), &found)
	return found
}

// findAccount is the account with the handle.
func (p *person) findAccount(handle string) account {
	p.t.Helper()
	found := p.find(handle).Accounts
	require.Len(p.t, found, 1, "%s looks for %s", p.Username, handle)
	return found[0]
}

// follow follows somebody, who may be elsewhere, and waits until they agreed.
func (p *person) follow(handle string) account {
	p.t.Helper()
	other := p.findAccount(handle)
	p.post("/api/v1/accounts/"+other.ID+"/follow", fields{}, nil)
	eventually(p.t, p.Username+" follows "+handle, func() bool { return p.relation(other).Following })
	return other
}

func (p *person) relation(other account) relationship {
	p.t.Helper()
	var list []relationship
	p.get("/api/v1/accounts/relationships?id[]="+other.ID, &list)
	require.Len(p.t, list, 1)
	return list[0]
}

// say posts.
func (p *person) say(text string, more ...fields) status {
	p.t.Helper()
	body := fields{"status": text}
	for _, m := range more {
		for name, value := range m {
			body[name] = value
		}
	}
	var s status
	p.post("/api/v1/statuses", body, &s)
	return s
}

// act does something with a post: favourite, reblog and so on.
func (p *person) act(s status, what string) status {
	p.t.Helper()
	var after status
	p.post("/api/v1/statuses/"+s.ID+"/"+what, fields{}, &after)
	return after
}

// status reads a post again.
func (p *person) status(id string) status {
	p.t.Helper()
	var s status
	p.get("/api/v1/statuses/"+id, &s)
	return s
}

func (p *person) home() []status {
	p.t.Helper()
	var list []status
	p.get("/api/v1/timelines/home?limit=40", &list)
	return list
}

// seen are the posts in the home timeline whose text contains part, boosts of
// them too.
func (p *person) seen(part string) []status {
	p.t.Helper()
	var list []status
	for _, s := range p.home() {
		if strings.Contains(s.Content, part) || s.Reblog != nil && strings.Contains(s.Reblog.Content, part) {
			list = append(list, s)
		}
	}
	return list
}

// awaits waits for the one post at home that contains part.
func (p *person) awaits(part string) status {
	p.t.Helper()
	var list []status
	eventually(p.t, fmt.Sprintf("%s sees %q", p.handle(), part), func() bool {
		list = p.seen(part)
		return len(list) > 0
	})
	require.Len(p.t, list, 1, part)
	return list[0]
}

// awaitsNews waits for a notification of a kind from somebody.
func (p *person) awaitsNews(kind, acct string) notification {
	p.t.Helper()
	var found notification
	eventually(p.t, fmt.Sprintf("%s is told of a %s by %s", p.handle(), kind, acct), func() bool {
		for _, n := range p.news(kind) {
			if n.Account.Acct == acct {
				found = n
				return true
			}
		}
		return false
	})
	return found
}

func (p *person) news(kind string) []notification {
	p.t.Helper()
	var list []notification
	p.get("/api/v1/notifications?limit=80&types[]="+kind, &list)
	return list
}

// gone reports whether the post cannot be read any more.
func (p *person) gone(id string) bool {
	p.t.Helper()
	code, _ := p.ask("GET", "/api/v1/statuses/"+id, nil)
	return code == http.StatusNotFound || code == http.StatusGone
}
