package ui

import (
	"github.com/gin-gonic/gin"

	"parley/auth"
)

// guises are whom the reader can act as, themselves first: none for most, who
// are in no shared account.
func (u *UI) guises(c *gin.Context, who auth.Who) ([]ViewGuise, error) {
	shared, err := u.reader(c).ActsAs(who.Person())
	if err != nil || len(shared) == 0 {
		return nil, err
	}
	me, err := u.reader(c).Actor(who.Person())
	if err != nil {
		return nil, err
	}
	list := []ViewGuise{{ID: id(me.ID), Name: me.Name(), Handle: "@" + me.Acct(), Own: true, Now: who.ActedBy == 0}}
	for _, s := range shared {
		list = append(list, ViewGuise{ID: id(s.ID), Name: s.Name(), Handle: "@" + s.Acct(), Now: s.ID == who.ActorID})
	}
	return list, nil
}

// ActAs has the browser go on as a shared account, or as its person again.
func (u *UI) ActAs(c *gin.Context) error {
	if err := u.Auth.ActAs(c.Writer, c.Request, number(c.PostForm("account"))); err != nil {
		return err
	}
	return see(c, "/")
}
