package scim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		id, _ := n.user("ada", "s-ada")
		one, two := n.group("One", "", id), n.group("Two", "")
		user, group := "/Users/"+id, "/Groups/"+one
		op := func(s string) string { return `{"Operations":[` + s + `]}` }
		for _, c := range []struct {
			method, path, body string
			code               int
			kind               string
		}{
			{"GET", "/Users?filter=userName+is+x", "", 400, "invalidFilter"},
			{"GET", "/Users?filter=groups.value+eq+%22" + one + "%22", "", 400, "invalidFilter"},
			{"GET", "/Groups?filter=members+pr", "", 400, "invalidFilter"},
			{"GET", "/Groups?filter=members%5Btype+eq+%22User%22%5D", "", 400, "invalidFilter"},
			{"GET", "/Users?count=many", "", 400, "invalidValue"},
			{"GET", "/Users/x", "", 404, ""},
			{"GET", "/Users/" + one, "", 404, ""},
			{"POST", "/Users", `{`, 400, "invalidSyntax"},
			{"POST", "/Users", `[]`, 400, "invalidSyntax"},
			{"POST", "/Users", `null`, 400, "invalidSyntax"},
			{"POST", "/Users", `{"externalId":"x"}`, 400, "invalidValue"},
			{"POST", "/Users", `{"userName":7}`, 400, "invalidValue"},
			{"POST", "/Users", `{"userName":"a\u0000b"}`, 400, "invalidValue"},
			{"POST", "/Users", `{"userName":"` + strings.Repeat("x", 1025) + `"}`, 400, "invalidValue"},
			{"POST", "/Users", `{"userName":"x","active":"maybe"}`, 400, "invalidValue"},
			{"POST", "/Users", `{"userName":"x","emails":[` + strings.Repeat(`{"value":"x"},`, 20) + `{"value":"y"}]}`, 400, "invalidValue"},
			{"POST", "/Users", `{"userName":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
			{"POST", "/Groups", `{"displayName":" "}`, 400, "invalidValue"},
			{"POST", "/Groups", `{"displayName":"x","members":[{"value":"7"}]}`, 400, "invalidValue"},
			{"PATCH", group, op(`{"op":"add","path":"members","value":[{"value":"` + two + `"}]}`), 400, "invalidValue"}, // no groups in groups
			{"PATCH", user, `{}`, 400, "invalidSyntax"},
			{"PATCH", user, op(`{"op":"move","path":"title"}`), 400, "invalidSyntax"},
			{"PATCH", user, op(`{"op":"remove"}`), 400, "noTarget"},
			{"PATCH", user, op(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"x"}`), 400, "noTarget"},
			{"PATCH", user, op(`{"op":"replace","path":"emails[type eq","value":"x"}`), 400, "invalidPath"},
			{"PATCH", user, op(`{"op":"replace","path":"shoeSize","value":"x"}`), 400, "invalidPath"},
			{"PATCH", user, op(`{"op":"replace","path":"title extra","value":"x"}`), 400, "invalidPath"},
			{"PATCH", user, op(`{"op":"replace","path":7,"value":"x"}`), 400, "invalidPath"},
			{"PATCH", user, op(`{"op":"replace","path":"id","value":"x"}`), 400, "mutability"},
			{"PATCH", user, op(`{"op":"add","path":"groups","value":[{"value":"` + one + `"}]}`), 400, "mutability"},
			{"PATCH", user, op(`{"op":"remove","path":"userName"}`), 400, "mutability"},
			{"PATCH", user, op(`{"op":"remove","path":"active"}`), 400, "mutability"},
			{"PATCH", user, op(`{"op":"replace","path":"active","value":null}`), 400, "invalidValue"},
			{"PATCH", user, op(`{"op":"replace","value":"x"}`), 400, "invalidValue"},
			{"PATCH", user, op(strings.Repeat(`{"op":"add","path":"title","value":"x"},`, 1000) + `{"op":"add","path":"title","value":"x"}`), 400, "tooMany"},
			{"PUT", user, `{"displayName":"nameless"}`, 400, "invalidValue"},
		} {
			got := n.ask(c.method, c.path, c.body)
			if assert.Equal(t, c.code, got.code, "%s %s %.200s: %s", c.method, c.path, c.body, got.text) {
				got.refused(c.code, c.kind)
			}
		}
		require.Equal(t, `W/"2"`, n.ask("GET", user, "").header.Get("ETag"), "nothing of it was done, but it is in a group")
	})
}

func TestVersions(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		id, _ := n.user("ada", "s-ada")
		path := "/Users/" + id
		etag := n.ask("GET", path, "").header.Get("ETag")
		require.Empty(t, n.ask("GET", path, "", "If-None-Match", etag).is(304).text)
		title := `{"Operations":[{"op":"add","path":"title","value":"%s"}]}`
		changed := n.ask("PATCH", path, fmt.Sprintf(title, "One"), "If-Match", etag).is(200)
		require.NotEqual(t, etag, changed.header.Get("ETag"))
		require.Equal(t, changed.header.Get("ETag"), changed.object()["meta"].(object)["version"])
		n.ask("PATCH", path, fmt.Sprintf(title, "Two"), "If-Match", etag).refused(412, "")
		n.ask("DELETE", path, "", "If-Match", etag).refused(412, "")
		n.ask("GET", path, "", "If-None-Match", etag).is(200)
		same := n.ask("PATCH", path, fmt.Sprintf(title, "One"), "If-Match", "*").is(200)
		require.Equal(t, changed.header.Get("ETag"), same.header.Get("ETag"), "what changes nothing is no change")
		n.group("Friends", "", id)
		n.ask("GET", path, "", "If-None-Match", same.header.Get("ETag")).is(200)
	})
}

func TestAttributesThatAreAskedFor(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		id, _ := n.user("ada", "s-ada")
		got := n.ask("GET", "/Users/"+id+"?attributes=USERNAME,emails.value", "").is(200).object()
		require.Equal(t, object{"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:User"}, "id": id, "userName": "ada@corp.example",
			"emails": []any{object{"value": "ada@corp.example"}}}, got)
		got = n.ask("GET", "/Users?excludedAttributes=emails.type,meta,groups,id", "").is(200).object()["Resources"].([]any)[0].(object)
		require.Equal(t, []any{object{"value": "ada@corp.example", "primary": true}}, got["emails"])
		require.NotContains(t, got, "meta")
		require.Contains(t, got, "id")
		group := n.group("Friends", "", id)
		n.ask("PATCH", "/Groups/"+group+"?attributes=displayName", `{"Operations":[{"op":"add","path":"externalId","value":"x"}]}`).is(200)
	})
}

// A page of users is the same number of queries, however many are on it, and
// pages follow each other without gaps.
func TestPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		var people []string
		for i := range 5 {
			id, _ := n.user(fmt.Sprintf("person%d", i), fmt.Sprintf("s-%d", i))
			people = append(people, id)
		}
		n.group("Friends", "", people...)
		queries, err := db.CountQueries()
		require.NoError(t, err)
		cost := func(query string, want int) int64 {
			before := queries.Load()
			o := n.ask("GET", query, "").is(200).object()
			require.Len(t, o["Resources"], want, query)
			require.EqualValues(t, want, o["itemsPerPage"])
			return queries.Load() - before
		}
		require.Equal(t, cost("/Users?count=1", 1), cost("/Users?count=5", 5))
		require.Equal(t, cost("/Users?filter=active+eq+true&count=1", 1), cost("/Users?filter=active+eq+true&count=5", 5))
		cost("/Users?count=0", 0)
		cost("/Users?count=-3", 0)
		cost("/Users?startIndex=9", 0)
		for _, filter := range []string{"", "&filter=" + url.QueryEscape(`userName sw "person"`)} {
			var seen []string
			for start := 1; start <= 5; start += 2 {
				o := n.ask("GET", fmt.Sprintf("/Users?startIndex=%d&count=2%s", start, filter), "").is(200).object()
				require.EqualValues(t, 5, o["totalResults"])
				for _, r := range o["Resources"].([]any) {
					seen = append(seen, r.(object)["id"].(string))
				}
			}
			require.Equal(t, people, seen)
		}
	})
}
