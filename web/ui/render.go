package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

var (
	//go:embed templates
	templateFiles embed.FS
	//go:embed static
	staticFiles embed.FS

	pages    = parsePages()
	versions = hashStatic()
)

// static is where the files of the pages are served.
const static = "/ui/static/"

// parsePages gives each page its own copy of the layout and the parts.
func parsePages() map[string]*template.Template {
	parts := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/layout.html", "templates/parts/*.html"))
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err)
	}
	pages := map[string]*template.Template{"": parts}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name != "layout" {
			pages[name] = template.Must(template.Must(parts.Clone()).ParseFS(templateFiles, file))
		}
	}
	return pages
}

// Render writes a page. Nothing is written if the template fails.
func Render(w http.ResponseWriter, status int, name string, p Page) error {
	body, err := execute(pages[name], "layout", p)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// policy lets in nothing of others: their pictures are shown from copies here.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Part writes a piece of a page, such as a post that arrives live.
func Part(name string, data any) (string, error) {
	body, err := execute(pages[""], name, data)
	return string(body), err
}

func execute(t *template.Template, name string, data any) ([]byte, error) {
	if t == nil {
		return nil, fmt.Errorf("ui: no template for %q", name)
	}
	var b bytes.Buffer
	err := t.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}

var functions = template.FuncMap{
	"asset":    asset,
	"icon":     icon,
	"ago":      ago,
	"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"moment":   func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"day":      func(t time.Time) string { return t.UTC().Format("2 January 2006") },
	"initials": initials,
	"hue":      hue,
	"count":    count,
	"plural":   plural,
	"list":     func(items ...any) []any { return items },
}

// asset is the address of a static file. It changes with the file, so that
// browsers may keep it for ever.
func asset(name string) string { return static + name + "?v=" + versions[name] }

func hashStatic() map[string]string {
	found := map[string]string{}
	files, err := fs.Glob(staticFiles, "static/*")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		data, err := staticFiles.ReadFile(file)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		found[path.Base(file)] = hex.EncodeToString(sum[:6])
	}
	return found
}

// Static serves the files of the pages.
func Static(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, static)
	if versions[name] == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.URL.Query().Get("v") == versions[name] {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeFileFS(w, r, staticFiles, "static/"+name)
}

// icon draws one of the symbols of icons.svg. The word beside it, or the label
// of its button, says what it means.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + asset("icons.svg") + "#" + template.HTMLEscapeString(name) + `"></use></svg>`)
}

// ago is how long something is past, as short as it can be said. The script
// keeps it true while the page is open.
func ago(t time.Time) string {
	switch d := time.Since(t); {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 7*24*time.Hour:
		return fmt.Sprintf("%d d", int(d.Hours()/24))
	case t.Year() == time.Now().Year():
		return t.UTC().Format("2 Jan")
	default:
		return t.UTC().Format("2 Jan 2006")
	}
}

// initials stand in for a picture: the first letters of the first and the
// last word of a name.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '\'' })
	if len(words) == 0 {
		return "?"
	}
	letters := first(words[0])
	if len(words) > 1 {
		letters += first(words[len(words)-1])
	}
	return strings.ToUpper(letters)
}

func first(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	return string(r)
}

// hue picks one of the stylesheet's eight tints for a handle.
func hue(handle string) int {
	return int(sha256.Sum256([]byte(handle))[0] % 8)
}

// count is a number as short as it can be shown, and nothing for none.
func count(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 10_000:
		return fmt.Sprint(n)
	default:
		return fmt.Sprintf("%dk", n/1000)
	}
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
