package nodetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// NoteSources looks at every file below root that the program is made from. Go keeps the
// result of a test until a file changes that the test looked at, and it does
// not see what the compiler reads.
func NoteSources(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != root && strings.HasPrefix(name, ".") || name == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		_, err = os.Stat(path)
		return err
	})
}
