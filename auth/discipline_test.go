package auth

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Who stands above whom, and nobody judges himself.
func TestMayDiscipline(t *testing.T) {
	below := map[Role][]Role{
		Owner: Roles, Admin: {Admin, Moderator, Auditor, Member}, Moderator: {Member}, Auditor: nil, Member: nil,
	}
	for _, mine := range Roles {
		me := Who{ActorID: 1, Role: mine}
		for _, theirs := range Roles {
			assert.Equal(t, slices.Contains(below[mine], theirs), me.MayDiscipline(2, theirs), "%s and %s", mine, theirs)
			assert.False(t, me.MayDiscipline(1, theirs), "%s himself", mine)
		}
		assert.Equal(t, slices.Contains(Moderators, mine), me.MayDiscipline(2, ""), "%s and somebody elsewhere", mine)
	}
}
