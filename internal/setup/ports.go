package setup

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Store keeps connections, drafts, claims, secret notes and callback
// endpoints. Methods are safe for concurrent use by many processes; a
// successful write is durable; reads are consistent. What does not exist is
// psa.ErrNotFound; a lost race is psa.ErrConflict and changes nothing.
type Store interface { //nolint:interfacebloat // one table, whose writes belong together
	Connection(ctx context.Context, account psa.AccountID) (Connection, error)
	Draft(ctx context.Context, account psa.AccountID) (Draft, error)
	// PutDraft stores d if the stored draft's Rev is d.Rev (0: there is
	// none) and drops the secret's note (a zero Name drops none), in one
	// step. It returns the draft with its new Rev.
	PutDraft(ctx context.Context, d Draft, drop SecretNote) (Draft, error)
	// DeleteDraft removes the draft and notes its secret for the sweep.
	DeleteDraft(ctx context.Context, d Draft, note SecretNote) error
	// Activate makes c the account's connection (its Rev is that of the
	// stored one, 0 for none), takes the identity's claim, writes the
	// callback endpoint and FirstSchedule and removes the draft, in one
	// step. An identity that another account claims is psa.ErrBusy unless
	// takeover is set. A departure of c's scope goes; one that is not Kept
	// is psa.ErrConflict.
	Activate(ctx context.Context, c Connection, d Draft, e psa.CallbackEndpoint, takeover bool) (Connection, error)
	// UpdateConnection stores c if the stored Rev is c.Rev, and with it the
	// notes: drop is removed, add is written (zero Names mean none).
	UpdateConnection(ctx context.Context, c Connection, drop, add SecretNote) (Connection, error)
	// SetPause is UpdateConnection, and keeps c.Pause.Sync with the callback
	// endpoint too. Where that is false, the schedule becomes due. All in
	// one step.
	SetPause(ctx context.Context, c Connection, due Schedule) (Connection, error)
	// SetFilter is UpdateConnection, and writes change to the sync's log.
	// Unless the connection is paused, the schedule becomes due. All in one
	// step.
	SetFilter(ctx context.Context, c Connection, due Schedule, change FilterChange) (Connection, error)
	Claim(ctx context.Context, identity psa.Identity) (Claim, error)

	// Depart removes d's connection (its Rev is that of the stored one), its
	// callback endpoint and schedules, the identity's claim if it is the
	// account's, and draft unless it is nil, and writes d and notes, in one
	// step.
	Depart(ctx context.Context, d Departure, draft *Draft, notes []SecretNote) (Departure, error)
	// Departure returns the account's newest.
	Departure(ctx context.Context, account psa.AccountID) (Departure, error)
	// UpdateDeparture stores d if the stored Rev is d.Rev.
	UpdateDeparture(ctx context.Context, d Departure) (Departure, error)
	// DueDepartures lists departures with a LookAt at or before now, as
	// DueSchedules does.
	DueDepartures(ctx context.Context, now time.Time, limit int) ([]Departure, error)

	// NoteSecret is written before a secret is created. There is one note
	// per account and name: a later one replaces SweepAt. ForgetSecret
	// removes it, whatever its SweepAt.
	NoteSecret(ctx context.Context, n SecretNote) error
	ForgetSecret(ctx context.Context, n SecretNote) error
	// DueSecrets lists notes to look at, at or before now.
	DueSecrets(ctx context.Context, now time.Time, limit int) ([]SecretNote, error)

	// DueSchedules lists schedules to look at, at or before now: an
	// eventually consistent index, complete but perhaps late; what it lists
	// is as stored.
	DueSchedules(ctx context.Context, now time.Time, limit int) ([]Schedule, error)
	// MoveSchedule replaces before by after if that is what is stored;
	// psa.ErrConflict or psa.ErrNotFound otherwise.
	MoveSchedule(ctx context.Context, before, after Schedule) error

	// CallbackEndpoint returns what the receiver checks a delivery against.
	CallbackEndpoint(ctx context.Context, connectionID string) (psa.CallbackEndpoint, error)
	// PutCallbackEndpoint replaces all of the endpoint but Paused;
	// psa.ErrNotFound if there is none any more.
	PutCallbackEndpoint(ctx context.Context, e psa.CallbackEndpoint) error
}

// Secrets keeps credentials, one immutable secret per name. Nothing logs or
// returns their content but Get.
type Secrets interface {
	// Create stores creds under name and returns the ARN. Creating the same
	// name again with the same credentials returns the same ARN.
	Create(ctx context.Context, name string, creds psa.Credentials) (arn string, err error)
	// Get may answer from a cache keyed by ARN, since secrets never change.
	Get(ctx context.Context, arn string) (psa.Credentials, error)
	// Delete removes a secret by name or ARN for good; one that does not
	// exist is no error.
	Delete(ctx context.Context, nameOrARN string) error
}

// Prober asks a ConnectWise what the connection test needs to know. Every
// error carries a problem.Code.
type Prober interface {
	// Clean turns what a user typed into an endpoint's ServerURL and
	// Identity site, and says in words what it changed.
	Clean(serverURL string) (clean, site string, notices []string, err error)
	// Discover finds the API base through companyinfo.
	Discover(ctx context.Context, serverURL, companyID string) (Endpoint, error)
	// Info reads /system/info; it proves nothing about credentials.
	Info(ctx context.Context, e Endpoint, c psa.Credentials) (version, serverTimeZone string, err error)
	// List reads one record of path; it fails without the permission.
	List(ctx context.Context, e Endpoint, c psa.Credentials, path string) (count int, err error)
}

// CallbackRegistrar has ConnectWise call us when records change. Each method
// may be called by several goroutines at once.
type CallbackRegistrar interface {
	// Registrations lists what ConnectWise calls under CallbackPath(c.ID),
	// at any host: the connection's own, and nobody else's.
	Registrations(ctx context.Context, c Connection) ([]Registration, error)
	// Register makes ConnectWise call url for a type, whoever made the
	// change. After an error it may be registered all the same. It is
	// psa.ErrConflict if ConnectWise takes it for one that it has.
	Register(ctx context.Context, c Connection, url string, typ psa.DataType) error
	// Remove ends a registration; one that has gone is no error.
	Remove(ctx context.Context, c Connection, id psa.RecordID) error
}

// Runner is what setup needs of the sync engine.
type Runner interface {
	// StartInitial asks for the first run of every type that has never been
	// read in this scope; a type that has, or is being read, is left alone.
	StartInitial(ctx context.Context, scope psa.Scope, types []psa.DataType, by string) error
	// StartDue asks by schedule for a run of every type that has had none
	// asked for since due. First runs that failed are tried again ever more
	// rarely, and cancelled ones not at all. Repeating it is harmless.
	// A type that was not compared with ConnectWise since night is compared
	// instead, and what a person confirmed to remove is removed.
	StartDue(ctx context.Context, scope psa.Scope, types []psa.DataType, due, night time.Time) error
	// StartAll asks for a run of every type: of what changed, or of
	// everything where that was never read. Active runs are joined.
	StartAll(ctx context.Context, scope psa.Scope, types []psa.DataType, by string) error
	// Refilter ends every active run of the scope, since the filter has
	// changed, and asks for a run of every type.
	Refilter(ctx context.Context, scope psa.Scope, types []psa.DataType, by string) error
	// CancelAll ends every active run of the scope.
	CancelAll(ctx context.Context, scope psa.Scope, by string) error
}

// Eraser removes what was stored for a scope that nobody writes to any more.
type Eraser interface {
	// Erase works for about as long as said, and reports whether nothing is
	// left. It needs no memory of earlier calls, and may be called side by
	// side.
	Erase(ctx context.Context, scope psa.Scope, d time.Duration) (done bool, err error)
}
