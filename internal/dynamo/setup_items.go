package dynamo

import (
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// endpointItem is a ConnectWise within a connection or draft.
type endpointItem struct {
	ServerURL      string `dynamodbav:"serverUrl"`
	Site           string `dynamodbav:"site"`
	CompanyID      string `dynamodbav:"companyId"`
	APIBase        string `dynamodbav:"apiBase"`
	Codebase       string `dynamodbav:"codebase,omitempty"`
	Version        string `dynamodbav:"version,omitempty"`
	ServerTimeZone string `dynamodbav:"serverTimeZone,omitempty"`
}

func newEndpointItem(e setup.Endpoint) endpointItem {
	return endpointItem{
		ServerURL: e.ServerURL, Site: e.Identity.Site, CompanyID: e.Identity.CompanyID, APIBase: e.APIBase,
		Codebase: e.Codebase, Version: e.Version, ServerTimeZone: e.ServerTimeZone,
	}
}

func (it endpointItem) endpoint() setup.Endpoint {
	return setup.Endpoint{
		ServerURL: it.ServerURL, Identity: psa.Identity{Site: it.Site, CompanyID: it.CompanyID}, APIBase: it.APIBase,
		Codebase: it.Codebase, Version: it.Version, ServerTimeZone: it.ServerTimeZone,
	}
}

// pauseItem is what a person holds up.
type pauseItem struct {
	Sync bool   `dynamodbav:"sync,omitempty"`
	By   string `dynamodbav:"by,omitempty"`
	At   int64  `dynamodbav:"at,omitempty"`
}

// connectionItem is an account's connection. It holds a pointer to its
// credentials, never the credentials.
type connectionItem struct {
	key
	V          int            `dynamodbav:"v"`
	ID         string         `dynamodbav:"id"`
	Endpoint   endpointItem   `dynamodbav:"endpoint"`
	Generation psa.Generation `dynamodbav:"generation"`
	SecretARN  string         `dynamodbav:"secretArn"`
	Types      []psa.DataType `dynamodbav:"types"`
	Filter     filter.Filter  `dynamodbav:"filter"`
	FilterBy   string         `dynamodbav:"filterBy,omitempty"`
	FilterAt   int64          `dynamodbav:"filterAt,omitempty"`
	EnabledBy  string         `dynamodbav:"enabledBy,omitempty"`
	EnabledAt  int64          `dynamodbav:"enabledAt"`
	KeysBy     string         `dynamodbav:"keysBy,omitempty"`
	KeysAt     int64          `dynamodbav:"keysAt"`
	Callbacks  callbacksItem  `dynamodbav:"callbacks"`
	PublicURL  string         `dynamodbav:"publicUrl,omitempty"`
	SyncEvery  time.Duration  `dynamodbav:"syncEvery,omitempty"`
	Pause      pauseItem      `dynamodbav:"pause,omitempty"`
	Rev        int64          `dynamodbav:"rev"`
}

func newConnectionItem(c setup.Connection) connectionItem {
	return connectionItem{
		key: connectionKey(c.Account), V: version, ID: c.ID, Endpoint: newEndpointItem(c.Endpoint),
		Generation: c.Generation, SecretARN: c.SecretARN, Types: c.Types, Filter: c.Filter, FilterBy: c.FilterBy, FilterAt: nanos(c.FilterAt),
		EnabledBy: c.EnabledBy, EnabledAt: nanos(c.EnabledAt), KeysBy: c.KeysBy, KeysAt: nanos(c.KeysAt),
		Callbacks: newCallbacksItem(c.Callbacks), PublicURL: c.PublicURL, SyncEvery: c.SyncEvery,
		Pause: pauseItem{Sync: c.Pause.Sync, By: c.Pause.By, At: nanos(c.Pause.At)}, Rev: c.Rev,
	}
}

func (it connectionItem) connection(account psa.AccountID) setup.Connection {
	return setup.Connection{
		ID: it.ID, Account: account, Endpoint: it.Endpoint.endpoint(), Generation: it.Generation, SecretARN: it.SecretARN,
		Types: it.Types, Filter: it.Filter, FilterBy: it.FilterBy, FilterAt: fromNanos(it.FilterAt),
		EnabledBy: it.EnabledBy, EnabledAt: fromNanos(it.EnabledAt), KeysBy: it.KeysBy, KeysAt: fromNanos(it.KeysAt),
		Callbacks: it.Callbacks.callbacks(), PublicURL: it.PublicURL, SyncEvery: it.SyncEvery,
		Pause: setup.Pause{Sync: it.Pause.Sync, By: it.Pause.By, At: fromNanos(it.Pause.At)}, Rev: it.Rev,
	}
}

// draftItem is a draft. It has no expiry of its own: who removes it removes
// its secret too.
type draftItem struct {
	key
	V         int            `dynamodbav:"v"`
	Endpoint  endpointItem   `dynamodbav:"endpoint"`
	SecretARN string         `dynamodbav:"secretArn"`
	Types     []psa.DataType `dynamodbav:"types"`
	Filter    filter.Filter  `dynamodbav:"filter"`
	SavedBy   string         `dynamodbav:"savedBy,omitempty"`
	SavedAt   int64          `dynamodbav:"savedAt"`
	Until     int64          `dynamodbav:"until"`
	Rev       int64          `dynamodbav:"rev"`
}

func newDraftItem(d setup.Draft) draftItem {
	return draftItem{
		key: draftKey(d.Account), V: version, Endpoint: newEndpointItem(d.Endpoint), SecretARN: d.SecretARN, Types: d.Types, Filter: d.Filter,
		SavedBy: d.SavedBy, SavedAt: nanos(d.SavedAt), Until: nanos(d.ExpiresAt), Rev: d.Rev,
	}
}

func (it draftItem) draft(account psa.AccountID) setup.Draft {
	return setup.Draft{
		Account: account, Endpoint: it.Endpoint.endpoint(), SecretARN: it.SecretARN, Types: it.Types, Filter: it.Filter,
		SavedBy: it.SavedBy, SavedAt: fromNanos(it.SavedAt), ExpiresAt: fromNanos(it.Until), Rev: it.Rev,
	}
}

// claimItem says which account writes to an identity.
type claimItem struct {
	key
	V         int           `dynamodbav:"v"`
	Site      string        `dynamodbav:"site"`
	CompanyID string        `dynamodbav:"companyId"`
	Account   psa.AccountID `dynamodbav:"account"`
	By        string        `dynamodbav:"by,omitempty"`
	At        int64         `dynamodbav:"at"`
}

// noteItem marks a secret that may have to be removed.
type noteItem struct {
	key
	V   int    `dynamodbav:"v"`
	DPK string `dynamodbav:"dpk"`
	DSK string `dynamodbav:"dsk"`
}

func newNoteItem(n setup.SecretNote) noteItem {
	k := secretKey(n.Account, n.Name)
	return noteItem{key: k, V: version, DPK: duePK(dueSecrets, k), DSK: paddedTime(n.SweepAt)}
}

// callbackItem is what a delivery is checked against.
type callbackItem struct {
	key
	V          int            `dynamodbav:"v"`
	Account    psa.AccountID  `dynamodbav:"account"`
	Generation psa.Generation `dynamodbav:"generation"`
	CompanyID  string         `dynamodbav:"companyId"`
	Hashes     []string       `dynamodbav:"hashes"`
	Paused     bool           `dynamodbav:"paused,omitempty"`
}

func newCallbackItem(e psa.CallbackEndpoint) callbackItem {
	return callbackItem{
		key: callbackKey(e.ConnectionID), V: version, Account: e.Scope.Account, Generation: e.Scope.Generation,
		CompanyID: e.CompanyID, Hashes: e.TokenHashes, Paused: e.Paused,
	}
}
