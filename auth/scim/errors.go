package scim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"parley/internal/fault"
)

// problem is an error with the word that RFC 7644 3.12 has for it.
type problem struct {
	status int
	kind   string // scimType
	detail string
}

func (p *problem) Error() string { return p.kind + ": " + p.detail }

// bad is a 400 of a kind.
func bad(kind, format string, args ...any) error {
	return &problem{http.StatusBadRequest, kind, fmt.Sprintf(format, args...)}
}

func taken(format string, args ...any) error {
	return &problem{http.StatusConflict, "uniqueness", fmt.Sprintf(format, args...)}
}

var errChanged = &problem{http.StatusPreconditionFailed, "", "The resource has changed meanwhile: read it again"}

// problemOf is what a directory hears of an error, and nil where it is ours.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	switch kind := fault.Of(err); kind {
	case fault.Internal, fault.Unavailable:
		return nil
	case fault.Invalid:
		return &problem{http.StatusBadRequest, "invalidValue", fault.Message(err)}
	default:
		return &problem{int(kind), "", fault.Message(err)}
	}
}

func (p *problem) body() object {
	b := object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(p.status), "detail": p.detail}
	if p.kind != "" {
		b["scimType"] = p.kind
	}
	return b
}
