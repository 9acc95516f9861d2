package auth

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"parley/actors"
	"parley/internal/store"
)

// ProfileClaims are the claims that profiles follow, where one is named.
type ProfileClaims struct{ DisplayName, Avatar, Title, Department, Phone, Links string }

// Bounds of what a directory may say: four lines of a profile, as a profile has.
const (
	maxLines = 4
	maxLine  = 255
	maxName  = 30
)

// asks are the claims that profiles want to know.
func (p ProfileClaims) asks() []string {
	return slices.DeleteFunc([]string{p.DisplayName, p.Avatar, p.Title, p.Department, p.Phone, p.Links}, func(claim string) bool { return claim == "" })
}

// of is what claims say of somebody's profile. What they leave out is the person's
// to write.
func (p ProfileClaims) of(c Claims) (d store.Directory) {
	first := func(claim string) string { return strings.Join(firstOf(c, claim), "") }
	d.Issuer, d.DisplayName, d.Picture = c.Issuer, shorten(first(p.DisplayName), maxName), address(first(p.Avatar))
	line := func(name, value string) {
		if value = shorten(value, maxLine); value != "" && len(d.Fields) < maxLines {
			d.Fields = append(d.Fields, store.Field{Name: name, Source: value})
		}
	}
	line("Title", first(p.Title))
	line("Department", first(p.Department))
	line("Phone", first(p.Phone))
	for _, link := range texts(claimAt(c.Raw, p.Links)) {
		line("Link", address(link))
	}
	return d
}

// firstOf is the first value of a claim, if it has one.
func firstOf(c Claims, claim string) []string {
	values := texts(claimAt(c.Raw, claim))
	return values[:min(len(values), 1)]
}

// address is one of the web, else empty: a picture inside of a claim is none.
func address(link string) string {
	if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") {
		return link
	}
	return ""
}

func shorten(text string, runes int) string {
	all := []rune(strings.TrimSpace(clip(text, 4*maxLine)))
	return string(all[:min(len(all), runes)])
}

// describe has the profile follow the claims, by a job: a picture is not waited
// for. A provider that says nothing about profiles lets go of what it said before.
func (a *Auth) describe(ctx context.Context, tx *store.Tx, p *Provider, c Claims, u *store.User) error {
	before := u.Directory
	says := len(p.Profile.asks()) > 0
	if !says && before.Issuer != p.Issuer {
		return nil
	}
	u.Directory = store.Directory{}
	if says {
		u.Directory = p.Profile.of(c)
	}
	if before.Picture == u.Directory.Picture {
		u.Directory.PictureTag = before.PictureTag
	}
	u.Directory.PictureHash = before.PictureHash
	if !says || u.Directory.Picture == "" && reflect.DeepEqual(before, u.Directory) {
		return nil
	}
	var gone []string
	for _, f := range before.Fields {
		gone = append(gone, f.Name)
	}
	return a.Actors.Queue.Insert(ctx, tx, actors.DirectoryJob{ActorID: u.ActorID, Gone: gone})
}
