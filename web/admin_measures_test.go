package web_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// period asks for keys over the last days, and for what they are about.
func period(days int, keys ...string) url.Values {
	form := url.Values{"keys[]": keys, "start_at": {time.Now().UTC().AddDate(0, 0, 1-days).Format(time.RFC3339)}, "end_at": {time.Now().UTC().Format("2006-01-02")}}
	for _, key := range keys {
		form.Set(key+"[id]", "Go")
	}
	return form
}

// joined has somebody have joined on a day.
func (n *node) joined(c *client, day int64) {
	n.t.Helper()
	n.write(func(tx *store.Tx) error {
		user, err := tx.User(c.id)
		if err != nil {
			return err
		}
		user.CreatedAt = store.Time(day * 24 * 3600 * 1000)
		return tx.UpdateUser(user)
	})
}

func TestAdminCounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		olga, audrey, ada, bob := n.steward("olga", auth.Owner), n.steward("audrey", auth.Auditor), n.person("ada"), n.person("bob")
		far := n.remote(ada.id, 2)
		n.arrive(far, ada.id)
		domain := far[0].Domain
		post := ada.post("about #go", "language", "de")
		bob.post("more #go")
		bob.post("yes", "in_reply_to_id", post)
		bob.send("POST", "/api/v1/statuses/"+post+"/favourite", object{}).ok()
		bob.send("POST", "/api/v1/statuses/"+post+"/reblog", object{}).ok()
		bob.report(ada, "one")
		bob.report(&client{n: n, id: far[0].ID}, "two")
		olga.do("POST", "/api/v1/admin/reports/"+ada.report(bob, "three")+"/resolve", nil).ok()
		n.joined(bob, store.Today()-4) // in the period before

		keys := []string{"active_users", "new_users", "interactions", "opened_reports", "resolved_reports", "tag_accounts", "tag_uses", "tag_servers", "instance_accounts", "instance_statuses",
			"instance_reports", "instance_follows", "instance_followers", "instance_media_attachments", "weather"}
		form := period(3, keys...)
		for _, key := range keys[8:14] {
			form.Del(key + "[id]")
			form.Set(key+"[domain]", domain)
		}
		totals := map[string]any{}
		for _, m := range audrey.form("POST", "/api/v1/admin/measures", form).ok().list() {
			check(t, table, "AdminMeasure", m["key"].(string), any(m))
			assert.Len(t, m["data"], 3)
			last := m["data"].([]any)[2].(object)
			assert.Equal(t, time.Now().UTC().Format("2006-01-02")+"T00:00:00.000Z", last["date"])
			totals[m["key"].(string)] = []any{m["total"], last["value"], m["previous_total"]}
		}
		here := 0
		for _, a := range far {
			if a.Domain == domain {
				here++
			}
		}
		same := func(n int) []any { return []any{fmt.Sprint(n), fmt.Sprint(n), nil} }
		assert.Equal(t, map[string]any{
			"active_users": []any{"4", "4", "0"}, "new_users": []any{"3", "3", "1"}, "interactions": []any{"3", "3", "0"}, "opened_reports": []any{"3", "3", "0"}, "resolved_reports": []any{"1", "1", "0"},
			"tag_accounts": totals["tag_accounts"], "tag_uses": totals["tag_uses"], "tag_servers": totals["tag_servers"],
			"instance_accounts": same(here), "instance_statuses": totals["instance_statuses"], "instance_reports": same(1), "instance_follows": same(here), "instance_followers": same(0),
			"instance_media_attachments": same(0),
		}, totals, "and nothing of the weather")
		assert.NotEqual(t, "0", totals["instance_statuses"].([]any)[0])
		assert.NotEqual(t, "0", totals["tag_uses"].([]any)[0])

		for _, odd := range []url.Values{{"keys[]": {"new_users"}}, {"keys[]": {"new_users"}, "start_at": {"2026-02-01"}, "end_at": {"2026-01-01"}}, {"start_at": {"1900-01-01"}, "end_at": {"2026-01-01"}}, {"start_at": {"soon"}, "end_at": {"later"}}} {
			assert.Equal(t, 422, audrey.form("POST", "/api/v1/admin/measures", odd).code, odd)
		}
	})
}

func TestAdminSeesTheLargestParts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		olga, ada := n.steward("olga", auth.Owner), n.person("ada")
		far := n.remote(ada.id, 1)
		n.arrive(far, ada.id)
		ada.post("eins #leaf", "language", "de")
		ada.post("zwei #leaf", "language", "de")
		olga.post("three #leaf", "language", "en")
		ada.send("PATCH", "/api/v1/accounts/update_credentials", object{"source": object{"language": "fr"}}).ok()

		keys := []string{"languages", "sources", "servers", "space_usage", "software_versions", "tag_servers", "tag_languages", "instance_accounts", "instance_languages", "weather"}
		form := url.Values{"keys[]": keys, "limit": {"2"}, "tag_servers[id]": {"leaf"}, "tag_languages[id]": {"Leaf"}, "instance_accounts[domain]": {far[0].Domain}, "instance_languages[domain]": {far[0].Domain}}
		parts := map[string][]string{}
		for _, d := range olga.form("POST", "/api/v1/admin/dimensions", form).ok().list() {
			check(t, table, "AdminDimension", d["key"].(string), any(d))
			parts[d["key"].(string)] = []string{}
			for _, p := range d["data"].([]any) {
				p := p.(object)
				check(t, table, "AdminDimensionData", d["key"].(string), any(p))
				parts[d["key"].(string)] = append(parts[d["key"].(string)], fmt.Sprint(p["key"], " ", p["human_key"], " ", p["value"]))
			}
		}
		assert.Equal(t, []string{"fr French 1"}, parts["languages"])
		assert.Equal(t, []string{"web Website 3"}, parts["sources"])
		require.Len(t, parts["servers"], 1)
		assert.Contains(t, parts["servers"][0], far[0].Domain)
		assert.Len(t, parts["space_usage"], 3)
		assert.Len(t, parts["software_versions"], 3)
		assert.Equal(t, []string{n.API.Domain + " " + n.API.Domain + " 3"}, parts["tag_servers"])
		assert.Equal(t, []string{"de German 2", "en English 1"}, parts["tag_languages"])
		assert.Equal(t, []string{far[0].Username + " " + far[0].Username + " 1"}, parts["instance_accounts"])
		assert.Len(t, parts["instance_languages"], 1)
		assert.NotContains(t, parts, "weather")
		assert.Equal(t, 422, olga.form("POST", "/api/v1/admin/dimensions", url.Values{"keys[]": keys, "start_at": {"x"}}).code)
	})
}

func TestAdminSeesWhoStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		table := entities(t)
		n := newNode(t, db)
		olga, ada, bob := n.steward("olga", auth.Owner), n.person("ada"), n.person("bob")
		ada.get("/api/v1/preferences").ok()
		n.joined(ada, store.Today()-2)
		n.joined(bob, store.Today()-2) // and was not seen since
		form := period(3)
		form.Set("frequency", "day")
		cohorts := olga.form("POST", "/api/v1/admin/retention", form).ok().list()
		require.Len(t, cohorts, 3)
		for _, c := range cohorts {
			check(t, table, "AdminCohort", "cohort", any(c))
		}
		kept := []any{}
		for _, d := range cohorts[0]["data"].([]any) {
			check(t, table, "CohortData", "data", d)
			kept = append(kept, d.(object)["value"], d.(object)["rate"])
		}
		assert.Equal(t, []any{"2", 1.0, "1", 0.5, "1", 0.5}, kept)
		assert.Equal(t, "1", cohorts[2]["data"].([]any)[0].(object)["value"], "Olga, today")
		form.Set("frequency", "month")
		months := olga.form("POST", "/api/v1/admin/retention", form).ok().list()
		assert.Equal(t, "month", months[0]["frequency"])
		assert.Regexp(t, `-01T00:00:00\.000Z$`, months[0]["period"])
		assert.Equal(t, "[]", olga.form("POST", "/api/v1/admin/retention", url.Values{"start_at": {"2026-01-01"}}).ok().body)
		far := period(200)
		far.Set("frequency", "day")
		assert.Equal(t, 422, olga.form("POST", "/api/v1/admin/retention", far).code)
	})
}
