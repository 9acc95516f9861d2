package notify

import (
	"crypto/ecdh"
	"testing"

	"github.com/stretchr/testify/require"
)

// The example of RFC 8291 5.
func TestTheExampleOfTheRFC(t *testing.T) {
	raw := func(s string) []byte {
		b, err := decode(s)
		require.NoError(t, err)
		return b
	}
	mine, err := ecdh.P256().NewPrivateKey(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	require.NoError(t, err)
	app, err := ecdh.P256().NewPublicKey(raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"))
	require.NoError(t, err)
	secret, err := mine.ECDH(app)
	require.NoError(t, err)
	o := once{secret: secret, public: mine.PublicKey().Bytes(), salt: raw("DGv6ra1nlYgDCS1FRnbzlw")}
	s, err := o.aes128gcm(app.Bytes(), raw("BTBZMqHH6r4Tts7J_aSIgg"), []byte("When I grow up, I want to be a watermelon"))
	require.NoError(t, err)
	require.Equal(t, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"+
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN", encode(s.body))
}
