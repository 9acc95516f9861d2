package ui_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/audit"
	"parley/internal/store"
	"parley/outbox"
)

func TestReportsPages(t *testing.T) {
	n := newNode(t)
	owner, mod, auditor := n.person("olga", "owner"), n.person("mona", "moderator"), n.person("aud", "auditor")
	bob, carl := n.person("bob", "member"), n.person("carl", "member")
	ctx := context.Background()
	post, err := n.Outbox.Post(ctx, bob.id, outbox.Draft{Text: "something rude", Visibility: store.Public})
	require.NoError(t, err)
	letter, err := n.Outbox.Post(ctx, bob.id, outbox.Draft{Text: "a secret for @carl", Visibility: store.Direct})
	require.NoError(t, err)
	r, err := n.Outbox.Report(ctx, carl.id, outbox.Complaint{TargetID: bob.id, PostIDs: []int64{post.ID, letter.ID}, Comment: "<script>look</script>", Category: "spam"})
	require.NoError(t, err)
	page := "/reports/" + strconv.FormatInt(r.ID, 10)

	assert.Equal(t, http.StatusForbidden, bob.get("/reports").code)
	assert.Equal(t, http.StatusForbidden, bob.get(page).code)
	for _, who := range []*person{owner, mod, auditor} {
		who.get("/reports").ok().has("About").has("@bob").has("&lt;script&gt;look")
		who.get(page).ok().has("something rude").has("a secret")
	}
	auditor.get(page).lacks("Suspend the account").lacks("Settle")
	for _, act := range []string{"resolve", "suspend", "limit", "assign", "note", "posts/" + strconv.FormatInt(post.ID, 10) + "/delete"} {
		assert.Equal(t, http.StatusForbidden, auditor.post(page+"/"+act, "note", "x").code, act)
		assert.Equal(t, http.StatusForbidden, carl.post(page+"/"+act, "note", "x").code, act)
	}
	mod.get("/notifications").ok().has("filed a report")
	mod.post(page + "/assign").ok().has("Mona looks after it")
	mod.post(page+"/note", "note", "spoke to him").ok().has("spoke to him")
	mod.post(page + "/limit").ok().has("End the limit")
	mod.post(page + "/unlimit").ok().has("Limit the account")
	mod.post(page + "/posts/" + strconv.FormatInt(post.ID, 10) + "/delete").ok().lacks("something rude")
	assert.Equal(t, http.StatusNotFound, mod.post(page+"/posts/"+strconv.FormatInt(post.ID+1, 10)+"/delete").code)
	mod.post(page + "/suspend").ok().has("Enable the account").has("a secret").has("1 more cannot be shown")
	assert.Equal(t, http.StatusNotFound, carl.get("/@bob").code)
	mod.post(page + "/enable").ok()
	carl.get("/@bob").ok()
	mod.post(page + "/resolve").ok().has("Open again")
	mod.get("/reports").ok().has("Nothing waits")
	mod.get("/reports?state=settled").ok().has("@bob")

	about, err := n.Outbox.Report(ctx, carl.id, outbox.Complaint{TargetID: owner.id})
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, mod.post("/reports/"+strconv.FormatInt(about.ID, 10)+"/suspend").code, "not whom stands above")
	assert.Equal(t, http.StatusForbidden, owner.post("/reports/"+strconv.FormatInt(about.ID, 10)+"/suspend").code, "nor oneself")
	_, _, err = audit.Verify(n.db.Reader)
	require.NoError(t, err)
}

func TestAccountsThatMoveAndEnd(t *testing.T) {
	n := newNode(t)
	owner, bob, carl := n.person("olga", "owner"), n.person("bob", "member"), n.person("carl", "member")
	bob.post("/settings/move", "target", "@carl")
	bob.get("/@bob").lacks("has moved to")
	carl.post("/settings/aliases", "other", "@bob").ok().has("/actors/" + bob.idText())
	bob.post("/settings/move", "target", "@carl").ok().has("You have moved to")
	owner.get("/@bob").ok().has("has moved to").has("@carl")
	bob.post("/settings/move").ok()
	owner.get("/@bob").lacks("has moved to")

	owner.get("/owner/accounts/" + bob.idText()).ok().has("/owner/accounts/" + bob.idText() + "/delete")
	owner.get("/owner/accounts/" + bob.idText() + "/delete").ok().has("There is no way back")
	assert.Equal(t, http.StatusForbidden, owner.post("/owner/accounts/"+owner.idText()+"/delete").code)
	owner.post("/owner/accounts/" + bob.idText() + "/delete").ok().has("erased")
	assert.Equal(t, http.StatusNotFound, owner.get("/@bob").code)
	assert.Equal(t, http.StatusUnprocessableEntity, owner.post("/owner/elsewhere", "name", "carl", "act", "suspend").code)
}

// What somebody may do decides which of the owner's pages there are, and which of
// the forms on them.
func TestPermissionsOpenPages(t *testing.T) {
	n := newNode(t)
	ctx := t.Context()
	owner, mod, auditor, feds, member := n.person("olga", "owner"), n.person("mona", "moderator"), n.person("aud", "auditor"), n.person("fede", "member"), n.person("mia", "member")
	require.NoError(t, n.Actors.SetPowers(ctx, owner.id, feds.id, "member", "federation.manage federation.see"))
	owner.post("/owner/partners", "domain", "far.example", "policy", "allow").ok()

	require.Equal(t, http.StatusForbidden, member.get("/owner").code)
	require.Equal(t, http.StatusForbidden, mod.get("/owner/partners").code)
	mod.get("/owner").ok().has("@aud").has("@mia")
	mod.get("/owner/accounts/" + auditor.idText()).ok().lacks("/suspend")
	mod.get("/owner/accounts/" + member.idText()).ok().has("/suspend").lacks("/delete").lacks("/role").lacks("account.create")
	require.Equal(t, http.StatusForbidden, mod.post("/owner/accounts/"+auditor.idText()+"/suspend").code)
	require.Equal(t, http.StatusForbidden, mod.post("/owner/accounts/"+member.idText()+"/delete").code)
	require.Equal(t, http.StatusForbidden, mod.post("/owner/accounts/"+member.idText()+"/role", "role", "moderator").code)

	auditor.get("/owner/accounts/" + member.idText()).ok().lacks("<button class=\"button small").has("account.create")
	auditor.get("/owner/audit?kind=accounts").ok().has("account.create").has("fede").lacks("partner.allow")
	auditor.get("/owner/audit?subject=far.example").ok().has("partner.allow").has("@olga").lacks("account.create")
	require.Equal(t, http.StatusForbidden, mod.get("/owner/audit").code)
	auditor.get("/owner/partners").ok().has("far.example").lacks(`action="/owner`)
	require.Equal(t, http.StatusForbidden, auditor.post("/owner/partners", "domain", "far.example", "policy", "block").code)

	feds.get("/").ok().has("/owner/partners")
	require.Equal(t, http.StatusForbidden, feds.get("/owner").code)
	feds.get("/owner/partners").ok().has(`value="block"`).lacks(`/owner/partners/forget`)
	feds.post("/owner/partners", "domain", "far.example", "policy", "limit").ok()
	require.Equal(t, http.StatusForbidden, feds.post("/owner/partners/forget", "domain", "far.example").code, "a federation manager deletes nothing")
}

// Roles and permissions of one person are given on the account's page: by who has
// them himself, and each change is a line of the audit trail.
func TestPowersAreGivenOnAPage(t *testing.T) {
	n := newNode(t)
	owner, admin, member := n.person("olga", "owner"), n.person("adam", "admin"), n.person("mia", "member")
	role := "/owner/accounts/" + member.idText() + "/role"
	owner.post(role, "role", "member", "permissions", "federation.see", "permissions", "federation.manage").ok().has("federation.manage federation.see").has("account.role")
	member.get("/owner/partners").ok()
	require.Equal(t, http.StatusForbidden, member.post(role, "role", "owner").code)
	require.Equal(t, http.StatusForbidden, admin.post(role, "role", "owner").code)
	require.Equal(t, http.StatusUnprocessableEntity, owner.post(role, "role", "member", "permissions", "everything").code)
	owner.post(role, "role", "member").ok()
	require.Equal(t, http.StatusForbidden, member.get("/owner/partners").code, "what was taken away ends at once")
}

// The list of accounts finds people by how a name or an address begins, and by
// their state.
func TestAccountsAreFound(t *testing.T) {
	n := newNode(t)
	owner, ada := n.person("olga", "owner"), n.person("ada", "member")
	n.person("bert", "member")
	owner.post("/owner/accounts/" + ada.idText() + "/close").ok().has("deprovisioned").has("account.close")
	owner.get("/owner?q=be").ok().has("@bert").lacks("@ada")
	owner.get("/owner?q=ada@sales").ok().has("@ada").lacks("@bert")
	owner.get("/owner?state=disabled").ok().has("@ada").lacks("@bert")
	owner.get("/owner?state=active").ok().has("@bert").lacks("@ada")
}
