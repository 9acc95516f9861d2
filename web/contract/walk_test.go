package contract

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// step is one operation on its way through the world.
type step struct {
	*world
	t      *testing.T
	schema schema
	method string
	path   string
	op     *openapi3.Operation
	shown  *bool // whether an answer had something in it
}

func (s step) name() string { return s.method + " " + s.path }

// Each operation that the node claims to have answers as the published schema
// says, whether it is asked for with everything that can be said or with
// nothing that need not be; strangers and apps without the right scope are
// refused where Mastodon refuses them.
func TestContract(t *testing.T) {
	schema := readSchema(t)
	w := newWorld(t)
	for _, o := range operations(t) {
		if o.verdict == "No" || apart[o.name()] != "" {
			continue
		}
		t.Run(strings.ReplaceAll(o.name(), "/", " "), func(t *testing.T) {
			op := schema.operation(o)
			require.NotNil(t, op, "say in beside_test.go what %s is", o.name())
			step{w, t, schema, o.method, o.path, op, new(bool)}.walk()
		})
	}
}

// operation is what there is to say of one, nil for nothing.
func (s schema) operation(o operation) *openapi3.Operation {
	if b, known := besides[o.name()]; known {
		return b.operation()
	}
	if path := s.Paths.Find(o.path); path != nil {
		return path.GetOperation(o.method)
	}
	return nil
}

func (s step) walk() {
	for _, q := range s.queries() {
		for _, path := range s.paths() {
			if s.op.RequestBody == nil {
				s.ask(path, q, body{})
			}
		}
	}
	for _, b := range s.bodies() {
		s.ask(s.paths()[0], "", b)
	}
	assert.True(s.t, *s.shown || hollow[s.name()] != "", "nothing but empty lists: put something in world_test.go, or say in hollow why")
	s.missing()
	s.strangers()
}

// missing asks about what is not there.
func (s step) missing() {
	if !strings.Contains(s.path, "id}") || tolerant[s.name()] != "" {
		return
	}
	for _, id := range []string{"1", "abc"} {
		a := s.ada.ask(s.method, parameter.ReplaceAllString(s.path, id), append(s.bodies(), body{})[0])
		assert.Equal(s.t, http.StatusNotFound, a.code, "about %s, which is not there: %s", id, a.body)
		hold(s.t, "about what is not there", s.named("Error"), a.body)
	}
}

// ask asks as Ada, with a token that has the scope of the schema and no other.
func (s step) ask(path, query string, b body) {
	s.t.Helper()
	a := s.as(s.scope()).ask(s.method, path+query, b)
	what := s.method + " " + path + query + " " + string(b.text[:min(len(b.text), 300)])
	if !assert.Equal(s.t, http.StatusOK, a.code, "%s: %s", what, a.body) {
		return
	}
	s.headers(what, a)
	s.body(what, a)
}

// scope is one that Mastodon wants for the operation.
func (s step) scope() string {
	if other := scopes[s.name()]; other != "" {
		return other
	}
	for _, all := range s.security() {
		return all["OAuth2"][0]
	}
	return "read"
}

// security are the schema's demands that name a scope.
func (s step) security() (list []openapi3.SecurityRequirement) {
	if s.op.Security == nil {
		return nil
	}
	for _, r := range *s.op.Security {
		if len(r["OAuth2"]) > 0 {
			list = append(list, r)
		}
	}
	return list
}

// body holds an answer to the schema of the operation.
func (s step) body(what string, a answer) {
	s.t.Helper()
	*s.shown = *s.shown || strings.TrimSpace(a.body) != "[]"
	want := s.op.Responses.Value("200").Value.Content["application/json"]
	name, said := answers[s.name()]
	if b, known := besides[s.name()]; known {
		name, said = b.answer, true
	}
	switch {
	case name == "*":
	case name == "{}" || want == nil && !said:
		assert.Equal(s.t, "{}", strings.TrimSpace(a.body), what)
	case said:
		hold(s.t, what, s.named(name), a.body)
	default:
		hold(s.t, what, want.Schema.Value, a.body)
	}
}

// named is the schema of an entity, or with brackets of a list of it.
func (s step) named(name string) *openapi3.Schema {
	inner, isList := strings.CutPrefix(name, "[]")
	entity := s.schema.Components.Schemas[inner]
	if isList {
		return openapi3.NewArraySchema().WithItems(entity.Value)
	}
	return entity.Value
}

var (
	micros = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)
	links  = regexp.MustCompile(`^<http://[^>]+[?&]max_id=\d+>; rel="next"(, <http://[^>]+[?&]min_id=\d+>; rel="prev")?$`)
)

// headers are on every answer to an app.
func (s step) headers(what string, a answer) {
	s.t.Helper()
	h := a.header
	assert.Equal(s.t, "application/json; charset=utf-8", h.Get("Content-Type"), what)
	assert.Equal(s.t, "*", h.Get("Access-Control-Allow-Origin"), what)
	assert.NotEmpty(s.t, h.Get("X-Request-Id"), what)
	assert.Contains(s.t, h.Get("Access-Control-Expose-Headers"), "Link", what)
	if strings.HasPrefix(s.path, "/api/") {
		assert.Regexp(s.t, `^\d+$`, h.Get("X-RateLimit-Limit"), what)
		assert.Regexp(s.t, `^\d+$`, h.Get("X-RateLimit-Remaining"), what)
		assert.Regexp(s.t, micros, h.Get("X-RateLimit-Reset"), what)
	}
	if s.op.Responses.Value("200").Value.Headers["Link"] == nil {
		return
	}
	if strings.TrimSpace(a.body) == "[]" {
		assert.Empty(s.t, h.Get("Link"), what)
	} else if h.Get("Link") != "" {
		assert.Regexp(s.t, links, h.Get("Link"), what)
	}
}

// strangers are those without a token, with one of an app alone, and with one
// for something else.
func (s step) strangers() {
	b := append(s.bodies(), body{})[0]
	nobody, path := s.stranger(), s.paths()[0]+s.queries()[0]
	a := nobody.ask(s.method, path, b)
	if s.security() == nil && !private[s.name()] || public[s.name()] {
		if assert.Equal(s.t, http.StatusOK, a.code, "a stranger: %s", a.body) {
			s.body("to a stranger", a)
		}
		return
	}
	assert.Equal(s.t, http.StatusUnauthorized, a.code, "a stranger: %s", a.body)
	hold(s.t, "to a stranger", s.named("Error"), a.body)
	nobody.token = s.token(s.ada.actor, other(s.scope()))
	a = nobody.ask(s.method, path, b)
	assert.Equal(s.t, http.StatusForbidden, a.code, "another scope: %s", a.body)
	hold(s.t, "with another scope", s.named("Error"), a.body)
	nobody.token = s.token(0, everything)
	assert.Equal(s.t, http.StatusUnprocessableEntity, nobody.ask(s.method, path, b).code, "an app alone")
}

// other is a scope that does not hold another.
func other(scope string) string {
	if scope == "push" {
		return "read"
	}
	return "push"
}
