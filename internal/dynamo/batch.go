package dynamo

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	batchReads    = 100 // DynamoDB's limit of keys in BatchGetItem
	batchWrites   = 25  // and of items in BatchWriteItem
	batchParallel = 8
)

// read says how to read a set of keys.
type read struct {
	attrs      string // with #names; "" is all
	consistent bool
}

// getAll reads the items of keys, in no order; those that do not exist or are
// expired are left out. Keys must be distinct.
func (t *table) getAll(ctx context.Context, keys []key, r read) ([]item, error) {
	chunks := slices.Collect(slices.Chunk(keys, batchReads))
	found := make([][]item, len(chunks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchParallel)
	for i, chunk := range chunks {
		group.Go(func() (err error) {
			found[i], err = t.getChunk(ctx, chunk, r)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return t.living(slices.Concat(found...)), nil
}

func (t *table) getChunk(ctx context.Context, keys []key, r read) (found []item, err error) {
	want := types.KeysAndAttributes{ConsistentRead: &r.consistent, ExpressionAttributeNames: names(r.attrs)}
	if r.attrs != "" {
		want.ProjectionExpression = &r.attrs
	}
	for _, k := range keys {
		want.Keys = append(want.Keys, k.av())
	}
	err = retry(ctx, func(ctx context.Context) (again bool, err error) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{t.name: want},
		})
		if err != nil {
			return false, fmt.Errorf("batch get: %w", err)
		}
		found = append(found, out.Responses[t.name]...)
		want.Keys = out.UnprocessedKeys[t.name].Keys
		return len(want.Keys) > 0, unprocessed(len(want.Keys))
	})
	return found, err
}

// putAll writes items without conditions; writing one again must be harmless.
func (t *table) putAll(ctx context.Context, items []item) error {
	writes := make([]types.WriteRequest, len(items))
	for i, it := range items {
		writes[i].PutRequest = &types.PutRequest{Item: it}
	}
	return t.writeAll(ctx, writes)
}

// deleteAll removes the items of keys, as far as there are any.
func (t *table) deleteAll(ctx context.Context, keys []key) error {
	writes := make([]types.WriteRequest, len(keys))
	for i, k := range keys {
		writes[i].DeleteRequest = &types.DeleteRequest{Key: k.av()}
	}
	return t.writeAll(ctx, writes)
}

// fewWrites are made one by one, as what a person's request leads to is: only
// sync may write in batches, which take no conditions.
const fewWrites = 4

func (t *table) writeAll(ctx context.Context, writes []types.WriteRequest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchParallel)
	if len(writes) <= fewWrites {
		for _, w := range writes {
			group.Go(func() error { return t.writeOne(ctx, w) })
		}
		return group.Wait()
	}
	for chunk := range slices.Chunk(writes, batchWrites) {
		group.Go(func() error { return t.writeChunk(ctx, chunk) })
	}
	return group.Wait()
}

func (t *table) writeOne(ctx context.Context, w types.WriteRequest) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var err error
	if w.PutRequest != nil {
		_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: w.PutRequest.Item})
	} else {
		_, err = t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: w.DeleteRequest.Key})
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (t *table) writeChunk(ctx context.Context, left []types.WriteRequest) error {
	return retry(ctx, func(ctx context.Context) (again bool, err error) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{t.name: left},
		})
		if err != nil {
			return false, fmt.Errorf("batch write: %w", err)
		}
		left = out.UnprocessedItems[t.name]
		return len(left) > 0, unprocessed(len(left))
	})
}

// unprocessed is what remains an error if repeating does not help.
func unprocessed(n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d items left unprocessed: %w", n, psa.ErrBusy)
}
