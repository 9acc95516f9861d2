package mastodon

import (
	"encoding/json"

	"parley/internal/store"
)

// severance is the entity RelationshipSeveranceEvent.
type severance struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Purged    bool   `json:"purged"`
	Target    string `json:"target_name"`
	Followers int64  `json:"followers_count"`
	Following int64  `json:"following_count"`
	CreatedAt string `json:"created_at"`
}

// subjects are what notifications are about that are about no post, by id.
func (a *API) subjects(r store.Reader, reader int64, rows []*store.Notification) (map[int64]subjects, error) {
	all := map[int64]subjects{}
	var reports, severances, collections []int64
	for _, n := range rows {
		switch n.Kind {
		case "admin.report":
			reports = append(reports, n.SubjectID)
		case "severed_relationships":
			severances = append(severances, n.SubjectID)
		case "added_to_collection", "collection_update":
			collections = append(collections, n.SubjectID)
		}
	}
	if len(collections) > 0 {
		rows, err := r.CollectionsByID(reader, store.Unique(collections))
		if err != nil {
			return nil, err
		}
		found, err := a.collections(r, reader, rows)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			all[row.ID] = subjects{Collection: &found[i]}
		}
	}
	if len(reports) > 0 {
		found, err := a.reports(r, reader, reports)
		if err != nil {
			return nil, err
		}
		for id, entity := range found {
			all[id] = subjects{Report: entity}
		}
	}
	if len(severances) > 0 {
		found, err := r.Severances(severances)
		if err != nil {
			return nil, err
		}
		losses, err := r.LossesOf(reader, severances)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			all[s.ID] = subjects{Event: &severance{ID: id(s.ID), Type: s.Kind, Target: s.Target, CreatedAt: moment(s.CreatedAt),
				Followers: losses[s.ID].Followers, Following: losses[s.ID].Following}}
		}
	}
	return all, nil
}

// reports are the entities of the reports with the ids.
func (a *API) reports(r store.Reader, viewer int64, ids []int64) (map[int64]*report, error) {
	rows, err := r.ReportsByID(ids)
	if err != nil {
		return nil, err
	}
	var targets []int64
	for _, row := range rows {
		targets = append(targets, row.TargetID)
	}
	actors, err := r.Actors(store.Unique(targets))
	if err != nil {
		return nil, err
	}
	accounts, err := a.rendered(r, viewer, actors)
	if err != nil {
		return nil, err
	}
	posts, err := r.ReportPosts(ids)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]*report, len(rows))
	for _, row := range rows {
		all[row.ID] = reportOf(row, posts[row.ID], accounts[row.TargetID])
	}
	return all, nil
}

// report is the entity Report.
type report struct {
	ID            string          `json:"id"`
	ActionTaken   bool            `json:"action_taken"`
	ActionTakenAt *string         `json:"action_taken_at"`
	Category      string          `json:"category"`
	Comment       string          `json:"comment"`
	Forwarded     bool            `json:"forwarded"`
	CreatedAt     string          `json:"created_at"`
	StatusIDs     []string        `json:"status_ids"`
	RuleIDs       []string        `json:"rule_ids"`
	CollectionIDs []string        `json:"collection_ids"`
	Target        json.RawMessage `json:"target_account"`
}

func reportOf(row *store.Report, posts []int64, target json.RawMessage) *report {
	e := &report{ID: id(row.ID), ActionTaken: row.ResolvedAt != 0, ActionTakenAt: optionalMoment(row.ResolvedAt), Category: row.Category, Comment: row.Comment,
		Forwarded: row.Forwarded, CreatedAt: moment(row.CreatedAt), StatusIDs: []string{}, CollectionIDs: []string{}, RuleIDs: row.RuleIDs, Target: target}
	if e.RuleIDs == nil {
		e.RuleIDs = []string{}
	}
	for _, post := range posts {
		e.StatusIDs = append(e.StatusIDs, id(post))
	}
	return e
}
