package callback_test

import (
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/callback"
)

const (
	oddSignature     = "61wRSflJVBp7zCP+aWN15mOArCQQq+QcwPPWL6/jfp4="
	compactSignature = "Xh+FLBwdM3YkrySB/PqHAdIgyESddhq0//dRZKMZqbw="
)

// The signatures were made with OpenSSL, over the body's very bytes.
func TestVerify(t *testing.T) {
	t.Parallel()
	const key = "s3cr3t-signing-key"
	odd := "{ \"ID\" :\t5,\r\n  \"CompanyId\":\"Z\\u00f6e\" ,\"Entity\":null }\n "
	for name, tt := range map[string]struct {
		key, body, signature string
		want                 bool
	}{
		"odd white space":          {key, odd, oddSignature, true},
		"white space around it":    {key, odd, " " + oddSignature + "\n", true},
		"compact":                  {key, `{"ID":5}`, compactSignature, true},
		"the same JSON, rewritten": {key, `{"ID":5,"CompanyId":"Zöe","Entity":null}`, oddSignature, false},
		"a line end less":          {key, strings.TrimRight(odd, " \n"), oddSignature, false},
		"another key":              {key + "x", odd, oddSignature, false},
		"no key":                   {"", odd, oddSignature, false},
		"in hex":                   {key, `{"ID":5}`, "6c1e", false},
		"cut off":                  {key, odd, oddSignature[:20], false},
		"not base64":               {key, odd, "*" + oddSignature, false},
		"none":                     {key, odd, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := callback.Verify(tt.key, []byte(tt.body), tt.signature); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
