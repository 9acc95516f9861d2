package auth

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Who stands above whom.
func TestMayChange(t *testing.T) {
	below := map[Role][]Role{
		Owner: Roles, Admin: {Admin, Moderator, Compliance, Auditor, Member}, Moderator: {Member}, Compliance: nil, Auditor: nil, Member: nil,
	}
	for _, mine := range Roles {
		for _, theirs := range Roles {
			assert.Equal(t, slices.Contains(below[mine], theirs), Powers{Role: mine}.MayChange(Powers{Role: theirs}), "%s and %s", mine, theirs)
		}
	}
	helper := Powers{Role: Member, Extra: []Permission{ManageAccounts}}
	assert.True(t, helper.MayChange(Powers{Role: Member}))
	assert.False(t, helper.MayChange(helper), "somebody with powers of his own")
	assert.False(t, Powers{Role: Moderator}.MayChange(helper))
}

// A permission given to one person is that and no more; an auditor and a bot
// never write, whatever they were given.
func TestExtraPermissions(t *testing.T) {
	federation := Powers{Role: Member, Extra: []Permission{SeeFederation, ManageFederation}}
	assert.True(t, federation.May(ManageFederation))
	assert.False(t, federation.May(DeleteFederation), "a federation manager deletes nothing")
	assert.False(t, federation.May(SeeAccounts))
	all := make([]Permission, len(Grants))
	for i, g := range Grants {
		all[i] = g.Permission
	}
	for _, g := range Grants {
		assert.Equal(t, g.Permission.reads(), Powers{Role: Auditor, Extra: all}.May(g.Permission), g.Permission)
		assert.False(t, Powers{Role: Bot, Extra: all}.May(g.Permission), g.Permission)
		assert.False(t, Powers{Role: Member}.May(g.Permission), g.Permission)
		assert.True(t, Powers{Role: Owner}.May(g.Permission), g.Permission)
	}
}

// Nobody gives what he has not, and only an owner makes owners.
func TestMayGive(t *testing.T) {
	assert.True(t, Powers{Role: Owner}.MayGive(Powers{Role: Owner}))
	assert.False(t, Powers{Role: Admin}.MayGive(Powers{Role: Owner}))
	assert.True(t, Powers{Role: Admin}.MayGive(Powers{Role: Admin}))
	assert.False(t, Powers{Role: Moderator}.MayGive(Powers{Role: Member}), "a moderator gives no roles")
	giver := Powers{Role: Member, Extra: []Permission{AssignRoles, ManageAccounts}}
	assert.True(t, giver.MayGive(Powers{Role: Member}))
	assert.False(t, giver.MayGive(Powers{Role: Member, Extra: []Permission{SeeAudit}}))
	assert.False(t, giver.MayGive(Powers{Role: Moderator}))
}

func TestParsePermissions(t *testing.T) {
	list, err := ParsePermissions(" federation.see  audit.see federation.see ")
	assert.NoError(t, err)
	assert.Equal(t, []Permission{SeeAudit, SeeFederation}, list)
	_, err = ParsePermissions("federation.everything")
	assert.ErrorContains(t, err, "federation.manage", "the error lists what there is")
}

// The documentation has the table of the code.
func TestTheTableOfRolesIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/identity.md")
	assert.NoError(t, err)
	assert.Contains(t, string(text), table(), "write this into docs/identity.md")
}

func table() string {
	var b strings.Builder
	b.WriteString("| permission | what it allows |")
	roles := slices.DeleteFunc(slices.Clone(Roles), func(r Role) bool { return r == Member })
	for _, r := range roles {
		b.WriteString(" " + string(r) + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(roles)) + "\n")
	for _, g := range Grants {
		b.WriteString("| `" + string(g.Permission) + "` | " + g.Means + " |")
		for _, r := range roles {
			b.WriteString(map[bool]string{true: " yes |", false: " |"}[slices.Contains(g.Roles, r)])
		}
		b.WriteString("\n")
	}
	return b.String()
}
