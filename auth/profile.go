package auth

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"parley/actors"
	"parley/internal/fault"
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

// told is what the directory says by SCIM of somebody's title and department, by
// the claims that the profile follows for them.
func (p ProfileClaims) told(r store.Reader, issuer string, actor int64) (map[string]any, error) {
	told := map[string]any{}
	if p.Title == "" && p.Department == "" {
		return told, nil
	}
	row, err := r.SCIMUserOf(issuer, actor)
	if fault.Is(err, fault.NotFound) {
		return told, nil
	}
	said := parsed(row.Said)
	enterprise, _ := said[EnterpriseUser].(map[string]any)
	for claim, value := range map[string]any{p.Title: said["title"], p.Department: enterprise["department"]} {
		if claim != "" && value != nil && value != "" {
			told[claim] = value
		}
	}
	return told, err
}

// describe has the profile follow the claims of a sign-in, and the directory in
// what they leave out.
func (a *Auth) describe(ctx context.Context, tx *store.Tx, p *Provider, c Claims, u *store.User) error {
	told, err := p.Profile.told(tx.Reader, p.Issuer, u.ActorID)
	if err != nil {
		return err
	}
	maps.DeleteFunc(told, func(claim string, _ any) bool { return claimAt(c.Raw, claim) != nil })
	c.Raw = fill(c.Raw, told)
	return a.redraw(ctx, tx, p, c, u)
}

// Redescribe has the profile follow what the directory says now, before what was
// claimed at the last sign-in.
func (a *Auth) Redescribe(ctx context.Context, tx *store.Tx, p *Provider, actor int64) error {
	if p.Profile.Title == "" && p.Profile.Department == "" {
		return nil
	}
	u, err := tx.User(actor)
	if err != nil {
		return err
	}
	told, err := p.Profile.told(tx.Reader, p.Issuer, actor)
	if err != nil {
		return err
	}
	i, err := tx.IdentityOf(p.Issuer, actor)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	c := claimsOf(p.Issuer, i.Subject, fill(told, parsed(i.Claims)))
	if err := a.redraw(ctx, tx, p, c, u); err != nil {
		return err
	}
	return tx.UpdateUser(u)
}

// redraw changes the profile by a job: a picture is not waited for. A provider that
// says nothing about profiles lets go of what it said before.
func (a *Auth) redraw(ctx context.Context, tx *store.Tx, p *Provider, c Claims, u *store.User) error {
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
