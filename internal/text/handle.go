package text

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Handle names an account as people write it. Host is empty for one of ours.
type Handle struct {
	Username string
	Host     string
}

// String is the handle without its leading mark: bob, or bob@host.
func (h Handle) String() string {
	if h.Host == "" {
		return h.Username
	}
	return h.Username + "@" + h.Host
}

var handle = regexp.MustCompile(`(?i)^@?(` + usernamePattern + `)(?:@(` + hostPattern + `)\.?)?$`)

// ParseHandle reads a handle that stands alone, such as a search or the
// subject of WebFinger without its scheme.
func ParseHandle(s string) (Handle, bool) {
	m := handle.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return Handle{}, false
	}
	h := Handle{Username: strings.ToLower(m[1])}
	if m[2] != "" {
		h.Host = normalHost(m[2])
	}
	return h, m[2] == "" || h.Host != ""
}

// maxHost bounds a host before it is put into ASCII, which takes the square of
// its length. In ASCII it has at most 253 bytes.
const maxHost = 1024

// normalHost is a host as it is compared: lower case and in ASCII, with its
// port if it has one. It is empty where the host cannot be one.
func normalHost(s string) string {
	if len(s) > maxHost {
		return ""
	}
	host, port, _ := strings.Cut(s, ":")
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil || ascii == "" {
		return ""
	}
	if port == "" {
		return ascii
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return ""
	}
	return ascii + ":" + port
}

// MaxUsername is the longest name of a local account.
const MaxUsername = 30

var username = regexp.MustCompile(`^` + usernamePattern + `$`)

// ValidUsername reports whether s can name a local account as it stands. A
// name does not begin or end in a dot or hyphen: a mention of it would lose it.
func ValidUsername(s string) bool {
	return len(s) <= MaxUsername && username.MatchString(s)
}

// Username makes a user name of what an identity provider claims: the part
// before an @, without accents, with a dot for each gap. It is false where
// nothing usable remains.
func Username(claim string) (string, bool) {
	claim, _, _ = strings.Cut(strings.TrimSpace(claim), "@")
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(claim)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-', r == '.':
			b.WriteRune(r)
		case letters[r] != "":
			b.WriteString(letters[r])
		case unicode.IsSpace(r), r == '\\', r == '/', r == '+':
			b.WriteByte('.')
		}
		if b.Len() >= 4*MaxUsername {
			break
		}
	}
	name := strings.Trim(b.String(), ".-")
	for strings.Contains(name, "..") {
		name = strings.ReplaceAll(name, "..", ".")
	}
	name = strings.TrimRight(name[:min(len(name), MaxUsername)], ".-")
	return name, ValidUsername(name)
}

// letters are those that decomposition leaves whole.
var letters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'ø': "o", 'œ': "oe", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i",
}
