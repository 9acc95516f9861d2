package store

// Quotation is what a post quotes, as a viewer sees it.
type Quotation struct {
	State  string // of the entity Quote: accepted, pending, deleted, unauthorized, muted_account, ...
	Quoted int64  // 0: what is quoted is not for the viewer
}

// Quotations are what the posts quote, and the entries of those quoted posts
// that the viewer may see. What was quoted by a link alone is left out: it is
// that link, as its author's software made it.
// https://docs.joinmastodon.org/entities/Quote/
func (r Reader) Quotations(viewer int64, posts []int64) (map[int64]Quotation, map[int64]Entry, error) {
	rows, err := r.Quotes(posts)
	if err != nil {
		return nil, nil, err
	}
	var ids []int64
	for _, q := range rows {
		if q.State == QuoteAccepted {
			ids = append(ids, q.QuotedID)
		}
	}
	entries, err := r.Entries(viewer, Unique(ids))
	if err != nil {
		return nil, nil, err
	}
	hidden, err := r.hiddenQuotes(viewer, ids, entries)
	if err != nil {
		return nil, nil, err
	}
	seen := make(map[int64]Entry, len(entries))
	for _, e := range entries {
		seen[e.PostID] = e
	}
	shown := make(map[int64]Quotation, len(rows))
	for post, q := range rows {
		switch {
		case q.State != QuoteAccepted && q.Legacy:
		case q.State != QuoteAccepted:
			shown[post] = Quotation{State: q.State}
		case hidden[q.QuotedID] != "":
			shown[post] = Quotation{State: hidden[q.QuotedID]}
		default:
			shown[post] = Quotation{QuoteAccepted, q.QuotedID}
		}
	}
	return shown, seen, nil
}

// hiddenQuotes says of those quoted posts that are not for the viewer why.
func (r Reader) hiddenQuotes(viewer int64, quoted []int64, seen []Entry) (map[int64]string, error) {
	why, err := r.hushedQuotes(viewer, seen)
	if err != nil || len(seen) == len(quoted) {
		return why, err
	}
	posts, err := r.Posts(Unique(quoted))
	if err != nil {
		return nil, err
	}
	here := make(map[int64]bool, len(seen))
	for _, e := range seen {
		here[e.PostID] = true
	}
	for _, id := range quoted {
		if here[id] {
			continue
		}
		why[id] = "unauthorized"
		// That it is gone anybody may know who could have read it.
		if p := posts[id]; p != nil && p.DeletedAt != 0 && p.Scope == World && (p.Visibility == Public || p.Visibility == Unlisted) {
			why[id] = "deleted"
		}
	}
	return why, nil
}

// hushedQuotes says of the posts by those whom the viewer does not want to hear why.
func (r Reader) hushedQuotes(viewer int64, seen []Entry) (map[int64]string, error) {
	why := map[int64]string{}
	if viewer == 0 || len(seen) == 0 {
		return why, nil
	}
	var authors []int64
	for _, e := range seen {
		authors = append(authors, e.ActorID)
	}
	relations, err := r.Relations(viewer, Unique(authors))
	if err != nil {
		return nil, err
	}
	hushed := map[int64]string{}
	for _, rel := range relations {
		switch {
		case rel.Blocking:
			hushed[rel.ActorID] = "blocked_account"
		case rel.DomainBlocking:
			hushed[rel.ActorID] = "blocked_domain"
		case rel.Muting:
			hushed[rel.ActorID] = "muted_account"
		}
	}
	for _, e := range seen {
		if reason := hushed[e.ActorID]; reason != "" {
			why[e.PostID] = reason
		}
	}
	return why, nil
}
