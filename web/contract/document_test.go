package contract

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the tables of docs/client-api.md from endpoints.tsv")

const (
	document = "../../docs/client-api.md"
	marker   = "<!-- What follows is written from web/contract/endpoints.tsv by `go test ./web/contract -update`. -->\n"
)

// The tables of the document are those that the list makes; what stands above
// them is written by hand.
func TestTheDocumentIsUpToDate(t *testing.T) {
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	head, _, found := strings.Cut(string(text), marker)
	require.True(t, found, "docs/client-api.md has lost the line %s", marker)
	want := head + marker + tables(operations(t))
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "run go test ./web/contract -update, and read what it writes")
}

func tables(list []operation) string {
	var b strings.Builder
	counts, last := map[string]int{}, ""
	for _, o := range list {
		counts[o.verdict]++
	}
	fmt.Fprintf(&b, "\n%d operations: %d yes, %d partly, %d no.\n", len(list), counts["Yes"], counts["Partly"], counts["No"])
	for _, o := range list {
		if area := o.area(); area != last {
			fmt.Fprintf(&b, "\n## %s\n\n| operation | here | |\n|---|---|---|\n", area)
			last = area
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", o.name(), o.verdict, o.words)
	}
	return b.String()
}
