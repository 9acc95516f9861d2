package health_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// What the alert rules and the dashboard ask for is something that a node
// tells, with labels that it has.
func TestRulesAndDashboardAskForWhatThereIs(t *testing.T) {
	told := map[string]bool{}
	code := read(t, "metrics.go") + read(t, "../telemetry/metrics.go")
	for _, m := range regexp.MustCompile(`(?:Name: "parley_|describe\(")([a-z_]+)"`).FindAllStringSubmatch(code, -1) {
		told["parley_"+m[1]] = true
	}
	require.Greater(t, len(told), 15)
	for _, file := range []string{"../../deploy/prometheus/alerts.yml", "../../deploy/grafana/parley.json"} {
		text := read(t, file)
		if strings.HasSuffix(file, ".json") {
			require.True(t, json.Valid([]byte(text)))
		}
		asked := regexp.MustCompile(`parley_[a-z_]+`).FindAllString(text, -1)
		require.NotEmpty(t, asked)
		for _, name := range asked {
			for _, part := range []string{"_bucket", "_count"} {
				name = strings.TrimSuffix(name, part)
			}
			require.True(t, told[name], "%s asks for %s, which nobody tells", file, name)
		}
		for _, m := range regexp.MustCompile(`by \(([a-z, ]+)\)`).FindAllStringSubmatch(text, -1) {
			for _, label := range strings.Split(m[1], ", ") {
				require.True(t, label == "le" || strings.Contains(code, `"`+label+`"`), "%s: nothing has the label %s", file, label)
			}
		}
	}
}
