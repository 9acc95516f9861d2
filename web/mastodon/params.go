package mastodon

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/text"
)

// params are what a request asks for, however it was spelled: in the query, as
// a form, a multipart form or JSON. An array goes by its bare name whether it
// came as id, id[], id[0] or a JSON array; what lies deeper keeps its path, as
// in poll[options] or fields_attributes[0][name].
type params struct {
	values map[string][]string
	files  map[string]*multipart.FileHeader
}

// Bounds of a body: of one without files, of what stands beside files, and of
// how deep JSON may nest.
const (
	maxBody   = 1 << 20
	maxNested = 16
	maxValues = 4096
)

// read takes the parameters of a request, and files as large as an avatar and a
// header are together.
func read(c *gin.Context) (*params, error) { return readFiles(c, 2*media.MaxPicture) }

// readFiles takes the parameters of a request with at most files bytes of files.
func readFiles(c *gin.Context, files int64) (*params, error) {
	p := &params{values: map[string][]string{}, files: map[string]*multipart.FileHeader{}}
	p.form(c.Request.URL.Query())
	kind, _, _ := mime.ParseMediaType(c.GetHeader("Content-Type"))
	limit := int64(maxBody)
	if kind == "multipart/form-data" {
		limit += files
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
	if err := p.body(c.Request, kind); err != nil {
		return nil, unreadable(err)
	}
	return p, nil
}

func unreadable(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fault.Wrap(fault.TooLarge, err, "The request is too large")
	}
	return fault.Wrap(fault.BadRequest, err, "The request cannot be read")
}

func (p *params) body(r *http.Request, kind string) error {
	switch kind {
	case "application/json":
		return p.json(r.Body)
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil {
			return err
		}
		for name, files := range r.MultipartForm.File {
			p.files[name] = files[0]
		}
		p.form(r.MultipartForm.Value)
		return nil
	}
	// ParseForm leaves the body of a GET or DELETE alone; Mastodon's clients
	// put one there.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return err
	}
	p.form(form)
	return nil
}

// index is the last bracket of an array's name: [] or [0].
var index = regexp.MustCompile(`\[(\d{0,6})\]$`)

// form takes the values of a form under their bare names, those with an index
// in its order.
func (p *params) form(form url.Values) {
	numbered := map[string]map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		m := index.FindStringSubmatch(name)
		switch {
		case m == nil:
			p.set(name, form[name])
		case m[1] == "":
			p.set(strings.TrimSuffix(name, "[]"), form[name])
		default:
			bare := strings.TrimSuffix(name, m[0])
			if numbered[bare] == nil {
				numbered[bare] = map[int]string{}
			}
			at, _ := strconv.Atoi(m[1])
			numbered[bare][at] = form.Get(name)
		}
	}
	for bare, items := range numbered {
		var all []string
		for _, at := range slices.Sorted(maps.Keys(items)) {
			all = append(all, items[at])
		}
		p.set(bare, all)
	}
}

// set puts values under a name. Objects in a nameless array, as in
// media_attributes[][id], are numbered as they come.
func (p *params) set(name string, all []string) {
	clean := make([]string, len(all))
	for i, value := range all {
		clean[i] = text.Clean(value)
	}
	if before, after, ok := strings.Cut(name, "[]["); ok {
		for i, value := range clean {
			p.values[before+"["+strconv.Itoa(i)+"]["+after] = []string{value}
		}
		return
	}
	p.values[name] = clean
}

func (p *params) json(body io.Reader) error {
	d := json.NewDecoder(body)
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		if errors.Is(err, io.EOF) {
			return nil // some send the header and no body
		}
		return err
	}
	for name, value := range object {
		if err := p.flatten(name, value, 0); err != nil {
			return err
		}
	}
	return nil
}

// flatten writes a JSON value as a form would.
func (p *params) flatten(name string, value any, depth int) error {
	if depth > maxNested || len(p.values) > maxValues {
		return errors.New("too many values")
	}
	switch v := value.(type) {
	case nil:
	case map[string]any:
		if len(v) == 0 {
			p.values[name] = []string{}
		}
		for key, inner := range v {
			if err := p.flatten(name+"["+key+"]", inner, depth+1); err != nil {
				return err
			}
		}
	case []any:
		p.values[name] = []string{}
		for i, inner := range v {
			if item, ok := scalar(inner); ok {
				p.values[name] = append(p.values[name], item)
			} else if err := p.flatten(name+"["+strconv.Itoa(i)+"]", inner, depth+1); err != nil {
				return err
			}
		}
	default:
		item, _ := scalar(v)
		p.values[name] = []string{item}
	}
	return nil
}

func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return text.Clean(v), true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// has reports whether the parameter was sent, were it empty.
func (p *params) has(name string) bool { _, ok := p.values[name]; return ok }

// text is a parameter, or the empty text.
func (p *params) text(name string) string {
	if all := p.values[name]; len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// texts are the items of an array.
func (p *params) texts(name string) []string { return p.values[name] }

// id and ids are parameters that are ids; what cannot be one is left out.
func (p *params) id(name string) int64 { return number(p.text(name)) }

func (p *params) ids(name string) []int64 {
	var ids []int64
	for _, item := range p.values[name] {
		if n := number(item); n > 0 && len(ids) < 80 {
			ids = append(ids, n)
		}
	}
	return ids
}

// truth reads the many ways of saying yes and no.
func truth(word string) (value, known bool) {
	switch strings.ToLower(word) {
	case "true", "t", "1", "on", "yes":
		return true, true
	case "false", "f", "0", "off", "no", "":
		return false, true
	}
	return false, false
}

// yes reports whether the parameter says so.
func (p *params) yes(name string) bool { value, _ := truth(p.text(name)); return value }

// maybe is what the parameter says, nil if it says nothing.
func (p *params) maybe(name string) *bool {
	if value, known := truth(p.text(name)); known && p.has(name) {
		return &value
	}
	return nil
}

// given is the parameter's text, nil if it was not sent.
func (p *params) given(name string) *string {
	if !p.has(name) {
		return nil
	}
	value := p.text(name)
	return &value
}

// whole is the parameter as a whole number, nil if it was not sent.
func (p *params) whole(name string) (*int, error) {
	if p.text(name) == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(p.text(name))
	if err != nil {
		return nil, fault.New(fault.Invalid, "Validation failed: "+name+" is not a whole number")
	}
	return &n, nil
}

// indexes are the keys n in name[n][...]: numbers in their order, then whatever
// else somebody calls them by.
func (p *params) indexes(name string) []string {
	found := map[string]bool{}
	for key := range p.values {
		rest, ok := strings.CutPrefix(key, name+"[")
		index, _, closed := strings.Cut(rest, "][")
		if ok && closed {
			found[index] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		switch {
		case errX == nil && errY == nil:
			return cmp.Compare(x, y)
		case errX == nil:
			return -1
		case errY == nil:
			return +1
		}
		return cmp.Compare(a, b)
	})
}

// item is the parameter name[at][key].
func item(name, at, key string) string { return name + "[" + at + "][" + key + "]" }

// asks reports whether a query parameter says yes.
func asks(c *gin.Context, name string) bool { value, _ := truth(c.Query(name)); return value }

// queries are the items of an array in the query.
func queries(c *gin.Context, name string) []string {
	p := &params{values: map[string][]string{}}
	p.form(c.Request.URL.Query())
	return p.texts(name)
}
