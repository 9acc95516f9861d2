package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"parley/internal/fault"
	"parley/internal/store"
)

const (
	pageSize    = 100
	maxPage     = 200
	maxSearched = 50_000 // resources that a filter without an index may go through
	stamp       = "2006-01-02T15:04:05.000Z"
)

// list answers with a part of the resources, by a filter or all. RFC 7644 3.4.2
func (s *SCIM) list(k *kind) handler {
	return func(c *call, _ int64) (*answer, error) {
		q := c.URL.Query()
		start, count, err := window(q)
		if err != nil {
			return nil, err
		}
		r := s.DB.With(c.Context())
		rows, total, err := s.find(r, c, k, q.Get("filter"), start, count)
		if err != nil {
			return nil, err
		}
		resources, err := s.shown(r, k, rows, projectionOf(k, q))
		if err != nil {
			return nil, err
		}
		return page(resources, total, start), nil
	}
}

// page is a ListResponse.
func page(resources []object, total int64, start int) *answer {
	return &answer{status: http.StatusOK, body: object{
		"schemas":      []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": total, "startIndex": start, "itemsPerPage": len(resources), "Resources": resources,
	}}
}

// window is from where, counted from 1, and how many. RFC 7644 3.4.2.4
func window(q url.Values) (start, count int, err error) {
	start, count = 1, pageSize
	for name, n := range map[string]*int{"startIndex": &start, "count": &count} {
		if text := q.Get(name); text != "" {
			if *n, err = strconv.Atoi(text); err != nil {
				return 0, 0, bad("invalidValue", "%s has to be a number", name)
			}
		}
	}
	return max(start, 1), min(max(count, 0), maxPage), nil
}

// find are the resources of a page, and how many there are of all pages.
func (s *SCIM) find(r store.Reader, c *call, k *kind, expression string, start, count int) (rows []*store.SCIMResource, total int64, err error) {
	if expression == "" {
		if total, err = r.CountSCIM(c.token.Issuer, k.name); err != nil {
			return nil, 0, err
		}
		rows, err = r.SCIMPage(c.token.Issuer, k.name, start-1, count)
		return rows, total, err
	}
	f, err := parseFilter(k.attributes, expression)
	if err != nil {
		return nil, 0, err
	}
	members, err := memberships(r, f)
	if err != nil {
		return nil, 0, err
	}
	searched, key := 0, f.key()
	err = r.EachSCIM(c.token.Issuer, k.name, key, func(row *store.SCIMResource) error {
		if searched++; searched > maxSearched {
			return bad("tooMany", "Too many resources would have to be looked at: ask by id, externalId or %s", k.nameOf)
		}
		o := s.represent(k, row)
		o["members"] = members[row.ID]
		if !f.matches(o) {
			return nil
		}
		if total++; total >= int64(start) && len(rows) < count {
			rows = append(rows, row)
		}
		return nil
	})
	return rows, total, err
}

// memberships are which of the members that a filter names each group has. More
// than whether somebody is in a group cannot be asked.
func memberships(r store.Reader, f *filter) (map[int64][]any, error) {
	if len(f.about("groups")) > 0 {
		return nil, bad("invalidFilter", "Users cannot be found by their groups: read the group")
	}
	var ids []int64
	for _, term := range f.about("members") {
		if term.op == "[]" {
			term = term.kids[0]
		}
		text, ok := term.value.(string)
		if term.op != "eq" || !ok || term.sub != nil && term.sub.name != "value" || term.attr.name != "members" && term.attr.name != "value" {
			return nil, bad("invalidFilter", "Of members only value can be asked for, by eq")
		}
		ids = append(ids, idOf(text))
	}
	if ids == nil {
		return nil, nil
	}
	rows, err := r.SCIMGroups(ids)
	if err != nil {
		return nil, err
	}
	members := map[int64][]any{}
	for user, groups := range rows {
		for _, m := range groups {
			members[m.GroupID] = append(members[m.GroupID], object{"value": strconv.FormatInt(user, 10)})
		}
	}
	return members, nil
}

// read answers with one resource. RFC 7644 3.4.1
func (s *SCIM) read(k *kind) handler {
	return func(c *call, id int64) (*answer, error) {
		row, err := s.DB.With(c.Context()).SCIMResource(c.token.Issuer, k.name, store.SCIMKey{ID: id})
		if err != nil {
			return nil, absent(k, err)
		}
		if known := c.Header.Get("If-None-Match"); known != "" && isVersion(known, row) {
			return &answer{status: http.StatusNotModified, etag: etag(row)}, nil
		}
		return s.answer(c, k, row, http.StatusOK)
	}
}

// absent has words for a resource that is not there, or not of the provider.
func absent(k *kind, err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "There is no such "+k.name)
	}
	return err
}

// answer is one resource as it is now.
func (s *SCIM) answer(c *call, k *kind, row *store.SCIMResource, status int) (*answer, error) {
	all, err := s.shown(s.DB.With(c.Context()), k, []*store.SCIMResource{row}, projectionOf(k, c.URL.Query()))
	if err != nil {
		return nil, err
	}
	return &answer{status: status, body: all[0], etag: etag(row), place: s.place(k, row.ID)}, nil
}

// shown are resources with their groups or members, as far as they are asked
// for.
func (s *SCIM) shown(r store.Reader, k *kind, rows []*store.SCIMResource, p projection) ([]object, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var related map[int64][]store.SCIMMembership
	var err error
	switch {
	case len(rows) == 0:
	case k == user && p.has("groups"):
		related, err = r.SCIMGroups(ids)
	case k == group && p.has("members"):
		related, err = r.SCIMMembers(ids)
	}
	if err != nil {
		return nil, err
	}
	list := make([]object, len(rows))
	for i, row := range rows {
		o := s.represent(k, row)
		if k == user {
			o["groups"] = s.related(group, related[row.ID], func(m store.SCIMMembership) int64 { return m.GroupID })
		} else {
			o["members"] = s.related(user, related[row.ID], func(m store.SCIMMembership) int64 { return m.UserID })
		}
		list[i] = p.of(o)
	}
	return list, nil
}

func (s *SCIM) related(k *kind, rows []store.SCIMMembership, id func(store.SCIMMembership) int64) []any {
	list := make([]any, len(rows))
	for i, m := range rows {
		said := decoded(m.Said)
		display := text(said, "displayName")
		if display == "" {
			display = text(said, k.nameOf)
		}
		list[i] = object{"value": strconv.FormatInt(id(m), 10), "$ref": s.place(k, id(m)), "display": display}
	}
	return list
}

// represent is a resource without what hangs on others.
func (s *SCIM) represent(k *kind, row *store.SCIMResource) object {
	o := decoded(row.Said)
	schemas := []any{k.schema}
	for _, urn := range k.extensions {
		if o[urn] != nil {
			schemas = append(schemas, urn)
		}
	}
	o["schemas"], o["id"] = schemas, strconv.FormatInt(row.ID, 10)
	o["meta"] = object{"resourceType": k.name, "created": row.CreatedAt.Time().Format(stamp), "lastModified": row.UpdatedAt.Time().Format(stamp),
		"version": etag(row), "location": s.place(k, row.ID)}
	return o
}

func (s *SCIM) place(k *kind, id int64) string {
	return fmt.Sprintf("%s%s%s/%d", s.URL, prefix, k.path, id)
}

// decoded is what a row keeps of a resource.
func decoded(said string) object {
	o := object{}
	if err := json.Unmarshal([]byte(said), &o); err != nil {
		panic(errors.Join(errors.New("a stored resource is no JSON"), err)) // we wrote it
	}
	return o
}

// etag is the version of a resource. RFC 7644 3.14
func etag(row *store.SCIMResource) string { return fmt.Sprintf(`W/"%d"`, row.Version) }

// isVersion reports whether a header names the version.
func isVersion(header string, row *store.SCIMResource) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag(row), "W/") {
			return true
		}
	}
	return false
}
