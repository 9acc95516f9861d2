package web_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// pictures sends an avatar and a header with what is said about them.
func (c *client) pictures(path string, fields ...string) answer {
	c.n.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, name := range []string{"avatar", "header"} {
		part, err := form.CreateFormFile(name, "a.png")
		require.NoError(c.n.t, err)
		require.NoError(c.n.t, png.Encode(part, image.NewGray(image.Rect(0, 0, 40, 30))))
	}
	for i := 0; i < len(fields); i += 2 {
		require.NoError(c.n.t, form.WriteField(fields[i], fields[i+1]))
	}
	require.NoError(c.n.t, form.Close())
	return c.do("PATCH", path, &body, "Content-Type", form.FormDataContentType())
}

func TestProfile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada := n.person("ada")
		fresh := ada.get("/api/v1/profile").ok().object()
		assert.Equal(t, [4]any{nil, nil, "ADA", []any{}}, [4]any{fresh["avatar"], fresh["header_static"], fresh["display_name"], fresh["featured_tags"]})
		ada.send("POST", "/api/v1/featured_tags", object{"name": "go"}).ok()
		p := ada.send("PUT", "/api/v1/profile", object{
			"note": "See https://example.com #go", "fields_attributes": object{"7": object{"name": "second", "value": "b"}, "03": object{"name": "first", "value": "a"}},
			"show_media": false, "show_media_replies": false, "show_featured": false, "attribution_domains": []string{"Example.com", "news.example"},
			"hide_collections": true, "locked": true, "bot": true, "indexable": false, "discoverable": false,
		}).ok().object()
		assert.Equal(t, "See https://example.com #go", p["note"])
		assert.Equal(t, []any{object{"name": "first", "value": "a", "verified_at": nil}, object{"name": "second", "value": "b", "verified_at": nil}}, p["fields"])
		assert.Equal(t, []any{"example.com", "news.example"}, p["attribution_domains"])
		assert.Equal(t, "go", p["featured_tags"].([]any)[0].(object)["name"])
		account := n.stranger().get(ada.at("/api/v1/accounts/%d")).ok().object()
		for key, want := range map[string]any{"show_media": false, "show_media_replies": false, "show_featured": false, "hide_collections": true, "locked": true, "bot": true, "indexable": false, "noindex": true, "discoverable": false} {
			assert.Equal(t, want, account[key], key)
			if key != "noindex" {
				assert.Equal(t, want, p[key], key)
			}
		}
		assert.Equal(t, []any{"example.com", "news.example"}, ada.get("/api/v1/accounts/verify_credentials").ok().object()["source"].(object)["attribution_domains"])
		p = ada.form("PATCH", "/api/v1/profile", url.Values{"attribution_domains[]": {""}, "fields_attributes[][name]": {"only"}, "fields_attributes[][value]": {"one"}}).ok().object()
		assert.Empty(t, p["attribution_domains"])
		assert.Len(t, p["fields"], 1)
		assert.Equal(t, "See https://example.com #go", p["note"], "what is not named stays")
		assert.Empty(t, ada.send("PATCH", "/api/v1/profile", object{"fields_attributes": []any{}}).ok().object()["fields"])
	})
}

func TestPicturesOfAProfile(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	e := ada.pictures("/api/v1/accounts/update_credentials", "avatar_description", "a square", "header_description", "a wide square").ok().object()
	assert.Equal(t, [2]any{"a square", "a wide square"}, [2]any{e["avatar_description"], e["header_description"]})
	avatar := e["avatar"].(string)
	assert.Equal(t, avatar, e["avatar_static"])
	cut, err := png.DecodeConfig(strings.NewReader(n.stranger().get(avatar).ok().body))
	require.NoError(t, err)
	assert.Equal(t, [2]int{400, 400}, [2]int{cut.Width, cut.Height})
	assert.Equal(t, avatar, ada.get("/api/v1/profile").ok().object()["avatar"])
	e = ada.pictures("/api/v1/profile").ok().object()
	assert.Equal(t, "", e["avatar_description"], "what was said was about another picture")

	for what, path := range map[string]string{"avatar": "/avatars/original/missing.png", "header": "/headers/original/missing.png"} {
		for range 2 {
			e = ada.do("DELETE", "/api/v1/profile/"+what, nil).ok().object()
			assert.Equal(t, n.url+path, e[what])
			assert.Contains(t, e, "source")
		}
		assert.Nil(t, ada.get("/api/v1/profile").ok().object()[what])
	}
}

// The bounds are those that the instance document announces, and one more is
// refused.
func TestBoundsOfAProfile(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	bounds := n.stranger().get("/api/v2/instance").ok().object()["configuration"].(object)["accounts"].(object)
	words := func(bound string, more int) string { return strings.Repeat("ä", int(bounds[bound].(float64))+more) }
	line := func(name, value string) object {
		return object{"fields_attributes": []object{{"name": name, "value": value}}}
	}
	lines := func(more int) object {
		all := make([]object, int(bounds["max_profile_fields"].(float64))+more)
		for i := range all {
			all[i] = object{"name": "a", "value": "b"}
		}
		return object{"fields_attributes": all}
	}
	for name, body := range map[string]func(more int) object{
		"name": func(more int) object { return object{"display_name": words("max_display_name_length", more)} },
		"note": func(more int) object { return object{"note": words("max_note_length", more)} },
		"avatar description": func(more int) object {
			return object{"avatar_description": words("max_avatar_description_length", more)}
		},
		"header description": func(more int) object {
			return object{"header_description": words("max_header_description_length", more)}
		},
		"label":    func(more int) object { return line(words("profile_field_name_limit", more), "x") },
		"value":    func(more int) object { return line("x", words("profile_field_value_limit", more)) },
		"lines":    lines,
		"no label": func(more int) object { return line("label"[more*5:], "x") },
		"privacy":  func(more int) object { return object{"source": object{"privacy": []string{"private", "secret"}[more]}} },
		"language": func(more int) object {
			return object{"source": object{"language": []string{"de", "German, please"}[more]}}
		},
		"quotes": func(more int) object {
			return object{"source": object{"quote_policy": []string{"nobody", "some"}[more]}}
		},
		"domains": func(more int) object {
			return object{"attribution_domains": []string{"a.example", "no domain"}[more : more+1]}
		},
		"many domains": func(more int) object {
			return object{"attribution_domains": strings.Split(strings.Repeat("a.example ", 10+more), " ")}
		},
	} {
		ada.send("PATCH", "/api/v1/accounts/update_credentials", body(0)).ok()
		refused := ada.send("PATCH", "/api/v1/accounts/update_credentials", body(1))
		assert.Equal(t, 422, refused.code, name)
		assert.Contains(t, refused.object()["error"], "Validation failed", name)
	}
	long := "https://example.com/" + strings.Repeat("x", 600)
	ada.send("PATCH", "/api/v1/profile", object{"note": "see " + long}).ok() // a link counts 23
}

func TestFeaturedTags(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		ada.post("#go")
		ada.post("#Go and #rust")
		ada.send("POST", "/api/v1/statuses", object{"status": "#go here", "local_only": true}).ok()
		ada.post("#go", "visibility", "private")
		gone := ada.post("#go #rust")
		ada.do("DELETE", "/api/v1/statuses/"+gone, nil).ok()
		bob.post("#go")
		names := func(answer answer) (list []any) {
			for _, tag := range answer.ok().list() {
				list = append(list, tag["name"])
			}
			return list
		}
		assert.Equal(t, []any{"go", "rust"}, names(ada.get("/api/v1/featured_tags/suggestions")))

		made := ada.form("POST", "/api/v1/featured_tags", url.Values{"name": {"#Go"}}).ok().object()
		today := store.Now().Time().Format("2006-01-02")
		assert.Equal(t, object{"id": made["id"], "name": "Go", "url": n.url + "/tags/go", "statuses_count": "2", "last_status_at": today}, made)
		assert.Equal(t, made, ada.send("POST", "/api/v1/featured_tags", object{"name": "GO"}).ok().object(), "once")
		assert.Equal(t, []any{"rust"}, names(ada.get("/api/v1/featured_tags/suggestions")))
		tag := ada.send("POST", "/api/v1/tags/quiet/feature", object{}).ok().object()
		assert.Equal(t, [2]any{true, "quiet"}, [2]any{tag["featuring"], tag["name"]})
		assert.Equal(t, []any{"Go", "quiet"}, names(n.stranger().get(ada.at("/api/v1/accounts/%d/featured_tags"))))
		assert.Nil(t, ada.get("/api/v1/featured_tags").ok().list()[1]["last_status_at"])
		assert.Equal(t, false, bob.get("/api/v1/tags/go").ok().object()["featuring"])

		path := "/api/v1/featured_tags/" + made["id"].(string)
		assert.Equal(t, 404, bob.do("DELETE", path, nil).code, "another's")
		assert.Equal(t, "{}", ada.do("DELETE", path, nil).ok().body)
		assert.Equal(t, 404, ada.do("DELETE", path, nil).code)
		for range 2 {
			assert.Equal(t, false, ada.send("POST", "/api/v1/tags/quiet/unfeature", object{}).ok().object()["featuring"])
		}
		assert.Empty(t, ada.get("/api/v1/featured_tags").ok().list())
		for _, bad := range []string{"", "12", "two words"} {
			assert.Equal(t, 422, ada.send("POST", "/api/v1/featured_tags", object{"name": bad}).code, bad)
		}
		most := int(n.stranger().get("/api/v2/instance").ok().object()["configuration"].(object)["accounts"].(object)["max_featured_tags"].(float64))
		for i := range most {
			ada.send("POST", "/api/v1/featured_tags", object{"name": "tag" + string(rune('a'+i))}).ok()
		}
		assert.Equal(t, 422, ada.send("POST", "/api/v1/featured_tags", object{"name": "more"}).code)
	})
}
