package setup

import (
	"strings"
	"unicode"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Input is what a person enters in the wizard's connection step. Keys left
// out mean the stored ones, which are only ever sent to the ConnectWise they
// were given for.
type Input struct {
	ServerURL  string
	CompanyID  string
	PublicKey  string
	PrivateKey string
	// Types to sync; empty means those stored, or the table's defaults.
	Types []psa.DataType
	// IfMatch is the Status.Tag that the person saw; "" accepts any.
	IfMatch string
}

// clean removes what comes along with a pasted value, and says where. Keys
// and company ids hold no white space and nothing invisible.
func (in Input) clean() (Input, map[string]string) {
	said := map[string]string{}
	for name, field := range map[string]*string{
		"companyId": &in.CompanyID, "publicKey": &in.PublicKey, "privateKey": &in.PrivateKey,
	} {
		stripped := strings.Map(dropInvisible, *field)
		if name == "companyId" { // a company id may have a space inside
			stripped = strings.TrimFunc(*field, isInvisible)
		}
		if stripped != *field {
			said[name] = "White space around or inside the pasted value was removed."
		}
		*field = stripped
	}
	return in, said
}

func isInvisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

func dropInvisible(r rune) rune {
	if isInvisible(r) {
		return -1
	}
	return r
}

// keys returns the credentials as entered; given is false if both were left
// out.
func (in Input) keys() (c psa.Credentials, given bool, err error) {
	if in.PublicKey == "" && in.PrivateKey == "" {
		return psa.Credentials{}, false, nil
	}
	if in.PublicKey == "" || in.PrivateKey == "" {
		return psa.Credentials{}, false, problem.New(problem.BadRequest,
			"Only one of the two keys was entered.", "Enter the public and the private key, or neither to keep the stored ones.")
	}
	return psa.Credentials{PublicKey: in.PublicKey, PrivateKey: in.PrivateKey}, true, nil
}
