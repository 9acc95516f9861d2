package test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// company is three departments that are partners, with somebody in each.
type company struct {
	sales, engineering, legal *node
	alice, carol              *person // of sales
	bob                       *person // of engineering
	dave                      *person // of legal
}

func newCompany(t *testing.T, database string) *company {
	t.Helper()
	only := "FEDERATION_MODE=allowlist"
	c := &company{
		sales: newNode(t, "sales.localhost", database, only), engineering: newNode(t, "engineering.localhost", database, only),
		legal: newNode(t, "legal.localhost", database, only),
	}
	allow(c.sales, c.engineering, c.legal)
	for _, n := range []*node{c.sales, c.engineering, c.legal} {
		n.start()
	}
	c.alice, c.carol, c.bob, c.dave = c.sales.join("alice"), c.sales.join("carol"), c.engineering.join("bob"), c.legal.join("dave")
	return c
}

// TestFederation is a working day of two people in two departments. Each part
// goes on from the one before.
func TestFederation(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		t.Parallel()
		c := newCompany(t, database)
		for _, part := range []struct {
			name string
			do   func(*testing.T, *company)
		}{
			{"follow", followAcross},
			{"post", postLive},
			{"reply", replyAcross},
			{"boost and favourite", boostAndFavourite},
			{"edit", editAcross},
			{"delete", deleteAcross},
			{"images", imagesAcross},
			{"private posts go to nobody else", keepPrivate},
			{"block", blockAcross},
		} {
			if !t.Run(part.name, func(t *testing.T) { part.do(t, c.in(t)) }) {
				return
			}
		}
	})
}

// in is the company with its people reporting to another test.
func (c *company) in(t *testing.T) *company {
	here := *c
	for _, p := range []**person{&here.alice, &here.carol, &here.bob, &here.dave} {
		same := **p
		same.t, *p = t, &same
	}
	return &here
}

func followAcross(t *testing.T, c *company) {
	alice := c.bob.follow(c.alice.handle())
	require.Equal(t, "alice@"+c.sales.host, alice.Acct)
	c.alice.awaitsNews("follow", "bob@"+c.engineering.host)
	bob := c.alice.follow(c.bob.handle())
	require.Equal(t, relationship{Following: true, FollowedBy: true}, c.alice.relation(bob))
	c.dave.follow(c.carol.handle())
}

func postLive(t *testing.T, c *company) {
	socket, events := c.bob.socket(), c.bob.events()
	said := c.alice.say("The quarter closes on Friday. #sales")
	c.bob.hears(socket, "update", about("The quarter closes"))
	c.bob.hears(events, "update", about("The quarter closes"))
	got := c.bob.awaits("The quarter closes")
	require.Equal(t, said.URI, got.URI)
	require.Equal(t, "public", got.Visibility)
	require.Equal(t, "alice@"+c.sales.host, got.Account.Acct)
	require.NotEqual(t, said.ID, got.ID, "each node has ids of its own")
}

func replyAcross(t *testing.T, c *company) {
	socket := c.alice.socket()
	question := c.bob.awaits("The quarter closes")
	c.bob.say("@alice@"+c.sales.host+" Friday at noon, or midnight?", fields{"in_reply_to_id": question.ID})
	c.alice.hears(socket, "notification", from("mention", "bob@"+c.engineering.host))
	heard := c.alice.awaitsNews("mention", "bob@"+c.engineering.host)
	asked := c.alice.awaits("The quarter closes")
	require.NotNil(t, heard.Status)
	require.NotNil(t, heard.Status.InReplyToID)
	require.Equal(t, asked.ID, *heard.Status.InReplyToID)

	c.alice.say("@bob@"+c.engineering.host+" At noon.", fields{"in_reply_to_id": heard.Status.ID})
	var thread struct{ Ancestors, Descendants []status }
	eventually(t, "bob reads the thread", func() bool {
		c.bob.get("/api/v1/statuses/"+question.ID+"/context", &thread)
		return len(thread.Descendants) == 2
	})
	require.Contains(t, thread.Descendants[1].Content, "At noon.")
	require.Equal(t, thread.Descendants[0].ID, *thread.Descendants[1].InReplyToID)
}

func boostAndFavourite(t *testing.T, c *company) {
	said, got := c.alice.awaits("The quarter closes"), c.bob.awaits("The quarter closes")
	c.bob.act(got, "favourite")
	c.bob.act(got, "reblog")
	bob := "bob@" + c.engineering.host
	require.Equal(t, said.ID, c.alice.awaitsNews("favourite", bob).Status.ID)
	require.Equal(t, said.ID, c.alice.awaitsNews("reblog", bob).Status.ID)
	after := c.alice.status(said.ID)
	require.Equal(t, []int{1, 1}, []int{after.FavouritesCount, after.ReblogsCount})

	c.bob.act(got, "unfavourite")
	c.bob.act(got, "unreblog")
	eventually(t, "both are taken back", func() bool {
		after := c.alice.status(said.ID)
		return after.FavouritesCount == 0 && after.ReblogsCount == 0
	})

	// A boost carries a post to those who do not follow its author.
	note := c.carol.say("Minutes of the partner meeting are up.")
	theirs := c.alice.act(c.alice.status(note.ID), "reblog")
	require.NotNil(t, theirs.Reblog)
	boost := c.bob.awaits("Minutes of the partner meeting")
	require.NotNil(t, boost.Reblog)
	require.Equal(t, "alice@"+c.sales.host, boost.Account.Acct)
	require.Equal(t, "carol@"+c.sales.host, boost.Reblog.Account.Acct)
}

func editAcross(t *testing.T, c *company) {
	said := c.alice.say("Lunch is at twelve.")
	got := c.bob.awaits("Lunch is at twelve.")
	events := c.bob.events()
	c.alice.must("PUT", "/api/v1/statuses/"+said.ID, fields{"status": "Lunch is at one."}, nil)
	c.bob.hears(events, "status.update", about("Lunch is at one."))
	after := c.bob.status(got.ID)
	require.Contains(t, after.Content, "Lunch is at one.")
	require.NotNil(t, after.EditedAt)
}

func deleteAcross(t *testing.T, c *company) {
	said := c.alice.say("This was a mistake.")
	got := c.bob.awaits("This was a mistake.")
	socket := c.bob.socket()
	c.alice.must("DELETE", "/api/v1/statuses/"+said.ID, nil, nil)
	c.bob.hears(socket, "delete", naming(got.ID))
	require.True(t, c.bob.gone(got.ID))
	require.True(t, c.alice.gone(said.ID))
	require.Empty(t, c.bob.seen("This was a mistake."))
}

func imagesAcross(t *testing.T, c *company) {
	picture := c.alice.upload("chart.png", drawing(t), "A bar chart: two bars")
	c.alice.say("The chart of the week.", fields{"media_ids": []string{picture.ID}})
	got := c.bob.awaits("The chart of the week.")
	require.Len(t, got.MediaAttachments, 1)
	require.Equal(t, "image", got.MediaAttachments[0].Type)
	require.NotNil(t, got.MediaAttachments[0].Description)
	require.Equal(t, "A bar chart: two bars", *got.MediaAttachments[0].Description)
	for _, link := range []string{got.MediaAttachments[0].URL, got.MediaAttachments[0].PreviewURL} {
		answer, err := web.Get(link)
		require.NoError(t, err)
		shown, _, err := image.DecodeConfig(answer.Body)
		_ = answer.Body.Close()
		require.NoError(t, err, link)
		require.Equal(t, []int{64, 48}, []int{shown.Width, shown.Height})
	}
}

// keepPrivate shows that posts for few go to them alone: the third department
// gets what is public from the same node, and only that.
func keepPrivate(t *testing.T, c *company) {
	followers := c.alice.say("Only for those who follow me.", fields{"visibility": "private"})
	direct := c.alice.say("@bob@"+c.engineering.host+" Only for you.", fields{"visibility": "direct"})
	require.Equal(t, "private", c.bob.awaits("Only for those who follow me.").Visibility)
	var told *status
	eventually(t, "bob is told of the direct post", func() bool {
		for _, n := range c.bob.news("mention") {
			if n.Status.URI == direct.URI {
				told = n.Status
			}
		}
		return told != nil
	})
	require.Equal(t, "direct", told.Visibility)

	// What comes after them, and is for dave, is there: they would be, too.
	c.carol.say("For everybody who follows carol.")
	c.dave.awaits("For everybody who follows carol.")
	for _, s := range []status{followers, direct} {
		require.Empty(t, c.dave.find(s.URI).Statuses, "legal got or could fetch %s", s.Content)
		require.True(t, c.carol.gone(s.ID), "a colleague reads %s", s.Content)
		for _, as := range []*person{{t: t, node: c.sales}, c.dave} {
			request, err := http.NewRequestWithContext(t.Context(), "GET", s.URI, nil)
			require.NoError(t, err)
			request.Header.Set("Accept", "application/activity+json")
			code, text, err := as.send(request)
			require.NoError(t, err)
			require.Equal(t, http.StatusNotFound, code, "%s", text)
		}
	}
	require.Empty(t, c.dave.seen("Only for"))
}

func blockAcross(t *testing.T, c *company) {
	bob := c.alice.findAccount(c.bob.handle())
	alice := c.bob.findAccount(c.alice.handle())
	c.alice.post("/api/v1/accounts/"+bob.ID+"/block", fields{}, nil)
	eventually(t, "the block ends both follows", func() bool {
		return !c.bob.relation(alice).Following && !c.bob.relation(alice).FollowedBy
	})
	c.bob.say("@alice@" + c.sales.host + " Are you there?")
	c.alice.say("Nothing of this reaches bob.")
	c.carol.follow(c.bob.handle())
	c.bob.follow(c.carol.handle())
	c.bob.say("After the block, from bob.")
	c.carol.say("After the block, from carol.")
	c.carol.awaits("After the block, from bob.")
	c.bob.awaits("After the block, from carol.")
	require.Empty(t, c.bob.seen("Nothing of this reaches bob."))
	for _, n := range c.alice.news("mention") {
		require.NotContains(t, n.Status.Content, "Are you there?")
	}
}

// upload sends a picture as client apps do.
func (p *person) upload(name string, file []byte, description string) attachment {
	p.t.Helper()
	code, text := p.sendFile(name, file, description)
	require.Equal(p.t, http.StatusOK, code, "%s", text)
	var a attachment
	require.NoError(p.t, json.Unmarshal(text, &a))
	return a
}

// sendFile is upload of whatever the node may have to convert first.
func (p *person) sendFile(name string, file []byte, description string) (code int, text []byte) {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	require.NoError(p.t, err)
	_, err = part.Write(file)
	require.NoError(p.t, err)
	require.NoError(p.t, form.WriteField("description", description))
	require.NoError(p.t, form.Close())
	request, err := http.NewRequestWithContext(p.t.Context(), "POST", p.node.url+"/api/v2/media", io.Reader(&body))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	code, text, err = p.send(request)
	require.NoError(p.t, err)
	return code, text
}

// drawing is a small picture.
func drawing(t *testing.T) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := 48 - x%32; y < 48; y++ {
			picture.Set(x, y, color.RGBA{40, 90, 160, 255})
		}
	}
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, picture))
	return file.Bytes()
}
