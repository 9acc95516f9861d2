package federation

import (
	"strings"
	"testing"
	"time"

	"parley/internal/text"
)

// A host without end, in characters that are not ASCII, is refused before
// anybody spends minutes on it.
func TestAHandleWithoutEnd(t *testing.T) {
	var b strings.Builder
	for i := range 300_000 {
		b.WriteRune(rune(0x4e00 + i%20_000))
	}
	begun := time.Now()
	if _, _, err := ParseHandle("a@" + b.String()); err == nil {
		t.Error("federation takes it")
	}
	if _, ok := text.ParseHandle("a@" + b.String()); ok {
		t.Error("text takes it")
	}
	text.Parse("hello @a@" + b.String())
	if spent := time.Since(begun); spent > 3*time.Second {
		t.Errorf("that took %s", spent)
	}
}

// FuzzHandle looks for a handle that is read in two ways, or that names a host
// which no address could.
func FuzzHandle(f *testing.F) {
	for _, s := range []string{"bob@far.example", "acct:Bob@FAR.example.", "@bob@bücher.example", "a@b@c", "@", "bob@", "bob@127.0.0.1:80", "bob@[::1]", "bob@far.example/x", "bob@far.example\x00", "x@xn--a", "bob@far.example:99999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if name, host, err := ParseHandle(s); err == nil {
			again, same, err := ParseHandle(name + "@" + string(host))
			if err != nil || again != name || same != host {
				t.Errorf("%q is %q at %q, and then %q at %q: %v", s, name, host, again, same, err)
			}
			if strings.ContainsAny(name+string(host), "/?# \x00@\r\n") {
				t.Errorf("%q is %q at %q", s, name, host)
			}
		}
		if h, ok := text.ParseHandle(s); ok {
			if again, ok := text.ParseHandle(h.String()); !ok || again != h {
				t.Errorf("%q is %+v, and then %+v", s, h, again)
			}
		}
	})
}
