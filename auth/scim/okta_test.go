package scim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// What Okta sends, as its "SCIM 2.0 Protocol Reference" documents it.
func TestOkta(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		none := n.ask("GET", `/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100`, "").is(200).object()
		require.EqualValues(t, 0, none["totalResults"])
		made := n.ask("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"test.user@okta.local","name":{"givenName":"Test","familyName":"User"},
 "emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],"displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],"password":"1mz050nq","active":true}`).is(201)
		require.NotContains(t, made.text, "1mz050nq")
		id := made.object()["id"].(string)
		n.ask("POST", "/Users", `{"userName":"Test.User@okta.local","externalId":"other"}`).refused(409, "uniqueness")
		n.ask("POST", "/Users", `{"userName":"other","externalId":"00ujl29u0le5T6Aj10h7"}`).refused(409, "uniqueness")

		page := n.ask("GET", "/Users?startIndex=1&count=100", "").is(200).object()
		require.Equal(t, [3]any{1.0, 1.0, 1.0}, [3]any{page["totalResults"], page["startIndex"], page["itemsPerPage"]})
		whole := func(active string) string {
			return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"` + id + `","userName":"test.user@okta.local","name":{"givenName":"Another","middleName":"Excited","familyName":"User"},
 "emails":[{"primary":true,"value":"new@okta.local","type":"work","display":"new@okta.local"}],` + active + `"groups":[],"meta":{"resourceType":"User"}}`
		}
		got := n.ask("PUT", "/Users/"+id, whole(`"active":true,`)).is(200).object()
		require.Equal(t, "Excited", got["name"].(object)["middleName"])
		require.NotContains(t, got, "displayName", "what a whole resource leaves out is gone")
		require.Equal(t, "00ujl29u0le5T6Aj10h7", got["externalId"], "but not by what the person is known")
		require.Equal(t, "new@okta.local", n.account("00ujl29u0le5T6Aj10h7").User.Email)
		state := func() store.Lifecycle { return n.account("00ujl29u0le5T6Aj10h7").Actor.Lifecycle }

		require.Equal(t, false, n.patch("/Users/"+id, `{"op":"replace","value":{"active":false}}`).is(200).object()["active"])
		require.Equal(t, store.Deprovisioned, state())
		require.Equal(t, false, n.ask("PUT", "/Users/"+id, whole("")).is(200).object()["active"], "who is silent about it lets nobody in")
		require.Equal(t, store.Deprovisioned, state())
		n.patch("/Users/"+id, `{"op":"replace","value":{"active":true}}`).is(200)
		require.Equal(t, store.Active, state())
		n.ask("PUT", "/Users/"+id, whole(`"active":false,`)).is(200) // integrations of one's own do it so
		require.Equal(t, store.Deprovisioned, state())
		n.ask("PUT", "/Users/"+id, whole(`"active":true,`)).is(200)
		require.Equal(t, store.Active, state())

		other, _ := n.user("second", "00u-second")
		group := n.ask("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Test SCIMv2","members":[]}`).is(201).object()
		path := "/Groups/" + group["id"].(string)
		n.ask("POST", "/Groups", `{"displayName":"test scimv2"}`).refused(409, "uniqueness")
		n.patch(path, `{"op":"replace","value":{"id":"`+group["id"].(string)+`","displayName":"Test SCIMv20"}}`).is(204)
		n.patch(path, `{"op":"replace","path":"members","value":[{"value":"`+id+`","display":"x"},{"value":"`+other+`","display":"y"}]}`).is(204)
		require.Len(t, n.ask("GET", path, "").object()["members"], 2)
		n.patch(path, `{"op":"remove","path":"members[value eq \"`+id+`\"]"},{"op":"add","path":"members","value":[{"value":"`+other+`","display":"y"}]}`).is(204)
		require.Equal(t, other, n.ask("GET", path, "").object()["members"].([]any)[0].(object)["value"])
		put := n.ask("PUT", path, `{"displayName":"Test SCIMv21","members":[{"value":"`+id+`"}]}`).is(200).object()
		require.Equal(t, id, put["members"].([]any)[0].(object)["value"])
		n.ask("DELETE", path, "").is(204)
	})
}
