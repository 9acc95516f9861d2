package devidp

import (
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

//go:embed page.html login.css
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// view is what page.html shows.
type view struct {
	Stylesheet string
	Action     string // of the form
	Request    string
	Node       string // where one comes from
	People     []choice
	Notice     string // instead of the people
}

// choice is a person on the page.
type choice struct {
	Person
	Initials string
	Hinted   bool // login_hint named them
}

// picker shows the people.
func (p *Provider) picker(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("request")
	asked, ok := p.memory.waiting(id)
	if !ok {
		p.expired(w)
		return
	}
	p.show(w, http.StatusOK, view{
		Action:  p.path + "/login",
		Request: id,
		Node:    host(asked.GetRedirectURI()),
		People:  p.choices(asked.asked.LoginHint),
	})
}

// pick takes the form: one is that person now, and goes on with a code. The
// request's id is unguessable and works once, so nobody else can post it.
func (p *Provider) pick(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	id := r.FormValue("request")
	if err := p.memory.pick(id, r.PostFormValue("person")); err != nil {
		p.expired(w)
		return
	}
	http.Redirect(w, r, p.path+"/authorize/callback?id="+url.QueryEscape(id), http.StatusSeeOther)
}

func (p *Provider) signedOut(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, view{Notice: "You are signed out. This page remembers nobody, so there was little to do."})
}

func (p *Provider) expired(w http.ResponseWriter) {
	p.show(w, http.StatusBadRequest, view{Notice: "This sign-in has expired or was used already. Go back to the node and start again."})
}

// choices puts whom login_hint names first.
func (p *Provider) choices(hint string) []choice {
	var first, rest []choice
	for _, person := range p.people {
		c := choice{Person: person, Initials: initials(person.Name)}
		c.Hinted = hint != "" && (strings.EqualFold(hint, person.Username) || strings.EqualFold(hint, person.Email))
		if c.Hinted {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}

func (p *Provider) show(w http.ResponseWriter, status int, v view) {
	v.Stylesheet = p.stylesheet
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	// No form-action: browsers apply it to the redirects after the form as
	// well, and those lead to the node and on to its client apps.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := page.Execute(w, v); err != nil {
		slog.Warn("development sign-in page", "error", err)
	}
}

func style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "login.css")
}

func host(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	words := strings.Fields(name)
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return firstLetter(words[0])
	}
	return firstLetter(words[0]) + firstLetter(words[len(words)-1])
}

func firstLetter(word string) string {
	_, size := utf8.DecodeRuneInString(word)
	return strings.ToUpper(word[:size])
}
