package outbox_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/actors"
	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/outbox"
)

func square(t *testing.T, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: shade}.Y
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

func again(t *testing.T, n *nodetest.Node, who *store.Actor) *store.Actor {
	t.Helper()
	a, err := n.DB.Actor(who.ID)
	require.NoError(t, err)
	return a
}

// A profile follows the directory, which is asked for a picture only where it has
// another. What is the directory's a person cannot change, and is not told off for.
func TestAProfileOfTheDirectory(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		idp := nodetest.Play(t, "idp")
		picture, tag, whole := square(t, 10), `"1"`, 0
		idp.Put("/ada.png", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") == tag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			whole++
			w.Header().Set("ETag", tag)
			_, _ = w.Write(picture)
		}))
		n.Outbox.Directories = map[string]*http.Client{"https://idp.example": n.Actors.Fed.HTTP.HTTPClient()}
		ada := n.Person("ada")
		own := outbox.ProfileField{Name: "Likes", Value: "engines"}
		require.NoError(t, n.Outbox.UpdateProfile(t.Context(), ada.ID, outbox.Profile{Fields: []outbox.ProfileField{{Name: "Title", Value: "Boss"}, own}}))
		follow := func(gone []string, change func(*store.Directory)) *store.Actor {
			t.Helper()
			require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
				u, err := tx.User(ada.ID)
				require.NoError(t, err)
				change(&u.Directory)
				return tx.UpdateUser(u)
			}))
			require.NoError(t, n.Outbox.FollowDirectory(t.Context(), actors.DirectoryJob{ActorID: ada.ID, Gone: gone}))
			return again(t, n, ada)
		}
		first := follow(nil, func(d *store.Directory) {
			*d = store.Directory{Issuer: "https://idp.example", DisplayName: "Ada L.", Picture: idp.URL + "/ada.png",
				Fields: []store.Field{{Name: "Title", Source: "Engineer"}, {Name: "Phone", Source: "+49 (30) 1 <2>"}}}
		})
		assert.Equal(t, "Ada L.", first.DisplayName)
		assert.NotEmpty(t, first.Avatar)
		require.Len(t, first.Fields, 3)
		assert.Equal(t, [3]string{"Engineer", `<a href="tel:+493012">+49 (30) 1 &lt;2&gt;</a>`, "engines"}, [3]string{first.Fields[0].Value, first.Fields[1].Value, first.Fields[2].Value})

		name, hobby := "Countess", outbox.ProfileField{Name: "Likes", Value: "numbers"}
		change := outbox.Profile{DisplayName: &name, NoAvatar: true, Fields: []outbox.ProfileField{{Name: "Title", Value: "Boss"}, hobby}}
		require.NoError(t, n.Outbox.UpdateProfile(t.Context(), ada.ID, change))
		kept := again(t, n, ada)
		assert.Equal(t, [2]string{"Ada L.", first.Avatar}, [2]string{kept.DisplayName, kept.Avatar})
		require.Len(t, kept.Fields, 3)
		assert.Equal(t, [3]string{"Engineer", first.Fields[1].Value, "numbers"}, [3]string{kept.Fields[0].Value, kept.Fields[1].Value, kept.Fields[2].Value})

		same := func(*store.Directory) {}
		assert.Equal(t, first.Avatar, follow(nil, same).Avatar)
		assert.Equal(t, 1, whole, "the picture did not come again")
		tag = `"2"`
		assert.Equal(t, first.Avatar, follow(nil, same).Avatar, "the same picture under another tag")
		picture, tag = square(t, 200), `"3"`
		second := follow(nil, same)
		assert.NotEqual(t, first.Avatar, second.Avatar)
		picture, tag = []byte("no picture"), `"4"`
		broken := follow([]string{"Title", "Phone"}, func(d *store.Directory) { d.Fields = d.Fields[:1] })
		assert.Equal(t, second.Avatar, broken.Avatar, "what is no picture changes nothing")
		assert.Len(t, broken.Fields, 2, "a line that the directory does not say any more goes")
	})
}
