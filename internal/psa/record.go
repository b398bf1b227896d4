package psa

import (
	"encoding/json"
	"time"
)

// DataType names a kind of ConnectWise record that can be synced.
type DataType string

// The data types that code speaks of; the syncer's table has all.
const (
	Companies  DataType = "companies"
	Contacts   DataType = "contacts"
	Agreements DataType = "agreements"
	Catalog    DataType = "catalog"
)

// RecordID is ConnectWise's id of a record, positive.
type RecordID int64

// Record is one ConnectWise record as read: what every type has in common,
// and the kept fields as one JSON object.
type Record struct {
	Type DataType
	ID   RecordID
	// Name is what a person calls the record.
	Name string
	// Parent is the id of the record's parent (a contact's company), 0 if
	// it names none.
	Parent RecordID
	// LastUpdated is ConnectWise's own clock (_info.lastUpdated), whole
	// seconds, UTC; zero if the record does not say.
	LastUpdated time.Time
	// UpdatedBy is ConnectWise's member who changed it last.
	UpdatedBy string
	// ReadAt is when the GET that returned this was sent, by our clock.
	ReadAt time.Time
	// SoftDeleted is ConnectWise's deletedFlag.
	SoftDeleted bool
	// Data is the record's kept fields: compact JSON with sorted keys, so
	// that equal records are equal bytes. _info is not in it.
	Data json.RawMessage
}

// Newer reports whether a was read from a later state than b: by
// lastUpdated, then by when the GET was sent. It is the one ordering rule;
// stores apply the same in their conditions.
func Newer(aUpdated, aRead, bUpdated, bRead time.Time) bool {
	if !aUpdated.Equal(bUpdated) {
		return aUpdated.After(bUpdated)
	}
	return aRead.After(bRead)
}
