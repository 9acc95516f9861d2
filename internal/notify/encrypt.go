package notify

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// sealed is a message that only the app can read, and the headers that it
// needs to do so.
type sealed struct {
	body           []byte
	encoding       string
	salt, senderDH string // of aesgcm, which has no place for them in its body
}

// recordSize is that of the one record that a message is. RFC 8291 4
const recordSize = 4096

// once are what a message is encrypted with and no other.
type once struct {
	secret []byte // that the two keys agree on
	public []byte // ours
	salt   []byte
}

// agree makes a key of our own for one message and agrees with the app's.
func agree(app *ecdh.PublicKey) (once, error) {
	mine, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return once{}, err
	}
	secret, err := mine.ECDH(app)
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	return once{secret: secret, public: mine.PublicKey().Bytes(), salt: salt}, err
}

// seal encrypts a message for the app: by RFC 8291, or by the draft before it,
// draft-ietf-webpush-encryption-04, which older apps read.
func seal(app *ecdh.PublicKey, auth, plain []byte, standard bool) (*sealed, error) {
	o, err := agree(app)
	if err != nil {
		return nil, err
	}
	if standard {
		return o.aes128gcm(app.Bytes(), auth, plain)
	}
	return o.aesgcm(app.Bytes(), auth, plain)
}

// aes128gcm is RFC 8291 3.4 over RFC 8188.
func (o once) aes128gcm(app, auth, plain []byte) (*sealed, error) {
	ikm, err := derive(o.secret, auth, "WebPush: info\x00"+string(app)+string(o.public), 32)
	if err != nil {
		return nil, err
	}
	// One record, and the last: RFC 8188 2
	text, err := encrypt(ikm, o.salt, "Content-Encoding: aes128gcm\x00", "Content-Encoding: nonce\x00", append(plain[:len(plain):len(plain)], 2))
	if err != nil {
		return nil, err
	}
	body := binary.BigEndian.AppendUint32(append([]byte{}, o.salt...), recordSize)
	body = append(append(body, byte(len(o.public))), o.public...)
	return &sealed{body: append(body, text...), encoding: "aes128gcm"}, nil
}

// aesgcm is the draft: the keys are part of what is derived, the padding
// stands in front, salt and key travel in headers.
func (o once) aesgcm(app, auth, plain []byte) (*sealed, error) {
	ikm, err := derive(o.secret, auth, "Content-Encoding: auth\x00", 32)
	if err != nil {
		return nil, err
	}
	both := "P-256\x00" + counted(app) + counted(o.public)
	text, err := encrypt(ikm, o.salt, "Content-Encoding: aesgcm\x00"+both, "Content-Encoding: nonce\x00"+both, append([]byte{0, 0}, plain...))
	if err != nil {
		return nil, err
	}
	return &sealed{body: text, encoding: "aesgcm", salt: encode(o.salt), senderDH: encode(o.public)}, nil
}

func counted(key []byte) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(key)))) + string(key)
}

// derive is HKDF with SHA-256. RFC 5869
func derive(secret, salt []byte, info string, n int) ([]byte, error) {
	return hkdf.Key(sha256.New, secret, salt, info, n)
}

func encrypt(ikm, salt []byte, keyInfo, nonceInfo string, plain []byte) ([]byte, error) {
	key, err := derive(ikm, salt, keyInfo, 16)
	if err != nil {
		return nil, err
	}
	nonce, err := derive(ikm, salt, nonceInfo, 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return gcm.Seal(nil, nonce, plain, nil), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
