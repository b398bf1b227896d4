package dynamo

import (
	"time"

	awsretry "github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Store is the table. Its parts share it: [Store.Runs], [Store.Records],
// [Store.Setup], [Store.Usage]. Everything is safe for concurrent use.
type Store struct {
	db      *table
	records *Records
}

// New makes a store of a table. now is the clock that leases and expiries are
// read by, time.Now outside tests.
func New(client *dynamodb.Client, tableName string, now func() time.Time) *Store {
	db := newTable(client, tableName, now)
	return &Store{db: db, records: newRecords(db)}
}

// Runs implements syncer.RunStore.
func (s *Store) Runs() *Runs { return &Runs{db: s.db} }

// Records implements syncer.RecordStore. It remembers which partitions exist:
// use one per process.
func (s *Store) Records() *Records { return s.records }

// Setup implements setup.Store.
func (s *Store) Setup() *Setup { return &Setup{db: s.db} }

// Eraser implements setup.Eraser.
func (s *Store) Eraser() *Eraser { return &Eraser{db: s.db} }

// Usage implements usage.Store.
func (s *Store) Usage() *Usage { return &Usage{db: s.db} }

// table makes calls; everything else in the package says which.
type table struct {
	client *dynamodb.Client
	name   string
	now    func() time.Time
}

func newTable(client *dynamodb.Client, name string, now func() time.Time) *table {
	// A write that meets a transaction is refused and worth repeating, which
	// the SDK by itself does not do.
	conflict := (*types.TransactionConflictException)(nil).ErrorCode()
	return &table{
		client: dynamodb.New(client.Options(), func(o *dynamodb.Options) {
			o.Retryer = awsretry.AddWithErrorCodes(o.Retryer, conflict)
		}),
		name: name,
		now:  now,
	}
}
