package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// callTimeout bounds one call with the SDK's own retries.
	callTimeout = 5 * time.Second
	// version of the items that this code writes.
	version = 1
	// markAttr tells a conditional write its own success from another's.
	markAttr = "w"
)

// refused is a condition that did not hold. old is what is stored, nil if
// nothing is. It is psa.ErrConflict.
type refused struct{ old item }

func (*refused) Error() string        { return "conditional write refused" }
func (*refused) Is(target error) bool { return target == psa.ErrConflict }

// isRefused returns what was stored where a condition did not hold.
func isRefused(err error) (old item, ok bool) {
	if r, ok := errors.AsType[*refused](err); ok {
		return r.old, true
	}
	return nil, false
}

// expired reports whether an item is past its time.
func (t *table) expired(it item) bool {
	n, ok := it["expiresAt"].(*types.AttributeValueMemberN)
	if !ok {
		return false
	}
	at, err := strconv.ParseInt(n.Value, 10, 64)
	return err == nil && at <= t.now().Unix()
}

// get reads one item consistently; psa.ErrNotFound if there is none.
func (t *table) get(ctx context.Context, k key) (item, error) {
	if !k.valid() {
		return nil, psa.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: k.av(), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("get item: %w", err)
	}
	if len(out.Item) == 0 || t.expired(out.Item) {
		return nil, psa.ErrNotFound
	}
	return out.Item, nil
}

// getAs is get and unmarshal.
func getAs[T any](ctx context.Context, t *table, k key) (T, error) {
	it, err := t.get(ctx, k)
	if err != nil {
		var zero T
		return zero, err
	}
	return unmarshal[T](it)
}

// put writes an item under a condition ("" is none). A condition that does
// not hold is a *refused. Writing the same item again must be harmless, since
// the SDK repeats a write whose answer was lost.
func (t *table) put(ctx context.Context, it item, cond string, w with) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	vals, err := w.values()
	if err != nil {
		return err
	}
	in := &dynamodb.PutItemInput{
		TableName: &t.name, Item: it, ConditionExpression: optional(cond),
		ExpressionAttributeNames: names(cond), ExpressionAttributeValues: vals,
	}
	_, err = t.client.PutItem(ctx, in)
	return asRefused(err, nil)
}

// delete removes an item, if there is one, under a condition ("" is none).
func (t *table) delete(ctx context.Context, k key, cond string, w with) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	vals, err := w.values()
	if err != nil {
		return err
	}
	_, err = t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.name, Key: k.av(), ConditionExpression: optional(cond),
		ExpressionAttributeNames: names(cond), ExpressionAttributeValues: vals,
	})
	return asRefused(err, nil)
}

// update changes one item and returns it as it is then. A condition that does
// not hold is a *refused, unless what is stored is this very write.
func (t *table) update(ctx context.Context, u update) (item, error) {
	if !u.key.valid() {
		return nil, psa.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	mark := rand.Text()
	set := with{markAttr: mark}
	maps.Copy(set, u.set)
	u.set = set
	expr := u.expression()
	vals, err := u.values()
	if err != nil {
		return nil, err
	}
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: u.key.av(),
		UpdateExpression: &expr, ConditionExpression: optional(u.cond),
		ExpressionAttributeNames: names(expr, u.cond), ExpressionAttributeValues: vals,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, ok := ownWrite(err, mark); ok {
		return old, nil
	}
	if err != nil {
		return nil, asRefused(err, t)
	}
	return out.Attributes, nil
}

// ownWrite reports whether a condition failed because the write had been made
// before by the same call, and its answer was lost.
func ownWrite(err error, mark string) (item, bool) {
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return nil, false
	}
	stored, ok := failed.Item[markAttr].(*types.AttributeValueMemberS)
	return failed.Item, ok && stored.Value == mark
}

func asRefused(err error, t *table) error {
	if err == nil {
		return nil
	}
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return fmt.Errorf("write item: %w", err)
	}
	if t != nil && t.expired(failed.Item) {
		return &refused{}
	}
	return &refused{old: failed.Item}
}
