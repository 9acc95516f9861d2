package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Config is everything that can be set. The doc tags are the sample's comments.
type Config struct {
	PublicURL      string         `toml:"public_url" doc:"Where people and other nodes reach this node. Its host is the node's name and cannot change later."`
	HandleDomain   string         `toml:"handle_domain" doc:"The domain in @name@domain, if it is not the host of public_url. That domain must send /.well-known/webfinger here."`
	Title          string         `toml:"title" doc:"What the node is called on its pages."`
	Listen         string         `toml:"listen" doc:"Address to listen on. TLS is the business of the proxy in front, or of [acme]."`
	PrivateListen  string         `toml:"private_listen" doc:"Address for health, metrics and profiles, for the operator alone. Empty: none."`
	DataDir        string         `toml:"data_dir" doc:"Folder for uploaded files and, with SQLite, the database."`
	TrustedProxies []string       `toml:"trusted_proxies" doc:"Addresses or networks whose X-Forwarded-* headers are believed."`
	Database       Database       `toml:"database"`
	ACME           ACME           `toml:"acme"`
	Federation     Federation     `toml:"federation"`
	Limits         Limits         `toml:"limits"`
	Auth           Auth           `toml:"auth"`
	Accounts       Accounts       `toml:"accounts"`
	Posts          Posts          `toml:"posts"`
	Media          Media          `toml:"media"`
	Log            Log            `toml:"log"`
	Tracing        Tracing        `toml:"tracing"`
	OIDC           []OIDCProvider `toml:"oidc" doc:"One such table for each identity provider."`

	// Development is true where nothing says who may sign in: a loopback node
	// then gets the development identity provider. It is not a setting.
	Development bool `toml:"-"`
}

// Database says where everything is kept.
type Database struct {
	URL string `toml:"url" doc:"sqlite:PATH, or postgres://USER:PASSWORD@HOST/NAME. Empty: SQLite in data_dir."`
}

// ACME has the node do TLS itself, where there is no proxy. RFC 8555
type ACME struct {
	DirectoryURL string `toml:"directory_url" doc:"Where an authority gives certificates, such as https://acme-v02.api.letsencrypt.org/directory; setting it accepts the authority's terms. The node then answers by https at listen, which has to be port 443 of public_url. Empty: a proxy in front does TLS."`
	Email        string `toml:"email" doc:"Whom the authority tells of trouble. Empty: nobody."`
	HTTPListen   string `toml:"http_listen" doc:"Address that leads from http to https, and answers the authority there too. Empty: none; the authority then asks at port 443 alone."`
}

// check finds what cannot be certified.
func (a ACME) check(public *url.URL) error {
	if a.DirectoryURL == "" {
		return nil
	}
	var errs []error
	if u, err := url.Parse(a.DirectoryURL); err != nil || u.Scheme != "https" || u.Host == "" {
		errs = append(errs, fmt.Errorf("acme.directory_url %q: write an https address, such as https://acme-v02.api.letsencrypt.org/directory", a.DirectoryURL))
	}
	if public != nil && (public.Scheme != "https" || net.ParseIP(public.Hostname()) != nil || !strings.Contains(public.Hostname(), ".")) {
		errs = append(errs, fmt.Errorf("acme.directory_url is set: public_url has to be https and a name with a dot, not %q", public))
	}
	return errors.Join(errs...)
}

// Federation says whom the node talks to.
type Federation struct {
	Mode          string   `toml:"mode" doc:"allowlist: only with partners that were allowed. open: with everybody who is not blocked."`
	AllowNetworks []string `toml:"allow_networks" doc:"Networks that may be called although they are not public, such as 10.0.0.0/8."`
	AllowHTTP     bool     `toml:"allow_http" doc:"Whether other nodes may be called without TLS."`
	SecureMode    bool     `toml:"secure_mode" doc:"Whether reading posts and profiles as ActivityPub needs a signed request."`
}

// Limits protect the node from too much of everything.
type Limits struct {
	Enabled bool `toml:"enabled" doc:"Rate limits. Switch them off for load tests only."`
}

// Auth says what client apps may do.
type Auth struct {
	TokenTTL       string   `toml:"token_ttl" doc:"How long an app stays connected before it has to renew its token, such as 24h. Few apps can: in the others people sign in again. Empty: until it is signed out."`
	SessionTTL     string   `toml:"session_ttl" doc:"How long a browser stays signed in at most, such as 12h. Empty: seven days."`
	SessionIdle    string   `toml:"session_idle" doc:"After how long without use a browser is signed out, such as 1h; ten minutes at least. Empty: never before session_ttl."`
	Recheck        string   `toml:"recheck" doc:"How long the identity provider's last word on somebody counts, such as 4h; ten minutes at least. Then it is asked again whether the person is there, and in which role. Empty: until they sign in again."`
	AdminMaxAge    string   `toml:"admin_max_age" doc:"How long ago somebody may have signed in whose app changes something by the admin API, such as 1h, and that it was as acr_privileged says. Empty: this is not asked."`
	AllowedClients []string `toml:"allowed_clients" doc:"Which apps may connect, by how their redirect URIs begin: https://phanpy.social, com.keylesspalace.tusky://, urn:ietf:wg:oauth:2.0:oob. Empty: every app."`
}

// Accounts says how accounts are shown.
type Accounts struct {
	ShowActedBy bool `toml:"show_acted_by" doc:"Whether people of this node see who wrote a post of a shared account. Other nodes never do; the audit trail always does."`
}

// AuthTimes are the times of Auth, read; 0 stands for what an empty one does.
type AuthTimes struct{ TokenTTL, SessionTTL, SessionIdle, Recheck, AdminMaxAge time.Duration }

// Times reads the times.
func (a Auth) Times() (AuthTimes, error) {
	var t AuthTimes
	return t, errors.Join(
		duration(&t.TokenTTL, "token_ttl", a.TokenTTL, time.Minute),
		duration(&t.SessionTTL, "session_ttl", a.SessionTTL, time.Minute),
		duration(&t.SessionIdle, "session_idle", a.SessionIdle, 10*time.Minute),
		duration(&t.Recheck, "recheck", a.Recheck, 10*time.Minute),
		duration(&t.AdminMaxAge, "admin_max_age", a.AdminMaxAge, 5*time.Minute))
}

// duration reads a time of Auth, which may be left out.
func duration(into *time.Duration, name, text string, least time.Duration) (err error) {
	if text == "" {
		return nil
	}
	if *into, err = time.ParseDuration(text); err != nil || *into < least {
		return fmt.Errorf("auth.%s %q: write a time of at least %s, such as 90m or 24h", name, text, least)
	}
	return nil
}

// Posts are the rules for what people write.
type Posts struct {
	MaxCharacters int  `toml:"max_characters" doc:"How long a post may be."`
	HoldSeconds   int  `toml:"hold_seconds" doc:"How long a post waits before it is sent, so that it can be taken back. People may choose their own."`
	LinkPreviews  bool `toml:"link_previews" doc:"Whether posts show what the pages that they link to say of themselves. This node asks those pages, so that their owners learn that somebody here posted or has a link."`

	Hold Hold `toml:"hold"`
}

// Hold is how long posts wait by whom they are for.
type Hold struct {
	Public   int `toml:"public" doc:"Seconds that a public post waits before it is sent. -1: as posts.hold_seconds says; likewise below."`
	Unlisted int `toml:"unlisted"`
	Private  int `toml:"private" doc:"For followers."`
	Direct   int `toml:"direct" doc:"For who is mentioned."`
}

// Media says how files are kept.
type Media struct {
	RemoteCacheMB int `toml:"remote_cache_mb" doc:"How much of the disk copies of other nodes' pictures and videos may take, in megabytes. The oldest go first."`

	S3 S3 `toml:"s3"`
}

// S3 says which bucket files are kept in, in place of a folder.
type S3 struct {
	Endpoint  string `toml:"endpoint" doc:"Where a server that speaks S3 answers, such as https://s3.corp.example. Empty: uploads are kept in data_dir."`
	Region    string `toml:"region" doc:"What the server calls its region. Many do not care."`
	Bucket    string `toml:"bucket" doc:"It has to exist, and can stay private: files are served by this node."`
	Prefix    string `toml:"prefix" doc:"What the names of objects begin with, such as parley/, where the bucket is shared."`
	AccessKey string `toml:"access_key" doc:"A key that may list the bucket, and get, put and delete objects in it."`
	SecretKey string `toml:"secret_key"`
	PathStyle bool   `toml:"path_style" doc:"Whether the bucket is in the path of addresses. false: in the host's name, as Amazon prefers."`
}

// check finds what is missing. The endpoint decides whether there is a bucket.
func (s S3) check() error {
	if s.Endpoint == "" {
		if s.Bucket != "" || s.AccessKey != "" || s.SecretKey != "" {
			return errors.New("media.s3.endpoint is empty: write where the server of the bucket answers, or remove the other settings of [media.s3]")
		}
		return nil
	}
	u, err := url.Parse(s.Endpoint)
	switch {
	case err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("media.s3.endpoint %q: write a scheme and a host, such as https://s3.corp.example", s.Endpoint)
	case s.Region == "" || s.Bucket == "" || s.AccessKey == "" || s.SecretKey == "":
		return errors.New("media.s3: region, bucket, access_key and secret_key are needed")
	}
	return nil
}

// Log says what the node writes to standard error.
type Log struct {
	Level  string `toml:"level" doc:"debug, info, warn or error."`
	Format string `toml:"format" doc:"text or json."`
}

// Tracing says where spans of requests, statements and jobs go.
type Tracing struct {
	Endpoint string `toml:"endpoint" doc:"A collector that takes OpenTelemetry's OTLP over HTTP, such as http://127.0.0.1:4318. Empty: nothing is traced. OTEL_TRACES_SAMPLER says which share."`
}

// check finds what is no address.
func (t Tracing) check() error {
	if u, err := url.Parse(t.Endpoint); t.Endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("tracing.endpoint %q: write a scheme and a host, such as http://127.0.0.1:4318", t.Endpoint)
	}
	return nil
}

// OIDCProvider is an identity provider that people sign in with.
type OIDCProvider struct {
	Name          string            `toml:"name" doc:"What the sign-in button says."`
	Issuer        string            `toml:"issuer" doc:"As in the provider's discovery document, to the letter."`
	ClientID      string            `toml:"client_id"`
	ClientSecret  string            `toml:"client_secret"`
	TokenAuth     string            `toml:"token_auth" doc:"How the node proves itself at the provider's token endpoint: client_secret_basic, client_secret_post, private_key_jwt or none. Empty: the best that the provider announces and the settings have what it needs for."`
	PrivateKey    string            `toml:"private_key_file" doc:"A PEM file with the private key for private_key_jwt: RSA, EC P-256 or Ed25519. The provider gets the public half at /auth/oidc/NAME/jwks.json, or knows the key by a certificate, which then stands in the same file."`
	ACRValues     []string          `toml:"acr_values" doc:"Kinds of sign-in (acr) to ask for, the most wanted first; any other is refused. Empty: any."`
	ACRPrivileged []string          `toml:"acr_privileged" doc:"The same for what only owners and moderators may do, such as the kind with a second factor. Empty: as acr_values."`
	Scopes        []string          `toml:"scopes" doc:"What to ask for. Empty: openid profile email, and groups where announced."`
	AllowNetworks []string          `toml:"allow_networks" doc:"Networks the provider may be reached in although they are not public, such as 10.0.0.0/8."`
	RolesClaim    string            `toml:"roles_claim" doc:"The claim that decides about roles, such as groups."`
	Roles         map[string]string `toml:"roles" doc:"Values of that claim and the role each gives: owner, admin, moderator, compliance, auditor, member."`
	SCIMClaim     string            `toml:"scim_claim" doc:"The claim that carries what the directory sends as externalId by SCIM. Empty: sub. Entra ID: oid."`
	UsernameClaim string            `toml:"username_claim" doc:"The claim that names people. Empty: preferred_username, or else the address or the name."`
	Username      string            `toml:"username" doc:"suggest: a new account is named by the claim, and the person may change it. force: the name follows the claim. choose: people are asked at their first sign-in. Empty: suggest."`

	Profile OIDCProfile  `toml:"profile" doc:"What of profiles follows claims, so that people cannot change it: each names a claim. Empty: people write it."`
	Require []OIDCMatch  `toml:"require" doc:"Who may come in: whoever one such table holds for. Without any, everybody whom the provider lets in."`
	Follows []OIDCFollow `toml:"follows" doc:"Whom people follow from their first sign-in on. They may unfollow."`
	Rules   []OIDCRule   `toml:"rules" doc:"What claims give, in order, before roles. The first that matches decides about the role."`
}

// OIDCProfile names the claims that profiles follow.
type OIDCProfile struct {
	DisplayName string `toml:"display_name" doc:"Such as name. Empty: a new account shows name, and the person may change it."`
	Avatar      string `toml:"avatar" doc:"An address of a picture, such as picture."`
	Title       string `toml:"title"`
	Department  string `toml:"department"`
	Phone       string `toml:"phone" doc:"Such as phone_number."`
	Links       string `toml:"links" doc:"One address or several."`
}

// OIDCMatch is a value of a claim.
type OIDCMatch struct {
	Claim string `toml:"claim" doc:"A claim, or a path such as realm_access.roles. Groups of the directory count as values of groups and of roles_claim."`
	Value string `toml:"value" doc:"To the letter. *: any."`
}

// OIDCFollow is whom people follow at first that have a value of a claim.
type OIDCFollow struct {
	Claim    string   `toml:"claim"`
	Value    string   `toml:"value"`
	Accounts []string `toml:"accounts" doc:"Handles: news of this node, it@hub.corp.example of another."`
	List     string   `toml:"list" doc:"On which list they are put. Empty: on none."`
}

// OIDCRule is what a value of a claim gives.
type OIDCRule struct {
	Claim       string   `toml:"claim"`
	Value       string   `toml:"value"`
	Role        string   `toml:"role" doc:"owner, admin, moderator, compliance, auditor or member. Empty: as another rule says."`
	Permissions []string `toml:"permissions" doc:"Permissions beyond those of the role, such as federation.see. Those of all rules that match add up."`
}

// check finds what is missing.
func (p OIDCProvider) check() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.Name == "" || p.Issuer == "" || p.ClientID == "" {
		complain("oidc provider %q: name, issuer and client_id are needed", p.Name)
	}
	if slices.Contains([]string{"email", "preferred_username", "upn", "unique_name", "name", "nickname"}, p.SCIMClaim) {
		complain("oidc.scim_claim %q: an address or a name can be another person's tomorrow; name a claim that never changes, such as sub or oid", p.SCIMClaim)
	}
	if !slices.Contains([]string{"", "suggest", "force", "choose"}, p.Username) {
		complain("oidc.username %q: write suggest, force or choose", p.Username)
	}
	for _, m := range p.Require {
		if m.Claim == "" || m.Value == "" {
			complain("oidc.require of %s: each needs a claim and a value", p.Name)
		}
	}
	for _, r := range p.Rules {
		if r.Claim == "" || r.Value == "" || r.Role == "" && len(r.Permissions) == 0 {
			complain("oidc.rules of %s: each needs a claim, a value, and a role or permissions", p.Name)
		}
	}
	for _, f := range p.Follows {
		if f.Claim == "" || f.Value == "" || len(f.Accounts) == 0 {
			complain("oidc.follows of %s: each needs a claim, a value and accounts", p.Name)
		}
	}
	_, err := Networks("oidc.allow_networks", p.AllowNetworks)
	return errors.Join(append(errs, err)...)
}

// maxHold is how long a post may wait before it is sent, in seconds.
const maxHold = 24 * 60 * 60

// Default is a node of one's own on this machine.
func Default() *Config {
	return &Config{
		PublicURL:  "http://localhost:4000",
		Title:      "Parley",
		Listen:     "127.0.0.1:4000",
		DataDir:    "./data",
		ACME:       ACME{HTTPListen: ":80"},
		Federation: Federation{Mode: "allowlist"},
		Limits:     Limits{Enabled: true},
		Posts:      Posts{MaxCharacters: 5000, LinkPreviews: true, Hold: Hold{-1, -1, -1, -1}},
		Media:      Media{RemoteCacheMB: 2048, S3: S3{Region: "us-east-1", PathStyle: true}},
		Log:        Log{Level: "info", Format: "text"},
	}
}

// Load reads the settings from the file at path, if one is named, and from the
// environment. Every mistake is told at once.
func Load(path string, environ []string) (*Config, error) {
	c := Default()
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the settings: %w", err)
		}
		decoder := toml.NewDecoder(strings.NewReader(string(text))).DisallowUnknownFields()
		if err := decoder.Decode(c); err != nil {
			if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
				return nil, fmt.Errorf("%s has settings that do not exist:\n%s", path, strict.String())
			}
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := override(c, environ); err != nil {
		return nil, err
	}
	return c, c.check()
}

// check fills in what follows from other settings, and finds mistakes.
func (c *Config) check() error {
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if c.Database.URL == "" {
		c.Database.URL = "sqlite:" + filepath.Join(c.DataDir, "parley.db")
	}
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Path != "" || u.Scheme != "https" && u.Scheme != "http" {
		complain("public_url %q: write a scheme and a host, such as https://social.corp.example", c.PublicURL)
	} else if u.Scheme == "http" && !Loopback(u.Hostname()) && !c.Federation.AllowHTTP {
		complain("public_url %q is not https: set federation.allow_http if your network really has no TLS", c.PublicURL)
	}
	if c.Federation.Mode != "allowlist" && c.Federation.Mode != "open" {
		complain("federation.mode %q: write allowlist or open", c.Federation.Mode)
	}
	if _, err := c.AllowedNetworks(); err != nil {
		errs = append(errs, err)
	}
	if _, err := c.Auth.Times(); err != nil {
		errs = append(errs, err)
	}
	if c.Posts.MaxCharacters < 1 || c.Posts.HoldSeconds < 0 {
		complain("posts.max_characters must be at least 1, posts.hold_seconds at least 0")
	}
	if hold := c.Posts.Hold; max(c.Posts.HoldSeconds, hold.Public, hold.Unlisted, hold.Private, hold.Direct) > maxHold {
		complain("posts.hold_seconds and the settings of [posts.hold] must be at most %d, a day", maxHold)
	}
	errs = append(errs, c.Media.S3.check(), c.ACME.check(u), c.Tracing.check())
	for _, p := range c.OIDC {
		errs = append(errs, p.check())
	}
	c.Development = len(c.OIDC) == 0 && u != nil && Loopback(u.Hostname()) && loopbackListen(c.Listen)
	return errors.Join(errs...)
}

// Host is the node's name: the host of public_url.
func (c *Config) Host() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// Domain is what stands behind the @ of a handle.
func (c *Config) Domain() string {
	if c.HandleDomain != "" {
		return strings.ToLower(c.HandleDomain)
	}
	return c.Host()
}

// AllowedNetworks is federation.allow_networks, read.
func (c *Config) AllowedNetworks() ([]netip.Prefix, error) {
	return Networks("federation.allow_networks", c.Federation.AllowNetworks)
}

// Networks reads a list of networks, the value of the setting name.
func Networks(name string, list []string) ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(list))
	for _, text := range list {
		p, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%s %q: write a network such as 10.0.0.0/8", name, text)
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, nil
}

// Loopback reports whether a host is this machine by its name or its address.
// RFC 6761 6.3
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

func loopbackListen(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && Loopback(host)
}
