package dynamotest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

func item(n int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk":  &types.AttributeValueMemberS{Value: "p"},
		"sk":  &types.AttributeValueMemberS{Value: fmt.Sprintf("%04d", n)},
		"cpk": &types.AttributeValueMemberS{Value: "c"},
		"csk": &types.AttributeValueMemberS{Value: fmt.Sprintf("%04d", n)},
	}
}

func put(t *testing.T, client *dynamodb.Client, table string, n int) error {
	t.Helper()
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &table, Item: item(n),
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	return err
}

func count(t *testing.T, client *dynamodb.Client, table string) int {
	t.Helper()
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Items)
}

func TestTablesAreApart(t *testing.T) {
	t.Parallel()
	client, a := dynamotest.New(t)
	_, b := dynamotest.New(t)
	if err := put(t, client, a, 1); err != nil {
		t.Fatal(err)
	}
	if got := []int{count(t, client, a), count(t, client, b)}; !cmp.Equal(got, []int{1, 0}) {
		t.Errorf("items in the two tables: %v, want [1 0]", got)
	}
}

func TestThrottleIsRetriedAndThenReported(t *testing.T) {
	t.Parallel()
	client, table, faults := dynamotest.NewFaulty(t)
	faults.Throttle("PutItem", 2)
	if err := put(t, client, table, 1); err != nil {
		t.Errorf("two throttled attempts: %v, want the SDK's retry to succeed", err)
	}
	faults.Throttle("PutItem", 3)
	var throttled *types.ProvisionedThroughputExceededException
	if err := put(t, client, table, 2); !errors.As(err, &throttled) {
		t.Errorf("three throttled attempts: %v, want a throughput error", err)
	}
	if got := faults.Count("PutItem"); got != 6 {
		t.Errorf("attempts: %d, want 6", got)
	}
}

// A repeated conditional write fails on its own first try: the trap that a
// lost answer sets for stores.
func TestLoseAnswerMeetsItsOwnWrite(t *testing.T) {
	t.Parallel()
	client, table, faults := dynamotest.NewFaulty(t)
	faults.LoseAnswer("PutItem", 1)
	var failed *types.ConditionalCheckFailedException
	if err := put(t, client, table, 1); !errors.As(err, &failed) {
		t.Errorf("put: %v, want a failed condition from the SDK's repetition", err)
	}
	if got := count(t, client, table); got != 1 {
		t.Errorf("items: %d, want 1", got)
	}
}

func TestKillAt(t *testing.T) {
	t.Parallel()
	for when, want := range map[localawstest.When]int{localawstest.Before: 1, localawstest.After: 2} {
		client, table, faults := dynamotest.NewFaulty(t)
		faults.KillAt(2, when)
		for n := range 4 {
			if err := put(t, client, table, n); (err != nil) != (n > 0) || err != nil && !errors.Is(err, localawstest.ErrKilled) {
				t.Errorf("put %d: %v", n, err)
			}
		}
		if got := faults.Calls(); !faults.Killed() || !cmp.Equal(got, []string{"PutItem", "PutItem"}) {
			t.Errorf("killed %v after the calls %v", faults.Killed(), got)
		}
		faults.Revive()
		if got := count(t, client, table); got != want {
			t.Errorf("items written until the kill: %d, want %d", got, want)
		}
	}
}

func TestLeaveUnprocessedWrites(t *testing.T) {
	t.Parallel()
	client, table, faults := dynamotest.NewFaulty(t)
	faults.LeaveUnprocessed(2)
	var requests []types.WriteRequest
	for n := range 3 {
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item(n)}})
	}
	for _, want := range []int{1, 1, 0} {
		out, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: requests},
		})
		if err != nil {
			t.Fatal(err)
		}
		if requests = out.UnprocessedItems[table]; len(requests) != want {
			t.Fatalf("unprocessed: %d, want %d", len(requests), want)
		}
	}
	if got := count(t, client, table); got != 3 {
		t.Errorf("items: %d, want 3", got)
	}
}

func TestLeaveUnprocessedReads(t *testing.T) {
	t.Parallel()
	client, table, faults := dynamotest.NewFaulty(t)
	var keys []map[string]types.AttributeValue
	for n := range 3 {
		if err := put(t, client, table, n); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, map[string]types.AttributeValue{"pk": item(n)["pk"], "sk": item(n)["sk"]})
	}
	faults.LeaveUnprocessed(1)
	out, err := client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{table: {Keys: keys}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := []int{len(out.Responses[table]), len(out.UnprocessedKeys[table].Keys)}; !cmp.Equal(got, []int{2, 1}) {
		t.Errorf("read and unprocessed: %v, want [2 1]", got)
	}
}

func TestConflictAndStaleReads(t *testing.T) {
	t.Parallel()
	client, table, faults := dynamotest.NewFaulty(t)
	faults.ConflictTransactions(1)
	write := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: &table, Item: item(1)}},
	}}
	var cancelled *types.TransactionCanceledException
	if _, err := client.TransactWriteItems(t.Context(), write); !errors.As(err, &cancelled) ||
		*cancelled.CancellationReasons[0].Code != "TransactionConflict" {
		t.Errorf("first transaction: %v, want a conflict", err)
	}
	if _, err := client.TransactWriteItems(t.Context(), write); err != nil {
		t.Errorf("second transaction: %v", err)
	}
	faults.StaleIndexReads(1)
	for _, want := range []int32{0, 1} {
		out, err := client.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &table, IndexName: aws.String("changed"), KeyConditionExpression: aws.String("cpk = :c"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":c": &types.AttributeValueMemberS{Value: "c"}},
		})
		if err != nil || out.Count != want {
			t.Errorf("items in the index: %d (%v), want %d", out.Count, err, want)
		}
	}
}
