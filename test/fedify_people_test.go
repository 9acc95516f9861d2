package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// followFred has each follow the other.
func followFred(t *testing.T, v *fediverse) {
	follow := v.act("fred", "Follow", fields{"object": v.aliceURI, "to": v.aliceURI})
	v.alice.awaitsNews("follow", v.fred)
	v.awaits("that he may follow", func(a arrival) bool {
		return a.is("Accept", v.aliceURI) && a.inner()["id"] == follow
	})
	v.alice.follow("@" + v.fred)
	v.awaits("that she follows", func(a arrival) bool { return a.is("Follow", v.aliceURI) && a.about() == v.uri("fred") })
}

// askFirst has locked people asked on both sides, refuse, agree, and change
// their minds.
func askFirst(t *testing.T, v *fediverse) {
	dave := v.dave.uri()
	v.dave.must("PATCH", "/api/v1/accounts/update_credentials", fields{"locked": true}, nil)
	for _, answer := range []struct{ act, kind string }{{"reject", "Reject"}, {"authorize", "Accept"}} {
		follow := v.act("fred", "Follow", fields{"object": dave, "to": dave})
		asks := v.dave.awaitsNews("follow_request", v.fred)
		v.dave.post("/api/v1/follow_requests/"+asks.Account.ID+"/"+answer.act, fields{}, nil)
		v.awaits("the answer to his request: "+answer.kind, func(a arrival) bool { return a.is(answer.kind, dave) && a.inner()["id"] == follow })
	}
	fred := v.dave.findAccount("@" + v.fred)
	v.dave.post("/api/v1/accounts/"+fred.ID+"/remove_from_followers", fields{}, nil)
	v.awaits("that he follows no more", func(a arrival) bool { return a.is("Reject", dave) && a.inner()["type"] == "Follow" })

	v.tell("join", fields{"as": "lena", "locked": true})
	lena := v.dave.findAccount("@" + v.handle("lena"))
	for _, kind := range []string{"Reject", "Accept"} {
		v.dave.post("/api/v1/accounts/"+lena.ID+"/follow", fields{}, nil)
		asked := v.awaits("a request to lena", func(a arrival) bool { return a.is("Follow", dave) && a.about() == v.uri("lena") && !v.seen[a.id()] })
		v.seen[asked.id()] = true
		require.True(t, v.dave.relation(lena).Requested)
		v.tell("answer", fields{"as": "lena", "kind": kind, "id": asked.id(), "to": dave})
		eventually(t, "dave hears lena's "+kind, func() bool {
			now := v.dave.relation(lena)
			return !now.Requested && now.Following == (kind == "Accept")
		})
	}
	v.dave.post("/api/v1/accounts/"+lena.ID+"/unfollow", fields{}, nil)
	v.awaits("that dave follows no more", func(a arrival) bool { return a.is("Undo", dave) && a.inner()["type"] == "Follow" })

	// He leaves carol as he came.
	carol := v.carol.uri()
	follow := v.act("fred", "Follow", fields{"object": carol, "to": carol})
	v.carol.awaitsNews("follow", v.fred)
	v.undo("fred", "Follow", follow, carol, carol)
	eventually(t, "carol has no follower", func() bool {
		var me account
		v.carol.get("/api/v1/accounts/verify_credentials", &me)
		return me.FollowersCount == 0
	})
}

// changeProfiles has each change his name, and the other learn of it.
func changeProfiles(t *testing.T, v *fediverse) {
	v.alice.must("PATCH", "/api/v1/accounts/update_credentials", fields{"display_name": "Alice of Sales", "note": "Sells.", "fields_attributes": []fields{{"name": "Desk", "value": "12"}}}, nil)
	told := v.awaits("her new name", func(a arrival) bool { return a.is("Update", v.aliceURI) && a.about() == v.aliceURI }).inner()
	require.Equal(t, []any{"Person", "Alice of Sales", "<p>Sells.</p>", true}, []any{told["type"], told["name"], told["summary"], told["discoverable"]})
	field, _ := told["attachment"].(map[string]any)
	require.Equal(t, []any{"PropertyValue", "Desk", "12"}, []any{field["type"], field["name"], field["value"]})
	for _, name := range []string{"inbox", "outbox", "followers", "following", "featured", "publicKey", "assertionMethod", "endpoints"} {
		require.Contains(t, told, name)
	}

	v.tell("profile", fields{"as": "fred", "name": "Frederick"})
	id := v.alice.findAccount("@" + v.fred).ID
	eventually(t, "alice sees his new name", func() bool {
		var now account
		v.alice.get("/api/v1/accounts/"+id, &now)
		return now.DisplayName == "Frederick"
	})
	v.tell("profile", fields{"as": "fred", "suspended": true})
	eventually(t, "whom his server suspends is hidden", func() bool { return len(v.alice.home()) > 0 && len(v.byFred()) == 0 })
	v.tell("profile", fields{"as": "fred", "suspended": false})
	eventually(t, "and shown again", func() bool { return len(v.byFred()) > 0 })
}

// byFred are his posts in alice's home.
func (v *fediverse) byFred() (list []status) {
	for _, s := range v.alice.home() {
		if s.Account.Acct == v.fred {
			list = append(list, s)
		}
	}
	return list
}

// reportBothWays has moderators on either side learn what the other's people
// complain of, and not who.
func reportBothWays(t *testing.T, v *fediverse) {
	bad := v.tell("post", fields{"as": "fred", "text": "<p>Buy now.</p>"})
	seen := v.alice.awaits("Buy now.")
	v.alice.post("/api/v1/reports", fields{"account_id": seen.Account.ID, "status_ids": []string{seen.ID}, "comment": "advertising", "category": "spam", "forward": true}, nil)
	flag := v.awaits("her report", func(a arrival) bool { return a["type"] == "Flag" })
	require.NotEqual(t, v.aliceURI, flag["actor"])
	require.Equal(t, "advertising", flag["content"])
	require.ElementsMatch(t, []any{v.uri("fred"), bad}, flag["object"])

	said := v.alice.say("Something rude.")
	v.act("fred", "Flag", fields{"objects": []string{v.aliceURI, said.URI}, "content": "she is rude", "to": v.aliceURI})
	eventually(t, "the report is listed", func() bool {
		list := v.node.command("report", "list")
		return strings.Contains(list, "she is rude") && strings.Contains(list, v.fred)
	})
}

// blockBothWays has each block the other, and let him be again.
func blockBothWays(t *testing.T, v *fediverse) {
	fred := v.alice.findAccount("@" + v.fred)
	blocked := func() (by bool) {
		var list []struct {
			BlockedBy bool `json:"blocked_by"`
			Following bool `json:"following"`
		}
		v.alice.get("/api/v1/accounts/relationships?id[]="+fred.ID, &list)
		return list[0].BlockedBy && !list[0].Following
	}
	block := v.act("fred", "Block", fields{"object": v.aliceURI, "to": v.aliceURI})
	eventually(t, "alice is blocked, and follows no more", blocked)
	v.undo("fred", "Block", block, v.aliceURI, v.aliceURI)
	eventually(t, "alice is not blocked", func() bool { return !blocked() })

	v.alice.post("/api/v1/accounts/"+fred.ID+"/block", fields{}, nil)
	v.awaits("her Block", func(a arrival) bool { return a.is("Block", v.aliceURI) && a.about() == v.uri("fred") })
	v.alice.post("/api/v1/accounts/"+fred.ID+"/unblock", fields{}, nil)
	v.awaits("the end of it", func(a arrival) bool { return a.is("Undo", v.aliceURI) && a.inner()["type"] == "Block" })
}

// moveBothWays has people of either side move to another account there, and
// those who follow them go after them.
func moveBothWays(t *testing.T, v *fediverse) {
	carol, dave := v.carol.uri(), v.dave.uri()
	v.carol.follow("@" + v.fred)
	v.tell("join", fields{"as": "freda", "aliases": []string{v.uri("fred")}})
	v.act("fred", "Move", fields{"object": v.uri("fred"), "target": v.uri("freda"), "to": carol})
	v.awaits("that carol follows freda", func(a arrival) bool { return a.is("Follow", carol) && a.about() == v.uri("freda") })
	v.awaits("and fred no more", func(a arrival) bool { return a.is("Undo", carol) && a.inner()["object"] == v.uri("fred") })

	v.dave.must("PATCH", "/api/v1/accounts/update_credentials", fields{"locked": false}, nil)
	v.act("freda", "Follow", fields{"object": dave, "to": dave})
	v.dave.awaitsNews("follow", v.handle("freda"))
	v.tell("join", fields{"as": "davina", "aliases": []string{dave}})
	v.node.command("account", "move", "dave", v.uri("davina"))
	v.awaits("that dave has moved", func(a arrival) bool {
		return a.is("Move", dave) && a.about() == dave && a["target"] == v.uri("davina")
	})
	v.awaits("where to", func(a arrival) bool { return a.is("Update", dave) && a.inner()["movedTo"] == v.uri("davina") })
}

// leaveBothWays has people of either side go for good.
func leaveBothWays(t *testing.T, v *fediverse) {
	carol, freda := v.carol.uri(), v.carol.findAccount("@"+v.handle("freda"))
	v.tell("leave", fields{"as": "freda", "to": carol})
	eventually(t, "freda is gone", func() bool {
		code, _ := v.carol.ask("GET", "/api/v1/accounts/"+freda.ID, nil)
		return code == 404 || code == 410
	})
	v.node.command("account", "delete", "carol", "--yes")
	v.awaits("that carol is gone", func(a arrival) bool { return a.is("Delete", carol) && a.about() == carol })
}
