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

func TestDrawEmoji(t *testing.T) {
	pictures := map[string]string{"ship_it": "<i>S</i>", "yes": "<i>Y</i>"}
	for markup, want := range map[string]string{
		"":                                    "",
		"<p>Go :ship_it: :yes:, :no:</p>":     "<p>Go <i>S</i> <i>Y</i>, :no:</p>",
		":ship_it:":                           "<i>S</i>",
		"a:yes: :yes:b :yes::yes: &lt;:yes:>": "a:yes: :yes:b :yes::yes: &lt;<i>Y</i>>",
		`<a href="https://x/:yes:" title=":yes:">x</a>`: `<a href="https://x/:yes:" title=":yes:">x</a>`,
		"&#58;yes&#58; &amp;:yes:":                      "&#58;yes&#58; &amp;<i>Y</i>",
		"<br>:yes:<br>":                                 "<br><i>Y</i><br>",
	} {
		require.Equal(t, want, text.DrawEmoji(markup, pictures), markup)
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
