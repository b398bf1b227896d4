// Package dynamotest gives tests of stores a real table: a local DynamoDB,
// one per test process and in memory, and a fresh table per test. It also
// injects what that DynamoDB never does by itself and AWS's does (see Faults).
//
// With AWS_ENDPOINT_URL_DYNAMODB set to the address of another endpoint the
// same tests run against that one.
package dynamotest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/localaws"
)

const setupTimeout = 4 * time.Minute

// endpoint is the one exception to "no package variables": the process's one
// local DynamoDB, which ends with the process.
var endpoint = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); url != "" {
		return url, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	db, err := localaws.StartDynamoDB(ctx, "")
	if err != nil {
		return "", err
	}
	return db.URL, nil
})

// New returns a client and the name of a fresh, empty table with psabridge's
// schema. The table goes with the test.
func New(t testing.TB) (client *dynamodb.Client, table string) {
	t.Helper()
	client = Client(t)
	return client, Table(t, client)
}

// NewFaulty is New with faults that the test can switch on. The table itself
// is made and removed without them.
func NewFaulty(t testing.TB) (client *dynamodb.Client, table string, faults *Faults) {
	t.Helper()
	_, table = New(t)
	faults = new(Faults)
	return Client(t, faults.Apply), table, faults
}

// Client returns a further client of the process's local DynamoDB, with SDK
// middleware such as (*Faults).Apply.
func Client(t testing.TB, options ...APIOption) *dynamodb.Client {
	t.Helper()
	url, err := endpoint()
	if err != nil {
		t.Fatalf("start the local DynamoDB: %v", err)
	}
	return dynamodb.NewFromConfig(localaws.Endpoints{DynamoDB: url}.AWSConfig(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, options...)
	})
}

// Table makes a fresh table through a client of any DynamoDB and returns its
// name. The table goes with the test.
func Table(t testing.TB, client *dynamodb.Client) string {
	t.Helper()
	table := "test-" + ulid.Make().String()
	if _, err := client.CreateTable(t.Context(), Schema(table)); err != nil {
		t.Fatalf("create the table: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table}); err != nil {
			t.Errorf("delete the table: %v", err)
		}
	})
	if err := waitActive(t.Context(), client, table); err != nil {
		t.Fatalf("create the table: %v", err)
	}
	if _, err := client.UpdateTimeToLive(t.Context(), ttl(table)); err != nil {
		t.Fatalf("set the table's TTL attribute: %v", err)
	}
	return table
}

func waitActive(ctx context.Context, client *dynamodb.Client, table string) error {
	const tableTimeout = 30 * time.Second
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, time.Second
	})
	err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &table}, tableTimeout)
	if err != nil {
		return fmt.Errorf("wait for the table: %w", err)
	}
	return nil
}

// Schema is psabridge's table as template.yaml has it, on which a test checks
// that the two agree. TTL is apart: its attribute is TTLAttribute.
func Schema(table string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   &table,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keys("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			index("changed", "cpk", "csk", types.ProjectionTypeAll),
			index("due", "dpk", "dsk", types.ProjectionTypeKeysOnly),
			index("parent", "ppk", "psk", types.ProjectionTypeKeysOnly),
		},
		AttributeDefinitions: stringAttributes("pk", "sk", "cpk", "csk", "dpk", "dsk", "ppk", "psk"),
	}
}

// TTLAttribute holds when an item expires, in seconds since 1970.
const TTLAttribute = "expiresAt"

func ttl(table string) *dynamodb.UpdateTimeToLiveInput {
	return &dynamodb.UpdateTimeToLiveInput{
		TableName: &table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(TTLAttribute), Enabled: aws.Bool(true),
		},
	}
}

func keys(hash, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &hash, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

func index(name, hash, sort string, projection types.ProjectionType) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName: &name, KeySchema: keys(hash, sort),
		Projection: &types.Projection{ProjectionType: projection},
	}
}

func stringAttributes(names ...string) []types.AttributeDefinition {
	defs := make([]types.AttributeDefinition, len(names))
	for i := range names {
		defs[i] = types.AttributeDefinition{AttributeName: &names[i], AttributeType: types.ScalarAttributeTypeS}
	}
	return defs
}
