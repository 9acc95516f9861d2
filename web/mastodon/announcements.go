package mastodon

import (
	"slices"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/store"
)

// announcement is the entity. https://docs.joinmastodon.org/entities/Announcement/
type announcement struct {
	ID          string     `json:"id"`
	Content     string     `json:"content"`
	StartsAt    *string    `json:"starts_at"`
	EndsAt      *string    `json:"ends_at"`
	AllDay      bool       `json:"all_day"`
	PublishedAt string     `json:"published_at"`
	UpdatedAt   string     `json:"updated_at"`
	Read        bool       `json:"read"`
	Mentions    []struct{} `json:"mentions"`
	Statuses    []struct{} `json:"statuses"`
	Tags        []struct{} `json:"tags"`
	Emojis      []emoji    `json:"emojis"`
	Reactions   []reaction `json:"reactions"`
}

// reaction is the entity. https://docs.joinmastodon.org/entities/Reaction/
type reaction struct {
	Name      string  `json:"name"`
	Count     int64   `json:"count"`
	Me        bool    `json:"me"`
	URL       *string `json:"url"`
	StaticURL *string `json:"static_url"`
}

// announcements renders those shown now, or only the one with the id.
func (a *API) announcements(r store.Reader, reader, only int64, all bool) ([]announcement, error) {
	rows, err := r.Announcements(reader, all)
	if err != nil {
		return nil, err
	}
	if only != 0 {
		rows = slices.DeleteFunc(rows, func(n *store.ReadAnnouncement) bool { return n.ID != only })
	}
	ids := make([]int64, len(rows))
	for i, n := range rows {
		ids[i] = n.ID
	}
	reactions, err := r.AnnouncementReactions(reader, ids)
	if err != nil {
		return nil, err
	}
	pictures, err := a.pictures(r, reactions)
	if err != nil {
		return nil, err
	}
	list := make([]announcement, len(rows))
	for i, n := range rows {
		list[i] = announcement{
			ID: id(n.ID), Content: n.Content, StartsAt: optionalMoment(n.StartsAt), EndsAt: optionalMoment(n.EndsAt), AllDay: n.AllDay,
			PublishedAt: moment(n.PublishedAt), UpdatedAt: moment(n.UpdatedAt), Read: n.Read,
			Mentions: []struct{}{}, Statuses: []struct{}{}, Tags: []struct{}{}, Emojis: a.emojis("", n.Emojis), Reactions: []reaction{},
		}
		for _, said := range reactions[n.ID] {
			e := reaction{Name: said.Name, Count: said.Count, Me: said.Me}
			if p, ok := pictures[said.Name]; ok {
				e.URL, e.StaticURL = &p.URL, &p.StaticURL
			}
			list[i].Reactions = append(list[i].Reactions, e)
		}
	}
	return list, nil
}

// pictures are those of the custom emoji among the reactions, by shortcode.
func (a *API) pictures(r store.Reader, reactions map[int64][]store.Reaction) (map[string]emoji, error) {
	var names []string
	for _, all := range reactions {
		for _, said := range all {
			names = append(names, said.Name)
		}
	}
	known, err := r.EmojisOf(names)
	byName := make(map[string]emoji, len(known))
	for _, e := range a.emojis("", known) {
		byName[e.Shortcode] = e
	}
	return byName, err
}

// Announcements answers with what those who run the node say to everybody.
// https://docs.joinmastodon.org/methods/announcements/
func (a *API) Announcements(c *gin.Context) error {
	list, err := a.announcements(a.reader(c), viewer(c), 0, asks(c, "with_dismissed"))
	if err != nil {
		return err
	}
	return answer(c, list)
}

// DismissAnnouncement notes that the viewer has read one.
func (a *API) DismissAnnouncement(c *gin.Context) error {
	n, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.About.Dismiss(contextOf(c), viewer(c), n); err != nil {
		return err
	}
	return done(c)
}

// ReactToAnnouncement puts the viewer's emoji under one, and a DELETE takes it
// away.
func (a *API) ReactToAnnouncement(c *gin.Context) error {
	n, err := pathID(c)
	if err != nil {
		return err
	}
	act := a.About.React
	if c.Request.Method == "DELETE" {
		act = a.About.Unreact
	}
	if err := act(contextOf(c), viewer(c), n, c.Param("name")); err != nil {
		return err
	}
	return done(c)
}

// announced is an event about an announcement, as it goes over the wire.
func (s *stream) announced(r store.Reader, e notify.Event) (event, payload string, err error) {
	if e.Name == "announcement.delete" {
		return e.Name, id(e.Subject), nil
	}
	list, err := s.api.announcements(r, s.who.ActorID, e.Subject, true)
	if err != nil {
		return "", "", err
	}
	if len(list) == 0 {
		return "", "", fault.New(fault.NotFound, "It was taken back")
	}
	if e.Name == "announcement" {
		return e.Name, string(encode(list[0])), nil
	}
	said := map[string]any{"announcement_id": id(e.Subject), "name": e.Detail, "count": int64(0)}
	if at := slices.IndexFunc(list[0].Reactions, func(r reaction) bool { return r.Name == e.Detail }); at >= 0 {
		said["count"] = list[0].Reactions[at].Count
	}
	return e.Name, string(encode(said)), nil
}
