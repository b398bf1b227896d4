package callback

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// MaxBody is the largest delivery that is taken, in bytes. Real ones have a
// few kilobytes; a queue message holds this in base64.
const MaxBody = 256 << 10

// Delivery is what a callback's body says, as far as it is used. The names
// are ConnectWise's own.
type Delivery struct {
	MessageID string
	Action    string
	// Type is ConnectWise's name, lower case: "company".
	Type      string
	ID        psa.RecordID
	CompanyID string
	// KeyURL is where the signing key is to be had.
	KeyURL string
}

// Parse reads a delivery's body and query. ConnectWise names the record in
// both: in the body as ID, in the query as recordId, raw behind our URL; where
// both are there they must agree. Errors wrap psa.ErrInvalid and quote nothing.
func Parse(body []byte, query url.Values) (Delivery, error) {
	var b struct {
		MessageId string //nolint:revive // ConnectWise's spelling
		Action    string
		Type      string
		ID        json.Number
		CompanyId string //nolint:revive // ConnectWise's spelling
		Metadata  struct {
			KeyURL string `json:"key_url"`
		}
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return Delivery{}, fmt.Errorf("body is not the JSON of a callback: %w", psa.ErrInvalid)
	}
	d := Delivery{
		MessageID: b.MessageId, Action: b.Action, Type: strings.ToLower(b.Type),
		CompanyID: b.CompanyId, KeyURL: b.Metadata.KeyURL,
	}
	id, err := recordID(string(b.ID), query.Get("recordId"))
	if err != nil {
		return Delivery{}, err
	}
	d.ID = id
	if d.Type == "" || d.CompanyID == "" {
		return Delivery{}, fmt.Errorf("body names no type or company: %w", psa.ErrInvalid)
	}
	return d, nil
}

func recordID(inBody, inQuery string) (psa.RecordID, error) {
	if inBody == "" {
		inBody = inQuery
	}
	id, err := strconv.ParseInt(inBody, 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("no record id: %w", psa.ErrInvalid)
	}
	if inQuery != "" && inQuery != strconv.FormatInt(id, 10) {
		return 0, fmt.Errorf("record ids of body and query differ: %w", psa.ErrInvalid)
	}
	return psa.RecordID(id), nil
}

// From reports whether the delivery says that it comes from the given login
// company: in its body, and in the key's URL if it has one. All companies of a
// ConnectWise cloud share hosts, so another company's genuine delivery must
// not pass for this one's.
func (d Delivery) From(companyID string) bool {
	if !strings.EqualFold(d.CompanyID, companyID) {
		return false
	}
	if d.KeyURL == "" {
		return true
	}
	u, err := url.Parse(d.KeyURL)
	return err == nil && strings.EqualFold(u.Query().Get("companyName"), companyID)
}

// Coverable reports whether a later run would find the change by itself: one
// reads what was added or updated, and sees nothing of what was deleted.
func (d Delivery) Coverable() bool {
	return strings.EqualFold(d.Action, "added") || strings.EqualFold(d.Action, "updated")
}

// Merged reports whether the record is said to be part of another one now. No
// such delivery was ever seen; what it tells is checked.
func (d Delivery) Merged() bool { return strings.EqualFold(d.Action, "merged") }
