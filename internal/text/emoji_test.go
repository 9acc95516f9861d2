package text_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/text"
)

func TestShortcodes(t *testing.T) {
	for source, want := range map[string][]string{
		"":                          nil,
		"at 12:30:45 it rains":      nil,
		":ship_it:":                 {"ship_it"},
		"Go :ship_it:, :yes: :yes:": {"ship_it", "yes"},
		"a:ship_it: and :ship_it:b": nil,
		":one::two:":                nil,
		"(:one:)\n:two:":            {"one", "two"},
		":a: :ab :":                 nil,
		"über:ab: ü":                nil,
	} {
		require.Equal(t, want, text.Shortcodes(source), source)
	}
}

func TestIsEmoji(t *testing.T) {
	for _, yes := range []string{"👍", "👍🏽", "❤️", "🎉", "🇩🇪", "👩‍💻", "3️⃣", "#⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "☀", "✔️", "👨‍👩‍👧‍👦"} {
		require.True(t, text.IsEmoji(yes), yes)
	}
	for _, no := range []string{"", "a", "12", "👍👍", "👍 ", "<b>", "🇩", "👩\u200d", "\u200d", "\ufe0f", "ship_it", "\xff"} {
		require.False(t, text.IsEmoji(no), "%q", no)
	}
}
