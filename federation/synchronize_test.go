package federation

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// The example of FEP-8fcf.
func TestMembers(t *testing.T) {
	require.Equal(t, "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f",
		Members([]string{"https://testing.example.org/users/1", "https://testing.example.org/users/2"}))
}

func TestSynchronizationHasToBeSigned(t *testing.T) {
	want := Synchronization{CollectionID: "https://a.example/f", URL: "https://a.example/s", Digest: Members(nil)}
	r := &http.Request{Header: http.Header{synchronizationHeader: {want.String()}, "Signature": {`headers="(request-target) date"`}}}
	require.Nil(t, SynchronizationOf(r))
	r.Header.Set("Signature", `headers="(request-target) date collection-synchronization"`)
	require.Equal(t, &want, SynchronizationOf(r))
	r.Header.Add(synchronizationHeader, want.String())
	require.Nil(t, SynchronizationOf(r), "said twice")
}
