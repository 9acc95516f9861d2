package text

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func handles(d Draft) (found []string) {
	for _, h := range d.Mentions {
		found = append(found, h.String())
	}
	return found
}

func TestParseMentions(t *testing.T) {
	for source, want := range map[string][]string{
		"hello":                       nil,
		"@bob":                        {"bob"},
		"hi @Bob, and @BOB":           {"bob"},
		"(@bob.) @al-ice.":            {"bob", "al-ice"},
		"@bob@Host.Example: read":     {"bob@host.example"},
		"@bob@host.example.":          {"bob@host.example"},
		"@alice@sales.localhost:4001": {"alice@sales.localhost:4001"},
		"@alice@sales:99999":          nil,
		"@bob@bücher.example":         {"bob@xn--bcher-kva.example"},
		"mail bob@host.example":       nil,
		"https://h.example/@bob":      nil,
		"a/@bob =@bob @@bob":          nil,
		"@bob\n@eve":                  {"bob", "eve"},
	} {
		assert.Equal(t, want, handles(Parse(source)), source)
	}
}

func TestParseTags(t *testing.T) {
	for source, want := range map[string][]Tag{
		"#2026 #":                 nil,
		"#Go":                     {{"go", "Go"}},
		"#Go #go #GO":             {{"go", "Go"}},
		"#q4_2026, (#Umsätze)":    {{"q4_2026", "q4_2026"}, {"umsätze", "Umsätze"}},
		"#日本語 #Ｇｏ":                {{"日本語", "日本語"}, {"go", "Ｇｏ"}},
		"a#b /#b ##b":             nil,
		"https://h.example/#part": nil,
		"#Łódź.":                  {{"łódź", "Łódź"}},
	} {
		assert.Equal(t, want, Parse(source).Tags, source)
	}
}

func TestParseLinks(t *testing.T) {
	for source, want := range map[string][]string{
		"gemini://h.example ftp://h.example javascript:alert(1)": nil,
		"see https://h.example/a_(b).":                           {"https://h.example/a_(b)"},
		"(http://sales.localhost:4001/@alice/1)":                 {"http://sales.localhost:4001/@alice/1"},
		"https://h.example https://h.example":                    {"https://h.example"},
	} {
		assert.Equal(t, want, Parse(source).Links, source)
	}
}

func TestLength(t *testing.T) {
	for source, want := range map[string]int{
		"":    0,
		"häh": 3,
		"https://h.example/" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": 23,
		"@bob@host.example hi": 7,
		"a\r\nb":               3,
	} {
		assert.Equal(t, want, Length(source), source)
	}
}

func TestHandles(t *testing.T) {
	for source, want := range map[string]string{
		"@Bob": "bob", "bob@Host.Example.": "bob@host.example", " @bob@localhost:4000 ": "bob@localhost:4000",
		"bob@": "", "@": "", "bob eve": "", "bob@a@b": "", "bob@http://x": "",
	} {
		h, ok := ParseHandle(source)
		assert.Equal(t, want != "", ok, source)
		if ok {
			assert.Equal(t, want, h.String())
		}
	}
}

func TestUsername(t *testing.T) {
	for claim, want := range map[string]string{
		"alice":                                 "alice",
		"Alice.Smith@corp.example":              "alice.smith",
		" José  Groß ":                          "jose.gross",
		`CORP\bob`:                              "corp.bob",
		"..a--":                                 "a",
		"佐藤":                                    "",
		"":                                      "",
		"@host":                                 "",
		"abcdefghijklmnopqrstuvwxyz0123.456789": "abcdefghijklmnopqrstuvwxyz0123",
	} {
		name, ok := Username(claim)
		assert.Equal(t, want != "", ok, claim)
		assert.Equal(t, want, name, claim)
	}
	for _, bad := range []string{"", "A", "a b", "-a", "a.", "ä", "abcdefghijklmnopqrstuvwxyz01234", "a/b", "."} {
		assert.False(t, ValidUsername(bad), bad)
	}
}
