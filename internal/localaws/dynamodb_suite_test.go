package localaws_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
)

func TestDynamoDBSuite(t *testing.T) {
	t.Parallel()
	everywhere(t, "DYNAMODB", func(t *testing.T, cfg aws.Config) {
		client := dynamodb.NewFromConfig(cfg)
		checks(t, client, map[string]func(*testing.T, *dynamodb.Client){
			"ConditionalPut":         dynamoConditionalPut,
			"ConditionalUpdate":      dynamoConditionalUpdate,
			"Transaction":            dynamoTransaction,
			"TransactionCancelled":   dynamoTransactionCancelled,
			"TransactionToken":       dynamoTransactionToken,
			"Batches":                dynamoBatches,
			"BatchLimits":            dynamoBatchLimits,
			"QueryPages":             dynamoQueryPages,
			"QueryConditions":        dynamoQueryConditions,
			"QuerySizeLimit":         dynamoQuerySizeLimit,
			"Indexes":                dynamoIndexes,
			"IndexPages":             dynamoIndexPages,
			"ConcurrentAdd":          dynamoConcurrentAdd,
			"ConcurrentCompareSet":   dynamoConcurrentCompareSet,
			"ConcurrentTransactions": dynamoConcurrentTransactions,
			"ConsistentRead":         dynamoConsistentRead,
			"Values":                 dynamoValues,
			"ItemLimit":              dynamoItemLimit,
			"Delete":                 dynamoDelete,
			"MissingTable":           dynamoMissingTable,
		})
	})
}

// item is shorthand for an item of strings and whole numbers.
type item map[string]any

func (i item) av() map[string]types.AttributeValue {
	out := map[string]types.AttributeValue{}
	for name, v := range i {
		switch v := v.(type) {
		case int:
			out[name] = &types.AttributeValueMemberN{Value: strconv.Itoa(v)}
		case string:
			out[name] = &types.AttributeValueMemberS{Value: v}
		}
	}
	return out
}

func fromAV(m map[string]types.AttributeValue) item {
	out := item{}
	for name, v := range m {
		switch v := v.(type) {
		case *types.AttributeValueMemberN:
			out[name], _ = strconv.Atoi(v.Value)
		case *types.AttributeValueMemberS:
			out[name] = v.Value
		}
	}
	return out
}

func putItem(t *testing.T, c *dynamodb.Client, table string, i item) {
	t.Helper()
	_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: i.av()})
	must(t, err)
}

func getItem(t *testing.T, c *dynamodb.Client, table string, key item) item {
	t.Helper()
	out, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &table, Key: key.av(), ConsistentRead: aws.Bool(true),
	})
	must(t, err)
	if out.Item == nil {
		return nil
	}
	return fromAV(out.Item)
}

func update(ctx context.Context, c *dynamodb.Client, table string, key item, expression, condition string, values item) (item, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &table, Key: key.av(), UpdateExpression: &expression,
		ExpressionAttributeValues: values.av(), ReturnValues: types.ReturnValueAllNew,
	}
	if condition != "" {
		in.ConditionExpression = &condition
	}
	out, err := c.UpdateItem(ctx, in)
	if err != nil {
		return nil, err
	}
	return fromAV(out.Attributes), nil
}

func dynamoConditionalPut(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	put := func(v string) error {
		_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: &table, Item: item{"pk": "p", "sk": "s", "v": v}.av(),
			ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	}
	must(t, put("first"))
	var failed *types.ConditionalCheckFailedException
	if err := put("second"); !errors.As(err, &failed) {
		t.Fatalf("second put: %v, want a failed condition", err)
	}
	if diff := cmp.Diff(item{"pk": "p", "sk": "s", "v": "first"}, fromAV(failed.Item)); diff != "" {
		t.Errorf("the item that the failure shows (-want +got):\n%s", diff)
	}
}

func dynamoConditionalUpdate(t *testing.T, c *dynamodb.Client) {
	table, key := dynamotest.Table(t, c), item{"pk": "p", "sk": "s"}
	putItem(t, c, table, item{"pk": "p", "sk": "s", "generation": 1, "gone": "x"})
	got, err := update(t.Context(), c, table, key,
		"SET generation = generation + :one, since = if_not_exists(since, :now) REMOVE gone ADD counted :ten",
		"generation = :g AND attribute_not_exists(since)", item{":one": 1, ":g": 1, ":now": 100, ":ten": 10})
	must(t, err)
	want := item{"pk": "p", "sk": "s", "generation": 2, "since": 100, "counted": 10}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updated item (-want +got):\n%s", diff)
	}
	_, err = update(t.Context(), c, table, key, "SET generation = :x", "generation = :g", item{":x": 9, ":g": 1})
	if !isError(err, "ConditionalCheckFailedException") {
		t.Errorf("an update of an older generation: %v", err)
	}
	for _, condition := range []string{
		"generation IN (:a, :b)", "generation BETWEEN :a AND :b", "begins_with(sk, :s) OR generation > :b",
		"size(sk) = :one AND NOT attribute_type(generation, :type)", "generation <> :a AND attribute_exists(counted)",
	} {
		values := item{":a": 1, ":b": 2, ":s": "s", ":one": 1, ":type": "S", ":n": 1}
		for name := range values {
			if name != ":n" && !strings.Contains(condition, name) {
				delete(values, name)
			}
		}
		if _, err := update(t.Context(), c, table, key, "ADD tries :n", condition, values); err != nil {
			t.Errorf("condition %s: %v", condition, err)
		}
	}
}

func transactPut(table string, i item, condition string) types.TransactWriteItem {
	put := &types.Put{TableName: &table, Item: i.av()}
	if condition != "" {
		put.ConditionExpression = &condition
	}
	return types.TransactWriteItem{Put: put}
}

func dynamoTransaction(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	putItem(t, c, table, item{"pk": "p", "sk": "lease", "generation": 7})
	putItem(t, c, table, item{"pk": "p", "sk": "old"})
	_, err := c.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{ConditionCheck: &types.ConditionCheck{
			TableName: &table, Key: item{"pk": "p", "sk": "lease"}.av(), ConditionExpression: aws.String("generation = :g"),
			ExpressionAttributeValues: item{":g": 7}.av(),
		}},
		transactPut(table, item{"pk": "p", "sk": "new"}, "attribute_not_exists(pk)"),
		{Update: &types.Update{
			TableName: &table, Key: item{"pk": "p", "sk": "count"}.av(), UpdateExpression: aws.String("ADD n :one"),
			ExpressionAttributeValues: item{":one": 1}.av(),
		}},
		{Delete: &types.Delete{TableName: &table, Key: item{"pk": "p", "sk": "old"}.av()}},
	}})
	must(t, err)
	out, err := c.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
		{Get: &types.Get{TableName: &table, Key: item{"pk": "p", "sk": "new"}.av()}},
		{Get: &types.Get{TableName: &table, Key: item{"pk": "p", "sk": "count"}.av()}},
		{Get: &types.Get{TableName: &table, Key: item{"pk": "p", "sk": "old"}.av()}},
	}})
	must(t, err)
	if out.Responses[0].Item == nil || fromAV(out.Responses[1].Item)["n"] != 1 || out.Responses[2].Item != nil {
		t.Errorf("after the transaction: %v", out.Responses)
	}
}

func dynamoTransactionCancelled(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	putItem(t, c, table, item{"pk": "p", "sk": "taken", "v": "mine"})
	_, err := c.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		transactPut(table, item{"pk": "p", "sk": "free"}, ""),
		{Put: &types.Put{
			TableName: &table, Item: item{"pk": "p", "sk": "taken"}.av(),
			ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
	}})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 2 {
		t.Fatalf("transaction: %v, want a cancellation with two reasons", err)
	}
	reasons := cancelled.CancellationReasons
	if *reasons[0].Code != "None" || *reasons[1].Code != "ConditionalCheckFailed" || fromAV(reasons[1].Item)["v"] != "mine" {
		t.Errorf("reasons: %s, %s %v", *reasons[0].Code, *reasons[1].Code, reasons[1].Item)
	}
	if got := getItem(t, c, table, item{"pk": "p", "sk": "free"}); got != nil {
		t.Errorf("a cancelled transaction wrote %v", got)
	}
}

// A transaction repeated with its token counts once.
func dynamoTransactionToken(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	in := &dynamodb.TransactWriteItemsInput{
		// At most 36 characters.
		ClientRequestToken: aws.String(ulid.Make().String()),
		TransactItems: []types.TransactWriteItem{{Update: &types.Update{
			TableName: &table, Key: item{"pk": "p", "sk": "s"}.av(), UpdateExpression: aws.String("ADD n :one"),
			ExpressionAttributeValues: item{":one": 1}.av(),
		}}},
	}
	for range 2 {
		_, err := c.TransactWriteItems(t.Context(), in)
		must(t, err)
	}
	if got := getItem(t, c, table, item{"pk": "p", "sk": "s"})["n"]; got != 1 {
		t.Errorf("the transaction was carried out %v times", got)
	}
}

func dynamoBatches(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	var writes []types.WriteRequest
	var keys []map[string]types.AttributeValue
	for n := range 25 {
		key := item{"pk": fmt.Sprint("p", n%3), "sk": fmt.Sprintf("%03d", n)}
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: key.av()}})
		keys = append(keys, key.av())
	}
	batchWrite(t, c, table, writes)
	keys = append(keys, item{"pk": "none", "sk": "none"}.av())
	out, err := c.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{table: {Keys: keys, ConsistentRead: aws.Bool(true)}},
	})
	must(t, err)
	if len(out.Responses[table]) != 25 || len(out.UnprocessedKeys) != 0 {
		t.Errorf("read %d of 25 items, %d unprocessed", len(out.Responses[table]), len(out.UnprocessedKeys))
	}
	batchWrite(t, c, table, []types.WriteRequest{{DeleteRequest: &types.DeleteRequest{Key: keys[0]}}})
	if got := getItem(t, c, table, fromAV(keys[0])); got != nil {
		t.Errorf("a deleted item is there: %v", got)
	}
}

func batchWrite(t *testing.T, c *dynamodb.Client, table string, writes []types.WriteRequest) {
	t.Helper()
	out, err := c.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{table: writes},
	})
	must(t, err)
	if len(out.UnprocessedItems) > 0 {
		t.Fatalf("unprocessed: %v", out.UnprocessedItems)
	}
}

func dynamoBatchLimits(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	request := func(n int) types.WriteRequest {
		return types.WriteRequest{PutRequest: &types.PutRequest{Item: item{"pk": "p", "sk": strconv.Itoa(n)}.av()}}
	}
	var many []types.WriteRequest
	for n := range 26 {
		many = append(many, request(n))
	}
	for name, writes := range map[string][]types.WriteRequest{
		"26 writes": many, "one key twice": {request(1), request(1)},
	} {
		_, err := c.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: writes},
		})
		if !isError(err, "ValidationException") {
			t.Errorf("%s: %v, want a ValidationException", name, err)
		}
	}
}
