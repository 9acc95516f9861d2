package ui

import (
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/store"
)

// ViewGrant is an app that acts for somebody.
type ViewGrant struct {
	ID      string
	Name    string
	Website string
	Scopes  string
	Shared  string // the account that it acts as, if not the reader's own
	Since   time.Time
	Used    time.Time
	Ends    time.Time // zero for never
}

// ViewSession is a browser that is signed in.
type ViewSession struct {
	ID      string
	Device  string
	Agent   string // the User-Agent that it sent
	Address string
	Since   time.Time
	Seen    time.Time
	This    bool
}

// Access is the body of the page of apps and devices.
type Access struct {
	Grants   []ViewGrant
	Sessions []ViewSession
}

// What a browser's User-Agent is known by. The first that is in it counts: most
// say that they are others too.
var (
	browsers = [][2]string{{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}}
	systems  = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// device is what people call the browser that sent the User-Agent.
func device(agent string) string {
	known := func(by [][2]string) string {
		for _, k := range by {
			if strings.Contains(agent, k[0]) {
				return k[1]
			}
		}
		return ""
	}
	browser, system := known(browsers), known(systems)
	if browser == "" || system == "" {
		return agent
	}
	return browser + " on " + system
}

// AccessPage shows what can act as the reader: apps and signed-in browsers.
func (u *UI) AccessPage(c *gin.Context) error {
	r, who := u.reader(c), auth.WhoIs(c.Request.Context())
	grants, err := r.Grants(who.Person())
	if err != nil {
		return err
	}
	sessions, err := r.Sessions(who.Person())
	if err != nil {
		return err
	}
	var body Access
	for _, g := range grants {
		body.Grants = append(body.Grants, viewGrant(g))
	}
	for _, s := range sessions {
		v := viewSession(s)
		v.This = s.ID == who.SessionID
		body.Sessions = append(body.Sessions, v)
	}
	return u.show(c, "access", "Apps and devices", "", body)
}

// newDevices are those of which the reader has to say whose they are.
func (u *UI) newDevices(r store.Reader, who auth.Who) ([]ViewSession, error) {
	open, err := u.Auth.NewDevices(r, who)
	var views []ViewSession
	for _, d := range open {
		views = append(views, ViewSession{ID: id(d.ID), Device: device(d.UserAgent), Agent: d.UserAgent, Address: d.Address, Since: d.FirstSeenAt.Time()})
	}
	return views, err
}

// AnswerForDevice says whether a new device was the reader.
func (u *UI) AnswerForDevice(c *gin.Context) error {
	ctx, who, device := c.Request.Context(), auth.WhoIs(c.Request.Context()), number(c.Param("id"))
	switch c.Param("act") {
	case "mine":
		if err := u.Auth.ClaimDevice(ctx, who, device); err != nil {
			return err
		}
		return see(c, "/?done=device")
	case "end":
		if err := u.Auth.EndDevice(ctx, who, device); err != nil {
			return err
		}
		return see(c, "/settings/access?done=device-ended")
	}
	return errNotFound
}

func viewSession(s *store.Session) ViewSession {
	return ViewSession{ID: id(s.ID), Device: device(s.UserAgent), Agent: s.UserAgent, Address: s.Address, Since: s.CreatedAt.Time(), Seen: s.SeenAt.Time()}
}

func viewGrant(g *store.Grant) ViewGrant {
	v := ViewGrant{Shared: g.Shared, ID: id(g.ID), Name: g.AppName, Website: g.Website, Scopes: g.Scopes, Since: g.CreatedAt.Time()}
	if v.Name == "" {
		v.Name = "Made by the node's owner"
	}
	if g.UsedAt != 0 {
		v.Used = g.UsedAt.Time()
	}
	if g.ExpiresAt != 0 && g.RefreshHash == "" {
		v.Ends = g.ExpiresAt.Time()
	}
	return v
}

// EndGrant disconnects an app, in every process within two seconds.
func (u *UI) EndGrant(c *gin.Context) error {
	if err := u.Auth.EndGrant(c.Request.Context(), auth.WhoIs(c.Request.Context()), number(c.Param("id"))); err != nil {
		return err
	}
	return see(c, "/settings/access?done=disconnected")
}

// EndSession signs a browser out.
func (u *UI) EndSession(c *gin.Context) error {
	if err := u.Auth.EndOwnSession(c.Request.Context(), auth.WhoIs(c.Request.Context()), number(c.Param("id"))); err != nil {
		return err
	}
	return see(c, "/settings/access?done=signed-out")
}
