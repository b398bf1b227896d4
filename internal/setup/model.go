package setup

import (
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Endpoint is a ConnectWise as found by discovery.
type Endpoint struct {
	// ServerURL is the address as cleaned and shown: scheme and UI host.
	ServerURL string
	// Identity is the site and login company.
	Identity psa.Identity
	// APIBase is the REST API's base with a trailing slash, up to and
	// including "apis/3.0/"; found by companyinfo, never typed.
	APIBase string
	// Codebase is ConnectWise's code base with a trailing slash.
	Codebase string
	// Version and ServerTimeZone are as /system/info says, for people.
	Version, ServerTimeZone string
}

// same reports whether both are the same ConnectWise company.
func (e Endpoint) same(o Endpoint) bool { return e.Identity.Key() == o.Identity.Key() }

// Connection is an account's enabled ConnectWise. There is at most one.
type Connection struct {
	// ID is a ULID, new with each generation; it stands in the callback URL.
	ID       string
	Account  psa.AccountID
	Endpoint Endpoint
	// Generation counts the account's identities; see psa.Generation.
	Generation psa.Generation
	// SecretARN points at the credentials.
	SecretARN string
	// Types are the enabled data types, in the table's order.
	Types []psa.DataType
	// Filter chooses the companies that are synced.
	Filter filter.Filter
	// FilterBy and FilterAt say who chose it, and when.
	FilterBy  string
	FilterAt  time.Time
	EnabledBy string
	EnabledAt time.Time
	// KeysBy and KeysAt say who gave the present keys, and when.
	KeysBy string
	KeysAt time.Time
	// Callbacks says how far registering callbacks has come.
	Callbacks Callbacks
	// PublicURL is where ConnectWise reaches us, as the request said that
	// registered callbacks last; the tick has no request to learn it from.
	PublicURL string
	// SyncEvery is how often changes are read by schedule; 0 is the default.
	SyncEvery time.Duration
	Pause     Pause
	// Rev grows with each write; writes are conditional on it.
	Rev int64
}

// Warning is the public half of a problem that did not stop anything.
type Warning struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Remedy  string       `json:"remedy"`
}

// Scope of the connection's data.
func (c Connection) Scope() psa.Scope {
	return psa.Scope{Account: c.Account, Generation: c.Generation}
}

// Draft is a tested connection that is not enabled yet. It is swept with its
// secret when nobody enables it for 30 days.
type Draft struct {
	Account   psa.AccountID
	Endpoint  Endpoint
	SecretARN string
	Types     []psa.DataType
	Filter    filter.Filter
	SavedBy   string
	SavedAt   time.Time
	ExpiresAt time.Time
	Rev       int64
}

// Claim says which account writes to a ConnectWise identity (spec 1.5).
type Claim struct {
	Identity  psa.Identity
	Account   psa.AccountID
	ClaimedBy string
	ClaimedAt time.Time
}

// SecretNote marks a secret that may have to be removed: one about to be
// created, or one that was replaced.
type SecretNote struct {
	Account psa.AccountID
	// Name is the secret's full name, chosen before it is created.
	Name string
	// SweepAt is when to look: remove it unless it is pointed at.
	SweepAt time.Time
}
