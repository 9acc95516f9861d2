package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/fault"
	"parley/internal/store"
)

// maxBody bounds what a client app may send to the OAuth endpoints.
const maxBody = 64 << 10

// params reads the parameters of a write in any of the ways that client apps
// send them: a form, a multipart form or JSON.
func params(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch kind {
	case "application/json":
		return jsonParams(r)
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxBody)
	default:
		err = r.ParseForm()
	}
	if err != nil {
		return nil, badBody(err)
	}
	return r.Form, nil
}

// jsonParams reads a JSON object of texts and lists of texts as a form.
func jsonParams(r *http.Request) (url.Values, error) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, badBody(err)
	}
	values := r.URL.Query()
	for name, value := range body {
		switch v := value.(type) {
		case nil:
		case []any:
			values.Del(name)
			for _, item := range v {
				values.Add(name, fmt.Sprint(item))
			}
		default:
			values.Set(name, fmt.Sprint(v))
		}
	}
	return values, nil
}

func badBody(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.Wrap(fault.TooLarge, err, "The request is too large")
	}
	return fault.Wrap(fault.BadRequest, err, "The request cannot be read")
}

// oauthError is an error of RFC 6749 5.2: a code for programs and a sentence
// for people. Clients compare both.
type oauthError struct {
	status      int
	code        string
	description string
}

func (e *oauthError) Error() string { return e.code + ": " + e.description }

var (
	errClient = &oauthError{http.StatusUnauthorized, "invalid_client",
		"Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."}
	errGrant = &oauthError{http.StatusBadRequest, "invalid_grant",
		"The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."}
	errGrantType = &oauthError{http.StatusBadRequest, "unsupported_grant_type",
		"The authorization grant type is not supported by the authorization server."}
	errScopes = &oauthError{http.StatusBadRequest, "invalid_scope",
		"The requested scope is invalid, unknown, or malformed."}
)

func badRequest(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", description}
}

// writeError answers a client app.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	if e, ok := errors.AsType[*oauthError](err); ok {
		if e.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="OAuth"`) // RFC 6749 5.2
		}
		writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.description})
		return
	}
	err = store.Excused(err)
	logFailure(r, err)
	excuse(w, err)
	writeJSON(w, int(fault.Of(err)), map[string]string{"error": fault.Message(err)})
}

// excuse says when to come again where something is away.
func excuse(w http.ResponseWriter, err error) {
	if fault.Is(err, fault.Unavailable) {
		w.Header().Set("Retry-After", "5")
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	noStore(w) // RFC 6749 5.1
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who does not listen is not told
}

// logFailure keeps the cause that the reader is not shown.
func logFailure(r *http.Request, err error) {
	level := slog.LevelInfo
	switch kind := fault.Of(err); {
	case kind >= fault.Internal:
		level = slog.LevelWarn
	case kind == fault.Unauthorized:
		level = slog.LevelDebug // a client whose token has ended asks and asks
	}
	path := r.URL.Path
	if strings.HasPrefix(path, linkPath) {
		path = linkPath // the rest is a secret
	}
	slog.Log(r.Context(), level, "auth", "path", path, "error", err)
}
