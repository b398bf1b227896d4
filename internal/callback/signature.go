package callback

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// mac is what a signing key is used as: its SHA-256 (facts section 9).
type mac [sha256.Size]byte

func macOf(signingKey string) mac { return sha256.Sum256([]byte(signingKey)) }

// verifies reports whether signature, an x-content-signature, is that of body:
// of its very bytes, since a body that was read and written again is another.
// The comparison takes the same time wherever they differ.
func (m mac) verifies(body []byte, signature string) bool {
	got, err := base64.StdEncoding.DecodeString(strings.TrimSpace(signature))
	if err != nil {
		return false
	}
	h := hmac.New(sha256.New, m[:])
	h.Write(body)
	return hmac.Equal(got, h.Sum(nil))
}

// Verify reports whether body was signed with signingKey.
func Verify(signingKey string, body []byte, signature string) bool {
	return macOf(signingKey).verifies(body, signature)
}
