package scim_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/audit"
	"parley/internal/store"
)

// What Entra ID sends, in the order in which it does, as Microsoft documents it
// in "Develop and plan provisioning for a SCIM endpoint", with and without the
// flag aadOptscim062020.
func TestEntraID(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas"} {
			n.ask("GET", path, "").is(200)
		}
		byName := func(name string) object {
			return n.ask("GET", "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", name)), "").is(200).object()
		}
		none := byName("b2a4b9c1-5a05-4d2c-94a8-nobody") // its test of the connection
		require.Equal(t, []any{}, none["Resources"])
		require.EqualValues(t, 0, none["totalResults"])

		made := n.ask("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
 "externalId":"0a21f0f2","userName":"Test_User@corp.example","active":true,"emails":[{"primary":true,"type":"work","value":"Test_User@corp.example"}],
 "meta":{"resourceType":"User"},"name":{"formatted":"Given Family","familyName":"Family","givenName":"Given"},"roles":[],"phoneNumbers":[{"type":"work","value":"1"}],
 "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","employeeNumber":"9"}}`).is(201)
		id := made.object()["id"].(string)
		require.Equal(t, n.URL+"/scim/v2/Users/"+id, made.header.Get("Location"))
		require.Equal(t, `W/"1"`, made.header.Get("ETag"))
		require.Equal(t, object{"department": "Sales"}, made.object()["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"])
		account := n.account("0a21f0f2")
		require.Equal(t, [4]string{"test_user", "Given Family", "Test_User@corp.example", "member"},
			[4]string{account.Actor.Username, account.Actor.DisplayName, account.User.Email, account.User.Role})
		require.Equal(t, "Test_User@corp.example", byName("test_user@CORP.example")["Resources"].([]any)[0].(object)["userName"])
		require.Equal(t, []string{id}, n.found("Users", `emails[type eq "work"].value eq "test_user@corp.example"`))
		require.Equal(t, []string{id}, n.found("Users", `externalId eq "0a21f0f2"`))
		n.ask("GET", "/Users/"+id, "").is(200)

		user := "/Users/" + id
		n.patch(user, `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"updated@corp.example"},{"op":"Replace","path":"name.familyName","value":"Updated"},
 {"op":"Add","path":"title","value":"Boss"},{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Law"},
 {"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"7"},{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"3"}`).is(200)
		got := n.patch(user, `{"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"Aklq"}}`).is(200).object()
		require.Equal(t, object{"formatted": "Given Family", "familyName": "Updated", "givenName": "Kkom"}, got["name"])
		require.Equal(t, [3]any{"Boss", "Bjfe", "Law"}, [3]any{got["title"], got["displayName"], got["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].(object)["department"]})
		require.Equal(t, "updated@corp.example", n.account("0a21f0f2").User.Email)
		require.Equal(t, "Given Family", n.account("0a21f0f2").Actor.DisplayName, "the person's own")
		require.Equal(t, []string{id}, n.found("Users", `emails eq "updated@corp.example"`))
		require.Empty(t, n.found("Users", `emails eq "test_user@corp.example"`))
		bare := n.patch(user, `{"op":"Remove","path":"emails[type eq \"work\"]"},{"op":"remove","path":"name.formatted"}`).is(200).object()
		require.NotContains(t, bare, "emails")
		require.Equal(t, "updated@corp.example", n.account("0a21f0f2").User.Email, "an address is not lost by silence")
		back := n.patch(user, `{"op":"Add","path":"emails[type eq \"work\"].value","value":"back@corp.example"}`).is(200).object()
		require.Equal(t, []any{object{"type": "work", "value": "back@corp.example"}}, back["emails"])
		n.patch(user, `{"op":"Replace","path":"userName","value":"5b50@corp.example"}`).is(200)

		for _, off := range []string{`{"op":"Replace","path":"active","value":"False"}`, `{"op":"replace","path":"active","value":false}`} {
			require.Equal(t, false, n.patch(user, off).is(200).object()["active"])
			require.Equal(t, store.Deprovisioned, n.account("0a21f0f2").Actor.Lifecycle)
			require.Equal(t, false, n.ask("GET", user, "").is(200).object()["active"])
			n.patch(user, `{"op":"Replace","path":"active","value":"True"}`).is(200)
			require.Equal(t, store.Active, n.account("0a21f0f2").Actor.Lifecycle)
		}
		closed := n.audited("account.close")
		require.Len(t, closed, 2)
		for _, word := range []string{`"signal":"scim"`, `"provider":"Corp IdP"`, `"token":"sync"`} {
			require.Contains(t, closed[0], word)
		}

		group := n.ask("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
 "externalId":"8aa1a0c0","displayName":"All","meta":{"resourceType":"Group"}}`).is(201).object()
		require.Equal(t, []any{}, group["members"])
		path := "/Groups/" + group["id"].(string)
		require.NotContains(t, n.ask("GET", path+"?excludedAttributes=members", "").is(200).object(), "members")
		found := n.ask("GET", "/Groups?excludedAttributes=members&filter="+url.QueryEscape(`displayName eq "all"`), "").is(200).object()
		require.Len(t, found["Resources"], 1)
		require.NotContains(t, found["Resources"].([]any)[0], "members")
		n.patch(path, `{"op":"Replace","path":"displayName","value":"Everybody"}`).is(204)
		add := `{"op":"Add","path":"members","value":[{"$ref":null,"value":"` + id + `"}]}`
		in := `id eq "` + group["id"].(string) + `" and members eq "` + id + `"`
		for _, remove := range []string{`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"` + id + `"}]}`, `{"op":"remove","path":"members[value eq \"` + id + `\"]"}`} {
			require.Empty(t, n.found("Groups", in))
			n.patch(path, add).is(204)
			n.patch(path, add).is(204)
			require.Len(t, n.found("Groups", in), 1)
			require.Len(t, n.found("Groups", `members.value eq "`+id+`"`), 1)
			require.Equal(t, "Everybody", n.ask("GET", user, "").object()["groups"].([]any)[0].(object)["display"])
			require.Equal(t, "Bjfe", n.ask("GET", path, "").object()["members"].([]any)[0].(object)["display"])
			n.patch(path, remove).is(204)
			n.patch(path, remove).is(204)
		}
		n.ask("DELETE", path, "").is(204)
		n.ask("DELETE", user, "").is(204)
		n.ask("GET", user, "").refused(404, "")
		n.ask("GET", path, "").refused(404, "")
		require.Equal(t, store.Deprovisioned, n.account("0a21f0f2").Actor.Lifecycle)
		_, _, err := audit.Verify(n.DB.Reader)
		require.NoError(t, err)
	})
}
