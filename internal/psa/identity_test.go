package psa_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/psa"
)

func TestParseAccountID(t *testing.T) {
	t.Parallel()
	for s, ok := range map[string]bool{
		"msp-1": true, "A": true, "urn:msp:7": true, "a@b.example": true, strings.Repeat("x", 128): true,
		"": false, "-a": false, ".": false, "a#b": false, "a b": false, "a/b": false, "ä": false, "a\n": false, "a\x00": false,
		strings.Repeat("x", 129): false,
	} {
		id, err := psa.ParseAccountID(s)
		if (err == nil) != ok || ok && string(id) != s {
			t.Errorf("%q: %q, %v; want ok = %v", s, id, err, ok)
		}
	}
}

func TestIdentityKeyIgnoresCaseAndKeepsPartsApart(t *testing.T) {
	t.Parallel()
	key := func(site, company string) string { return psa.Identity{Site: site, CompanyID: company}.Key() }
	if key("NA.myconnectwise.net", "Acme") != key("na.myconnectwise.net", "acme") {
		t.Error("case makes another identity")
	}
	if key("ab", "c") == key("a", "bc") {
		t.Error("parts run together")
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	t.Parallel()
	c := psa.Credentials{PublicKey: "pub-sesame", PrivateKey: "priv-sesame"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if out := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c); strings.Contains(out, "sesame") {
			t.Errorf("%s prints %s", verb, out)
		}
	}
	if _, err := json.Marshal(c); err != nil { // the secret store needs them
		t.Error(err)
	}
}
