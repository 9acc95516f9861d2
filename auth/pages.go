package auth

import (
	"cmp"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/fault"
	"parley/internal/store"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/page.html"))

// page is what pages/page.html shows. Kind chooses the block.
type page struct {
	Stylesheet string
	NodeName   string
	Title      string
	Kind       string // sign_in, consent, code, ask, name, trial, notice
	Notice     string
	Doors      []door
	Action     string
	Button     string
	Hidden     map[string]string
	App        *store.App
	Who        Who
	Whom       []guise // for whom an app may act
	Grants     []string
	OutOfBand  bool
	Code       string
	Outcome    []said // of a trial
	Claims     []said
}

// door is a provider one can sign in through.
type door struct{ Name, Link string }

func (a *Auth) show(w http.ResponseWriter, status int, p page) {
	p.Stylesheet, p.NodeName = cmp.Or(a.Stylesheet, "/auth/style.css"), a.nodeName()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	// No form-action: browsers apply it to the redirects after a form too, and
	// those lead to client apps under schemes of their own. For the same apps'
	// sake no Cross-Origin-Opener-Policy: they wait for their popup.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Del("Cross-Origin-Opener-Policy")
	noStore(w)
	w.WriteHeader(status)
	if err := pages.Execute(w, p); err != nil {
		slog.Warn("sign-in page", "error", err)
	}
}

// fail tells a person what went wrong and what to do.
func (a *Auth) fail(w http.ResponseWriter, r *http.Request, err error) {
	err = store.Excused(err)
	logFailure(r, err)
	excuse(w, err)
	a.show(w, int(fault.Of(err)), page{Title: "That did not work", Kind: "notice", Notice: fault.Message(err)})
}

func (a *Auth) nodeName() string {
	if a.NodeName != "" {
		return a.NodeName
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return a.URL
	}
	return u.Host
}

func style(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "pages/style.css") }

// meanings say what a scope lets an app do.
var meanings = map[string]string{
	"read":        "Read everything you can read, your direct messages too",
	"write":       "Post, edit and delete as you, and change your settings",
	"follow":      "See and change whom you follow, mute and block",
	"push":        "Send you notifications",
	"profile":     "See your name and profile",
	"admin:read":  "Read what administrators can read",
	"admin:write": "Do what administrators can do",
}

// grants are the scopes in words. A part of a bundle is named after it.
func grants(s Scopes) []string {
	var words []string
	for _, scope := range s {
		if meaning := meanings[scope]; meaning != "" {
			words = append(words, meaning)
			continue
		}
		bundle, part, _ := cutLast(scope)
		verb := map[string]string{"read": "See your ", "write": "Change your ", "admin:read": "As administrator, see ", "admin:write": "As administrator, change "}[bundle]
		words = append(words, verb+strings.ReplaceAll(part, "_", " "))
	}
	return words
}
