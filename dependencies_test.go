package parley_test

import (
	"os"
	"regexp"
	"testing"
)

var (
	required  = regexp.MustCompile(`(?m)^\t(\S+) (v\S+)$`)
	described = regexp.MustCompile("(?m)^\\| `(\\S+)` \\| [^|]+ \\| [^|]+ \\| (v[^ ,]+), \\d{4}-\\d\\d-\\d\\d \\|$")
)

// docs/dependencies.md names every module that the code uses itself, in its
// version, and no other.
func TestDependenciesPage(t *testing.T) {
	uses, page := versions(t, "go.mod", required), versions(t, "docs/dependencies.md", described)
	if len(uses) == 0 {
		t.Fatal("go.mod requires nothing")
	}
	for module, version := range uses {
		if page[module] != version {
			t.Errorf("docs/dependencies.md has %s in %q, go.mod in %q", module, page[module], version)
		}
	}
	for module := range page {
		if uses[module] == "" {
			t.Errorf("docs/dependencies.md has %s, which go.mod does not require", module)
		}
	}
}

func versions(t *testing.T, file string, line *regexp.Regexp) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range line.FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = m[2]
	}
	return found
}
