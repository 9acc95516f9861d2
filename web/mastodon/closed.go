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
