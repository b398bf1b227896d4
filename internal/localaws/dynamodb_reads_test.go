package localaws_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
)

// queryKeys reads all pages and returns the sort keys and how many pages.
func queryKeys(t *testing.T, c *dynamodb.Client, in *dynamodb.QueryInput) (keys []string, pages int) {
	t.Helper()
	for p := dynamodb.NewQueryPaginator(c, in); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		must(t, err)
		for _, i := range out.Items {
			keys = append(keys, fmt.Sprint(fromAV(i)["sk"]))
		}
	}
	return keys, pages
}

func dynamoQueryPages(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	var want []string
	for n := range 23 {
		want = append(want, fmt.Sprintf("%03d", n))
		putItem(t, c, table, item{"pk": "p", "sk": want[n]})
		putItem(t, c, table, item{"pk": "other", "sk": want[n]})
	}
	in := &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :p"), Limit: aws.Int32(10),
		ExpressionAttributeValues: item{":p": "p"}.av(),
	}
	got, pages := queryKeys(t, c, in)
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("%d pages; keys (-want +got):\n%s", pages, diff)
	}
	in.ScanIndexForward = aws.Bool(false)
	if got, _ = queryKeys(t, c, in); got[0] != "022" || got[22] != "000" {
		t.Errorf("backwards: %v", got)
	}
}

func dynamoQueryConditions(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	for _, sk := range []string{"a#1", "a#2", "b#1", "b#2", "c", "é", "😀"} {
		putItem(t, c, table, item{"pk": "p", "sk": sk, "odd": len(sk) % 2})
	}
	for condition, want := range map[string][]string{
		"pk = :p AND begins_with(sk, :a)":  {"a#1", "a#2"},
		"pk = :p AND sk BETWEEN :a AND :b": {"a#1", "a#2", "b#1"},
		"pk = :p AND sk > :b":              {"b#2", "c", "é", "😀"},
		"pk = :p AND sk <= :a":             nil,
		"pk = :p AND sk = :b":              {"b#1"},
	} {
		values := item{":p": "p"}
		for name, v := range (item{":a": "a", ":b": "b#1"}) {
			if strings.Contains(condition, name) {
				values[name] = v
			}
		}
		got, _ := queryKeys(t, c, &dynamodb.QueryInput{
			TableName: &table, KeyConditionExpression: &condition, ExpressionAttributeValues: values.av(),
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", condition, diff)
		}
	}
	// A filter is applied after the limit: pages may be empty and not the last.
	got, pages := queryKeys(t, c, &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :p"), FilterExpression: aws.String("odd = :no"),
		ExpressionAttributeValues: item{":p": "p", ":no": 0}.av(), Limit: aws.Int32(1),
		ProjectionExpression: aws.String("sk"),
	})
	if !cmp.Equal(got, []string{"é", "😀"}) || pages < 7 {
		t.Errorf("filtered: %v in %d pages", got, pages)
	}
}

// A page of a query ends at 1 MB, limit or not.
func dynamoQuerySizeLimit(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	for n := range 8 {
		putItem(t, c, table, item{"pk": "p", "sk": strconv.Itoa(n), "v": strings.Repeat("x", 300_000)})
	}
	keys, pages := queryKeys(t, c, &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: item{":p": "p"}.av(),
	})
	if len(keys) != 8 || pages < 2 || pages > 4 {
		t.Errorf("2.4 MB: %d items in %d pages", len(keys), pages)
	}
}

func dynamoIndexes(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	putItem(t, c, table, item{"pk": "p", "sk": "1", "cpk": "c", "csk": "9", "dpk": "d", "dsk": "5", "name": "Acme"})
	putItem(t, c, table, item{"pk": "p", "sk": "2", "name": "in no index"})
	query := func(index, key string) []item {
		out, err := c.Query(t.Context(), &dynamodb.QueryInput{
			TableName: &table, IndexName: &index, KeyConditionExpression: aws.String(key + " = :v"),
			ExpressionAttributeValues: item{":v": key[:1]}.av(),
		})
		must(t, err)
		var items []item
		for _, i := range out.Items {
			items = append(items, fromAV(i))
		}
		return items
	}
	all := item{"pk": "p", "sk": "1", "cpk": "c", "csk": "9", "dpk": "d", "dsk": "5", "name": "Acme"}
	if diff := cmp.Diff([]item{all}, query("changed", "cpk")); diff != "" {
		t.Errorf("index of whole items (-want +got):\n%s", diff)
	}
	keys := item{"pk": "p", "sk": "1", "dpk": "d", "dsk": "5"}
	if diff := cmp.Diff([]item{keys}, query("due", "dpk")); diff != "" {
		t.Errorf("index of keys (-want +got):\n%s", diff)
	}
	_, err := update(t.Context(), c, table, item{"pk": "p", "sk": "1"}, "REMOVE dpk, dsk SET cpk = :x", "", item{":x": "x"})
	must(t, err)
	if got := append(query("due", "dpk"), query("changed", "cpk")...); len(got) != 0 {
		t.Errorf("after the item left both: %v", got)
	}
}

// Many items of an index may have one key; pages lose and repeat none.
func dynamoIndexPages(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	for n := range 30 {
		putItem(t, c, table, item{"pk": fmt.Sprint("p", n%4), "sk": fmt.Sprintf("%02d", n), "cpk": "c", "csk": strconv.Itoa(n / 10)})
	}
	keys, _ := queryKeys(t, c, &dynamodb.QueryInput{
		TableName: &table, IndexName: aws.String("changed"), KeyConditionExpression: aws.String("cpk = :c AND csk >= :k"),
		ExpressionAttributeValues: item{":c": "c", ":k": "1"}.av(), Limit: aws.Int32(3),
	})
	seen := map[string]bool{}
	for _, k := range keys {
		seen[k] = true
	}
	if len(keys) != 20 || len(seen) != 20 {
		t.Errorf("read %d items, %d different, want 20", len(keys), len(seen))
	}
}

func dynamoConsistentRead(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	for n := range 20 {
		putItem(t, c, table, item{"pk": "p", "sk": "s", "n": n})
		if got := getItem(t, c, table, item{"pk": "p", "sk": "s"})["n"]; got != n {
			t.Fatalf("read %v after writing %d", got, n)
		}
	}
	_, err := c.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &table, IndexName: aws.String("changed"), KeyConditionExpression: aws.String("cpk = :c"),
		ExpressionAttributeValues: item{":c": "c"}.av(), ConsistentRead: aws.Bool(true),
	})
	if !isError(err, "ValidationException") {
		t.Errorf("a consistent read of an index: %v, want a ValidationException", err)
	}
}

func dynamoValues(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	want := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "pä#\u200b"}, "sk": &types.AttributeValueMemberS{Value: "😀 \"'\\"},
		"number": &types.AttributeValueMemberN{Value: "12345678901234567890123456789012345678"},
		"bytes":  &types.AttributeValueMemberB{Value: []byte{0, 255}},
		"empty":  &types.AttributeValueMemberS{Value: ""},
		"null":   &types.AttributeValueMemberNULL{Value: true},
		"bool":   &types.AttributeValueMemberBOOL{Value: false},
		"set":    &types.AttributeValueMemberSS{Value: []string{"only"}},
		"nested": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "ü"}}},
		}},
		"long": &types.AttributeValueMemberS{Value: strings.Repeat("é", 50_000)},
	}
	_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: want})
	must(t, err)
	got, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &table, Key: map[string]types.AttributeValue{"pk": want["pk"], "sk": want["sk"]},
	})
	must(t, err)
	for name, w := range want {
		if fmt.Sprintf("%#v", flat(w)) != fmt.Sprintf("%#v", flat(got.Item[name])) {
			t.Errorf("%s came back as %#v", name, got.Item[name])
		}
	}
}

// flat makes a value comparable.
func flat(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		return flat(v.Value["list"])
	case *types.AttributeValueMemberL:
		return flat(v.Value[0])
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return "number " + v.Value
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberSS:
		return v.Value
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberNULL:
		return "null"
	}
	return nil
}

func dynamoItemLimit(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &table, Item: item{"pk": "p", "sk": "s", "v": strings.Repeat("x", 400<<10)}.av(),
	})
	if !isError(err, "ValidationException") {
		t.Errorf("an item over 400 KB: %v, want a ValidationException", err)
	}
	_, err = c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item{"pk": "", "sk": "s"}.av()})
	if !isError(err, "ValidationException") {
		t.Errorf("an empty key: %v, want a ValidationException", err)
	}
}

func dynamoDelete(t *testing.T, c *dynamodb.Client) {
	table := dynamotest.Table(t, c)
	putItem(t, c, table, item{"pk": "p", "sk": "s", "owner": "me"})
	remove := func(owner string) (*dynamodb.DeleteItemOutput, error) {
		return c.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: &table, Key: item{"pk": "p", "sk": "s"}.av(), ConditionExpression: aws.String("#owner = :o"),
			ExpressionAttributeNames: map[string]string{"#owner": "owner"}, ExpressionAttributeValues: item{":o": owner}.av(),
			ReturnValues: types.ReturnValueAllOld,
		})
	}
	if _, err := remove("you"); !isError(err, "ConditionalCheckFailedException") {
		t.Errorf("deletion by another: %v", err)
	}
	out, err := remove("me")
	must(t, err)
	if fromAV(out.Attributes)["owner"] != "me" || getItem(t, c, table, item{"pk": "p", "sk": "s"}) != nil {
		t.Errorf("deleted %v", out.Attributes)
	}
}

func dynamoMissingTable(t *testing.T, c *dynamodb.Client) {
	_, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String("no-such-table"), Key: item{"pk": "p", "sk": "s"}.av(),
	})
	if !isError(err, "ResourceNotFoundException") {
		t.Errorf("a missing table: %v", err)
	}
}
