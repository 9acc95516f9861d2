package web_test

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"mime/multipart"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// field is a line of the table of entities that clients were written against.
type field struct {
	name, kind         string
	required, nullable bool
}

// entities reads that table.
func entities(t *testing.T) map[string][]field {
	t.Helper()
	f, err := os.Open("../../shared/client-api/entities.tsv")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the table of entities is not here: lay it at ../shared/client-api beside the repository")
	}
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	all := map[string][]field{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := strings.Split(lines.Text(), "\t")
		if c[0] != "SCHEMA" {
			all[c[0]] = append(all[c[0]], field{name: c[1], kind: c[2], required: c[3] == "y", nullable: c[4] == "y"})
		}
	}
	return all
}

// check holds a value to an entity: every key is there, null only where it may
// be, and of the type that it should have, down to the entities inside.
func check(t *testing.T, table map[string][]field, name, where string, value any) {
	t.Helper()
	fields, known := table[name]
	if !known {
		return
	}
	o, ok := value.(object)
	if !assert.True(t, ok, "%s is no %s but %v", where, name, value) {
		return
	}
	for _, f := range fields {
		v, there := o[f.name]
		path := where + "." + f.name
		if !assert.True(t, there, "%s is missing", path) {
			continue
		}
		if v == nil {
			assert.True(t, f.nullable, "%s is null", path)
			continue
		}
		checkKind(t, table, f.kind, path, v)
	}
}

func checkKind(t *testing.T, table map[string][]field, kind, path string, v any) {
	t.Helper()
	if inner, ok := strings.CutPrefix(kind, "array<"); ok {
		items, isList := v.([]any)
		assert.True(t, isList, "%s is no array", path)
		for _, item := range items {
			checkKind(t, table, strings.TrimSuffix(inner, ">"), path+"[]", item)
		}
		return
	}
	base, _, _ := strings.Cut(kind, ":")
	switch base {
	case "string":
		assert.IsType(t, "", v, path)
	case "boolean":
		assert.IsType(t, true, v, path)
	case "integer", "number":
		assert.IsType(t, 1.0, v, path)
	case "object":
		assert.IsType(t, object{}, v, path)
	default:
		check(t, table, kind, path, v)
	}
}

func TestEntitiesAreComplete(t *testing.T) {
	table := entities(t)
	n := sqlite(t)
	ada, bob := n.person("ada"), n.person("bob")
	bob.follow(ada)
	picture := upload(t, ada, "a square")
	post := ada.send("POST", "/api/v1/statuses", object{"status": "Hello @bob #Go https://example.com/", "media_ids": []string{picture}, "spoiler_text": "cw", "language": "en"}).ok().object()
	id := post["id"].(string)
	boost := bob.send("POST", "/api/v1/statuses/"+id+"/reblog", object{}).ok().object()
	bob.send("POST", "/api/v1/statuses/"+id+"/favourite", object{}).ok()
	ada.send("PUT", "/api/v1/statuses/"+id, object{"status": "Hello again @bob #Go"}).ok()
	ada.send("POST", bob.at("/api/v1/accounts/%d/mute"), object{"duration": 60}).ok()
	ada.send("PUT", "/api/v1/accounts/update_credentials", object{"fields_attributes": []object{{"name": "site", "value": "https://example.com"}}}).ok()

	for _, c := range []struct{ entity, path string }{
		{"Account", ada.at("/api/v1/accounts/%d")},
		{"CredentialAccount", "/api/v1/accounts/verify_credentials"},
		{"Status", "/api/v1/statuses/" + id},
		{"Status", "/api/v1/statuses/" + boost["id"].(string)},
		{"Context", "/api/v1/statuses/" + id + "/context"},
		{"StatusSource", "/api/v1/statuses/" + id + "/source"},
		{"MediaAttachment", "/api/v1/media/" + picture},
		{"Search", "/api/v2/search?q=bob"},
		{"Tag", "/api/v1/tags/go"},
		{"Preferences", "/api/v1/preferences"},
		{"Instance", "/api/v2/instance"},
		{"V1Instance", "/api/v1/instance"},
		{"ExtendedDescription", "/api/v1/instance/extended_description"},
		{"NotificationPolicy", "/api/v2/notifications/policy"},
		{"V1NotificationPolicy", "/api/v1/notifications/policy"},
	} {
		check(t, table, c.entity, c.path, any(ada.get(c.path).ok().object()))
	}
	n.write(func(tx *store.Tx) error { return tx.SetFeaturedTags(ada.id, []string{"Go", "Quiet"}) })
	for _, c := range []struct{ entity, path string }{
		{"FeaturedTag", ada.at("/api/v1/accounts/%d/featured_tags")},
		{"Status", "/api/v1/timelines/home"},
		{"Status", "/api/v1/timelines/public"},
		{"Status", "/api/v1/timelines/tag/Go"},
		{"StatusEdit", "/api/v1/statuses/" + id + "/history"},
		{"Relationship", bob.at("/api/v1/accounts/relationships?id=%d")},
		{"Account", ada.at("/api/v1/accounts/%d/followers")},
		{"Account", "/api/v1/statuses/" + id + "/reblogged_by"},
		{"MutedAccount", "/api/v1/mutes"},
	} {
		all := ada.get(c.path).ok().list()
		assert.NotEmpty(t, all, c.path)
		for _, item := range all {
			check(t, table, c.entity, c.path, any(item))
		}
	}
	kinds := []string{}
	for _, item := range ada.get("/api/v1/notifications").ok().list() {
		check(t, table, "Notification", "notification", any(item))
		kinds = append(kinds, item["type"].(string))
	}
	slices.Sort(kinds)
	assert.Equal(t, []string{"favourite", "follow", "reblog"}, kinds)
	marks := ada.get("/api/v1/markers?timeline[]=notifications&timeline[]=home").ok().object()
	check(t, table, "Marker", "marker", marks["notifications"])
	last := ada.do("DELETE", "/api/v1/statuses/"+id, nil).ok().object()
	check(t, table, "Status", "deleted", any(last))
	assert.Equal(t, "Hello again @bob #Go", last["text"])
}

// upload sends a small picture as a multipart form.
func upload(t *testing.T, c *client, description string) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "a.png")
	require.NoError(t, err)
	require.NoError(t, png.Encode(part, image.NewGray(image.Rect(0, 0, 40, 30))))
	require.NoError(t, form.WriteField("description", description))
	require.NoError(t, form.WriteField("focus", "0.5,-0.5"))
	require.NoError(t, form.Close())
	m := c.do("POST", "/api/v2/media", &body, "Content-Type", form.FormDataContentType()).ok().object()
	assert.Equal(t, description, m["description"])
	assert.Equal(t, object{"x": 0.5, "y": -0.5}, m["meta"].(object)["focus"])
	return m["id"].(string)
}
