package ui_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

// What people say of themselves on the settings page is on their profile.
func TestDescribingOneself(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))))
	fields := []string{"name", "Ayla", "visibility", "public", "hold", "-1", "discoverable", "true", "field_name", "Team", "field_value", "Logistics"}
	page := ayla.uploadAs("avatar", "/settings", picture.Bytes(), append(fields, "avatar_description", "A grey square", "private", "true")...).ok()
	page.has(`value="A grey square"`).has("Take my picture away").lacks("Take my header away")
	me := func() (avatar, description string, private bool) {
		a, err := n.db.Actor(ayla.id)
		require.NoError(t, err)
		return a.Avatar, a.AvatarDescription, a.HideCollections
	}
	avatar, description, private := me()
	assert.NotEmpty(t, avatar)
	assert.Equal(t, "A grey square", description)
	assert.True(t, private)
	bob.get("/@ayla").ok().has("Logistics")
	bob.get("/@ayla/followers").has("keeps this list private")

	ayla.post("/settings", append(fields, "avatar_description", "A grey square")...).ok()
	kept, _, private := me()
	assert.Equal(t, avatar, kept, "a form without a file leaves the picture")
	assert.False(t, private)
	ayla.post("/settings", append(fields, "no_avatar", "true")...).ok().lacks("Take my picture away")
	avatar, _, _ = me()
	assert.Empty(t, avatar)
}

func TestHashtagsOnAProfile(t *testing.T) {
	n := newNode(t)
	ayla, bob := n.person("ayla", "member"), n.person("bob", "member")
	ayla.post("/ui/posts", "text", "about #Gears", "visibility", "public").ok()
	ayla.post("/ui/posts", "text", "about lunch", "visibility", "public").ok()
	ayla.post("/settings/tags", "tag", "#Gears").ok().has("#Gears")
	bob.get("/@ayla").ok().has("/@ayla?tagged=Gears")
	bob.get("/@ayla?tagged=Gears").ok().has("about").lacks("about lunch")
	assert.Equal(t, http.StatusUnprocessableEntity, ayla.post("/settings/tags", "tag", "two words").code)
	ayla.post("/settings/tags", "act", "remove", "tag", "Gears").ok().lacks("#Gears")
	bob.get("/@ayla").ok().lacks("tagged=")
}

// People change their user name, unless the provider says what they are called.
func TestChangingOnesName(t *testing.T) {
	n := newNode(t)
	ayla := n.person("ayla", "member")
	n.person("bob", "member")
	ayla.get("/settings").ok().has(`action="/settings/name"`)
	assert.Equal(t, http.StatusConflict, ayla.post("/settings/name", "name", "bob").code)
	ayla.post("/settings/name", "name", "aylin").ok().has(`value="aylin"`)
	assert.Equal(t, http.StatusForbidden, ayla.post("/settings/name", "name", "ayla").code, "twice a day")
	ayla.get("/@ayla").ok().has("@aylin")

	n.auth.Providers = []*auth.Provider{{Name: "Corp IdP", Issuer: "https://idp.example", Names: auth.Naming{Mode: auth.Force}}}
	require.NoError(t, n.db.Write(t.Context(), func(tx *store.Tx) error {
		return tx.SetIdentity(&store.Identity{Issuer: "https://idp.example", Subject: "s-ayla", ActorID: ayla.id, Claims: "{}"})
	}))
	ayla.get("/settings").ok().has("as Corp IdP has it").lacks(`action="/settings/name"`)
	assert.Equal(t, http.StatusForbidden, ayla.post("/settings/name", "name", "ayla").code)
}
