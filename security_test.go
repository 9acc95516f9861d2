package parley_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// SECURITY.md names the check that keeps each rule and the test that shows
// it. Both have to be where it says.
func TestSecurityPage(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(line, "|---") || strings.Contains(line, "kept by") {
			continue
		}
		rules++
		place := ""
		for _, m := range quoted.FindAllStringSubmatch(cells[2]+cells[3], -1) {
			name := m[1]
			if strings.Contains(name, "/") || !strings.ContainsAny(name[:1], "TF") && isDir(name) {
				place = name
				continue
			}
			if !declares(t, place, name) {
				t.Errorf("%s has no %s: %s", place, name, cells[1])
			}
		}
	}
	if rules < 110 {
		t.Errorf("only %d rules", rules)
	}
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// declares reports whether the file, or a test in the room, has a function of
// the name.
func declares(t *testing.T, place, name string) bool {
	t.Helper()
	files := []string{place}
	if isDir(place) {
		files, _ = filepath.Glob(place + "/*_test.go")
	}
	function := regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + name + `\(`)
	for _, file := range files {
		if code, err := os.ReadFile(file); err == nil && function.Match(code) {
			return true
		}
	}
	return false
}
