package mapping

import (
	"context"

	"github.com/psabridge/psabridge/internal/psa"
)

// Store keeps tenants, mappings, products and change sets. Methods are safe
// for concurrent use by many processes; reads are consistent and writes
// durable. What does not exist is psa.ErrNotFound.
type Store interface {
	TenantStore
	Keeper
	ChangeStore
	// Products returns the scope's, the zero ones if there are none.
	Products(ctx context.Context, scope psa.Scope) (Products, error)
	// PutProducts stores p, and the note of it, if the stored Rev is p.Rev;
	// psa.ErrConflict otherwise.
	PutProducts(ctx context.Context, scope psa.Scope, p Products, note Note) (Products, error)
}

// Keeper is the part of Store that keeps mappings.
type Keeper interface {
	// Mappings returns all mappings of the scope, empty ones too; Mapping
	// one, the zero one if there is none.
	Mappings(ctx context.Context, scope psa.Scope) ([]Mapping, error)
	Mapping(ctx context.Context, scope psa.Scope, tenant TenantID) (Mapping, error)
	// PutMappings stores up to MaxRows of different tenants in one step, each
	// if the stored Rev is its Rev, and as many notes of it, and returns the
	// mappings with their new Rev. Otherwise nothing is stored, and the error
	// is a *Conflict that says where.
	PutMappings(ctx context.Context, scope psa.Scope, ms []Mapping, notes []Note) ([]Mapping, error)
}

// TenantStore is the part of Store that keeps tenants.
type TenantStore interface {
	// Tenants returns all tenants of the account, removed ones too.
	Tenants(ctx context.Context, account psa.AccountID) ([]Tenant, error)
	// PutTenant stores t unless what is stored has a later ChangedAt; stale
	// says so. RemovedAt is kept from the first write that said Removed.
	PutTenant(ctx context.Context, account psa.AccountID, t Tenant) (stale bool, err error)
}

// ChangeStore is the part of Store that keeps change sets, for 30 days.
type ChangeStore interface {
	// CreateChange is psa.ErrInvalid for more than the store can keep as one.
	CreateChange(ctx context.Context, scope psa.Scope, c Change) error
	Change(ctx context.Context, scope psa.Scope, id string) (Change, error)
	// PutChange stores c if the stored Rev is c.Rev; psa.ErrConflict
	// otherwise.
	PutChange(ctx context.Context, scope psa.Scope, c Change) (Change, error)
}

// MaxRows is how many mappings are stored in one step.
const MaxRows = 50

// Conflict says which tenants' mappings somebody changed meanwhile. It is
// psa.ErrConflict.
type Conflict struct{ Tenants []TenantID }

// Error names no tenant.
func (*Conflict) Error() string { return "mappings were changed meanwhile" }

// Is makes it a psa.ErrConflict.
func (*Conflict) Is(target error) bool { return target == psa.ErrConflict }

// ConnectWise reads what can be chosen. Every error carries a problem.Code.
// Reads by ids leave out what does not exist, in few calls for many ids.
type ConnectWise interface { //nolint:interfacebloat // one other side, all of whose lists people choose from
	Companies(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]Company, error)
	// FindCompanies lists companies, filtered out or not, whose name has text
	// in it, at most limit.
	FindCompanies(ctx context.Context, text string, limit int) ([]Ref, error)
	Agreements(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]Agreement, error)
	// AgreementsOf lists the agreements of companies.
	AgreementsOf(ctx context.Context, companies []psa.RecordID) ([]Agreement, error)
	Items(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]Item, error)
	// FindItems lists catalog items whose identifier or description has text
	// in it, at most limit.
	FindItems(ctx context.Context, text string, limit int) ([]Item, error)
	// ClosedStatuses are the company statuses that stand for an inactive
	// company.
	ClosedStatuses(ctx context.Context) (map[psa.RecordID]bool, error)
}

// Connector opens the ConnectWise of a scope; problem.NotConnected if the
// scope is not the account's present connection.
type Connector interface {
	Mapping(ctx context.Context, scope psa.Scope) (ConnectWise, error)
}

// Directory knows the names of the companies that are synced, sorted: for
// type-ahead, and for mapping by name.
type Directory interface {
	// Names returns all of them: up to a few ten thousand.
	Names(ctx context.Context, scope psa.Scope) ([]Ref, error)
	// Whole reports whether they are all that ConnectWise has: no filter leaves
	// any out, and they were all read once.
	Whole(ctx context.Context, scope psa.Scope) (bool, error)
}

// Waker has a worker go on with a change set, soon and at least once.
type Waker interface {
	WakeChange(ctx context.Context, scope psa.Scope, id string) error
}
