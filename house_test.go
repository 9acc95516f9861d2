package parley_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "parley/"

// rungs are the rooms of the house, lowest first: a room imports only rooms
// below its own. A room below another in the tree stands on the same rung
// unless it is listed.
var rungs = map[string]int{
	"internal/fault": 1, "internal/telemetry": 1, "internal/text": 1, "internal/safehttp": 1, "internal/config": 1,
	"internal/store": 2,
	"internal/queue": 3, "internal/audit": 3, "internal/media": 3, "internal/search": 3, "federation": 3,
	"internal/notify": 4, "internal/cards": 4, "internal/backup": 4, "partners": 4, "actors": 4,
	"auth": 5, "outbox": 5, "about": 5,
	"inbox": 6, "internal/health": 6, "compliance": 6, "bridges": 6,
	"web/mastodon": 7, "web/ui": 7, "web/admin": 7,
	"web":        8,
	"cmd/parley": 9,
}

// besides are the imports on one rung that the house has: an actor is admitted
// by the partners, and the leaves share the kinds of errors.
var besides = map[string][]string{
	"actors":             {"partners"},
	"internal/telemetry": {"internal/fault"},
	"internal/text":      {"internal/fault"},
	"internal/safehttp":  {"internal/fault"},
	"internal/config":    {"internal/fault"},
	"auth":               {"auth/devidp"},
}

// never are the imports that go down and are still forbidden.
var never = map[string][]string{
	"federation":      {"internal/store", "internal/queue"},
	"auth":            {"inbox", "outbox", "federation"},
	"inbox":           {"auth"},
	"internal/notify": {"partners", "actors"},
}

// tests are packages that only tests import, and may import anything.
var tests = []string{"internal/nodetest", "internal/store/storetest", "internal/media/mediatest", "test", "web/contract"}

// homes are where third-party modules may be imported: a room with all below
// it, or with a slash and a name a file.
var homes = map[string][]string{
	"github.com/prometheus":           {"internal/telemetry", "internal/health"},
	"go.opentelemetry.io":             {"internal/telemetry"},
	"gorm.io/":                        {"internal/store"},
	"modernc.org/sqlite":              {"internal/store"},
	"github.com/jackc/pgx":            {"internal/store", "internal/queue"},
	"github.com/pressly/goose":        {"internal/store"},
	"github.com/go-fed/httpsig":       {"federation"},
	"github.com/coreos/go-oidc":       {"auth"},
	"github.com/riverqueue/river":     {"internal/queue"},
	"github.com/gin-gonic/gin":        {"web", "actors/http.go", "auth/http.go", "auth/scim/http.go", "inbox/http.go", "outbox/http.go"},
	"github.com/minio/minio-go":       {"internal/media"},
	"golang.org/x/crypto/acme":        {"cmd/parley"},
	"github.com/johannesboyne":        nil,
	"net/http/httptest":               nil,
	"github.com/stretchr/testify":     nil,
	"pgregory.net/rapid":              nil,
	"github.com/piprate/json-gold":    nil,
	"parley/internal/nodetest":        nil,
	"parley/internal/store/storetest": nil,
	"parley/internal/media/mediatest": nil,
}

// source is one file of the house that is no test.
type source struct {
	room, file string
	ast        *ast.File
}

func (s source) imports() []string {
	var list []string
	for _, i := range s.ast.Imports {
		name, _ := strconv.Unquote(i.Path.Value)
		list = append(list, name)
	}
	return list
}

// sources are parsed here and now: a test that asked the go command would be
// answered from its cache after a violation.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		list = append(list, source{room: path.Dir(filepath.ToSlash(name)), file: filepath.ToSlash(name), ast: file})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// roomOf is the room that a package belongs to, empty for none.
func roomOf(dir string) string {
	for ; dir != "."; dir = path.Dir(dir) {
		if rungs[dir] != 0 || slices.Contains(tests, dir) {
			return dir
		}
	}
	return ""
}

func TestImportsOnlyGoDown(t *testing.T) {
	for _, s := range sources(t) {
		room := roomOf(s.room)
		if room == "" {
			t.Errorf("%s: %s is no room of the house; give it a rung in house_test.go and in ARCHITECTURE.md", s.file, s.room)
		}
		if slices.Contains(tests, room) {
			continue
		}
		for _, name := range s.imports() {
			dir, ours := strings.CutPrefix(name, module)
			other := roomOf(dir)
			switch {
			case !ours || dir == s.room || other == room:
			case slices.Contains(never[room], other):
				t.Errorf("%s imports %s, which %s must not know", s.file, dir, room)
			case slices.Contains(besides[room], other) || slices.Contains(besides[room], dir):
			case rungs[other] >= rungs[room]:
				t.Errorf("%s (rung %d) imports %s (rung %d): imports only go down", s.file, rungs[room], dir, rungs[other])
			}
		}
	}
}

func TestForeignModulesStayInTheirHomes(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains(tests, roomOf(s.room)) {
			continue
		}
		for _, name := range s.imports() {
			for foreign, rooms := range homes {
				home := func(room string) bool {
					return s.file == room || s.room == room || strings.HasPrefix(s.room, room+"/")
				}
				if strings.HasPrefix(name, foreign) && !slices.ContainsFunc(rooms, home) {
					t.Errorf("%s imports %s, whose home is %v", s.file, name, rooms)
				}
			}
		}
	}
}

func TestEveryRoomSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		text := s.ast.Doc.Text()
		said[s.room] = said[s.room] || strings.HasPrefix(text, "Package "+s.ast.Name.Name+" ") || s.ast.Name.Name == "main" && text != ""
	}
	for room, ok := range said {
		if !ok {
			t.Errorf("%s has no sentence that says what it is: begin its doc.go with // Package %s", room, path.Base(room))
		}
	}
}

// Only the wiring reads the settings.
func TestOnlyTheProgramReadsSettings(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains(s.imports(), "parley/internal/config") && s.room != "cmd/parley" {
			t.Errorf("%s reads the settings; take what it needs as a field that cmd/parley fills", s.file)
		}
	}
}

// What only reads is handed a Reader, so these rooms have no way to write.
func TestPagesDoNotWrite(t *testing.T) {
	for _, s := range sources(t) {
		if !strings.HasPrefix(s.room, "web") {
			continue
		}
		whole, err := parser.ParseFile(token.NewFileSet(), s.file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(whole, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "store" && (sel.Sel.Name == "DB" || sel.Sel.Name == "Tx") {
				t.Errorf("%s holds a store.%s: pages are handed a store.Reader", s.file, sel.Sel.Name)
			}
			return true
		})
	}
}
