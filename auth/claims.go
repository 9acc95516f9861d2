package auth

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Claims are what an identity provider says of somebody who signed in. Issuer
// and Subject together are who it is; everything else may change.
type Claims struct {
	Issuer        string
	Subject       string
	Username      string // preferred_username, as it came
	Name          string
	Email         string
	EmailVerified bool // false where the provider does not say
	Groups        []string
	SessionID     string    // sid: the provider's session, for back-channel logout
	ACR           string    // acr: what kind of sign-in it was
	AuthTime      time.Time // when the person last proved who they are; zero if unsaid
	Raw           map[string]any
	Memberships   []string // of groups, which the provider's directory says by SCIM
	IDToken       string   // the hint for RP-initiated logout
	RefreshToken  string   // by which the provider can be asked again; empty: it cannot
}

// protocolClaims say something about the token they are in. Userinfo may
// repeat them and means nothing by it.
var protocolClaims = []string{"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "sid", "auth_time", "acr", "amr"}

// claimsOf reads the claims that we know by name.
func claimsOf(issuer, subject string, raw map[string]any) Claims {
	c := Claims{Issuer: issuer, Subject: subject, Raw: raw, Groups: texts(raw["groups"])}
	c.Username, _ = raw["preferred_username"].(string)
	c.Name, _ = raw["name"].(string)
	c.Email, _ = raw["email"].(string)
	c.SessionID, _ = raw["sid"].(string)
	c.ACR, _ = raw["acr"].(string)
	// Some products write the boolean as text.
	c.EmailVerified = raw["email_verified"] == true || raw["email_verified"] == "true"
	if n, ok := raw["auth_time"].(json.Number); ok {
		if seconds, err := n.Int64(); err == nil && seconds > 0 { // Glewlwyd writes 0 for "unsaid"
			c.AuthTime = time.Unix(seconds, 0)
		}
	}
	return c
}

// fill adds what userinfo knows and the ID token did not say. What is signed
// wins; null says nothing.
func fill(signed, userinfo map[string]any) map[string]any {
	all := maps.Clone(userinfo)
	for _, name := range protocolClaims {
		delete(all, name)
	}
	for name, value := range signed {
		if value != nil {
			all[name] = value
		}
	}
	return all
}

// claimAt finds a claim by its name, or else by a path of names joined by
// dots: a name may itself contain dots, as "https://corp.example/roles" does.
func claimAt(claims map[string]any, path string) any {
	if value, ok := claims[path]; ok {
		return value
	}
	name, rest, nested := strings.Cut(path, ".")
	inner, ok := claims[name].(map[string]any)
	if !nested || !ok {
		return nil
	}
	return claimAt(inner, rest)
}

// texts is a claim as a list of strings: providers write one value as it is,
// several as an array, none as null.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []any:
		var all []string
		for _, item := range v {
			switch item.(type) {
			case string, json.Number:
				all = append(all, texts(item)...)
			}
		}
		return all
	}
	return nil
}
