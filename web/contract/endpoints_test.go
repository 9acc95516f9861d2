package contract

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store/storetest"
	"parley/web"
)

// operation is a line of endpoints.tsv: what this node does with an operation
// of the client API.
type operation struct {
	method, path   string
	verdict, words string
}

func (o operation) name() string { return o.method + " " + o.path }

// shape is the operation with all names of parameters alike, so that it can be
// compared to a route or to another list.
func (o operation) shape() string { return shape(o.method, o.path) }

var parameter = regexp.MustCompile(`\{\w+\}|[:*]\w+`)

func shape(method, path string) string {
	return method + " " + strings.Replace(parameter.ReplaceAllString(path, "{}"), "/nodeinfo/2.0", "/nodeinfo/{}", 1)
}

// table reads a file of lines with tabs, without the first, which names the
// columns.
func table(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	var rows [][]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		rows = append(rows, strings.Split(lines.Text(), "\t"))
	}
	return rows[1:]
}

func operations(t *testing.T) []operation {
	t.Helper()
	var list []operation
	for _, row := range table(t, "endpoints.tsv") {
		require.Len(t, row, 4, "method, path, verdict, words: %q", row)
		list = append(list, operation{row[0], row[1], row[2], row[3]})
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.place(), b.place()) })
	return list
}

const howToAccount = "say in web/contract/endpoints.tsv what the node does with it, and run go test ./web/contract -update"

// Each operation of the list has a route where the list says that it is there,
// and none where it says no; and each route for client apps is in the list.
func TestEveryOperationIsAccountedFor(t *testing.T) {
	routes := map[string]bool{}
	n := newNode(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	for _, r := range n.web.Routes() {
		routes[shape(r.Method, r.Path)] = true
	}
	listed := map[string]bool{}
	for _, o := range operations(t) {
		assert.False(t, listed[o.shape()], "%s is there twice", o.name())
		listed[o.shape()] = true
		switch o.verdict {
		case "Yes":
			assert.True(t, routes[o.shape()], "%s has no route: %s", o.name(), howToAccount)
		case "Partly":
			assert.True(t, routes[o.shape()], "%s has no route: %s", o.name(), howToAccount)
			assert.NotEmpty(t, o.words, "%s: say what is missing", o.name())
		case "No":
			assert.False(t, routes[o.shape()], "%s has a route: %s", o.name(), howToAccount)
			assert.NotEmpty(t, o.words, "%s: say why not", o.name())
		default:
			t.Errorf("%s: %q is no verdict, but Yes, Partly and No are", o.name(), o.verdict)
		}
	}
	for _, r := range n.web.Routes() {
		if forApps(r) {
			assert.True(t, listed[shape(r.Method, r.Path)] || listed[twin(r)], "%s %s is not listed: %s", r.Method, r.Path, howToAccount)
		}
	}
}

func forApps(r web.Route) bool {
	return strings.HasPrefix(r.Path, "/api/") || strings.HasPrefix(r.Path, "/oauth/")
}

// twin is the other way to ask for the same: what is changed by PUT is changed
// by PATCH too.
func twin(r web.Route) string {
	return shape(map[string]string{"PUT": "PATCH", "PATCH": "PUT"}[r.Method], r.Path)
}

// The list holds every operation that Mastodon or a client is known to have.
func TestTheListIsWhole(t *testing.T) {
	listed := map[string]bool{}
	for _, o := range operations(t) {
		listed[o.name()] = true
	}
	for _, row := range table(t, shared(t, "endpoints.tsv")) {
		assert.True(t, listed[row[0]+" "+row[1]], "%s %s is not in endpoints.tsv", row[0], row[1])
	}
}

// shared is a file about the client API that is not part of this repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	file := "../../../shared/client-api/" + name
	if _, err := os.Stat(file); err != nil {
		t.Skipf("%s is not here: lay it at ../shared/client-api beside the repository", name)
	}
	return file
}

var version = regexp.MustCompile(`^/api/v\d(_alpha)?`)

// area is what an operation is about, by its path.
func (o operation) area() string {
	path, isAPI := strings.CutPrefix(version.ReplaceAllString(o.path, "/api"), "/api/")
	if !isAPI {
		return "Sign-in, documents and pages"
	}
	first, _, _ := strings.Cut(path, "/")
	return strings.ToUpper(first[:1]) + strings.ReplaceAll(first[1:], "_", " ")
}

// place is what the list is sorted by: what belongs together stands together,
// reading first.
func (o operation) place() string {
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	return fmt.Sprint(o.area(), version.ReplaceAllString(o.path, ""), " ", o.path, slices.Index(methods, o.method))
}
