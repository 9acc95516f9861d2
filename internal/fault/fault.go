package fault

import (
	"errors"
	"net/http"
)

// Kind says what sort of failure an error is. Its number is the HTTP status
// that the front door answers with.
type Kind int

// The kinds, one per status a client can act on.
const (
	BadRequest   Kind = http.StatusBadRequest
	Unauthorized Kind = http.StatusUnauthorized
	Forbidden    Kind = http.StatusForbidden
	NotFound     Kind = http.StatusNotFound
	Conflict     Kind = http.StatusConflict
	Gone         Kind = http.StatusGone
	TooLarge     Kind = http.StatusRequestEntityTooLarge
	Invalid      Kind = http.StatusUnprocessableEntity
	TooMany      Kind = http.StatusTooManyRequests
	Internal     Kind = http.StatusInternalServerError
	Unavailable  Kind = http.StatusServiceUnavailable
)

// Error is a failure of a known kind. Message is safe to show.
type Error struct {
	Kind    Kind
	Message string
	Cause   error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + ": " + e.Cause.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of a kind with a message for its reader.
func New(kind Kind, message string) error {
	return &Error{Kind: kind, Message: message}
}

// Wrap gives err a kind and a message that may be shown in its place.
func Wrap(kind Kind, err error, message string) error {
	return &Error{Kind: kind, Message: message, Cause: err}
}

// Of is the kind of err: Internal for anything that did not say.
func Of(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && Of(err) == kind }

// Message is what may be shown of err. An error without a kind shows nothing
// of itself.
func Message(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return "Something went wrong on our side"
}
