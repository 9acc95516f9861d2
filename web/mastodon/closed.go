package mastodon

import (
	"github.com/gin-gonic/gin"

	"parley/internal/fault"
)

// SignUp answers as Mastodon does where registrations are closed: accounts come
// with the organisation's sign-in.
func (a *API) SignUp(*gin.Context) error {
	return fault.New(fault.Forbidden, "This action is not allowed")
}

// ConfirmEmail answers as Mastodon does once an address is confirmed: the
// identity provider answers for those of ours.
func (a *API) ConfirmEmail(*gin.Context) error {
	return fault.New(fault.Forbidden, "This method is only available while the e-mail is awaiting confirmation")
}

// Translate refuses as Mastodon does where no service is set up that
// translates. https://docs.joinmastodon.org/methods/statuses/#translate
func (a *API) Translate(c *gin.Context) error {
	if _, err := a.original(c); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "This action is not allowed: nothing is translated here")
}

// AsyncRefresh answers about work that goes on behind an answer. None of ours
// is announced, so that no id names any.
// https://docs.joinmastodon.org/methods/async_refreshes/
func (a *API) AsyncRefresh(*gin.Context) error { return errNotFound }
