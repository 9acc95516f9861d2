package media

import (
	"bytes"
	"image"
	"image/png"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// remote is a store of copies that may fetch from this machine.
func remote(t *testing.T, db *store.DB, budget int64) *Remote {
	t.Helper()
	r := &Remote{DB: db, URL: "https://node.example", Budget: budget, Log: slog.New(slog.DiscardHandler),
		HTTP: safehttp.New(safehttp.Options{AllowHTTP: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})}
	require.NoError(t, r.Open(t.Context(), t.TempDir()))
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func dot(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))))
	return b.Bytes()
}

// has reports whether there is a copy, without making one.
func (r *Remote) has(t *testing.T, f File) bool {
	t.Helper()
	_, err := r.DB.RemoteFile(f.key())
	_, ferr := fs.Stat(r.root.FS(), pathOf(f.key()))
	require.Equal(t, err == nil, ferr == nil, "the row and the file go together")
	return err == nil
}

func TestCopiesFitIntoTheBudget(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var asked atomic.Int32
		far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			_, _ = w.Write(dot(t))
		}))
		defer far.Close()
		r := remote(t, db, 1<<20)
		var files []File
		long := store.Now() - 1000
		for i, name := range []string{"a", "b", "c", "d"} {
			f := File{URL: far.URL + "/" + name}
			_, opened, err := r.open(t.Context(), f)
			require.NoError(t, err)
			require.NoError(t, opened.Close())
			files = append(files, f)
			require.NoError(t, db.Write(t.Context(), func(tx *store.Tx) error { return tx.TouchRemoteFiles([]string{f.key()}, long+store.Time(i)) }))
		}
		_, opened, err := r.open(t.Context(), files[0]) // looked at again
		require.NoError(t, err)
		require.NoError(t, opened.Close())
		before, err := db.RemoteFile(files[0].key())
		require.NoError(t, err)
		require.Equal(t, long, before.UsedAt, "one look is not worth a write")
		require.NoError(t, r.root.WriteFile(partPrefix+"new", nil, 0o600))
		r.Budget = 2 * (store.RemoteFileRow + int64(len(dot(t))))
		require.NoError(t, r.Tidy(t.Context(), TidyJob{}))
		require.Equal(t, []bool{true, false, false, true}, []bool{r.has(t, files[0]), r.has(t, files[1]), r.has(t, files[2]), r.has(t, files[3])})
		_, err = fs.Stat(r.root.FS(), partPrefix+"new")
		require.NoError(t, err, "what is being written is left alone")

		// A copy that went without its row is made anew.
		require.NoError(t, r.root.Remove(pathOf(files[3].key())))
		_, opened, err = r.open(t.Context(), files[3])
		require.NoError(t, err)
		require.NoError(t, opened.Close())
		require.EqualValues(t, 5, asked.Load())
	})
}

func TestAFileThatDrips(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(dot(t))
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte{0})
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}))
	defer far.Close()
	r := remote(t, storetest.Open(t, storetest.URL(t, "sqlite")), 1<<20)
	r.HTTP = r.HTTP.WithTimeout(200 * time.Millisecond)
	_, _, err := r.open(t.Context(), File{URL: far.URL + "/"})
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	list, err := fs.ReadDir(r.root.FS(), ".")
	require.NoError(t, err)
	for _, entry := range list {
		require.False(t, strings.HasPrefix(entry.Name(), partPrefix), "it left something behind")
	}
}

// A later failure waits longer, and another node of the same database knows.
func TestFailuresAreRemembered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
		defer far.Close()
		r := remote(t, db, 1<<20)
		f := File{URL: far.URL + "/"}
		var pauses []store.Time
		for range 3 {
			_, err := r.fetch(t.Context(), f)
			require.Error(t, err)
			row, err := db.RemoteFile(f.key())
			require.NoError(t, err)
			pauses = append(pauses, row.RetryAt-row.FetchedAt)
		}
		require.Greater(t, pauses[1], pauses[0])
		require.Greater(t, pauses[2], pauses[1])
		_, _, err := remote(t, db, 1<<20).open(t.Context(), f)
		require.True(t, fault.Is(err, fault.NotFound))
	})
}

// Two processes sign alike, and an address survives a restart.
func TestOneSecret(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		one, other := remote(t, db, 1), remote(t, db, 1)
		address := one.Address("https://far.example/users/bob", "https://far.example/a b.png?x=y#z")
		parts := strings.Split(strings.TrimPrefix(address, "https://node.example"+Prefix), "/")
		f, err := other.Parse(parts[0], parts[1])
		require.NoError(t, err)
		require.Equal(t, File{Owner: "https://far.example", URL: "https://far.example/a b.png?x=y#z"}, f)
	})
}
