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
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
