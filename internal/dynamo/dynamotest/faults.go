package dynamotest

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

// APIOption adds middleware to an SDK client.
type APIOption = func(*middleware.Stack) error

// Faults injects what DynamoDB does and no local one does. The embedded
// Faults loses answers, counts, and kills at a chosen call. The zero value
// injects nothing; it is safe for concurrent use.
type Faults struct {
	localawstest.Faults

	mu          sync.Mutex
	unprocessed int
	staleReads  int
}

// Throttle has the next times attempts of an operation refused for want of
// capacity. The SDK retries them.
func (f *Faults) Throttle(op string, times int) {
	f.Fail(op, times, &types.ProvisionedThroughputExceededException{
		Message: aws.String("throttled by the test"),
	})
}

// ConflictTransactions has the next times TransactWriteItems cancelled because
// of another transaction on the same items, whose reason is the first item.
func (f *Faults) ConflictTransactions(times int) {
	f.Fail("TransactWriteItems", times, &types.TransactionCanceledException{
		Message: aws.String("cancelled by the test"),
		CancellationReasons: []types.CancellationReason{
			{Code: aws.String("TransactionConflict"), Message: aws.String("Transaction is ongoing for the item")},
			{Code: aws.String("None")},
		},
	})
}

// ConflictWrites has the next times attempts of a single-item write refused
// because of a transaction on its item.
func (f *Faults) ConflictWrites(op string, times int) {
	f.Fail(op, times, &types.TransactionConflictException{Message: aws.String("refused by the test")})
}

// LeaveUnprocessed has the next times BatchWriteItem or BatchGetItem process
// all but the last item of each table, and nothing where there is only one.
func (f *Faults) LeaveUnprocessed(times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unprocessed = times
}

// StaleIndexReads has the next times queries of an index find nothing, as
// before a write has reached the index.
func (f *Faults) StaleIndexReads(times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.staleReads = times
}

// Apply adds the faults to a client, as an element of its APIOptions.
func (f *Faults) Apply(stack *middleware.Stack) error {
	m := middleware.InitializeMiddlewareFunc("psabridgeDynamoFaults", f.call)
	if err := stack.Initialize.Add(m, middleware.After); err != nil {
		return fmt.Errorf("add the faults to the client: %w", err)
	}
	return f.Faults.Apply(stack)
}

// take uses up one of the faults that remain.
func (f *Faults) take(remaining *int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *remaining == 0 {
		return false
	}
	*remaining--
	return true
}

func (f *Faults) call(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	switch p := in.Parameters.(type) {
	case *dynamodb.BatchWriteItemInput:
		if f.take(&f.unprocessed) {
			return writePart(ctx, p, next)
		}
	case *dynamodb.BatchGetItemInput:
		if f.take(&f.unprocessed) {
			return getPart(ctx, p, next)
		}
	case *dynamodb.QueryInput:
		if p.IndexName != nil && f.take(&f.staleReads) {
			return middleware.InitializeOutput{Result: &dynamodb.QueryOutput{}}, middleware.Metadata{}, nil
		}
	}
	return next.HandleInitialize(ctx, in)
}

func writePart(ctx context.Context, in *dynamodb.BatchWriteItemInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, md middleware.Metadata, err error,
) {
	now, later := map[string][]types.WriteRequest{}, map[string][]types.WriteRequest{}
	for table, requests := range in.RequestItems {
		last := len(requests) - 1
		later[table] = requests[last:]
		if last > 0 {
			now[table] = requests[:last]
		}
	}
	result := &dynamodb.BatchWriteItemOutput{}
	if len(now) > 0 {
		part := *in
		part.RequestItems = now
		out, md, err = next.HandleInitialize(ctx, middleware.InitializeInput{Parameters: &part})
		if err != nil {
			return out, md, err
		}
		result = out.Result.(*dynamodb.BatchWriteItemOutput)
	}
	result.UnprocessedItems = mergeLists(result.UnprocessedItems, later)
	return middleware.InitializeOutput{Result: result}, md, nil
}

func mergeLists(a, b map[string][]types.WriteRequest) map[string][]types.WriteRequest {
	merged := map[string][]types.WriteRequest{}
	for _, m := range []map[string][]types.WriteRequest{a, b} {
		for table, requests := range m {
			merged[table] = append(merged[table], requests...)
		}
	}
	return merged
}

func getPart(ctx context.Context, in *dynamodb.BatchGetItemInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, md middleware.Metadata, err error,
) {
	now, later := map[string]types.KeysAndAttributes{}, map[string]types.KeysAndAttributes{}
	for table, request := range in.RequestItems {
		last := len(request.Keys) - 1
		rest := request
		rest.Keys = request.Keys[last:]
		later[table] = rest
		if last > 0 {
			request.Keys = request.Keys[:last]
			now[table] = request
		}
	}
	result := &dynamodb.BatchGetItemOutput{}
	if len(now) > 0 {
		part := *in
		part.RequestItems = now
		out, md, err = next.HandleInitialize(ctx, middleware.InitializeInput{Parameters: &part})
		if err != nil {
			return out, md, err
		}
		result = out.Result.(*dynamodb.BatchGetItemOutput)
	}
	result.UnprocessedKeys = mergeKeys(result.UnprocessedKeys, later)
	return middleware.InitializeOutput{Result: result}, md, nil
}

func mergeKeys(a, b map[string]types.KeysAndAttributes) map[string]types.KeysAndAttributes {
	merged := map[string]types.KeysAndAttributes{}
	for table, request := range b {
		request.Keys = append(request.Keys, a[table].Keys...)
		merged[table] = request
	}
	return merged
}
