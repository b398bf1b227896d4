package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// maxTransaction is DynamoDB's limit of items.
	maxTransaction = 100
	// retryTries, retryStart and retryMax bound the repetition of what DynamoDB
	// refused for a reason that passes, and the pauses between.
	retryTries = 8
	retryStart = 20 * time.Millisecond
	retryMax   = 500 * time.Millisecond
)

// cancelled is a transaction in which a condition did not hold: failed are the
// positions of the items whose conditions did not. It is psa.ErrConflict.
type cancelled struct{ failed []int }

func (c *cancelled) Error() string      { return fmt.Sprintf("transaction refused at items %v", c.failed) }
func (*cancelled) Is(target error) bool { return target == psa.ErrConflict }

// failedAt reports whether the condition of the item at position i did not
// hold in the transaction that err ended.
func failedAt(err error, i int) bool {
	var c *cancelled
	return errors.As(err, &c) && slices.Contains(c.failed, i)
}

// transact makes all writes or none. It waits out other transactions on the
// same items and throttling; a condition that does not hold is a *cancelled.
// The token makes a repetition after a lost answer harmless.
func (t *table) transact(ctx context.Context, writes ...types.TransactWriteItem) error {
	if len(writes) > maxTransaction {
		return fmt.Errorf("transaction of %d items: %w", len(writes), psa.ErrInvalid)
	}
	in := &dynamodb.TransactWriteItemsInput{TransactItems: writes, ClientRequestToken: aws.String(rand.Text())}
	return retry(ctx, func(ctx context.Context) (again bool, err error) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		if _, err = t.client.TransactWriteItems(ctx, in); err == nil {
			return false, nil
		}
		return judge(err)
	})
}

// judge tells a transaction that may pass when repeated from one that found
// another state than expected.
func judge(err error) (again bool, _ error) {
	if _, ok := errors.AsType[*types.TransactionInProgressException](err); ok {
		return true, fmt.Errorf("transaction: %w", err)
	}
	var c *types.TransactionCanceledException
	if !errors.As(err, &c) {
		return false, fmt.Errorf("transaction: %w", err)
	}
	var failed []int
	for i, reason := range c.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed":
			failed = append(failed, i)
		case "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError":
			again = true
		}
	}
	if len(failed) > 0 {
		return false, &cancelled{failed: failed}
	}
	return again, fmt.Errorf("transaction: %w", err)
}

// retry calls do until it need not be called again, with growing pauses.
func retry(ctx context.Context, do func(context.Context) (again bool, err error)) error {
	pause := retryStart
	for try := 1; ; try++ {
		again, err := do(ctx)
		if !again || try == retryTries {
			return err
		}
		if wait(ctx, jitter(pause)) != nil {
			return err
		}
		pause = min(2*pause, retryMax)
	}
}

// jitter is between half of d and d, so that those who collided part.
func jitter(d time.Duration) time.Duration {
	return d/2 + mathrand.N(d/2+1) //nolint:gosec // a pause is no secret
}

// wait pauses for d, or until ctx ends, which is its error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// transaction collects writes, each at the position that its method returns.
// An error in making one comes out of commit.
type transaction struct {
	db     *table
	writes []types.TransactWriteItem
	err    error
}

func (t *table) begin() *transaction { return &transaction{db: t} }

func (tx *transaction) commit(ctx context.Context) error {
	if tx.err != nil {
		return tx.err
	}
	return tx.db.transact(ctx, tx.writes...)
}

func (tx *transaction) add(w types.TransactWriteItem, errs ...error) int {
	tx.writes = append(tx.writes, w)
	tx.err = errors.Join(append(errs, tx.err)...)
	return len(tx.writes) - 1
}

// put writes v; cond "" is none.
func (tx *transaction) put(v any, cond string, w with) int {
	it, err := marshal(v)
	vals, err2 := w.values()
	return tx.add(types.TransactWriteItem{Put: &types.Put{
		TableName: &tx.db.name, Item: it, ConditionExpression: optional(cond),
		ExpressionAttributeNames: names(cond), ExpressionAttributeValues: vals,
	}}, err, err2)
}

func (tx *transaction) update(u update) {
	vals, err := u.values()
	expr := u.expression()
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &tx.db.name, Key: u.key.av(), UpdateExpression: &expr, ConditionExpression: optional(u.cond),
		ExpressionAttributeNames: names(expr, u.cond), ExpressionAttributeValues: vals,
	}}, err)
}

// delete removes an item; cond "" is none.
func (tx *transaction) delete(k key, cond string, w with) int {
	vals, err := w.values()
	return tx.add(types.TransactWriteItem{Delete: &types.Delete{
		TableName: &tx.db.name, Key: k.av(), ConditionExpression: optional(cond),
		ExpressionAttributeNames: names(cond), ExpressionAttributeValues: vals,
	}}, err)
}

// optional is an expression as the SDK wants it: nil where there is none.
func optional(expr string) *string {
	if expr == "" {
		return nil
	}
	return &expr
}
