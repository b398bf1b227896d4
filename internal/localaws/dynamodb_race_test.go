package localaws_test

import (
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
)

const (
	writers = 16
	rounds  = 10
)

// race runs f on every writer.
func race(f func(writer int)) {
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() { f(w) })
	}
	wg.Wait()
}

func dynamoConcurrentAdd(t *testing.T, c *dynamodb.Client) {
	table, key := dynamotest.Table(t, c), item{"pk": "p", "sk": "s"}
	putItem(t, c, table, item{"pk": "p", "sk": "s", "counted": 0})
	race(func(int) {
		for range rounds {
			if _, err := update(t.Context(), c, table, key, "ADD added :one SET counted = counted + :one", "", item{":one": 1}); err != nil {
				t.Error(err)
			}
		}
	})
	if got := getItem(t, c, table, key); got["added"] != writers*rounds || got["counted"] != writers*rounds {
		t.Errorf("after %d updates: %v", writers*rounds, got)
	}
}

// Of many who compare and set, each step has one winner.
func dynamoConcurrentCompareSet(t *testing.T, c *dynamodb.Client) {
	table, key := dynamotest.Table(t, c), item{"pk": "p", "sk": "s"}
	for generation := range rounds {
		var mu sync.Mutex
		won := 0
		putItem(t, c, table, item{"pk": "p", "sk": "s", "generation": generation})
		race(func(w int) {
			_, err := update(t.Context(), c, table, key, "SET generation = :next, winner = :w", "generation = :g",
				item{":next": generation + 1, ":g": generation, ":w": w})
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				won++
			} else if !isError(err, "ConditionalCheckFailedException") {
				t.Error(err)
			}
		})
		if won != 1 {
			t.Errorf("generation %d has %d winners", generation, won)
		}
	}
}

// Transfers between two items keep their sum, whoever is told of a conflict.
func dynamoConcurrentTransactions(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	putItem(t, c, table, item{"pk": "p", "sk": "from", "n": 1000})
	putItem(t, c, table, item{"pk": "p", "sk": "to", "n": 0})
	move := func(sk string, by int) types.TransactWriteItem {
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &table, Key: item{"pk": "p", "sk": sk}.av(), UpdateExpression: aws.String("ADD n :by"),
			ExpressionAttributeValues: item{":by": by}.av(),
		}}
	}
	var mu sync.Mutex
	moved := 0
	race(func(int) {
		for range rounds {
			_, err := c.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
				TransactItems: []types.TransactWriteItem{move("from", -1), move("to", 1)},
			})
			switch {
			case err == nil:
				mu.Lock()
				moved++
				mu.Unlock()
			case !isError(err, "TransactionCanceledException"):
				t.Error(err)
			}
		}
	})
	from, to := getItem(t, c, table, item{"pk": "p", "sk": "from"}), getItem(t, c, table, item{"pk": "p", "sk": "to"})
	if from["n"] != 1000-moved || to["n"] != moved || moved == 0 {
		t.Errorf("moved %d: %v, %v", moved, from["n"], to["n"])
	}
}
