package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"parley/auth"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func (c *client) report(target *client, comment string, posts ...string) string {
	c.n.t.Helper()
	return c.send("POST", "/api/v1/reports", object{"account_id": text(target.id), "comment": comment, "status_ids": posts}).ok().object()["id"].(string)
}

func TestAdminJudgesReports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		olga, mona, audrey := n.steward("olga", auth.Owner), n.steward("mona", auth.Moderator), n.steward("audrey", auth.Auditor)
		ada, bob, carl := n.person("ada"), n.person("bob"), n.person("carl")
		letter := bob.post("a secret for @ada", "visibility", "direct")
		public := bob.post("rude")
		first := ada.report(bob, "look", public, letter)
		second := carl.report(bob, "me too")
		third := bob.report(carl, "he lies")

		const list = "/api/v1/admin/reports"
		for query, want := range map[string][]string{
			"": {third, second, first}, "?resolved=true": {}, "?target_account_id=" + text(bob.id): {second, first}, "?account_id=" + text(bob.id): {third},
			"?account_id=" + text(ada.id) + "&target_account_id=" + text(bob.id): {first}, "?limit=1": {third}, "?max_id=" + second: {first},
		} {
			assert.Equal(t, want, mona.get(list+query).ids(), query)
			assert.Equal(t, want, audrey.get(list+query).ids(), query)
		}
		one := mona.get(list + "/" + first).ok().object()
		check(t, table, "AdminReport", "report", any(one))
		posts := []any{}
		for _, post := range one["statuses"].([]any) {
			posts = append(posts, post.(object)["id"])
		}
		assert.Equal(t, []any{public, letter}, posts, "she could see them")
		assert.Equal(t, []any{"ada", "bob", nil, nil, false, nil}, []any{one["account"].(object)["username"], one["target_account"].(object)["username"], one["assigned_account"],
			one["action_taken_by_account"], one["action_taken"], one["action_taken_at"]})

		changed := mona.form("PUT", list+"/"+first, url.Values{"category": {"violation"}, "rule_ids[]": {"3"}}).ok().object()
		assert.Equal(t, "violation", changed["category"])
		assert.Equal(t, "spam", mona.send("PATCH", list+"/"+first, object{"category": "spam"}).ok().object()["category"])
		assert.Equal(t, 422, mona.send("PUT", list+"/"+first, object{"category": "odd"}).code)
		judge := func(act string) object {
			o := mona.do("POST", list+"/"+first+"/"+act, nil).ok().object()
			check(t, table, "AdminReport", act, any(o))
			return o
		}
		assert.Equal(t, "mona", judge("assign_to_self")["assigned_account"].(object)["username"])
		assert.Nil(t, judge("unassign")["assigned_account"])
		assert.Equal(t, "mona", judge("resolve")["action_taken_by_account"].(object)["username"])
		assert.Equal(t, []string{first}, mona.get(list+"?resolved=true").ids())
		assert.Equal(t, false, judge("reopen")["action_taken"])
		assert.Equal(t, 404, mona.do("POST", list+"/7/resolve", nil).code)
		assert.Equal(t, 404, mona.send("PUT", list+"/7", object{"category": "spam"}).code)
		assert.Equal(t, []string{"report.reclassify", "report.reclassify", "report.assign", "report.unassign", "report.resolve", "report.reopen"}, verbs(n.lines(mona)))

		// What is done to somebody settles what waits about him, and none only
		// the one report.
		act := func(form url.Values) {
			t.Helper()
			olga.form("POST", bob.at("/api/v1/admin/accounts/%d/action"), form).ok()
		}
		act(url.Values{"type": {"none"}, "report_id": {first}, "text": {"spoke to him"}})
		assert.Equal(t, []string{first}, mona.get(list+"?resolved=true").ids())
		assert.Equal(t, 404, olga.form("POST", bob.at("/api/v1/admin/accounts/%d/action"), url.Values{"type": {"silence"}, "report_id": {third}}).code, "that is about another")
		act(url.Values{"type": {"suspend"}, "report_id": {second}})
		assert.Equal(t, []string{second, first}, mona.get(list+"?resolved=true").ids())
		assert.Len(t, mona.get(list + "/" + first).ok().object()["statuses"], 2, "the evidence stays")
		assert.Equal(t, []string{"report.note", "report.resolve", "account.disable", "report.resolve"}, verbs(n.lines(olga)))
	})
}

// verbs are the actions of lines without what they are about.
func verbs(lines []string) []string {
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, " ")
	}
	return lines
}
