package federation

import (
	"bytes"
	"crypto"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The example of FEP-8fcf.
func TestMembers(t *testing.T) {
	require.Equal(t, "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f",
		Members([]string{"https://testing.example.org/users/1", "https://testing.example.org/users/2"}))
}

// That the name of the header stands somewhere beside the signature is not
// enough: what was verified has to cover it.
func TestSynchronizationHasToBeSigned(t *testing.T) {
	want := Synchronization{CollectionID: "https://a.example/f", URL: "https://a.example/s", Digest: Members(nil)}
	body := []byte("{}")
	for _, scheme := range []Scheme{Cavage, RFC9421} {
		request := func(covered bool) (*http.Request, *Signature) {
			r, err := http.NewRequest(http.MethodPost, "https://us.example/inbox", bytes.NewReader(body))
			require.NoError(t, err)
			if covered {
				r.Header.Set(synchronizationHeader, want.String())
			}
			require.NoError(t, Sign(r, scheme, Digest(body), &Key{ID: "https://a.example/u?collection-synchronization", Private: signingKey(t)}, time.Now()))
			r.Header.Set(synchronizationHeader, want.String())
			if !covered && scheme == RFC9421 {
				r.Header.Add("Signature-Input", `other=("collection-synchronization");keyid="x"`)
			}
			sig, err := ParseSignature(r, body, time.Now(), "https://us.example")
			require.NoError(t, err)
			return r, sig
		}
		r, sig := request(false)
		require.Nil(t, sig.Synchronization(r), scheme)
		r, sig = request(true)
		require.Equal(t, &want, sig.Synchronization(r), scheme)
		r.Header.Add(synchronizationHeader, want.String())
		require.Nil(t, sig.Synchronization(r), "said twice")
	}
}

func signingKey(t *testing.T) crypto.Signer {
	t.Helper()
	private, _, err := NewEdwardsPair()
	require.NoError(t, err)
	key, err := ParsePrivateKeyPEM(private)
	require.NoError(t, err)
	return key
}
