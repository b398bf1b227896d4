package psa

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// AccountID names an MSP, a partner of the vendor. It comes from a verified
// token and from nowhere else.
type AccountID string

// maxAccountID is the longest account id in bytes.
const maxAccountID = 128

// ParseAccountID accepts letters, digits and . _ : @ -, a letter or digit
// first: what can stand in a key. It is checked by hand: an
// expression would be compiled at every start of every function.
func ParseAccountID(s string) (AccountID, error) {
	if s == "" || len(s) > maxAccountID || strings.ContainsRune("._:@-", rune(s[0])) {
		return "", fmt.Errorf("account id: %w", ErrInvalid)
	}
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("._:@-", r) {
			return "", fmt.Errorf("account id: %w", ErrInvalid)
		}
	}
	return AccountID(s), nil
}

// Generation counts the ConnectWise identities that an account has been
// connected to. It stands in every key, so that nothing stored for one
// identity is ever read for the next.
type Generation int64

// Scope says whose data is meant: one account and one generation of its
// connection.
type Scope struct {
	Account    AccountID
	Generation Generation
}

func (s Scope) String() string { return fmt.Sprintf("%s/g%d", s.Account, s.Generation) }

// Identity is a ConnectWise tenant: the site people log in to and the login
// company. Compare identities by Key, never field by field.
type Identity struct {
	// Site is the UI host, lower case, with a port only if it is not the
	// scheme's own: "na.myconnectwise.net".
	Site string
	// CompanyID is the login company, as typed by the user.
	CompanyID string
}

// Key is a stable digest of the identity, safe in a key and in a log.
func (i Identity) Key() string {
	sum := sha256.Sum256([]byte(strings.ToLower(i.Site) + "\x00" + strings.ToLower(i.CompanyID)))
	return hex.EncodeToString(sum[:16])
}

// Credentials are the keys of a ConnectWise API member. Their String and
// GoString hide them, so that no log verb can leak them.
type Credentials struct {
	PublicKey  string `json:"publicKey"`
	PrivateKey string `json:"privateKey"`
}

func (Credentials) String() string { return "[credentials]" }

// GoString hides the keys from %#v too.
func (Credentials) GoString() string { return "psa.Credentials{[hidden]}" }
