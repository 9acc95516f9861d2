package mastodon

import (
	"cmp"
	"encoding/json"
	"mime/multipart"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/outbox"
)

// source is what the owner of an account edits.
type source struct {
	Privacy             string         `json:"privacy"`
	Sensitive           bool           `json:"sensitive"`
	Language            *string        `json:"language"`
	Note                string         `json:"note"`
	Fields              []accountField `json:"fields"`
	FollowRequestsCount int            `json:"follow_requests_count"`
	HideCollections     bool           `json:"hide_collections"`
	Discoverable        bool           `json:"discoverable"`
	Indexable           bool           `json:"indexable"`
	AttributionDomains  []string       `json:"attribution_domains"`
	QuotePolicy         string         `json:"quote_policy"`
	HoldSeconds         *int           `json:"hold_seconds"` // not Mastodon's: null is as the node has it
}

type role struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Color           string `json:"color"`
	Permissions     string `json:"permissions"`
	Highlighted     bool   `json:"highlighted"`
	CollectionLimit int    `json:"collection_limit"`
}

// roleIDs are names for roles that clients take for those of Mastodon.
var roleIDs = map[auth.Role]string{auth.Owner: "4", auth.Admin: "3", auth.Moderator: "2", auth.Auditor: "1", auth.Compliance: "5"}

// roleOf is a role as clients know it. The permissions are those of Mastodon's
// administration, which is not here: none.
func roleOf(r auth.Role) role {
	e := role{ID: "-99", Permissions: "0", CollectionLimit: outbox.MaxCollections}
	if id, ok := roleIDs[r]; ok {
		e.ID, e.Name, e.Highlighted = id, string(r), true
	}
	return e
}

// rolesOf is what everybody sees of the role of one of ours.
func rolesOf(role string) []accountRole {
	id, ok := roleIDs[auth.Role(role)]
	if !ok {
		return []accountRole{}
	}
	return []accountRole{{ID: id, Name: role}}
}

// VerifyCredentials answers with the viewer's own account.
func (a *API) VerifyCredentials(c *gin.Context) error {
	e, err := a.credentials(a.reader(c), viewer(c))
	if err != nil {
		return err
	}
	return answer(c, e)
}

// credentials is the entity CredentialAccount.
func (a *API) credentials(r store.Reader, me int64) (json.RawMessage, error) {
	account, err := r.Account(me)
	if err != nil {
		return nil, err
	}
	requests, err := r.FollowRequests(me, store.Page{Limit: 40})
	if err != nil {
		return nil, err
	}
	e, err := a.entity(r, me, &account.Actor)
	if err != nil {
		return nil, err
	}
	s := sourceOf(account)
	s.FollowRequestsCount = len(requests)
	return with(with(e, "source", s), "role", roleOf(auth.Role(account.User.Role))), nil
}

func sourceOf(account *store.Account) source {
	actor, user := &account.Actor, &account.User
	s := source{
		Privacy: string(user.DefaultVisibility), Sensitive: user.DefaultSensitive, Language: optional(user.DefaultLanguage),
		Note: actor.NoteSource, Fields: written(actor.Fields), HideCollections: actor.HideCollections,
		Discoverable: actor.Discoverable, Indexable: actor.Indexable, AttributionDomains: append([]string{}, actor.Attributions...), QuotePolicy: cmp.Or(user.DefaultQuotable, "public"),
	}
	if user.HoldSeconds >= 0 {
		s.HoldSeconds = &user.HoldSeconds
	}
	return s
}

// open opens an uploaded file, nil if there is none.
func open(header *multipart.FileHeader) (multipart.File, error) {
	if header == nil || header.Size == 0 {
		return nil, nil
	}
	file, err := header.Open()
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The upload could not be read")
	}
	return file, nil
}

// Preferences answers with how the viewer wants to write and read.
func (a *API) Preferences(c *gin.Context) error {
	user, err := a.reader(c).User(viewer(c))
	if err != nil {
		return err
	}
	return answer(c, map[string]any{
		"posting:default:visibility":   user.DefaultVisibility,
		"posting:default:sensitive":    user.DefaultSensitive,
		"posting:default:language":     optional(user.DefaultLanguage),
		"posting:default:quote_policy": cmp.Or(user.DefaultQuotable, "public"),
		"reading:expand:media":         "default",
		"reading:expand:spoilers":      false,
		"reading:autoplay:gifs":        false,
	})
}
