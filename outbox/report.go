package outbox

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Complaint is a report before it is one.
type Complaint struct {
	TargetID int64
	PostIDs  []int64
	Comment  string
	Category string
	RuleIDs  []string
	Forward  bool     // to the node of the target
	Domains  []string // with Forward: which nodes; none means that one
}

// Bounds of a report, as Mastodon has them.
const (
	maxComplaint = 1000 // characters
	maxReported  = 100  // posts
)

var categories = []string{"spam", "legal", "violation", "other"}

// Report asks the moderators to look at somebody, and with Forward those of the
// other node: these learn what it is about, and not who complains.
func (o *Outbox) Report(ctx context.Context, reporter int64, c Complaint) (r *store.Report, err error) {
	if utf8.RuneCountInString(c.Comment) > maxComplaint {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Comment is too long (maximum is %d characters)", maxComplaint))
	}
	if !slices.Contains(categories, c.Category) {
		c.Category = "other"
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		target, err := tx.Actor(c.TargetID)
		if err != nil {
			return err
		}
		if target.Absent() {
			return fault.New(fault.NotFound, "Record not found")
		}
		posts, err := reported(tx, reporter, target.ID, c.PostIDs)
		if err != nil {
			return err
		}
		r = &store.Report{ID: store.NewID(), ReporterID: reporter, TargetID: target.ID, Category: c.Category, Comment: text.Clean(c.Comment), RuleIDs: c.RuleIDs,
			Forwarded: c.Forward && !target.Local()}
		if r.Category != "violation" {
			r.RuleIDs = nil
		}
		if err := o.File(tx, r, ids(posts)); err != nil || !r.Forwarded {
			return err
		}
		return o.pass(ctx, tx, r, target, posts, c.Domains)
	})
	return r, err
}

// reported are the posts of the target with the ids that the reporter may see.
func reported(tx *store.Tx, reporter, target int64, want []int64) ([]*store.Post, error) {
	var posts []*store.Post
	for _, id := range want[:min(len(want), maxReported)] {
		p, err := tx.VisiblePost(reporter, id)
		if fault.Is(err, fault.NotFound) || err == nil && p.ActorID != target {
			continue
		}
		if err != nil {
			return nil, err
		}
		posts = append(posts, p)
	}
	return posts, nil
}

func ids(posts []*store.Post) []int64 {
	list := make([]int64, len(posts))
	for i, p := range posts {
		list[i] = p.ID
	}
	return list
}

// File stores a report and tells the moderators. The same by the same, while it
// waits, is one report.
func (o *Outbox) File(tx *store.Tx, r *store.Report, posts []int64) error {
	before, err := tx.SameReport(r.ReporterID, r.TargetID, r.Comment)
	if err == nil {
		*r = *before
		return tx.AddReportPosts(before.ID, posts)
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	r.URI = fmt.Sprintf("%s/reports/%d", o.URL, r.ID)
	if err := tx.CreateReport(r, posts); err != nil {
		return err
	}
	moderators, err := tx.Moderators()
	if err != nil {
		return err
	}
	for _, m := range moderators {
		if err := o.Notify.TellOf(tx, m, "admin.report", r.ReporterID, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// pass sends a report on in the name of the node, to the node of the target and
// to those whose people the posts answer, as far as they are wanted.
func (o *Outbox) pass(ctx context.Context, tx *store.Tx, r *store.Report, target *store.Actor, posts []*store.Post, domains []string) error {
	node, err := tx.InstanceActor()
	if err != nil {
		return err
	}
	flag := federation.Activity{ID: r.URI, Type: "Flag", Actor: node.URI, To: []string{target.URI}, Content: r.Comment}
	objects, answered := []string{target.URI}, []int64{}
	for _, p := range posts {
		objects = append(objects, p.URI)
		if p.InReplyToActorID != 0 {
			answered = append(answered, p.InReplyToActorID)
		}
	}
	flag.Object = objects
	var inboxes []string
	if len(domains) == 0 || slices.Contains(domains, target.Domain) {
		inboxes = append(inboxes, target.InboxURI)
	}
	others, err := tx.Actors(answered)
	if err != nil {
		return err
	}
	for _, other := range others {
		if !other.Local() && slices.Contains(domains, other.Domain) {
			inboxes = append(inboxes, other.Inbox())
		}
	}
	return o.publish(ctx, tx, node, r.URI, flag, inboxes)
}

// Judge changes how a report stands: resolve, reopen, assign to whoever asks,
// or unassign.
func (o *Outbox) Judge(ctx context.Context, by, report int64, act string) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := tx.Report(report)
		if err != nil {
			return err
		}
		return judge(tx, by, r, act)
	})
}

// Settle resolves all reports about somebody that wait.
func (o *Outbox) Settle(ctx context.Context, by, target int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		waiting, err := tx.ReportsAbout(target)
		if err != nil {
			return err
		}
		for _, r := range waiting {
			if err := judge(tx, by, r, "resolve"); err != nil {
				return err
			}
		}
		return nil
	})
}

func judge(tx *store.Tx, by int64, r *store.Report, act string) error {
	switch act {
	case "resolve":
		r.ResolvedID, r.ResolvedAt = by, store.Now()
	case "reopen":
		r.ResolvedID, r.ResolvedAt = 0, 0
	case "assign":
		r.AssignedID = by
	case "unassign":
		r.AssignedID = 0
	default:
		return fault.New(fault.NotFound, "Record not found")
	}
	if err := tx.UpdateReport(r); err != nil {
		return err
	}
	return audit.Write(tx, audit.Act{ActorID: by, Action: "report." + act, Subject: r.URI, Detail: map[string]any{"report": r.ID}})
}

// Reclassify says what a report is about. nil leaves as it is; only what breaks
// the rules has rules.
func (o *Outbox) Reclassify(ctx context.Context, by, report int64, category *string, rules []string) error {
	if category != nil && !slices.Contains(categories, *category) {
		return fault.New(fault.Invalid, "Validation failed: Category is not included in the list")
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := tx.Report(report)
		if err != nil {
			return err
		}
		if category != nil {
			r.Category = *category
		}
		if rules != nil {
			r.RuleIDs = rules
		}
		if r.Category != "violation" {
			r.RuleIDs = nil
		}
		if err := tx.UpdateReport(r); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "report.reclassify", Subject: r.URI, Detail: map[string]any{"report": r.ID, "category": r.Category}})
	})
}

// NoteReport keeps what a moderator has to say about a report, for the others.
func (o *Outbox) NoteReport(ctx context.Context, by, report int64, note string) error {
	note = text.Clean(note)
	if note == "" || utf8.RuneCountInString(note) > maxComplaint {
		return fault.New(fault.Invalid, fmt.Sprintf("Write a note of at most %d characters", maxComplaint))
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := tx.Report(report)
		if err != nil {
			return err
		}
		if err := tx.CreateReportNote(&store.ReportNote{ID: store.NewID(), ReportID: r.ID, ActorID: by, Text: note}); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "report.note", Subject: r.URI, Detail: map[string]any{"report": r.ID}})
	})
}

// TakeDown deletes a post of one of ours because a moderator says so.
func (o *Outbox) TakeDown(ctx context.Context, by, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockPost(id); err != nil {
			return err
		}
		p, err := tx.Post(id)
		if err != nil {
			return err
		}
		if !p.Local || p.DeletedAt != 0 || p.HeldUntil != 0 || p.BoostOfID != 0 {
			return fault.New(fault.NotFound, "Record not found")
		}
		if err := o.withdraw(ctx, tx, p); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "post.take_down", Subject: p.URI, Detail: map[string]any{"author": p.ActorID}})
	})
}
