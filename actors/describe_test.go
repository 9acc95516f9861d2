package actors

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

var update = flag.Bool("update", false, "write the rows that the documents in testdata become beside them")

func described(t testing.TB, raw []byte) *store.Actor {
	t.Helper()
	o, err := federation.ParseObject(raw)
	require.NoError(t, err)
	a := &store.Actor{}
	describe(a, o, o.PreferredUsername, string(federation.HostOf(o.ID)))
	a.FetchedAt, a.UpdatedAt = 0, 0
	return a
}

// The documents in testdata/<software> are written in the shape in which that
// software sends them. Beside each lies the row it becomes.
func TestWhoOtherSoftwareSends(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.HasSuffix(file, ".row.json") {
			continue
		}
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			var got strings.Builder
			e := json.NewEncoder(&got)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			require.NoError(t, e.Encode(told(t, described(t, raw))))
			golden := strings.TrimSuffix(file, ".json") + ".row.json"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err, "run go test ./actors -run TestWhoOtherSoftwareSends -update, and read what it writes")
			require.Equal(t, string(want), got.String())
		})
	}
}

// told are the columns of a row that are not zero.
func told(t *testing.T, a *store.Actor) map[string]any {
	t.Helper()
	raw, err := json.Marshal(a)
	require.NoError(t, err)
	var all map[string]any
	require.NoError(t, json.Unmarshal(raw, &all))
	for column, value := range all {
		if value == nil || value == "" || value == false || value == float64(0) {
			delete(all, column)
		}
	}
	return all
}

// Every actor that other software was seen to send goes into a row and out of
// it again.
func TestCorpusOfActorsIsUnderstood(t *testing.T) {
	const corpus = "../../shared/corpus"
	files, err := filepath.Glob(filepath.Join(corpus, "*.json"))
	require.NoError(t, err)
	more, err := filepath.Glob(filepath.Join(corpus, "copyleft", "*.json"))
	require.NoError(t, err)
	if files = append(files, more...); len(files) == 0 {
		t.Skip("the corpus of captured documents is not here: lay it at ../shared/corpus beside the repository")
	}
	db := storetest.Open(t, storetest.URL(t, "sqlite"))
	n := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		o, err := federation.ParseObject(raw)
		if err == nil && !o.IsActor() && o.Object.Embedded() && o.Object.IsActor() {
			o = o.Object // of an Update
		}
		if err != nil || !o.IsActor() || federation.HostOf(o.ID) == "" {
			continue
		}
		n++
		require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error {
			a, err := tx.ActorByURI(o.ID)
			if err != nil {
				a = &store.Actor{ID: store.NewID(), CreatedAt: store.Now(), Lifecycle: store.Active}
				describe(a, o, o.PreferredUsername, string(federation.HostOf(o.ID)))
				return tx.CreateActor(a)
			}
			describe(a, o, o.PreferredUsername, string(federation.HostOf(o.ID)))
			return tx.UpdateActor(a)
		}), file)
		a, err := db.ActorByURI(o.ID)
		require.NoError(t, err)
		assert.Equal(t, o.Inbox, a.InboxURI, file)
		assert.NotEmpty(t, a.URL, file)
		if o.Icon != nil {
			assert.NotEmpty(t, a.Avatar, file)
		}
	}
	assert.Greater(t, n, 80)
}

// FuzzDescribe looks for a document that makes the reader or the row fall.
func FuzzDescribe(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.json")
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := federation.ParseObject(raw)
		if err != nil {
			return
		}
		a := &store.Actor{}
		describe(a, o, o.PreferredUsername, "far.example")
		for _, s := range []string{a.DisplayName, a.Note, a.URL, a.Avatar} {
			if strings.ContainsRune(s, 0) || strings.Contains(strings.ToLower(s), "<script") {
				t.Errorf("%q would be shown", s)
			}
		}
		if len(a.Fields) > 50 || len(a.AlsoKnownAs) > 256 || len(a.Emojis) > maxEmojis {
			t.Errorf("%d fields, %d aliases, %d emoji", len(a.Fields), len(a.AlsoKnownAs), len(a.Emojis))
		}
	})
}
