package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"parley/actors"
	"parley/internal/media"
	"parley/internal/safehttp"
	"parley/internal/store"
)

// FollowDirectory carries out a DirectoryJob. A picture that cannot be had is told
// in the log, and the next sign-in tries again.
func (o *Outbox) FollowDirectory(ctx context.Context, job actors.DirectoryJob) error {
	user, err := o.DB.With(ctx).User(job.ActorID)
	if err != nil {
		return err
	}
	said := user.Directory
	avatar, err := o.directoryPicture(ctx, &said)
	if err != nil {
		o.Log.WarnContext(ctx, "fetch a picture of the directory", "actor", job.ActorID, "error", err)
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(job.ActorID)
		if err != nil {
			return err
		}
		me, d := &account.Actor, &account.User.Directory
		if d.Picture == said.Picture {
			d.PictureTag, d.PictureHash = said.PictureTag, said.PictureHash
			if err := tx.UpdateUser(&account.User); err != nil {
				return err
			}
		}
		p := Profile{avatar: avatar, Fields: ownFields(me, job.Gone)}
		if d.DisplayName != "" {
			p.DisplayName = &d.DisplayName
		}
		p.Fields = withDirectory(*d, p.Fields)
		return o.redescribe(ctx, tx, me, p)
	})
	return o.abandon(ctx, err, avatar)
}

// directoryPicture fetches the picture that the directory names, by the client of
// its provider, and saves it if it is another than the one we have.
func (o *Outbox) directoryPicture(ctx context.Context, d *store.Directory) (file string, err error) {
	client := o.Directories[d.Issuer]
	if d.Picture == "" || client == nil {
		return "", nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Picture, nil)
	if err != nil {
		return "", err
	}
	if d.PictureTag != "" {
		r.Header.Set("If-None-Match", d.PictureTag)
	}
	resp, err := client.Do(r)
	if err != nil {
		return "", err
	}
	body, err := safehttp.ReadBody(resp, media.MaxPicture)
	if err != nil || resp.StatusCode == http.StatusNotModified {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %d", r.URL.Host, resp.StatusCode)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if hash != d.PictureHash {
		if file, err = o.picture(ctx, bytes.NewReader(body), 400, 400); err != nil {
			return "", err
		}
	}
	d.PictureTag, d.PictureHash = resp.Header.Get("ETag"), hash
	return file, nil
}

// ownFields are the lines of a profile without those of the names.
func ownFields(me *store.Actor, without []string) []ProfileField {
	own := []ProfileField{}
	for _, f := range me.Fields {
		if !slices.Contains(without, f.Name) {
			own = append(own, ProfileField{Name: f.Name, Value: f.Source})
		}
	}
	return own
}

// withDirectory are the lines of the directory, and then as many of somebody's own
// as there is room for.
func withDirectory(d store.Directory, own []ProfileField) []ProfileField {
	all := []ProfileField{}
	for _, f := range d.Fields {
		all = append(all, ProfileField{Name: f.Name, Value: f.Source, phone: f.Name == "Phone"})
	}
	for _, f := range own {
		if !slices.ContainsFunc(d.Fields, func(said store.Field) bool { return said.Name == strings.TrimSpace(f.Name) }) {
			all = append(all, f)
		}
	}
	return all[:min(len(all), MaxFields)]
}

// yield leaves out of a change what is the directory's to say. That is no mistake
// of who asks: client apps send a profile whole.
func (p *Profile) yield(d store.Directory) {
	if d.DisplayName != "" {
		p.DisplayName = nil
	}
	if d.Picture != "" {
		p.Avatar, p.NoAvatar = nil, false
	}
	if p.Fields != nil && len(d.Fields) > 0 {
		p.Fields = withDirectory(d, p.Fields)
	}
}

// dial is a telephone number as a link, and as it is where it is none.
func dial(number, plain string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	if strings.Trim(digits, "+") == "" {
		return plain
	}
	return `<a href="tel:` + digits + `">` + plain + `</a>`
}
