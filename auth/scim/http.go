package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
)

const (
	prefix   = "/scim/v2/"
	mimeType = "application/scim+json"
	maxBody  = 2 << 20
)

// answer is what a directory gets.
type answer struct {
	status int
	body   any // nil: none
	etag   string
	place  string // Location
}

// handler answers a call about one resource, or about none where id is 0.
type handler func(c *call, id int64) (*answer, error)

// Routes are the ways into this room.
func (s *SCIM) Routes() []auth.Route {
	routes := []auth.Route{
		{Method: "GET", Path: prefix + "ServiceProviderConfig", Handler: s.open(s.config)},
		{Method: "GET", Path: prefix + "ResourceTypes", Handler: s.open(s.resourceTypes)},
		{Method: "GET", Path: prefix + "Schemas", Handler: s.open(s.schemas)},
	}
	for _, k := range kinds {
		all, one := prefix+k.path, prefix+k.path+"/:id"
		routes = append(routes,
			auth.Route{Method: "GET", Path: all, Handler: s.open(s.list(k))},
			auth.Route{Method: "POST", Path: all, Handler: s.open(s.create(k))},
			auth.Route{Method: "GET", Path: one, Handler: s.open(s.read(k))},
			auth.Route{Method: "PUT", Path: one, Handler: s.open(s.replace(k))},
			auth.Route{Method: "PATCH", Path: one, Handler: s.open(s.patch(k))},
			auth.Route{Method: "DELETE", Path: one, Handler: s.open(s.remove(k))},
		)
	}
	return routes
}

// open lets in who has a token, reads the body and writes the answer.
func (s *SCIM) open(h handler) gin.HandlerFunc {
	return func(g *gin.Context) {
		a, err := s.serve(g, h)
		if err != nil {
			p := problemOf(err)
			if p == nil { // the front door has words and a log for what is our fault
				_ = g.Error(err)
				g.Abort()
				return
			}
			if p.status == http.StatusUnauthorized {
				g.Header("WWW-Authenticate", `Bearer realm="scim"`) // RFC 6750 3
			}
			a = &answer{status: p.status, body: p.body()}
		}
		a.write(g.Writer)
	}
}

func (s *SCIM) serve(g *gin.Context, h handler) (*answer, error) {
	c, err := s.admit(g.Request)
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(g.Param("id"), 10, 64)
	if g.Param("id") != "" && (err != nil || id <= 0) {
		return nil, fault.New(fault.NotFound, "There is no such resource")
	}
	switch g.Request.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if c.body, err = bodyOf(g.Writer, g.Request); err != nil {
			return nil, err
		}
	}
	return h(c, id)
}

func bodyOf(w http.ResponseWriter, r *http.Request) (object, error) {
	var body object
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, fault.New(fault.TooLarge, "The request is larger than 2 MiB: send members in several requests")
	}
	if err != nil || body == nil {
		return nil, bad("invalidSyntax", "The request is no JSON object")
	}
	return body, nil
}

func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	if a.etag != "" {
		h.Set("ETag", a.etag)
	}
	if a.place != "" {
		h.Set("Location", a.place)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(a.body); err != nil {
		panic(err) // it was JSON before
	}
	h.Set("Content-Type", mimeType+"; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(text.Bytes()) // who does not listen is not told
}
