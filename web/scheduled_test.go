package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestScheduledStatuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := newNode(t, db)
		ada, bob := n.person("ada"), n.person("bob")
		question, picture := bob.post("a question"), upload(t, ada, "a square")
		at := time.Now().UTC().Add(time.Hour).Truncate(time.Second)
		s := ada.send("POST", "/api/v1/statuses", object{"status": "later", "scheduled_at": at.Format(time.RFC3339), "spoiler_text": "cw", "visibility": "unlisted", "language": "de",
			"in_reply_to_id": question, "media_ids": []string{picture}, "quote_approval_policy": "nobody", "local_only": true, "hold_seconds": 30}).ok().object()
		params := s["params"].(object)
		assert.Equal(t, at.Format("2006-01-02T15:04:05.000Z"), s["scheduled_at"])
		assert.Equal(t, []any{"later", "cw", "unlisted", "de", []any{picture}, "nobody", true, false, 30.0},
			[]any{params["text"], params["spoiler_text"], params["visibility"], params["language"], params["media_ids"], params["quote_approval_policy"], params["local_only"], params["sensitive"], params["hold_seconds"]})
		assert.Equal(t, picture, s["media_attachments"].([]any)[0].(object)["id"])
		assert.Nil(t, s["error"])
		assert.Empty(t, ada.get("/api/v1/timelines/home").ids())
		path := "/api/v1/scheduled_statuses/" + s["id"].(string)
		assert.Equal(t, s, ada.get(path).ok().object())
		assert.Equal(t, []object{s}, ada.get("/api/v1/scheduled_statuses").ok().list())

		// A plain client sends the time alone, and what was said stays.
		next := at.Add(24 * time.Hour)
		moved := ada.form("PUT", path, url.Values{"scheduled_at": {next.Format(time.RFC3339)}}).ok().object()
		assert.Equal(t, next.Format("2006-01-02T15:04:05.000Z"), moved["scheduled_at"])
		assert.Equal(t, params, moved["params"])
		assert.Equal(t, s["media_attachments"], moved["media_attachments"])
		// Others change the rest.
		edited := ada.send("PATCH", path, object{"status": "better", "visibility": "public", "media_ids": []string{}, "in_reply_to_id": "", "local_only": false, "sensitive": false, "spoiler_text": "",
			"poll": object{"options": []string{"a", "b"}, "expires_in": 3600, "multiple": true}}).ok().object()
		now := edited["params"].(object)
		assert.Equal(t, []any{"better", "public", []any{}, nil, false, false, nil}, []any{now["text"], now["visibility"], now["media_ids"], now["in_reply_to_id"], now["local_only"], now["sensitive"], now["spoiler_text"]})
		assert.Equal(t, object{"options": []any{"a", "b"}, "expires_in": 3600.0, "multiple": true, "hide_totals": false}, now["poll"])
		assert.Equal(t, moved["scheduled_at"], edited["scheduled_at"])
		assert.Equal(t, 422, ada.send("PUT", path, object{"status": strings.Repeat("x", 501)}).code)
		assert.Equal(t, 422, ada.send("PUT", path, object{"scheduled_at": "tomorrow"}).code)
		assert.Equal(t, 422, ada.send("PUT", path, object{"scheduled_at": time.Now().Add(time.Minute).Format(time.RFC3339)}).code)
		assert.Equal(t, edited, ada.get(path).ok().object())

		// It is its author's alone.
		assert.Empty(t, bob.get("/api/v1/scheduled_statuses").ids())
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			assert.Equal(t, 404, bob.do(method, path, nil).code, method)
		}
		assert.Equal(t, "{}", ada.do("DELETE", path, nil).ok().body)
		assert.Equal(t, 404, ada.get(path).code)
		assert.Equal(t, 200, ada.send("POST", "/api/v1/statuses", object{"media_ids": []string{picture}}).code, "its file is free")
	})
}

func TestScheduledStatusesInPages(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	var all []string
	for i := range 5 {
		at := time.Now().Add(time.Duration(9-i) * time.Hour).Format(time.RFC3339)
		all = append([]string{ada.send("POST", "/api/v1/statuses", object{"status": fmt.Sprint(i), "scheduled_at": at}).ok().object()["id"].(string)}, all...)
	}
	first := ada.get("/api/v1/scheduled_statuses?limit=2")
	assert.Equal(t, all[:2], first.ids())
	second := ada.get(strings.TrimPrefix(next(t, first), n.url))
	assert.Equal(t, all[2:4], second.ids())
	assert.Equal(t, all[4:], ada.get(strings.TrimPrefix(next(t, second), n.url)).ids())
	assert.Equal(t, all[2:3], ada.get("/api/v1/scheduled_statuses?limit=1&min_id="+all[3]).ids())
	last := ada.get("/api/v1/scheduled_statuses?max_id=" + all[4])
	assert.Empty(t, last.ids())
	assert.Empty(t, last.header.Get("Link"))
}

func TestTimesOfSchedules(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	for sent, want := range map[string]string{
		"2999-12-31T23:59:59.123Z":  "2999-12-31T23:59:59.123Z",
		"2999-12-31T23:59+02:00":    "2999-12-31T21:59:00.000Z",
		"2999-12-31T23:59:59":       "2999-12-31T23:59:59.000Z",
		"2999-12-31 23:59:59":       "2999-12-31T23:59:59.000Z",
		"2999-12-31T23:59:59-05:30": "3000-01-01T05:29:59.000Z",
	} {
		assert.Equal(t, want, ada.form("POST", "/api/v1/statuses", url.Values{"status": {"a draft"}, "scheduled_at": {sent}}).ok().object()["scheduled_at"], sent)
	}
	for _, sent := range []string{"soon", "2999-02-31T00:00:00Z", "-1", "99999-01-01T00:00:00Z"} {
		a := ada.send("POST", "/api/v1/statuses", object{"status": "never", "scheduled_at": sent})
		assert.Equal(t, 422, a.code, sent)
		assert.Contains(t, a.object()["error"], "Validation failed")
	}
	key := []string{"Content-Type", "application/x-www-form-urlencoded", "Idempotency-Key", "k"}
	once := ada.do("POST", "/api/v1/statuses", strings.NewReader("status=once&scheduled_at=2999-01-01T00:00:00Z"), key...).ok().object()
	require.Equal(t, once, ada.do("POST", "/api/v1/statuses", strings.NewReader("status=once&scheduled_at=2999-01-01T00:00:00Z"), key...).ok().object())
}
