package mastodon

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, r *http.Request) *params {
	t.Helper()
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = r
	p, err := read(c)
	require.NoError(t, err)
	return p
}

func request(body, kind string) *http.Request {
	r := httptest.NewRequest("POST", "/?limit=3", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

const (
	asForm = "application/x-www-form-urlencoded"
	asJSON = "application/json; charset=utf-8"
)

// Every spelling of an array that some client uses is the same array.
func TestArraysInEverySpelling(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"brackets": request("media_ids[]=1&media_ids[]=2", asForm),
		"indexes":  request("media_ids[1]=2&media_ids[0]=1", asForm),
		"repeated": request("media_ids=1&media_ids=2", asForm),
		"escaped":  request("media_ids%5B%5D=1&media_ids%5B%5D=2", asForm),
		"json":     request(`{"media_ids":["1",2]}`, asJSON),
		"many":     multi(t, "media_ids[]", "1", "media_ids[]", "2"),
		"numbered": multi(t, "media_ids[0]", "1", "media_ids[1]", "2"),
		"query":    httptest.NewRequest("GET", "/?media_ids[]=1&media_ids[]=2", nil),
	} {
		assert.Equal(t, []int64{1, 2}, parse(t, r).ids("media_ids"), name)
	}
}

func multi(t *testing.T, pairs ...string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		require.NoError(t, form.WriteField(pairs[i], pairs[i+1]))
	}
	require.NoError(t, form.Close())
	return request(body.String(), form.FormDataContentType())
}

// So is what lies deeper.
func TestNestedParameters(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"form":       request("fields_attributes[0][name]=a&fields_attributes[0][value]=b&fields_attributes[1][name]=c&source[privacy]=private&poll[options][]=x&poll[options][]=y", asForm),
		"json array": request(`{"fields_attributes":[{"name":"a","value":"b"},{"name":"c"}],"source":{"privacy":"private"},"poll":{"options":["x","y"]}}`, asJSON),
		"json map":   request(`{"fields_attributes":{"0":{"name":"a","value":"b"},"1":{"name":"c"}},"source":{"privacy":"private"},"poll":{"options":["x","y"]}}`, asJSON),
		"nameless":   request("fields_attributes[][name]=a&fields_attributes[][name]=c&fields_attributes[][value]=b&source[privacy]=private&poll[options][0]=x&poll[options][1]=y", asForm),
	} {
		p := parse(t, r)
		assert.Equal(t, []string{"0", "1"}, p.indexes("fields_attributes"), name)
		profile := changeOf(p)
		require.Len(t, profile.Fields, 2, name)
		assert.Equal(t, "a", profile.Fields[0].Name, name)
		assert.Equal(t, "b", profile.Fields[0].Value, name)
		assert.Equal(t, "c", profile.Fields[1].Name, name)
		assert.EqualValues(t, "private", *profile.Visibility, name)
		assert.Equal(t, []string{"x", "y"}, p.texts("poll[options]"), name)
	}
}

func TestYesAndNo(t *testing.T) {
	for _, yes := range []string{"true", "True", "1", "on", "t"} {
		p := parse(t, request("sensitive="+yes, asForm))
		assert.True(t, p.yes("sensitive"), yes)
		assert.True(t, *p.maybe("sensitive"), yes)
	}
	for _, no := range []string{"false", "0", "off", "False", ""} {
		assert.False(t, *parse(t, request("sensitive="+no, asForm)).maybe("sensitive"), no)
	}
	assert.True(t, parse(t, request(`{"sensitive":true}`, asJSON)).yes("sensitive"))
	assert.Nil(t, parse(t, request(`{"sensitive":null}`, asJSON)).maybe("sensitive"))
	assert.Nil(t, parse(t, request("sensitive=perhaps", asForm)).maybe("sensitive"))
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	for _, r := range []*http.Request{
		request(`{"a":`, asJSON), request(`[1]`, asJSON), request(`"text"`, asJSON), request("%zz=1", asForm),
		request("no parts", "multipart/form-data; boundary=x"), request("x", "multipart/form-data"),
		request(`{"a":`+strings.Repeat(`{"b":`, 60)+`1`+strings.Repeat(`}`, 61), asJSON),
	} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = r
		_, err := read(c)
		assert.Error(t, err)
	}
	assert.Equal(t, "3", parse(t, request("", asJSON)).text("limit"), "a header and no body is an empty one")
}

func FuzzParams(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}],"c":"d"}`, true)
	f.Add("a[]=1&a[0]=2&a[][b]=3&[0]=x&[]=y&a[999999999]=1", false)
	f.Fuzz(func(t *testing.T, body string, json bool) {
		kind := asForm
		if json {
			kind = asJSON
		}
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = request(body, kind)
		if p, err := read(c); err == nil {
			p.ids("a")
			p.indexes("a")
			changeOf(p)
		}
	})
}
